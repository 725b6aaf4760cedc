#![doc = include_str!("../README.md")]

mod admin;
mod alerts;
pub mod assignment;
mod bot;
mod bot_turn;
mod bulk;
mod clock;
mod core;
mod customer;
mod desk;
#[cfg(feature = "attachments")]
mod files;
mod form;
mod numbers;
mod observe;
mod receipt;
mod requests;
mod screen;
mod service_error;
mod system;

#[cfg(any(doc, doctest))]
pub mod guide;
pub mod view;

pub use admin::Admin;
pub use bot::Bot;
pub use bot_turn::BotTurn;
pub use customer::{Customer, MyTickets};
pub use desk::{HelpDesk, HelpDeskBuilder};
pub use form::{Form, Screened};
pub use receipt::Receipt;
pub use service_error::ServiceError;
pub use system::System;
pub use ventanilla_domain::{
    Category, Change, ErrorKind, Event, EventKind, Explain, IdempotencyKey, Locale, MessageText,
    NewTicket, Policy, Priority, Status, TicketDetails, TicketNumber, TicketSummary, TimeZone,
    Timestamp, UserId,
};
pub use ventanilla_storage::{ListQuery, MemoryStore};

/// Parts of a ticket, and people.
pub mod ticket {
    pub use ventanilla_domain::{
        Actor, ActorKind, Attachment, AttachmentId, Audience, Author, Draft, FileName, FollowUp,
        MediaType, Message, MessageRange, NewMessage, Note, OtherEvent, Reference, Role,
        SeenConversation, Sha256, Tag, TicketHead, Wait, Waiting, WaitingFor,
    };
}

/// Lists: sort orders, filters, pages and counts.
pub mod list {
    pub use ventanilla_domain::{EnumSet, EnumValue};
    pub use ventanilla_storage::{
        AssigneeFilter, Counted, Counts, Cursor, Direction, DueFilter, Page, PageQuery, PageSize, Sort,
        Unreadable, WaitingFilter,
    };
}

/// Files attached to messages, in an object store.
#[cfg(feature = "attachments")]
pub mod attachments {
    pub use ventanilla_storage::attachments::{
        AttachmentStore, FileBody, NewUpload, SweptUploads, UploadError,
    };

    pub use crate::files::Download;
}

/// Streams of the events of all tickets.
pub mod event {
    pub use ventanilla_domain::TicketEvents;
    pub use ventanilla_storage::{EventStream, EventToken};
}

/// Changes that are being built, and the results of those to many tickets.
pub mod request {
    pub use crate::{
        bulk::{BulkItem, BulkOutcome},
        requests::{Keyed, Plain, Reply, Request, Text, Update},
        system::ClosedBatch,
    };
}

/// Settings of a [`HelpDesk`] besides its [`Policy`] and SLA.
pub mod settings {
    pub use ventanilla_domain::{AttachmentPolicy, BotPolicy, Days, Limits, Reopen};

    pub use crate::{
        clock::{Clock, ManualClock, SystemClock},
        numbers::{NumberSource, RandomNumbers},
    };
}

/// Response times: SLA policies, business calendars, timers and reports.
pub mod sla {
    pub use ventanilla_domain::{
        BusinessCalendar, BusinessTime, Elapsed, Hours, NaiveDate, Sla, SlaInstant, SlaMetric, SlaPause,
        SlaPolicy, SlaState, SlaStop, SlaTable, SlaTargets, SlaTimer, SlaTimers, Week, Weekday,
    };
    pub use ventanilla_storage::{MetricStats, Period, Quantiles, Report, StatsByMetric};

    pub use crate::alerts::SlaAlerts;
}

/// Errors of values, rules and stores; [`ServiceError`] holds them all.
pub mod error {
    pub use ventanilla_domain::{
        InvalidAttachmentId, InvalidCalendar, InvalidCategory, InvalidHours, InvalidKey, InvalidLimit,
        InvalidMediaType, InvalidNumber, InvalidReference, InvalidSla, InvalidTag, InvalidText,
        InvalidTimeZone, InvalidTimestamp, InvalidUserId, Refusal, UnknownActorKind, UnknownLocale,
        UnknownPriority, UnknownRole, UnknownSlaMetric, UnknownSlaState, UnknownStatus,
        UnknownWaitingFor,
    };
    pub use ventanilla_storage::{
        BoxError, InvalidCursor, InvalidEventToken, InvalidPageSize, InvalidPeriod, InvalidQuery,
        StoreError, UnknownDirection, UnknownDueFilter, UnknownSort, UnknownWaitingFilter, WriteOutcome,
    };

    pub use crate::form::{CategoryNotOffered, InvalidDescription, InvalidForm, RefusedCategory};
}

/// Stores: the contract, copying between stores, and what a store of one's own needs.
pub mod store {
    pub use ventanilla_domain::{Command, CreationKey, Outcome, Ticket, TicketLookup, TicketRecord};
    #[cfg(feature = "mock")]
    pub use ventanilla_storage::MockTicketStore;
    #[cfg(feature = "conformance")]
    pub use ventanilla_storage::conformance;
    pub use ventanilla_storage::{
        CountsQuery, EventStep, Histogram, InsertOutcome, Position, ReportBuilder, ReportQuery, Sample,
        TicketStore, copy,
    };
}

/// Tickets in one SQLite file.
#[cfg(feature = "sqlite")]
pub mod sqlite {
    pub use ventanilla_storage::{OpenError, SqliteOptions, SqliteStore};
}

/// Tickets in a MongoDB collection.
#[cfg(feature = "mongodb")]
pub mod mongodb {
    pub use ventanilla_storage::{
        Checkpoint, ConnectError, InvalidCheckpoint, MongoOptions, MongoStore, Reconciled,
        UserIdEncoding,
    };
}

/// Ready-made tickets for the tests of a host.
///
/// The time of a desk under test is a [`ManualClock`](crate::settings::ManualClock), in every build;
/// the guide [`testing`](crate::guide::testing) has tests with it.
#[cfg(feature = "testing")]
pub mod testing {
    pub use ventanilla_storage::testing::*;
}

/// Runs the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Runs the code of the page on MongoDB.
#[cfg(all(doctest, feature = "mongodb"))]
#[doc = include_str!("../../../docs/mongodb.md")]
struct MongoDb;

/// Runs the code of the page on SQLite.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../../docs/sqlite.md")]
struct Sqlite;
