//! Conformance of the store in memory, and its indexes compared with sums over all tickets.

use futures::FutureExt;
use proptest::prelude::*;

use crate::{
    MemoryStore, conformance,
    random::{check_sums, history},
};

#[tokio::test]
async fn conforms() {
    conformance::check(async || MemoryStore::new()).await.assert_complete();
}

proptest! {
    #[test]
    fn counts_and_reports_equal_sums_over_all_tickets(history in history()) {
        let store = MemoryStore::new();
        check_sums(&store, history).now_or_never().expect("it never waits").unwrap();
    }
}
