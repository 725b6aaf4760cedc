//! A help desk for any Rust service: the use cases of customers, administrators, bots and the
//! system, and view models for their pages. Spanish first.
//!
//! ```
//! use ventanilla_service::*;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let desk = HelpDesk::new(MemoryStore::new());
//!
//! let ana = desk.customer(UserId::parse("ana")?);
//! let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
//! let number = ana.create(draft).await?.head.ticket_number;
//!
//! let luis = desk.admin(UserId::parse("luis")?);
//! luis.reply(&number, "Ya está devuelto.", Status::Resolved).await?;
//!
//! let chat = ana.view(&number).await?;
//! assert_eq!(chat.messages.len(), 2);
//! assert_eq!(chat.head.status.label(Locale::Es), "Resuelto");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The host authenticates; a handle says for whom. A [`Customer`] handle has no way to name an
//! administrator's work:
//!
//! ```compile_fail,E0599
//! # use ventanilla_service::*;
//! # async fn example(desk: HelpDesk, ana: UserId, number: TicketNumber) -> Result<(), ServiceError> {
//! desk.customer(ana).set_priority(&number, Priority::Urgent).await?;
//! # Ok(())
//! # }
//! ```
//!
//! ```
//! # use ventanilla_service::*;
//! # async fn example(desk: HelpDesk, luis: UserId, number: TicketNumber) -> Result<(), ServiceError> {
//! desk.admin(luis).set_priority(&number, Priority::Urgent).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Every use case has a [`tracing`] span named `ventanilla.` and the use case, with the actor's kind,
//! the ticket's number and the outcome's code, each once; what people wrote never stands in it. That of
//! a change to many tickets, or of closing many, tells how many were `done` and `failed`, and the first
//! failure's code.
//!
//! All of `ventanilla-domain` and `ventanilla-storage` is here too, so that a host depends on one
//! crate. Features `sqlite`, `mongodb`, `conformance`, `mock` and `testing` are those of the storage
//! crate; `time-zones`, on by default, is that of the domain.

mod admin;
mod bot;
mod clock;
mod customer;
mod desk;
mod error;
mod form;
mod numbers;
mod receipt;
mod system;
mod view;

pub use admin::{Admin, BulkItem, BulkOutcome};
pub use bot::Bot;
pub use clock::{Clock, ManualClock, SystemClock};
pub use customer::{Customer, MyTickets};
pub use desk::{HelpDesk, HelpDeskBuilder};
pub use error::ServiceError;
pub use form::{Form, InvalidForm, Screened};
pub use numbers::{NumberSource, RandomNumbers};
pub use receipt::Receipt;
pub use system::{ClosedBatch, System};
pub use ventanilla_domain::*;
pub use ventanilla_storage::*;
pub use view::{
    Assignment, AttachmentButton, Bubble, BulkRow, BulkView, ChatView, Choice, DeskView, DurationTexts,
    HistoryEntry, InputState, Label, LocalTime, MessageSide, NoteView, Person, PersonDirectory,
    PersonRef, PersonView, ReportCell, ReportColumns, ReportRow, ReportView, SlaView, StatusAction,
    TicketRow, Viewer, format_duration,
};

/// The README's code runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So does that of the page on MongoDB.
#[cfg(all(doctest, feature = "mongodb"))]
#[doc = include_str!("../../../docs/mongodb.md")]
struct MongoDb;

/// So does that of the page on SQLite.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../../docs/sqlite.md")]
struct Sqlite;
