//! Changes of the calendar: later due times move, past times don't.

use super::*;
use SlaMetric::{FirstResponse, Resolution};

/// Opened on Thursday 23 April at 12:00, with 40 hours to resolve it.
fn thursday() -> Case {
    Case::opened(Category::BUG, ms("2026-04-23T12:00:00+02:00"), desk(office()))
}

/// The policy with another calendar.
fn moved(case: &Case, calendar: BusinessCalendar) -> Case {
    let sla = Sla::new(sla_of(case).policy().clone(), calendar);
    Case { policy: Policy { sla: Some(sla), ..case.policy.clone() }, ..case.clone() }
}

fn due(case: &Case, metric: SlaMetric) -> Timestamp {
    sla_of(case).calendar().timestamp_at(timer(case, metric).due)
}

#[test]
fn a_new_holiday_moves_due_times_without_changing_tickets() {
    let case = thursday();
    let now = time("2026-04-23T18:00:00+02:00");
    // 5 on Thursday, three days of 8, 8 on Wednesday, 3 on Thursday.
    assert_eq!(due(&case, Resolution), time("2026-04-30T12:00:00+02:00"));
    let calendar = office().add_holiday("2026-04-27".parse().unwrap(), now).unwrap();
    let later = moved(&case, calendar.clone());
    assert_eq!(later.ticket, case.ticket);
    // The first response is due before the holiday, the resolution one working day later.
    assert_eq!(due(&later, FirstResponse), due(&case, FirstResponse));
    assert_eq!(due(&later, Resolution), time("2026-05-01T12:00:00+02:00"));
    let again = calendar.add_holiday("2026-05-01".parse().unwrap(), now).unwrap();
    assert_eq!(due(&moved(&case, again), Resolution), time("2026-05-04T12:00:00+02:00"));
    // It isn't breached at the earlier due time.
    let then = off(time("2026-04-30T12:00:00+02:00"), 1);
    assert_eq!(state(&case, Resolution, then), SlaState::Breached);
    assert_eq!(state(&later, Resolution, then), SlaState::AtRisk);
    // Removed in time, the holiday has no effect.
    let back = calendar.remove_holiday("2026-04-27".parse().unwrap(), now).unwrap();
    assert_eq!(due(&moved(&case, back), Resolution), due(&case, Resolution));
}

#[test]
fn longer_hours_make_due_times_earlier_from_then_on() {
    let case = thursday();
    let now = time("2026-04-23T18:00:00+02:00");
    let week = Week::weekdays("09:00-19:00".parse().unwrap());
    let calendar = office().change_week("2026-04-27".parse().unwrap(), week, now).unwrap();
    // 5 and 8, two days of 10, and 7 on Wednesday.
    assert_eq!(due(&moved(&case, calendar), Resolution), time("2026-04-29T16:00:00+02:00"));
}

#[test]
fn measured_time_is_unaffected_by_new_holidays() {
    let mut case = thursday();
    case.must(&admin("luis"), ms("2026-04-24T10:00:00+02:00"), message("Lo miro"));
    case.must(&admin("luis"), ms("2026-04-27T10:00:00+02:00"), Change::status(Status::Resolved));
    let now = time("2026-04-27T11:00:00+02:00");
    let before = timers(&case).clone();
    for date in ["2026-04-28", "2026-04-29"] {
        let calendar = sla_of(&case).calendar().add_holiday(date.parse().unwrap(), now).unwrap();
        case = moved(&case, calendar);
        assert_eq!(*timers(&case), before);
        for stop in before.all().filter_map(|(_, timer)| timer.stop.as_ref()) {
            assert_eq!(sla_of(&case).business_time_at(stop.at), stop.business_time);
        }
    }
    // It was paused over both of them: 5, 8 and 1 hours have passed, and 26 are left.
    case.must(&customer("ana"), ms("2026-04-30T09:00:00+02:00"), message("No está resuelto"));
    assert_eq!(due(&case, Resolution), time("2026-05-05T11:00:00+02:00"));
}

#[test]
fn the_past_cannot_be_edited() {
    let now = time("2026-04-23T18:00:00+02:00");
    let week = Week::weekdays("09:00-19:00".parse().unwrap());
    for date in ["2026-04-23", "2026-04-22", "2026-03-30"].map(|date| date.parse().unwrap()) {
        for edited in [
            office().add_holiday(date, now),
            office().remove_holiday(date, now),
            office().change_week(date, week.clone(), now),
        ] {
            assert_eq!(edited.unwrap_err().code(), "calendar_past");
        }
    }
}
