//! Generates the next step: mostly one that can succeed in this state, sometimes any.

use proptest::{option, prelude::*, sample, strategy::Union};
use ventanilla_service::{
    Priority, Status, Timestamp, UserId,
    settings::{BotPolicy, Days, Reopen},
    ticket::{Actor, MessageRange, Wait, Waiting, WaitingFor},
};

use super::{
    attach::{self, picks, uploads_of},
    filters::{self, lists},
    naive_calendar::{DAY, HOUR, MINUTE},
    people::{self, ABOUT, TAGS, TEXTS},
    reference::{Ticket, World},
    rules::is_permitted,
    sla_setups::SLA_SETUPS,
    step::{Action, Bulk, Files, Guard, Hand, Label, Opening, Read, Request, Step, Then, What, Words},
};

/// Main subject of a run.
pub(crate) trait Focus: 'static {
    /// From so many tickets on, new ones are rare.
    const TICKETS: usize;
    /// Weights of changes and of new lists among the steps.
    const CHANGES: u32;
    const LISTS: u32;
    /// Weight of uploads among the steps.
    const UPLOADS: u32;
}

pub(crate) fn worlds() -> BoxedStrategy<World> {
    let reopens = [0, 1, 2].map(|days| Reopen::Within(Days(days)));
    let reopens = [&reopens[..], &[Reopen::Always, Reopen::Never]].concat();
    let waits = vec![Days(0), Days(1), Days(3)];
    let setups = option::of(sample::select(SLA_SETUPS.iter().collect::<Vec<_>>()));
    let free = BotPolicy::default();
    let first = BotPolicy { statuses: Status::Open.into(), until_first_response: true };
    let bots = prop_oneof![3 => Just(free), 1 => Just(first)];
    (sample::select(reopens), sample::select(waits), bots, setups)
        .prop_map(|(reopen, close_after, bot, setup)| {
            let start = setup.map_or_else(people::start, |setup| setup.start);
            World::new(people::policy(reopen, close_after, bot, setup), setup, start)
        })
        .boxed()
}

pub(crate) fn steps<F: Focus>(world: &World) -> BoxedStrategy<Step> {
    (times(world), actions::<F>(world)).prop_map(|(at, action)| Step { at, action }).boxed()
}

/// Generates the next time: mostly the same or later, at times earlier, at a time limit, at a due time
/// or at the end of a wait, or before its beginning.
fn times(world: &World) -> impl Strategy<Value = Timestamp> + use<> {
    let by = |ms| later(world.now, ms);
    let wanders = [0, 0, 0, 0, 1, 1, HOUR, HOUR, DAY, DAY - 1, -1, -HOUR].map(by);
    let ends = world.tickets.iter().filter(|t| t.head.status == Status::Resolved).flat_map(|ticket| {
        let reopen = match world.policy.reopen {
            Reopen::Within(days) => days,
            Reopen::Always | Reopen::Never => Days(1),
        };
        let days = [reopen, world.policy.close_after];
        days.map(|days| ticket.resolved().plus(days.duration()))
    });
    let around = |end| [-1, 0, 1].map(|ms| later(end, ms));
    let wanders = wanders.into_iter().chain(ends.flat_map(around)).collect::<Vec<_>>();
    let dues = world.tickets.iter().flat_map(Ticket::coming_turns);
    let soon = later(world.now, -HOUR)..later(world.now, 2 * DAY);
    let dues: Vec<_> = dues.flat_map(around).filter(|at| soon.contains(at)).collect();
    let mut kinds = vec![(4, sample::select(wanders))];
    if !dues.is_empty() {
        kinds.push((4, sample::select(dues)));
    }
    let begun = world.tickets.iter().filter_map(|ticket| ticket.head.waiting);
    let before: Vec<_> =
        begun.map(|on| later(on.since, -MINUTE)).filter(|at| soon.contains(at)).collect();
    if !before.is_empty() {
        kinds.push((1, sample::select(before)));
    }
    let ages = attach::ages(world).filter_map(|ms| Timestamp::from_millis(ms).ok());
    let ages: Vec<_> = ages.flat_map(around).filter(|at| soon.contains(at)).collect();
    if !ages.is_empty() {
        kinds.push((1, sample::select(ages)));
    }
    Union::new_weighted(kinds)
}

pub(super) fn later(time: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millis(time.as_millis() + ms).unwrap()
}

