//! The desk's own page of a ticket.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    Actor, ActorKind, Change, Command, Explain, Locale, MessageText, Note, Policy, Priority, Refusal,
    Role, Status, TicketDetails, Timestamp,
};

use super::{
    ChatView, HistoryEntry, InputState, Label, LocalTime, PersonDirectory, PersonRef, PersonView,
    SlaView, Viewer, history::history, row::assignee_text,
};
use crate::HelpDesk;

/// The desk's own page of a ticket: the chat, what its reader may change, how it stands against what
/// was promised, the notes and the history.
///
/// Made by [`Admin::desk_view`](crate::Admin::desk_view); customers have no way to one. What it
/// offers is what the rules take of its reader now. As JSON its fields are in `camelCase`.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = desk.customer(ana.clone()).create(draft).await?.head.ticket_number;
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # luis.set_status(&number, Status::InProgress).await?;
/// let reader = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let people = HashMap::from([(ana, Person::named("Ana Gómez"))]);
/// let page = luis.desk_view(&luis.view(&number).await?, &reader, &people);
///
/// assert_eq!(page.requester.badge.name, "Ana Gómez");
/// assert_eq!(page.priorities.iter().find(|choice| choice.selected).unwrap().text, "Media");
/// let buttons: Vec<&str> = page.moves.iter().map(|step| step.action.as_str()).collect();
/// assert_eq!(buttons, ["Devolver a la cola", "Marcar como resuelto", "Cerrar"]);
/// assert_eq!(page.assignment.claim.as_deref(), Some("Asignármelo"));
/// assert_eq!(page.history[0].what, "Abrió el ticket");
///
/// // What the page posts is made for what was seen, or refused.
/// luis.change(&number, Change::priority(Priority::High).expecting(page.version)).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeskView {
    /// The header, the conversation, and what to write in.
    pub chat: ChatView,
    /// The version that is shown: a form posts it back for [`Change::expecting`].
    pub version: u64,
    /// Who asked for help.
    pub requester: PersonRef,
    /// The statuses that it may be set to, with or without a message; empty where it is closed.
    pub moves: Vec<StatusAction>,
    /// How pressing it is.
    pub priority: Label,
    /// All priorities to choose from; empty where it can't be set.
    pub priorities: Vec<Choice>,
    /// How it stands against each promise; empty where nothing was promised.
    pub sla: Vec<SlaView>,
    /// Who has it, and what the reader may do about it.
    pub assignment: Assignment,
    /// The notes, in order of time.
    pub notes: Vec<NoteView>,
    /// What to write a note in, or why not.
    pub note_input: InputState,
    /// Everything that happened, in order of time; of the messages, those that the chat shows.
    pub history: Vec<HistoryEntry>,
}

/// A status that a ticket may be set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusAction {
    /// The status.
    pub status: Label,
    /// What stands on the button: `Marcar como resuelto`.
    pub action: String,
}

/// One of several values to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// The stable word, such as `HIGH`.
    pub code: String,
    /// The word to show, such as `Alta`.
    pub text: String,
    /// Whether it is the present one.
    pub selected: bool,
}

/// Who has a ticket, and a button for each thing that the reader may do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Assignment {
    /// Who has it, if anybody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonRef>,
    /// Their name, or that nobody has it.
    pub text: String,
    /// What stands on the button to take it, where nobody has it: for
    /// [`Admin::claim`](crate::Admin::claim).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// What stands on the button to give it to an administrator: for
    /// [`Admin::assign`](crate::Admin::assign).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<String>,
    /// What stands on the button to put it back, where somebody has it: for
    /// [`Admin::unassign`](crate::Admin::unassign).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unassign: Option<String>,
}

/// An internal note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NoteView {
    /// Who wrote it.
    pub author: PersonView,
    /// What was written, as it came: it is for the page to escape it.
    pub text: String,
    /// When.
    pub at: LocalTime,
}

