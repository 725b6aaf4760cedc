//! A report as a table.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, Role, SlaMetric, UserId};
use ventanilla_storage::{MetricStats, Quantiles, Report, StatsByMetric};

use super::{Label, PersonDirectory, PersonView, Viewer, format_duration};

/// A [`Report`] as a table: the desk first, then each administrator by name.
///
/// Made by [`Admin::report_view`](crate::Admin::report_view). As JSON its fields are in `camelCase`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportView {
    /// The headings of the columns.
    pub columns: ReportColumns,
    /// All tickets.
    pub overall: ReportRow,
    /// The tickets of each administrator.
    pub admins: Vec<ReportRow>,
}

/// The headings of a report's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportColumns {
    /// Over [`ReportCell::count`].
    pub count: String,
    /// Over [`DurationTexts::median`].
    pub median: String,
    /// Over [`DurationTexts::p90`].
    pub p90: String,
    /// Over [`ReportCell::compliance`].
    pub compliance: String,
    /// For lengths in working time.
    pub business: String,
    /// For lengths as the calendar runs.
    pub calendar: String,
}

/// The figures of the desk, or of one administrator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportRow {
    /// Whose they are: `Todo el equipo`, or a person.
    pub who: PersonView,
    /// One for each metric, in the order of [`SlaMetric`].
    pub cells: Vec<ReportCell>,
}

/// The figures of one metric. What there is nothing to say of is `–`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportCell {
    /// The metric.
    pub metric: Label,
    /// How many clocks stopped because what they waited for came.
    pub count: u64,
    /// How long that took in working time.
    pub business: DurationTexts,
    /// How long that took as the calendar runs.
    pub calendar: DurationTexts,
    /// The part of the targets that were met: `92 %`.
    pub compliance: String,
    /// The same as a number from 0 to 1, for a chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// Two lengths of time, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DurationTexts {
    /// Half of all took no longer.
    pub median: String,
    /// Nine of ten took no longer.
    pub p90: String,
}

const NOTHING: &str = "–";

impl ReportView {
    pub(crate) fn new(
        report: &Report,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> Self {
        let locale = reader.locale;
        let admin = |(id, figures): (&UserId, &StatsByMetric)| {
            row(PersonView::of(Some(id), directory, Role::Admin.label(locale)), figures, locale)
        };
        let mut admins: Vec<ReportRow> = report.by_admin.iter().map(admin).collect();
        admins.sort_by(|a, b| a.who.name.cmp(&b.who.name));
        let team = locale.pick("Todo el equipo", "The whole team");
        Self {
            columns: columns(locale),
            overall: row(PersonView::of(None, directory, team), &report.overall, locale),
            admins,
        }
    }
}

fn columns(locale: Locale) -> ReportColumns {
    let say = |es: &str, en: &str| locale.pick(es, en).to_owned();
    ReportColumns {
        count: say("Número", "Count"),
        median: say("Mediana", "Median"),
        p90: say("Percentil 90", "90th percentile"),
        compliance: say("Cumplimiento", "Compliance"),
        business: say("Horas laborables", "Working hours"),
        calendar: say("Horas naturales", "Calendar hours"),
    }
}

fn row(who: PersonView, figures: &StatsByMetric, locale: Locale) -> ReportRow {
    let cell = |metric: SlaMetric| cell(metric, &figures.of(metric), locale);
    ReportRow { who, cells: SlaMetric::ALL.map(cell).into() }
}

fn cell(metric: SlaMetric, measures: &MetricStats, locale: Locale) -> ReportCell {
    let ratio = measures.compliance();
    ReportCell {
        metric: Label::new(metric.as_str(), metric.label(locale)),
        count: measures.count,
        business: spans(measures.business, locale),
        calendar: spans(measures.calendar, locale),
        compliance: ratio.map_or_else(|| NOTHING.into(), |_| percent(measures, locale)),
        ratio,
    }
}

/// Cut off, so that only all is a hundred; of whole numbers, since 0.29 times a hundred isn't 29.
fn percent(measures: &MetricStats, locale: Locale) -> String {
    let (met, breached) = (u128::from(measures.met), u128::from(measures.breached));
    let percent = met * 100 / (met + breached).max(1);
    match locale {
        Locale::Es => format!("{percent} %"),
        Locale::En => format!("{percent}%"),
    }
}

fn spans(quantiles: Option<Quantiles>, locale: Locale) -> DurationTexts {
    let text = |length: Option<std::time::Duration>| {
        length.map_or_else(|| NOTHING.into(), |length| format_duration(length, locale))
    };
    DurationTexts {
        median: text(quantiles.map(|quantiles| quantiles.median)),
        p90: text(quantiles.map(|quantiles| quantiles.p90)),
    }
}
