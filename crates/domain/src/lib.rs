//! Support tickets: the types, the rules of transition and the Spanish texts.
//!
//! This crate knows what a ticket is and what may be done to it. It has no async, no database and
//! no clock: time and identity come in as values. Stores are in `ventanilla-storage`, the use cases
//! in `ventanilla-service`.
//!
//! A [`Change`] is a value. A [`Command`] says who asks for it, when and under which policy, and
//! [`Command::apply`] decides and makes it on a [`Ticket`]: the rules are plain functions.
//!
//! ```
//! use ventanilla_domain::*;
//!
//! let policy = Policy::default();
//! let now: Timestamp = "2026-03-02T12:00:00Z".parse()?;
//! let ana = UserId::parse("ana")?;
//! let customer = Actor::Customer(ana.clone());
//! let admin = Actor::Admin(UserId::parse("luis")?);
//!
//! // A customer opens a ticket.
//! let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
//! let number = TicketNumber::parse("TKT-ABC123")?;
//! let mut ticket = draft.open(number, &ana, &customer, now, &policy)?;
//!
//! // An administrator closes it ...
//! let command = Command::new(&admin, now, &policy, Change::status(Status::Closed))?;
//! let outcome = command.apply(&mut ticket);
//! assert!(matches!(outcome, Outcome::Applied { .. }));
//!
//! // ... and now nobody can write in it.
//! let message = Change::message(MessageText::parse("¿Y mi dinero?")?);
//! let command = Command::new(&customer, now, &policy, message)?;
//! let Outcome::Refused(refusal) = command.apply(&mut ticket) else {
//!     panic!("a closed ticket accepts no messages");
//! };
//! assert_eq!(refusal.code(), "ticket_closed");
//! assert!(refusal.explain(Locale::Es).starts_with("Este ticket está cerrado"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actor;
mod calendar;
mod category;
mod change;
mod changes_since;
mod command;
mod details;
mod enum_set;
mod event;
mod id;
mod locale;
mod message;
mod new_ticket;
mod number;
mod parse;
mod policy;
mod refusal;
mod rules;
mod sla;
mod text;
mod ticket;
mod time_zone;
mod timestamp;
mod transitions;
mod util;
mod vocabulary;

pub use actor::{Actor, ActorKind, Author, UnknownActorKind};
pub use calendar::{BusinessCalendar, BusinessTime, Hours, InvalidCalendar, InvalidHours, Week};
pub use category::{Category, InvalidCategory};
pub use change::{Change, NewMessage};
pub use chrono::{NaiveDate, Weekday};
pub use command::{Command, Outcome};
pub use details::{Audience, MessageRange, TicketDetails, TicketSummary};
pub use enum_set::{EnumSet, EnumValue};
pub use event::{Event, EventKind, OtherEvent};
pub use id::{CreationKey, IdempotencyKey, InvalidKey, InvalidUserId, UserId};
pub use locale::{ErrorKind, Explain, Locale, UnknownLocale};
pub use message::{Message, Note};
pub use new_ticket::{FollowUp, NewTicket};
pub use number::{InvalidNumber, TicketLookup, TicketNumber};
pub use policy::{InvalidLimit, Limits, Policy, Reopen};
pub use refusal::Refusal;
pub use sla::{
    Elapsed, InvalidSla, Sla, SlaMetric, SlaPolicy, SlaState, SlaStop, SlaTable, SlaTargets, SlaTimer,
    SlaTimers, UnknownSlaMetric, UnknownSlaState,
};
pub use text::{InvalidText, MessageText};
pub use ticket::{Ticket, TicketHead, TicketRecord};
pub use time_zone::{InvalidTimeZone, TimeZone};
pub use timestamp::{Days, InvalidTimestamp, Timestamp};
pub use vocabulary::{Priority, Role, Status, UnknownPriority, UnknownRole, UnknownStatus};
