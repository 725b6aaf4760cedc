//! The rules: working a change out, and carrying it out.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ventanilla_service::{testing, *};

fn rules(c: &mut Criterion) {
    let policy = Policy::default();
    let (admin, now) = (Actor::Admin(testing::admin(0)), testing::start());
    let text: MessageText = "Ya está devuelto.".parse().expect("it is a text");

    c.bench_function("domain/transition", |b| {
        b.iter(|| {
            black_box(Status::Closed).reachable_from(black_box(ActorKind::Admin)).contains(Status::Open)
        });
    });
    c.bench_function("domain/plan/status", |b| {
        b.iter(|| Change::status(black_box(Status::Resolved)).plan(&admin, now, &policy));
    });
    c.bench_function("domain/plan/reply", |b| {
        b.iter(|| Change::reply(black_box(&text).clone(), Status::Resolved).plan(&admin, now, &policy));
    });
    let plan = Change::reply(text.clone(), Status::Resolved)
        .plan(&admin, now, &policy)
        .expect("it is permitted");
    let ticket = testing::ticket("TKT-ABC123").build();
    c.bench_function("domain/check/reply", |b| b.iter(|| black_box(&plan).check(&ticket.facts())));
    c.bench_function("domain/apply/reply", |b| {
        b.iter_batched_ref(|| ticket.clone(), |ticket| plan.apply(ticket), BatchSize::SmallInput);
    });
}

criterion_group!(benches, rules);
criterion_main!(benches);
