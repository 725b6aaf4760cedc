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
pub use chat::{AttachmentButton, Bubble, ChatView, InputState, Side};
pub use desk::{Assignment, Choice, DeskView, Move, NoteView};
pub use history::HistoryEntry;
pub use length::length_text;
pub use reader::{Badge, Directory, IdBadge, Label, Person, Reader};
pub use report::{ReportCell, ReportColumns, ReportRow, ReportView, Spans};
pub use row::TicketRow;
pub use sla::SlaView;
pub(crate) use sla::Standing;
pub use time::LocalTime;
