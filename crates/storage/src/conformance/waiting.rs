//! Waits: their effect on timers, lists and counts, which needs no write at their end.

use itertools::iproduct;
use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, NewMessage, Outcome, Status, Ticket, TicketHead, Timestamp,
    Wait, WaitingFor,
};

use super::{
    cases,
    listing::{
        FILTERS, SORTS, assert_rows, expected_counts, expected_to_wait, names, narrowed, passes_all,
        walk_at, walk_when,
    },
    support::{
        MILLISECOND, Mirror, admin, ana, answer, business_time, command_under, counts_query, customer,
        fill, head, hour, hours, luis, message, number, parsed, sla_policy, timed_ticket, timers, view,
    },
};
use crate::{CountsQuery, DueFilter, ListQuery, Sort, TicketStore, WaitingFilter, testing};

cases![
    a_wait_without_an_end_pauses_the_resolution,
    a_wait_with_an_end_pauses_the_resolution_until_then,
    a_wait_is_changed_and_ended,
    a_message_of_the_requester_ends_a_wait,
    waits_are_filtered_until_their_end,
    each_waiting_filter_in_each_order_with_each_filter,
    waits_and_hand_overs_are_counted,
    a_ticket_with_every_mark_of_the_desk_is_read_back_whole,
];

/// Returns a ticket that was answered in its first hour: only its resolution, of 40 hours, is due.
fn answered() -> Ticket {
    timed_ticket("TKT-ABC123").at(hour(1)).reply(luis(), "¿Nos envías el recibo?").build()
}

fn wait(until: impl Into<Option<Timestamp>>) -> Change {
    Change::wait(Wait::new(WaitingFor::Customer).until(until))
}

/// Returns the Monday two weeks after the first, when the desk opens: after 80 business hours.
fn later() -> Timestamp {
    hour(24 * 14)
}

async fn a_wait_without_an_end_pauses_the_resolution(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, answered()).await;
    mirror.timed(wait(None), &admin(), hour(2)).await;
    let ever = hour(24 * 300);
    for query in [ListQuery::new().with_sort(Sort::Due), ListQuery::new().overdue()] {
        assert_eq!(walk_when(store, &query, ever).await, [], "{query:?}");
    }
    let counts = answer(store.counts(&counts_query(&luis(), business_time(ever))).await);
    assert_eq!((counts.overdue, counts.at_risk), (0, 0));

    mirror.timed(Change::end_wait(), &admin(), later()).await;
    let due = timers(store).await.resolution.due;
    assert_eq!(due, business_time(later()).plus(hours(38)), "two of 40 hours were used");
    assert_eq!(names(&walk_when(store, &ListQuery::new().overdue(), ever).await), ["TKT-ABC123"]);
}

async fn a_wait_with_an_end_pauses_the_resolution_until_then(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, answered()).await;
    mirror.timed(wait(later()), &admin(), hour(2)).await;
    // Two of 40 hours were used; the last ten are at risk.
    let end = business_time(later());
    for (now, listed) in [
        (business_time(hour(24 * 7)), None),
        (end, None),
        (end.plus(hours(27)), None),
        (end.plus(hours(29)), Some(DueFilter::AtRisk)),
        (end.plus(hours(37)), Some(DueFilter::AtRisk)),
        (end.plus(hours(39)), Some(DueFilter::Overdue)),
    ] {
        for filter in [DueFilter::AtRisk, DueFilter::Overdue] {
            let rows = walk_at(store, &ListQuery::new().with_due(filter), now).await;
            assert_eq!(rows.len(), usize::from(listed == Some(filter)), "{filter:?} as of {now:?}");
        }
        let counts = answer(store.counts(&counts_query(&luis(), now)).await);
        let expected = [DueFilter::Overdue, DueFilter::AtRisk].map(|due| u64::from(listed == Some(due)));
        assert_eq!([counts.overdue, counts.at_risk], expected, "as of {now:?}");
    }
}

