//! Answers of the help desk in the model, which names tickets by their place.

use std::collections::BTreeMap;

use ventanilla_service::{
    Category, Event, MessageText, Priority, Status, Timestamp, UserId,
    error::Refusal,
    sla::{SlaMetric, SlaState},
    store::Histogram,
    ticket::{Attachment, Draft, Message, Note, Waiting},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Done {
        head: Box<Head>,
        events: Vec<Event>,
        repeated: bool,
    },
    Refused {
        ticket: usize,
        refusal: Refusal,
    },
    NotOpened(Refusal),
    NotFound(usize),
    /// There is no such upload of this person, or no such file in the ticket.
    FileNotFound(usize),
    NotUploaded(Refusal),
    Uploaded(Attachment),
    Downloaded(Attachment, Vec<u8>),
    Swept {
        deleted: u64,
        attached: u64,
    },
    /// Code of an input that can't be read.
    Invalid(&'static str),
    /// The customer may still write in the old ticket.
    NoFollowUp,
    Seen(Box<Seen>),
    /// The ticket as the bot reads it, and the bytes that it may write.
    Turn(Box<Seen>, Result<u32, Refusal>),
    Page {
        rows: Vec<(Head, String)>,
        more: bool,
    },
    Counted {
        by_status: [u64; 4],
        urgent: u64,
        unassigned: u64,
        mine: u64,
        overdue: u64,
        at_risk: u64,
        waiting: u64,
        handed_over: u64,
    },
    /// By administrator, or of all.
    Reported(BTreeMap<(Option<UserId>, SlaMetric), Row>),
    /// Answers of a bulk change, each with the place of its ticket's number in the request.
    Each(Vec<(usize, Answer)>),
    /// In order of arrival.
    Closed {
        closed: Vec<Answer>,
        batches: usize,
    },
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
    /// References as text.
    pub(crate) about: Vec<String>,
    /// Visible to the desk only.
    pub(crate) tags: Vec<String>,
    /// The last wait, also after its end, until the next change. Visible to the desk only.
    pub(crate) waiting: Option<Waiting>,
    /// Visible to the desk only.
    pub(crate) handoff_at: Option<Timestamp>,
    pub(crate) version: u64,
    pub(crate) messages: Option<usize>,
    /// Visible to the desk only.
    pub(crate) timers: Option<Vec<Timer>>,
}

/// Present state of a timer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timer {
    pub(crate) metric: SlaMetric,
    pub(crate) state: SlaState,
    /// Business milliseconds left until it is due, or when it stopped.
    pub(crate) left: i64,
    /// Elapsed time, in business and in calendar milliseconds.
    pub(crate) spent: (i64, i64),
    pub(crate) stop: Option<Stop>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stop {
    pub(crate) at: Timestamp,
    pub(crate) by: Option<UserId>,
    pub(crate) in_vain: bool,
}

/// One row of a report.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    pub(crate) count: u64,
    /// Median and 90th percentile.
    pub(crate) working: [Option<Length>; 2],
    pub(crate) passed: [Option<Length>; 2],
    pub(crate) met: u64,
    pub(crate) breached: u64,
}

/// Milliseconds, as exact as a report is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length(pub(crate) f64);

impl PartialEq for Length {
    fn eq(&self, other: &Self) -> bool {
        (self.0 - other.0).abs() <= Histogram::ERROR * self.0.min(other.0)
    }
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
    pub(crate) draft: Option<Draft>,
    /// Metrics that its page shows, each with the timer's state and its due time, if it comes.
    pub(crate) page_timers: Vec<(SlaMetric, SlaState, Option<Timestamp>)>,
}