fn actions<F: Focus>(world: &World) -> Union<BoxedStrategy<Action>> {
    let opening = if world.tickets.len() < F::TICKETS { 12 } else { 1 };
    let mut kinds = vec![(opening, openings(world)), (F::UPLOADS, attach::uploads(world))];
    if !world.tickets.is_empty() {
        kinds.push((1, follow_ups(world)));
        kinds.push((F::CHANGES, requests(world).prop_map(Action::Change).boxed()));
        kinds.push((F::CHANGES / 5, turns(world)));
        kinds.push((2, bulks(world).prop_map(Action::ChangeEach).boxed()));
        kinds.push((1, (0..4_u32).prop_map(|batch| Action::CloseResolved { batch }).boxed()));
        kinds.push((3, reads(world).prop_map(Action::Read).boxed()));
        kinds.push((F::LISTS, lists(world)));
    }
    if !world.uploads.is_empty() {
        kinds.push((F::UPLOADS, attach::downloads(world)));
        kinds.push((F::UPLOADS.div_ceil(3), Just(Action::Sweep).boxed()));
        kinds.extend(attach::again(world).map(|again| (F::UPLOADS.div_ceil(2), again)));
    }
    if world.may_turn_the_page() {
        kinds.push((4 * F::LISTS, filters::rows().prop_map(|rows| Action::NextPage { rows }).boxed()));
    }
    Union::new_weighted(kinds)
}

fn openings(world: &World) -> BoxedStrategy<Action> {
    let by = prop_oneof![
        sample::select(people::customers()).prop_map(|id| (Actor::Customer(id.clone()), id)),
        (admins(), sample::select(people::customers())).prop_map(|(by, id)| (Actor::Admin(by), id)),
    ];
    let uploads = uploads_of(world);
    let labels = (some_labels(&ABOUT), some_labels(&TAGS));
    (by, sample::select(people::categories()), valid_words(), labels, picks(world))
        .prop_map(move |((by, requester), category, words, (about, tags), pick)| {
            let words = Words { files: pick.by(&by, &uploads), ..words };
            Action::Open(Opening { by, requester, category, words, about, tags })
        })
        .boxed()
}

/// Generates labels of a new ticket, often as many as it may have and rarely more, some of them twice.
fn some_labels(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let counts = prop_oneof![4 => Just(0), 4 => 1..=3_usize, 6 => 7..=8_usize, 1 => Just(9)];
    let labels = counts.prop_flat_map(move |count| sample::subsequence(all, count).prop_shuffle());
    (labels, prop::bool::weighted(0.2)).prop_map(|(labels, twice)| {
        let again = labels.first().copied().filter(|_| twice);
        labels.into_iter().chain(again).map(String::from).collect()
    })
}

fn labels() -> impl Strategy<Value = Label> {
    prop_oneof![
        sample::select(&TAGS[..]).prop_map(Label::Tag),
        sample::select(&ABOUT[..]).prop_map(Label::About),
    ]
}

/// Generates a follow-up, mostly of a ticket in which its customer can write no more.
fn follow_ups(world: &World) -> BoxedStrategy<Action> {
    let over = world.tickets.iter().filter(|t| t.accepts_requester(world.now, &world.policy).is_err());
    let over: Vec<_> = over.map(|ticket| (ticket.head.ticket, ticket.head.requester.clone())).collect();
    let mut kinds = vec![(1, owned(world).boxed())];
    if !over.is_empty() {
        kinds.push((3, sample::select(over).boxed()));
    }
    let again = Words { key: people::keys().pop(), ..without_key(&TEXTS[0]) };
    let uploads = uploads_of(world);
    (Union::new_weighted(kinds), prop_oneof![words(), Just(again)], picks(world))
        .prop_map(move |((ticket, by), words, pick)| {
            let files = pick.by(&Actor::Customer(by.clone()), &uploads);
            Action::FollowUp { ticket, by, words: Words { files, ..words } }
        })
        .boxed()
}

