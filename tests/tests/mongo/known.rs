//! Changes to tickets that the store knows from an earlier change.

use bson::{DateTime, Document, doc, oid::ObjectId};
use futures::future::try_join_all;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use ventanilla_service::{
    Category, Change, ErrorKind, Explain, HelpDesk, MessageText, NewTicket, Policy, Priority, Status,
    TicketNumber,
    mongodb::MongoOptions,
    settings::{Limits, Reopen},
    testing::{admin, customer, sla},
};
use ventanilla_tests::{Mongo, TestDatabase, rng, seed};

use super::command_monitor::CommandMonitor;

const WORDS: &str = "Me cobraron dos veces.";

struct Known {
    database: TestDatabase,
    desk: HelpDesk,
    monitor: CommandMonitor,
}

impl Known {
    async fn new(policy: Policy) -> Self {
        Self::with(MongoOptions::new(), policy).await
    }

    async fn with(options: MongoOptions, policy: Policy) -> Self {
        let database = Mongo::of_one().await.database().await;
        let (store, monitor) = CommandMonitor::by_a_store_with(options, &database).await;
        let desk = HelpDesk::builder(store).policy(policy).build();
        Self { database, desk, monitor }
    }

    /// Stores a ticket as another application does, with no field of ours.
    async fn foreign(&self) -> TicketNumber {
        let number = "1733333333333042";
        let now = DateTime::now();
        let document = doc! {
            "ticketNumber": number, "userId": ObjectId::parse_str(customer(0).as_str()).unwrap(),
            "category": "PAGOS", "description": WORDS, "createdAt": now, "updatedAt": now,
        };
        self.tickets().insert_one(document).await.unwrap();
        number.parse().unwrap()
    }

    fn tickets(&self) -> mongodb::Collection<Document> {
        self.database.collection("SupportTicket")
    }

    async fn set(&self, number: &TicketNumber, fields: Document) {
        let update = doc! { "$set": fields };
        let filter = doc! { "ticketNumber": number.as_str() };
        self.tickets().update_one(filter, update).await.unwrap();
    }
}

/// Checks every compared field, timer and length after each change.
///
/// A change to a known ticket is one command, so the known values must be the stored ones.
#[tokio::test]
async fn known_tickets_equal_the_stored_ones_after_each_change() {
    let limits = Limits::default().with_history(3).unwrap();
    let known =
        Known::new(Policy { sla: Some(sla()), reopen: Reopen::Always, limits, ..Policy::default() })
            .await;
    let created = known.desk.customer(customer(0)).create(draft()).await.unwrap();
    let mut random = rng(seed(), 0);
    for number in [created.head.ticket_number, known.foreign().await] {
        let (mut is_known, mut made_on_known) = (false, 0);
        for _ in 0..200 {
            known.monitor.take();
            let change = known.change(&number, &mut random).await;
            let commands = known.monitor.names();
            let expected: &[&str] = match (is_known, change) {
                (true, Made::Changed) => &["update"],
                (false, Made::Changed) => &["find", "update"],
                (_, Made::Nothing) => &["find"],
            };
            assert_eq!(commands, expected, "{number}, known: {is_known}");
            made_on_known += usize::from(is_known && change == Made::Changed);
            is_known = change == Made::Changed;
        }
        println!("{made_on_known} changes of {number} on what was known");
    }
}

#[tokio::test]
async fn a_ticket_that_was_changed_since_is_read() {
    let known = Known::new(Policy::default()).await;
    let number = known.foreign().await;
    let luis = known.desk.admin(admin(0));
    for fields in [
        doc! { "priority": "URGENT", "updatedAt": DateTime::now() },
        doc! { "category": "CUENTA" },
        doc! { "status": "IN_PROGRESS" },
        doc! { "notes": [] },
        doc! { "tags": ["vip"] },
        doc! { "tags": [] },
        doc! { "about": [{ "kind": "order", "id": "1" }] },
        doc! { "about": [{ "id": "1", "kind": "order" }] },
    ] {
        luis.reply(&number, WORDS).await.unwrap();
        known.set(&number, fields.clone()).await;
        known.monitor.take();
        let head = luis.reply(&number, WORDS).await.unwrap().head;
        assert_eq!(known.monitor.names(), ["update", "find", "update"], "{fields}");
        let stored = known.tickets().find_one(doc! {}).await.unwrap().unwrap();
        assert_eq!(stored.get_str("category").unwrap(), head.category.as_str());
        assert_eq!(stored.get_str("priority").unwrap_or("MEDIUM"), head.priority.as_str());
    }
    let ticket = luis.get(&number).await.unwrap();
    assert_eq!((ticket.messages.len(), ticket.head.about.len()), (1 + 16, 1));
}

