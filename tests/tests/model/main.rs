//! Model-based tests: the help desk and a naive model of it must give the same answers to any
//! requests in any order.

#![allow(clippy::unwrap_used, reason = "the values of a test can be parsed")]

mod answer;
mod attach;
mod backends;
mod bulk;
mod convert;
mod coverage;
mod desk;
mod desk_files;
mod desk_wide;
mod files;
mod filters;
mod generators;
mod list;
mod machine;
mod naive_calendar;
mod naive_sla;
mod people;
mod reference;
mod report;
mod rules;
mod sla_setups;
mod step;
mod traversal;

use backends::{Memory, OverMongo, Sqlite};
use coverage::Coverage;
use generators::Focus;
use machine::Agreement;
use proptest::test_runner::{Config, FileFailurePersistence};
use proptest_state_machine::prop_state_machine;

/// Few tickets, of which each goes through much.
struct Conversations;

impl Focus for Conversations {
    const TICKETS: usize = 2;
    const CHANGES: u32 = 30;
    const LISTS: u32 = 1;
    const UPLOADS: u32 = 1;
}

/// Many tickets, which are listed while they change.
struct Lists;

impl Focus for Lists {
    const TICKETS: usize = 12;
    const CHANGES: u32 = 12;
    const LISTS: u32 = 5;
    const UPLOADS: u32 = 1;
}

/// Few tickets, to which files are attached.
struct Attachments;

impl Focus for Attachments {
    const TICKETS: usize = 2;
    const CHANGES: u32 = 30;
    const LISTS: u32 = 1;
    const UPLOADS: u32 = 12;
}

