//! Faults of other help desks, which these crates must not have. Each test names the help desk.

use super::*;
use SlaMetric::{FirstResponse, NextResponse, Resolution};
use SlaState::{AtRisk, Breached, Cancelled, Met, Running};
use Status::{InProgress, Open, Resolved};

/// Ana's ticket at a desk that never rests: 4, 8 and 40 hours.
fn opened() -> Case {
    Case::new(desk(BusinessCalendar::always()))
}

/// The same, answered after one hour.
fn answered() -> Case {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, message("Lo miro"));
    case
}

fn since(timer: &SlaTimer) -> i64 {
    timer.since.as_millis() - at(0).as_millis()
}

/// Escalated: `RecordFirstResponse` overwrites the time with every reply.
#[test]
fn a_later_reply_does_not_overwrite_the_first_response() {
    let mut case = answered();
    let first = timer(&case, FirstResponse).clone();
    for hour in [2, 9, 30] {
        case.must(&admin("eva"), hour * HOUR, message("Sigo con ello"));
        assert_eq!(*timer(&case, FirstResponse), first);
        assert_eq!(case.head().first_response_at, Some(at(HOUR)));
    }
    assert_eq!(first.state(sla_of(&case).business_time_at(at(30 * HOUR))), Met);
}

/// Selli: each message of the customer restarts the timer, and its breach is gone.
#[test]
fn a_follow_up_message_neither_restarts_the_timer_nor_erases_the_breach() {
    let mut case = answered();
    for (hour, expected) in [(2, Running), (7, Running), (8, AtRisk), (11, Breached), (20, Breached)] {
        case.must(&customer("ana"), hour * HOUR, message("¿Y bien?"));
        assert_eq!(since(timer(&case, NextResponse)), 2 * HOUR);
        assert_eq!(state(&case, NextResponse, at(hour * HOUR)), expected, "{hour}");
    }
    case.must(&admin("luis"), 21 * HOUR, message("Aquí estoy"));
    assert_eq!(state(&case, NextResponse, at(21 * HOUR)), Breached);
    assert_eq!(timer(&case, NextResponse).measured().expect("an answer").business, hours(19.0));
}

/// Selli: the customer writes again before the first response.
#[test]
fn writing_again_before_the_first_response_starts_no_second_timer() {
    let mut case = opened();
    let before = timers(&case).clone();
    for hour in [1, 5, 9] {
        case.must(&customer("ana"), hour * HOUR, message("¿Hay alguien?"));
        assert_eq!(*timers(&case), before);
    }
    assert_eq!(state(&case, FirstResponse, at(9 * HOUR)), Breached);
}

/// Frappe Helpdesk: a change of status counts as the first response.
#[test]
fn a_status_change_alone_is_no_first_response() {
    let mut case = opened();
    for (hour, to) in [(1, InProgress), (2, Open), (3, InProgress)] {
        case.must(&admin("luis"), hour * HOUR, Change::status(to));
        assert!(timer(&case, FirstResponse).is_running());
    }
    assert_eq!(state(&case, FirstResponse, at(5 * HOUR)), Breached);
    case.must(&admin("luis"), 6 * HOUR, Change::status(Resolved));
    assert_eq!(timer(&case, FirstResponse).measured(), None, "nobody ever answered");
    assert_eq!(state(&case, FirstResponse, at(6 * HOUR)), Breached);
    assert_eq!(case.head().first_response_at, None);
}

/// Escalated-go: `CheckBreaches` examines only the newest 200.
#[test]
fn a_breach_is_found_on_read_however_many_tickets_there_are() {
    let cases: Vec<Case> = (0..1_000)
        .map(|minute| Case::opened(Category::BUG, minute * 60_000, desk(BusinessCalendar::always())))
        .collect();
    let breached = |now| cases.iter().filter(|case| state(case, FirstResponse, now) == Breached).count();
    assert_eq!(breached(at(4 * HOUR)), 0);
    assert_eq!(breached(off(at(4 * HOUR), 1)), 1, "the oldest first");
    assert_eq!(breached(at(24 * HOUR)), 1_000);
}

/// Help desks with a periodic check date a breach by the check.
#[test]
fn a_breach_is_of_the_due_time_whenever_it_is_noticed() {
    let case = opened();
    for hour in [5, 50, 5_000] {
        assert_eq!(state(&case, FirstResponse, at(hour * HOUR)), Breached);
        let due = timer(&case, FirstResponse).due;
        assert_eq!(sla_of(&case).calendar().timestamp_at(due), at(4 * HOUR));
    }
}

/// Chatwoot: the next response is still waited for.
#[test]
fn no_next_response_is_waited_for_after_it_is_resolved() {
    for change in [
        Change::status(Resolved),
        Change::status(Status::Closed),
        Change::reply(text("Hecho"), Resolved),
        Change::reply(text("Hecho"), Status::Closed),
    ] {
        let mut case = answered();
        case.must(&customer("ana"), 2 * HOUR, message("¿Y bien?"));
        case.must(&admin("luis"), 3 * HOUR, change.clone());
        assert_eq!((timers(&case).due(), timers(&case).at_risk_from()), (None, None));
        let state = state(&case, NextResponse, at(500 * HOUR));
        assert!(matches!(state, Cancelled | Met), "{change:?}: {state}");
    }
}

