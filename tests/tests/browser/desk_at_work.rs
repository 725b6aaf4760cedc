//! Hand-overs and drafts of the bot, the next ticket of the queue, and waits.

use ventanilla_service::{ListQuery, Priority};
use ventanilla_tests::{Setup, is_there};

use crate::{
    centre::{Centre, person},
    steps::{choose, follow, opened, texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_is_seen_on_the_dashboard_until_somebody_answers() {
    if !is_there("a_hand_over_is_seen_on_the_dashboard_until_somebody_answers") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Quiero hablar con una persona").await;
    let bot = centre.desk.bot();
    let turn = bot.turn(&number).await.expect("it is there");
    turn.hand_over("Pide una persona").await.expect("nobody has written");

    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    let badge = format!("li:has(input[value='{number}']) .badge.handoff");
    assert_eq!(window.text(&badge).await, "Necesita una persona");
    window.go(&centre.at("/admin?traspaso=si")).await;
    follow(&window, &format!("a.number[href='/admin/tickets/{number}']")).await;
    assert!(window.text("#traspaso").await.starts_with("Necesita una persona"));
    assert_eq!(window.text(".internal .text").await, "Pide una persona");
    assert!(window.text(".internal .when").await.starts_with("Asistente virtual"));
    window.fill("#texto", "Hola, soy Lucía.").await;
    follow(&window, ".write button").await;
    assert_eq!(window.count("#traspaso").await, 0);

    let ana = centre.window(Setup::PHONE, "Ana").await;
    ana.go(&centre.at(&format!("/tickets/{number}"))).await;
    let page = ana.text("body").await;
    assert!(page.contains("Hola, soy Lucía.") && !page.contains("Pide una persona"), "{page}");
    window.close().await;
    ana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_edited_and_sent_or_discarded_also_without_scripts() {
    if !is_there("a_draft_is_edited_and_sent_or_discarded_also_without_scripts") {
        return;
    }
    let centre = Centre::start().await;
    for setup in [Setup::DESKTOP, Setup::PHONE.without_scripts()] {
        let number = opened(&centre, "¿Cómo descargo mis facturas?").await;
        let bot = centre.desk.bot();
        let turn = bot.turn(&number).await.expect("it is there");
        turn.draft("En Documentos.").await.expect("nobody has written");
        let window = centre.window(setup, "Lucía").await;
        window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
        assert_eq!(window.text(".draft .text").await, "En Documentos.");
        follow(&window, ".draft button").await;
        assert_eq!(window.count(".draft").await, 0, "it is discarded");

        turn.draft("En Documentos → Facturas.").await.expect("nobody has written");
        window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
        follow(&window, ".draft a.button").await;
        let typed = window.run("return document.querySelector('#texto').value", vec![]).await;
        assert_eq!(typed, "En Documentos → Facturas.");
        window.fill("#texto", "Hola, Ana. En Documentos → Facturas.").await;
        follow(&window, ".write button").await;
        assert_eq!(window.text("#m2 .text").await, "Hola, Ana. En Documentos → Facturas.");
        assert_eq!(window.count(".draft").await, 0, "it was sent");
        assert!(window.text("#m2 .who").await.starts_with("Lucía Paz"));
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_ticket_is_the_first_of_the_list_that_nobody_has() {
    if !is_there("the_next_ticket_is_the_first_of_the_list_that_nobody_has") {
        return;
    }
    let centre = Centre::start().await;
    let [first, second] = [opened(&centre, "Uno").await, opened(&centre, "Dos").await];
    let martin = centre.desk.admin(person("Martín"));
    martin.set_priority(&second, Priority::Urgent).await.expect("a change");
    martin.claim(&first).await.expect("it was free");

    let window = centre.window(Setup::PHONE, "Lucía").await;
    window.go(&centre.at("/admin?prioridad=URGENT&solicitante=&orden=recientes")).await;
    follow(&window, "form[action^='/admin/siguiente'] button").await;
    assert!(window.text("#titulo").await.contains(second.as_str()));
    assert!(texts(&window, "aside section p").await.contains(&"Lucía Paz".to_owned()));

    let lucia = centre.desk.admin(person("Lucía"));
    let urgent = ListQuery::new().with_priorities(Priority::Urgent);
    while lucia.claim_next(&urgent).await.expect("a ticket or none").is_some() {}
    window.go(&centre.at("/admin?prioridad=URGENT")).await;
    follow(&window, "form[action^='/admin/siguiente'] button").await;
    let alert = window.text("[role=alert]").await;
    assert!(alert.contains("No queda ningún ticket sin asignar con estos filtros."), "{alert}");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_waits_for_the_customer_until_they_answer() {
    if !is_there("a_ticket_waits_for_the_customer_until_they_answer") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let window = centre.window(Setup::DESKTOP.without_scripts(), "Lucía").await;
    window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    window.fill("#texto", "¿Nos envías el recibo?").await;
    choose(&window, "#con-estado", "Esperar al cliente").await;
    follow(&window, ".write button").await;
    assert_eq!(window.text("#estado-actual").await, "En progreso");
    assert!(window.text("#espera-actual").await.starts_with("Esperando al cliente"));
    let timers = texts(&window, ".slas li").await;
    let paused = "Resolución En pausa\nEn pausa; tiempo restante:";
    assert!(timers.iter().any(|timer| timer.starts_with(paused)), "{timers:?}");
    window.go(&centre.at("/admin?espera=waiting")).await;
    let badge = format!("li:has(input[value='{number}']) .badge.wait-CUSTOMER");
    assert_eq!(window.text(&badge).await, "Esperando al cliente");
    window.go(&centre.at("/admin?espera=not_waiting")).await;
    assert_eq!(window.count(&badge).await, 0);

    let ana = centre.window(Setup::PHONE, "Ana").await;
    ana.go(&centre.at(&format!("/tickets/{number}"))).await;
    assert!(!ana.text("body").await.contains("Esperando"), "a customer isn't shown it");
    ana.fill("#texto", "Aquí está.").await;
    follow(&ana, ".write button.primary").await;
    ana.close().await;

    window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    assert_eq!(window.count("#espera-actual").await, 0);
    let timers = texts(&window, ".slas li").await;
    assert!(timers.iter().any(|timer| timer.starts_with("Resolución En plazo")), "{timers:?}");

    let yesterday = "return new Date(Date.now() - 864e5).toISOString().slice(0, 10)";
    let tomorrow = "return new Date(Date.now() + 2 * 864e5).toISOString().slice(0, 10)";
    for (day, refused) in [(yesterday, true), (tomorrow, false)] {
        let day = window.run(day, vec![]).await;
        window.run("document.querySelector('#hasta').value = arguments[0]", vec![day]).await;
        follow(&window, "button[name=espera][value=THIRD_PARTY]").await;
        assert_eq!(window.count("[role=alert]").await > 0, refused);
    }
    let waiting = window.text("#espera-actual").await;
    assert!(waiting.starts_with("Esperando a un tercero") && waiting.contains("hasta"), "{waiting}");
    follow(&window, "button[name=espera][value='']").await;
    assert_eq!(window.count("#espera-actual").await, 0);
    window.close().await;
}