async fn a_wait_is_changed_and_ended(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, answered()).await;
    let supplier = |until| Change::wait(Wait::new(WaitingFor::ThirdParty).until(until));
    let reply = parsed::<NewMessage>("Lo consultamos.");
    for (change, at) in [
        (wait(later()), hour(2)),
        (wait(hour(30)), hour(3)),
        (supplier(None), hour(4)),
        (Change::end_wait(), hour(5)),
        (supplier(Some(hour(7))), hour(6)),
        // It has ended by itself.
        (wait(hour(30)), hour(8)),
        (Change::status(Status::Resolved), hour(9)),
        (Change::reply_and_wait(reply, Wait::new(WaitingFor::Customer)), hour(10)),
        (Change::status(Status::Closed), hour(11)),
    ] {
        let outcome = mirror.timed(change, &admin(), at).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "at {at}: {outcome:?}");
    }
    let waiting = head(store, &number()).await.waiting;
    assert_eq!(waiting, None, "a closed ticket doesn't wait");
}

async fn a_message_of_the_requester_ends_a_wait(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, answered()).await;
    mirror.timed(wait(later()), &admin(), hour(2)).await;
    let waits = async || answer(store.counts(&CountsQuery::new(luis(), hour(4))).await).waiting == 1;
    assert!(waits().await);
    mirror.timed(message("Aquí está."), &customer(), hour(3)).await;
    assert!(!waits().await);
    let resolution = timers(store).await.resolution;
    assert_eq!(resolution.due, business_time(testing::epoch()).plus(hours(41)));
    assert_eq!(head(store, &number()).await.status, Status::InProgress);
}

async fn waits_are_filtered_until_their_end(store: &dyn TicketStore) {
    let of = |number: &str| timed_ticket(number).at(hour(1));
    let waiting = |until: Option<Timestamp>| Wait::new(WaitingFor::Customer).until(until);
    fill(
        store,
        &[
            of("TKT-ABC120").wait(waiting(Some(hour(9)))).build(),
            of("TKT-ABC121").wait(waiting(None)).build(),
            of("TKT-ABC122").wait(waiting(None)).status(Status::Closed).build(),
            of("TKT-ABC123").status(Status::InProgress).build(),
            of("TKT-ABC124").build(),
        ],
    )
    .await;
    for (now, ended) in [(hour(9).minus(MILLISECOND), false), (hour(9), true), (hour(90), true)] {
        let waiting = if ended { &["TKT-ABC121"][..] } else { &["TKT-ABC120", "TKT-ABC121"] };
        for sort in SORTS {
            let listed = async |filter| {
                let query = ListQuery::new().with_waiting(filter).with_sort(sort);
                let mut names = names(&walk_when(store, &query, now).await);
                names.sort();
                names
            };
            assert_eq!(listed(WaitingFilter::Waiting).await, waiting, "{sort:?} at {now}");
            let others = listed(WaitingFilter::NotWaiting).await;
            assert_eq!(others.len(), 5 - waiting.len(), "{sort:?} at {now}: {others:?}");
            assert!(waiting.iter().all(|number| !others.contains(&(*number).to_owned())));
        }
        // A wait without an end has no due time.
        for (filter, names_due) in [
            (WaitingFilter::Waiting, if ended { &[][..] } else { &["TKT-ABC120"] }),
            (WaitingFilter::NotWaiting, if ended { &["TKT-ABC120"] } else { &[] }),
        ] {
            let query = ListQuery::new()
                .with_waiting(filter)
                .with_sort(Sort::Due)
                .with_statuses(Status::InProgress)
                .with_created_before(hour(1));
            let mut listed = names(&walk_when(store, &query, now).await);
            listed.retain(|number| number == "TKT-ABC120");
            assert_eq!(listed, names_due, "{filter:?} at {now}");
        }
    }
}