impl DeskView {
    pub(crate) fn new(
        desk: &HelpDesk,
        by: &Actor,
        ticket: &TicketDetails,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> Self {
        let (head, locale) = (&ticket.head, reader.locale);
        let rules = Rules { by, at: desk.now(), policy: desk.policy(), ticket };
        let mut notes: Vec<&Note> = ticket.notes.iter().collect();
        notes.sort_by_key(|note| note.created_at);
        Self {
            chat: ChatView::new(desk, ActorKind::Admin, ticket, reader, directory),
            version: head.version,
            requester: PersonRef::new(&head.requester, directory, Role::User.label(locale)),
            moves: rules.moves(locale),
            priority: Label::new(head.priority.as_str(), head.priority.label(locale)),
            priorities: rules.priorities(locale),
            sla: desk.standing().map_or_else(Vec::new, |standing| standing.all(head, reader)),
            assignment: rules.assignment(locale, directory),
            notes: notes.into_iter().map(|note| note_view(note, reader, directory)).collect(),
            note_input: rules.note_input(locale),
            history: history(ticket, reader, directory),
        }
    }
}

fn note_view(note: &Note, reader: &Viewer, directory: &(impl PersonDirectory + ?Sized)) -> NoteView {
    NoteView {
        author: PersonView::of(Some(&note.by), directory, Role::Admin.label(reader.locale)),
        text: note.text.as_str().into(),
        at: LocalTime::new(note.created_at, reader),
    }
}

/// The rules, to be asked what they would take of the reader now.
struct Rules<'a> {
    by: &'a Actor,
    at: Timestamp,
    policy: &'a Policy,
    ticket: &'a TicketDetails,
}

impl Rules<'_> {
    fn take(&self, change: Change) -> bool {
        self.command(change).is_ok_and(|command| command.would_apply(self.ticket))
    }

    fn command(&self, change: Change) -> Result<Command, Refusal> {
        Command::new(self.by, self.at, self.policy, change)
    }

    fn moves(&self, locale: Locale) -> Vec<StatusAction> {
        let taken = Status::ALL.into_iter().filter(|to| self.take(Change::status(*to)));
        taken
            .map(|to| StatusAction {
                status: Label::new(to.as_str(), to.label(locale)),
                action: action(to, locale).into(),
            })
            .collect()
    }

    fn priorities(&self, locale: Locale) -> Vec<Choice> {
        if !Priority::ALL.into_iter().any(|to| self.take(Change::priority(to))) {
            return Vec::new();
        }
        let present = self.ticket.head.priority;
        let choice = |to: Priority| Choice {
            code: to.as_str().into(),
            text: to.label(locale).into(),
            selected: to == present,
        };
        Priority::ALL.into_iter().map(choice).collect()
    }

    fn assignment(&self, locale: Locale, directory: &(impl PersonDirectory + ?Sized)) -> Assignment {
        let assignee = self.ticket.head.assignee.as_ref();
        let assignee = assignee.map(|id| PersonRef::new(id, directory, Role::Admin.label(locale)));
        let unassign = self.take(Change::assign(None));
        // Whoever it goes to, it is one rule; only the present assignee is no change.
        let assign = unassign || self.take(Change::assign(self.by.user().cloned()));
        let button =
            |offered: bool, es: &'static str, en| offered.then(|| locale.pick(es, en).to_owned());
        Assignment {
            text: assignee_text(assignee.as_ref().map(|known| &known.badge), locale),
            claim: button(self.take(Change::claim()), "Asignármelo", "Take it"),
            assign: match assignee {
                Some(_) => button(assign, "Pasar a otra persona", "Hand over"),
                None => button(assign, "Asignar", "Assign"),
            },
            unassign: button(unassign, "Dejar sin asignar", "Unassign"),
            assignee,
        }
    }

    fn note_input(&self, locale: Locale) -> InputState {
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

    /// The rules tell how long a note may be only of one that is longer.
    fn longest_note(&self) -> u32 {
        let longest = MessageText::from_stored(&"x".repeat(MessageText::MAX_BYTES));
        let bytes = u32::try_from(longest.bytes()).unwrap_or(u32::MAX);
        match self.command(Change::note(longest)) {
            Err(Refusal::TextTooLong { limit, .. }) => limit,
            _ => bytes,
        }
    }
}

/// What stands on the button that sets this status.
const fn action(to: Status, locale: Locale) -> &'static str {
    match to {
        Status::Open => locale.pick("Devolver a la cola", "Put back in the queue"),
        Status::InProgress => locale.pick("Poner en progreso", "Put in progress"),
        Status::Resolved => locale.pick("Marcar como resuelto", "Mark as resolved"),
        Status::Closed => locale.pick("Cerrar", "Close"),
    }
}
