//! Timers are stored completely and visible to the desk only.

use std::time::Duration;

use ventanilla_domain::{
    Actor, Audience, BusinessTime, Change, MessageRange, NewMessage, Outcome, Priority, Sla, SlaPolicy,
    SlaStop, SlaTable, SlaTargets, SlaTimer, SlaTimers, Status, Ticket, TicketRecord, Timestamp,
};

use super::{
    cases,
    listing::{names, page_of, walk},
    support::{
        MILLISECOND, Mirror, admin, ana, answer, command_under, customer, fill, head, hour, luis, marta,
        message, number, parsed, sla_policy, timed_ticket, timers, view,
    },
};
use crate::{
    InsertOutcome, ListQuery, TicketStore,
    testing::{self, TicketFixture},
};

cases![
    timers_are_read_back_whole,
    a_ticket_keeps_the_targets_of_its_category,
    timers_of_any_time_are_kept,
    a_row_shows_the_timers,
    only_the_desk_sees_the_timers,
    a_key_sent_again_answers_with_the_timers,
    changes_without_an_sla_leave_the_timers_unchanged,
    a_ticket_without_timers_gets_none,
];

async fn timers_are_read_back_whole(store: &dyn TicketStore) {
    let tickets: Vec<Ticket> =
        testing::sample_tickets_with(&testing::sla(), 40).chain(lives()).chain([made_up()]).collect();
    fill(store, &tickets).await;
    for ticket in &tickets {
        let stored = view(store, &ticket.head().ticket_number).await;
        assert_eq!(stored, ticket.details(&Audience::Desk, MessageRange::All));
    }
}

async fn a_ticket_keeps_the_targets_of_its_category(store: &dyn TicketStore) {
    let same = |hours| Priority::ALL.map(|priority| (priority, hours));
    let (usual, urgent) = (SlaTargets::hours(4, 8, 40), SlaTargets::hours(1, 2, 3));
    let targets = SlaPolicy::new(same(usual.expect("no target is zero")))
        .and_then(|policy| policy.category(parsed("ENVÍOS"), same(urgent.expect("no target is zero"))))
        .expect("each priority has targets");
    let sla = Sla::new(targets, testing::sla().calendar().clone());
    let ticket = testing::ticket("TKT-ABC123").category("ENVÍOS").sla(&sla).build();
    let expected = ticket.head().sla.as_deref().map(|timers| timers.targets);
    let mut mirror = Mirror::of(store, ticket).await;
    // The policy has other targets now.
    mirror.timed(Change::priority(Priority::Low), &admin(), hour(1)).await;
    let timers = timers(store).await;
    assert_eq!(Some(timers.targets), expected);
    assert_eq!(timers.resolution.due, timers.resolution.start.plus(Duration::from_secs(3 * 3600)));
}

async fn timers_of_any_time_are_kept(store: &dyn TicketStore) {
    let years = ["0001-01-01T00:00:00Z", "1969-07-20T20:17:40.001Z", "9999-12-31T23:59:59.999Z"];
    for (year, name) in years.into_iter().zip(["TKT-ABC123", "TKT-ABC124", "TKT-ABC125"]) {
        let at: Timestamp = year.parse().expect("a valid time");
        let mut mirror = Mirror::of(store, timed_ticket(name).created_at(at).build()).await;
        for (by, change) in [
            (admin(), message("Lo miramos.")),
            (customer(), message("Gracias.")),
            (admin(), Change::reply(parsed::<NewMessage>("De nada."), Status::Resolved)),
            (customer(), message("Sigue igual.")),
            (admin(), Change::priority(Priority::Urgent)),
        ] {
            let change = command_under(&sla_policy(), change, &by, at);
            let outcome = mirror.update(&parsed(name), &change).await;
            assert!(matches!(outcome, Outcome::Applied { .. }), "{year}: {outcome:?}");
        }
    }
}

async fn a_row_shows_the_timers(store: &dyn TicketStore) {
    let tickets: Vec<Ticket> = lives().chain([made_up()]).collect();
    fill(store, &tickets).await;
    let query = ListQuery::new().with_page_size(page_of(100));
    let rows = walk(store, &query).await;
    assert_eq!(rows.len(), tickets.len(), "{:?}", names(&rows));
    for ticket in &tickets {
        assert!(rows.contains(&ticket.summary()), "{rows:?} without {:?}", ticket.summary());
    }
}

