//! View models: all that a page needs, so that it has nothing left to decide.

mod chat;
mod reader;
mod row;
mod time;

pub use chat::{AttachmentButton, Bubble, ChatView, InputState, Side};
pub use reader::{Badge, Directory, Label, Person, Reader};
pub use row::TicketRow;
pub use time::LocalTime;
