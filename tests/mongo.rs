//! The store over MongoDB, on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "mongo/conform.rs"]
mod conform;
