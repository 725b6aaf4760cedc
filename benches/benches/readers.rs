//! Measures reads of a ticket in a store in memory, without a writer and beside a continuous one.
//!
//! Alternates between both in rounds, so that other load on the machine affects both alike.
//! `VENTANILLA_BENCH_TICKETS` sets the number of tickets, by default a million.

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures::executor::block_on;
use ventanilla_service::{
    Category, HelpDesk, MemoryStore, MessageText, NewTicket, Policy, Priority, TicketNumber,
    store::TicketStore, testing,
};

const ROUNDS: usize = 7;

/// Number of tickets that are read in one round; the writer changes none of them.
const READ: usize = 50_000;

/// Pause of a reader between two reads.
///
/// Without it, a reader would take the lock again at once and keep the writer out.
const PAUSE: Duration = Duration::from_micros(10);

fn main() {
    let (sla, store) = (testing::sla(), MemoryStore::new());
    let mut numbers: Vec<TicketNumber> = Vec::new();
    for ticket in testing::sample_tickets_with(&sla, tickets()) {
        block_on(store.insert(&ticket)).expect("it is stored");
        numbers.push(ticket.head().ticket_number.clone());
    }
    let policy = Policy { sla: Some(sla), ..Policy::default() };
    let desk = HelpDesk::builder(store).policy(policy).build();
    let (read, written) = numbers.split_at(READ.min(numbers.len() / 2));
    let (mut next_read, mut next_written) = (cycle(read), cycle(written));

    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let alone = read_all(&desk, read.len(), &mut next_read);
        let stop = AtomicBool::new(false);
        let (beside, writes) = thread::scope(|scope| {
            let writer = scope.spawn(|| write(&desk, &mut next_written, &stop));
            let beside = read_all(&desk, read.len(), &mut next_read);
            stop.store(true, Ordering::Relaxed);
            (beside, writer.join().expect("it writes"))
        });
        let ratio = beside.p99.as_secs_f64() / alone.p99.as_secs_f64();
        println!("alone {alone:?}; beside {writes} writes {beside:?}; p99 x {ratio:.1}");
        rounds.push(ratio);
    }
    rounds.sort_by(f64::total_cmp);
    println!("p99 beside a writer to p99 alone, median of the rounds: {:.1}", rounds[ROUNDS / 2]);
}

#[derive(Debug)]
#[expect(dead_code, reason = "they are printed")]
struct Latency {
    p50: Duration,
    p99: Duration,
    p999: Duration,
}

fn read_all<'a>(
    desk: &HelpDesk,
    count: usize,
    numbers: &mut impl Iterator<Item = &'a TicketNumber>,
) -> Latency {
    let admin = desk.admin(testing::admin(0));
    let timed = |number| {
        let start = Instant::now();
        let view = black_box(block_on(admin.get(number)));
        let took = start.elapsed();
        view.expect("it is there");
        while start.elapsed() < took + PAUSE {
            std::hint::spin_loop();
        }
        took
    };
    let mut took: Vec<Duration> = numbers.take(count).map(timed).collect();
    took.sort_unstable();
    let quantile = |permille: usize| took[(count - 1) * permille / 1_000];
    Latency { p50: quantile(500), p99: quantile(990), p999: quantile(999) }
}

/// Creates tickets and adds messages to existing ones until stopped; returns the number of changes.
fn write<'a>(
    desk: &HelpDesk,
    numbers: &mut impl Iterator<Item = &'a TicketNumber>,
    stop: &AtomicBool,
) -> usize {
    let (customer, admin) = (desk.customer(testing::customer(0)), desk.admin(testing::admin(0)));
    let text: MessageText = "Sigue sin funcionar, ¿hay novedades?".parse().expect("it is a text");
    for (writes, number) in numbers.enumerate() {
        // A refused change takes the lock too.
        let _ = match writes % 8 {
            0 => block_on(customer.create(NewTicket::new(Category::BUG, text.clone()))),
            nth => block_on(
                admin.set_priority(number, Priority::ALL[nth % Priority::ALL.len()]).into_future(),
            ),
        };
        let _ = block_on(admin.reply(number, text.clone()).into_future());
        if stop.load(Ordering::Relaxed) {
            return 2 * (writes + 1);
        }
    }
    0
}

/// Returns all tickets repeatedly, in an order in which no two neighbours are adjacent in the store.
fn cycle(numbers: &[TicketNumber]) -> impl Iterator<Item = &TicketNumber> {
    numbers.iter().cycle().step_by(7919)
}

/// Returns the configured number of tickets, or a small one if benchmarks only run as tests.
fn tickets() -> usize {
    let asked = std::env::var("VENTANILLA_BENCH_TICKETS").ok().and_then(|value| value.parse().ok());
    let tried = std::env::args().any(|argument| argument == "--test");
    asked.unwrap_or(if tried { 2_000 } else { 1_000_000 })
}
