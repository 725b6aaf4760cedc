//! Report of the times until tickets were answered and resolved.

use askama::Template;
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use ventanilla_service::{
    Explain,
    sla::{NaiveDate, Period},
    view::{ReportCell, ReportRow, ReportView, Viewer},
};

use crate::{
    App,
    error::{Answer, Problem, page},
    fields::{Asked, day},
    session::{Administrator, Me},
};

/// Default number of days that a report covers.
const DAYS: u64 = 30;

#[derive(Template)]
#[template(path = "admin/informe.html")]
struct ReportPage {
    me: Option<Me>,
    days: Days,
    report: Option<ReportView>,
    bars: Vec<Bar>,
    /// Height of the chart.
    height: usize,
    problems: Vec<Problem>,
}

/// Bar of the chart, with its position and length.
struct Bar {
    text: String,
    value: String,
    label_y: usize,
    y: usize,
    width: u32,
    value_y: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Days {
    #[serde(rename = "desde")]
    from: String,
    #[serde(rename = "hasta")]
    until: String,
}

impl ReportPage {
    fn problem(&self, field: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == field)
    }
}

pub(super) async fn report(
    State(app): State<App>,
    admin: Administrator,
    Asked(asked): Asked<Days>,
) -> Answer {
    let today = admin.me.reader.time_zone.local_time(app.now()).date_naive();
    let days = asked.or_the_last(today);
    let (status, report, problems) = match days.period(admin.me.reader) {
        Ok(period) => {
            let report = admin.desk.report(period).await?;
            let report = admin.pages(&app).report(&report).await;
            (StatusCode::OK, Some(report), Vec::new())
        }
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, None, vec![problem]),
    };
    let bars = report.as_ref().map(bars).unwrap_or_default();
    let height = bars.len() * STEP;
    Ok(page(status, &ReportPage { me: Some(admin.me), days, report, bars, height, problems }))
}

impl Days {
    fn or_the_last(self, today: NaiveDate) -> Self {
        let first = (1..DAYS).fold(today, |day, _| day.pred_opt().unwrap_or(day));
        let or = |typed: String, day: NaiveDate| if typed.is_empty() { day.to_string() } else { typed };
        Self { from: or(self.from, first), until: or(self.until, today) }
    }

    /// Converts days to a period, the last one included.
    fn period(&self, reader: Viewer) -> Result<Period, Problem> {
        let at = |field, typed: &str| day(typed).map_err(|text| Problem::new(field, text));
        let (first, last) = (at("desde", &self.from)?, at("hasta", &self.until)?);
        Period::days(first, last, reader.time_zone).map_err(|error| match error.code() {
            "period_backwards" => Problem::new("hasta", "El último día es anterior al primero."),
            _ => Problem::new("hasta", "Esas fechas quedan demasiado lejos."),
        })
    }
}

/// Height of a bar with its label.
const STEP: usize = 44;

fn bars(report: &ReportView) -> Vec<Bar> {
    let rows = std::iter::once(&report.overall).chain(&report.admins);
    let cells = rows.flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
    let measured = cells.filter_map(|(row, cell)| Some((row, cell, cell.ratio?)));
    measured.enumerate().map(|(at, (row, cell, ratio))| bar(at, row, cell, ratio)).collect()
}

fn bar(at: usize, row: &ReportRow, cell: &ReportCell, ratio: f64) -> Bar {
    Bar {
        text: format!("{}: {}", row.who.name, cell.metric.text),
        value: format!("{} ({} de {})", cell.compliance, cell.met, cell.met + cell.breached),
        label_y: at * STEP + 14,
        y: at * STEP + 20,
        // Of 300 units.
        width: (ratio * 300.0).round() as u32,
        value_y: at * STEP + 33,
    }
}
