//! The function that is called after each change, and the stream of events.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};

use common::{NUMBER, anas_ticket, code, draft, id, key, number, policy, possible, run, storing};
use ventanilla_service::{
    EventKind, HelpDesk, MemoryStore, Priority, Receipt, Status,
    store::{MockTicketStore, TicketStore},
    ticket::{Audience, Role},
};

/// Returns a desk, and the receipts that its function was given.
fn told(store: impl TicketStore + 'static) -> (HelpDesk, Arc<Mutex<Vec<Receipt>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let receipts = Arc::clone(&told);
    let desk = common::with_files(HelpDesk::builder(store)).clock(common::now).policy(policy());
    (desk.on_change(move |receipt| receipts.lock().unwrap().push(receipt.clone())).build(), told)
}

#[tokio::test]
async fn the_function_is_called_after_each_change_of_every_handle() {
    // The only ticket is resolved, and nobody's: no queue has it.
    const UNCHANGED: [&str; 7] = [
        "unassign",
        "end_wait",
        "discard_draft",
        "remove_tag",
        "remove_reference",
        "claim_next",
        "turn",
    ];
    const READS: [&str; 9] =
        ["list", "list_due", "count", "counts", "report", "get", "get_range", "find", "sla_alerts"];
    const FILES: [&str; 4] = ["upload", "uploads", "download", "sweep_uploads"];
    for (who, use_case) in possible().await {
        let (desk, told) = told(storing([anas_ticket()]).await);
        run(&desk, &who, use_case, &number(NUMBER)).await.unwrap().unwrap();
        let receipts = told.lock().unwrap();
        let changes = ![&UNCHANGED[..], &READS, &FILES].concat().contains(&use_case);
        assert_eq!(receipts.len(), usize::from(changes), "{who:?}: {use_case}");
        for receipt in &*receipts {
            assert!(!receipt.events.is_empty() && receipt.head.sla.is_some(), "{use_case}");
        }
    }
}

#[tokio::test]
async fn the_function_has_the_desks_receipt_of_repeated_requests_and_none_of_refused_ones() {
    let (desk, told) = told(MemoryStore::new());
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
    let number = ana.create(draft().with_key(key("f"))).await.unwrap().head.ticket_number;
    ana.create(draft().with_key(key("f"))).await.unwrap();
    let seen = luis.set_priority(&number, Priority::High).await.unwrap();
    luis.set_priority(&number, Priority::High).await.unwrap();
    assert_eq!(code(&luis.claim(&number).expecting(77).await), "version_conflict");
    let theirs = ana.reply(&number, "Hola").await.unwrap();
    let receipts = told.lock().unwrap();
    let told: Vec<(bool, u64)> =
        receipts.iter().map(|receipt| (receipt.repeated, receipt.head.version)).collect();
    assert_eq!(told, [(false, 0), (true, 0), (false, 1), (false, 2)]);
    assert_eq!(receipts[2], seen);
    assert_eq!((theirs.head.version, theirs.events[0].version), (0, 0), "the caller sees less");
}

#[tokio::test]
async fn a_stream_has_every_change_and_tells_each_audience_what_it_may_see() {
    let desk = HelpDesk::builder(MemoryStore::new()).clock(common::now).policy(policy()).build();
    let mut stream = desk.events(None).await.unwrap();
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
    let number = ana.create(draft()).await.unwrap().head.ticket_number;
    luis.add_note(&number, "Es la tercera vez.").await.unwrap();
    luis.add_tag(&number, &common::vip()).await.unwrap();
    luis.reply(&number, "Ya está.").status(Status::Resolved).await.unwrap();
    let mut seen = Vec::new();
    for version in 0..4 {
        let item = stream.next().await.unwrap().unwrap();
        assert_eq!(item.version, Some(version));
        assert_eq!(item.clone().for_audience(&Audience::Desk), Some(item.clone()));
        assert_eq!(item.clone().for_audience(&Audience::Requester(id("eva"))), None);
        for audience in [Audience::Requester(id("ana")), Audience::Bot] {
            let Some(shown) = item.clone().for_audience(&audience) else {
                assert!([1, 2].contains(&version), "{item:?}");
                continue;
            };
            assert_eq!((&shown.notes[..], shown.version, shown.head.version), (&[][..], None, 0));
            assert!(shown.head.sla.is_none() && shown.head.tags.is_empty());
            assert!(shown.messages.iter().all(|message| message.version == 0));
            assert!(!shown.id.contains(&item.id));
            seen.extend(shown.events.into_iter().map(|event| (event.kind, event.version)));
        }
    }
    let each = [
        EventKind::Created,
        EventKind::MessageAdded { role: Role::Admin },
        EventKind::StatusChanged { from: Status::Open, to: Status::Resolved },
    ];
    let expected: Vec<_> = [&each[..1], &each[..1], &each[1..], &each[1..]].concat();
    assert_eq!(seen, expected.into_iter().map(|kind| (kind, 0)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_store_without_events_says_so() {
    let mut store = MockTicketStore::new();
    let error = || ventanilla_service::error::StoreError::NoEvents;
    store.expect_events().returning(move |_| Err(error()));
    let desk = HelpDesk::new(store);
    assert_eq!(code(&desk.events(None).await), "no_events");
}
