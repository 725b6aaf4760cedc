//! Tickets from opening to closing, and their expected state.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::join;
use ventanilla_service::{
    Admin, Bot, Category, Customer, HelpDesk, IdempotencyKey, MessageText, NewTicket, Priority, Status,
    TicketNumber, UserId, ticket::NewMessage,
};

use super::ledger::Ledger;

/// Expected state of a ticket, by the acknowledged changes.
pub(crate) struct Life {
    pub(crate) number: TicketNumber,
    pub(crate) texts: Vec<String>,
    pub(crate) changes: u64,
}

/// Opens tickets, answers them and closes them, one after the other, as both their customer and their
/// administrator, who at times write at once.
pub(crate) struct Clerk {
    task: usize,
    customer: Customer,
    admin: Admin,
    bot: Bot,
    ledger: Arc<Ledger>,
}

impl Clerk {
    pub(crate) fn new(task: usize, desk: &HelpDesk, ledger: Arc<Ledger>) -> Self {
        let person = |of: &str| UserId::parse(&format!("65a1f0c2c11e47e0{of}{task:06x}")).unwrap();
        let (customer, admin) = (desk.customer(person("0c")), desk.admin(person("0a")));
        Self { task, customer, admin, bot: desk.bot(), ledger }
    }

    pub(crate) async fn work(self, closing: Arc<AtomicBool>) -> Vec<Life> {
        let mut lives = Vec::new();
        for ticket in 0.. {
            if closing.load(Ordering::Relaxed) {
                break;
            }
            lives.extend(self.live(ticket).await);
        }
        lives
    }

    /// Runs a ticket from opening to closing; returns `None` if it was never opened.
    async fn live(&self, ticket: usize) -> Option<Life> {
        let text = |name: &str| format!("{}-{ticket}-{name}", self.task);
        let opening = text("abre");
        let draft = || NewTicket::new(Category::BUG, MessageText::parse(&opening).unwrap());
        let create = || self.customer.create(draft().with_key(key(&opening)));
        let number = self.ledger.ask(create).await?.head.ticket_number;
        let mut life = Life { number: number.clone(), texts: vec![opening.clone()], changes: 0 };

        let (asks, answers, helps) = (text("pregunta"), text("responde"), text("ayuda"));
        let said = join!(
            self.ledger.ask(|| self.customer.reply(&number, keyed(&asks))),
            self.ledger.ask(|| self.admin.reply(&number, keyed(&answers))),
            self.ledger.ask(|| self.bot.reply(&number, keyed(&helps))),
            self.ledger.ask(|| self.admin.set_status(&number, Status::InProgress)),
        );
        life.note(said.0.is_some(), Some(asks));
        life.note(said.1.is_some(), Some(answers));
        life.note(said.2.is_some(), Some(helps));
        life.note(said.3.is_some(), None);

        let (solves, objects, notes) = (text("resuelve"), text("objeta"), text("anota"));
        let solve = || self.admin.reply(&number, keyed(&solves)).status(Status::Resolved);
        let solved = self.ledger.ask(solve).await.is_some();
        life.note(solved, Some(solves));
        let said = join!(
            self.ledger.ask(|| self.customer.reply(&number, keyed(&objects))),
            self.ledger.ask(|| self.bot.reply(&number, keyed(&notes))),
            self.ledger.ask(|| self.admin.set_priority(&number, Priority::High)),
        );
        life.note(said.0.is_some(), Some(objects));
        life.note(said.1.is_some(), Some(notes));
        life.note(said.2.is_some(), None);

        let close = || self.admin.set_status(&number, Status::Closed);
        let is_closed = self.ledger.ask(close).await.is_some();
        life.note(is_closed, None);
        let late = text("tarde");
        let said = self.ledger.ask(|| self.customer.reply(&number, keyed(&late))).await.is_some();
        assert!(!is_closed || !said, "{number} is closed");
        life.note(said, Some(late));
        Some(life)
    }
}

impl Life {
    /// Records a change and its text, if it was applied.
    fn note(&mut self, is_made: bool, text: Option<String>) {
        if is_made {
            self.texts.extend(text);
            self.changes += 1;
        }
    }
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn keyed(text: &str) -> NewMessage {
    NewMessage::parse(text).unwrap().with_key(key(text))
}
