//! The store over MongoDB, on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "mongo/book.rs"]
mod book;
#[path = "mongo/commands.rs"]
mod commands;
#[path = "mongo/conform.rs"]
mod conform;
#[path = "mongo/reconcile.rs"]
mod reconcile;
#[path = "mongo/examined.rs"]
mod examined;
#[path = "mongo/explain.rs"]
mod explain;
#[path = "mongo/many.rs"]
mod many;
#[path = "mongo/sent.rs"]
mod sent;
