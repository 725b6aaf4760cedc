//! Races of two administrators for one ticket, with many tickets at a time.

use ventanilla_service::{
    Change, Event, HelpDesk, MessageText, Policy, Priority, Receipt, ServiceError, Status, TicketNumber,
    error::Refusal,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets},
    ticket::Actor,
};

use super::crowd::{Backend, CROWD, at_once, is_change, person, ticket, view};

pub(crate) async fn the_reply_that_arrives_first_stops_the_clock_of_the_first_response<B: Backend>() {
    let targets = Priority::ALL.map(|priority| {
        (priority, SlaTargets::hours(1, 2, 8).expect("targets between a moment and ten years"))
    });
    let targets = SlaPolicy::new(targets).expect("a target for every priority");
    let sla = Some(Sla::new(targets, BusinessCalendar::always()));
    let desk = B::desk().await.policy(Policy { sla, ..Policy::default() }).build();
    for (number, [one, other]) in pairs(&desk, |who| Change::message(text(who))).await {
        let (one, other) = (one.expect("it is sent"), other.expect("it is sent"));
        let (first, second) = if one.head.version == 1 { (one, other) } else { (other, one) };
        assert_eq!((first.head.version, second.head.version), (1, 2));

        let ticket = view(&desk, &number).await;
        let clocks = ticket.head.sla.expect("the desk has SLA targets");
        let stop = clocks.first_response.stop.as_ref().expect("it was answered");
        let Event { at, by: Actor::Admin(by), .. } = &first.events[0] else { panic!("{first:?}") };
        assert_eq!((stop.at, stop.by.as_ref(), stop.cancelled), (*at, Some(by), false));
        assert_eq!(ticket.head.first_response_at, Some(*at));
        assert_eq!(clocks.next_response, None);
        assert_eq!(first.head.sla, second.head.sla);
    }
}

pub(crate) async fn one_expected_version_is_taken_once_and_the_conflict_names_the_change<B: Backend>() {
    let desk = B::desk().await.build();
    let changes = [
        Change::priority(Priority::High),
        Change::status(Status::InProgress),
        Change::claim(),
        Change::message(text(0)),
    ];
    let change = |who: usize| changes[(who / 2 + who) % changes.len()].clone().expecting(0);
    for (number, results) in pairs(&desk, change).await {
        let [winner, loser] = match results {
            [one, other] if is_change(&one) => [one, other],
            [one, other] => [other, one],
        };
        let won = winner.expect("one of them wins");
        let Err(ServiceError::Refused { number: named, refusal }) = loser else {
            panic!("the loser was told {loser:?}")
        };
        assert_eq!(named, number);
        let changes = won.events;
        assert_eq!(refusal, Refusal::VersionConflict { expected: 0, found: 1, changes });
        assert_eq!(view(&desk, &number).await.head.version, 1);
    }
}

/// Runs two administrators on each of many tickets, and returns the results of both changes.
async fn pairs(
    desk: &HelpDesk,
    change: impl Fn(usize) -> Change,
) -> Vec<(TicketNumber, [Result<Receipt, ServiceError>; 2])> {
    let mut numbers = Vec::new();
    for _ in 0..CROWD / 2 {
        numbers.push(ticket(desk).await);
    }
    let results = at_once(CROWD, |who| {
        let (admin, number) = (desk.admin(person(who)), numbers[who / 2].clone());
        let change = change(who);
        async move { admin.change(&number, change).await }
    })
    .await;
    let mut results = results.into_iter();
    let mut two = || std::array::from_fn(|_| results.next().expect("two of each"));
    numbers.into_iter().map(|number| (number, two())).collect()
}

fn text(who: usize) -> MessageText {
    MessageText::parse(&format!("Lo miramos ({who}).")).expect("a text")
}
