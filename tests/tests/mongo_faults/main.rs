//! Faults between the store and its servers.
//!
//! Each has its code, keeps its cause, states rightly whether the change was applied, and loses
//! nothing.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod connecting;
mod contention;
mod durability;
mod failover;
mod indexes;
mod late;
mod lost_replies;
mod outages;
mod refused;
mod spans;
mod world;
