//! Every route over HTTP, for everybody and with bad input.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod attachments;
mod chat;
mod desk;
mod faults;
mod forms;
mod labels;
mod live;
mod pages;
mod queue;
mod refused;
mod site;
