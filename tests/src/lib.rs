//! A real MongoDB and a real browser for tests.
//!
//! - [`Mongo::shared`]: one replica set for the whole test binary, a database of its own per test;
//!   [`Mongo::of_one`]: one whose only server copies nothing.
//! - [`ReplicaSet`]: three servers of a test's own, to kill, pause and step down, and a [`Proxy`]
//!   that loses their replies.
//! - [`Standalone`]: one server that is no replica set, with or without a password.
//!
//! - [`Process`]: a worker of a test in a process of its own, to be killed.
//! - [`Window`]: a headless Chromium's window, and [`Axe`], which checks what it shows.
//!
//! The servers are those of `MONGODB_URI`, which serve [`Mongo`] alone; else of the
//! `mongod` on the PATH; else of a binary that is fetched once. What can't be had is a panic that says
//! what to install. Servers die with the test process, however it ends.
//!
//! A driver's client lives on the runtime that made it, and a test's runtime ends with the test: so
//! every call here gives a new client, and a test keeps it to itself.

#![allow(clippy::unwrap_used, reason = "a harness fails loudly")]

mod axe;
mod binary;
mod browser;
mod cache;
mod database;
mod faults;
mod mongod_download;
mod plain;
mod process;
mod proxy;
mod replica_set;
mod seed;
mod server;
mod server_supervisor;
mod shared;
mod standalone;
mod wait_until;

pub use {
    axe::Axe,
    browser::{Setup, Window, is_there},
    database::TestDatabase,
    plain::plain,
    process::Process,
    proxy::Proxy,
    replica_set::ReplicaSet,
    seed::{rng, seed},
    shared::Mongo,
    standalone::Standalone,
};