async fn each_waiting_filter_in_each_order_with_each_filter(store: &dyn TicketStore) {
    let tickets = marked(store).await;
    let orders = SORTS.into_iter().chain([Sort::Due]);
    let times = [hour(24 * 31), hour(24 * 33)].into_iter().cycle();
    for ((sort, filter), now) in iproduct!(orders, &FILTERS).zip(times) {
        for waiting in [None, Some(WaitingFilter::Waiting), Some(WaitingFilter::NotWaiting)] {
            let query = narrowed(sort, &[filter]);
            let query = match waiting {
                Some(waiting) => query.with_waiting(waiting),
                None => query.handed_over(),
            };
            let is_listed = |head: &TicketHead| match waiting {
                None => head.status.is_live() && head.handoff_at.is_some(),
                Some(wanted) => expected_to_wait(head, now) == (wanted == WaitingFilter::Waiting),
            };
            let has_place = |head: &TicketHead| {
                let comes_due = head.sla.as_ref().is_some_and(|timers| timers.due().is_some());
                sort != Sort::Due || (head.status.is_live() && comes_due)
            };
            let expected = tickets.iter().filter(|ticket| {
                let head = ticket.head();
                passes_all(head, &[filter]) && is_listed(head) && has_place(head)
            });
            assert_rows(&query, walk_when(store, &query, now).await, expected);
        }
    }
}

async fn waits_and_hand_overs_are_counted(store: &dyn TicketStore) {
    let mut tickets = marked(store).await;
    for now in [hour(24 * 30), hour(24 * 32).minus(MILLISECOND), hour(24 * 32), hour(24 * 300)] {
        let query = CountsQuery::new(luis(), now).with_as_of(business_time(now));
        let counts = answer(store.counts(&query).await);
        assert_eq!(counts, expected_counts(&tickets, &query), "at {now}");
        assert!(counts.waiting > 0 && counts.handed_over > 0, "{counts:?}");
    }
    for change in [Change::status(Status::Open), Change::status(Status::Closed)] {
        for ticket in tickets.iter_mut().filter(|ticket| ticket.head().waiting.is_some()) {
            let command = command_under(&sla_policy(), change.clone(), &admin(), hour(24 * 31));
            command.apply(ticket);
            answer(store.update(&ticket.head().ticket_number, &command).await);
        }
        let query = CountsQuery::new(luis(), hour(24 * 31));
        let counts = answer(store.counts(&query).await);
        assert_eq!(counts, expected_counts(&tickets, &query), "after {change:?}");
        assert_eq!(counts.waiting, 0);
    }
}

/// Stores sample tickets of which some wait, without an end or until hour 24 * 32, and some were handed
/// over.
async fn marked(store: &dyn TicketStore) -> Vec<Ticket> {
    let sla = testing::sla();
    let mut tickets: Vec<Ticket> = testing::sample_tickets_with(&sla, 60).collect();
    for (nth, ticket) in tickets.iter_mut().enumerate() {
        let (change, by) = match nth % 4 {
            0 => (wait(None), admin()),
            1 => (wait(hour(24 * 32)), admin()),
            2 => (Change::hand_over(parsed::<NewMessage>("No sé responder.")), Actor::Bot),
            _ => continue,
        };
        // Closed tickets refuse it.
        command_under(&sla_policy(), change, &by, hour(24 * 30)).apply(ticket);
    }
    fill(store, &tickets).await;
    tickets
}

async fn a_ticket_with_every_mark_of_the_desk_is_read_back_whole(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123")
        .status(Status::InProgress)
        .hand_over("No sé responder a esto.")
        .draft("Prueba a reiniciar.")
        .wait(Wait::new(WaitingFor::ThirdParty).until(hour(30)))
        .build();
    let marked = ticket.head();
    assert!(marked.waiting.is_some() && marked.handoff_at.is_some() && ticket.draft().is_some());
    fill(store, std::slice::from_ref(&ticket)).await;
    assert_eq!(answer(store.ticket(&number()).await).as_ref(), Some(&ticket));
    for audience in [Audience::Desk, Audience::Bot, Audience::Requester(ana())] {
        for range in [MessageRange::All, MessageRange::Last(1)] {
            let seen = answer(store.get(&(&number()).into(), &audience, range).await);
            assert_eq!(seen, ticket.details(&audience, range), "{audience:?}");
        }
    }
    assert_eq!(walk_when(store, &ListQuery::new(), hour(1)).await, [ticket.summary()]);
    let notes = view(store, &number()).await.expect("the ticket is stored").notes;
    assert_eq!(notes.iter().map(|note| &note.by).collect::<Vec<_>>(), [&None], "it is the bot's");
}
