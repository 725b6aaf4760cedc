//! Effects of each change by each actor on the timers of a ticket in each state, without closing
//! hours.

use super::*;
use Status::{Closed, InProgress, Resolved};

/// Changes that affect timers; all others leave them unchanged. F, N and R are the timers of the
/// first response, the next one and the resolution. Each stops (`.`), is cancelled (`x`), starts
/// (`+`), is paused (`=`), resumes (`>`), or gets another target (`~`). Luis answers; "Ana*" is an
/// administrator in her own ticket.
const MOVES: &[(&str, &str, &str, &str)] = &[
    ("new, started, late", "Luis", "message, reply Open, reply InProgress", "F."),
    ("new, started, late", "Luis", "reply Resolved, reply Closed", "F. R."),
    ("new, started, late", "Luis, Ana*", "Resolved, Closed", "Fx R."),
    ("new, started, late", "Ana*", "reply Resolved, reply Closed", "Fx R."),
    ("new, started", "Luis, Ana*", "raise", "F~ R~"),
    ("late", "Luis, Ana*", "raise", "R~"),
    ("answered", "Ana", "message", "N+"),
    ("answered", "Luis, Ana*", "Resolved, Closed, reply Resolved, reply Closed", "R."),
    ("answered", "Luis, Ana*", "raise", "R~"),
    ("asked", "Luis", "message, reply Open, reply InProgress", "N."),
    ("asked", "Luis", "reply Resolved, reply Closed", "N. R."),
    ("asked", "Luis, Ana*", "Resolved, Closed", "Nx R."),
    ("asked", "Ana*", "reply Resolved, reply Closed", "Nx R."),
    ("asked", "Luis, Ana*", "raise", "N~ R~"),
    ("resolved, dropped", "Ana", "message", "N+ R>"),
    ("resolved, dropped", "Luis, Ana*", "InProgress, reply InProgress", "R>"),
    ("new, started, late, answered, asked", "Luis, Ana*", "wait", "R="),
    ("new, started, late, answered, asked", "Ana*", "reply wait", "R="),
    ("new, started, late", "Luis", "reply wait", "F. R="),
    ("answered", "Luis", "reply wait", "R="),
    ("asked", "Luis", "reply wait", "N. R="),
    ("resolved, dropped", "Luis, Ana*", "wait, reply wait", "R>="),
    ("waiting", "Ana", "message", "R>"),
    ("waiting", "Luis, Ana*", "Open, end wait", "R>"),
    ("waiting", "Luis, Ana*", "Resolved, Closed", "Fx R>."),
    ("waiting", "Luis, Ana*", "raise", "F~ R~"),
    ("waiting", "Luis", "message, reply InProgress, reply wait", "F."),
    ("waiting", "Luis", "reply Open", "F. R>"),
    ("waiting", "Luis", "reply Resolved, reply Closed", "F. R>."),
    ("waiting", "Ana*", "reply Open", "R>"),
    ("waiting", "Ana*", "reply Resolved, reply Closed", "Fx R>."),
];

