//! Draws the next step: mostly one that has a chance in this world, sometimes any.

use proptest::{option, prelude::*, sample, strategy::Union};
use ventanilla_service::*;

use super::{
    cast::{self, TEXTS},
    step::{Action, Filter, Hand, Opening, Query, Read, Request, Step, What, Words},
    world::World,
};

/// What a run is mostly about.
pub(crate) trait Focus: 'static {
    /// From so many tickets on, new ones are rare.
    const TICKETS: usize;
    /// How often something is changed, and how often a list begins.
    const CHANGES: u32;
    const LISTS: u32;
}

pub(crate) fn worlds() -> BoxedStrategy<World> {
    let reopens = [0, 1, 2].map(|days| Reopen::Within(Days(days)));
    let reopens = [&reopens[..], &[Reopen::Always, Reopen::Never]].concat();
    let waits = vec![Days(0), Days(1), Days(3)];
    (sample::select(reopens), sample::select(waits))
        .prop_map(|(reopen, close_after)| World::new(cast::house(reopen, close_after), cast::start()))
        .boxed()
}

pub(crate) fn steps<F: Focus>(world: &World) -> BoxedStrategy<Step> {
    (times(world), actions::<F>(world)).prop_map(|(at, action)| Step { at, action }).boxed()
}

/// The clock mostly goes on or stands still; at times it goes back, or to where a window ends.
fn times(world: &World) -> impl Strategy<Value = Timestamp> + use<> {
    const HOUR: i64 = 60 * 60 * 1000;
    const DAY: i64 = 24 * HOUR;
    let by = |ms| later(world.now, ms);
    let wanders = [0, 0, 0, 0, 1, 1, HOUR, HOUR, DAY, DAY - 1, -1, -HOUR].map(by);
    let ends = world.tickets.iter().filter(|t| t.head.status == Status::Resolved).flat_map(|ticket| {
        let reopen = match world.house.reopen {
            Reopen::Within(days) => days,
            Reopen::Always | Reopen::Never => Days(1),
        };
        let days = [reopen, world.house.close_after];
        days.map(|days| ticket.resolved().plus(days.duration()))
    });
    let around = ends.flat_map(|end| [-1, 0, 1].map(|ms| later(end, ms)));
    sample::select(wanders.into_iter().chain(around).collect::<Vec<_>>())
}

fn later(time: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millis(time.as_millis() + ms).unwrap()
}

fn actions<F: Focus>(world: &World) -> Union<BoxedStrategy<Action>> {
    let opening = if world.tickets.len() < F::TICKETS { 12 } else { 1 };
    let mut kinds = vec![(opening, openings())];
    if !world.tickets.is_empty() {
        kinds.push((1, follow_ups(world)));
        kinds.push((F::CHANGES, requests(world).prop_map(Action::Change).boxed()));
        kinds.push((2, reads(world).prop_map(Action::Read).boxed()));
        kinds.push((F::LISTS, lists(world)));
    }
    if world.may_turn_the_page() {
        kinds.push((4 * F::LISTS, rows().prop_map(|rows| Action::NextPage { rows }).boxed()));
    }
    Union::new_weighted(kinds)
}

fn openings() -> BoxedStrategy<Action> {
    let by = prop_oneof![
        sample::select(cast::customers()).prop_map(|id| (Actor::Customer(id.clone()), id)),
        (admins(), sample::select(cast::customers())).prop_map(|(by, id)| (Actor::Admin(by), id)),
    ];
    (by, sample::select(cast::categories()), valid_words())
        .prop_map(|((by, requester), category, words)| {
            Action::Open(Opening { by, requester, category, words })
        })
        .boxed()
}

fn follow_ups(world: &World) -> BoxedStrategy<Action> {
    (owned(world), words())
        .prop_map(|((ticket, by), words)| Action::FollowUp { ticket, by, words })
        .boxed()
}

fn requests(world: &World) -> impl Strategy<Value = Request> + use<> {
    let by_customer = prop_oneof![
        5 => words().prop_map(|words| What::Write(words, None)),
        1 => Just(What::Status(Status::Closed)),
    ];
    let customers = (owned(world), by_customer).prop_map(|((ticket, by), what)| Request {
        ticket,
        by: Actor::Customer(by),
        what,
        expecting: None,
    });
    let others = prop_oneof![
        2 => words().prop_map(|words| (Actor::Bot, What::Write(words, None))),
        1 => Just((Actor::System, What::Status(Status::Closed))),
    ];
    let others = (tickets(world), others).prop_map(|(ticket, (by, what))| Request {
        ticket,
        by,
        what,
        expecting: None,
    });
    prop_oneof![4 => customers, 8 => by_admin(world), 2 => others]
}

const OPEN_ENDED: [Status; 3] = [Status::Open, Status::InProgress, Status::Resolved];

