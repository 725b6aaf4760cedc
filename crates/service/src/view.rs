//! View models: all that a page needs, so that it has nothing left to decide.

mod bulk;
mod chat;
mod desk;
mod history;
mod length;
mod reader;
mod report;
mod row;
mod sla;
mod time;

pub use bulk::{BulkRow, BulkView};
pub use chat::{AttachmentButton, Bubble, ChatView, InputState, MessageSide};
pub use desk::{Assignment, Choice, DeskView, NoteView, StatusAction};
pub use history::HistoryEntry;
pub use length::format_duration;
pub use reader::{Label, Person, PersonDirectory, PersonRef, PersonView, Viewer};
pub use report::{DurationTexts, ReportCell, ReportColumns, ReportRow, ReportView};
pub use row::TicketRow;
pub use sla::SlaView;
pub(crate) use sla::Standing;
pub use time::LocalTime;
