//! The desk's page of a ticket.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    Actor, ActorKind, Change, Command, Draft, Explain, Locale, MessageText, Note, Priority, Reference,
    Refusal, Role, Status, Tag, TicketDetails, TicketHead, Wait, WaitingFor,
};

use super::{
    ChatView, HistoryEntry, InputState, Label, LocalTime, PageContext, PersonRef, PersonView, SlaView,
    history::history,
    row::{assignee_text, handoff_text, waiting_label},
};

/// The desk's page of a ticket: the chat, the changes that the viewer may make now, SLA timers, notes
/// and history.
///
/// Made by [`AdminPages::ticket`](super::AdminPages::ticket). It offers exactly the changes that the
/// rules allow. As JSON its fields are in `camelCase`.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{
///     Category, HelpDesk, MemoryStore, MessageText, NewTicket, Priority, Status, TimeZone, UserId,
///     view::{Person, Viewer},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = desk.customer(ana.clone()).create(new_ticket).await?.head.ticket_number;
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # luis.set_status(&number, Status::InProgress).await?;
/// let viewer = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let people = HashMap::from([(ana, Person::named("Ana Gómez"))]);
/// let page = luis.pages(viewer, &people).ticket(&luis.get(&number).await?).await;
///
/// assert_eq!(page.requester.person.name, "Ana Gómez");
/// assert_eq!(page.priorities.iter().find(|choice| choice.selected).unwrap().text, "Media");
/// let buttons: Vec<&str> = page.status_actions.iter().map(|action| action.text.as_str()).collect();
/// assert_eq!(buttons, ["Volver a «Abierto»", "Marcar como resuelto", "Cerrar"]);
/// assert_eq!(page.assignment.claim.as_deref(), Some("Tomar el ticket"));
/// assert_eq!(page.history[0].what, "Abrió el ticket");
///
/// // A change that the page posts is made to the version that was seen, or refused.
/// luis.set_priority(&number, Priority::High).expecting(page.version).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeskView {
    /// The chat.
    pub chat: ChatView,
    /// The version that is shown; a form posts it back for
    /// [`Request::expecting`](crate::request::Request::expecting).
    pub version: u64,
    /// The requester.
    pub requester: PersonRef,
    /// The statuses that it may be set to, with or without a message; empty if it is closed.
    pub status_actions: Vec<StatusAction>,
    /// The priority.
    pub priority: Label,
    /// All priorities to choose from; empty if it can't be set.
    pub priorities: Vec<Choice>,
    /// The SLA timers; empty if the ticket has none.
    pub sla: Vec<SlaView>,
    /// The assignee, and the ways to change it.
    pub assignment: Assignment,
    /// References to what the ticket is about, and the ways to change them.
    pub about: ReferencesView,
    /// The tags, and the ways to change them.
    pub tags: TagsView,
    /// The wait, and the ways to change it.
    pub wait: WaitView,
    /// The bot's request for a human, while none has answered or has the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<HandoffView>,
    /// The reply that the bot proposes, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftView>,
    /// The notes, in order of time.
    pub notes: Vec<NoteView>,
    /// The state of the note input.
    pub note_input: InputState,
    /// The history, with the messages that the chat shows, in order of time.
    pub history: Vec<HistoryEntry>,
}

/// Status that a ticket may be set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusAction {
    /// The status.
    pub status: Label,
    /// The label of the button: `Marcar como resuelto`.
    pub text: String,
}

/// Value to choose among several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// The stable code, such as `HIGH`.
    pub code: String,
    /// The text to show, such as `Alta`.
    pub text: String,
    /// Whether it is the current one.
    pub selected: bool,
}

/// Assignee of a ticket, and the label of a button for each change of it that the viewer may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Assignment {
    /// The assignee, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonRef>,
    /// The name of the assignee, or a text that there is none.
    pub text: String,
    /// The label of the button for [`Admin::claim`](crate::Admin::claim).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The label of the button for [`Admin::assign`](crate::Admin::assign).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<String>,
    /// The label of the button for [`Admin::unassign`](crate::Admin::unassign).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unassign: Option<String>,
}

/// References to what a ticket is about, and the label of a button for each change of them that the viewer
/// may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReferencesView {
    /// The references. The host knows the names and the addresses of its things.
    pub references: Vec<Reference>,
    /// The label of the button for [`Admin::add_reference`](crate::Admin::add_reference).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<String>,
    /// The label of the button beside each for
    /// [`Admin::remove_reference`](crate::Admin::remove_reference).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
}

/// Tags of a ticket, and the label of a button for each change of them that the viewer may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TagsView {
    /// The tags.
    pub tags: Vec<Tag>,
    /// The label of the button for [`Admin::add_tag`](crate::Admin::add_tag).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<String>,
    /// The label of the button beside each for [`Admin::remove_tag`](crate::Admin::remove_tag).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
}

