//! A ticket without its texts.

use serde::{Deserialize, Serialize};

use crate::{Category, Priority, SlaTimers, Status, TicketNumber, Timestamp, UserId};

/// A ticket without its texts: what a change returns and a list row begins with.
///
/// Its JSON names are those of the stored collection: `ticketNumber`, `userId`, `assigneeId` ...;
/// what is absent is left out.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let now = "2026-03-02T12:00:00Z".parse()?;
/// # let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &Policy::default())?;
/// let head: &TicketHead = ticket.head();
/// assert_eq!((head.status, head.priority), (Status::Open, Priority::Medium));
/// assert_eq!((head.message_count, head.version), (Some(1), 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TicketHead {
    /// The number by which everybody names it.
    pub ticket_number: TicketNumber,
    /// Who asked for help.
    #[serde(rename = "userId")]
    pub requester: UserId,
    /// What it is about.
    pub category: Category,
    /// Where it stands.
    pub status: Status,
    /// How pressing it is.
    pub priority: Priority,
    /// The administrator who has it.
    #[serde(rename = "assigneeId", default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<UserId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed, notes left aside.
    pub updated_at: Timestamp,
    /// When an administrator who isn't the requester first wrote a public message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_at: Option<Timestamp>,
    /// When it was last resolved, or closed without that; absent while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The ticket that this one follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<TicketNumber>,
    /// Number of changes that these crates made, notes included. Because of the notes it is for the desk
    /// alone: other readers get 0.
    #[serde(default)]
    pub version: u64,
    /// Number of messages in the conversation; `None` in rows of lists, which read no conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_count: Option<u32>,
    /// The timers of what was promised: for the desk's eyes, and absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Box<SlaTimers>>,
}

impl TicketHead {
    /// Returns the head without what only the desk may see: SLA timers and version.
    #[must_use]
    pub fn for_requester(mut self) -> Self {
        self.sla = None;
        self.version = 0;
        self
    }

    /// Copies the head with the latest SLA timers only: a ticket may have hundreds of earlier ones.
    pub(crate) fn with_latest_timers(&self) -> Self {
        let latest = self.sla.as_deref().map(SlaTimers::latest);
        Self { sla: latest.map(Box::new), ..self.without_timers() }
    }

    /// Copies the head without its SLA timers.
    pub(crate) fn without_timers(&self) -> Self {
        Self {
            ticket_number: self.ticket_number.clone(),
            requester: self.requester.clone(),
            category: self.category.clone(),
            assignee: self.assignee.clone(),
            follow_up_of: self.follow_up_of.clone(),
            sla: None,
            ..*self
        }
    }

    /// The instant from which a reopening window counts: `resolved_at`, without it `updated_at`.
    #[must_use]
    pub fn resolved_or_updated_at(&self) -> Timestamp {
        self.resolved_at.unwrap_or(self.updated_at)
    }
}