async fn only_the_desk_sees_the_timers(store: &dyn TicketStore) {
    let ticket = made_up();
    fill(store, std::slice::from_ref(&ticket)).await;
    let number = &ticket.head().ticket_number;
    for range in [MessageRange::All, MessageRange::Last(0)] {
        for audience in [Audience::Requester(ana()), Audience::Bot] {
            let seen = answer(store.get(&number.into(), &audience, range).await);
            assert_eq!(seen, ticket.details(&audience, range), "{audience:?}");
            assert_eq!(seen.and_then(|view| view.head.sla), None, "{audience:?}");
        }
        let seen = answer(store.get(&number.into(), &Audience::Desk, range).await);
        assert_eq!(seen, ticket.details(&Audience::Desk, range));
    }
}

async fn a_key_sent_again_answers_with_the_timers(store: &dyn TicketStore) {
    let first = timed_ticket("TKT-ABC123").key("formulario-1").build();
    fill(store, std::slice::from_ref(&first)).await;
    let again = timed_ticket("TKT-ABC123").key("formulario-1").created_at(hour(2)).build();
    assert_eq!(answer(store.insert(&again).await), InsertOutcome::Repeated(first.head().clone()));
}

async fn changes_without_an_sla_leave_the_timers_unchanged(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    let before = timers(store).await;
    for (by, change) in everything() {
        let outcome = mirror.change(change, &by, hour(1)).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        assert_eq!(timers(store).await, before);
    }
}

async fn a_ticket_without_timers_gets_none(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for (by, change) in everything() {
        let outcome = mirror.timed(change, &by, hour(1)).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        assert_eq!(head(store, &number()).await.sla, None);
    }
}

fn everything() -> [(Actor, Change); 6] {
    [
        (customer(), message("¿Hay novedades?")),
        (admin(), message("Lo miramos.")),
        (customer(), message("Gracias.")),
        (admin(), Change::priority(Priority::Urgent)),
        (admin(), Change::status(Status::Resolved)),
        (customer(), message("Sigue igual.")),
    ]
}

/// Returns tickets with timers in all states.
fn lives() -> impl Iterator<Item = Ticket> {
    let later = |number: &str| timed_ticket(number).at(hour(3));
    [
        timed_ticket("TKT-ABC100"),
        timed_ticket("TKT-ABC101").opened_by(marta()).message("¿Hola?"),
        later("TKT-ABC102").reply(luis(), "Lo miramos.").message("Gracias."),
        later("TKT-ABC103").reply(luis(), "Uno.").message("Dos.").reply(marta(), "Tres."),
        later("TKT-ABC104").reply(luis(), "Uno.").message("Dos.").reply(marta(), "Tres.").message("¿?"),
        later("TKT-ABC105").at(hour(30)).status(Status::Resolved),
        later("TKT-ABC106").reply(luis(), "Uno.").message("Dos.").status(Status::Closed),
        later("TKT-ABC107").at(hour(300)).reply(luis(), "Uno.").status(Status::Resolved).message("No."),
        later("TKT-ABC108").status(Status::Resolved).change(customer(), Change::status(Status::Closed)),
    ]
    .into_iter()
    .map(TicketFixture::build)
}

/// Returns a ticket with timers that no change makes, at the extremes of business time.
fn made_up() -> Ticket {
    let timer = |millis: i64, stop| SlaTimer {
        since: hour(1).plus(MILLISECOND),
        start: BusinessTime::from_millis(millis),
        due: BusinessTime::from_millis(millis + 7),
        pause: None,
        stop,
    };
    let stop = |by, cancelled, millis| {
        let business_time = BusinessTime::from_millis(millis);
        Some(SlaStop { at: hour(2).minus(MILLISECOND), business_time, by, cancelled })
    };
    let targets = Priority::ALL.map(|priority| {
        let millis = |nth: u32| MILLISECOND * (nth * 10 + priority as u32 + 1);
        (
            priority,
            SlaTargets::new(millis(1), millis(2), SlaTargets::LONGEST).expect("no target is zero"),
        )
    });
    let mut record = TicketRecord::from(testing::ticket("TKT-ABC199").build());
    record.sla = Some(Box::new(SlaTimers {
        targets: SlaTable::new(targets).expect("each priority has targets"),
        first_response: timer(-1_000_000_000_001, stop(Some(luis()), false, -5)),
        next_response: Some(timer(i64::from(i32::MIN) - 1, stop(None, true, 0))),
        resolution: timer(Timestamp::MAX.as_millis(), None),
        earlier_responses: vec![
            timer(-9, stop(Some(marta()), false, -8)),
            timer(-9, stop(Some(marta()), true, -8)),
            timer(3, stop(None, false, Timestamp::MAX.as_millis())),
        ],
    }));
    record.into()
}