fn requests(world: &World) -> BoxedStrategy<Request> {
    let by_customer = prop_oneof![
        5 => words().prop_map(|words| What::Write(words, Then::Nothing)),
        1 => Just(What::Status(Status::Closed)),
    ];
    let customers = (owned(world), by_customer).prop_map(|((ticket, by), what)| Request {
        ticket,
        by: Actor::Customer(by),
        what,
        guard: Guard::Nothing,
    });
    let others = prop_oneof![
        2 => words().prop_map(|words| (Actor::Bot, What::Write(words, Then::Nothing))),
        1 => Just((Actor::System, What::Status(Status::Closed))),
    ];
    let others = (tickets(world), others).prop_map(|(ticket, (by, what))| Request {
        ticket,
        by,
        what,
        guard: Guard::Nothing,
    });
    let mut kinds = vec![
        (40, customers.boxed()),
        (80, by_admin(world).boxed()),
        (20, others.boxed()),
        (3, not_permitted(world).boxed()),
    ];
    let with_turn = world.tickets.iter().filter(|ticket| ticket.turn.is_some());
    let with_turn: Vec<usize> = with_turn.map(|ticket| ticket.head.ticket).collect();
    if !with_turn.is_empty() {
        let current = |ticket: &&usize| world.tickets[**ticket].is_as_read();
        let current: Vec<usize> = with_turn.iter().filter(current).copied().collect();
        if !current.is_empty() {
            kinds.push((30, in_turn(current)));
        }
        kinds.push((15, in_turn(with_turn)));
    }
    let uploads = uploads_of(world);
    (Union::new_weighted(kinds), picks(world))
        .prop_map(move |(request, pick)| {
            let files = pick.by(&request.by, &uploads);
            Request { what: request.what.with_files(files), ..request }
        })
        .boxed()
}

/// Generates what the bot does in the last turn of a ticket, often long after its beginning.
fn in_turn(tickets: Vec<usize>) -> BoxedStrategy<Request> {
    let what = prop_oneof![
        2 => words().prop_map(|words| What::Write(words, Then::Nothing)),
        4 => words().prop_map(What::HandOver),
        2 => texts().prop_map(What::Draft),
    ];
    (sample::select(tickets), what)
        .prop_map(|(ticket, what)| Request { ticket, by: Actor::Bot, what, guard: Guard::Turn })
        .boxed()
}

fn turns(world: &World) -> BoxedStrategy<Action> {
    tickets(world).prop_map(|ticket| Action::Turn { ticket }).boxed()
}

/// Generates a change by somebody who never makes such a change.
fn not_permitted(world: &World) -> impl Strategy<Value = Request> + use<> {
    let actors = prop_oneof![
        sample::select(people::customers()).prop_map(Actor::Customer),
        admins().prop_map(Actor::Admin),
        Just(Actor::Bot),
        Just(Actor::System),
    ];
    let words = || without_key(&TEXTS[0]);
    let wait = Wait::new(WaitingFor::Customer);
    let what = vec![
        What::Write(words(), Then::Nothing),
        What::Write(words(), Then::Status(Status::Resolved)),
        What::Write(words(), Then::Wait(wait)),
        What::Note(&TEXTS[0], Files::default()),
        What::HandOver(words()),
        What::Draft(&TEXTS[4]),
        What::Draft(&TEXTS[5]),
        What::DiscardDraft,
        What::Status(Status::Open),
        What::Status(Status::Closed),
        What::Priority(Priority::High),
        What::Assign(None),
        What::Claim,
        What::Wait(wait),
        What::EndWait,
        What::Add(Label::Tag(TAGS[0])),
        What::Remove(Label::Tag(TAGS[0])),
        What::Add(Label::About(ABOUT[0])),
        What::Remove(Label::About(ABOUT[0])),
    ];
    let what = sample::select(what);
    (tickets(world), actors, what)
        .prop_filter("nobody offers it", |(_, by, what)| !is_permitted(by, what))
        .prop_map(|(ticket, by, what)| Request { ticket, by, what, guard: Guard::Nothing })
}

const OPEN_ENDED: [Status; 3] = [Status::Open, Status::InProgress, Status::Resolved];

fn by_admin(world: &World) -> impl Strategy<Value = Request> + use<> {
    let states = world.tickets.iter().map(|ticket| (ticket.head.version, ticket.turn.is_some()));
    let states: Vec<(u64, bool)> = states.collect();
    let guards = prop_oneof![1 => Just(Guard::Turn), 1 => Just(Guard::Unversioned)];
    let guards = option::weighted(0.2, guards);
    (tickets(world), admins(), changes(world, words().boxed(), texts().boxed()), offsets(), guards)
        .prop_map(move |(ticket, by, what, offset, guard)| {
            let (version, has_turn) = states.get(ticket).copied().unwrap_or((0, false));
            let guard = match (offset, guard.filter(|_| has_turn)) {
                (Some(offset), _) => Guard::Version(version.saturating_add_signed(offset)),
                (None, guard) => guard.unwrap_or(Guard::Nothing),
            };
            Request { ticket, by: Actor::Admin(by), what, guard }
        })
}

