//! What goes wrong between the store and its servers: each fault has its code, keeps its cause, says
//! rightly what became of the change, and loses nothing.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod connecting;
mod contention;
mod durability;
mod indexes;
mod late;
mod lost_replies;
mod outages;
mod refused;
mod spans;
mod world;
