//! Properties of pauses, with and without closing hours.

use proptest::{prelude::*, sample::select, test_runner::FileFailurePersistence};

use super::{walks::calendars, *};
use SlaMetric::Resolution;

/// Whole hours after the opening, within a millisecond.
fn times() -> impl Strategy<Value = i64> {
    (0..200_i64, -1..=1_i64).prop_map(|(hours, ms)| (hours * HOUR + ms).max(0))
}

fn sorted<const N: usize>() -> impl Strategy<Value = [i64; N]> {
    prop::collection::vec(times(), N).prop_map(|mut times| {
        times.sort_unstable();
        times.try_into().expect("as many")
    })
}

fn wait(until: Option<i64>) -> Change {
    Change::wait(Wait::new(WaitingFor::ThirdParty).until(until.map(at)))
}

fn business_time(case: &Case, ms: i64) -> BusinessTime {
    sla_of(case).business_time_at(at(ms))
}

/// Changes of an administrator that every live ticket takes.
fn next_changes() -> impl Strategy<Value = Change> {
    select(vec![
        Change::note(text("Ojo")),
        message("Hola"),
        Change::status(Status::Resolved),
        Change::reply(text("Hecho"), Status::Open),
        Change::priority(Priority::Urgent),
        Change::priority(Priority::Low),
        wait(None),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_wait_that_ends_by_itself_equals_one_that_was_ended(
        (calendar, [begin, end, next]) in (calendars(), sorted()),
        change in next_changes(),
    ) {
        prop_assume!(begin < end);
        let luis = admin("luis");
        let mut by_itself = Case::new(desk(calendar));
        let mut ended = by_itself.clone();
        by_itself.must(&luis, begin, wait(Some(end)));
        ended.must(&luis, begin, wait(None));
        ended.must(&luis, end, Change::end_wait());

        for ms in [end, end + 1, next, i64::from(u32::MAX)] {
            let states = [&by_itself, &ended].map(|case| state(case, Resolution, at(ms.max(end))));
            prop_assert_eq!(states[0], states[1]);
        }
        prop_assert_eq!(timers(&by_itself).due(), timers(&ended).due());
        prop_assert_eq!(by_itself.head().wait_at(at(end)), None);
        prop_assert!(by_itself.head().wait_at(at(end - 1)).is_some());

        for case in [&mut by_itself, &mut ended] {
            case.must(&luis, next, change.clone());
        }
        prop_assert_eq!(timers(&by_itself), timers(&ended));
        prop_assert_eq!(by_itself.head().waiting, ended.head().waiting);
    }

    #[test]
    fn pauses_add_up_and_an_empty_one_changes_nothing(
        (calendar, times) in (calendars(), sorted::<8>()),
        changed in any::<bool>(),
    ) {
        let luis = admin("luis");
        let mut case = Case::new(desk(calendar));
        let opened = timer(&case, Resolution).clone();
        let first_response = timers(&case).first_response.clone();
        let (mut calendar, mut business) = (0, 0);
        let mut due = opened.due;
        for pause in times.chunks(2) {
            let (begin, end) = (pause[0], pause[1]);
            let times = [begin, end].map(|ms| business_time(&case, ms));
            let length = times[1].as_millis() - times[0].as_millis();
            let breached = timer(&case, Resolution).is_breached(times[0]);
            case.must(&luis, begin, wait(None));
            if changed && begin < end {
                // The party and the end are changed on the way.
                let party = Wait::new(WaitingFor::Customer).until(at(end + 7));
                case.must(&luis, begin + (end - begin) / 2, Change::wait(party));
            }
            case.must(&luis, end, Change::end_wait());
            calendar += end - begin;
            business += length;
            due = BusinessTime::from_millis(due.as_millis() + if breached { 0 } else { length });
            let timer = timer(&case, Resolution);
            prop_assert_eq!(timer.since, at(calendar));
            prop_assert_eq!(timer.start.as_millis(), opened.start.as_millis() + business);
            prop_assert_eq!(timer.due, due);
            prop_assert_eq!(timer.pause, None);
            prop_assert_eq!(&timers(&case).first_response, &first_response);
        }
    }

    #[test]
    fn a_paused_timer_never_breaches_whatever_the_priority(
        (calendar, [begin, first, second, end]) in (calendars(), sorted()),
        ends in any::<bool>(),
        priorities in [select(Priority::ALL.to_vec()), select(Priority::ALL.to_vec())],
    ) {
        prop_assume!(second < end);
        let luis = admin("luis");
        let mut case = Case::new(desk(calendar));
        let breached = state(&case, Resolution, at(begin)) == SlaState::Breached;
        let due = timer(&case, Resolution).due;
        case.must(&luis, begin, wait(ends.then_some(end)));
        for (ms, priority) in [first, second].into_iter().zip(priorities) {
            case.does(&luis, ms, Change::priority(priority));
            for ms in [begin, first, second, end, if ends { end } else { i64::from(u32::MAX) }] {
                prop_assert_eq!(state(&case, Resolution, at(ms)) == SlaState::Breached, breached);
            }
            let timer = timer(&case, Resolution);
            if breached {
                prop_assert_eq!(timer.due, due);
            } else {
                let resumes = if ends { end } else { begin };
                prop_assert!(timer.due >= business_time(&case, resumes));
            }
        }
        case.must(&customer("ana"), end, message("Hola"));
        prop_assert_eq!(state(&case, Resolution, at(end)) == SlaState::Breached, breached);
    }
}

/// In closing hours business time stands still, and the ticket waits all the same.
#[test]
fn a_pause_in_closing_hours_is_one() {
    let luis = admin("luis");
    let mut case = Case::new(desk(office()));
    let [at_eight, at_nine, at_ten] =
        ["2026-03-02T20:00:00+01:00", "2026-03-02T21:00:00+01:00", "2026-03-02T22:00:00+01:00"].map(ms);
    let opened = timer(&case, Resolution).clone();
    case.must(&luis, at_eight, wait(Some(at_ten)));
    let waits = timer(&case, Resolution);
    assert_eq!((waits.start, waits.due), (opened.start, opened.due));
    assert_eq!(waits.since.as_millis() - opened.since.as_millis(), 2 * HOUR);
    // It is one pause, not two that overlap.
    case.must(&luis, at_nine, wait(Some(at_ten + HOUR)));
    let waits = timer(&case, Resolution);
    assert_eq!(waits.pause.expect("it waits").start.at, at(at_eight));
    assert_eq!(waits.since.as_millis() - opened.since.as_millis(), 3 * HOUR);
}