/// State of a case, and the hour of the changes.
fn states() -> [(&'static str, Case, i64); 9] {
    let (ana, luis) = (customer("ana"), admin("luis"));
    let brought = |steps: &[(&Actor, Change)]| {
        let mut case = Case::new(desk(BusinessCalendar::always()));
        for (hour, (by, change)) in (1..).zip(steps) {
            case.must(by, hour * HOUR, change.clone());
        }
        case
    };
    let answered = (&luis, message("Lo miro"));
    let asked = (&ana, message("¿Y bien?"));
    let resolved = (&luis, Change::status(Resolved));
    let closed = (&luis, Change::status(Closed));
    let waiting = (&luis, Change::wait(Wait::new(WaitingFor::Customer)));
    [
        ("new", brought(&[]), 3),
        ("started", brought(&[(&luis, Change::status(InProgress))]), 3),
        ("late", brought(&[]), 5),
        ("answered", brought(std::slice::from_ref(&answered)), 3),
        ("asked", brought(&[answered.clone(), asked.clone()]), 3),
        ("resolved", brought(&[answered.clone(), resolved.clone()]), 3),
        ("dropped", brought(std::slice::from_ref(&resolved)), 3),
        ("closed", brought(&[answered, asked, closed]), 4),
        ("waiting", brought(&[waiting]), 3),
    ]
}

fn actors() -> [(&'static str, Actor); 6] {
    [
        ("Ana", customer("ana")),
        ("Eva", customer("eva")),
        ("Luis", admin("luis")),
        ("Ana*", admin("ana")),
        ("bot", Actor::Bot),
        ("system", Actor::System),
    ]
}

fn changes() -> Vec<(String, Change)> {
    let statuses = Status::ALL.into_iter();
    let set = statuses.clone().map(|to| (format!("{to:?}"), Change::status(to)));
    let reply = statuses.map(|to| (format!("reply {to:?}"), Change::reply(text("Hecho"), to)));
    let named = |name: &str, change| (name.to_owned(), change);
    let others = [
        named("message", message("Hola")),
        named("note", Change::note(text("Ojo"))),
        named("claim", Change::claim()),
        named("assign", Change::assign(Some(id("eva")))),
        named("raise", Change::priority(Priority::High)),
        named("wait", Change::wait(Wait::new(WaitingFor::Customer))),
        named("reply wait", Change::reply_and_wait(text("¿Cuál?"), Wait::new(WaitingFor::Customer))),
        named("end wait", Change::end_wait()),
        named("hand over", Change::hand_over(text("Ojo"))),
        named("draft", Change::draft(text("Hecho"))),
        named("discard", Change::discard_draft()),
    ];
    others.into_iter().chain(set).chain(reply).collect()
}

/// Time and actor of the change.
struct Step {
    by: Actor,
    at: Timestamp,
    reading: BusinessTime,
}

/// Returns the effect on one timer, as in [`MOVES`]; anything else is written out.
fn became(
    before: Option<&SlaTimer>,
    after: Option<&SlaTimer>,
    metric: SlaMetric,
    step: &Step,
) -> String {
    let target = |priority| SlaTable::new(targets()).expect("a table").of(priority).of(metric);
    let due = |start: BusinessTime, priority| start.plus(target(priority));
    let Some(before) = before else {
        let (since, start) = (step.at, step.reading);
        let started =
            SlaTimer { since, start, due: due(start, Priority::Medium), pause: None, stop: None };
        return match after {
            None => String::new(),
            Some(after) if *after == started => "+".to_owned(),
            after => format!("{after:?}"),
        };
    };
    let stopped = |before: &SlaTimer, cancelled| {
        let by = Some(&step.by).filter(|by| by.kind() == ActorKind::Admin).and_then(|by| by.user());
        let stop = SlaStop { at: step.at, business_time: step.reading, by: by.cloned(), cancelled };
        SlaTimer { stop: Some(stop), ..before.clone() }
    };
    // Without closing hours both times were paused for the same time.
    let stopped_at = before.stop.as_ref().map(|stop| stop.business_time);
    let paused_at = before.pause.map(|pause| pause.start.business_time);
    let pause = stopped_at.or(paused_at).map_or(Duration::ZERO, |from| step.reading.since(from));
    let (since, start) = (before.since.plus(pause), before.start.plus(pause));
    let resumed = SlaTimer { since, start, due: due(start, Priority::Medium), pause: None, stop: None };
    let now = SlaInstant { at: step.at, business_time: step.reading };
    let paused =
        |timer: &SlaTimer| SlaTimer { pause: Some(SlaPause { start: now, end: None }), ..timer.clone() };
    let retargeted = SlaTimer { due: due(before.start, Priority::High), ..before.clone() };
    match after {
        Some(after) if after == before => "",
        Some(after) if *after == stopped(before, false) => ".",
        Some(after) if *after == stopped(before, true) => "x",
        Some(after) if *after == paused(before) => "=",
        Some(after) if *after == paused(&resumed) => ">=",
        Some(after) if *after == stopped(&resumed, false) => ">.",
        Some(after) if *after == retargeted => "~",
        Some(after) if *after == resumed => ">",
        after => return format!("{before:?} -> {after:?}"),
    }
    .to_owned()
}

#[test]
fn each_change_affects_exactly_the_timers_of_the_table() {
    let mut used = vec![0; MOVES.len()];
    for (state, case, hour) in states() {
        for (who, by) in actors() {
            for (what, change) in changes() {
                let row = MOVES.iter().position(|(states, people, whats, _)| {
                    listed(states, state) && listed(people, who) && listed(whats, &what)
                });
                row.into_iter().for_each(|row| used[row] += 1);
                let expected = row.map_or("", |row| MOVES[row].3);
                assert_eq!(moved(case.clone(), &by, hour, change), expected, "{state}: {who}: {what}");
            }
        }
    }
    let all = MOVES.iter().map(|(states, people, whats, _)| {
        [states, people, whats].into_iter().map(|list| list.split(", ").count()).product::<usize>()
    });
    assert_eq!(used, all.collect::<Vec<_>>(), "a row that nothing meets says nothing");
}

fn listed(list: &str, name: &str) -> bool {
    list.split(", ").any(|entry| entry == name)
}

/// Returns the effects of the change on the timers of the case, as in [`MOVES`].
fn moved(mut case: Case, by: &Actor, hour: i64, change: Change) -> String {
    let before = timers(&case).clone();
    case.does(by, hour * HOUR, change);
    let after = timers(&case);
    assert_eq!(after.targets, before.targets);
    assert_eq!(after.earlier_responses, before.earlier_responses);
    let (by, at) = (by.clone(), at(hour * HOUR));
    let step = Step { by, at, reading: sla_of(&case).business_time_at(at) };
    let became = SlaMetric::ALL.map(|metric| {
        let became = became(before.of(metric), after.of(metric), metric, &step);
        let letter = &metric.as_str()[..1];
        if became.is_empty() { became } else { format!("{letter}{became}") }
    });
    became.into_iter().filter(|became| !became.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_ticket_opened_without_an_sla_policy_never_has_timers() {
    for (_, case, hour) in states() {
        for (_, by) in actors() {
            for (_, change) in changes() {
                let mut without = Case::new(Policy::default());
                without.policy = case.policy.clone();
                without.does(&by, hour * HOUR, change);
                assert_eq!(without.head().sla, None);
            }
        }
    }
}

#[test]
fn without_an_sla_policy_no_timer_changes() {
    for (state, mut case, hour) in states() {
        case.policy.sla = None;
        let before = timers(&case).clone();
        for (_, by) in actors() {
            for (_, change) in changes() {
                let mut case = case.clone();
                case.does(&by, hour * HOUR, change);
                assert_eq!(*timers(&case), before, "{state}");
            }
        }
    }
}

#[test]
fn an_earlier_response_timer_is_kept_when_the_next_starts() {
    let mut case = Case::new(desk(BusinessCalendar::always()));
    let (ana, luis) = (customer("ana"), admin("luis"));
    case.must(&luis, HOUR, message("Lo miro"));
    let mut waits = Vec::new();
    for hour in [2, 4, 6] {
        case.must(&ana, hour * HOUR, message("¿Y bien?"));
        assert_eq!(timers(&case).earlier_responses, waits);
        case.must(&luis, (hour + 1) * HOUR, message("Sigo con ello"));
        waits.push(timer(&case, SlaMetric::NextResponse).clone());
    }
    let began: Vec<i64> = waits.iter().map(|wait| wait.since.as_millis() - at(0).as_millis()).collect();
    assert_eq!(began, [2 * HOUR, 4 * HOUR, 6 * HOUR]);
    assert_eq!(timers(&case).all().count(), 5);
}
