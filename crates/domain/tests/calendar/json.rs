//! JSON form of calendars.

use proptest::prelude::*;
use ventanilla_domain::*;

use super::{reference::*, *};

proptest! {
    #[test]
    fn json_round_trip_keeps_a_calendar(case in cases()) {
        let calendar = case.calendar();
        let json = serde_json::to_string(&calendar).unwrap();
        let read: BusinessCalendar = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
        prop_assert_eq!(read.business_time_at(at(case.start)), calendar.business_time_at(at(case.start)));
        prop_assert_eq!(read, calendar);
    }
}

#[test]
fn the_json_form_is_fixed() {
    let week = Week::weekdays(hours("09:00-13:00 15:00-19:00"));
    let calendar = calendar("Europe/Madrid", week, &["2026-12-25", "2026-01-06", "2026-12-25"])
        .change_week(date("2026-07-01"), only(Weekday::Sat, "00:00-24:00"), time("2026-06-30T00:00:00Z"))
        .unwrap();
    let json = serde_json::json!({
        "timeZone": "Europe/Madrid",
        "weeks": [
            { "hours": {
                "mon": "09:00-13:00 15:00-19:00",
                "tue": "09:00-13:00 15:00-19:00",
                "wed": "09:00-13:00 15:00-19:00",
                "thu": "09:00-13:00 15:00-19:00",
                "fri": "09:00-13:00 15:00-19:00",
            } },
            { "from": "2026-07-01", "hours": { "sat": "00:00-24:00" } },
        ],
        "holidays": ["2026-01-06", "2026-12-25"],
    });
    assert_eq!(serde_json::to_value(&calendar).unwrap(), json);
    let always = r#"{"timeZone":"UTC","weeks":[{"hours":{"mon":"00:00-24:00","#;
    assert!(serde_json::to_string(&BusinessCalendar::default()).unwrap().starts_with(always));
    assert!(format!("{calendar:?}").contains("2026-07-01"));
}

#[test]
fn invalid_json_names_the_problem() {
    let open = r#"{ "hours": { "mon": "09:00-18:00" } }"#;
    let open_from =
        |date: &str| format!(r#"{{ "from": "{date}", "hours": {{ "mon": "09:00-18:00" }} }}"#);
    let (may, june) = (open_from("2026-05-01"), open_from("2026-06-01"));
    for (zone, weeks, holidays, wrong) in [
        ("Europe/Madird", open.to_owned(), "", r#"Unknown time zone: "Europe/Madird""#),
        ("UTC", r#"{ "hours": { "mon": "09:00-13:00 12:00-18:00" } }"#.to_owned(), "", "overlap"),
        ("UTC", r#"{ "hours": { "mon": "9-18" } }"#.to_owned(), "", r#"Cannot read the hours "9-18""#),
        ("UTC", r#"{ "hours": { "mon": "" } }"#.to_owned(), "", "The hours are missing"),
        ("UTC", r#"{ "hours": {} }"#.to_owned(), "", "The week has no working hours"),
        ("UTC", String::new(), "", "The week has no working hours"),
        ("UTC", format!(r#"{open}, {{ "from": "2026-05-01", "hours": {{}} }}"#), "", "no working hours"),
        (
            "UTC",
            may.clone(),
            "",
            r#"not in order: the first has no date and each other a later one ("2026-05-01")"#,
        ),
        ("UTC", format!("{open}, {open}"), "", r#"not in order"#),
        ("UTC", format!("{open}, {june}, {may}"), "", r#"("2026-05-01")"#),
        ("UTC", format!("{open}, {may}, {may}"), "", r#"("2026-05-01")"#),
        ("UTC", format!("{open}, {}", open_from("mayo")), "", r#"Not a date: "mayo""#),
        ("UTC", open.to_owned(), r#""2026-02-29""#, r#"Not a date: "2026-02-29""#),
        ("UTC", open.to_owned(), r#""2026-12-25T00:00:00Z""#, "Not a date"),
        ("UTC", r#"{ "hours": { "lun": "09:00-18:00" } }"#.to_owned(), "", "unknown field `lun`"),
    ] {
        let json =
            format!(r#"{{ "timeZone": "{zone}", "weeks": [{weeks}], "holidays": [{holidays}] }}"#);
        let error = serde_json::from_str::<BusinessCalendar>(&json).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error} is not: {wrong}");
    }
}

#[test]
fn each_error_has_texts_in_both_languages() {
    let now = time("2026-03-02T12:00:00Z");
    for (error, code, value) in [
        (BusinessCalendar::new(TimeZone::UTC, Week::CLOSED).unwrap_err(), "calendar_empty", ""),
        (
            BusinessCalendar::always().add_holiday(date("2026-03-02"), now).unwrap_err(),
            "calendar_past",
            "2026-03-02",
        ),
    ] {
        assert_eq!((error.code(), error.value()), (code, value));
        assert_ne!(error.explain(Locale::Es), error.explain(Locale::En));
        assert_eq!(error.to_string(), error.explain(Locale::En));
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
