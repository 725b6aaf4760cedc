//! Measures the use cases over a store in memory with a million tickets.
//!
//! `VENTANILLA_BENCH_TICKETS` sets another number of tickets.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures::executor::block_on;
use ventanilla_service::{
    Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, Policy, Status, TicketNumber,
    Timestamp,
    list::{Direction, Sort},
    settings::Days,
    sla::Period,
    store::{Ticket, TicketRecord, TicketStore},
    testing,
    ticket::{Author, Message},
};

/// Number of tickets that reads choose from, more than fit into the processor's caches.
const READ: usize = 50_000;

fn reads(c: &mut Criterion) {
    let desk = desk_of(tickets());
    let admin = desk.admin(testing::admin(0));
    let numbers: Vec<TicketNumber> = testing::sample_tickets(tickets().min(READ))
        .map(|ticket| ticket.head().ticket_number.clone())
        .inspect(|number| with_five_messages(&desk, number))
        .collect();

    let mut next = (0..numbers.len()).cycle().step_by(7919);
    c.bench_function("memory/get", |b| {
        b.iter(|| block_on(admin.get(&numbers[next.next().unwrap_or(0)])));
    });

    let urgent = Sort::UrgentFirst(Direction::OldestFirst);
    for (name, query) in [
        ("newest", ListQuery::new()),
        ("oldest", ListQuery::new().with_sort(Sort::Created(Direction::OldestFirst))),
        ("urgent", ListQuery::new().with_sort(urgent)),
        ("queue", ListQuery::new().with_statuses(Status::Open).unassigned().with_sort(urgent)),
        ("category", ListQuery::new().with_category(Category::PAGOS).with_sort(urgent)),
        (
            "assignee",
            ListQuery::new().with_assignee(testing::admin(1)).with_statuses(Status::InProgress),
        ),
        ("requester", ListQuery::new().with_requester(testing::customer(3))),
    ] {
        let later = block_on(admin.list(query.clone())).expect("it is listed").next;
        c.bench_function(&format!("memory/page/{name}"), |b| {
            b.iter(|| block_on(admin.list(query.clone())))
        });
        if let Some(cursor) = later {
            c.bench_function(&format!("memory/next page/{name}"), |b| {
                b.iter(|| {
                    block_on(admin.list(query.clone().page_after(&cursor).expect("it is its own")))
                });
            });
        }
    }
    c.bench_function("memory/counts", |b| b.iter(|| block_on(admin.counts())));
}

/// Measures lists by due time in the worst case: nearly half of the tickets are overdue.
fn due_lists(c: &mut Criterion) {
    let (sla, store) = (testing::sla(), MemoryStore::new());
    let mut now = Timestamp::MIN;
    for ticket in testing::sample_tickets_with(&sla, tickets()) {
        now = ticket.head().created_at;
        block_on(store.insert(&ticket)).expect("it is stored");
    }
    let policy = Policy { sla: Some(sla), ..Policy::default() };
    let admin =
        HelpDesk::builder(store).policy(policy).clock(move || now).build().admin(testing::admin(0));
    for (name, query) in
        [("overdue", ListQuery::new().overdue()), ("at risk", ListQuery::new().at_risk())]
    {
        c.bench_function(&format!("memory/page/{name}"), |b| {
            b.iter(|| block_on(admin.list(query.clone())))
        });
    }
    c.bench_function("memory/counts with SLA targets", |b| b.iter(|| block_on(admin.counts())));
    let month = Period::new(now.minus(Days(30).duration()), now).expect("it is one");
    c.bench_function("memory/report", |b| b.iter(|| block_on(admin.report(month))));
}

fn writes(c: &mut Criterion) {
    let desk = desk_of(tickets());
    let customer = desk.customer(testing::customer(0));
    let text: MessageText = "Sigue sin funcionar, ¿hay novedades?".parse().expect("it is a text");
    let new_ticket = NewTicket::new(Category::BUG, text.clone());
    c.bench_function("memory/create", |b| {
        b.iter_batched(
            || new_ticket.clone(),
            |new_ticket| block_on(customer.create(new_ticket)),
            BatchSize::SmallInput,
        );
    });

    for place in [10, 1_000] {
        let store = std::sync::Arc::new(MemoryStore::new());
        let desk = HelpDesk::new(std::sync::Arc::clone(&store));
        let customer = desk.customer(testing::customer(0));
        let mut many = (0_u32..).map(|n| long_ticket(n, place - 2, &text));
        let mut stored = || {
            let ticket = many.next().expect("there is always another");
            block_on(store.insert(&ticket)).expect("it is stored");
            let number = ticket.head().ticket_number.clone();
            // A conversation reserves memory for several messages at a time.
            block_on(customer.reply(&number, text.clone()).into_future()).expect("there is room");
            number
        };
        c.bench_function(&format!("memory/add message/{place}"), |b| {
            b.iter_batched(
                &mut stored,
                |number| block_on(customer.reply(&number, black_box(&text).clone()).into_future()),
                BatchSize::NumIterations(500),
            );
        });
    }
}

/// Returns the configured number of tickets, or a small one if benchmarks only run as tests.
fn tickets() -> usize {
    let asked = std::env::var("VENTANILLA_BENCH_TICKETS").ok().and_then(|value| value.parse().ok());
    let tried = std::env::args().any(|argument| argument == "--test");
    asked.unwrap_or(if tried { 2_000 } else { 1_000_000 })
}

fn desk_of(count: usize) -> HelpDesk {
    let store = MemoryStore::new();
    for ticket in testing::sample_tickets(count) {
        block_on(store.insert(&ticket)).expect("it is stored");
    }
    HelpDesk::new(store)
}

fn with_five_messages(desk: &HelpDesk, number: &TicketNumber) {
    let bot = desk.bot();
    let have = block_on(bot.get(number)).expect("it is there").messages.len();
    for _ in have..5 {
        // A closed ticket refuses the message and keeps those it has.
        let _ = block_on(bot.reply(number, "Seguimos trabajando en tu consulta.").into_future());
    }
}

fn long_ticket(n: u32, messages: usize, text: &MessageText) -> Ticket {
    let entropy: Vec<u8> = n.to_be_bytes().iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let ticket = testing::ticket(TicketNumber::from_entropy(&entropy)).build();
    let message = Message::new(Author::Requester, text.clone(), testing::epoch());
    TicketRecord { messages: vec![message; messages], ..ticket.into() }.into()
}

criterion_group!(benches, reads, due_lists, writes);
criterion_main!(benches);
