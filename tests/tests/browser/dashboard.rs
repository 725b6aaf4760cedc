//! The desk's dashboard.

use std::collections::BTreeSet;

use ventanilla_service::{
    Category, ListQuery, Priority, Status, TimeZone,
    list::{Cursor, Direction, Sort},
    settings::{Clock, SystemClock},
};
use ventanilla_tests::{Setup, Window, is_there};

use crate::{
    centre::{Centre, person},
    steps::{choose, follow, texts, ticket_of},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_count_leads_to_its_list() {
    if !is_there("each_count_leads_to_its_list") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    let counts = centre.desk.admin(person("Lucía")).counts().await.expect("counts");
    for (name, count) in [
        ("Vencidos", counts.overdue),
        ("En riesgo", counts.at_risk),
        ("Sin asignar", counts.unassigned),
        ("Míos", counts.mine),
        ("Necesitan una persona", counts.handed_over),
        ("En espera", counts.waiting),
        ("Abiertos", counts.with_status(Status::Open)),
        ("En progreso", counts.with_status(Status::InProgress)),
        ("Resueltos", counts.with_status(Status::Resolved)),
        ("Todos", counts.total()),
    ] {
        let tiles = texts(&window, "[aria-label='Cuántos hay'] li").await;
        let place = tiles.iter().position(|tile| tile.ends_with(&format!("\n{name}")));
        let place = place.unwrap_or_else(|| panic!("no tile is called {name}: {tiles:?}"));
        assert_eq!(tiles[place], format!("{count}\n{name}"));

        follow(&window, &format!("[aria-label='Cuántos hay'] li:nth-child({}) a", place + 1)).await;
        let found = walked(&window).await;
        assert!(count > 0, "{name}: the demo has one of each");
        assert_eq!(found.len() as u64, count, "{name}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{name}: each once");
    }
    // The last list took more than a page.
    assert_eq!(window.count("a[rel=next]").await, 0);
    follow(&window, ".pages a").await;
    assert_eq!(window.text("a[rel=next]").await, "Más tickets");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_the_list_together() {
    if !is_there("filters_narrow_the_list_together") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    let all = ListQuery::new;
    let live = || all().with_statuses(Status::Open | Status::InProgress);
    let (carla, martin) = (person("Carla"), person("Martín"));
    for (chosen, query) in [
        (
            vec![("estado", "Activos"), ("asignado", "Sin asignar")],
            live().unassigned().with_sort(Sort::Due),
        ),
        (
            vec![("estado", "En progreso"), ("prioridad", "Alta")],
            all().with_statuses(Status::InProgress).with_priorities(Priority::High),
        ),
        (
            vec![
                ("estado", "Todos"),
                ("categoria", "Pagos"),
                ("solicitante", "Carla Núñez"),
                ("orden", "Más antiguos"),
            ],
            all()
                .with_category(Category::PAGOS)
                .with_requester(carla.clone())
                .with_sort(Sort::Created(Direction::OldestFirst)),
        ),
        (
            vec![
                ("estado", "En progreso"),
                ("prioridad", "Media"),
                ("categoria", "Pagos"),
                ("asignado", "Martín Ríos"),
                ("solicitante", "Carla Núñez"),
            ],
            all()
                .with_statuses(Status::InProgress)
                .with_priorities(Priority::Medium)
                .with_category(Category::PAGOS)
                .with_assignee(martin)
                .with_requester(carla),
        ),
        (vec![("orden", "Más urgentes")], live().with_sort(Sort::UrgentFirst(Direction::OldestFirst))),
        (vec![("orden", "Menos urgentes")], live().with_sort(Sort::LowFirst(Direction::OldestFirst))),
        (vec![("orden", "Por plazo")], all().with_sort(Sort::Due)),
        (vec![("orden", "Solo en riesgo")], all().at_risk()),
        (vec![("orden", "Solo vencidos"), ("asignado", "Sin asignar")], all().overdue().unassigned()),
    ] {
        window.go(&centre.at("/admin")).await;
        // A customer is searched for, and is then the choice.
        if let Some((_, name)) = chosen.iter().find(|(field, _)| *field == "solicitante") {
            window.fill("#numero", name).await;
            follow(&window, ".find button").await;
        }
        window.click(".filters-box summary").await;
        for (field, text) in &chosen {
            choose(&window, &format!("#{field}"), text).await;
        }
        follow(&window, ".filters button").await;
        // What was chosen can still be seen.
        for (field, text) in &chosen {
            let script = "return document.getElementById(arguments[0]).selectedOptions[0].text";
            assert_eq!(window.run(script, vec![(*field).into()]).await, *text);
        }
        let expected = listed(&centre, query).await;
        assert!(!expected.is_empty(), "{chosen:?}");
        assert_eq!(walked(&window).await, expected, "{chosen:?}");
        if chosen.contains(&("orden", "Solo vencidos")) {
            let all = texts(&window, ".desk-rows li").await;
            assert!(all.iter().all(|row| row.contains("de retraso")), "{all:?}");
        }
    }
    window.click(".filters-box summary").await;
    follow(&window, ".filters a").await;
    assert!(listed(&centre, live().with_sort(Sort::Due)).await.starts_with(&shown(&window).await));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tickets_are_seen_on_a_laptop_and_the_way_back_is_kept() {
    if !is_there("ten_tickets_are_seen_on_a_laptop_and_the_way_back_is_kept") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    window.resize(1366, 768).await;
    let seen = "const rows = [...document.querySelectorAll('.desk-rows li')].map(it => it.getBoundingClientRect()); \
                return [rows[0].top, rows.filter(it => it.bottom <= 768).length]";
    for path in ["/admin", "/admin?estado=todos"] {
        window.go(&centre.at(path)).await;
        let found = window.run(seen, vec![]).await;
        assert!(found[0].as_f64().is_some_and(|top| top < 240.0), "the first begins at {found}");
        assert!(found[1].as_u64().is_some_and(|count| count >= 9), "{path}: top, rows: {found}");
    }
    follow(&window, "a[rel=next]").await;
    let (list, rows) = (window.url().await, shown(&window).await);
    follow(&window, ".desk-rows a.number").await;
    window.fill("#nota", "Visto").await;
    follow(&window, "form[action$='/nota'] button").await;
    assert_eq!(window.text(".done").await, "Nota guardada.");
    window.reload().await;
    assert_eq!(window.count(".done").await, 0, "it is told once");
    follow(&window, ".back").await;
    assert_eq!((window.url().await, shown(&window).await), (list, rows));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_the_readers_own() {
    if !is_there("days_are_the_readers_own") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    // Days of the browser's own zone, which it has told meanwhile.
    window.reload().await;
    let zone = window.run("return Intl.DateTimeFormat().resolvedOptions().timeZone", vec![]).await;
    let zone = TimeZone::named(zone.as_str().expect("a name")).expect("a zone");
    let today = zone.local_time(SystemClock.now()).date_naive();
    let day = |ago| (0..ago).fold(today, |day, _| day.pred_opt().expect("a day"));
    let begins = |day| zone.start_of_day(day).expect("a day");
    let (from, until, after) = (day(5), day(2), day(1));
    let query = ListQuery::new().with_created_from(begins(from)).with_created_before(begins(after));

    window.click(".filters-box summary").await;
    for (field, day) in [("desde", from), ("hasta", until)] {
        let script = "document.getElementById(arguments[0]).value = arguments[1]";
        window.run(script, vec![field.into(), day.to_string().into()]).await;
    }
    choose(&window, "#estado", "Todos").await;
    follow(&window, ".filters button").await;

    let expected = listed(&centre, query.clone()).await;
    assert!(expected.len() > 3, "{expected:?}");
    assert_eq!(walked(&window).await, expected);
    window.click(".filters-box summary").await;
    choose(&window, "#estado", "Abierto").await;
    choose(&window, "#orden", "Más recientes").await;
    follow(&window, ".filters button").await;
    assert_eq!(walked(&window).await, listed(&centre, query.with_statuses(Status::Open)).await);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_changes_show_their_results() {
    if !is_there("bulk_changes_show_their_results") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    window.go(&centre.at(&format!("/admin?estado=todos&solicitante={}", person("Ana")))).await;
    let mut expected = BTreeSet::new();
    for (status, outcome) in [
        (Status::Open, "Cambiado"),
        (Status::InProgress, "Ya estaba así"),
        (Status::Closed, "Un ticket no puede pasar de Cerrado a En progreso."),
    ] {
        let number = ticket_of(&centre, "Ana", status).await;
        window.click(&format!("label:has([value='{number}'])")).await;
        expected.insert(format!("{number} {outcome}"));
    }
    choose(&window, "#accion", "En progreso").await;
    follow(&window, ".bulk button").await;

    assert_eq!(window.text(".results h2").await, "Hecho en 2 de 3 tickets.");
    let results = texts(&window, ".results li").await;
    assert_eq!(results.into_iter().collect::<BTreeSet<_>>(), expected);
    assert!(window.url().await.contains("solicitante="), "the list is as it was filtered");
    let query = ListQuery::new().with_requester(person("Ana"));
    assert_eq!(shown(&window).await, listed(&centre, query).await);
    let changed = expected.iter().find_map(|line| line.strip_suffix(" Cambiado")).expect("one is");
    let row = texts(&window, &format!("li:has([value='{changed}']) .badge")).await;
    assert_eq!(row[0], "En progreso");
    window.close().await;
}

/// Returns the numbers on the dashboard's page.
async fn shown(window: &Window) -> Vec<String> {
    texts(window, ".desk-rows a.number").await
}

/// Returns the numbers on this page and on all that follow.
async fn walked(window: &Window) -> Vec<String> {
    let mut found = shown(window).await;
    while window.count("a[rel=next]").await > 0 {
        follow(window, "a[rel=next]").await;
        found.extend(shown(window).await);
    }
    found
}

/// Returns the numbers that the desk itself lists.
async fn listed(centre: &Centre, query: ListQuery) -> Vec<String> {
    let desk = centre.desk.admin(person("Lucía"));
    let (mut found, mut next) = (Vec::new(), None::<Cursor>);
    loop {
        let page = match &next {
            None => query.clone().first_page(),
            Some(cursor) => query.clone().page_after(cursor).expect("its own"),
        };
        let page = desk.list(page).await.expect("a list");
        found.extend(page.rows.iter().map(|row| row.head.ticket_number.to_string()));
        next = page.next;
        if next.is_none() {
            return found;
        }
    }
}
