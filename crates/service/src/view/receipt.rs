//! Results of changes.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Event, Role, Tag, TicketNumber};

use super::{
    HistoryEntry, Label, LocalTime, PageContext, PersonRef,
    history::{entries, public},
    row::waiting_label,
};
use crate::Receipt;

/// Result of a change, as the answer of an API.
///
/// Made by [`CustomerPages::receipt`](super::CustomerPages::receipt) and
/// [`AdminPages::receipt`](super::AdminPages::receipt). Only the administrators' has `version`, `assignee`, `tags`
/// and `waiting`, and events that are about them. No one has an idempotency key. As JSON its fields are in
/// `camelCase`.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Status, TimeZone, UserId, view::Viewer};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
/// let pages = luis.pages(Viewer::new(TimeZone::UTC), &());
/// let receipt = luis.reply(&number, "Ya está arreglado.").status(Status::Resolved).await?;
/// let view = pages.receipt(&receipt).await;
///
/// assert_eq!((view.status.text.as_str(), view.changed), ("Resuelto", true));
/// let what: Vec<&str> = view.events.iter().map(|event| event.what.as_str()).collect();
/// assert_eq!(what, ["Escribió un mensaje", "Cambió el estado de Abierto a Resuelto"]);
/// let json = serde_json::to_value(&view)?;
/// assert_eq!((&json["status"]["code"], &json["version"]), (&"RESOLVED".into(), &1.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReceiptView {
    /// The ticket's number.
    pub ticket_number: TicketNumber,
    /// The status afterwards.
    pub status: Label,
    /// The priority afterwards.
    pub priority: Label,
    /// Time of the last update.
    pub updated_at: LocalTime,
    /// The number of the ticket that this one follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<TicketNumber>,
    /// True if this request changed the ticket; false if no change was needed, or if it was repeated.
    pub changed: bool,
    /// True if the same request, known by its key, had been carried out before.
    pub repeated: bool,
    /// The events, in order; of a repeated request those of the first time.
    pub events: Vec<HistoryEntry>,
    /// The version afterwards, for [`Request::expecting`](crate::request::Request::expecting); for
    /// administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The assignee, if any; for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonRef>,
    /// The tags; for administrators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The party that the ticket waits for: `Esperando al cliente`; for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Label>,
}

impl ReceiptView {
    /// Creates the view for the requester.
    pub(crate) fn for_requester(page: &PageContext<'_>, receipt: &Receipt) -> Self {
        Self::new(page, receipt, &public(&receipt.events))
    }

    /// Creates the view for an administrator.
    pub(crate) fn for_desk(page: &PageContext<'_>, receipt: &Receipt) -> Self {
        let head = &receipt.head;
        let locale = page.viewer.locale;
        let support = Role::Admin.label(locale);
        Self {
            version: Some(head.version),
            assignee: head.assignee.as_ref().map(|id| page.person_ref(id, support)),
            tags: head.tags.clone(),
            waiting: head.wait_at(page.now).map(|waiting| waiting_label(waiting, locale)),
            ..Self::new(page, receipt, &receipt.events)
        }
    }

    fn new(page: &PageContext<'_>, receipt: &Receipt, events: &[Event]) -> Self {
        let (head, locale) = (&receipt.head, page.viewer.locale);
        Self {
            ticket_number: head.ticket_number.clone(),
            status: Label::new(head.status.as_str(), head.status.label(locale)),
            priority: Label::new(head.priority.as_str(), head.priority.label(locale)),
            updated_at: page.time(head.updated_at),
            follow_up_of: head.follow_up_of.clone(),
            changed: !receipt.repeated && !events.is_empty(),
            repeated: receipt.repeated,
            events: entries(page, events),
            version: None,
            assignee: None,
            tags: Vec::new(),
            waiting: None,
        }
    }
}
