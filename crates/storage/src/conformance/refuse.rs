//! Refusals: every kind at its boundary. The mirror checks that nothing changes.

use ventanilla_domain::{
    Actor, Change, Days, Explain, InvalidLimit, Limits, Locale, MessageText, NewMessage, Outcome,
    Policy, Refusal, Reopen, Status, Ticket, TicketRecord,
};

use super::{
    cases,
    support::{
        MILLISECOND, Mirror, admin, command_under, customer, head, hour, luis, marta, note, number,
        parsed,
    },
};
use crate::{TicketStore, testing};

cases![
    a_transition_that_is_not_allowed,
    a_closed_ticket_accepts_notes_only,
    the_period_for_reopening_is_exact_to_the_millisecond,
    reopening_under_never_and_always,
    without_a_time_of_resolution_the_period_counts_from_the_last_change,
    the_system_closes_exactly_from_the_end_of_the_period_on,
    an_assigned_ticket_cannot_be_claimed,
    a_stale_version,
    a_conflict_of_two_administrators_names_the_others_change,
    a_conflict_lists_the_events_since,
    a_key_with_another_text,
    a_conversation_full_of_messages,
    a_conversation_full_of_bytes,
    a_full_conversation_accepts_other_changes,
    a_reply_without_room_changes_nothing,
    a_conversation_of_a_thousand_messages,
    a_conversation_of_a_mebibyte,
    full_notes_block_no_messages,
];

async fn a_transition_that_is_not_allowed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let closing = Change::status(Status::Closed);
    assert_eq!(refused(&mut mirror, closing.clone(), &customer()).await, "transition_refused");
    assert_eq!(refused(&mut mirror, closing, &Actor::System).await, "transition_refused");
    mirror.change(Change::status(Status::Resolved), &admin(), hour(1)).await;
    assert_eq!(refused(&mut mirror, Change::status(Status::Open), &admin()).await, "transition_refused");
    let reply = Change::reply(words("Hola"), Status::Open);
    assert_eq!(refused(&mut mirror, reply, &admin()).await, "transition_refused");
}

async fn a_closed_ticket_accepts_notes_only(store: &dyn TicketStore) {
    let mut mirror =
        Mirror::of(store, testing::ticket("TKT-ABC123").status(Status::Closed).build()).await;
    for by in [customer(), admin(), Actor::Bot] {
        assert_eq!(refused(&mut mirror, message("Hola"), &by).await, "ticket_closed");
    }
    let priority = Change::priority(ventanilla_domain::Priority::Low);
    for change in [priority, Change::assign(Some(marta())), Change::claim()] {
        assert_eq!(refused(&mut mirror, change, &admin()).await, "ticket_closed");
    }
    let note = mirror.change(note("Llamó por teléfono."), &admin(), hour(1)).await;
    assert!(matches!(note, Outcome::Applied { .. }), "{note:?}");
}

async fn the_period_for_reopening_is_exact_to_the_millisecond(store: &dyn TicketStore) {
    let policy = Policy { reopen: Reopen::Within(Days(3)), ..Policy::default() };
    let last = hour(1).plus(Days(3).duration());
    let mut mirror = Mirror::of(store, resolved_at_one()).await;
    let late = command_under(&policy, message("Sigue igual"), &customer(), last.plus(MILLISECOND));
    assert_eq!(code(&mirror.update(&number(), &late).await), "reopen_over");
    let just = command_under(&policy, message("Sigue igual"), &customer(), last);
    assert_eq!(code(&mirror.update(&number(), &just).await), "applied");
    assert_eq!(head(store, &number()).await.status, Status::Open);
    // An open ticket needs no reopening.
    assert_eq!(code(&mirror.update(&number(), &late).await), "applied");
}

async fn reopening_under_never_and_always(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, resolved_at_one()).await;
    for (reopen, by, at, expected) in [
        (Reopen::Never, customer(), hour(1), "reopen_over"),
        (Reopen::Never, admin(), hour(1), "applied"),
        (Reopen::Always, customer(), hour(24 * 365 * 5), "applied"),
    ] {
        let policy = Policy { reopen, ..Policy::default() };
        let command = command_under(&policy, message("Sigue igual"), &by, at);
        assert_eq!(code(&mirror.update(&number(), &command).await), expected, "{reopen:?}");
    }
    assert_eq!(head(store, &number()).await.status, Status::Open);
}

