//! What a change gives back.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Actor, Event, TicketHead};

/// What a change gives back: the ticket afterwards, and what happened to it.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = desk.customer(UserId::parse("ana")?).create(draft).await?.head.ticket_number;
/// let luis = desk.admin(UserId::parse("luis")?);
/// let receipt = luis.set_status(&number, Status::InProgress).await?;
/// assert_eq!(receipt.head.status, Status::InProgress);
/// assert_eq!(receipt.events[0].describe(Locale::Es, UserId::to_string),
///            "Cambió el estado de Abierto a En progreso");
///
/// let again = luis.set_status(&number, Status::InProgress).await?;
/// assert!(again.events.is_empty(), "it was so already");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The ticket, without its texts.
    pub head: TicketHead,
    /// What happened, in order: for e-mails and webhooks. Empty where it was so already.
    pub events: Vec<Event>,
    /// Whether the same request, known by its key, had been carried out before. Its events are then
    /// those of the first time, as far as the ticket still tells: a host that must not tell anybody twice leaves them aside, one that
    /// may have failed to tell sends them now.
    pub repeated: bool,
}

impl Receipt {
    /// Returns the receipt without what this actor may not see: timers and versions are for the desk.
    pub(crate) fn seen(mut self, by: &Actor) -> Self {
        if !matches!(by, Actor::Admin(_) | Actor::System) {
            self.head = self.head.for_requester();
            self.events.iter_mut().for_each(|event| event.version = 0);
        }
        self
    }

    pub(crate) const fn new(head: TicketHead, events: Vec<Event>) -> Self {
        Self { head, events, repeated: false }
    }

    pub(crate) const fn repeated(head: TicketHead, events: Vec<Event>) -> Self {
        Self { head, events, repeated: true }
    }
}
