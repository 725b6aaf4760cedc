//! Measures the bytes that a stored ticket takes, and the allocations of the rules.
//!
//! Counts the bytes that are requested from the allocator, which rounds up a little.

use futures::executor::block_on;
use ventanilla_service::{
    Category, Change, Event, HelpDesk, MemoryStore, MessageText, NewTicket, Policy, Priority, Status,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets},
    store::Command,
    testing,
    ticket::Actor,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const TICKETS: usize = 50_000;
const MESSAGES: usize = 5;

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let policy = Policy { sla: Some(sla()), ..Policy::default() };
    println!("Without SLA targets:");
    memory(Policy::default());
    allocations(&Policy::default());
    println!("With SLA targets:");
    memory(policy.clone());
    allocations(&policy);
    println!("bytes of an event in a history: {}", size_of::<Event>());
}

fn sla() -> Sla {
    let targets = SlaTargets::hours(4, 8, 40).expect("they are targets");
    let policy = SlaPolicy::new(Priority::ALL.map(|priority| (priority, targets)));
    Sla::new(policy.expect("all are there"), BusinessCalendar::always())
}

/// Measures tickets of five messages that the use cases create.
fn memory(policy: Policy) {
    let desk_store = std::sync::Arc::new(MemoryStore::new());
    // One category of the sample tickets is not among the default ones.
    let categories = Category::KNOWN.into_iter().chain(["ENVÍOS".parse().expect("a category")]);
    let desk = HelpDesk::builder(std::sync::Arc::clone(&desk_store)).policy(policy);
    let desk = desk.categories(categories).build();
    let before = dhat::HeapStats::get().curr_bytes;
    let mut texts = 0;
    for (n, ticket) in testing::sample_tickets(TICKETS).enumerate() {
        let text = format!("{} ({n})", ticket.description());
        let customer = desk.customer(ticket.head().requester.clone());
        let new_ticket = NewTicket::new(ticket.head().category.clone(), own(&text));
        let number = block_on(customer.create(new_ticket)).expect("it is opened").head.ticket_number;
        for _ in 1..MESSAGES {
            block_on(customer.reply(&number, own(&text)).into_future()).expect("it is open");
        }
        texts += MESSAGES * text.len();
    }
    let bytes = (dhat::HeapStats::get().curr_bytes - before - texts) / TICKETS;
    let allowed = 700 + 64 * MESSAGES;
    println!("bytes of a ticket of {MESSAGES} messages beside its texts: {bytes} ({allowed} aimed at)");
}

fn own(text: &str) -> MessageText {
    text.parse().expect("it was one before")
}

fn allocations(policy: &Policy) {
    let admin = Actor::Admin(testing::admin(0));
    let text: MessageText = "Ya está devuelto.".parse().expect("it is a text");
    let before = dhat::HeapStats::get().total_blocks;
    for _ in 0..1_000 {
        let reply = Change::reply(text.clone(), Status::Resolved);
        let command = Command::new(&admin, testing::epoch(), policy, reply);
        assert!(command.is_ok());
    }
    println!("allocations of 1,000 commands: {}", dhat::HeapStats::get().total_blocks - before);
}
