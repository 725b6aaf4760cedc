//! What each use case asks of its store, and what it makes of the store's answer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    NUMBER, admin, anas_ticket, causes, code, customer, desk_over, draft, id, key, now, number,
    possible, public, run,
};
use ventanilla_service::{
    Change, ErrorKind, Event, EventKind, Explain, Form, HelpDesk, Locale, Policy, Screened,
    ServiceError,
    error::{BoxError, Refusal, StoreError, WriteOutcome},
    list::{Counted, Counts, Page},
    settings::Limits,
    sla::Report,
    store::{InsertOutcome, MockTicketStore, Outcome},
    ticket::{Actor, Audience, MessageRange, Role},
};

/// The method of the store that a use case calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// It calls the store of files alone.
    Nothing,
    Insert,
    Get,
    Update,
    List,
    /// The overdue tickets, then those at risk.
    TwoLists,
    Count,
    Counts,
    Report,
    Resolved,
}

fn call_of(use_case: &str) -> Call {
    match use_case {
        "create" | "create_for" | "follow_up" => Call::Insert,
        "get" | "get_range" | "find" | "turn" | "download" => Call::Get,
        "upload" | "uploads" | "sweep_uploads" => Call::Nothing,
        "list" | "list_due" | "claim_next" => Call::List,
        "sla_alerts" => Call::TwoLists,
        "count" => Call::Count,
        "counts" => Call::Counts,
        "report" => Call::Report,
        "close_resolved" => Call::Resolved,
        _ => Call::Update,
    }
}

type Fault = fn() -> StoreError;

/// A store that is called once in this way, and fails where there is a fault.
fn once(call: Call, fault: Option<Fault>) -> MockTicketStore {
    let fails = move || fault.map_or(Ok(()), |fault| Err(fault()));
    let mut store = MockTicketStore::new();
    match call {
        Call::Nothing => {}
        Call::Insert => {
            store.expect_insert().times(1).returning(move |_| fails().map(|()| InsertOutcome::Stored));
        }
        Call::Get => {
            let view = anas_ticket().details(&Audience::Desk, MessageRange::All);
            store.expect_get().times(1).returning(move |_, _, _| fails().map(|()| view.clone()));
        }
        Call::Update => {
            let done = Outcome::Applied { head: anas_ticket().head().clone(), events: Vec::new() };
            store.expect_update().times(1).returning(move |_, _| fails().map(|()| done.clone()));
        }
        Call::List | Call::TwoLists => {
            let page = Page { rows: Vec::new(), next: None, unreadable: Vec::new() };
            let times = if call == Call::TwoLists && fault.is_none() { 2 } else { 1 };
            store.expect_list().times(times).returning(move |_| fails().map(|()| page.clone()));
        }
        Call::Count => {
            let counted = move |_: &_, _| fails().map(|()| Counted::Exactly(0));
            store.expect_count().times(1).returning(counted);
        }
        Call::Counts => {
            store.expect_counts().times(1).returning(move |_| fails().map(|()| Counts::default()));
        }
        Call::Report => {
            store.expect_report().times(1).returning(move |_| fails().map(|()| Report::default()));
        }
        Call::Resolved => {
            let none = move |_, _| fails().map(|()| Vec::new());
            store.expect_resolved_until().times(1).returning(none);
        }
    }
    store
}

/// A store that is asked once for a change, and answers this.
fn answering(outcome: Outcome) -> HelpDesk {
    let mut store = MockTicketStore::new();
    store.expect_update().times(1).return_once(move |_, _| Ok(outcome));
    desk_over(store)
}

#[tokio::test]
async fn a_use_case_is_one_call_to_the_store() {
    for (who, use_case) in possible().await {
        let desk = desk_over(once(call_of(use_case), None));
        let answer = run(&desk, &who, use_case, &number(NUMBER)).await.unwrap();
        assert_eq!(code(&answer), "ok", "{who:?}: {use_case}");
    }
}

/// Every way in which a store fails: its code, whether to send the same again, and what became of
/// the change.
const FAULTS: [(Fault, &str, bool, WriteOutcome); 7] = {
    use WriteOutcome::{NotApplied, NotDurable, Unknown};
    fn why() -> BoxError {
        "so said the server".into()
    }
    [
        (|| StoreError::Unavailable { source: why() }, "store_unavailable", true, NotApplied),
        (
            || StoreError::Contention { number: number(NUMBER), attempts: 8 },
            "contention",
            true,
            NotApplied,
        ),
        (
            || StoreError::OutcomeUnknown { number: number(NUMBER), source: why() },
            "outcome_unknown",
            false,
            Unknown,
        ),
        (
            || StoreError::NotDurable { number: number(NUMBER), source: why() },
            "not_durable",
            false,
            NotDurable,
        ),
        (
            || StoreError::Unreadable { number: NUMBER.into(), source: why() },
            "ticket_unreadable",
            false,
            NotApplied,
        ),
        (|| StoreError::ForeignUserId { id: id("ana") }, "foreign_user_id", false, NotApplied),
        (|| StoreError::Failed { source: why() }, "store_failed", false, NotApplied),
    ]
};

