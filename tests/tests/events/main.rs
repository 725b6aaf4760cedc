//! Streams of events, read by workers that are killed, while servers fail and another application writes.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod audiences;
mod crowd;
mod failover;
mod foreign;
mod killed;
mod place;
mod stored;
mod worker;
