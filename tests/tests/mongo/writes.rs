//! Writes that a store sends, for every use case.
//!
//! Each names its ticket's number and the values that were read, and its size doesn't grow with the
//! ticket.

use bson::{Bson, Document, doc};
use ventanilla_service::{
    Category, Change, HelpDesk, IdempotencyKey, MessageText, NewTicket, Policy, Priority, Status,
    TicketNumber,
    mongodb::MongoStore,
    settings::{Days, Reopen},
    store::{InsertOutcome, TicketStore},
    testing::{TicketFixture, admin, customer, epoch, sla, ticket},
    ticket::NewMessage,
};
use ventanilla_tests::{Mongo, TestDatabase};

use super::{
    command_monitor::{CommandMonitor, TICKETS},
    raw::date,
};

/// Size limit of an update without the texts that it adds.
const MOST_BYTES: usize = 2_048;
const LONG: usize = 2_000;

#[tokio::test]
async fn every_write_names_its_number_and_what_was_read_and_has_no_pipeline() {
    let desk = Observed::new().await;
    let mut updates = 0;
    for (name, write) in desk.writes_of_every_use_case().await {
        let concern = write.get_document("writeConcern").unwrap();
        assert_eq!(concern.get_str("w").unwrap(), "majority", "{name}");
        assert!(concern.get_bool("j").unwrap(), "{name}");
        assert!(!write.to_string().contains("\"$expr\""), "{name}: {write}");
        if write.contains_key("insert") {
            let [Bson::Document(inserted)] = &write.get_array("documents").unwrap()[..] else {
                panic!("{name}: {write}")
            };
            desk.is_a_number(inserted.get("ticketNumber"));
            continue;
        }
        for statement in write.get_array("updates").unwrap() {
            let statement = statement.as_document().unwrap();
            desk.is_guarded(statement.get_document("q").unwrap());
            let update = statement.get_document("u").unwrap_or_else(|_| panic!("{name}: {write}"));
            let plain = |operator: &String| ["$set", "$unset", "$push"].contains(&operator.as_str());
            assert!(update.keys().all(plain) && !update.is_empty(), "{name}: {update}");
            for option in ["multi", "upsert"] {
                assert!(!statement.get_bool(option).unwrap_or_default(), "{name}: {statement}");
            }
            let (all, texts) = (statement.to_vec().unwrap().len(), added_texts(update));
            println!("{name:<40}{all:>8} bytes, {texts:>6} of texts");
            assert!(all - texts <= MOST_BYTES, "{name}: {statement}");
            updates += 1;
        }
    }
    assert!(updates >= 27, "{updates} updates");
}

/// Desk with SLA targets, a monitor of its commands, and the tickets that are changed.
struct Observed {
    database: TestDatabase,
    store: MongoStore,
    monitor: CommandMonitor,
    desk: HelpDesk,
}

impl Observed {
    async fn new() -> Self {
        let database = Mongo::of_one().await.database().await;
        let (store, monitor) = CommandMonitor::by_a_store(&database).await;
        let policy = Policy { reopen: Reopen::Always, sla: Some(sla()), ..Policy::default() };
        let desk = HelpDesk::builder(store.clone()).policy(policy);
        let desk = desk.clock(|| epoch().plus(Days(60).duration())).build();
        Self { database, store, monitor, desk }
    }

