//! SLA policies and calendars of the model, once for the desk and once for the reference.

use std::{sync::LazyLock, time::Duration};

use ventanilla_service::{
    Category, Priority, Timestamp,
    sla::{BusinessCalendar, Hours, Sla, SlaPolicy, SlaTargets, Week, Weekday},
};

use super::naive_calendar::{DAY, HOUR, MINUTE, NaiveCalendar};

/// SLA policy and calendar of one help desk.
#[derive(Debug, Clone)]
pub(crate) struct SlaSetup {
    pub(crate) sla: Sla,
    pub(crate) calendar: NaiveCalendar,
    /// Start of a run: shortly before the offset from UTC changes.
    pub(crate) start: Timestamp,
}

/// Desks that work around the clock, in office hours, and at night.
pub(crate) static SLA_SETUPS: LazyLock<[SlaSetup; 3]> = LazyLock::new(|| {
    let (midnight, opening) = ("2026-03-27T00:00:00Z", "2026-03-27T08:00:00Z");
    let every_hour = [&[(0, DAY)][..]; 7];
    let at_desk: &[(i64, i64)] = &[(9 * HOUR, 13 * HOUR), (15 * HOUR, 18 * HOUR)];
    // On Sunday the 29th the clock goes from 02:00 to 03:00.
    let early: &[(i64, i64)] = &[(HOUR + HOUR / 2, 2 * HOUR + HOUR / 2), (4 * HOUR, 5 * HOUR)];
    let office = [at_desk, at_desk, at_desk, at_desk, at_desk, &[], early];
    // On Saturday the 4th it goes back from 24:00 to 23:00.
    let late: &[(i64, i64)] = &[(0, 2 * HOUR), (22 * HOUR, DAY)];
    [
        LocalHours { zone: "UTC", hours: every_hour, holiday: None, offsets: [0, 0], change: midnight }
            .setup(opening),
        LocalHours {
            zone: "Europe/Madrid",
            hours: office,
            holiday: Some("2026-03-31"),
            offsets: [HOUR, 2 * HOUR],
            change: "2026-03-29T01:00:00Z",
        }
        .setup(opening),
        LocalHours {
            zone: "America/Santiago",
            hours: [late; 7],
            holiday: Some("2026-04-06"),
            offsets: [-3 * HOUR, -4 * HOUR],
            change: "2026-04-05T03:00:00Z",
        }
        .setup("2026-04-04T01:30:00Z"),
    ]
});

/// Targets in minutes, by the place of the priority and of the metric.
pub(crate) type Targets = [[i64; 3]; 4];

/// Returns the targets of a category's tickets.
pub(crate) fn targets(category: &Category) -> &'static Targets {
    if *category == Category::BUG { &OF_BUGS } else { &USUAL }
}

static USUAL: Targets = [[480, 240, 1440], [120, 60, 480], [60, 60, 240], [30, 15, 120]];
static OF_BUGS: Targets = [[300, 301, 2000], [90, 45, 302], [20, 30, 100], [1, 2, 3]];

/// Business hours of a help desk in local time.
struct LocalHours {
    zone: &'static str,
    /// From Monday to Sunday, in milliseconds of the day.
    hours: [&'static [(i64, i64)]; 7],
    holiday: Option<&'static str>,
    /// Offset from UTC before and after its change.
    offsets: [i64; 2],
    change: &'static str,
}

impl LocalHours {
    fn setup(self, start: &str) -> SlaSetup {
        let start = start.parse().unwrap();
        let policy = SlaPolicy::new(table(&USUAL)).unwrap().category(Category::BUG, table(&OF_BUGS));
        let sla = Sla::new(policy.unwrap(), self.calendar());
        SlaSetup { sla, calendar: self.naive_calendar(start), start }
    }

    fn calendar(&self) -> BusinessCalendar {
        let time = |at: i64| format!("{:02}:{:02}", at / HOUR, at % HOUR / MINUTE);
        let hours = |windows: &[(i64, i64)]| -> Hours {
            let windows = windows.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to)));
            let text = windows.collect::<Vec<_>>().join(" ");
            if text.is_empty() { Hours::CLOSED } else { text.parse().unwrap() }
        };
        let days = self.hours.iter().enumerate();
        let week = days.fold(Week::CLOSED, |week, (day, windows)| {
            week.on(Weekday::try_from(day as u8).unwrap(), hours(windows))
        });
        let holidays = self.holiday.iter().map(|date| date.parse().unwrap());
        BusinessCalendar::with_holidays(self.zone.parse().unwrap(), week, holidays).unwrap()
    }

    fn naive_calendar(&self, start: Timestamp) -> NaiveCalendar {
        let instant = |text: &str| text.parse::<Timestamp>().unwrap().as_millis();
        let change = instant(self.change);
        let holiday = self.holiday.map(|date| instant(&format!("{date}T00:00:00Z")) / DAY);
        NaiveCalendar::around(start, |minute| {
            let at = minute * MINUTE;
            let local = at + self.offsets[usize::from(at >= change)];
            let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
            // The first of January 1970 was a Thursday.
            let windows = self.hours[(day + 3).rem_euclid(7) as usize];
            holiday != Some(day) && windows.iter().any(|(from, to)| *from <= time && time < *to)
        })
    }
}

fn table(targets: &Targets) -> [(Priority, SlaTargets); 4] {
    let calendar = |calendar: i64| Duration::from_millis((calendar * MINUTE).unsigned_abs());
    let [low, medium, high, urgent] = targets.map(|of| {
        let [first, next, resolution] = of.map(calendar);
        SlaTargets::new(first, next, resolution).unwrap()
    });
    [
        (Priority::Low, low),
        (Priority::Medium, medium),
        (Priority::High, high),
        (Priority::Urgent, urgent),
    ]
}
