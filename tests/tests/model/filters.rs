//! Generates lists: their filters, orders and pages.

use proptest::{option, prelude::*, sample};
use ventanilla_service::{
    Priority, Status,
    list::{Direction, DueFilter, Sort},
};

use super::{
    generators::{admins, later},
    people,
    reference::World,
    step::{Action, Filter, Query},
};

pub(super) fn lists(world: &World) -> BoxedStrategy<Action> {
    let mine = (sample::select(people::customers()), any::<bool>())
        .prop_map(|(by, closed)| Query::Mine { by, closed });
    let all = (filters(world), sorts(world)).prop_map(|(filter, sort)| Query::All(filter, sort));
    (prop_oneof![1 => mine, 4 => all], rows())
        .prop_map(|(query, rows)| Action::List { query, rows })
        .boxed()
}

fn filters(world: &World) -> impl Strategy<Value = Filter> + use<> {
    let statuses = some_of(&Status::ALL);
    let priorities = some_of(&Priority::ALL);
    let dues = vec![DueFilter::AtRisk, DueFilter::AtRisk, DueFilter::Overdue];
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
        option::weighted(if world.setup.is_some() { 0.5 } else { 0.05 }, sample::select(dues)),
    )
        .prop_map(|(statuses, priorities, category, assignee, requester, from, before, due)| {
            Filter { statuses, priorities, category, assignee, requester, from, before, due }
        })
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
    1..=3_u32
}