/// Generates a change to some tickets, of which one may be named twice.
fn bulks(world: &World) -> impl Strategy<Value = Bulk> + use<> {
    let named = (tickets(world), sample::select(HANDS.to_vec()));
    let text = || (0..4_usize).prop_map(|at| &TEXTS[at]).boxed();
    let words = (text(), option::weighted(0.5, sample::select(people::keys())));
    let words = words.prop_map(|(text, key)| Words { key, ..without_key(text) }).boxed();
    let versions = option::weighted(0.2, 0..4_u64);
    let uploads = uploads_of(world);
    let named = prop::collection::vec(named, 1..5);
    (admins(), named, changes(world, words, text()), versions, picks(world)).prop_map(
        move |(by, tickets, what, expecting, pick)| {
            let what = what.with_files(pick.by(&Actor::Admin(by.clone()), &uploads));
            // No ticket is looked for then, so another spelling of a number is another number.
            let is_refused = attach::no_ticket_takes_files_of(&what);
            let spelled = |(ticket, hand)| match hand {
                Hand::Blank => (ticket, Hand::Blank),
                hand => (ticket, if is_refused { Hand::Exact } else { hand }),
            };
            let tickets = tickets.into_iter().map(spelled).collect();
            Bulk { by, tickets, what, expecting }
        },
    )
}

fn changes(
    world: &World,
    words: BoxedStrategy<Words>,
    texts: BoxedStrategy<&'static people::Typed>,
) -> impl Strategy<Value = What> + use<> {
    let drafts = if world.tickets.iter().any(|ticket| ticket.draft.is_some()) { 5 } else { 1 };
    // What is closed is over, so it mustn't come too soon.
    let statuses = || prop_oneof![1 => sample::select(Status::ALL.to_vec()), 2 => sample::select(OPEN_ENDED.to_vec())];
    let is_begun_later = |on: &Waiting| world.now < on.since;
    let mut waiting = world.tickets.iter().filter_map(|ticket| ticket.head.waiting.as_ref());
    let again = if waiting.any(is_begun_later) { 20 } else { 4 };
    let waits = waits(world).boxed();
    let thens = prop_oneof![
        6 => Just(Then::Nothing),
        4 => statuses().prop_map(Then::Status),
        3 => waits.clone().prop_map(Then::Wait),
    ];
    prop_oneof![
        6 => (words, thens).prop_map(|(words, then)| What::Write(words, then)),
        2 => texts.prop_map(|text| What::Note(text, Files::default())),
        4 => statuses().prop_map(What::Status),
        3 => sample::select(Priority::ALL.to_vec()).prop_map(What::Priority),
        2 => option::weighted(0.6, admins()).prop_map(What::Assign),
        2 => Just(What::Claim),
        again => waits.prop_map(What::Wait),
        2 => Just(What::EndWait),
        drafts => Just(What::DiscardDraft),
        4 => (labels(), any::<bool>())
            .prop_map(|(label, adds)| if adds { What::Add(label) } else { What::Remove(label) }),
    ]
}

/// Generates a wait that ends before, at or after the next step, or never; sometimes one
/// that is on.
fn waits(world: &World) -> impl Strategy<Value = Wait> + use<> {
    let ends = [-HOUR, 0, 1, MINUTE, HOUR, HOUR, DAY - 1, DAY, DAY + HOUR, 3 * DAY];
    let ends = ends.map(|ms| later(world.now, ms)).to_vec();
    let parties = sample::select(WaitingFor::ALL.to_vec());
    let begun = (parties, option::weighted(0.75, sample::select(ends)))
        .prop_map(|(party, end)| Wait::new(party).until(end));
    let on = || world.tickets.iter().filter_map(|ticket| ticket.head.waiting);
    let same = |on: Waiting| Wait::new(on.party).until(on.until);
    // A clock that went back may have left the beginning in the future.
    let later_begun = on().filter(|on| world.now < on.since);
    let too_short = later_begun.map(|on| same(on).until(later(on.since, -1))).collect::<Vec<_>>();
    let on: Vec<Wait> = on().map(same).collect();
    let mut kinds = vec![(4, begun.boxed())];
    if !on.is_empty() {
        kinds.push((1, sample::select(on).boxed()));
    }
    if !too_short.is_empty() {
        kinds.push((4, sample::select(too_short).boxed()));
    }
    Union::new_weighted(kinds)
}