/// Another application resolves tickets without a time of resolution.
async fn without_a_time_of_resolution_the_period_counts_from_the_last_change(store: &dyn TicketStore) {
    let mut record = TicketRecord::from(resolved_at_one());
    record.resolved_at = None;
    record.updated_at = hour(2);
    let mut mirror = Mirror::of(store, Ticket::from(record)).await;
    let last = hour(2).plus(Days::default().duration());
    for (change, by, at, expected) in [
        (message("Sigue igual"), customer(), last.plus(MILLISECOND), "reopen_over"),
        (Change::status(Status::Closed), Actor::System, last.minus(MILLISECOND), "too_early_to_close"),
        (message("Sigue igual"), customer(), last, "applied"),
    ] {
        assert_eq!(code(&mirror.change(change, &by, at).await), expected);
    }
}

async fn the_system_closes_exactly_from_the_end_of_the_period_on(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, resolved_at_one()).await;
    let policy = Policy { close_after: Days(7), ..Policy::default() };
    let first = hour(1).plus(Days(7).duration());
    for (at, expected) in [
        (hour(1), "too_early_to_close"),
        (first.minus(MILLISECOND), "too_early_to_close"),
        (first, "applied"),
        (first.plus(MILLISECOND), "unchanged"),
    ] {
        let command = command_under(&policy, Change::status(Status::Closed), &Actor::System, at);
        assert_eq!(code(&mirror.update(&number(), &command).await), expected, "at {at}");
    }
    assert_eq!(head(store, &number()).await.closed_at, Some(first));
}

async fn an_assigned_ticket_cannot_be_claimed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").assignee(luis()).build()).await;
    let marta = Actor::Admin(marta());
    assert_eq!(refused(&mut mirror, Change::claim(), &marta).await, "already_assigned");
    assert_eq!(head(store, &number()).await.assignee, Some(luis()));
}

async fn a_stale_version(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    mirror.change(message("Hola"), &customer(), hour(1)).await;
    for change in [
        message("Hola"),
        note("Nota"),
        Change::status(Status::Closed),
        Change::assign(Some(marta())),
        Change::claim(),
    ] {
        for stale in [0, 2, u64::MAX] {
            let stale = change.clone().expecting(stale);
            assert_eq!(refused(&mut mirror, stale, &admin()).await, "version_conflict");
        }
    }
    let fresh = mirror.change(Change::status(Status::Closed).expecting(1), &admin(), hour(2)).await;
    assert_eq!(code(&fresh), "applied");
}

async fn a_conflict_of_two_administrators_names_the_others_change(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let seen = head(store, &number()).await.version;
    let first = Change::status(Status::InProgress).expecting(seen);
    let Outcome::Applied { events, .. } = mirror.change(first, &admin(), hour(1)).await else {
        panic!("the first change is applied");
    };
    let second = Change::status(Status::Resolved).expecting(seen);
    let outcome = mirror.change(second, &Actor::Admin(marta()), hour(2)).await;
    let Outcome::Refused(refusal) = outcome else { panic!("the second change is refused") };
    assert_eq!(
        refusal.explain(Locale::Es),
        "El ticket ha cambiado mientras tanto: cambió el estado de Abierto a En progreso. \
         Vuelve a cargarlo y revisa tu cambio."
    );
    let conflict = Refusal::VersionConflict { expected: seen, found: seen + 1, changes: events };
    assert_eq!(refusal, conflict);
    assert_eq!(head(store, &number()).await.status, Status::InProgress);
}

async fn a_conflict_lists_the_events_since(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let mut recorded = Vec::new();
    for (at, (change, by)) in (1..).zip([
        (message("¡Hola!"), Actor::Bot),
        (Change::claim(), admin()),
        (note("Nota"), admin()),
        (Change::reply(words("Ya está."), Status::Resolved), admin()),
        (message("Sigue igual"), customer()),
        (message("Un momento"), Actor::Admin(marta())),
        (Change::assign(Some(marta())), Actor::Admin(marta())),
    ]) {
        let outcome = mirror.change(change, &by, hour(at)).await;
        let Outcome::Applied { head, events } = outcome else { panic!("step {at}: {outcome:?}") };
        assert!(events.iter().all(|event| event.version == head.version), "{events:?}");
        recorded.extend(events);
    }
    for expected in 0..7 {
        let late = note("Nota").expecting(expected);
        let since = recorded.iter().filter(|event| event.version > expected);
        let changes = since.cloned().collect();
        let conflict = Refusal::VersionConflict { expected, found: 7, changes };
        assert_eq!(mirror.change(late, &admin(), hour(9)).await, Outcome::Refused(conflict));
    }
}

async fn a_key_with_another_text(store: &dyn TicketStore) {
    let once = words("Hola").with_key(parsed("envio-1"));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").message(once).build()).await;
    let other = Change::message(words("Adiós").with_key(parsed("envio-1")));
    assert_eq!(refused(&mut mirror, other.clone(), &customer()).await, "key_conflict");
    mirror.change(Change::status(Status::Closed), &admin(), hour(1)).await;
    assert_eq!(refused(&mut mirror, other, &customer()).await, "key_conflict");
}

