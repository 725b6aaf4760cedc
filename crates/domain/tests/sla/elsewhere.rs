//! Timers of tickets that another application has answered, resolved, closed or reopened.

use serde_json::{Value, json};

use super::*;
use SlaMetric::{FirstResponse, NextResponse, Resolution};

/// Ana's ticket, open since Monday 2 March at 13:00, as the other application leaves it.
fn left(case: &Case, fields: Value) -> Case {
    let mut document = serde_json::to_value(&case.ticket).expect("a ticket is JSON");
    let (Value::Object(document), Value::Object(fields)) = (&mut document, fields) else {
        panic!("two objects");
    };
    document.extend(fields);
    let ticket = serde_json::from_value(Value::Object(document.clone())).expect("a ticket");
    Case { ticket, ..case.clone() }
}

fn opened() -> Case {
    Case::new(desk(office()))
}

/// Returns the corrected timers.
fn truly(case: &Case) -> SlaTimers {
    case.head().timers(sla_of(case)).expect("it was opened with targets")
}

fn stop(case: &Case, at: &str, cancelled: bool) -> Option<SlaStop> {
    Some(SlaStop {
        at: time(at),
        business_time: sla_of(case).business_time_at(time(at)),
        by: None,
        cancelled,
    })
}

/// The office opens at nine.
const TUESDAY: &str = "2026-03-03T10:00:00.000+01:00";
const WEDNESDAY: &str = "2026-03-04T10:00:00.000+01:00";
const THURSDAY: &str = "2026-03-05T10:00:00.000+01:00";

#[test]
fn timers_of_tickets_changed_only_here_need_no_correction() {
    let (ana, luis) = (customer("ana"), admin("luis"));
    let mut case = opened();
    for (by, at, change) in [
        (&luis, "2026-03-02T18:00:00+01:00", message("Lo miro")),
        (&ana, TUESDAY, message("¿Y bien?")),
        (&luis, WEDNESDAY, Change::status(Status::Resolved)),
        (&ana, WEDNESDAY, message("No está resuelto")),
        (&luis, THURSDAY, Change::reply(text("Hecho"), Status::Closed)),
    ] {
        assert_eq!(truly(&case), *timers(&case));
        case.must(by, ms(at), change);
    }
    assert_eq!(truly(&case), *timers(&case));
    assert_eq!(Case::new(Policy::default()).head().timers(sla_of(&case)), None);
}

#[test]
fn an_answer_elsewhere_stops_the_first_response_when_it_came() {
    let answer = json!({"content": "Lo miro", "role": "ADMIN", "createdAt": TUESDAY});
    let ours = json!({"content": "No carga", "role": "USER", "createdAt": at(0)});
    for fields in [json!({"messages": [ours, answer]}), json!({"firstResponseAt": TUESDAY})] {
        let case = left(&opened(), fields);
        let timers = truly(&case);
        assert_eq!(timers.first_response.stop, stop(&case, TUESDAY, false));
        // 1 and 3 hours on Monday, one on Tuesday: an hour over the target.
        assert_eq!(timers.first_response.measured().unwrap().business, hours(5.0));
        assert_eq!(
            timers.first_response.state(sla_of(&case).business_time_at(time(TUESDAY))),
            SlaState::Breached
        );
        assert!(timers.resolution.is_running());
        assert_eq!(timers.next_response, None);
    }
}

