//! Effects of changes on timers, which are those of the domain.

use itertools::Itertools;
use ventanilla_domain::{
    Actor, Audience, Author, Change, Command, MessageRange, NewMessage, Outcome, Priority, SlaMetric,
    SlaTimer, Status, TicketNumber, Timestamp,
};

use super::{
    cases,
    race::at_once,
    support::{
        MILLISECOND, Mirror, admin, answer, business_time, command_under, customer, fill, head, hour,
        hours, luis, marta, message, note, number, parsed, sla_policy, timed_ticket, timers, view,
    },
};
use crate::{
    TicketStore,
    testing::{self, TicketFixture},
};

cases![
    the_first_response_stops_at_a_message_of_the_desk,
    the_next_response_runs_from_the_oldest_unanswered_message,
    resolving_and_closing_cancel_response_timers,
    a_resolving_reply_is_a_response,
    the_resolution_timer_is_paused_while_the_ticket_is_resolved,
    a_ticket_is_reopened_twice_and_closed,
    a_reopened_ticket_is_due_by_its_current_priority,
    a_new_priority_moves_the_due_time_from_the_start,
    a_breach_is_permanent,
    changes_with_an_earlier_time_move_the_timers,
    refused_and_repeated_changes_move_no_timers,
    every_change_in_every_state_of_the_timers,
    the_first_of_concurrent_responses_stops_the_timer,
    the_first_of_concurrent_messages_starts_the_timer,
];

async fn the_first_response_stops_at_a_message_of_the_desk(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").requester(luis()).build();
    let mut mirror = Mirror::of(store, ticket).await;
    for (by, change) in [
        (Actor::Customer(luis()), message("¿Hola?")),
        (admin(), message("Soy yo quien pregunta.")),
        (Actor::Bot, message("¡Hola!")),
        (by_marta(), note("Lo pide Luis.")),
        (by_marta(), Change::status(Status::InProgress)),
        (by_marta(), Change::claim()),
    ] {
        mirror.timed(change, &by, hour(1)).await;
        assert!(timers(store).await.first_response.is_running());
    }
    mirror.timed(message("Dime."), &by_marta(), hour(2)).await;
    let stopped = timers(store).await;
    let stop = stopped.first_response.stop.clone().expect("Marta has responded");
    assert_eq!((stop.at, stop.by), (hour(2), Some(marta())));
    assert_eq!((stop.business_time, stop.cancelled), (business_time(hour(2)), false));
    assert_eq!(stopped.next_response, None);
    mirror.timed(message("¿Sigues ahí?"), &by_marta(), hour(3)).await;
    assert_eq!(timers(store).await, stopped);
}

async fn the_next_response_runs_from_the_oldest_unanswered_message(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    mirror.timed(message("¿Hola?"), &customer(), hour(1)).await;
    assert_eq!(timers(store).await.next_response, None, "the first response is running");
    for round in 1..=4 {
        let at = |step| hour(round * 20 + step);
        mirror.timed(message("Lo miramos."), &admin(), at(0)).await;
        for step in [1, 2, 3] {
            mirror.timed(message("¿Hay novedades?"), &customer(), at(step)).await;
        }
        let now = timers(store).await;
        let runs = now.next_response.expect("the requester waits for a response");
        assert_eq!((runs.since, runs.start), (at(1), business_time(at(1))), "round {round}");
        assert!(runs.is_running());
        assert_eq!(now.earlier_responses.len() as u64, round - 1);
    }
    mirror.timed(message("Ya está."), &by_marta(), hour(100)).await;
    let earlier = timers(store).await.earlier_responses;
    assert!(earlier.iter().map(|timer| timer.since).eq([21, 41, 61].map(hour)), "{earlier:?}");
}

