//! What SLA timers add to changes.

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
fn the_day_at_the_desk_is_the_same_with_clocks() {
    let [mut without, mut with] = [Policy::default(), promising()].map(Case::new);
    for (by, ms, change, _) in day_at_the_desk() {
        assert_eq!(without.does(&by, ms, change.clone()), with.does(&by, ms, change));
        let record = TicketRecord { sla: None, ..with.ticket.clone().into() };
        assert_eq!(Ticket::from(record), without.ticket);
    }
}

/// How each timer stands: it runs, was stopped by an answer, or was cancelled.
fn stands(case: &Case) -> Vec<(SlaMetric, &'static str)> {
    let timers = case.head().sla.as_deref().expect("the desk has targets");
    let stands = |timer: &SlaClock| match &timer.stop {
        None => "runs",
        Some(stop) if stop.cancelled => "cancelled",
        Some(_) => "stopped",
    };
    timers.all().map(|(metric, timer)| (metric, stands(timer))).collect()
}

#[test]
fn each_change_moves_its_timers() {
    let (first, next, resolution) = (FirstResponse, NextResponse, Resolution);
    let new = [(first, "runs"), (resolution, "runs")];
    let answered = [(first, "stopped"), (resolution, "runs")];
    let asked_again = [(first, "stopped"), (next, "runs"), (resolution, "runs")];
    let solved = [(first, "stopped"), (resolution, "stopped")];
    let given_up = [(first, "cancelled"), (resolution, "stopped")];
    let reopened = [(first, "stopped"), (next, "runs"), (resolution, "runs")];
    let (ana, luis, system) = (customer("ana"), admin("luis"), Actor::System);
    let reply = |to| Change::reply(text("Hecho"), to);
    let answer = || (luis.clone(), message("Lo miro"));
    for (before, by, change, expected) in [
        (vec![], &ana, message("Hola"), new.to_vec()),
        (vec![], &Actor::Bot, message("Hola"), new.to_vec()),
        (vec![], &admin("ana"), message("Soy yo"), new.to_vec()),
        (vec![], &luis, message("Hola"), answered.to_vec()),
        (vec![], &luis, reply(InProgress), answered.to_vec()),
        (vec![], &luis, reply(Resolved), solved.to_vec()),
        (vec![], &luis, reply(Closed), solved.to_vec()),
        (vec![], &luis, Change::status(InProgress), new.to_vec()),
        (vec![], &luis, Change::status(Resolved), given_up.to_vec()),
        (vec![], &luis, Change::status(Closed), given_up.to_vec()),
        (vec![], &luis, Change::claim(), new.to_vec()),
        (vec![], &luis, Change::note(text("Ojo")), new.to_vec()),
        (vec![], &luis, Change::priority(Priority::High), new.to_vec()),
        (vec![answer()], &ana, message("¿Y?"), asked_again.to_vec()),
        (
            vec![answer(), (luis.clone(), Change::status(Resolved))],
            &ana,
            message("No"),
            reopened.to_vec(),
        ),
        (vec![(luis.clone(), reply(Resolved))], &luis, Change::status(InProgress), answered.to_vec()),
        (vec![(luis.clone(), reply(Resolved))], &ana, Change::status(Closed), solved.to_vec()),
        (vec![(luis.clone(), reply(Resolved))], &system, Change::status(Closed), solved.to_vec()),
    ] {
        let mut case = Case::new(promising());
        for (by, change) in before {
            case.must(&by, 5, change);
        }
        case.must(by, 14 * DAY + 5, change.clone());
        assert_eq!(stands(&case), expected, "{by:?} {change:?}");
    }
}
