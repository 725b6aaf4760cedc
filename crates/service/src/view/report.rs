//! Table of a report.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, Role, SlaMetric, UserId};
use ventanilla_storage::{MetricStats, Quantiles, Report, StatsByMetric};

use super::{
    Label, PageContext, PersonView,
    duration::{format_business, format_days, format_duration, millis},
};

/// Table of a [`Report`]: the desk first, then each administrator by name.
///
/// Made by [`AdminPages::report`](super::AdminPages::report). As JSON its fields are in `camelCase`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportView {
    /// The headings of the columns.
    pub columns: ReportColumns,
    /// The row of all tickets.
    pub overall: ReportRow,
    /// The rows of the administrators.
    pub admins: Vec<ReportRow>,
}

/// Headings of a report's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportColumns {
    /// Heading of [`ReportCell::count`].
    pub count: String,
    /// Heading of [`DurationTexts::median`].
    pub median: String,
    /// Heading of [`DurationTexts::p90`].
    pub p90: String,
    /// Heading of [`ReportCell::compliance`].
    pub compliance: String,
    /// Heading of durations in business time.
    pub business: String,
    /// Heading of durations in calendar time.
    pub calendar: String,
}

/// Statistics of the desk, or of one administrator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportRow {
    /// `Todo el equipo`, or a person.
    pub who: PersonView,
    /// The administrator's id; absent for the whole desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// A cell for each metric, in the order of [`SlaMetric`].
    pub cells: Vec<ReportCell>,
}

/// Statistics of one metric. A text without a value is `–`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportCell {
    /// The metric.
    pub metric: Label,
    /// Number of timers that stopped with the response or resolution.
    pub count: u64,
    /// Durations in business time.
    pub business: DurationTexts,
    /// Durations in calendar time.
    pub calendar: DurationTexts,
    /// Number of targets that were met.
    #[serde(default)]
    pub met: u64,
    /// Number of targets that were breached. Together with those that were met it is the base of the share,
    /// which isn't `count`: a timer that still runs may be breached.
    #[serde(default)]
    pub breached: u64,
    /// Share of targets that were met: `92 %`.
    pub compliance: String,
    /// Share of targets that were met, from 0 to 1, for a chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// Texts of a median and a 90th percentile, and their numbers, which are absent where there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DurationTexts {
    /// The median.
    pub median: String,
    /// The 90th percentile.
    pub p90: String,
    /// The median in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_millis: Option<u64>,
    /// The 90th percentile in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_millis: Option<u64>,
}

const NO_VALUE: &str = "–";

impl ReportView {
    pub(crate) fn new(page: &PageContext<'_>, report: &Report) -> Self {
        let locale = page.viewer.locale;
        let admin = |(id, stats): (&UserId, &StatsByMetric)| {
            let who = page.person(Some(id), Role::Admin.label(locale));
            ReportRow { id: Some(id.clone()), ..row(page, who, stats) }
        };
        let mut admins: Vec<ReportRow> = report.by_admin.iter().map(admin).collect();
        admins.sort_by(|a, b| a.who.name.cmp(&b.who.name));
        let team = locale.pick("Todo el equipo", "The whole team");
        Self {
            columns: columns(locale),
            overall: row(page, page.person(None, team), &report.overall),
            admins,
        }
    }
}

fn columns(locale: Locale) -> ReportColumns {
    let text = |es: &str, en: &str| locale.pick(es, en).to_owned();
    ReportColumns {
        count: text("Cantidad", "Count"),
        median: text("Mediana", "Median"),
        p90: text("Percentil 90", "90th percentile"),
        compliance: text("Cumplimiento", "Compliance"),
        business: text("Horas laborables", "Working hours"),
        calendar: text("Horas naturales", "Calendar hours"),
    }
}

fn row(page: &PageContext<'_>, who: PersonView, stats: &StatsByMetric) -> ReportRow {
    let cell = |metric: SlaMetric| cell(page, metric, &stats.of(metric));
    ReportRow { who, id: None, cells: SlaMetric::ALL.map(cell).into() }
}

fn cell(page: &PageContext<'_>, metric: SlaMetric, stats: &MetricStats) -> ReportCell {
    let (locale, sla) = (page.viewer.locale, page.sla());
    let business = |duration| match &sla {
        Some(context) => format_business(duration, context.sla.calendar(), locale),
        None => format_duration(duration, locale),
    };
    let ratio = stats.compliance();
    ReportCell {
        metric: Label::new(metric.as_str(), metric.label(locale)),
        count: stats.count,
        business: duration_texts(stats.business, business),
        calendar: duration_texts(stats.calendar, |duration| format_days(duration, locale)),
        met: stats.met,
        breached: stats.breached,
        compliance: ratio.map_or_else(|| NO_VALUE.into(), |_| percent(stats, locale)),
        ratio,
    }
}

/// Rounds down, so that only all is 100 %, and in integers, since 0.29 times 100 isn't 29.
fn percent(stats: &MetricStats, locale: Locale) -> String {
    let (met, breached) = (u128::from(stats.met), u128::from(stats.breached));
    let percent = met * 100 / (met + breached).max(1);
    match locale {
        Locale::Es => format!("{percent} %"),
        Locale::En => format!("{percent}%"),
    }
}

fn duration_texts(quantiles: Option<Quantiles>, format: impl Fn(Duration) -> String) -> DurationTexts {
    let text = |duration: Option<Duration>| duration.map_or_else(|| NO_VALUE.into(), &format);
    let (median, p90) = (quantiles.map(|it| it.median), quantiles.map(|it| it.p90));
    DurationTexts {
        median: text(median),
        p90: text(p90),
        median_millis: median.map(millis),
        p90_millis: p90.map(millis),
    }
}
