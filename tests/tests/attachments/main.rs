//! Files attached to messages: over every store, by killed processes, and with hostile contents.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod hostile;
mod killed;
mod stored;
