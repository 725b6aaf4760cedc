//! Measures adding a message to a short and to a long conversation in a SQLite file.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::future::try_join_all;
use tokio::runtime::Runtime;
use ventanilla_service::{
    HelpDesk, ServiceError,
    sqlite::SqliteStore,
    store::{Ticket, TicketRecord, TicketStore},
    testing,
    ticket::{Author, Message},
};

fn messages(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let store = runtime.block_on(SqliteStore::open(folder.path().join("tickets.db")));
    let store = store.expect("a file that can be written");
    let mut places = 0_u32..;
    for messages in [5, 1_000] {
        c.bench_function(&format!("sqlite/add message/{messages}"), |b| {
            b.iter_custom(|times| {
                let places: Vec<u32> = places.by_ref().take(times as usize).collect();
                let added = add_to_each(&store, &places, messages - 1);
                runtime.block_on(added).expect("there is room for each")
            });
        });
    }
}

/// Adds a message to each of several new tickets with this number of messages; returns the time.
async fn add_to_each(
    store: &SqliteStore,
    places: &[u32],
    messages: usize,
) -> Result<Duration, ServiceError> {
    let tickets: Vec<Ticket> = places.iter().map(|place| ticket(*place, messages)).collect();
    try_join_all(tickets.iter().map(|ticket| store.insert(ticket))).await?;
    let customer = HelpDesk::new(store.clone()).customer(testing::customer(0));
    let begin = Instant::now();
    for ticket in &tickets {
        customer.reply(&ticket.head().ticket_number, TEXT).await?;
    }
    Ok(begin.elapsed())
}

fn ticket(place: u32, messages: usize) -> Ticket {
    let ticket = testing::ticket(format!("TKT-{place}")).build();
    let text = TEXT.parse().expect("a text");
    let message = Message::new(Author::Requester, text, testing::epoch());
    TicketRecord { messages: vec![message; messages], ..ticket.into() }.into()
}

const TEXT: &str = "Sigue sin funcionar, ¿hay novedades?";

criterion_group!(benches, messages);
criterion_main!(benches);
