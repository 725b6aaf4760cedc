//! The desk's page of a ticket, and the report.

use std::collections::BTreeSet;

use ventanilla_service::{Priority, Status, ticket::ActorKind};
use ventanilla_tests::{Setup, is_there};

use crate::{
    centre::{Centre, person},
    steps::{choose, follow, lose_connection, opened, sign_in, texts, ticket_of},
};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_claims_wins_and_the_other_is_shown_the_assignee() {
    if !is_there("one_of_two_claims_wins_and_the_other_is_shown_the_assignee") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let page = centre.at(&format!("/admin/tickets/{number}"));
    let (lucia, martin) =
        (centre.window(Setup::DESKTOP, "Lucía").await, centre.window(Setup::DESKTOP, "Martín").await);
    for window in [&lucia, &martin] {
        window.go(&page).await;
        assert!(window.text("aside").await.contains("Sin asignar"));
    }
    lose_connection(&martin).await;
    follow(&lucia, "button[value=tomar]").await;
    assert!(texts(&lucia, "aside section p").await.contains(&"Lucía Paz".to_owned()));

    // His page shows the earlier version.
    follow(&martin, "button[value=tomar]").await;
    let alert = martin.text("[role=alert]").await;
    assert_eq!(alert, "Otra persona ya atiende este ticket. Lo tiene Lucía Paz.");
    assert!(texts(&martin, "aside section p").await.contains(&"Lucía Paz".to_owned()));
    assert_eq!(martin.count("button[value=tomar]").await, 0, "it is not offered any more");

    // A status is for the ticket as it was seen.
    lose_connection(&martin).await;
    choose(&lucia, "#prioridad", "Alta").await;
    follow(&lucia, "form[action$='/prioridad'] button").await;
    follow(&martin, "#estado button[value=RESOLVED]").await;
    let alert = martin.text("[role=alert]").await;
    assert!(alert.contains("Cambió la prioridad de Media a Alta"), "{alert}");
    martin.until("return document.activeElement.matches('[role=alert]')").await;
    assert!(texts(&martin, ".meta").await[0].contains("Alta"), "the page is as the ticket is now");
    follow(&martin, "#estado button[value=RESOLVED]").await;
    assert_eq!(martin.count("[role=alert]").await, 0);
    // A priority is not.
    choose(&lucia, "#prioridad", "Baja").await;
    follow(&lucia, "form[action$='/prioridad'] button").await;
    assert_eq!(lucia.count("[role=alert]").await, 0);
    let head = centre.desk.admin(person("Lucía")).get(&number).await.expect("it is there").head;
    assert_eq!(
        (head.priority, head.status, head.assignee),
        (Priority::Low, Status::Resolved, Some(person("Lucía")))
    );
    lucia.close().await;
    martin.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_resolves_and_the_customer_reopens() {
    if !is_there("an_answer_resolves_and_the_customer_reopens") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let (desk_page, page) =
        (centre.at(&format!("/admin/tickets/{number}")), centre.at(&format!("/tickets/{number}")));
    let lucia = centre.window(Setup::DESKTOP, "Lucía").await;
    lucia.go(&desk_page).await;
    let promises = texts(&lucia, ".slas li").await;
    assert!(promises[0].starts_with("Primera respuesta En plazo\nTiempo restante: 7 h"), "{promises:?}");
    lucia.fill("#nota", "Es el lote 5521.").await;
    follow(&lucia, "form[action$='/nota'] button").await;
    assert_eq!(lucia.text(".internal .text").await, "Es el lote 5521.");
    lucia.fill("#texto", "Ya está devuelto.").await;
    choose(&lucia, "#con-estado", "Marcar como resuelto").await;
    follow(&lucia, ".write button").await;
    assert_eq!(lucia.text("#estado-actual").await, "Resuelto");
    assert!(texts(&lucia, ".slas li").await[0].contains("Cumplido"));

    let ana = centre.window(Setup::PHONE, "Ana").await;
    ana.go(&page).await;
    assert_eq!(ana.text("#estado-actual").await, "Resuelto");
    assert_eq!(ana.text("#m2 .text").await, "Ya está devuelto.");
    let source = "return fetch(location.href).then(it => it.text())";
    let source = ana.run(source, vec![]).await.to_string() + &ana.text("html").await;
    assert!(source.contains("Ya está devuelto."));
    for inside in ["lote 5521", "Nota", "nota interna", "de retraso", "Tiempo restante"] {
        assert!(!source.contains(inside), "a customer reads {inside}");
    }
    ana.fill("#texto", "Todavía no me llegó.").await;
    follow(&ana, ".write button.primary").await;
    assert_eq!(ana.text("#estado-actual").await, "Abierto");
    ana.close().await;

    lucia.reload().await;
    assert_eq!(lucia.text("#estado-actual").await, "Abierto");
    assert_eq!(lucia.text("#m3 .text").await, "Todavía no me llegó.");
    let history = texts(&lucia, ".history li").await;
    let told: Vec<&str> = history.iter().filter_map(|entry| entry.split('\n').next()).collect();
    let expected = [
        "Ana Gómez: Abrió el ticket",
        "Ana Gómez: Escribió un mensaje",
        "Lucía Paz: Añadió una nota interna",
        "Lucía Paz: Escribió un mensaje",
        "Lucía Paz: Cambió el estado de Abierto a Resuelto",
        "Ana Gómez: Escribió un mensaje",
        "Ana Gómez: Cambió el estado de Resuelto a Abierto",
    ];
    assert_eq!(told, expected);
    lucia.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_rules_allow_is_offered_also_without_scripts() {
    if !is_there("only_what_the_rules_allow_is_offered_also_without_scripts") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let window = centre.window(Setup::DESKTOP.without_scripts(), "Lucía").await;
    window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    window.fill("#texto", "Lo estamos mirando.").await;
    follow(&window, ".write button").await;
    assert_eq!(window.text("#m2 .text").await, "Lo estamos mirando.");
    for (status, label) in [
        (Status::Open, "Abierto"),
        (Status::InProgress, "En progreso"),
        (Status::Resolved, "Resuelto"),
        (Status::Closed, "Cerrado"),
    ] {
        if status != Status::Open {
            follow(&window, &format!("#estado button[value='{status}']")).await;
        }
        if status == Status::Closed {
            assert!(window.text("h1").await.starts_with("¿Cerrar el ticket"));
            follow(&window, "main button.primary").await;
        }
        assert_eq!(window.text("#estado-actual").await, label);
        let next: BTreeSet<_> =
            status.next_for(ActorKind::Admin).into_iter().map(|next| next.to_string()).collect();
        for offered in ["#estado button", "#con-estado option:not([value=''], [value=ESPERAR])"] {
            let values = "return [...document.querySelectorAll(arguments[0])].map(it => it.value)";
            let values = window.run(values, vec![offered.into()]).await;
            let values: BTreeSet<String> = serde_json::from_value(values).expect("texts");
            assert_eq!(values, next, "{offered} of {label}");
        }
    }
    assert!(window.text("#escribir").await.contains("solo admite notas internas"));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_answer_survives_a_conflict_a_reload_and_a_sign_out() {
    if !is_there("a_typed_answer_survives_a_conflict_a_reload_and_a_sign_out") {
        return;
    }
    let centre = Centre::start().await;
    let (number, other) =
        (opened(&centre, "Me cobraron dos veces").await, opened(&centre, "Otra").await);
    let path = format!("/admin/tickets/{number}");
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    window.go(&centre.at(&path)).await;
    let typed =
        async || window.run("return document.querySelector('#texto')?.value ?? null", vec![]).await;
    window.fill("#texto", "Ya está devuelto.").await;
    let martin = centre.desk.admin(person("Martín"));
    martin.reply(&number, "Lo estoy mirando.").await.expect("an answer");
    follow(&window, ".write button").await;
    assert!(window.text("[role=alert]").await.contains("Martín Ríos: Escribió un mensaje"));
    assert_eq!(window.text(".new .badge").await, "Nuevo");
    assert_eq!(window.text("#m2.new .text").await, "Lo estoy mirando.");
    assert_eq!(typed().await, "Ya está devuelto.");
    let refused = format!("{path}?rechazado=1");
    assert_eq!(window.url().await, centre.at(&refused), "the form's own address is not shown");

    window.reload().await;
    assert_eq!(window.text("#m2.new .text").await, "Lo estoy mirando.");
    assert_eq!(window.count(".bubble").await, 2, "nothing is sent again");
    assert_eq!(typed().await, "Ya está devuelto.", "a reload");
    window.fill("#texto", "Ya está devuelto, Ana.").await;
    window.go(&centre.at(&format!("/admin/tickets/{other}"))).await;
    assert_eq!(typed().await, "", "of another ticket");
    follow(&window, "form[action='/salir'] button").await;
    for (who, text) in [("Martín", ""), ("Lucía", "Ya está devuelto, Ana.")] {
        sign_in(&centre, &window, who).await;
        window.go(&centre.at(&path)).await;
        assert_eq!(typed().await, text, "{who}");
    }
    // The session ends while she writes.
    window.fill("#texto", "Ya está todo devuelto, Ana.").await;
    window.run("return fetch('/salir', { method: 'POST' }).then(() => true)", vec![]).await;
    follow(&window, ".write button").await;
    sign_in(&centre, &window, "Lucía").await;
    window.go(&centre.at(&path)).await;
    assert_eq!(typed().await, "Ya está todo devuelto, Ana.");

    follow(&window, ".write button").await;
    assert_eq!(window.text("#m3 .text").await, "Ya está todo devuelto, Ana.");
    assert_eq!(typed().await, "", "it is sent");
    window.reload().await;
    assert_eq!(typed().await, "");
    let kept = window.run("return Object.keys(sessionStorage).length", vec![]).await;
    assert_eq!(kept, 0, "nothing is left behind");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_has_a_table_and_a_chart_that_can_be_read_out() {
    if !is_there("the_report_has_a_table_and_a_chart_that_can_be_read_out") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    follow(&window, "nav a[href='/admin/informe']").await;
    let head = texts(&window, "table thead th").await;
    assert_eq!(head, ["Quién", "Qué", "Cantidad", "Mediana", "Percentil 90", "Cumplimiento"]);
    let whose = texts(&window, "tbody th[scope=rowgroup]").await;
    assert_eq!(whose, ["Todo el equipo", "Lucía Paz", "Martín Ríos"]);

    let shares = texts(&window, "tbody td:last-child").await;
    let measured: Vec<_> = shares.iter().filter(|share| share.contains(" %")).collect();
    assert!(measured.len() > 5, "{shares:?}");
    let bars = "return [...document.querySelectorAll('.chart-value')].map(it => it.textContent)";
    let bars = window.run(bars, vec![]).await;
    let bars: Vec<String> = serde_json::from_value(bars).expect("texts");
    assert_eq!(bars.iter().collect::<Vec<_>>(), measured, "a bar for each share of the table");
    assert!(bars.iter().all(|bar| bar.contains(" % (") && bar.contains(" de ")), "{bars:?}");
    let name = "return document.querySelector('svg').getAttribute('aria-labelledby').split(' ')
                .map(id => document.getElementById(id).textContent).join(' ')";
    let name = window.run(name, vec![]).await.to_string();
    assert!(name.contains("Cumplimiento: parte de los plazos que se cumplieron"), "{name}");
    let first = format!("Todo el equipo: Primera respuesta, {}. ", measured[0]);
    assert!(name.contains(&first), "{name}");
    assert_eq!(name.matches(" % (").count(), bars.len(), "{name}");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_that_sends_is_in_view_on_arrival() {
    if !is_there("the_button_that_sends_is_in_view_on_arrival") {
        return;
    }
    let centre = Centre::start().await;
    let number = ticket_of(&centre, "Ana", Status::InProgress).await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    for (width, height) in [(1280, 900), (1366, 657), (1920, 1000)] {
        window.resize(width, height).await;
        window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
        let script = "const box = document.querySelector('.write button.primary').getBoundingClientRect(); \
                      return [box.bottom, innerHeight]";
        let found = window.run(script, vec![]).await;
        assert!(found[0].as_f64() <= found[1].as_f64(), "{width} x {height}: {found}");
    }
    window.close().await;
}
