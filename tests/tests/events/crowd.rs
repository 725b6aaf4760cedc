//! Tasks that open tickets and change them, through desks and as another application.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bson::{DateTime, Document, doc};
use mongodb::Collection;
use tokio::{join, task::JoinSet, time::sleep};
use ventanilla_service::{
    Category, HelpDesk, MessageText, NewTicket, Priority, Receipt, ServiceError, Status, TicketNumber,
    ticket::Tag,
};

use super::place::{Place, person};

const TASKS: usize = 8;
/// Pause between the changes of a task.
const PAUSE: Duration = Duration::from_millis(5);

/// Start of each text of the other application.
pub(crate) const THEIRS: &str = "ajeno-";

pub(crate) struct Crowd {
    shared: Arc<Shared>,
    tasks: JoinSet<Vec<TicketNumber>>,
}

#[derive(Default)]
struct Shared {
    closing: AtomicBool,
    acknowledged: AtomicUsize,
}

impl Crowd {
    /// Starts the tasks, over two desks that don't know of each other.
    pub(crate) async fn start(place: &Place) -> Self {
        let (shared, mut tasks) = (Arc::new(Shared::default()), JoinSet::new());
        let (desks, raw) = ([place.desk().await, place.desk().await], place.raw().await);
        for task in 0..TASKS {
            let (desk, other) = (desks[task % 2].clone(), desks[(task + 1) % 2].clone());
            let clerk = Clerk { task, desk, other, raw: raw.clone(), shared: Arc::clone(&shared) };
            tasks.spawn(clerk.work());
        }
        Self { shared, tasks }
    }

    /// Waits until so many more changes are acknowledged.
    pub(crate) async fn progress(&self, more: usize) {
        let enough = self.shared.acknowledged.load(Relaxed) + more;
        while self.shared.acknowledged.load(Relaxed) < enough {
            sleep(PAUSE).await;
        }
    }

    /// Lets the tasks end, and returns the tickets that they opened.
    pub(crate) async fn finish(self) -> Vec<TicketNumber> {
        self.shared.closing.store(true, Relaxed);
        self.tasks.join_all().await.into_iter().flatten().collect()
    }
}

struct Clerk {
    task: usize,
    desk: HelpDesk,
    other: HelpDesk,
    raw: Option<Collection<Document>>,
    shared: Arc<Shared>,
}

impl Clerk {
    async fn work(self) -> Vec<TicketNumber> {
        let mut opened = Vec::new();
        for ticket in 0.. {
            if self.shared.closing.load(Relaxed) {
                break;
            }
            sleep(PAUSE).await;
            let text = |of: &str| format!("{}-{ticket}-{of}", self.task);
            let new_ticket = NewTicket::new(Category::BUG, MessageText::parse(&text("abre")).unwrap());
            let created = self.desk.customer(person(self.task)).create(new_ticket).await;
            if let Some(receipt) = self.count(created) {
                let number = receipt.head.ticket_number;
                self.change(&number, ticket).await;
                opened.push(number);
            }
        }
        opened
    }

    async fn change(&self, number: &TicketNumber, ticket: usize) {
        let text = |of: &str| format!("{}-{ticket}-{of}", self.task);
        let (customer, bot) = (self.other.customer(person(self.task)), self.desk.bot());
        let (admin, colleague) =
            (self.desk.admin(person(100 + self.task)), self.other.admin(person(200 + self.task)));
        let (note, answer, asks) = (text("nota"), text("responde"), text("pregunta"));
        let changes = join!(
            customer.reply(number, asks.as_str()).into_future(),
            colleague.add_note(number, note.as_str()).into_future(),
            admin.add_tag(number, &Tag::parse("vip").unwrap()).into_future(),
            self.push(number, text("uno")),
        );
        self.count(changes.0);
        self.count(changes.1);
        self.count(changes.2);
        sleep(PAUSE).await;
        let helps = text("ayuda");
        let changes = join!(
            bot.reply(number, helps.as_str()).into_future(),
            admin.set_status(number, Status::InProgress).into_future(),
            self.set_status(number, "RESOLVED"),
            self.push(number, text("dos")),
        );
        self.count(changes.0);
        self.count(changes.1);
        sleep(PAUSE).await;
        self.count(colleague.reply(number, answer.as_str()).status(Status::Resolved).await);
        self.set_status(number, "OPEN").await;
        self.count(admin.set_priority(number, Priority::High).await);
    }

    /// Counts a change that was made. Servers may be away, and the other application may be ahead.
    fn count(&self, made: Result<Receipt, ServiceError>) -> Option<Receipt> {
        let receipt = made.ok()?;
        self.shared.acknowledged.fetch_add(1, Relaxed);
        Some(receipt)
    }

    async fn push(&self, number: &TicketNumber, text: String) {
        let text = format!("{THEIRS}{text}");
        let said = doc! { "content": text, "role": "ADMIN", "createdAt": DateTime::now() };
        self.write(number, doc! { "$push": { "messages": said } }).await;
    }

    async fn set_status(&self, number: &TicketNumber, status: &str) {
        self.write(number, doc! { "$set": { "status": status } }).await;
    }

    /// Writes as the other application does, and counts the write in the document.
    async fn write(&self, number: &TicketNumber, mut update: Document) {
        let Some(raw) = &self.raw else { return };
        update.insert("$inc", doc! { "writesOfOthers": 1 });
        // What is stored in the end counts.
        let _ = raw.update_one(doc! { "ticketNumber": number.as_str() }, update).await;
    }
}