/// The cases of a store are shared among its three tests, which run beside one another.
fn config(variable: &str, cases: u32) -> Config {
    let cases = std::env::var(variable).map_or(cases, |cases| cases.parse().unwrap());
    Config {
        cases: cases.div_ceil(3),
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

    #[test]
    fn files_go_as_in_the_model(sequential 20..=30 => Agreement<Memory, Attachments>);
}

prop_state_machine! {
    #![proptest_config(config("VENTANILLA_SQLITE_MODEL_CASES", 300))]

    #[test]
    fn conversations_over_sqlite_go_as_in_the_model(sequential 20..=30 => Agreement<Sqlite, Conversations>);

    #[test]
    fn lists_over_sqlite_show_what_the_model_shows(sequential 20..=30 => Agreement<Sqlite, Lists>);

    #[test]
    fn files_over_sqlite_go_as_in_the_model(sequential 20..=30 => Agreement<Sqlite, Attachments>);
}

prop_state_machine! {
    #![proptest_config(config("VENTANILLA_MONGODB_MODEL_CASES", 300))]

    #[test]
    fn conversations_over_mongodb_go_as_in_the_model(sequential 20..=30 => Agreement<OverMongo, Conversations>);

    #[test]
    fn lists_over_mongodb_show_what_the_model_shows(sequential 20..=30 => Agreement<OverMongo, Lists>);

    #[test]
    fn files_over_mongodb_go_as_in_the_model(sequential 20..=30 => Agreement<OverMongo, Attachments>);
}

#[test]
fn every_answer_of_every_step_occurs() {
    let mut kinds = Coverage::default();
    kinds.collect::<Conversations>(3600);
    kinds.collect::<Lists>(4800);
    kinds.collect::<Attachments>(3200);
    let never = kinds.that_never_occurred(&[
        "open done|repeated|key_conflict|text_over_limit|too_many_tags|too_many_references",
        "open|follow-up about-something",
        "follow-up done|repeated|follow_up_exists|no-follow-up|not_found|text_over_limit|text_empty",
        "write done|repeated|key_conflict|not_found|ticket_closed|reopen_over|conversation_full",
        "write version_conflict|text_over_limit|text_empty",
        "reply done|repeated|key_conflict|not_found|ticket_closed|transition_refused",
        "reply conversation_full|version_conflict",
        "note done|notes_full|version_conflict|not_found",
        "status|priority|assign done|so-already|version_conflict|not_found",
        "turn begun|not_found",
        "writable some|ticket_closed|bot_not_allowed|conversation_full",
        "bot-write done|repeated|key_conflict|ticket_closed|bot_not_allowed|conversation_full",
        "turn-write|turn-hand-over done|repeated|key_conflict|ticket_closed|bot_not_allowed",
        "turn-write conversation_full|text_over_limit|text_empty",
        "turn-hand-over notes_full|text_over_limit|text_empty",
        "turn-draft done|so-already|ticket_closed|text_over_limit|text_empty",
        "turn-write|turn-hand-over|turn-draft|guarded|unversioned conversation_changed",
        "guarded|unversioned done|so-already",
        "overtaken by-message|by-status|unknown",
        "hand-over|draft|discard|wait|end-wait|status|ask not_permitted",
        "discard|wait|end-wait done|so-already|version_conflict|not_found",
        "wait|ask wait_over|ticket_closed",
        "ask done|repeated|key_conflict|conversation_full|version_conflict|not_found",
        "wait-begun OPEN|IN_PROGRESS|RESOLVED",
        "wait-changed by-wait|by-response",
        "wait-changed|wait-kept to-end-with-its-beginning",
        "wait-ended by-itself|by-customer|by-status|by-response|by-request",
        "hand-over-cleared by-response|by-assignment|by-claim|by-status",
        "draft-dropped by-customer|by-response|by-bot|by-status|by-wait|by-request",
        "tag|untag|refer|unrefer done|so-already|version_conflict|not_found|ticket_closed|not_permitted",
        "tag|each too_many_tags",
        "refer|each too_many_references",
        "has-tags-seen-by|is-about-seen-by desk|CUSTOMER|BOT",
        "status|confirm|close transition_refused",
        "priority|assign|claim ticket_closed",
        "claim done|so-already|already_assigned|version_conflict",
        "confirm|close done|so-already|not_found",
        "close too_early_to_close",
        "conflict known|unknown",
        "each done|repeated|so-already|not_found|number_blank|key_conflict|ticket_closed",
        "each transition_refused|already_assigned|version_conflict|notes_full|conversation_full",
        "each named-twice",
        "closed none|some",
        "batches one|many",
        "view seen|not_found|wait-over",
        "find seen|not_found|number_blank",
        "mine|list|due|at-risk|overdue empty|more|last",
        "due|at-risk|overdue|report no_sla",
        "next-page empty|more|last",
        "waiting-all|not_waiting-all|any-handed-over oldest_first|newest_first",
        "waiting-all|not_waiting-all|any-handed-over urgent_newest_first|low_oldest_first|due",
        "waiting-all|not_waiting-all|any-handed-over overdue",
        "not_waiting-all at_risk",
        "waiting-handed-over|not_waiting-handed-over any",
        "about|tag|about-and-tag empty|oldest_first|newest_first|urgent_newest_first|due",
        "about|tag with-other-filters",
        "counts counted|overdue|at-risk|waiting|handed-over",
        "report nothing|reported|count|met|late",
        "FIRST_RESPONSE|NEXT_RESPONSE RUNNING|AT_RISK|MET|BREACHED|CANCELLED",
        "RESOLUTION RUNNING|AT_RISK|MET|BREACHED|PAUSED",
        "FIRST_RESPONSE|NEXT_RESPONSE|RESOLUTION three-quarters|just-due|just-met|just-late",
        "upload uploaded|file_too_large|media_type_not_allowed|upload_broken_off",
        "uploaded-by CUSTOMER|ADMIN",
        "open-with-files|write-with-files done|repeated|key_conflict|attachment_not_found",
        "open-with-files|write-with-files too_many_attachments|attachments_full|file_too_large",
        "open-with-files|write-with-files media_type_not_allowed",
        "follow-up-with-files done|attachment_not_found",
        "reply-with-files|ask-with-files done|attachment_not_found",
        "reply-with-files attachments_full",
        "write-with-files ticket_closed|conversation_full|version_conflict|not_found",
        "bot-write-with-files|turn-write-with-files attachment_not_found",
        "note-with-files|turn-hand-over-with-files too_many_attachments",
        "each-with-files done|repeated|not_found|attachments_full|attachment_not_found",
        "change-each-with-files each|attachment_not_found",
        "looked-up|passed-on done|repeated|attachment_not_found",
        "said-smaller|said-of-another-known-type attachment_not_found",
        "said-larger file_too_large",
        "said-of-another-type media_type_not_allowed",
        "file-not-found forged|of-another-person|too-old|kept|deleted",
        "attached twice-at-once|eight-at-once|in-two-tickets|to-the-limit",
        "attached again-when-old|again-after-a-sweep|again-by-who-opened-it",
        "repeated uploaded-once-more",
        "sweep deleted|attached|nothing",
        "download downloaded|not_found|attachment_not_found",
        "downloaded-by CUSTOMER|ADMIN|BOT",
        "downloaded whole|part|no-part|after-a-sweep",
    ]);
    assert!(never.is_empty(), "{never:#?}");
}