fn by_admin(world: &World) -> impl Strategy<Value = Request> + use<> {
    // What is closed is over, so it mustn't come too soon.
    let statuses = || prop_oneof![1 => sample::select(Status::ALL.to_vec()), 2 => sample::select(OPEN_ENDED.to_vec())];
    let what = prop_oneof![
        6 => (words(), option::weighted(0.4, statuses())).prop_map(|(words, to)| What::Write(words, to)),
        2 => texts().prop_map(What::Note),
        4 => statuses().prop_map(What::Status),
        3 => sample::select(Priority::ALL.to_vec()).prop_map(What::Priority),
        2 => option::weighted(0.6, admins()).prop_map(What::Assign),
        1 => Just(What::Claim),
    ];
    let versions: Vec<u64> = world.tickets.iter().map(|ticket| ticket.head.version).collect();
    // Made for the current version, an older one, or one that is yet to come.
    let offsets = option::weighted(0.2, sample::select(vec![0, 0, 0, -1, -2, 1]));
    (tickets(world), admins(), what, offsets).prop_map(move |(ticket, by, what, offset)| {
        let version = versions.get(ticket).copied().unwrap_or(0);
        let expecting = offset.map(|offset| version.saturating_add_signed(offset));
        Request { ticket, by: Actor::Admin(by), what, expecting }
    })
}

fn reads(world: &World) -> impl Strategy<Value = Read> + use<> {
    let customers = owned(world).prop_map(|(ticket, by)| (ticket, Actor::Customer(by)));
    let admins = (tickets(world), admins()).prop_map(|(ticket, by)| (ticket, Actor::Admin(by)));
    let asked = prop_oneof![customers, admins].boxed();
    let windows = prop_oneof![
        Just(Window::All),
        (0..4_u32).prop_map(Window::Last),
        (0..5_u32, 0..4_u32).prop_map(|(first, count)| Window::From { first, count }),
    ];
    let hands = [Hand::Exact, Hand::Lower, Hand::Hash, Hand::NoPrefix, Hand::Letters, Hand::Blank];
    prop_oneof![
        (asked.clone(), windows).prop_map(|((ticket, by), window)| Read::View { ticket, by, window }),
        (asked, sample::select(hands.to_vec())).prop_map(|((ticket, by), hand)| Read::Find {
            ticket,
            by,
            hand
        }),
        tickets(world).prop_map(|ticket| Read::View { ticket, by: Actor::Bot, window: Window::All }),
        self::admins().prop_map(Read::Counts),
    ]
}

fn lists(world: &World) -> BoxedStrategy<Action> {
    let mine = (sample::select(cast::customers()), any::<bool>())
        .prop_map(|(by, closed)| Query::Mine { by, closed });
    let all = (filters(world), sorts()).prop_map(|(filter, sort)| Query::All(filter, sort));
    (prop_oneof![1 => mine, 4 => all], rows())
        .prop_map(|(query, rows)| Action::List { query, rows })
        .boxed()
}

fn filters(world: &World) -> impl Strategy<Value = Filter> + use<> {
    let statuses = some_of(&Status::ALL);
    let priorities = some_of(&Priority::ALL);
    let created = world.tickets.iter().map(|ticket| ticket.head.created_at);
    let instants: Vec<_> = created.flat_map(|at| [at, later(at, 1)]).collect();
    let instant = || option::weighted(0.1, sample::select(instants.clone()));
    (
        statuses,
        priorities,
        option::weighted(0.15, sample::select(cast::categories())),
        option::weighted(0.2, option::weighted(0.4, admins())),
        option::weighted(0.15, sample::select(cast::customers())),
        instant(),
        instant(),
    )
        .prop_map(|(statuses, priorities, category, assignee, requester, from, before)| Filter {
            statuses,
            priorities,
            category,
            assignee,
            requester,
            from,
            before,
        })
}

/// Mostly all of them, in order.
fn some_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(all.to_vec()), 1 => sample::subsequence(all, 0..=all.len())]
}

fn sorts() -> impl Strategy<Value = Sort> {
    let orders = [Sort::Created, Sort::UrgentFirst, Sort::LowFirst];
    let directions = [Direction::NewestFirst, Direction::OldestFirst];
    (sample::select(orders.to_vec()), sample::select(directions.to_vec()))
        .prop_map(|(order, direction)| order(direction))
}

fn rows() -> impl Strategy<Value = u32> {
    1..=3_u32
}

fn admins() -> impl Strategy<Value = UserId> {
    sample::select(cast::admins())
}

/// A ticket; rarely the one that isn't there.
fn tickets(world: &World) -> impl Strategy<Value = usize> + use<> {
    let count = world.tickets.len();
    prop_oneof![30 => 0..count, 1 => Just(count)]
}

/// A ticket and a customer, mostly its own.
fn owned(world: &World) -> impl Strategy<Value = (usize, UserId)> + use<> {
    let owners: Vec<_> = world.tickets.iter().map(|ticket| ticket.head.requester.clone()).collect();
    (tickets(world), sample::select(cast::customers()), prop::bool::weighted(0.1)).prop_map(
        move |(ticket, other, foreign)| match owners.get(ticket) {
            Some(owner) if !foreign => (ticket, owner.clone()),
            _ => (ticket, other),
        },
    )
}

fn texts() -> impl Strategy<Value = &'static cast::Typed> {
    // Mostly one text, so that a key often comes back with the same one.
    prop_oneof![
        5 => Just(&TEXTS[0]),
        5 => (0..4_usize).prop_map(|at| &TEXTS[at]),
        2 => (4..TEXTS.len()).prop_map(|at| &TEXTS[at]),
    ]
}

fn words() -> impl Strategy<Value = Words> {
    (texts(), option::weighted(0.5, sample::select(cast::keys())))
        .prop_map(|(text, key)| Words { text, key })
}

/// Words for a form that was already read: only a limit of the house can refuse them.
fn valid_words() -> impl Strategy<Value = Words> {
    words().prop_map(|words| match words.text.clean {
        Ok(_) => words,
        Err(_) => Words { text: &TEXTS[0], ..words },
    })
}