async fn resolving_and_closing_cancel_response_timers(store: &dyn TicketStore) {
    let cancelled = |timer: &SlaTimer| timer.stop.as_ref().is_some_and(|stop| stop.cancelled);
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    mirror.timed(Change::status(Status::Resolved), &admin(), hour(1)).await;
    let now = timers(store).await;
    assert!(cancelled(&now.first_response) && !cancelled(&now.resolution));
    // The next response runs although there was no first one.
    mirror.timed(message("Sigue igual."), &customer(), hour(2)).await;
    assert!(timers(store).await.next_response.is_some_and(|timer| timer.is_running()));
    mirror.timed(Change::status(Status::Closed), &admin(), hour(3)).await;
    let now = timers(store).await;
    assert!(now.next_response.as_ref().is_some_and(cancelled) && !cancelled(&now.resolution));
}

async fn a_resolving_reply_is_a_response(store: &dyn TicketStore) {
    for (name, by, status) in [
        ("TKT-ABC120", admin(), Status::Resolved),
        ("TKT-ABC121", admin(), Status::Closed),
        ("TKT-ABC122", admin(), Status::InProgress),
        // The requester resolves her own ticket, so nobody has responded.
        ("TKT-ABC123", Actor::Admin(testing::customer(0)), Status::Resolved),
    ] {
        let mut mirror = Mirror::of(store, timed_ticket(name).build()).await;
        let reply = Change::reply(parsed::<NewMessage>("Ya está."), status);
        mirror.update(&parsed(name), &timed(reply, &by, hour(1))).await;
        let back = Change::status(Status::InProgress);
        mirror.update(&parsed(name), &timed(back, &by, hour(2))).await;
    }
    let stop = timers(store).await.first_response.stop.expect("it was resolved");
    assert!(stop.cancelled, "nobody has responded");
}

async fn the_resolution_timer_is_paused_while_the_ticket_is_resolved(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    let before = timers(store).await.resolution;
    mirror.timed(Change::status(Status::Resolved), &admin(), hour(7)).await;
    let stop = timers(store).await.resolution.stop.expect("it is resolved");
    assert_eq!((stop.at, stop.by), (hour(7), Some(luis())));
    // 18 hours later, of which 2 are business hours.
    mirror.timed(message("Sigue igual."), &customer(), hour(25)).await;
    let after = timers(store).await.resolution;
    assert_eq!(after.since, before.since.plus(hours(18)));
    assert_eq!(after.start, before.start.plus(hours(2)));
    assert_eq!(after.due, before.due.plus(hours(2)));
    assert!(after.is_running());
}

async fn a_ticket_is_reopened_twice_and_closed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    for (at, by, change) in [
        (hour(3), admin(), Change::status(Status::Resolved)),
        (hour(30), customer(), message("Sigue igual.")),
        (hour(31), by_marta(), Change::status(Status::InProgress)),
        (hour(49), by_marta(), Change::status(Status::Resolved)),
        (hour(50), admin(), message("¿Va bien ahora?")),
        (hour(130), admin(), Change::status(Status::InProgress)),
        (hour(131), admin(), Change::status(Status::Open)),
        (hour(151), customer(), message("Gracias.")),
        (hour(152), by_marta(), Change::status(Status::Resolved)),
        (hour(200), customer(), Change::status(Status::Closed)),
    ] {
        let outcome = mirror.timed(change, &by, at).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "at {at}: {outcome:?}");
    }
    let stop = timers(store).await.resolution.stop.expect("it is closed");
    assert_eq!((stop.at, stop.by), (hour(152), Some(marta())), "closing changes no timer");
}

async fn a_reopened_ticket_is_due_by_its_current_priority(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    mirror.timed(Change::status(Status::Resolved), &admin(), hour(6)).await;
    let stood = timers(store).await.resolution;
    mirror.timed(Change::priority(Priority::Urgent), &admin(), hour(7)).await;
    assert_eq!(timers(store).await.resolution, stood, "the timer is paused");
    mirror.timed(message("Sigue igual."), &customer(), hour(8)).await;
    let now = timers(store).await.resolution;
    assert_eq!(now.due, now.start.plus(hours(4)));
}

