//! What a promise adds to plans.

use super::*;
use ClockStep::{Cancel, Resume, Retarget, Start, Stop};
use SlaMetric::{FirstResponse, NextResponse, Resolution};
use When::{Always, Moves, NotRequester};

fn plan(by: &Actor, change: &Change, policy: &Policy) -> Result<Plan, Refusal> {
    change.clone().plan(by, at(7), policy)
}

fn changes() -> Vec<Change> {
    let statuses = Status::ALL.map(Change::status);
    let replies = Status::ALL.map(|to| Change::reply(text("Hecho"), to));
    let others = [
        message("Hola"),
        Change::message(keyed("Hola", "k")),
        Change::note(text("Ojo")),
        Change::priority(Priority::High),
        Change::claim(),
        Change::assign(None),
        message("Hola").expecting(3),
    ];
    [&statuses[..], &replies, &others].concat()
}

fn is_clock(effect: &&Effect) -> bool {
    matches!(effect, Effect::Clock(..))
}

#[test]
fn a_promise_adds_clocks_to_a_plan_and_nothing_else() {
    for by in ActorKind::ALL.map(actor) {
        for change in changes() {
            let plans = [Policy::default(), promising()].map(|policy| plan(&by, &change, &policy));
            let [Ok(without), Ok(with)] = plans else {
                let [without, with] = plans;
                assert_eq!(without, with, "it is refused as before");
                continue;
            };
            assert_eq!((without.guards(), without.go()), (with.guards(), with.go()));
            assert!(!without.effects().iter().any(|effect| is_clock(&effect)));
            let others: Vec<&Effect> =
                with.effects().iter().filter(|effect| !is_clock(effect)).collect();
            assert_eq!(others, without.effects().iter().collect::<Vec<_>>());
            let reading = promising().sla.map(|sla| sla.reading(at(7)));
            assert_eq!((without.reading(), with.reading()), (None, reading));
        }
    }
}

#[test]
fn the_day_at_the_desk_is_the_same_with_clocks() {
    let [mut without, mut with] = [Policy::default(), promising()].map(Case::new);
    for (by, ms, change, _) in day_at_the_desk() {
        assert_eq!(without.does(&by, ms, change.clone()), with.does(&by, ms, change));
        let record = TicketRecord { sla: None, ..with.ticket.clone().into() };
        assert_eq!(Ticket::from(record), without.ticket);
    }
}

#[test]
fn each_change_asks_for_its_clocks() {
    let responses = FirstResponse | NextResponse;
    let clock = |step, clocks: EnumSet<SlaMetric>, when| Effect::Clock(step, clocks, when);
    let answers = clock(Stop, responses, NotRequester);
    let asks = clock(Start { unless: FirstResponse.into() }, NextResponse.into(), Always);
    let goes_on = clock(Resume, Resolution.into(), Moves);
    let ends = [clock(Cancel, responses, Moves), clock(Stop, Resolution.into(), Moves)];
    let reprices = clock(Retarget(Priority::High), EnumSet::all(), Always);
    let (ana, luis, system) = (customer("ana"), admin("luis"), Actor::System);
    let reply = |to| Change::reply(text("Hecho"), to);
    for (by, change, expected) in [
        (&ana, message("Hola"), vec![asks, goes_on.clone()]),
        (&ana, Change::status(Closed), ends.to_vec()),
        (&system, Change::status(Closed), ends.to_vec()),
        (&Actor::Bot, message("Hola"), vec![]),
        (&luis, message("Hola"), vec![answers.clone()]),
        (&luis, reply(Open), vec![answers.clone(), goes_on.clone()]),
        (&luis, reply(InProgress), vec![answers.clone(), goes_on.clone()]),
        (&luis, reply(Resolved), [&[answers.clone()][..], &ends].concat()),
        (&luis, reply(Closed), [&[answers][..], &ends].concat()),
        (&luis, Change::status(Open), vec![goes_on.clone()]),
        (&luis, Change::status(InProgress), vec![goes_on]),
        (&luis, Change::status(Resolved), ends.to_vec()),
        (&luis, Change::status(Closed), ends.to_vec()),
        (&luis, Change::priority(Priority::High), vec![reprices]),
        (&luis, Change::claim(), vec![]),
        (&luis, Change::assign(None), vec![]),
        (&luis, Change::note(text("Ojo")), vec![]),
    ] {
        let plan = plan(by, &change, &promising()).expect("they may");
        let clocks: Vec<Effect> = plan.effects().iter().filter(is_clock).cloned().collect();
        assert_eq!(clocks, expected, "{by:?} {change:?}");
    }
}
