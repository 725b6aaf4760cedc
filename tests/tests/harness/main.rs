//! Tests of the servers that the other tests use.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod left_behind;
mod sets;
mod single;
