//! The store over MongoDB, on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod bad_input;
mod bad_texts;
mod bad_timers;
mod book;
mod commands;
mod commands_of_timers;
mod conform;
mod copy;
mod draw;
mod draw_timers;
mod examined;
mod explain;
mod explain_timers;
mod foreign;
mod foreign_timers;
mod half_readable;
mod known;
mod many;
mod raw;
mod reconcile;
mod report;
mod sent;
mod shapes;
mod stored;
mod their_queries;
mod writes;