    /// Returns each write with the name of its use case.
    async fn writes_of_every_use_case(&self) -> Vec<(&'static str, Document)> {
        let mut writes = Vec::new();
        let mut done = |name| {
            for command in self.monitor.take() {
                let kind = command.keys().next().unwrap().as_str();
                match kind {
                    "insert" | "update" => writes.push((name, command)),
                    _ => assert!(["find", "aggregate", "getMore"].contains(&kind), "{name}: {command}"),
                }
            }
        };
        let text = || MessageText::parse(&"$".repeat(LONG)).unwrap();
        let keyed = || NewMessage::from(text()).with_key(IdempotencyKey::parse("envio-7").unwrap());
        let draft = || NewTicket::new(Category::PAGOS, text());
        let (ana, luis) = (self.desk.customer(customer(0)), self.desk.admin(admin(0)));

        ana.create(draft()).await.unwrap();
        done("customer: create");
        let key = || IdempotencyKey::parse("envio-8").unwrap();
        ana.create(draft().with_key(key())).await.unwrap();
        done("customer: create, with a key");
        assert!(ana.create(draft().with_key(key())).await.unwrap().repeated);
        done("customer: create, again");
        luis.create_for(&customer(0), draft()).await.unwrap();
        done("admin: create for a customer");
        let closed = self.ticket("TKT-CCCCCC", |ticket| ticket.status(Status::Closed)).await;
        let offer = ana.follow_up_offer(&ana.get(&closed).await.unwrap()).unwrap();
        ana.create(offer.ticket(text())).await.unwrap();
        done("customer: follow up");

        for number in
            [self.ticket("TKT-AAAAAA", |ticket| ticket).await, self.long().await, self.bare().await]
        {
            ana.reply(&number, text()).await.unwrap();
            done("customer: message");
            luis.reply(&number, keyed()).await.unwrap();
            done("admin: message, with a key");
            luis.add_note(&number, text()).await.unwrap();
            done("admin: note");
            luis.set_priority(&number, Priority::Low).await.unwrap();
            done("admin: priority");
            luis.claim(&number).await.unwrap();
            done("admin: claim");
            luis.assign(&number, &admin(1)).await.unwrap();
            done("admin: hand over");
            luis.unassign(&number).await.unwrap();
            done("admin: unassign");
            self.desk.bot().reply(&number, text()).await.unwrap();
            done("bot: message");
            luis.reply(&number, text()).status(Status::Resolved).await.unwrap();
            done("admin: reply and resolve");
            ana.reply(&number, keyed()).await.unwrap();
            done("customer: message that reopens");
            let seen = luis.get(&number).await.unwrap().head.version;
            let change = Change::status(Status::Resolved).expecting(seen);
            luis.change(&number, change).await.unwrap();
            done("admin: change of a version");
            ana.confirm(&number).await.unwrap();
            done("customer: confirm");
        }
        let resolved = |ticket: TicketFixture| ticket.sla(&sla()).status(Status::Resolved);
        let number = self.ticket("TKT-EEEEEE", resolved).await;
        self.desk.system().close(&number).await.unwrap();
        done("system: close");
        self.ticket("TKT-FFFFFF", resolved).await;
        assert_eq!(self.desk.system().close_resolved(10).await.unwrap().closed.len(), 1);
        done("system: close what is resolved");
        let open = [
            self.ticket("TKT-GGGGGG", |ticket| ticket).await,
            self.ticket("TKT-HHHHHH", |ticket| ticket).await,
        ];
        let each = luis.change_each(&open, &Change::claim()).await;
        assert_eq!((each.done(), each.failed()), (2, 0));
        done("admin: change many");

        let stale = doc! { "$set": { "status": "CLOSED" } };
        let raw = self.database.collection::<Document>(TICKETS);
        let open = doc! { "ticketNumber": { "$in": ["TKT-GGGGGG", "TKT-HHHHHH"] } };
        assert_eq!(raw.update_many(open, stale).await.unwrap().modified_count, 2);
        assert!(self.store.reconcile(None, 100).await.unwrap().repaired >= 2);
        done("reconcile");
        writes
    }

    async fn ticket(&self, number: &str, shape: fn(TicketFixture) -> TicketFixture) -> TicketNumber {
        let ticket = shape(ticket(number)).build();
        assert_eq!(self.store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
        self.monitor.take();
        ticket.head().ticket_number.clone()
    }

    /// Stores a ticket with many entries in every list.
    async fn long(&self) -> TicketNumber {
        self.ticket("TKT-BBBBBB", |long| {
            let text = |turn: usize| format!("{turn} {}", "ñ".repeat(900));
            (0..150).fold(long.sla(&sla()), |long, turn| {
                let raised = Priority::ALL[turn % 4];
                long.reply(admin(0), text(turn))
                    .message(text(turn))
                    .note(admin(1), text(turn))
                    .priority(raised)
            })
        })
        .await
    }

    /// Stores a ticket of the other application without any list.
    async fn bare(&self) -> TicketNumber {
        let document = doc! {
            "userId": bson::oid::ObjectId::parse_str(customer(0).as_str()).unwrap(),
            "ticketNumber": "1767603600042", "description": "No llega", "category": "GENERAL",
            "createdAt": date(0), "updatedAt": date(0),
        };
        self.database.collection::<Document>(TICKETS).insert_one(document).await.unwrap();
        TicketNumber::parse("1767603600042").unwrap()
    }

    fn is_a_number(&self, number: Option<&Bson>) {
        let number = number.and_then(Bson::as_str).unwrap_or_else(|| panic!("{number:?}"));
        assert!(TicketNumber::parse(number).is_ok(), "{number}");
    }

    /// Returns true if a condition names the ticket and every value that a rule read.
    fn is_guarded(&self, condition: &Document) {
        self.is_a_number(condition.get("ticketNumber"));
        for field in [
            "userId",
            "status",
            "priority",
            "assigneeId",
            "updatedAt",
            "firstResponseAt",
            "resolvedAt",
            "closedAt",
            "version",
        ] {
            let value = condition.get(field).unwrap_or_else(|| panic!("{field} in {condition}"));
            assert!(value.as_document().is_none() && value.as_array().is_none(), "{field}: {value}");
        }
        for list in ["messages", "notes", "history"] {
            let size = condition.get_document(list).unwrap();
            assert!(size.contains_key("$size") || size.contains_key("$not"), "{list}: {size}");
        }
    }
}

/// Counts the bytes of text that an update adds.
fn added_texts(update: &Document) -> usize {
    let lists = ["$set", "$push"].into_iter().filter_map(|operator| update.get_document(operator).ok());
    let items = lists.flat_map(|fields| fields.values()).filter_map(|added| match added {
        Bson::Array(items) => Some(items),
        Bson::Document(push) => push.get_array("$each").ok(),
        _ => None,
    });
    let text = |item: &Bson| {
        let item = item.as_document()?;
        Some(item.get_str("content").or_else(|_| item.get_str("text")).ok()?.len())
    };
    items.flatten().filter_map(text).sum()
}