/// Wait of a ticket, and each change of it that the viewer may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaitView {
    /// The party that is waited for: `Esperando al cliente`; absent if the ticket doesn't wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Label>,
    /// Time of its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<LocalTime>,
    /// Time at which it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LocalTime>,
    /// The parties to wait for, for [`Admin::wait`](crate::Admin::wait); empty if it can't wait.
    pub parties: Vec<Choice>,
    /// The label of the button for [`Admin::end_wait`](crate::Admin::end_wait).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Request of the bot for a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandoffView {
    /// The text: `Necesita una persona`.
    pub text: String,
    /// Time of the request.
    pub at: LocalTime,
}

/// Reply that the bot proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DraftView {
    /// The text to send or edit, unescaped: the page must escape it.
    pub text: String,
    /// Time of creation.
    pub at: LocalTime,
    /// The label of the button that puts the text into the input of a message.
    pub use_it: String,
    /// The label of the button for [`Admin::discard_draft`](crate::Admin::discard_draft).
    pub discard: String,
}

/// Internal note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NoteView {
    /// The author.
    pub author: PersonView,
    /// The text, unescaped: the page must escape it.
    pub text: String,
    /// Time of creation.
    pub at: LocalTime,
}

impl DeskView {
    pub(crate) fn new(page: &PageContext<'_>, by: &Actor, ticket: &TicketDetails) -> Self {
        let (head, locale) = (&ticket.head, page.viewer.locale);
        let offered = OfferedActions { page, by, ticket };
        let mut notes: Vec<&Note> = ticket.notes.iter().collect();
        notes.sort_by_key(|note| note.created_at);
        Self {
            chat: ChatView::new(page, ActorKind::Admin, ticket),
            version: head.version,
            requester: page.person_ref(&head.requester, Role::User.label(locale)),
            status_actions: offered.status_actions(),
            priority: Label::new(head.priority.as_str(), head.priority.label(locale)),
            priorities: offered.priorities(),
            sla: page.sla().map_or_else(Vec::new, |sla| sla.all(head)),
            assignment: offered.assignment(),
            about: offered.references(),
            tags: offered.tags(),
            wait: offered.wait(),
            handoff: handoff_view(page, head),
            draft: ticket.draft.as_ref().map(|draft| draft_view(page, draft)),
            notes: notes.into_iter().map(|note| note_view(page, note)).collect(),
            note_input: offered.note_input(),
            history: history(page, ticket),
        }
    }
}

fn handoff_view(page: &PageContext<'_>, head: &TicketHead) -> Option<HandoffView> {
    let text = handoff_text(head, page.viewer.locale)?.into();
    Some(HandoffView { text, at: page.time(head.handoff_at?) })
}

fn draft_view(page: &PageContext<'_>, draft: &Draft) -> DraftView {
    let locale = page.viewer.locale;
    DraftView {
        text: draft.text.as_str().into(),
        at: page.time(draft.created_at),
        use_it: locale.pick("Usar como respuesta", "Use as a reply").into(),
        discard: locale.pick("Descartar", "Discard").into(),
    }
}

fn note_view(page: &PageContext<'_>, note: &Note) -> NoteView {
    let role = if note.by.is_some() { Role::Admin } else { Role::SupportBot };
    NoteView {
        author: page.person(note.by.as_ref(), role.label(page.viewer.locale)),
        text: note.text.as_str().into(),
        at: page.time(note.created_at),
    }
}

/// Changes that the rules would allow the viewer to make now.
struct OfferedActions<'a> {
    page: &'a PageContext<'a>,
    by: &'a Actor,
    ticket: &'a TicketDetails,
}

