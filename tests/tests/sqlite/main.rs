//! One SQLite file under several processes, some of which are killed or have no room left.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod killed;
mod no_room;
mod together;
mod work;