async fn a_new_priority_moves_the_due_time_from_the_start(store: &dyn TicketStore) {
    let waiting = timed_ticket("TKT-ABC123").reply(luis(), "Lo miramos.").message("¿Hay novedades?");
    let mut mirror = Mirror::of(store, waiting.build()).await;
    for priority in [Priority::High, Priority::Low, Priority::Medium, Priority::Urgent, Priority::Low] {
        mirror.timed(Change::priority(priority), &admin(), hour(1)).await;
        let now = timers(store).await;
        for metric in [SlaMetric::NextResponse, SlaMetric::Resolution] {
            let timer = now.of(metric).expect("the timer runs");
            let target = now.targets.of(priority).of(metric);
            assert_eq!(timer.due, timer.start.plus(target), "{metric} of {priority}");
        }
    }
    // Under the higher priority the targets were due in the past.
    mirror.timed(Change::priority(Priority::Urgent), &admin(), hour(24 * 4)).await;
    mirror.timed(Change::priority(Priority::Low), &admin(), hour(24 * 4)).await;
}

async fn a_breach_is_permanent(store: &dyn TicketStore) {
    // The first response is due at 13:00, four hours after the creation.
    for (name, late) in [("TKT-ABC120", 0), ("TKT-ABC121", 1)] {
        let mut mirror = Mirror::of(store, timed_ticket(name).build()).await;
        let at = hour(4).plus(MILLISECOND * late);
        mirror.update(&parsed(name), &timed(Change::priority(Priority::Low), &admin(), at)).await;
        let timers = head(store, &parsed(name)).await.sla.expect("it was opened under an SLA");
        let first = timers.first_response;
        let target = hours(if late == 0 { 8 } else { 4 });
        assert_eq!(first.due, first.start.plus(target), "{late} ms late");
    }
    // A resolution that was breached before it was paused. It is due on Friday at 17:00, which in
    // business time is the same as Monday at 9:00.
    for (name, late) in [("TKT-ABC122", 0), ("TKT-ABC123", 1)] {
        let mut mirror = Mirror::of(store, timed_ticket(name).build()).await;
        for (change, at) in [
            (Change::status(Status::Resolved), hour(24 * 7).plus(MILLISECOND * late)),
            (Change::status(Status::InProgress), hour(24 * 9)),
            (Change::priority(Priority::Low), hour(24 * 9 + 1)),
        ] {
            mirror.update(&parsed(name), &timed(change, &admin(), at)).await;
        }
    }
    let opened = business_time(testing::epoch());
    assert_eq!(timers(store).await.resolution.due, opened.plus(hours(40)));
}

async fn changes_with_an_earlier_time_move_the_timers(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").created_at(hour(30)).build();
    let mut mirror = Mirror::of(store, ticket).await;
    for (at, by, change) in [
        (hour(29), admin(), message("Lo miramos.")),
        (hour(6), customer(), message("Gracias.")),
        (hour(5), admin(), message("De nada.")),
        (hour(32), admin(), Change::status(Status::Resolved)),
        (hour(3), customer(), message("Sigue igual.")),
        (hour(2), admin(), Change::priority(Priority::Urgent)),
        (hour(1), admin(), Change::status(Status::Resolved)),
        (hour(49), admin(), Change::status(Status::InProgress)),
    ] {
        let outcome = mirror.timed(change, &by, at).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "at {at}: {outcome:?}");
    }
}