async fn a_conversation_full_of_messages(store: &dyn TicketStore) {
    let policy = limited(|limits| limits.with_messages(3));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for (by, expected) in [
        (customer(), "applied"),
        (Actor::Bot, "applied"),
        (customer(), "conversation_full"),
        (admin(), "conversation_full"),
    ] {
        let command = command_under(&policy, message("Hola"), &by, hour(1));
        assert_eq!(code(&mirror.update(&number(), &command).await), expected);
    }
}

/// The limit counts bytes of UTF-8, and a text that just fits is accepted.
async fn a_conversation_full_of_bytes(store: &dyn TicketStore) {
    let policy = limited(|limits| limits.with_conversation_bytes(10));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").description("año").build()).await;
    for (text, expected) in
        [("ñandú", "conversation_full"), ("ñoño", "applied"), ("a", "conversation_full")]
    {
        let command = command_under(&policy, message(text), &customer(), hour(1));
        assert_eq!(code(&mirror.update(&number(), &command).await), expected, "{text}");
    }
}

async fn a_full_conversation_accepts_other_changes(store: &dyn TicketStore) {
    let policy = limited(|limits| limits.with_messages(1));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for change in [
        Change::claim(),
        note("Nota"),
        Change::priority(ventanilla_domain::Priority::Low),
        Change::status(Status::Resolved),
    ] {
        let command = command_under(&policy, change, &admin(), hour(1));
        assert_eq!(code(&mirror.update(&number(), &command).await), "applied");
    }
}

async fn a_reply_without_room_changes_nothing(store: &dyn TicketStore) {
    let policy = limited(|limits| limits.with_messages(1));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let reply = Change::reply(words("Ya está."), Status::Resolved);
    let command = command_under(&policy, reply, &admin(), hour(1));
    assert_eq!(code(&mirror.update(&number(), &command).await), "conversation_full");
    assert_eq!(head(store, &number()).await.status, Status::Open);
}

async fn a_conversation_of_a_thousand_messages(store: &dyn TicketStore) {
    let messages =
        |count| (1..count).fold(testing::ticket("TKT-ABC123"), |ticket, _| ticket.message("Hola"));
    let mut mirror = Mirror::of(store, messages(999).build()).await;
    assert_eq!(code(&mirror.change(message("Hola"), &customer(), hour(99)).await), "applied");
    assert_eq!(refused(&mut mirror, message("Hola"), &customer()).await, "conversation_full");
}

async fn a_conversation_of_a_mebibyte(store: &dyn TicketStore) {
    let longest: MessageText = parsed("ñ".repeat(MessageText::MAX_BYTES / 2));
    let opened = testing::ticket("TKT-ABC123").description(longest.clone());
    let ticket = (1..63).fold(opened, |ticket, _| ticket.message(longest.clone())).build();
    let mut mirror = Mirror::of(store, ticket).await;
    let message = |text: &MessageText| Change::message(text.clone());
    assert_eq!(code(&mirror.change(message(&longest), &customer(), hour(2)).await), "applied");
    assert_eq!(refused(&mut mirror, message(&parsed("a")), &customer()).await, "conversation_full");
}

async fn full_notes_block_no_messages(store: &dyn TicketStore) {
    let policy = limited(|limits| limits.with_notes(2));
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for (change, by, expected) in [
        (note("Una"), admin(), "applied"),
        (note("Otra"), admin(), "applied"),
        (note("La tercera"), admin(), "notes_full"),
        (message("¿Hay novedades?"), customer(), "applied"),
    ] {
        let command = command_under(&policy, change, &by, hour(1));
        assert_eq!(code(&mirror.update(&number(), &command).await), expected);
    }
}

/// Returns the code of the outcome of a change.
async fn refused(mirror: &mut Mirror<'_>, change: Change, by: &Actor) -> &'static str {
    code(&mirror.change(change, by, hour(3)).await)
}

fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Applied { .. } => "applied",
        Outcome::Unchanged { .. } => "unchanged",
        Outcome::Repeated { .. } => "repeated",
        Outcome::Refused(refusal) => refusal.code(),
        Outcome::NotFound => "not found",
    }
}

fn resolved_at_one() -> Ticket {
    testing::ticket("TKT-ABC123").at(hour(1)).status(Status::Resolved).build()
}

fn limited(lower: fn(Limits) -> Result<Limits, InvalidLimit>) -> Policy {
    let limits = lower(Limits::default()).expect("a limit can be lowered");
    Policy { limits, ..Policy::default() }
}

fn words(text: &str) -> NewMessage {
    parsed(text)
}

fn message(text: &str) -> Change {
    Change::message(words(text))
}