/// Generates the expected version: the current one, an older one, or a future one.
fn offsets() -> impl Strategy<Value = Option<i64>> {
    option::weighted(0.2, sample::select(vec![0, 0, 0, -1, -2, -5, 1]))
}

const HANDS: [Hand; 6] =
    [Hand::Exact, Hand::Lower, Hand::Hash, Hand::NoPrefix, Hand::Letters, Hand::Blank];

fn reads(world: &World) -> impl Strategy<Value = Read> + use<> {
    let customers = owned(world).prop_map(|(ticket, by)| (ticket, Actor::Customer(by)));
    let admins = (tickets(world), admins()).prop_map(|(ticket, by)| (ticket, Actor::Admin(by)));
    let asked = prop_oneof![customers, admins].boxed();
    let windows = prop_oneof![
        Just(MessageRange::All),
        (0..4_u32).prop_map(MessageRange::Last),
        (0..5_u32, 0..4_u32).prop_map(|(first, count)| MessageRange::From { first, count }),
    ];
    prop_oneof![
        (asked.clone(), windows).prop_map(|((ticket, by), window)| Read::View { ticket, by, window }),
        (asked, sample::select(HANDS.to_vec())).prop_map(|((ticket, by), hand)| Read::Find {
            ticket,
            by,
            hand
        }),
        tickets(world).prop_map(|ticket| Read::View {
            ticket,
            by: Actor::Bot,
            window: MessageRange::All
        }),
        self::admins().prop_map(Read::Counts),
        periods(world),
    ]
}

/// Generates the period of a report, mostly one in which something happened.
fn periods(world: &World) -> impl Strategy<Value = Read> + use<> {
    let turns = world.tickets.iter().flat_map(|ticket| ticket.turns(world.now));
    let ends = [-3 * DAY, -HOUR, 0, 1, DAY].map(|ms| later(world.now, ms));
    let instants: Vec<_> = turns.flat_map(|at| [at, later(at, 1)]).chain(ends).collect();
    (sample::select(instants.clone()), sample::select(instants)).prop_map(|(one, other)| Read::Report {
        from: one.min(other),
        before: one.max(other).max(later(one.min(other), 1)),
    })
}

pub(super) fn admins() -> impl Strategy<Value = UserId> {
    sample::select(people::admins())
}

/// Generates a ticket; rarely the one that doesn't exist.
fn tickets(world: &World) -> impl Strategy<Value = usize> + use<> {
    let count = world.tickets.len();
    prop_oneof![30 => 0..count, 1 => Just(count)]
}

/// Generates a ticket and a customer, mostly its own.
fn owned(world: &World) -> impl Strategy<Value = (usize, UserId)> + use<> {
    let owners: Vec<_> = world.tickets.iter().map(|ticket| ticket.head.requester.clone()).collect();
    (tickets(world), sample::select(people::customers()), prop::bool::weighted(0.1)).prop_map(
        move |(ticket, other, foreign)| match owners.get(ticket) {
            Some(owner) if !foreign => (ticket, owner.clone()),
            _ => (ticket, other),
        },
    )
}

fn texts() -> impl Strategy<Value = &'static people::Typed> {
    // Mostly one text, so that a key often comes back with the same one.
    prop_oneof![
        5 => Just(&TEXTS[0]),
        5 => (0..4_usize).prop_map(|at| &TEXTS[at]),
        2 => (4..TEXTS.len()).prop_map(|at| &TEXTS[at]),
    ]
}

fn words() -> impl Strategy<Value = Words> {
    (texts(), option::weighted(0.5, sample::select(people::keys())))
        .prop_map(|(text, key)| Words { key, ..without_key(text) })
}

fn without_key(text: &'static people::Typed) -> Words {
    Words { text, key: None, files: Files::default() }
}

/// Generates the text of a validated form, which only a limit of the policy can refuse.
fn valid_words() -> impl Strategy<Value = Words> {
    words().prop_map(|words| match words.text.clean {
        Ok(_) => words,
        Err(_) => Words { text: &TEXTS[0], ..words },
    })
}