async fn refused_and_repeated_changes_move_no_timers(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    let keyed = |text: &str| {
        let message: NewMessage = parsed(text);
        Change::message(message.with_key(parsed("envio-1")))
    };
    mirror.timed(keyed("Lo miramos."), &admin(), hour(1)).await;
    mirror.timed(message("Gracias."), &customer(), hour(2)).await;
    let before = timers(store).await;
    for (change, by) in [
        (keyed("Lo miramos."), admin()),
        (keyed("Otra cosa"), admin()),
        (Change::status(Status::Resolved).expecting(0), admin()),
        (message("Hola").expecting(0), by_marta()),
        (Change::priority(Priority::Medium), admin()),
        (Change::status(Status::Open), admin()),
        (Change::status(Status::Closed), Actor::System),
        (message("Hola"), Actor::Customer(testing::customer(1))),
    ] {
        let outcome = mirror.timed(change, &by, hour(3)).await;
        assert!(!matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        assert_eq!(timers(store).await, before);
    }
}

async fn every_change_in_every_state_of_the_timers(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    let actors = [customer(), admin(), Actor::Admin(testing::customer(0))];
    let reply = |to| Change::reply(parsed::<NewMessage>("Ya está."), to);
    let changes = [message("Hola"), Change::priority(Priority::Urgent), Change::priority(Priority::Low)];
    let moves = Status::ALL.map(Change::status).into_iter();
    let replies = [Status::InProgress, Status::Resolved].map(reply);
    let changes: Vec<Change> = changes.into_iter().chain(moves).chain(replies).collect();
    // At the time at which the first response is due, and at one at which every target was breached.
    for (nth, at) in [hour(4), hour(24 * 20)].into_iter().enumerate() {
        for (stand, made) in TIMER_STATES.iter().enumerate() {
            let all = changes.iter().cartesian_product(&actors);
            let commands =
                all.filter_map(|(change, by)| Command::new(by, at, &sla_policy(), change.clone()).ok());
            for (drawn, command) in commands.enumerate() {
                let places = [0, nth, 0, stand, drawn / 32, drawn % 32];
                let number = TicketNumber::from_entropy(&places.map(|place| place as u8));
                let ticket = made(testing::ticket(number.clone()).sla(&testing::sla()));
                mirror.insert(ticket.build()).await;
                mirror.update(&number, &command).await;
            }
        }
    }
}

async fn the_first_of_concurrent_responses_stops_the_timer(store: &dyn TicketStore) {
    fill(store, &[timed_ticket("TKT-ABC123").build()]).await;
    let answer = |at| timed(message("Lo miramos."), &Actor::Admin(testing::admin(at)), hour(1));
    at_once(store, (0..32).map(answer)).await;
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let first = stored.messages.get(1).map(|message| message.author.clone());
    let by = stored.head.sla.and_then(|timers| timers.first_response.stop?.by);
    assert_eq!(first, Some(Author::Admin(by)));
}

async fn the_first_of_concurrent_messages_starts_the_timer(store: &dyn TicketStore) {
    fill(store, &[timed_ticket("TKT-ABC123").reply(luis(), "Lo miramos.").build()]).await;
    let message = |at: u64| timed(message("¿Hay novedades?"), &customer(), hour(at));
    at_once(store, (1..=32).map(message)).await;
    let stored = view(store, &number()).await.expect("the ticket is stored");
    assert_eq!(stored.head.message_count, Some(34));
    let timers = stored.head.sla.expect("it was opened under an SLA");
    assert!(timers.earlier_responses.is_empty(), "{timers:?}");
    let runs = timers.next_response.expect("the requester waits for a response");
    assert_eq!((runs.start, runs.stop), (business_time(runs.since), None));
    let range = MessageRange::From { first: 2, count: 1 };
    let first = answer(store.get(&number().into(), &Audience::Desk, range).await);
    assert_eq!(first.and_then(|view| Some(view.messages.first()?.created_at)), Some(runs.since));
}

/// Steps that bring the timers of a ticket into each of their states, within its first four hours.
const TIMER_STATES: [fn(TicketFixture) -> TicketFixture; 8] = [
    |new| new,
    |new| new.reply(luis(), "Lo miramos."),
    |new| new.reply(luis(), "Lo miramos.").message("Gracias."),
    |new| new.reply(luis(), "Uno.").message("Dos.").reply(marta(), "Tres.").message("Cuatro."),
    |new| new.status(Status::Resolved),
    |new| new.reply(luis(), "Ya está.").at(hour(3)).status(Status::Resolved),
    |new| new.reply(luis(), "Ya está.").message("No.").at(hour(3)).status(Status::Closed),
    |new| new.status(Status::Resolved).at(hour(2)).message("No.").priority(Priority::High),
];

fn by_marta() -> Actor {
    Actor::Admin(marta())
}

/// Returns a command under the SLA.
fn timed(change: Change, by: &Actor, at: Timestamp) -> Command {
    command_under(&sla_policy(), change, by, at)
}
