//! Races on real threads: concurrent changes keep every guarantee of a single one.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod backends;
mod bot_turns;
mod closing;
mod conversation;
mod crowd;
mod opening;
mod other_writer;
mod pair;
mod queue;
mod replay;
mod ticket;

use backends::{Memory, OverMongo, Sqlite};
use crowd::Backend;

/// Defines the tests of one store, one for each race.
macro_rules! tests {
    ($store:ty: $($file:ident::$law:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $law() {
            for _ in 0..<$store as Backend>::ROUNDS {
                $file::$law::<$store>().await;
            }
        }
    )+};
}

/// Every race over one store.
macro_rules! races {
    ($name:ident: $store:ty) => {
        mod $name {
            use super::*;

            tests! { $store:
                ticket::one_claim_wins_and_the_others_learn_whose,
                ticket::one_transition_moves_and_the_others_change_nothing,
                ticket::increments_that_expect_a_version_are_never_lost,
                ticket::history_is_a_chain_whoever_writes_confirms_and_reopens,
                conversation::every_reply_arrives_once,
                conversation::a_conversation_is_filled_to_its_limit_and_no_further,
                conversation::one_key_is_one_message,
                pair::the_reply_that_arrives_first_stops_the_clock_of_the_first_response,
                pair::one_expected_version_is_taken_once_and_the_conflict_names_the_change,
                bot_turns::no_bot_writes_after_a_message_that_it_has_not_read,
                queue::a_queue_is_emptied_without_a_double_or_a_skip,
                closing::every_ticket_is_closed_once_by_one_of_many_machines,
                closing::a_message_reopens_a_ticket_or_is_refused_by_one_that_is_closed,
                opening::one_key_is_one_ticket,
                opening::one_of_many_follow_ups_opens_and_the_others_learn_its_number,
                opening::numbers_that_repeat_themselves_end_up_distinct_and_longer,
            }
        }
    };
}

races! { in_memory: Memory }
races! { over_mongodb: OverMongo<0> }
races! { over_mongodb_with_known_tickets: OverMongo<{ 16 << 20 }> }
races! { over_sqlite: Sqlite }
