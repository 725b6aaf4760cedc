//! Effects of changes on SLA timers.

use super::*;
use SlaMetric::{FirstResponse, NextResponse, Resolution};

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
        Change::wait(customers(Some(9))),
        Change::reply_and_wait(text("¿Cuál?"), customers(None)),
        Change::end_wait(),
        Change::hand_over(text("Ojo")),
        Change::draft(text("Hecho")),
        Change::discard_draft(),
    ];
    [&statuses[..], &replies, &others].concat()
}

#[test]
fn timers_change_no_answer() {
    for status in Status::ALL {
        for by in ActorKind::ALL.map(actor) {
            for change in changes() {
                let [mut without, mut with] =
                    [Policy::default(), promising()].map(|policy| Case::in_status(status, policy));
                let answers = [&mut without, &mut with].map(|case| case.does(&by, 7, change.clone()));
                assert_eq!(answers[0], answers[1], "{status} {by:?} {change:?}");
                let record = TicketRecord { sla: None, ..with.ticket.clone().into() };
                assert_eq!(Ticket::from(record), without.ticket);
            }
        }
    }
}

#[test]
fn the_day_at_the_desk_is_the_same_with_timers() {
    let [mut without, mut with] = [Policy::default(), promising()].map(Case::new);
    for (by, ms, change, _) in day_at_the_desk() {
        assert_eq!(without.does(&by, ms, change.clone()), with.does(&by, ms, change));
        let record = TicketRecord { sla: None, ..with.ticket.clone().into() };
        assert_eq!(Ticket::from(record), without.ticket);
    }
}

/// State of each timer: running, stopped by a response, or cancelled.
fn stands(case: &Case) -> Vec<(SlaMetric, &'static str)> {
    let timers = case.head().sla.as_deref().expect("the desk has targets");
    let stands = |timer: &SlaTimer| match &timer.stop {
        None => "runs",
        Some(stop) if stop.cancelled => "cancelled",
        Some(_) => "stopped",
    };
    timers.all().map(|(metric, timer)| (metric, stands(timer))).collect()
}

#[test]
fn each_change_affects_its_timers() {
    let (first, next, resolution) = (FirstResponse, NextResponse, Resolution);
    let new = [(first, "runs"), (resolution, "runs")];
    let answered = [(first, "stopped"), (resolution, "runs")];
    let asked_again = [(first, "stopped"), (next, "runs"), (resolution, "runs")];
    let answered_again = [(first, "stopped"), (next, "stopped"), (resolution, "runs")];
    let asked_a_third_time =
        [(first, "stopped"), (next, "runs"), (resolution, "runs"), (next, "stopped")];
    let solved = [(first, "stopped"), (resolution, "stopped")];
    let solved_again = [(first, "stopped"), (next, "stopped"), (resolution, "stopped")];
    let given_up = [(first, "cancelled"), (resolution, "stopped")];
    let given_up_again = [(first, "stopped"), (next, "cancelled"), (resolution, "stopped")];
    let resumed = [(first, "cancelled"), (resolution, "runs")];
    let asked_after_all = [(first, "cancelled"), (next, "runs"), (resolution, "runs")];

    let (ana, luis, system) = (&customer("ana"), &admin("luis"), &Actor::System);
    let reply = |to| Change::reply(text("Hecho"), to);
    let answer = || (luis, message("Lo miro"));
    let ask = || (ana, message("¿Y?"));
    let sets = |to| (luis, Change::status(to));
    let solve = || (luis, reply(Resolved));
    for (before, by, change, expected) in [
        (vec![], ana, message("Hola"), &new[..]),
        (vec![], &Actor::Bot, message("Hola"), &new),
        (vec![], &admin("ana"), message("Soy yo"), &new),
        (vec![], &admin("ana"), reply(Resolved), &given_up),
        (vec![], luis, message("Hola"), &answered),
        (vec![], luis, reply(Open), &answered),
        (vec![], luis, reply(InProgress), &answered),
        (vec![sets(InProgress)], luis, reply(Open), &answered),
        (vec![], luis, reply(Resolved), &solved),
        (vec![], luis, reply(Closed), &solved),
        (vec![], luis, Change::status(InProgress), &new),
        (vec![sets(InProgress)], luis, Change::status(Open), &new),
        (vec![], luis, Change::status(Resolved), &given_up),
        (vec![], luis, Change::status(Closed), &given_up),
        (vec![], luis, Change::claim(), &new),
        (vec![(luis, Change::claim())], luis, Change::assign(None), &new),
        (vec![], luis, Change::note(text("Ojo")), &new),
        (vec![], luis, Change::priority(Priority::High), &new),
        (vec![answer()], luis, Change::priority(Priority::High), &answered),
        (vec![answer()], luis, message("Sigo"), &answered),
        (vec![answer()], &Actor::Bot, message("¿Todo bien?"), &answered),
        (vec![answer()], &admin("ana"), message("Soy yo"), &answered),
        (vec![answer()], ana, message("¿Y?"), &asked_again),
        (vec![answer(), ask()], ana, message("¿Hola?"), &asked_again),
        (vec![answer(), ask()], &Actor::Bot, message("Ya va"), &asked_again),
        (vec![answer(), ask()], &admin("ana"), message("Soy yo"), &asked_again),
        (vec![answer(), ask()], luis, Change::note(text("Ojo")), &asked_again),
        (vec![answer(), ask()], luis, Change::priority(Priority::High), &asked_again),
        (vec![answer(), ask()], luis, message("Ya va"), &answered_again),
        (vec![answer(), ask()], luis, reply(Resolved), &solved_again),
        (vec![answer(), ask()], luis, reply(Closed), &solved_again),
        (vec![answer(), ask()], luis, Change::status(Resolved), &given_up_again),
        (vec![answer(), ask()], luis, Change::status(Closed), &given_up_again),
        (vec![answer(), ask(), answer()], ana, message("¿Y?"), &asked_a_third_time),
        (vec![answer(), sets(Resolved)], ana, message("No"), &asked_again),
        (vec![sets(Resolved)], ana, message("No"), &asked_after_all),
        (vec![sets(Resolved)], luis, Change::status(InProgress), &resumed),
        (vec![sets(Resolved)], luis, reply(InProgress), &resumed),
        (vec![sets(Resolved)], luis, message("Por cierto"), &given_up),
        (vec![sets(Resolved)], luis, Change::priority(Priority::High), &given_up),
        (vec![solve()], luis, reply(Resolved), &solved),
        (vec![solve()], luis, Change::status(InProgress), &answered),
        (vec![solve()], luis, Change::status(Closed), &solved),
        (vec![solve()], ana, Change::status(Closed), &solved),
        (vec![solve()], system, Change::status(Closed), &solved),
    ] {
        let mut case = Case::new(promising());
        for (by, change) in &before {
            case.must(by, 5, change.clone());
        }
        case.must(by, 14 * DAY + 5, change.clone());
        assert_eq!(stands(&case), expected, "{before:?} {by:?} {change:?}");
    }
}
