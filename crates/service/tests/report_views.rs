//! A report as a table.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::HashMap, sync::LazyLock};

use common::{id, ready};
use serde_json::{Value, json};
use ventanilla_service::{
    Locale, MemoryStore, Status, TimeZone, UserId,
    sla::Report,
    testing,
    view::{Person, ReportColumns, ReportRow, ReportView, Viewer},
};

static MADRID: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));
static ENGLISH: LazyLock<Viewer> = LazyLock::new(|| Viewer { locale: Locale::En, ..*MADRID });

fn table(report: Value, reader: &Viewer, people: &HashMap<UserId, Person>) -> ReportView {
    let report: Report = serde_json::from_value(report).unwrap();
    let desk = common::desk_over(MemoryStore::new());
    ready(desk.admin(id("luis")).pages(*reader, people).report(&report))
}

/// Just below the next second, in milliseconds.
fn seconds(seconds: u64) -> Value {
    json!(seconds * 1_000 + 999)
}

/// Nine of ten answers in time.
fn report() -> Value {
    let answers = json!({
        "count": 10,
        "business": { "medianMillis": seconds(45), "p90Millis": seconds(3_600) },
        "calendar": { "medianMillis": seconds(5_400), "p90Millis": seconds(262_800) },
        "met": 9,
        "breached": 1,
    });
    json!({ "overall": { "FIRST_RESPONSE": answers }, "byAdmin": { "luis": { "FIRST_RESPONSE": answers } } })
}

#[test]
fn a_report_has_its_documented_json() {
    let nothing = json!({ "median": "–", "p90": "–" });
    let empty = |code: &str, text: &str| {
        json!({ "metric": { "code": code, "text": text }, "count": 0, "business": nothing,
            "calendar": nothing, "met": 0, "breached": 0, "compliance": "–" })
    };
    let cells = json!([
        {
            "metric": { "code": "FIRST_RESPONSE", "text": "Primera respuesta" },
            "count": 10,
            "business": { "median": "menos de 1 min", "p90": "1 h", "medianMillis": seconds(45), "p90Millis": seconds(3_600) },
            "calendar": { "median": "1 h 30 min", "p90": "3 d 1 h", "medianMillis": seconds(5_400), "p90Millis": seconds(262_800) },
            "met": 9,
            "breached": 1,
            "compliance": "90 %",
            "ratio": 0.9,
        },
        empty("NEXT_RESPONSE", "Siguiente respuesta"),
        empty("RESOLUTION", "Resolución"),
    ]);
    let expected = json!({
        "columns": {
            "count": "Cantidad",
            "median": "Mediana",
            "p90": "Percentil 90",
            "compliance": "Cumplimiento",
            "business": "Horas laborables",
            "calendar": "Horas naturales",
        },
        "overall": { "who": { "name": "Todo el equipo", "initial": "T" }, "cells": cells },
        "admins": [
            { "who": { "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" }, "id": "luis", "cells": cells },
        ],
    });
    let luis = Person { avatar_url: Some("/luis.png".into()), ..Person::named("Luis Paz") };
    let table = table(report(), &MADRID, &HashMap::from([(id("luis"), luis)]));
    assert_eq!(serde_json::to_value(&table).unwrap(), expected);
    assert_eq!(serde_json::from_value::<ReportView>(expected).unwrap(), table);
}

#[test]
fn its_words_are_the_readers() {
    let table = table(report(), &ENGLISH, &HashMap::new());
    let ReportColumns { count, median, p90, compliance, business, calendar, .. } = &table.columns;
    assert_eq!(
        [count, median, p90, compliance, business, calendar],
        ["Count", "Median", "90th percentile", "Compliance", "Working hours", "Calendar hours"]
    );
    assert_eq!(
        (table.overall.who.name.as_str(), table.admins[0].who.name.as_str()),
        ("The whole team", "Support")
    );
    let cell = &table.overall.cells[0];
    assert_eq!((cell.metric.text.as_str(), cell.compliance.as_str()), ("First response", "90%"));
    assert_eq!(
        (cell.business.median.as_str(), cell.calendar.p90.as_str()),
        ("less than 1 min", "3 d 1 h")
    );
    assert_eq!(table.overall.cells[1].business.p90, "–");
}

#[test]
fn administrators_stand_by_name_and_those_without_one_by_id() {
    let none = json!({});
    let report = json!({ "overall": none,
        "byAdmin": { "a": none, "b": none, "c": none, "d": none, "e": none } });
    let named = |(key, name)| (id(key), Person::named(name));
    let people = HashMap::from([("a", "Zoe"), ("c", "Ana"), ("e", "Ana")].map(named));
    let rows = table(report, &MADRID, &people).admins;
    let names: Vec<&str> = rows.iter().map(|row| row.who.name.as_str()).collect();
    assert_eq!(names, ["Ana", "Ana", "Soporte", "Soporte", "Zoe"]);
    assert!(rows.iter().all(|row| row.cells.len() == 3));
}

#[test]
fn a_percentage_is_cut_off_so_that_only_all_is_a_hundred() {
    let of = |met: u64, breached: u64| {
        let report = json!({ "byAdmin": {}, "overall": {
            "RESOLUTION": { "count": 0, "met": met, "breached": breached } } });
        let cell = table(report, &MADRID, &HashMap::new()).overall.cells.remove(2);
        (cell.compliance, cell.ratio)
    };
    for met in 1..=100 {
        assert_eq!(of(met, 100 - met).0, format!("{met} %"));
    }
    for (met, breached, text) in [
        (0, 7, "0 %"),
        (1, 1_000, "0 %"),
        (2, 1, "66 %"),
        (9_999, 1, "99 %"),
        (u64::from(u32::MAX), 1, "99 %"),
        (1, 0, "100 %"),
    ] {
        let (compliance, ratio) = of(met, breached);
        assert_eq!(compliance, text);
        assert!(ratio.is_some_and(|ratio| (0.0..=1.0).contains(&ratio)));
    }
    assert_eq!(of(0, 0), ("–".into(), None));
}

#[tokio::test]
async fn the_figures_are_those_of_what_happened() {
    let opened = |number| testing::ticket(number).requester("ana").policy(common::policy());
    let store = common::storing([
        opened("A").reply("luis", "Hola").status(Status::Resolved).build(),
        opened("B").reply("luis", "Hola").build(),
        opened("C").assignee("marta").build(),
    ]);
    let luis = common::desk_over(store.await).admin(id("luis"));
    let report = luis.report(common::period()).await.unwrap();
    let table = luis.pages(*MADRID, &()).report(&report).await;
    let told = |row: &ReportRow| {
        row.cells.iter().map(|cell| (cell.count, cell.compliance.clone())).collect::<Vec<_>>()
    };
    let cell = |count, text: &str| (count, text.to_owned());
    assert_eq!(told(&table.overall), [cell(2, "66 %"), cell(0, "–"), cell(1, "33 %")]);
    // Of Luis, Marta and whoever resolved the first: nobody knows their names.
    let [luis, marta, first] = [id("luis"), id("marta"), testing::admin(0)]
        .map(|who| report.by_admin.keys().position(|known| *known == who).unwrap());
    assert_eq!(told(&table.admins[luis]), [cell(2, "100 %"), cell(0, "–"), cell(0, "–")]);
    assert_eq!(told(&table.admins[marta]), [cell(0, "0 %"), cell(0, "–"), cell(0, "0 %")]);
    assert_eq!(told(&table.admins[first]), [cell(0, "–"), cell(0, "–"), cell(1, "100 %")]);
}