#[tokio::test]
async fn a_fault_of_the_store_is_told_whole_after_one_call() {
    for (fault, code, retryable, applied) in FAULTS {
        let told = fault();
        for (who, use_case) in possible().await {
            if call_of(use_case) == Call::Nothing {
                continue;
            }
            let desk = desk_over(once(call_of(use_case), Some(fault)));
            let error = run(&desk, &who, use_case, &number(NUMBER)).await.unwrap().unwrap_err();
            assert_eq!(error.code(), code, "{use_case}");
            assert_eq!(
                (error.is_retryable(), error.write_outcome()),
                (retryable, applied),
                "{use_case}"
            );
            assert_eq!(error.kind() == ErrorKind::Unavailable, retryable, "{use_case}");
            assert_eq!(
                error.kind() == ErrorKind::Unknown,
                applied != WriteOutcome::NotApplied,
                "{use_case}"
            );
            assert_eq!(error.explain(Locale::Es), told.explain(Locale::Es));
            assert_eq!(causes(&error), [vec![told.to_string()], causes(&told)].concat(), "{use_case}");
        }
    }
    let sourced = FAULTS.iter().filter(|(fault, ..)| causes(&fault()) == ["so said the server"]);
    assert_eq!(sourced.count(), 5, "all but contention and a foreign id have a source");
}

#[tokio::test]
async fn an_unknown_outcome_is_never_repeated_by_itself_not_even_with_a_key() {
    let unknown: Fault = || StoreError::OutcomeUnknown { number: number(NUMBER), source: "lost".into() };
    let ana = desk_over(once(Call::Insert, Some(unknown))).customer(id("ana"));
    let error = ana.create(draft().with_key(key("k"))).await.unwrap_err();
    assert_eq!((error.write_outcome(), error.is_retryable()), (WriteOutcome::Unknown, false));

    let ana = desk_over(once(Call::Update, Some(unknown))).customer(id("ana"));
    let error = ana.reply(&number(NUMBER), "Hola").key(key("k")).await.unwrap_err();
    assert_eq!((error.write_outcome(), error.is_retryable()), (WriteOutcome::Unknown, false));
}

#[tokio::test]
async fn each_outcome_of_a_change_has_its_answer() {
    let head = anas_ticket().head().clone();
    let event = Event {
        at: now(),
        by: customer("ana"),
        version: 1,
        kind: EventKind::MessageAdded { role: Role::User },
    };
    let events = vec![event.clone()];
    // Versions are for the desk alone.
    let (some, none) = (vec![Event { version: 0, ..event }], Vec::new());
    for (outcome, events, repeated) in [
        (Outcome::Applied { head: head.clone(), events: events.clone() }, some.clone(), false),
        (Outcome::Unchanged { head: head.clone() }, none, false),
        (Outcome::Repeated { head: head.clone(), events }, some, true),
    ] {
        let ana = answering(outcome).customer(id("ana"));
        let receipt = ana.reply(&number(NUMBER), "Hola").await.unwrap();
        let expected = (public(head.clone()), events, repeated);
        assert_eq!((receipt.head, receipt.events, receipt.repeated), expected);
    }

    let ana = answering(Outcome::NotFound).customer(id("ana"));
    let error = ana.confirm(&number(NUMBER)).await.unwrap_err();
    assert!(
        matches!(&error, ServiceError::NotFound { number } if number.as_str() == NUMBER),
        "{error:?}"
    );

    let refusal = Refusal::VersionConflict { expected: 1, found: 2, changes: Vec::new() };
    let luis = answering(Outcome::Refused(refusal.clone())).admin(id("luis"));
    let error = luis.claim(&number(NUMBER)).await.unwrap_err();
    assert_eq!((error.code(), error.write_outcome()), ("version_conflict", WriteOutcome::NotApplied));
    assert_eq!(causes(&error), [refusal.to_string()]);
}

