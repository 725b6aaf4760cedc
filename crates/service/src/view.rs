//! View models: all that a page needs, so that it has nothing left to decide.

mod bulk;
mod chat;
mod desk;
mod history;
mod reader;
mod row;
mod time;

pub use bulk::{BulkRow, BulkView};
pub use chat::{AttachmentButton, Bubble, ChatView, InputState, Side};
pub use desk::{Assignment, Choice, DeskView, Move, NoteView};
pub use history::HistoryEntry;
pub use reader::{Badge, Directory, IdBadge, Label, Person, Reader};
pub use row::TicketRow;
pub use time::LocalTime;
