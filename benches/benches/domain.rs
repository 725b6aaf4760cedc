//! Measures the business rules: planning a change and applying it.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ventanilla_service::{
    Change, MessageText, Policy, Priority, Status, TimeZone,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets, Week},
    store::Command,
    testing,
    ticket::{Actor, ActorKind, Audience, MessageRange},
};

fn rules(c: &mut Criterion) {
    let policy = Policy::default();
    let (admin, now) = (Actor::Admin(testing::admin(0)), testing::epoch());
    let text: MessageText = "Ya está devuelto.".parse().expect("it is a text");

    c.bench_function("domain/transition", |b| {
        b.iter(|| {
            black_box(Status::Closed).reachable_from(black_box(ActorKind::Admin)).contains(Status::Open)
        });
    });
    c.bench_function("domain/command/status", |b| {
        b.iter(|| Command::new(&admin, now, &policy, Change::status(black_box(Status::Resolved))));
    });
    c.bench_function("domain/command/reply", |b| {
        b.iter(|| {
            Command::new(&admin, now, &policy, Change::reply(black_box(&text).clone(), Status::Resolved))
        });
    });
    let command = Command::new(&admin, now, &policy, Change::reply(text.clone(), Status::Resolved))
        .expect("it is permitted");
    let ticket = testing::ticket("TKT-ABC123").build();
    let page = ticket.details(&Audience::Desk, MessageRange::All).expect("the desk sees it");
    c.bench_function("domain/would_apply/reply", |b| b.iter(|| black_box(&command).would_apply(&page)));
    c.bench_function("domain/apply/reply", |b| {
        b.iter_batched_ref(|| ticket.clone(), |ticket| command.apply(ticket), BatchSize::SmallInput);
    });
}

fn sla_timers(c: &mut Criterion) {
    let sla = office();
    let policy = Policy { sla: Some(sla.clone()), ..Policy::default() };
    let (admin, now) = (Actor::Admin(testing::admin(0)), testing::epoch());
    let text: MessageText = "Ya está devuelto.".parse().expect("it is a text");

    c.bench_function("domain/calendar/reading", |b| b.iter(|| sla.business_time_at(black_box(now))));
    let due = sla.business_time_at(now);
    c.bench_function("domain/calendar/instant", |b| {
        b.iter(|| sla.calendar().timestamp_at(black_box(due)))
    });
    c.bench_function("domain/calendar/new", |b| b.iter(office));
    c.bench_function("domain/command/reply with clocks", |b| {
        b.iter(|| {
            Command::new(&admin, now, &policy, Change::reply(black_box(&text).clone(), Status::Resolved))
        });
    });
}

/// Monday to Friday, with a break.
fn office() -> Sla {
    let hours = "09:00-14:00 16:00-19:00".parse().expect("they are hours");
    let calendar =
        BusinessCalendar::new(TimeZone::named("Europe/Madrid").expect("a zone"), Week::weekdays(hours));
    let targets = SlaTargets::hours(4, 8, 40).expect("they are targets");
    let policy = SlaPolicy::new(Priority::ALL.map(|priority| (priority, targets)));
    Sla::new(policy.expect("all are there"), calendar.expect("it is open"))
}

criterion_group!(benches, rules, sla_timers);
criterion_main!(benches);
