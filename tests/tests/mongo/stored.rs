//! Compares a change through the store with the same command applied to the ticket.
//!
//! On documents that both applications have written, both must leave the same ticket and give the
//! same answer.
//!
//! `VENTANILLA_DOCUMENT_CASES` sets how many documents there are; one that fails is kept beside this
//! file.

use bson::{Bson, Document, doc};
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use tokio::runtime::Runtime;
use ventanilla_service::{
    ListQuery, Timestamp,
    sla::BusinessTime,
    store::{Command, InsertOutcome, Outcome, TicketStore},
    ticket::{Audience, MessageRange},
};

use super::{
    generators::{self, Case, Step},
    raw::{Beside, number, row, ticket},
};

#[test]
fn a_change_leaves_in_a_document_what_the_domain_leaves_of_its_ticket() {
    let cases = std::env::var("VENTANILLA_DOCUMENT_CASES");
    let config = Config {
        cases: cases.map_or(600, |cases| cases.parse().unwrap()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        ..Config::default()
    };
    let runtime = Runtime::new().unwrap();
    let beside = runtime.block_on(Beside::new());
    let agree = |case| {
        runtime.block_on(Box::pin(both_agree(&beside, case)));
        Ok(())
    };
    TestRunner::new(config).run(&generators::cases(), agree).unwrap();
    runtime.block_on(async { drop(beside) });
}

async fn both_agree(beside: &Beside, case: Case) {
    beside.raw.delete_many(doc! {}).await.unwrap();
    beside.write(&case.document).await;
    let number = number(&case.document);
    let mut before = case.document;
    for step in case.steps {
        let (by, change, at) = match step {
            Step::Theirs(write) => {
                beside.raw.update_one(doc! { "_id": before.get("_id") }, write).await.unwrap();
                before = beside.read(&before).await;
                continue;
            }
            Step::Ours { by, change, at } => (by, change, at),
        };
        // A change that is refused for every ticket never reaches a store.
        let Ok(command) = Command::new(&by, at, &case.policy, change) else { continue };
        let mut expected = ticket(&before);
        let outcome = command.apply(&mut expected);
        assert_eq!(
            beside.store.update(&number, &command).await.unwrap(),
            outcome,
            "{command:#?}\n{before}"
        );
        let now = beside.read(&before).await;
        assert_eq!(ticket(&now), expected, "{command:#?}\n{before}\n{now}");
        match outcome {
            Outcome::Applied { .. } => {
                is_kept(&before, &now);
                if expected.head().sla != ticket(&before).head().sla {
                    is_derived(&now);
                }
            }
            _ => assert_eq!(now, before, "it isn't touched"),
        }
        before = now;
    }
    both_read_alike(beside, &before).await;
    is_stored_alike(beside, &before).await;
}

/// Asserts that unknown fields and messages are kept, and that no field has become null.
fn is_kept(before: &Document, now: &Document) {
    for (field, value) in before.iter().filter(|(field, _)| field.starts_with("unknown")) {
        assert_eq!(now.get(field), Some(value), "{field}");
    }
    let nulls =
        |document: &Document| document.iter().filter(|(_, value)| value.as_null().is_some()).count();
    assert!(nulls(now) <= nulls(before), "{before}\n{now}");
    let counted = now.get("version") == before.get("version") || now.get_i64("version").is_ok();
    assert!(counted, "{now}");
    let theirs = before.get_array("messages").map_or(&[][..], Vec::as_slice);
    let messages = now.get_array("messages").map_or(&[][..], Vec::as_slice);
    assert!(messages.starts_with(theirs), "{before}\n{now}");
}

async fn both_read_alike(beside: &Beside, document: &Document) {
    let ticket = ticket(document);
    for window in [MessageRange::All, MessageRange::Last(1), MessageRange::From { first: 1, count: 2 }] {
        let seen = beside.store.get(&number(document).into(), &Audience::Desk, window).await.unwrap();
        assert_eq!(seen, ticket.details(&Audience::Desk, window), "{window:?}\n{document}");
    }
    assert_eq!(beside.list(&ListQuery::new()).await.rows, [row(document)], "{document}");
}

/// Asserts that a store's document of a ticket decodes to the same ticket.
async fn is_stored_alike(beside: &Beside, document: &Document) {
    let ticket_before = ticket(document);
    beside.raw.delete_many(doc! {}).await.unwrap();
    assert_eq!(beside.store.insert(&ticket_before).await.unwrap(), InsertOutcome::Stored);
    let stored = beside.raw.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(ticket(&stored), ticket_before, "{document}\n{stored}");
    is_derived(&stored);
}

/// Asserts that the fields by which lists and reports find timers have the values that the domain
/// derives.
///
/// A field without a derived value is missing.
fn is_derived(document: &Document) {
    let ticket = ticket(document);
    let Some(timers) = ticket.head().sla.as_deref() else {
        assert_eq!(document.get("sla"), None, "{document}");
        return;
    };
    let stored = document.get_document("sla").unwrap();
    let reading = |time: BusinessTime| Bson::Int64(time.as_millis());
    let date = |time: Timestamp| bson::DateTime::from_millis(time.as_millis()).into();
    for (field, derived) in [
        ("due", timers.due().map(reading)),
        ("risk", timers.at_risk_from().map(reading)),
        ("lastStop", timers.last_stop().map(date)),
    ] {
        assert_eq!(stored.get(field), derived.as_ref(), "{field} of {document}");
    }
    assert!(stored.iter().all(|(_, value)| value.as_null().is_none()), "{document}");
}
