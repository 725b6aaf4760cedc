//! Properties of every ticket's timers. Servers' times differ, and a change may have an earlier
//! time than the one before it: only [`breaches_stay`] excludes that.

use proptest::prelude::*;
use ventanilla_domain::*;

use super::common::*;

/// An SLA policy, in half of the cases. Its targets are within a millisecond of whole days.
pub(super) fn slas() -> impl Strategy<Value = Option<Sla>> {
    let week = Week::weekdays("09:00-14:00 16:00-19:00".parse().expect("hours"));
    let zone = if cfg!(feature = "time-zones") { "Europe/Madrid" } else { "+01:00" };
    let office = BusinessCalendar::new(zone.parse().expect("a zone"), week).expect("a calendar");
    let calendars = prop::sample::select(vec![BusinessCalendar::always(), office]);
    let hours = || prop::sample::select(vec![1, 8, 24, 48]);
    let targets = prop::array::uniform4((hours(), hours(), hours()));
    let sla = (targets, calendars).prop_map(|(targets, calendar)| {
        let targets =
            targets.map(|(first, next, resolution)| SlaTargets::hours(first, next, resolution));
        let targets = Priority::ALL.into_iter().zip(targets.map(|targets| targets.expect("hours")));
        Sla::new(SlaPolicy::new(targets).expect("one each"), calendar)
    });
    prop::option::of(sla)
}

pub(super) fn sound(case: &Case) -> Result<(), TestCaseError> {
    let head = case.head();
    prop_assert_eq!(head.sla.is_some(), case.policy.sla.is_some());
    let (Some(timers), Some(sla)) = (&head.sla, &case.policy.sla) else { return Ok(()) };
    prop_assert_eq!(&timers.targets, sla.policy().targets(&head.category));

    let running: Vec<&SlaTimer> =
        timers.all().map(|(_, timer)| timer).filter(|timer| timer.stop.is_none()).collect();
    prop_assert_eq!(timers.resolution.is_running(), head.status.is_live());
    prop_assert!(head.status.is_live() || running.is_empty());
    let responses = running.len() - usize::from(timers.resolution.is_running());
    prop_assert!(responses <= 1, "one waits for an answer at most: {timers:?}");
    prop_assert!(timers.earlier_responses.iter().all(|timer| timer.stop.is_some()));

    // Only the resolution is paused, and exactly while the ticket waits.
    prop_assert!(waits(timers).iter().all(|timer| timer.pause.is_none()));
    prop_assert_eq!(timers.resolution.pause.is_some(), head.waiting.is_some());
    if let (Some(pause), Some(waiting)) = (timers.resolution.pause, head.waiting) {
        let instant = |at| SlaInstant { at, business_time: sla.business_time_at(at) };
        let expected = SlaPause { start: instant(waiting.since), end: waiting.until.map(instant) };
        prop_assert_eq!(pause, expected);
    }
    let is_endless = |pause: SlaPause| pause.end.is_none();
    let comes_due = |timer: &&&SlaTimer| {
        let pause = timer.pause.filter(|pause| is_endless(*pause));
        pause.is_none_or(|pause| timer.due < pause.start.business_time)
    };
    let due = running.iter().filter(comes_due).map(|timer| timer.due);
    let mut due: Vec<BusinessTime> = due.collect();
    let risk = running.iter().filter(comes_due).map(|timer| timer.at_risk_from());
    let mut risk: Vec<BusinessTime> = risk.collect();
    due.sort();
    risk.sort();
    prop_assert_eq!(
        (timers.due(), timers.at_risk_from()),
        (due.first().copied(), risk.first().copied())
    );
    let mut stops: Vec<Timestamp> = Vec::new();
    for timer in waits(timers).into_iter().chain([&timers.resolution]) {
        stops.extend(timer.stop.as_ref().map(|stop| stop.at));
    }
    stops.sort();
    prop_assert_eq!(timers.last_stop(), stops.last().copied());
    prop_assert_eq!(timers.all().count(), waits(timers).len() + 1);

    let json = serde_json::to_string(&timers).expect("timers are JSON");
    prop_assert_eq!(&serde_json::from_str::<Box<SlaTimers>>(&json).expect("as written"), timers);
    prop_assert_eq!(head.timers(sla), Some((**timers).clone()), "nobody else has touched it");
    Ok(())
}

/// Checks the timers after an applied change against its events.
pub(super) fn follows(
    before: &Ticket,
    after: &Ticket,
    events: &[EventKind],
) -> Result<(), TestCaseError> {
    let (Some(old), Some(new)) = (&before.head().sla, &after.head().sla) else { return Ok(()) };
    let repriced = events.iter().any(|kind| matches!(kind, EventKind::PriorityChanged { .. }));
    let resumed = !before.head().status.is_live() && after.head().status.is_live();
    let wrote = events.iter().any(|kind| matches!(kind, EventKind::MessageAdded { .. }));
    let waited =
        before.head().waiting != after.head().waiting || events.contains(&EventKind::WaitingEnded);
    if !repriced && !wrote && !waited && before.head().status.is_live() == after.head().status.is_live()
    {
        prop_assert_eq!(old, new);
    }
    prop_assert_eq!(old.targets, new.targets);

    let (were, are) = (waits(old), waits(new));
    prop_assert!(are.len() == were.len() || wrote && are.len() == were.len() + 1);
    for (was, is) in were.iter().zip(&are) {
        prop_assert_eq!((was.since, was.start), (is.since, is.start));
        prop_assert!(was.due == is.due || repriced);
        prop_assert!(was.is_running() || was == is, "what has been answered is over");
    }
    let (was, is) = (&old.resolution, &new.resolution);
    prop_assert!((was.since, was.start) == (is.since, is.start) || resumed || waited);
    prop_assert!(was.due == is.due || resumed || waited || repriced && was.is_running());
    prop_assert!(was.is_running() || was == is || resumed);
    Ok(())
}

/// A breach is permanent, if no change has an earlier time than those before it.
pub(super) fn breaches_stay(
    before: &Ticket,
    after: &Ticket,
    now: BusinessTime,
) -> Result<(), TestCaseError> {
    let (Some(old), Some(new)) = (&before.head().sla, &after.head().sla) else { return Ok(()) };
    let all = |timers: &SlaTimers| -> Vec<SlaTimer> {
        [&timers.resolution].into_iter().chain(waits(timers)).cloned().collect()
    };
    for (was, is) in all(old).iter().zip(&all(new)) {
        for later in [0, 1, i64::MAX / 2].map(|ms| BusinessTime::from_millis(now.as_millis() + ms)) {
            let breached = was.state(now) == SlaState::Breached;
            prop_assert!(!breached || is.state(later) == SlaState::Breached, "{was:?} {is:?}");
        }
    }
    Ok(())
}

/// Every time that the requester waited for a response, the first one first.
fn waits(timers: &SlaTimers) -> Vec<&SlaTimer> {
    let further = timers.earlier_responses.iter().chain(&timers.next_response);
    [&timers.first_response].into_iter().chain(further).collect()
}
