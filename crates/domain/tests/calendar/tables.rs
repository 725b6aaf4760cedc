//! Examples worked out by hand.

use ventanilla_domain::*;

use super::*;

const MADRID: &str = "Europe/Madrid";
const BUENOS_AIRES: &str = "America/Argentina/Buenos_Aires";
const SANTIAGO: &str = "America/Santiago";
const MEXICO: &str = "America/Mexico_City";

/// The zone, the hours of that weekday alone, the instants of its local midnight and the next, and
/// the minutes worked between them.
const DAYS: &[(&str, Weekday, &str, &str, &str, i64)] = {
    use Weekday::*;
    &[
        // At 2:00 it is 3:00.
        (MADRID, Sun, "00:00-24:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23 * 60),
        (MADRID, Sun, "01:00-04:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 120),
        (MADRID, Sun, "02:30-03:30", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 30),
        (MADRID, Sun, "02:00-03:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 0),
        (MADRID, Sun, "09:00-18:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 9 * 60),
        // At 3:00 it is 2:00.
        (MADRID, Sun, "00:00-24:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25 * 60),
        (MADRID, Sun, "02:00-03:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 120),
        (MADRID, Sun, "02:30-03:30", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 90),
        (MADRID, Sun, "03:00-04:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 60),
        (MADRID, Tue, "00:00-24:00", "2028-02-29T00:00:00+01:00", "2028-03-01T00:00:00+01:00", 24 * 60),
        // At 24:00 it is 23:00, still on Saturday.
        (
            SANTIAGO,
            Sat,
            "00:00-24:00",
            "2026-04-04T00:00:00-03:00",
            "2026-04-05T00:00:00-04:00",
            25 * 60,
        ),
        (SANTIAGO, Sat, "22:00-24:00", "2026-04-04T00:00:00-03:00", "2026-04-05T00:00:00-04:00", 180),
        (
            SANTIAGO,
            Sun,
            "00:00-24:00",
            "2026-04-05T00:00:00-04:00",
            "2026-04-06T00:00:00-04:00",
            24 * 60,
        ),
        // At 0:00 it is 1:00, so Sunday begins at 1:00.
        (
            SANTIAGO,
            Sat,
            "00:00-24:00",
            "2026-09-05T00:00:00-04:00",
            "2026-09-06T01:00:00-03:00",
            24 * 60,
        ),
        (
            SANTIAGO,
            Sun,
            "00:00-24:00",
            "2026-09-06T01:00:00-03:00",
            "2026-09-07T00:00:00-03:00",
            23 * 60,
        ),
        (SANTIAGO, Sun, "00:00-02:00", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00", 60),
        // Summer time until 2022, and no more.
        (MEXICO, Sun, "00:00-24:00", "2022-04-03T00:00:00-06:00", "2022-04-04T00:00:00-05:00", 23 * 60),
        (MEXICO, Sun, "00:00-24:00", "2022-10-30T00:00:00-05:00", "2022-10-31T00:00:00-06:00", 25 * 60),
        (MEXICO, Sun, "00:00-24:00", "2026-04-05T00:00:00-06:00", "2026-04-06T00:00:00-06:00", 24 * 60),
        // Summer time in one year alone.
        (
            BUENOS_AIRES,
            Sun,
            "00:00-24:00",
            "2008-10-19T01:00:00-02:00",
            "2008-10-20T00:00:00-02:00",
            23 * 60,
        ),
        (
            BUENOS_AIRES,
            Sat,
            "00:00-24:00",
            "2009-03-14T00:00:00-02:00",
            "2009-03-15T00:00:00-03:00",
            25 * 60,
        ),
        (
            BUENOS_AIRES,
            Sun,
            "00:00-24:00",
            "2026-10-18T00:00:00-03:00",
            "2026-10-19T00:00:00-03:00",
            24 * 60,
        ),
        // The rest of the world.
        (
            "Australia/Lord_Howe",
            Sun,
            "00:00-24:00",
            "2026-04-05T00:00:00+11:00",
            "2026-04-06T00:00:00+10:30",
            24 * 60 + 30,
        ),
        (
            "Australia/Lord_Howe",
            Sun,
            "00:00-24:00",
            "2026-10-04T00:00:00+10:30",
            "2026-10-05T00:00:00+11:00",
            24 * 60 - 30,
        ),
        ("Asia/Kathmandu", Mon, "09:00-10:00", "2026-03-02T03:15:00Z", "2026-03-02T04:15:00Z", 60),
        (
            "Africa/Cairo",
            Fri,
            "00:00-24:00",
            "2023-04-28T01:00:00+03:00",
            "2023-04-29T00:00:00+03:00",
            23 * 60,
        ),
        (
            "Africa/Cairo",
            Thu,
            "00:00-24:00",
            "2023-10-26T00:00:00+03:00",
            "2023-10-27T00:00:00+02:00",
            25 * 60,
        ),
        (
            "America/Sao_Paulo",
            Sat,
            "00:00-24:00",
            "2019-02-16T00:00:00-02:00",
            "2019-02-17T00:00:00-03:00",
            25 * 60,
        ),
        // Friday, 30 December 2011 was not.
        (
            "Pacific/Apia",
            Fri,
            "00:00-24:00",
            "2011-12-24T00:00:00-10:00",
            "2012-01-06T00:00:00+14:00",
            0,
        ),
        (
            "Pacific/Apia",
            Sat,
            "00:00-24:00",
            "2011-12-29T00:00:00-10:00",
            "2012-01-01T00:00:00+14:00",
            24 * 60,
        ),
    ]
};

#[test]
fn the_length_of_a_day_follows_local_time() {
    for (zone, day, text, from, to, worked) in DAYS {
        let calendar = calendar(zone, only(*day, text), &[]);
        let elapsed = calendar.elapsed(time(from), time(to));
        assert_eq!(elapsed, minutes(*worked), "{zone}, {from}, {text}");
    }
}

#[test]
fn a_week_of_work() {
    let office =
        || Week::weekdays(hours("09:00-13:00 15:00-19:00")).on(Weekday::Sat, hours("10:00-14:00"));
    let holidays = ["2026-12-25", "2027-01-01", "2028-05-01"];
    for (zone, from, to, worked) in [
        // Friday evening, Saturday, Monday's first hour.
        (BUENOS_AIRES, "2026-03-06T18:30:00-03:00", "2026-03-09T10:00:00-03:00", 30 + 240 + 60),
        // From break to break.
        (BUENOS_AIRES, "2026-03-06T13:00:00-03:00", "2026-03-06T15:00:00-03:00", 0),
        // New Year's Eve, New Year, Saturday, half an hour of Monday.
        (BUENOS_AIRES, "2026-12-31T12:00:00-03:00", "2027-01-04T09:30:00-03:00", 60 + 240 + 240 + 30),
        (MADRID, "2026-12-31T12:00:00+01:00", "2027-01-04T09:30:00+01:00", 60 + 240 + 240 + 30),
        // Monday's last hour, 29 February, Wednesday's first.
        (SANTIAGO, "2028-02-28T18:00:00-03:00", "2028-03-01T10:00:00-03:00", 60 + 480 + 60),
        // A weekend on which the timers change.
        (MADRID, "2026-03-27T18:00:00+01:00", "2026-03-30T10:00:00+02:00", 60 + 240 + 60),
        (MADRID, "2026-10-23T18:00:00+02:00", "2026-10-26T10:00:00+01:00", 60 + 240 + 60),
        (SANTIAGO, "2026-04-03T18:00:00-03:00", "2026-04-06T10:00:00-04:00", 60 + 240 + 60),
        (MEXICO, "2022-10-28T18:00:00-05:00", "2022-10-31T10:00:00-06:00", 60 + 240 + 60),
        // A year of 52 weeks of 44 hours and Friday; two holidays, both on Fridays.
        (MEXICO, "2026-01-02T00:00:00-06:00", "2027-01-02T00:00:00-06:00", (52 * 44 + 8 - 16) * 60),
    ] {
        let calendar = calendar(zone, office(), &holidays);
        let (from, to) = (time(from), time(to));
        assert_eq!(calendar.elapsed(from, to), minutes(worked), "{zone}, {from}");
        assert!(calendar.add(from, minutes(worked)) <= to);
    }
}

#[test]
fn a_due_time_follows_local_time() {
    let office = || Week::weekdays(hours("09:00-18:00"));
    for (zone, start, worked, due) in [
        (MADRID, "2026-03-27T17:00:00+01:00", 120, "2026-03-30T10:00:00+02:00"),
        // At the end of the day, not at the start of the next.
        (MADRID, "2026-03-27T17:00:00+01:00", 60, "2026-03-27T18:00:00+01:00"),
        // Asked at night: from the morning on.
        (SANTIAGO, "2026-04-04T23:30:00-04:00", 1, "2026-04-06T09:01:00-04:00"),
        (MEXICO, "2026-12-31T17:00:00-06:00", 61, "2027-01-04T09:01:00-06:00"),
        // Nothing to wait for.
        (MEXICO, "2026-12-31T03:00:00-06:00", 0, "2026-12-31T03:00:00-06:00"),
        (BUENOS_AIRES, "2028-02-28T17:30:00-03:00", 60, "2028-02-29T09:30:00-03:00"),
    ] {
        let calendar = calendar(zone, office(), &["2027-01-01"]);
        assert_eq!(calendar.add(time(start), minutes(worked)), time(due), "{zone}, {start}");
    }
}

#[test]
fn before_1970_the_offset_of_1970_applies() {
    let calendar = calendar(MADRID, only(Weekday::Thu, "01:00-02:00"), &[]);
    assert_eq!(calendar.business_time_at(at(0)).as_millis(), 0);
    assert_eq!(calendar.business_time_at(time("1970-01-01T02:00:00+01:00")).as_millis(), 3_600_000);
    assert_eq!(calendar.business_time_at(time("1969-12-25T01:00:00+01:00")).as_millis(), -3_600_000);
    // It had summer time in 1949.
    assert!(calendar.is_working(time("1949-07-07T01:30:00+01:00")));
}
