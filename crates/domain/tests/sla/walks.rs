//! Random walks of several actors, compared with the definition after every step.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{FileFailurePersistence, TestRunner},
};

use super::{model::*, *};

#[derive(Debug, Clone)]
struct Step {
    by: Actor,
    when: When,
    change: Asked,
}

/// A change, which may depend on its time.
#[derive(Debug, Clone)]
enum Asked {
    This(Change),
    /// A wait for this many milliseconds, or without an end.
    Wait(Option<i64>),
    ReplyAndWait(Option<i64>),
}

/// Time of a step, not before the step before it.
#[derive(Debug, Clone, Copy)]
enum When {
    /// This many milliseconds later.
    Later(i64),
    /// This many milliseconds from the time at which this timer is at risk.
    Risk(SlaMetric, i64),
    /// This many milliseconds from the time at which this timer is due.
    Due(SlaMetric, i64),
    /// This many milliseconds from the end of the wait.
    End(i64),
}

#[derive(Debug, Clone)]
struct Walk {
    sla: Option<Sla>,
    category: Category,
    opened: i64,
    reopen: Reopen,
    steps: Vec<Step>,
}

fn moments() -> impl Strategy<Value = When> {
    let metrics = || select(SlaMetric::ALL.to_vec());
    let hours = select(vec![0, 1, 2, 5, 8, 15, 24, 62, 168]);
    prop_oneof![
        3 => (hours, -1..=1_i64).prop_map(|(hours, ms)| When::Later(hours * HOUR + ms)),
        1 => (0..100 * HOUR).prop_map(When::Later),
        2 => (metrics(), -1..=1_i64).prop_map(|(metric, ms)| When::Risk(metric, ms)),
        2 => (metrics(), -1..=1_i64).prop_map(|(metric, ms)| When::Due(metric, ms)),
        2 => (-1..=1_i64).prop_map(When::End),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let people = [customer("ana"), customer("ana"), admin("luis"), admin("luis"), admin("eva")];
    let others = [admin("ana"), customer("eva"), Actor::Bot, Actor::System];
    let actors = select([&people[..], &others].concat());
    let statuses = || select(Status::ALL.to_vec());
    let lively = select(vec![Status::Open, Status::InProgress, Status::Resolved, Status::Resolved]);
    let changes = prop_oneof![
        6 => Just(message("Hola")),
        2 => lively.clone().prop_map(|to| Change::reply(text("Hecho"), to)),
        4 => lively.prop_map(Change::status),
        1 => statuses().prop_map(Change::status),
        3 => select(Priority::ALL.to_vec()).prop_map(Change::priority),
        1 => select(vec![Change::claim(), Change::assign(None), Change::note(text("Ojo"))]),
        1 => select(vec![Change::end_wait(), Change::hand_over(text("Ojo")), Change::draft(text("Ya"))]),
    ];
    let lengths = select(vec![1, HOUR, 3 * HOUR, 16 * HOUR + 1, 62 * HOUR, 500 * HOUR]);
    let lengths = prop::option::weighted(0.7, lengths);
    let changes = prop_oneof![
        20 => changes.prop_map(Asked::This),
        4 => lengths.clone().prop_map(Asked::Wait),
        1 => lengths.prop_map(Asked::ReplyAndWait),
    ];
    let step = (actors, moments(), changes).prop_map(|(by, when, change)| Step { by, when, change });
    prop::collection::vec(step, 0..40)
}

pub(super) fn calendars() -> impl Strategy<Value = BusinessCalendar> {
    let hours = |text: &str| text.parse().expect("hours");
    let santiago = Week::weekdays(hours("08:30-17:15")).on(Weekday::Sat, hours("00:00-24:00"));
    let holidays = ["2026-04-03", "2026-04-04"].map(|date| date.parse().expect("a date"));
    let santiago = BusinessCalendar::with_holidays(
        TimeZone::named("America/Santiago").expect("a zone"),
        santiago,
        holidays,
    );
    let lone = Week::CLOSED.on(Weekday::Sun, hours("01:30-03:00"));
    let lone = BusinessCalendar::new(TimeZone::named("Europe/Madrid").expect("a zone"), lone);
    select(vec![BusinessCalendar::always(), office(), santiago.expect("hours"), lone.expect("hours")])
}

fn tables() -> impl Strategy<Value = [(Priority, SlaTargets); 4]> {
    let length = || select(vec![1, 3, HOUR, 2 * HOUR, 4 * HOUR, 5 * HOUR, 8 * HOUR, 40 * HOUR]);
    prop::array::uniform4((length(), length(), length())).prop_map(|lengths| {
        let length = |ms: i64| Duration::from_millis(ms.unsigned_abs());
        let mut lengths = lengths.into_iter();
        Priority::ALL.map(|priority| {
            let (first, next, resolution) = lengths.next().expect("one each");
            let targets = SlaTargets::new(length(first), length(next), length(resolution));
            (priority, targets.expect("lengths"))
        })
    })
}

fn walks() -> impl Strategy<Value = Walk> {
    let policies = (tables(), tables()).prop_map(|(usual, payments)| {
        SlaPolicy::new(usual)
            .and_then(|policy| policy.category(Category::PAGOS, payments))
            .expect("both")
    });
    let slas = (policies, calendars()).prop_map(|(policy, calendar)| Sla::new(policy, calendar));
    let reopen = select(vec![Reopen::Always, Reopen::Always, Reopen::Within(Days(2)), Reopen::Never]);
    (
        prop::option::weighted(0.95, slas),
        select(vec![Category::BUG, Category::PAGOS]),
        (0..60 * 24_i64, -1..=1_i64).prop_map(|(hours, ms)| hours * HOUR + ms),
        reopen,
        steps(),
    )
        .prop_map(|(sla, category, opened, reopen, steps)| Walk {
            sla,
            category,
            opened,
            reopen,
            steps,
        })
}

/// Returns the time of a step on a ticket last changed at `now`.
fn moment(case: &Case, when: When, now: i64) -> i64 {
    let reading = |metric, of: fn(&SlaTimer) -> BusinessTime| {
        let timer = case.head().sla.as_deref().and_then(|timers| timers.of(metric));
        timer
            .map(|timer| sla_of(case).calendar().timestamp_at(of(timer)).as_millis() - at(0).as_millis())
    };
    let (then, ms) = match when {
        When::Later(ms) => (Some(now), ms),
        When::Risk(metric, ms) => (reading(metric, SlaTimer::at_risk_from), ms),
        When::Due(metric, ms) => (reading(metric, |timer| timer.due), ms),
        When::End(ms) => {
            let end = case.head().waiting.and_then(|waiting| waiting.until);
            (end.map(|end| end.as_millis() - at(0).as_millis()), ms)
        }
    };
    then.map_or(now, |then| then + ms).max(now)
}

/// Takes the walk, and passes the case and its story on after every step.
fn take(
    walk: &Walk,
    mut look: impl FnMut(&Case, Option<&Story>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let Walk { sla, category, opened, reopen, steps } = walk;
    let policy = Policy { sla: sla.clone(), reopen: *reopen, close_after: Days(0), ..Policy::default() };
    let mut case = Case::opened(category.clone(), *opened, policy);
    let opening = fact(&case, *opened, customer("ana"), Said::Question, WaitChange::Unchanged);
    let mut story =
        sla.clone().map(|sla| Story { sla, category: category.clone(), facts: vec![opening] });
    look(&case, story.as_ref())?;
    let mut now = *opened;
    for Step { by, when, change } in steps {
        let then = moment(&case, *when, now);
        let wait = |length: &Option<i64>| {
            Wait::new(WaitingFor::Customer).until(length.map(|length| at(then + length)))
        };
        let (change, waits) = match change {
            Asked::This(change) => (change.clone(), None),
            Asked::Wait(length) => (Change::wait(wait(length)), Some(wait(length).end())),
            Asked::ReplyAndWait(length) => {
                (Change::reply_and_wait(text("¿Cuál?"), wait(length)), Some(wait(length).end()))
            }
        };
        let ends_wait = change == Change::end_wait();
        let Answer::Applied(kinds) = case.does(by, then, change) else { continue };
        now = then;
        let wrote = kinds.iter().any(|kind| matches!(kind, EventKind::MessageAdded { .. }));
        let said = match by {
            Actor::Customer(_) if wrote => Said::Question,
            Actor::Admin(name) if wrote && *name != id("ana") => Said::Answer,
            _ => Said::Nothing,
        };
        let moved = kinds.iter().any(|kind| matches!(kind, EventKind::StatusChanged { .. }));
        let wait = match waits {
            Some(until) => WaitChange::Until(until),
            None if ends_wait || moved || said == Said::Question => WaitChange::Ended,
            None => WaitChange::Unchanged,
        };
        let fact = fact(&case, now, by.clone(), said, wait);
        if let Some(story) = &mut story {
            story.facts.push(fact);
        }
        look(&case, story.as_ref())?;
    }
    Ok(())
}

fn fact(case: &Case, ms: i64, by: Actor, said: Said, wait: WaitChange) -> Fact {
    let head = case.head();
    Fact { at: at(ms), by, said, wait, live: head.status.is_live(), priority: head.priority }
}

fn is_as_defined(case: &Case, story: Option<&Story>) -> Result<(), TestCaseError> {
    let Some(story) = story else {
        prop_assert_eq!(&case.head().sla, &None);
        return Ok(());
    };
    prop_assert_eq!(timers(case), &story.timers());
    prop_assert_eq!(&case.head().timers(sla_of(case)), &case.head().sla.as_deref().cloned());
    for (_, timer) in timers(case).all() {
        let around = [timer.start, timer.at_risk_from(), timer.due].into_iter().flat_map(|reading| {
            [-1, 0, 1].map(|ms| BusinessTime::from_millis(reading.as_millis() + ms))
        });
        for now in around {
            prop_assert_eq!(timer.state(now), stands(timer, now));
        }
    }
    lists_agree(timers(case))
}

/// The due point and the beginning of the risk agree with the states of the timers that run, at every
/// business time.
fn lists_agree(timers: &SlaTimers) -> Result<(), TestCaseError> {
    let running: Vec<&SlaTimer> =
        SlaMetric::ALL.into_iter().filter_map(|metric| timers.of(metric)).collect();
    let running: Vec<&SlaTimer> = running.into_iter().filter(|timer| timer.is_running()).collect();
    let pauses = running.iter().filter_map(|timer| timer.pause);
    let ends = pauses.flat_map(|pause| [Some(pause.start), pause.end]).flatten();
    let points = running.iter().flat_map(|timer| [timer.start, timer.at_risk_from(), timer.due]);
    let points: Vec<BusinessTime> = points.chain(ends.map(|end| end.business_time)).collect();
    for now in points.iter().flat_map(|point| [-1, 0, 1].map(|ms| point.as_millis() + ms)) {
        let now = BusinessTime::from_millis(now);
        let is = |states: &[SlaState]| running.iter().any(|timer| states.contains(&timer.state(now)));
        prop_assert_eq!(timers.due().is_some_and(|due| due < now), is(&[SlaState::Breached]));
        let at_risk = timers.at_risk_from().is_some_and(|risk| risk <= now);
        prop_assert_eq!(at_risk, is(&[SlaState::AtRisk, SlaState::Breached]), "{:?}", now);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::with_cases(1_024)
    })]

    #[test]
    fn after_every_step_the_timers_are_as_defined(walk in walks()) {
        take(&walk, is_as_defined)?;
    }
}