impl OfferedActions<'_> {
    fn allows(&self, change: Change) -> bool {
        self.command(change).is_ok_and(|command| command.would_apply(self.ticket))
    }

    fn command(&self, change: Change) -> Result<Command, Refusal> {
        Command::new(self.by, self.page.now, self.page.policy, change)
    }

    fn status_actions(&self) -> Vec<StatusAction> {
        let locale = self.page.viewer.locale;
        let allowed = Status::ALL.into_iter().filter(|to| self.allows(Change::status(*to)));
        allowed
            .map(|to| StatusAction {
                status: Label::new(to.as_str(), to.label(locale)),
                text: action(to, locale).into(),
            })
            .collect()
    }

    fn priorities(&self) -> Vec<Choice> {
        let locale = self.page.viewer.locale;
        if !Priority::ALL.into_iter().any(|to| self.allows(Change::priority(to))) {
            return Vec::new();
        }
        let current = self.ticket.head.priority;
        let choice = |to: Priority| Choice {
            code: to.as_str().into(),
            text: to.label(locale).into(),
            selected: to == current,
        };
        Priority::ALL.into_iter().map(choice).collect()
    }

    fn assignment(&self) -> Assignment {
        let locale = self.page.viewer.locale;
        let assignee = self.ticket.head.assignee.as_ref();
        let assignee = assignee.map(|id| self.page.person_ref(id, Role::Admin.label(locale)));
        let unassign = self.allows(Change::assign(None));
        // One rule for all assignees; only the current one would be no change.
        let assign = unassign || self.allows(Change::assign(self.by.user().cloned()));
        let button = |is_offered, es, en| self.button(is_offered, es, en);
        Assignment {
            text: assignee_text(assignee.as_ref().map(|assignee| &assignee.person), locale),
            claim: button(self.allows(Change::claim()), "Tomar el ticket", "Take it"),
            assign: match assignee {
                Some(_) => button(assign, "Reasignar", "Reassign"),
                None => button(assign, "Asignar", "Assign"),
            },
            unassign: button(unassign, "Dejar sin asignar", "Unassign"),
            assignee,
        }
    }

    fn references(&self) -> ReferencesView {
        let references = &self.ticket.head.about;
        // One rule for all values; only one that the ticket has would be no change.
        let others = (0..=references.len()).filter_map(|nth| Reference::new("x", &nth.to_string()).ok());
        let add = others.map(Change::add_reference).any(|change| self.allows(change));
        let remove = references.iter().cloned().map(Change::remove_reference).any(|it| self.allows(it));
        ReferencesView {
            references: references.clone(),
            add: self.button(add, "Añadir referencia", "Add reference"),
            remove: self.button(remove, "Quitar", "Remove"),
        }
    }

    fn tags(&self) -> TagsView {
        let tags = &self.ticket.head.tags;
        let others = (0..=tags.len()).filter_map(|nth| Tag::parse(&nth.to_string()).ok());
        let add = others.map(Change::add_tag).any(|change| self.allows(change));
        let remove = tags.iter().cloned().map(Change::remove_tag).any(|change| self.allows(change));
        TagsView {
            tags: tags.clone(),
            add: self.button(add, "Añadir etiqueta", "Add tag"),
            remove: self.button(remove, "Quitar", "Remove"),
        }
    }

    /// Returns the label of a button, if it is offered.
    fn button(&self, is_offered: bool, es: &'static str, en: &'static str) -> Option<String> {
        is_offered.then(|| self.page.viewer.locale.pick(es, en).to_owned())
    }

    fn wait(&self) -> WaitView {
        let (locale, head) = (self.page.viewer.locale, &self.ticket.head);
        let waiting = head.wait_at(self.page.now);
        let can_wait =
            WaitingFor::ALL.into_iter().any(|party| self.allows(Change::wait(Wait::new(party))));
        let choice = |party: WaitingFor| Choice {
            code: party.as_str().into(),
            text: party.label(locale).into(),
            selected: waiting.is_some_and(|waiting| waiting.party == party),
        };
        let end = self.allows(Change::end_wait());
        WaitView {
            party: waiting.map(|waiting| waiting_label(waiting, locale)),
            since: waiting.map(|waiting| self.page.time(waiting.since)),
            until: waiting.and_then(|waiting| waiting.until).map(|until| self.page.time(until)),
            parties: if can_wait { WaitingFor::ALL.map(choice).into() } else { Vec::new() },
            end: self.button(end, "Terminar la espera", "Stop waiting"),
        }
    }

    fn note_input(&self) -> InputState {
        let locale = self.page.viewer.locale;
        let note = self.command(Change::note(MessageText::from_stored(".")));
        let refusal = note.map_or_else(Some, |note| note.refusal(self.ticket));
        match refusal {
            Some(refusal) => InputState::ReadOnly {
                code: refusal.code().into(),
                reason: refusal.explain(locale),
                follow_up: None,
            },
            None => InputState::Writable {
                placeholder: locale.pick("Escribe una nota interna…", "Write an internal note…").into(),
                send: locale.pick("Guardar nota", "Save note").into(),
                max_bytes: self.longest_note(),
            },
        }
    }

    /// Asks the rules about the longest text, since only a refusal tells the limit.
    fn longest_note(&self) -> u32 {
        let longest = MessageText::from_stored(&"x".repeat(MessageText::MAX_BYTES));
        let bytes = u32::try_from(longest.bytes()).unwrap_or(u32::MAX);
        match self.command(Change::note(longest)) {
            Err(Refusal::TextTooLong { limit, .. }) => limit,
            _ => bytes,
        }
    }
}

/// Returns the label of the button that sets this status.
const fn action(to: Status, locale: Locale) -> &'static str {
    match to {
        Status::Open => locale.pick("Volver a «Abierto»", "Back to “Open”"),
        Status::InProgress => locale.pick("Empezar a atender", "Start working on it"),
        Status::Resolved => locale.pick("Marcar como resuelto", "Mark as resolved"),
        Status::Closed => locale.pick("Cerrar", "Close"),
    }
}