#[test]
fn a_ticket_resolved_elsewhere_has_no_running_timer() {
    let mut asked = opened();
    asked.must(&admin("luis"), HOUR, message("Lo miro"));
    asked.must(&customer("ana"), 2 * HOUR, message("¿Y bien?"));
    for (fields, when) in [
        (json!({"status": "RESOLVED", "resolvedAt": TUESDAY, "updatedAt": WEDNESDAY}), TUESDAY),
        (json!({"status": "RESOLVED", "updatedAt": WEDNESDAY}), WEDNESDAY),
        (json!({"status": "RESOLVED", "resolvedAt": null, "updatedAt": WEDNESDAY}), WEDNESDAY),
        (
            json!({"status": "CLOSED", "closedAt": THURSDAY, "resolvedAt": TUESDAY, "updatedAt": THURSDAY}),
            TUESDAY,
        ),
        (json!({"status": "CLOSED", "closedAt": null, "updatedAt": THURSDAY}), THURSDAY),
    ] {
        let new = left(&opened(), fields.clone());
        let timers = truly(&new);
        assert_eq!(timers.first_response.stop, stop(&new, when, true), "nobody answered");
        assert_eq!(timers.resolution.stop, stop(&new, when, false));

        let asked = left(&asked, fields);
        let timers = truly(&asked);
        assert_eq!(timers.next_response.as_ref().unwrap().stop, stop(&asked, when, true));
        assert_eq!(timers.resolution.stop, stop(&asked, when, false));
        assert_eq!(timers.first_response, timer(&asked, FirstResponse).clone());
        assert_eq!((timers.due(), timers.at_risk_from()), (None, None));
        assert_eq!(timers.last_stop(), Some(time(when)));
    }
}

#[test]
fn a_ticket_answered_and_resolved_elsewhere_has_both_stops() {
    let fields = json!({"status": "CLOSED", "firstResponseAt": TUESDAY, "resolvedAt": WEDNESDAY,
        "closedAt": THURSDAY, "updatedAt": THURSDAY});
    let case = left(&opened(), fields);
    let timers = truly(&case);
    assert_eq!(timers.first_response.stop, stop(&case, TUESDAY, false));
    assert_eq!(timers.resolution.stop, stop(&case, WEDNESDAY, false));
}

#[test]
fn an_answer_after_the_resolution_elsewhere_is_no_first_response() {
    for (answered, cancelled) in [(TUESDAY, false), (WEDNESDAY, true)] {
        let fields = json!({"status": "RESOLVED", "resolvedAt": TUESDAY, "firstResponseAt": answered,
            "updatedAt": WEDNESDAY});
        let case = left(&opened(), fields);
        assert_eq!(truly(&case).first_response.stop, stop(&case, TUESDAY, cancelled));
    }
}

#[test]
fn a_stop_made_here_is_kept() {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, Change::reply(text("Hecho"), Status::Resolved));
    let before = timers(&case).clone();
    for fields in [
        json!({"status": "CLOSED", "closedAt": THURSDAY, "updatedAt": THURSDAY}),
        json!({"status": "CLOSED", "resolvedAt": null, "firstResponseAt": null, "updatedAt": THURSDAY}),
        json!({"resolvedAt": WEDNESDAY}),
    ] {
        assert_eq!(truly(&left(&case, fields)), before);
    }
}

/// The time of the reopening is unknown: the timer resumes with the next change by these crates
/// that makes the ticket live.
#[test]
fn a_ticket_reopened_elsewhere_resumes_its_timer_with_the_next_change() {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, Change::reply(text("Hecho"), Status::Resolved));
    let before = timers(&case).clone();
    let mut case = left(&case, json!({"status": "OPEN", "updatedAt": TUESDAY}));
    assert_eq!(case.head().resolved_at, None);
    assert_eq!(truly(&case), before);
    case.must(&admin("eva"), ms(WEDNESDAY), Change::status(Status::InProgress));
    assert!(timer(&case, Resolution).is_running());
    // An hour before it was resolved, and one now.
    let later = sla_of(&case).business_time_at(time("2026-03-04T11:00:00+01:00"));
    assert_eq!(later.since(timer(&case, Resolution).start), hours(2.0));
}

#[test]
fn null_equals_absent_in_timers() {
    let mut case = opened();
    case.must(&admin("luis"), HOUR, message("Lo miro"));
    case.must(&customer("ana"), 2 * HOUR, message("¿Y bien?"));
    let mut document = serde_json::to_value(&case.ticket).unwrap();
    let timers = document["sla"].as_object_mut().unwrap();
    timers.insert("earlierResponses".to_owned(), Value::Null);
    timers["firstResponse"]["stop"]["cancelled"] = Value::Null;
    timers["resolution"]["stop"] = Value::Null;
    timers["nextResponse"]["stop"] = Value::Null;
    assert_eq!(serde_json::from_value::<Ticket>(document.clone()).unwrap(), case.ticket);
    document["sla"] = Value::Null;
    let ticket: Ticket = serde_json::from_value(document).unwrap();
    assert_eq!(ticket.head().sla, None);
    assert_eq!(ticket.head().timers(sla_of(&case)), None);
    assert_eq!(timer(&case, NextResponse).stop, None);
}

