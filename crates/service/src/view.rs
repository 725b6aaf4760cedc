//! View models: everything that a page shows, decided and translated.
//!
//! [`Customer::pages`](crate::Customer::pages) and [`Admin::pages`](crate::Admin::pages) make them for
//! a [`Viewer`], with the names of people from a [`PersonDirectory`]. All serialise to JSON, with
//! instants as RFC 3339 in [`LocalTime::iso`]. Those of a customer show nothing that only the desk may
//! see, whoever read the ticket: no versions, administrators' ids, notes or SLA timers.

mod bulk;
mod chat;
mod conflict;
mod context;
mod desk;
mod duration;
mod error;
mod file_input;
mod history;
mod pages;
mod people;
mod people_of;
mod receipt;
mod report;
mod row;
mod sla;
mod time;
mod total;

pub use bulk::{BulkRow, BulkView};
pub use chat::{AttachmentView, ChatView, InputState, MessageSide, MessageView};
pub use conflict::ConflictView;
pub(crate) use context::{PageContext, PageSource};
pub use desk::{
    Assignment, Choice, DeskView, DraftView, HandoffView, NoteView, ReferencesView, StatusAction,
    TagsView, WaitView,
};
pub use duration::format_duration;
pub use error::{ErrorView, FieldError, Retry};
pub use file_input::FileInput;
pub use history::HistoryEntry;
pub use pages::{AdminPages, CustomerPages};
pub use people::{Label, Person, PersonDirectory, PersonRef, PersonView, Viewer};
pub use receipt::ReceiptView;
pub use report::{DurationTexts, ReportCell, ReportColumns, ReportRow, ReportView};
pub use row::TicketRow;
pub(crate) use sla::SlaContext;
pub use sla::SlaView;
pub use time::LocalTime;
pub use total::TotalView;
