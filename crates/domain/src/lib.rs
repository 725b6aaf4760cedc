#![doc = include_str!("../README.md")]

mod actor;
mod attachment;
mod attachment_id;
mod calendar;
mod category;
mod change;
mod changes_since;
mod command;
mod details;
mod enum_set;
mod event;
mod file_name;
mod id;
mod locale;
mod media_type;
mod message;
mod new_ticket;
mod number;
mod parse;
mod policy;
mod reference;
mod refusal;
mod rules;
mod sla;
mod tag;
mod text;
mod ticket;
mod ticket_events;
mod time_zone;
mod timestamp;
mod transitions;
mod util;
mod vocabulary;
mod waiting;

pub use actor::{Actor, ActorKind, Author, UnknownActorKind};
pub use attachment::{Attachment, AttachmentPolicy};
pub use attachment_id::{AttachmentId, InvalidAttachmentId, Sha256};
pub use calendar::{BusinessCalendar, BusinessTime, Hours, InvalidCalendar, InvalidHours, Week};
pub use category::{Category, InvalidCategory};
pub use change::{Change, NewMessage, SeenConversation};
pub use chrono::{NaiveDate, Weekday};
pub use command::{Command, Outcome};
pub use details::{Audience, MessageRange, TicketDetails, TicketSummary};
pub use enum_set::{EnumSet, EnumValue};
pub use event::{Event, EventKind, OtherEvent};
pub use file_name::FileName;
pub use id::{CreationKey, IdempotencyKey, InvalidKey, InvalidUserId, UserId};
#[doc(hidden)]
pub use locale::excerpt;
pub use locale::{ErrorKind, Explain, Locale, UnknownLocale};
pub use media_type::{InvalidMediaType, MediaType};
pub use message::{Draft, Message, Note};
pub use new_ticket::{FollowUp, NewTicket};
pub use number::{InvalidNumber, TicketLookup, TicketNumber};
pub use policy::{BotPolicy, InvalidLimit, Limits, Policy, Reopen};
pub use reference::{InvalidReference, Reference};
pub use refusal::Refusal;
pub use sla::{
    Elapsed, InvalidSla, Sla, SlaInstant, SlaMetric, SlaPause, SlaPolicy, SlaState, SlaStop, SlaTable,
    SlaTargets, SlaTimer, SlaTimers, UnknownSlaMetric, UnknownSlaState,
};
pub use tag::{InvalidTag, Tag};
pub use text::{InvalidText, MessageText};
pub use ticket::{Ticket, TicketHead, TicketRecord};
pub use ticket_events::TicketEvents;
pub use time_zone::{InvalidTimeZone, TimeZone};
pub use timestamp::{Days, InvalidTimestamp, Timestamp};
pub use vocabulary::{Priority, Role, Status, UnknownPriority, UnknownRole, UnknownStatus};
pub use waiting::{UnknownWaitingFor, Wait, Waiting, WaitingFor};
