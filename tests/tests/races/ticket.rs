//! Races for a ticket's fields.

use ventanilla_service::{
    Admin, Change, Event, EventKind, Explain, Priority, Receipt, ServiceError, Status, TicketNumber,
    error::Refusal,
    ticket::{Actor, MessageRange},
};

use super::crowd::{Backend, CROWD, ana, at_once, is_change, person, ticket, view};

pub(crate) async fn one_claim_wins_and_the_others_learn_whose<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| {
        let (admin, number) = (desk.admin(person(who)), number.clone());
        async move { admin.claim(&number).await }
    })
    .await;

    let winners: Vec<usize> = (0..CROWD).filter(|who| is_change(&results[*who])).collect();
    let [winner] = winners[..] else { panic!("{winners:?} won") };
    let losers = results.into_iter().enumerate().filter(|(who, _)| *who != winner);
    for (_, result) in losers {
        let Err(ServiceError::Refused { refusal: Refusal::AlreadyAssigned { to }, .. }) = result else {
            panic!("a loser was told {result:?}")
        };
        assert_eq!(to, person(winner));
    }
    assert_eq!(view(&desk, &number).await.head.assignee, Some(person(winner)));
}

pub(crate) async fn one_transition_moves_and_the_others_change_nothing<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| {
        let (admin, number) = (desk.admin(person(who)), number.clone());
        async move { admin.set_status(&number, Status::InProgress).await }
    })
    .await;

    let moved = EventKind::StatusChanged { from: Status::Open, to: Status::InProgress };
    let receipts: Vec<Receipt> = results.into_iter().map(|result| result.expect("it is so")).collect();
    let told: Vec<&Event> = receipts.iter().flat_map(|receipt| &receipt.events).collect();
    assert!(matches!(told[..], [event] if event.kind == moved), "{told:?}");
    assert!(receipts.iter().all(|receipt| receipt.head.status == Status::InProgress));
    assert_eq!(view(&desk, &number).await.head.version, 1);
}

pub(crate) async fn increments_that_expect_a_version_are_never_lost<B: Backend>() {
    const INCREMENTS: u64 = 3;
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    at_once(CROWD, |who| {
        let (admin, number) = (desk.admin(person(who)), number.clone());
        async move {
            for _ in 0..INCREMENTS {
                raise_or_lower(&admin, &number).await;
            }
        }
    })
    .await;

    let ticket = view(&desk, &number).await;
    assert_eq!(ticket.head.version, CROWD as u64 * INCREMENTS);
    assert_eq!(ticket.history.len() as u64, 1 + CROWD as u64 * INCREMENTS);
}

/// Toggles the priority, for the version that was read.
async fn raise_or_lower(admin: &Admin, number: &TicketNumber) {
    loop {
        let seen = admin.get_range(number, MessageRange::Last(0)).await.expect("it is there").head;
        let other = if seen.priority == Priority::Urgent { Priority::Medium } else { Priority::Urgent };
        match admin.change(number, Change::priority(other).expecting(seen.version)).await {
            // "No change needed" comes before a stale version, and changes nothing.
            Ok(receipt) if receipt.events.is_empty() => {}
            Ok(_) => return,
            Err(error) => assert_eq!(error.code(), "version_conflict"),
        }
    }
}

pub(crate) async fn history_is_a_chain_whoever_writes_confirms_and_reopens<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| {
        let (admin, ana) = (desk.admin(person(who)), desk.customer(ana()));
        let number = number.clone();
        async move {
            match who % 8 {
                0 => admin.set_status(&number, Status::InProgress).await,
                1..4 => admin.reply(&number, format!("{who}")).status(Status::Resolved).await,
                4 => admin.reply(&number, format!("{who}")).await,
                // She confirms late and seldom, so that there is something left to reopen.
                5 if who > CROWD / 2 => ana.confirm(&number).await,
                _ => ana.reply(&number, format!("{who}")).await,
            }
        }
    })
    .await;

    let ticket = view(&desk, &number).await;
    let mut status = Status::Open;
    for event in &ticket.history {
        if let EventKind::StatusChanged { from, to } = event.kind {
            assert_eq!(from, status, "{:?}", ticket.history);
            let reopened =
                matches!(event.by, Actor::Customer(_)) && (from, to) == (Status::Resolved, Status::Open);
            assert!(reopened || to.reachable_from(event.by.kind()).contains(from), "{event:?}");
            status = to;
        }
    }
    assert_eq!(ticket.head.status, status);
    let applied = results.iter().filter(|result| is_change(result));
    assert_eq!(ticket.head.version, applied.count() as u64);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(["ticket_closed", "transition_refused"].contains(&error.code()), "{error:?}");
    }
}
