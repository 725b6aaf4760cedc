//! Results of changes.

use ventanilla_domain::{Actor, Event, TicketHead};

/// Result of a change: the ticket afterwards, and the events that it caused.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, Locale, MemoryStore, MessageText, NewTicket, Status, UserId};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = desk.customer(UserId::parse("ana")?).create(new_ticket).await?.head.ticket_number;
/// let luis = desk.admin(UserId::parse("luis")?);
/// let receipt = luis.set_status(&number, Status::InProgress).await?;
/// assert_eq!(receipt.head.status, Status::InProgress);
/// assert_eq!(receipt.events[0].describe(Locale::Es, UserId::to_string),
///            "Cambió el estado de Abierto a En progreso");
///
/// let again = luis.set_status(&number, Status::InProgress).await?;
/// assert!(again.events.is_empty(), "no change was needed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The ticket without its texts.
    pub head: TicketHead,
    /// The events, in order, for e-mails and webhooks. Empty if no change was needed.
    pub events: Vec<Event>,
    /// True if the same request, known by its key, had been carried out before.
    ///
    /// Its events are then those of the first time, as far as the ticket still has them. A host that
    /// must never notify twice ignores them; one that may have failed to notify sends them now.
    pub repeated: bool,
}

impl Receipt {
    /// Returns the receipt without timers and versions, unless the actor may see them.
    pub(crate) fn seen_by(mut self, by: &Actor) -> Self {
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