/// Checks that a refusal is based on a read, never on known values.
#[tokio::test]
async fn a_refusal_rests_on_a_read() {
    let known = Known::new(Policy::default()).await;
    let number = known.foreign().await;
    let luis = known.desk.admin(admin(0));
    luis.set_status(&number, Status::Closed).await.unwrap();
    known.set(&number, doc! { "status": "OPEN" }).await;
    luis.reply(&number, WORDS).await.unwrap();
    luis.set_priority(&number, Priority::High).await.unwrap();
    known.set(&number, doc! { "priority": "LOW" }).await;
    let raised = luis.set_priority(&number, Priority::High).await.unwrap();
    assert!(!raised.events.is_empty(), "it was low");
    known.tickets().delete_many(doc! {}).await.unwrap();
    let error = luis.reply(&number, WORDS).await.unwrap_err();
    assert_eq!(error.code(), "ticket_not_found");
}

/// Checks a ticket that is larger than the memory for known tickets.
#[tokio::test]
async fn a_ticket_without_room_is_not_known() {
    let known = Known::with(MongoOptions::new().with_known_tickets(1_000), Policy::default()).await;
    let number = known.foreign().await;
    let luis = known.desk.admin(admin(0));
    for _ in 0..3 {
        known.monitor.take();
        luis.reply(&number, WORDS).await.unwrap();
        assert_eq!(known.monitor.names(), ["find", "update"]);
    }
}

/// Checks that no change meets another in a write conflict.
#[tokio::test]
async fn changes_of_one_process_to_one_ticket_follow_one_another() {
    const AT_ONCE: usize = 32;
    for (bytes, reads) in [(0, AT_ONCE), (1 << 20, 1)] {
        let known = Known::with(MongoOptions::new().with_known_tickets(bytes), Policy::default()).await;
        let number = known.foreign().await;
        let luis = known.desk.admin(admin(0));
        known.monitor.take();
        try_join_all((0..AT_ONCE).map(|_| luis.reply(&number, WORDS).into_future())).await.unwrap();
        let commands = known.monitor.names();
        let sent = |name: &str| commands.iter().filter(|command| *command == name).count();
        assert_eq!((sent("find"), sent("update")), (reads, AT_ONCE), "{bytes} bytes known");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Made {
    Changed,
    Nothing,
}

impl Known {
    /// Asks for a change of any kind, which may be refused.
    async fn change(&self, number: &TicketNumber, random: &mut StdRng) -> Made {
        let (ana, luis) = (self.desk.customer(customer(0)), self.desk.admin(admin(0)));
        let status = *Status::ALL[..3].choose(random).unwrap();
        let label = random.random_range(0..10);
        let tag = || format!("t{label}").parse().unwrap();
        let about = || format!("order:{label}").parse().unwrap();
        let answer = match random.random_range(0..13) {
            0 => ana.reply(number, WORDS).await,
            1 => luis.reply(number, WORDS).await,
            2 => luis.reply(number, WORDS).status(status).await,
            3 => luis.add_note(number, WORDS).await,
            4 => luis.set_status(number, status).await,
            5 => luis.set_priority(number, *Priority::ALL.choose(random).unwrap()).await,
            6 => luis.claim(number).await,
            7 => luis.unassign(number).await,
            8 => luis.change(number, Change::add_tag(tag())).await,
            9 => luis.change(number, Change::remove_tag(tag())).await,
            10 => luis.change(number, Change::add_reference(about())).await,
            11 => luis.change(number, Change::remove_reference(about())).await,
            _ => self.desk.bot().reply(number, WORDS).await,
        };
        match answer {
            Ok(receipt) if !receipt.events.is_empty() => Made::Changed,
            Ok(_) => Made::Nothing,
            Err(refused) => {
                assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
                Made::Nothing
            }
        }
    }
}

fn draft() -> NewTicket {
    NewTicket::new(Category::PAGOS, MessageText::parse(WORDS).unwrap())
}
