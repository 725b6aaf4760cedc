//! What the help desk answers, in the model's words: tickets go by their place.

use ventanilla_service::*;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Done {
        head: Head,
        events: Vec<Event>,
        repeated: bool,
    },
    Refused {
        ticket: usize,
        refusal: Refusal,
    },
    NotOpened(Refusal),
    NotFound(usize),
    /// What was typed can't be read, by its code.
    Invalid(&'static str),
    /// The customer may still write in the old ticket.
    NoFollowUp,
    Seen(Box<Seen>),
    Page {
        rows: Vec<(Head, String)>,
        more: bool,
    },
    Counted {
        cells: Vec<u64>,
        unassigned: u64,
        mine: u64,
    },
}

impl Answer {
    /// Without what happened at which version.
    pub(crate) fn blurred(mut self) -> Self {
        match &mut self {
            Answer::Refused { refusal: Refusal::VersionConflict { changes, .. }, .. } => changes.clear(),
            Answer::Done { events, repeated: true, .. } => {
                events.iter_mut().for_each(|event| event.version = 0);
            }
            _ => {}
        }
        self
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head {
    pub(crate) ticket: usize,
    pub(crate) requester: UserId,
    pub(crate) category: Category,
    pub(crate) status: Status,
    pub(crate) priority: Priority,
    pub(crate) assignee: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) first_response_at: Option<Timestamp>,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) follows: Option<usize>,
    pub(crate) version: u64,
    pub(crate) messages: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) head: Head,
    pub(crate) description: MessageText,
    pub(crate) messages: Vec<Message>,
    pub(crate) earlier: usize,
    pub(crate) bytes: usize,
    pub(crate) notes: Vec<Note>,
    pub(crate) history: Vec<Event>,
}
