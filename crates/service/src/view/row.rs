//! A row of a list of tickets.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, Role, TicketSummary};

use super::{Label, LocalTime, PersonDirectory, PersonView, SlaView, Viewer};
use crate::HelpDesk;

/// A row of a list of tickets.
///
/// Made by [`Customer::row`](crate::Customer::row) and [`Admin::row`](crate::Admin::row). As JSON
/// its fields are in `camelCase`.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # luis.create_for(&UserId::parse("ana")?, draft).await?;
/// let reader = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let page = luis.list(ListQuery::new()).await?.map(|ticket| luis.row(&ticket, &reader, &()));
/// assert_eq!(page.rows[0].status.text, "Abierto");
/// assert_eq!((&page.rows[0].assignee, page.rows[0].assignee_text.as_str()), (&None, "Sin asignar"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TicketRow {
    /// The ticket's number.
    pub ticket_number: String,
    /// The beginning of the description, on one line.
    pub excerpt: String,
    /// Where the ticket stands.
    pub status: Label,
    /// How pressing it is.
    pub priority: Label,
    /// What it is about.
    pub category: Label,
    /// Who asked for help.
    pub requester: PersonView,
    /// Who has it, if anybody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonView>,
    /// What to write in that column: their name, or that nobody has it.
    pub assignee_text: String,
    /// The promise that is due first, while one is waited for: for the desk's eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<SlaView>,
    /// When it was opened.
    pub created_at: LocalTime,
    /// When it last changed.
    pub updated_at: LocalTime,
}

impl TicketRow {
    pub(crate) fn new(
        desk: &HelpDesk,
        ticket: &TicketSummary,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> Self {
        let TicketSummary { head, excerpt, .. } = ticket;
        let locale = reader.locale;
        let admin = Role::Admin.label(locale);
        let assignee = head.assignee.as_ref().map(|id| PersonView::of(Some(id), directory, admin));
        Self {
            ticket_number: head.ticket_number.to_string(),
            excerpt: excerpt.clone(),
            status: Label::new(head.status.as_str(), head.status.label(locale)),
            priority: Label::new(head.priority.as_str(), head.priority.label(locale)),
            category: Label::new(head.category.as_str(), head.category.label(locale)),
            requester: PersonView::of(Some(&head.requester), directory, Role::User.label(locale)),
            assignee_text: assignee_text(assignee.as_ref(), locale),
            assignee,
            sla: desk.standing().and_then(|standing| standing.pressing(head, reader)),
            created_at: LocalTime::new(head.created_at, reader),
            updated_at: LocalTime::new(head.updated_at, reader),
        }
    }
}

/// Who has a ticket, in words.
pub(crate) fn assignee_text(assignee: Option<&PersonView>, locale: Locale) -> String {
    assignee.map_or_else(|| locale.pick("Sin asignar", "Unassigned").into(), |badge| badge.name.clone())
}
