//! Steps of a run: requests to the help desk.

use std::ops::Range;

use ventanilla_service::{
    Category, IdempotencyKey, Priority, Status, Timestamp, UserId,
    list::{DueFilter, Sort, WaitingFilter},
    ticket::{Actor, MessageRange, Wait},
};

use super::{files::Sample, people::Typed};

/// One request, at one time. Tickets go by their place in order of arrival; the place after the
/// last stands for a ticket that doesn't exist.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) action: Action,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Open(Opening),
    FollowUp {
        ticket: usize,
        by: UserId,
        words: Words,
    },
    Change(Request),
    /// Begins a turn of the bot, which later changes of the ticket may be made in.
    Turn {
        ticket: usize,
    },
    ChangeEach(Bulk),
    /// Closes resolved tickets, so many at once, until none is left.
    CloseResolved {
        batch: u32,
    },
    Upload {
        by: Actor,
        sample: &'static Sample,
    },
    /// Deletes old uploads that no ticket names.
    Sweep,
    Read(Read),
    /// Begins a list, and the traversal of its pages.
    List {
        query: Query,
        rows: u32,
    },
    /// Continues the traversal, perhaps with pages of another size.
    NextPage {
        rows: u32,
    },
}

/// Text that is sent, with or without an idempotency key and files.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) text: &'static Typed,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) files: Files,
}

/// Files of a message or a new ticket, with repetitions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    /// Uploads by their place in order of arrival; a place after the last stands for a forged file.
    pub(crate) places: Vec<usize>,
    pub(crate) handing: Handing,
}

/// Way in which a host has the files that it hands to the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Handing {
    /// It has ids, and looks them up.
    LookedUp,
    /// It has kept what the upload returned.
    #[default]
    PassedOn,
    /// It believes what somebody says of them.
    Altered(Altered),
}

/// False statement on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Altered {
    Smaller,
    /// Larger than the policy allows.
    Larger,
    /// Of a type that the policy doesn't allow.
    OtherType,
    OtherKnownType,
}

#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) by: Actor,
    pub(crate) requester: UserId,
    pub(crate) category: Category,
    pub(crate) words: Words,
    /// With repetitions.
    pub(crate) about: Vec<String>,
    /// With repetitions.
    pub(crate) tags: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) ticket: usize,
    pub(crate) by: Actor,
    pub(crate) what: What,
    pub(crate) guard: Guard,
}

/// State of the ticket without which a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Nothing,
    Version(u64),
    /// The conversation as it was when the ticket's last turn began, as the desk sees it.
    Turn,
    /// The same as its requester sees it, without versions.
    Unversioned,
}

/// Bulk change by an administrator.
#[derive(Debug, Clone)]
pub(crate) struct Bulk {
    pub(crate) by: UserId,
    pub(crate) tickets: Vec<(usize, Hand)>,
    pub(crate) what: What,
    pub(crate) expecting: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Write(Words, Then),
    Note(&'static Typed, Files),
    HandOver(Words),
    Draft(&'static Typed),
    DiscardDraft,
    Status(Status),
    Priority(Priority),
    Assign(Option<UserId>),
    Claim,
    Wait(Wait),
    EndWait,
    Add(Label),
    Remove(Label),
}

/// Tag, or reference to what a ticket is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Label {
    Tag(&'static str),
    About(&'static str),
}

/// Change that is made with a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Nothing,
    Status(Status),
    Wait(Wait),
}

#[derive(Debug, Clone)]
pub(crate) enum Read {
    View { ticket: usize, by: Actor, window: MessageRange },
    Find { ticket: usize, by: Actor, hand: Hand },
    Download { ticket: usize, by: Actor, file: usize, range: Option<Range<u64>> },
    Counts(UserId),
    Report { from: Timestamp, before: Timestamp },
}

/// Spelling in which a ticket's number is typed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hand {
    Exact,
    Lower,
    Hash,
    NoPrefix,
    Letters,
    Blank,
}

/// List: a customer's own tickets, or an administrator's with filters and an order.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    Mine { by: UserId, closed: bool },
    All(Filter, Sort),
}

#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) statuses: Vec<Status>,
    pub(crate) priorities: Vec<Priority>,
    pub(crate) category: Option<Category>,
    pub(crate) assignee: Option<Option<UserId>>,
    pub(crate) requester: Option<UserId>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
    pub(crate) due: Option<DueFilter>,
    pub(crate) waiting: Option<WaitingFilter>,
    pub(crate) handed_over: bool,
    pub(crate) about: Option<&'static str>,
    pub(crate) tag: Option<&'static str>,
}

impl Filter {
    /// Returns the filter that every ticket passes.
    pub(crate) fn any() -> Self {
        Self {
            statuses: Status::ALL.to_vec(),
            priorities: Priority::ALL.to_vec(),
            category: None,
            assignee: None,
            requester: None,
            from: None,
            before: None,
            due: None,
            waiting: None,
            handed_over: false,
            about: None,
            tag: None,
        }
    }
}

impl What {
    /// Returns the wait that it begins or changes.
    pub(crate) fn wait(&self) -> Option<Wait> {
        match self {
            What::Wait(wait) | What::Write(_, Then::Wait(wait)) => Some(*wait),
            _ => None,
        }
    }

    /// Returns the text of the change, if it has one.
    pub(crate) fn text(&self) -> Option<&'static Typed> {
        match self {
            What::Write(words, _) | What::HandOver(words) => Some(words.text),
            What::Note(text, _) | What::Draft(text) => Some(text),
            What::DiscardDraft
            | What::Status(_)
            | What::Priority(_)
            | What::Assign(_)
            | What::Claim
            | What::Wait(_)
            | What::EndWait
            | What::Add(_)
            | What::Remove(_) => None,
        }
    }

    /// Returns the files of the change, if it can have any.
    pub(crate) fn files(&self) -> Option<&Files> {
        match self {
            What::Write(Words { files, .. }, _)
            | What::HandOver(Words { files, .. })
            | What::Note(_, files) => Some(files),
            What::Draft(_)
            | What::DiscardDraft
            | What::Status(_)
            | What::Priority(_)
            | What::Assign(_)
            | What::Claim
            | What::Wait(_)
            | What::EndWait
            | What::Add(_)
            | What::Remove(_) => None,
        }
    }

    /// Returns the change with files, if it can have any.
    pub(crate) fn with_files(self, files: Files) -> Self {
        match self {
            What::Write(words, then) => What::Write(Words { files, ..words }, then),
            What::HandOver(words) => What::HandOver(Words { files, ..words }),
            What::Note(text, _) => What::Note(text, files),
            other => other,
        }
    }
}