/// A ticket that waits since Tuesday, without an end.
fn waiting() -> Case {
    let mut case = opened();
    case.must(&admin("luis"), ms(TUESDAY), Change::wait(Wait::new(WaitingFor::Customer)));
    case
}

fn wrote(case: &Case, role: &str, at: &str) -> Case {
    let mut messages = serde_json::to_value(case.ticket.messages()).expect("messages are JSON");
    let message = json!({"content": "Aquí está", "role": role, "createdAt": at});
    messages.as_array_mut().expect("a list").push(message);
    left(case, json!({"messages": messages}))
}

#[test]
fn a_wait_ended_elsewhere_pauses_the_resolution_until_then() {
    let mut here = waiting();
    here.must(&admin("luis"), ms(WEDNESDAY), Change::end_wait());
    let here = timer(&here, Resolution).clone();
    let open = json!({"status": "OPEN", "updatedAt": WEDNESDAY});
    for mut case in [wrote(&waiting(), "USER", WEDNESDAY), left(&waiting(), open)] {
        assert_eq!(case.head().wait_at(time(WEDNESDAY)), None);
        let truly = truly(&case).resolution;
        assert_eq!((truly.since, truly.start, truly.due), (here.since, here.start, here.due));
        let now = sla_of(&case).business_time_at(time(THURSDAY));
        assert_eq!(truly.state(now), here.state(now));
        assert_eq!(case.head().version, 1, "reading writes nothing");
        // Nor does the next change say that it ended the wait.
        let noted = case.does(&admin("eva"), ms(THURSDAY), Change::note(text("Ojo")));
        assert_eq!(noted, Answer::Applied(vec![EventKind::NoteAdded]));
        assert_eq!((case.head().waiting, timer(&case, Resolution)), (None, &here));
    }
    for role in ["ADMIN", "SUPPORT_BOT"] {
        let case = wrote(&waiting(), role, WEDNESDAY);
        assert!(case.head().wait_at(time(THURSDAY)).is_some(), "{role}");
        assert!(truly(&case).resolution.is_paused(sla_of(&case).business_time_at(time(THURSDAY))));
    }
}

#[test]
fn a_waiting_ticket_resolved_elsewhere_is_paused_until_then() {
    let fields = json!({"status": "RESOLVED", "resolvedAt": WEDNESDAY, "updatedAt": THURSDAY});
    let mut case = left(&waiting(), fields);
    assert_eq!(case.head().wait_at(time(WEDNESDAY)), None);
    let truly = truly(&case).resolution;
    assert_eq!((&truly.stop, truly.pause), (&stop(&case, WEDNESDAY, false), None));
    let until_wait = sla_of(&case).calendar().elapsed(at(0), time(TUESDAY));
    assert_eq!(truly.measured().expect("it stopped").business, until_wait);
    // Nobody waits once it is reopened here, and the timer runs.
    case.must(&customer("ana"), ms(THURSDAY), message("No está resuelto"));
    assert_eq!((case.head().waiting, timer(&case, Resolution).pause), (None, None));
    assert!(timers(&case).resolution.comes_due());
}

#[test]
fn a_pause_is_removed_if_its_wait_ended_while_the_desk_had_no_policy() {
    let mut case = waiting();
    let policy = std::mem::take(&mut case.policy);
    case.must(&admin("luis"), ms(WEDNESDAY), Change::end_wait());
    case.policy = policy;
    assert!(timer(&case, Resolution).pause.is_some(), "nothing could measure it");
    assert_eq!(truly(&case).resolution.pause, None);
    case.must(&admin("luis"), ms(THURSDAY), Change::note(text("Ojo")));
    assert_eq!(timer(&case, Resolution), timer(&opened(), Resolution));
}