/// osTicket: the due time moves when the status does.
#[test]
fn a_status_change_does_not_delay_the_timer() {
    let mut case = answered();
    case.must(&customer("ana"), 2 * HOUR, message("¿Y bien?"));
    let before = timers(&case).clone();
    for (hour, to) in [(3, InProgress), (4, Open), (5, InProgress)] {
        case.must(&admin("luis"), hour * HOUR, Change::status(to));
        assert_eq!(*timers(&case), before);
    }
    for change in [Change::claim(), Change::assign(Some(id("eva"))), Change::note(text("Ojo"))] {
        case.must(&admin("luis"), 6 * HOUR, change);
        assert_eq!(*timers(&case), before);
    }
}

/// Zammad: an update's target replaces the first response's.
#[test]
fn an_update_does_not_overrule_the_first_response() {
    let mut case = opened();
    case.must(&customer("ana"), HOUR, message("Se me olvidaba una cosa"));
    case.must(&Actor::Bot, HOUR, message("Anotado"));
    case.must(&admin("luis"), 2 * HOUR, Change::status(InProgress));
    assert_eq!(timers(&case).next_response, None);
    assert_eq!(timers(&case).due(), Some(timer(&case, FirstResponse).due));
    assert_eq!(sla_of(&case).calendar().timestamp_at(timer(&case, FirstResponse).due), at(4 * HOUR));
}

/// Chatwoot: a day has one opening and one closing time.
#[test]
fn each_window_of_a_day_counts() {
    let week = Week::weekdays("08:00-10:00 11:00-12:00 15:00-16:00".parse().expect("hours"));
    let calendar = BusinessCalendar::new(TimeZone::named("Europe/Madrid").expect("a zone"), week)
        .expect("a calendar");
    let case = Case::opened(Category::BUG, ms("2026-03-03T07:00:00+01:00"), desk(calendar));
    let due = |metric| sla_of(&case).calendar().timestamp_at(timer(&case, metric).due);
    assert_eq!(due(FirstResponse), time("2026-03-03T16:00:00+01:00"));
    let three = timer(&case, FirstResponse).at_risk_from();
    assert_eq!(sla_of(&case).calendar().timestamp_at(three), time("2026-03-03T12:00:00+01:00"));
}

/// Frappe Helpdesk: averages are of days, rounded up.
#[test]
fn measured_time_is_not_rounded() {
    let mut case = opened();
    case.must(&admin("luis"), 1, message("Lo miro"));
    case.must(&admin("luis"), 24 * HOUR + 1, Change::status(Resolved));
    let measured = |metric| timer(&case, metric).measured().expect("it stopped").business.as_millis();
    assert_eq!((measured(FirstResponse), measured(Resolution)), (1, 24 * 3_600_000 + 1));
}

/// django-helpdesk: only its templates know the table of transitions.
#[test]
fn a_refused_transition_affects_no_timer() {
    for (by, change) in [
        (customer("ana"), Change::status(Status::Closed)),
        (Actor::System, Change::status(Status::Closed)),
        (Actor::Bot, Change::status(Resolved)),
        (customer("ana"), Change::reply(text("Ya está"), Resolved)),
    ] {
        let mut case = answered();
        let before = case.ticket.clone();
        assert!(matches!(case.does(&by, 2 * HOUR, change), Answer::Refused(_)));
        assert_eq!(case.ticket, before);
    }
    let mut resolved = answered();
    resolved.must(&admin("luis"), 2 * HOUR, Change::status(Resolved));
    let refused = resolved.does(&admin("luis"), 3 * HOUR, Change::reply(text("No"), Open));
    assert!(matches!(refused, Answer::Refused(Refusal::Transition { .. })));
    assert!(!timer(&resolved, Resolution).is_running());
}

/// osTicket: a reply that is sent twice counts twice.
#[test]
fn a_reply_that_is_sent_twice_stops_one_timer() {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, Change::message(keyed("Lo miro", "k")));
    case.must(&customer("ana"), 2 * HOUR, message("¿Y bien?"));
    let before = timers(&case).clone();
    let again = case.does(&admin("luis"), 3 * HOUR, Change::message(keyed("Lo miro", "k")));
    assert!(matches!(again, Answer::Repeated(_)));
    assert_eq!(*timers(&case), before);
    assert!(timer(&case, NextResponse).is_running());
}

/// In some help desks a new priority restarts the timer, so that raising it delays the ticket.
#[test]
fn another_priority_counts_from_the_opening() {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, Change::priority(Priority::High));
    let due = |metric| sla_of(&case).calendar().timestamp_at(timer(&case, metric).due);
    assert_eq!((due(FirstResponse), due(Resolution)), (at(2 * HOUR), at(16 * HOUR)));
}