#[tokio::test]
async fn each_answer_to_an_insertion_has_its_own() {
    let first = anas_ticket().head().clone();
    let conflict = InsertOutcome::KeyConflict { number: number(NUMBER), key: key("k") };
    for inserted in [InsertOutcome::Stored, InsertOutcome::Repeated(first.clone()), conflict] {
        let mut store = MockTicketStore::new();
        let answer = inserted.clone();
        store.expect_insert().times(1).return_once(move |_| Ok(answer));
        let result = desk_over(store).customer(id("ana")).create(draft().with_key(key("k"))).await;
        let created = |at| Event { at, by: customer("ana"), version: 0, kind: EventKind::Created };
        match (inserted, result) {
            (InsertOutcome::Stored, Ok(receipt)) => {
                assert_eq!((receipt.events, receipt.repeated), (vec![created(now())], false));
                assert_eq!((receipt.head.created_at, receipt.head.requester), (now(), id("ana")));
            }
            (InsertOutcome::Repeated(head), Ok(receipt)) => {
                let when = head.created_at;
                assert_eq!((receipt.head, receipt.repeated), (public(head), true));
                assert_eq!(receipt.events, [created(when)], "those of the first time");
            }
            (InsertOutcome::KeyConflict { .. }, Err(ServiceError::Refused { number, refusal })) => {
                assert_eq!(number.as_str(), NUMBER, "the ticket that has the key");
                assert_eq!(refusal, Refusal::KeyConflict { key: key("k") });
            }
            (inserted, result) => panic!("{inserted:?}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn a_ticket_that_the_store_does_not_have_is_not_found() {
    for (typed, named) in [("TKT-ABC123", "TKT-ABC123"), (" #tkt-abc l2o ", "tkt-abc l2o")] {
        let mut store = MockTicketStore::new();
        store.expect_get().times(1).returning(|_, _, _| Ok(None));
        let error = desk_over(store).customer(id("ana")).find(typed).await.unwrap_err();
        assert_eq!(error.code(), "ticket_not_found");
        assert_eq!(error.explain(Locale::Es), format!("No encontramos el ticket {named}."));
    }
}

#[test]
fn screening_a_form_calls_no_store() {
    let desk = desk_over(MockTicketStore::new());
    let form = Form { category: "PAGOS", description: "Hola", ..Form::default() };
    assert!(matches!(desk.screen(&form), Ok(Screened::Genuine(_))));
    assert!(matches!(desk.screen(&Form { honeypot: "x", ..form }), Ok(Screened::Spam { .. })));
    assert!(desk.screen(&Form::default()).is_err());
}

#[tokio::test]
async fn what_no_ticket_can_answer_calls_no_store() {
    let policy = Policy { limits: Limits::default().with_text_bytes(4).unwrap(), ..Policy::default() };
    let desk = HelpDesk::builder(MockTicketStore::new()).policy(policy).build();
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
    let number = number(NUMBER);
    assert_eq!(code(&ana.create(draft()).await), "text_over_limit");
    assert_eq!(code(&ana.reply(&number, "12345").await), "text_over_limit");
    assert_eq!(code(&luis.add_note(&number, "12345").await), "text_over_limit");
    assert_eq!(code(&luis.add_note(&number, "").await), "text_empty");
    let changes = luis.change_each([NUMBER, ""], &Change::note(common::text("12345"))).await;
    let codes: Vec<_> = changes.items.iter().map(|changed| code(&changed.result)).collect();
    assert_eq!(codes, ["text_over_limit", "number_empty"]);
    assert_eq!(code(&ana.find("").await), "number_empty");
}

#[tokio::test]
async fn the_command_carries_the_clocks_time_and_the_actor() {
    for (who, use_case) in possible().await {
        if call_of(use_case) == Call::Update {
            let by = who.clone();
            let head = anas_ticket().head().clone();
            let mut store = MockTicketStore::new();
            store
                .expect_update()
                .withf(move |to, command| {
                    *to == number(NUMBER) && command.at() == now() && *command.actor() == by
                })
                .times(1)
                .return_once(|_, _| Ok(Outcome::Unchanged { head }));
            assert!(run(&desk_over(store), &who, use_case, &number(NUMBER)).await.unwrap().is_ok());
        }
    }
}

#[tokio::test]
async fn a_new_ticket_carries_the_clocks_time_the_requester_and_who_opened_it() {
    for (who, use_case) in
        [(customer("ana"), "create"), (customer("ana"), "follow_up"), (admin("luis"), "create_for")]
    {
        let by = who.clone();
        let mut store = MockTicketStore::new();
        store
            .expect_insert()
            .withf(move |ticket| {
                let opening =
                    [Event { at: now(), by: by.clone(), version: 0, kind: EventKind::Created }];
                ticket.history() == opening
                    && ticket.head().requester == id("ana")
                    && ticket.head().created_at == now()
                    && ticket.head().updated_at == now()
            })
            .times(1)
            .return_once(|_| Ok(InsertOutcome::Stored));
        assert!(run(&desk_over(store), &who, use_case, &number(NUMBER)).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn every_reader_reads_within_their_own_scope() {
    for (who, use_case) in possible().await {
        if call_of(use_case) != Call::Get {
            continue;
        }
        let scope = match &who {
            Actor::Customer(id) => Audience::Requester(id.clone()),
            Actor::Admin(_) => Audience::Desk,
            // It remembers the version, which the bot itself doesn't see.
            Actor::Bot if use_case == "turn" => Audience::Desk,
            Actor::Bot | Actor::System => Audience::Bot,
        };
        let window = if use_case == "get_range" { MessageRange::Last(1) } else { MessageRange::All };
        let mut store = MockTicketStore::new();
        store
            .expect_get()
            .withf(move |_, within, part| *within == scope && *part == window)
            .times(1)
            .return_once(|_, _, _| Ok(None));
        let answer = run(&desk_over(store), &who, use_case, &number(NUMBER)).await.unwrap();
        assert_eq!(code(&answer), "ticket_not_found");
    }
}
