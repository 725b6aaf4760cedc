//! Generates lists: their filters, orders and pages.

use proptest::{option, prelude::*, sample, strategy::Union};
use ventanilla_service::{
    Priority, Status,
    list::{Direction, DueFilter, Sort, WaitingFilter},
};

use super::{
    generators::{admins, later},
    people::{self, ABOUT, TAGS},
    reference::{Ticket, World},
    step::{Action, Filter, Query},
};

pub(super) fn lists(world: &World) -> BoxedStrategy<Action> {
    let mine = (sample::select(people::customers()), any::<bool>())
        .prop_map(|(by, closed)| Query::Mine { by, closed });
    let mut kinds = vec![(2, filters(world).boxed())];
    let is_both = |ticket: &Ticket| ticket.head.waits_at(world.now) && ticket.head.handoff_at.is_some();
    let weight = if world.tickets.iter().any(is_both) { 12 } else { 1 };
    kinds.extend(fitting(world).map(|filters| (weight, filters)));
    kinds.extend(labelled(world).map(|filters| (1, filters)));
    let all =
        (Union::new_weighted(kinds), sorts(world)).prop_map(|(filter, sort)| Query::All(filter, sort));
    (prop_oneof![1 => mine, 4 => all], rows())
        .prop_map(|(query, rows)| Action::List { query, rows })
        .boxed()
}

fn filters(world: &World) -> impl Strategy<Value = Filter> + use<> {
    let statuses = some_of(&Status::ALL);
    let priorities = some_of(&Priority::ALL);
    let risks = if world.due(DueFilter::AtRisk).next().is_some() { 6 } else { 2 };
    let dues = prop_oneof![risks => Just(DueFilter::AtRisk), 1 => Just(DueFilter::Overdue)];
    let waitings = vec![WaitingFilter::Waiting, WaitingFilter::Waiting, WaitingFilter::NotWaiting];
    let waits = world.tickets.iter().any(|ticket| ticket.head.waits_at(world.now));
    let handed_over = world.tickets.iter().any(|ticket| ticket.head.handoff_at.is_some());
    let created = world.tickets.iter().map(|ticket| ticket.head.created_at);
    let instants: Vec<_> = created.flat_map(|at| [at, later(at, 1)]).collect();
    let instant = || option::weighted(0.1, sample::select(instants.clone()));
    (
        statuses,
        priorities,
        option::weighted(0.15, sample::select(people::categories())),
        option::weighted(0.2, option::weighted(0.4, admins())),
        option::weighted(0.15, sample::select(people::customers())),
        instant(),
        instant(),
        option::weighted(if world.setup.is_some() { 0.5 } else { 0.05 }, dues),
        (
            option::weighted(if waits { 0.4 } else { 0.1 }, sample::select(waitings)),
            prop::bool::weighted(if handed_over { 0.4 } else { 0.05 }),
            option::weighted(0.1, sample::select(&ABOUT[..])),
            option::weighted(0.1, sample::select(&TAGS[..])),
        ),
    )
        .prop_map(|parts| {
            let (statuses, priorities, category, assignee, requester, from, before, due, more) = parts;
            let (waiting, handed_over, about, tag) = more;
            Filter {
                statuses,
                priorities,
                category,
                assignee,
                requester,
                from,
                before,
                due,
                waiting,
                handed_over,
                about,
                tag,
            }
        })
}

/// Generates filters that a ticket passes which waits or was handed over, if there is one.
fn fitting(world: &World) -> Option<BoxedStrategy<Filter>> {
    let special = world
        .tickets
        .iter()
        .filter(|ticket| ticket.head.waits_at(world.now) || ticket.head.handoff_at.is_some());
    let special = special.map(|ticket| {
        let mut dues = [DueFilter::AtRisk, DueFilter::Overdue].into_iter();
        let due = dues.find(|due| ticket.is_due(Some(*due), world.now));
        let waits = ticket.head.waits_at(world.now);
        let waiting = if waits { WaitingFilter::Waiting } else { WaitingFilter::NotWaiting };
        (waiting, ticket.head.handoff_at.is_some(), due)
    });
    // Those that wait and were handed over are rare.
    let weight = |state: &(WaitingFilter, bool, _)| {
        if state.0 == WaitingFilter::Waiting && state.1 { 12 } else { 1 }
    };
    let special: Vec<_> = special.flat_map(|state| std::iter::repeat_n(state, weight(&state))).collect();
    if special.is_empty() {
        return None;
    }
    let filter = |((waiting, handed_over, due), kept): ((_, bool, _), [bool; 3])| Filter {
        due: Option::filter(due, |_| kept[0]),
        waiting: kept[1].then_some(waiting),
        handed_over: handed_over && kept[2],
        ..Filter::any()
    };
    Some(
        (sample::select(special), prop::array::uniform3(prop::bool::weighted(0.6)))
            .prop_map(filter)
            .boxed(),
    )
}

/// Generates filters by labels that a ticket has, if one has any.
fn labelled(world: &World) -> Option<BoxedStrategy<Filter>> {
    let heads = world.tickets.iter().map(|ticket| &ticket.head);
    let labels = heads.flat_map(|head| {
        let about = ABOUT.iter().copied().filter(|about| head.about.iter().any(|its| its == about));
        let tags = TAGS.iter().copied().filter(|tag| head.tags.iter().any(|its| its == tag));
        let (about, tags): (Vec<_>, Vec<_>) = (about.collect(), tags.collect());
        let both = about.first().copied().zip(tags.last().copied());
        let both = both.map(|(about, tag)| (Some(about), Some(tag)));
        let each = about.into_iter().map(|about| (Some(about), None));
        each.chain(tags.into_iter().map(|tag| (None, Some(tag)))).chain(both).collect::<Vec<_>>()
    });
    let labels: Vec<_> = labels.collect();
    if labels.is_empty() {
        return None;
    }
    let filter = |((about, tag), closed, statuses)| Filter {
        statuses: if closed { Status::ALL.to_vec() } else { statuses },
        about,
        tag,
        ..Filter::any()
    };
    Some((sample::select(labels), any::<bool>(), some_of(&Status::ALL)).prop_map(filter).boxed())
}

/// Mostly all of them, in order.
fn some_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(all.to_vec()), 1 => sample::subsequence(all, 0..=all.len())]
}

/// Sorts by due time mostly where there is an SLA policy.
fn sorts(world: &World) -> impl Strategy<Value = Sort> + use<> {
    let orders = [Sort::Created, Sort::UrgentFirst, Sort::LowFirst];
    let directions = [Direction::NewestFirst, Direction::OldestFirst];
    let by_creation = (sample::select(orders.to_vec()), sample::select(directions.to_vec()))
        .prop_map(|(order, direction)| order(direction));
    let weight = if world.setup.is_some() { 15 } else { 1 };
    prop_oneof![10 => by_creation, weight => Just(Sort::Due)]
}

pub(super) fn rows() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(1), 1 => 1..=3_u32]
}
