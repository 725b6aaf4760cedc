//! The help desk against a naive model of it: whatever is asked in whatever order, both answer alike.
//!
//! `VENTANILLA_MODEL_CASES` sets how many runs there are over memory,
//! `VENTANILLA_MONGODB_MODEL_CASES` over MongoDB; one that fails is kept beside this file.

#![allow(clippy::unwrap_used, reason = "the values of a test can be parsed")]

mod model {
    pub(crate) mod answer;
    pub(crate) mod cast;
    pub(crate) mod desk;
    pub(crate) mod draw;
    pub(crate) mod list;
    pub(crate) mod machine;
    pub(crate) mod over_mongo;
    pub(crate) mod rules;
    pub(crate) mod step;
    pub(crate) mod walk;
    pub(crate) mod world;
}

use std::sync::Arc;

use model::{
    draw::Focus,
    machine::{Agreement, Backend},
    over_mongo::OverMongo,
};
use proptest::test_runner::{Config, FileFailurePersistence};
use proptest_state_machine::prop_state_machine;
use tokio::runtime::{Builder, Runtime};
use ventanilla_service::{MemoryStore, TicketStore};

/// Few tickets, of which each goes through much.
struct Conversations;

impl Focus for Conversations {
    const TICKETS: usize = 2;
    const CHANGES: u32 = 30;
    const LISTS: u32 = 1;
}

/// Many tickets, which are listed while they change.
struct Lists;

impl Focus for Lists {
    const TICKETS: usize = 12;
    const CHANGES: u32 = 12;
    const LISTS: u32 = 5;
}

struct Memory;

impl Backend for Memory {
    fn runtime() -> Arc<Runtime> {
        Arc::new(Builder::new_current_thread().build().unwrap())
    }

    async fn store() -> Arc<dyn TicketStore> {
        Arc::new(MemoryStore::new())
    }
}

/// The cases of a store are shared among its two tests, which run beside one another.
fn config(variable: &str, cases: u32) -> Config {
    let cases = std::env::var(variable).map_or(cases, |cases| cases.parse().unwrap());
    Config {
        cases: cases.div_ceil(2),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

prop_state_machine! {
    #![proptest_config(config("VENTANILLA_MODEL_CASES", 12_000))]

    #[test]
    fn conversations_go_as_in_the_model(sequential 20..=30 => Agreement<Memory, Conversations>);

    #[test]
    fn lists_show_what_the_model_shows(sequential 20..=30 => Agreement<Memory, Lists>);
}

prop_state_machine! {
    #![proptest_config(config("VENTANILLA_MONGODB_MODEL_CASES", 300))]

    #[test]
    fn conversations_over_mongodb_go_as_in_the_model(sequential 20..=30 => Agreement<OverMongo, Conversations>);

    #[test]
    fn lists_over_mongodb_show_what_the_model_shows(sequential 20..=30 => Agreement<OverMongo, Lists>);
}
