//! The store over MongoDB, on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "mongo/bad_input.rs"]
mod bad_input;
#[path = "mongo/bad_texts.rs"]
mod bad_texts;
#[path = "mongo/bad_timers.rs"]
mod bad_timers;
#[path = "mongo/book.rs"]
mod book;
#[path = "mongo/commands.rs"]
mod commands;
#[path = "mongo/commands_of_timers.rs"]
mod commands_of_timers;
#[path = "mongo/conform.rs"]
mod conform;
#[path = "mongo/copy.rs"]
mod copy;
#[path = "mongo/draw.rs"]
mod draw;
#[path = "mongo/draw_timers.rs"]
mod draw_timers;
#[path = "mongo/examined.rs"]
mod examined;
#[path = "mongo/explain.rs"]
mod explain;
#[path = "mongo/explain_timers.rs"]
mod explain_timers;
#[path = "mongo/foreign.rs"]
mod foreign;
#[path = "mongo/foreign_timers.rs"]
mod foreign_timers;
#[path = "mongo/half_readable.rs"]
mod half_readable;
#[path = "mongo/known.rs"]
mod known;
#[path = "mongo/many.rs"]
mod many;
#[path = "mongo/raw.rs"]
mod raw;
#[path = "mongo/reconcile.rs"]
mod reconcile;
#[path = "mongo/report.rs"]
mod report;
#[path = "mongo/sent.rs"]
mod sent;
#[path = "mongo/shapes.rs"]
mod shapes;
#[path = "mongo/stored.rs"]
mod stored;
#[path = "mongo/their_queries.rs"]
mod their_queries;
#[path = "mongo/writes.rs"]
mod writes;