/// The comparison proves nothing about situations that never occur.
#[test]
fn the_walks_reach_every_situation() {
    let mut met = BTreeSet::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let walk = walks().new_tree(&mut runner).unwrap().current();
        let mut before: Option<SlaTimers> = None;
        let look = |case: &Case, story: Option<&Story>| {
            let (Some(timers), Some(story)) = (case.head().sla.as_deref(), story) else {
                met.insert("without".to_owned());
                return Ok(());
            };
            let now = sla_of(case).business_time_at(story.facts.last().expect("the opening").at);
            for (metric, timer) in timers.all() {
                met.insert(format!("{} {}", metric.as_str(), timer.state(now).as_str()));
                let earlier = before.as_ref().and_then(|timers| timers.of(metric));
                let Some(earlier) = earlier.filter(|earlier| *earlier != timer) else { continue };
                let breached = if earlier.is_breached(now) { "breached" } else { "in time" };
                match (&earlier.stop, &timer.stop) {
                    (Some(_), None) => met.insert(format!("{} again {breached}", metric.as_str())),
                    (None, None) => met.insert(match (earlier.pause, timer.pause) {
                        (None, None) => format!("{} retargeted", metric.as_str()),
                        (None, Some(_)) => format!("{} paused {breached}", metric.as_str()),
                        (Some(_), None) => format!("{} unpaused {breached}", metric.as_str()),
                        (Some(before), Some(after)) if before == after => {
                            format!("{} retargeted in a pause", metric.as_str())
                        }
                        (Some(before), Some(after)) if before.start == after.start => {
                            format!("{} has another end of its pause", metric.as_str())
                        }
                        (Some(_), Some(_)) => format!("{} paused again", metric.as_str()),
                    }),
                    _ => false,
                };
            }
            before = Some(timers.clone());
            Ok(())
        };
        take(&walk, look).expect("it only looks");
    }
    let mut expected = BTreeSet::from(["without".to_owned()]);
    for metric in SlaMetric::ALL.map(SlaMetric::as_str) {
        expected.extend(SlaState::ALL.map(|state| format!("{metric} {}", state.as_str())));
        expected.insert(format!("{metric} retargeted"));
    }
    for metric in ["NEXT_RESPONSE", "RESOLUTION"] {
        expected.extend(["in time", "breached"].map(|how| format!("{metric} again {how}")));
    }
    // A resolution is never cancelled. Responses are waited for while the ticket waits too: the wait
    // is for somebody outside the desk, and the requester still gets answers.
    for never in ["RESOLUTION CANCELLED", "FIRST_RESPONSE PAUSED", "NEXT_RESPONSE PAUSED"] {
        expected.remove(never);
    }
    expected.extend(
        ["paused in time", "paused breached", "unpaused in time", "unpaused breached"]
            .into_iter()
            .chain(["paused again", "retargeted in a pause", "has another end of its pause"])
            .map(|how| format!("RESOLUTION {how}")),
    );
    assert_eq!(met, expected);
}
