//! The servers that tests run on do what they are there for, and go away.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod left_behind;
mod sets;
mod single;
