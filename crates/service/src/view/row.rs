//! Row of a list of tickets.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, Reference, Role, Tag, TicketHead, TicketSummary, UserId, Waiting};

use super::{Label, LocalTime, PageContext, PersonView, SlaView};

/// Row of a list of tickets.
///
/// Made by [`CustomerPages::rows`](super::CustomerPages::rows) and
/// [`AdminPages::rows`](super::AdminPages::rows). As JSON its fields are in `camelCase`.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, TimeZone, UserId, view::Viewer};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # luis.create_for(&UserId::parse("ana")?, new_ticket).await?;
/// let viewer = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let pages = luis.pages(viewer, &());
/// let page = luis.list(ListQuery::new()).await?;
/// let rows = pages.rows(&page.rows).await;
/// assert_eq!(rows[0].status.text, "Abierto");
/// assert_eq!((&rows[0].assignee, rows[0].assignee_text.as_str()), (&None, "Sin asignar"));
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
    /// The status.
    pub status: Label,
    /// The priority.
    pub priority: Label,
    /// The category.
    pub category: Label,
    /// The requester.
    pub requester: PersonView,
    /// The assignee, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonView>,
    /// The name of the assignee, or a text that there is none.
    pub assignee_text: String,
    /// References to what the ticket is about. The host knows the names and the addresses of its things.
    #[serde(default)]
    pub about: Vec<Reference>,
    /// The tags. Customers see none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The party that the ticket waits for: `Esperando al cliente`. Customers see none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Label>,
    /// A text if the bot has asked for a human: `Necesita una persona`. Customers see none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<String>,
    /// The running timer that is due first. Customers see none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<SlaView>,
    /// The requester's id, for links and filters; for the desk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<UserId>,
    /// The assignee's id, for links and filters; for the desk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<UserId>,
    /// The version that is shown, for [`Request::expecting`](crate::request::Request::expecting); for
    /// the desk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Time of creation.
    pub created_at: LocalTime,
    /// Time of the last update.
    pub updated_at: LocalTime,
}

impl TicketRow {
    pub(crate) fn for_desk(page: &PageContext<'_>, ticket: &TicketSummary) -> Self {
        let head = &ticket.head;
        Self {
            requester_id: Some(head.requester.clone()),
            assignee_id: head.assignee.clone(),
            version: Some(head.version),
            ..Self::new(page, ticket)
        }
    }

    pub(crate) fn for_requester(page: &PageContext<'_>, ticket: &TicketSummary) -> Self {
        Self::new(page, &ticket.clone().for_requester())
    }

    fn new(page: &PageContext<'_>, ticket: &TicketSummary) -> Self {
        let TicketSummary { head, excerpt, .. } = ticket;
        let locale = page.viewer.locale;
        let admin = Role::Admin.label(locale);
        let assignee = head.assignee.as_ref().map(|id| page.person(Some(id), admin));
        Self {
            ticket_number: head.ticket_number.to_string(),
            excerpt: excerpt.clone(),
            status: Label::new(head.status.as_str(), head.status.label(locale)),
            priority: Label::new(head.priority.as_str(), head.priority.label(locale)),
            category: Label::new(head.category.as_str(), head.category.label(locale)),
            requester: page.person(Some(&head.requester), Role::User.label(locale)),
            assignee_text: assignee_text(assignee.as_ref(), locale),
            assignee,
            about: head.about.clone(),
            tags: head.tags.clone(),
            waiting: head.wait_at(page.now).map(|waiting| waiting_label(waiting, locale)),
            handoff: handoff_text(head, locale).map(Into::into),
            sla: page.sla().and_then(|sla| sla.most_urgent(head)),
            requester_id: None,
            assignee_id: None,
            version: None,
            created_at: page.time(head.created_at),
            updated_at: page.time(head.updated_at),
        }
    }
}

/// Returns the party that a ticket waits for.
pub(crate) fn waiting_label(waiting: &Waiting, locale: Locale) -> Label {
    Label::new(waiting.party.as_str(), waiting.party.label(locale))
}

/// Returns the text of a ticket that the bot handed over to a human.
pub(crate) fn handoff_text(head: &TicketHead, locale: Locale) -> Option<&'static str> {
    head.handoff_at.map(|_| locale.pick("Necesita una persona", "Needs a human"))
}

/// Returns the name of the assignee, or a text that there is none.
pub(crate) fn assignee_text(assignee: Option<&PersonView>, locale: Locale) -> String {
    assignee
        .map_or_else(|| locale.pick("Sin asignar", "Unassigned").into(), |person| person.name.clone())
}
