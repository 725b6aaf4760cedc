//! A customer asks for help and finds their tickets.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ventanilla_service::{Category, MessageText, MyTickets, NewTicket, list::PageSize};
use ventanilla_tests::{Setup, Window, is_there};

use crate::centre::{Centre, person};

const SEND: &str = "main button.primary";

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_and_listed() {
    if !is_there("a_ticket_is_opened_and_listed") {
        return;
    }
    for setup in [Setup::DESKTOP, Setup::PHONE.without_scripts()] {
        let centre = Centre::start().await;
        let window = centre.window(setup, "Élida").await;
        window.sees("No tienes tickets pendientes.").await;
        window.click(".empty a").await;
        window.sees("Cuéntanos qué pasa").await;

        window.click("#categoria option[value=PAGOS]").await;
        window.click(SEND).await;
        let empty = "return document.querySelector('#descripcion:invalid') !== null";
        assert_eq!(window.run(empty, vec![]).await, true, "the browser itself asks for a description");

        // Inputs that the browser accepts; no error loses the chosen values.
        let long = "ñ".repeat(9_000);
        for (typed, refused) in
            [("   ", "solo hay espacios"), (long.as_str(), "supera la longitud máxima")]
        {
            let set = "document.getElementById('descripcion').value = arguments[0]";
            window.run(set, vec![json!(typed)]).await;
            window.click(SEND).await;
            window.sees("Revisa estos datos").await;
            let said = window.text("#descripcion-error").await;
            assert!(
                said.replace(['.', ' ', '\u{a0}'], "").contains(&refused.replace(' ', "")),
                "{said}"
            );
            let kept = "const [about, text] = ['categoria', 'descripcion'].map((id) => document.getElementById(id)); \
                        return [about.value, text.value, text.getAttribute('aria-invalid')]";
            assert_eq!(window.run(kept, vec![]).await, json!(["PAGOS", typed, "true"]));
            if setup.scripts {
                let focused = "return document.activeElement.getAttribute('role')";
                assert_eq!(window.run(focused, vec![]).await, "alert");
            }
        }
        let elida = centre.desk.customer(person("Élida"));
        assert!(elida.list(MyTickets::all()).await.unwrap().rows.is_empty());

        window.fill("#descripcion", "Me cobraron dos veces la misma cuota").await;
        window.click(SEND).await;
        window.sees("¡Gracias!").await;
        let number = window.text("main .number").await;
        assert!(number.starts_with("TKT-") && number.len() == 10, "{number}");
        window.click("main .actions a[href='/tickets']").await;
        let row = window.text(&format!(".tickets a[href='/tickets/{number}']")).await;
        for part in ["Abierto", "Pagos", "Me cobraron dos veces la misma cuota"] {
            assert!(row.contains(part), "{part} is not in {row}");
        }
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_thanked_and_people_never_meet_its_field() {
    if !is_there("a_bot_is_thanked_and_people_never_meet_its_field") {
        return;
    }
    let centre = Centre::start().await;
    let lucia = centre.desk.admin(person("Lucía"));
    let window = centre.window(Setup::DESKTOP, "Ana").await;
    window.go(&centre.at("/ayuda")).await;
    window.find("#sitio_web[autocomplete=off]").await;
    let within = "const box = document.getElementById('sitio_web').getBoundingClientRect(); \
                  return box.right > 0 && box.left < innerWidth && box.bottom > 0";
    assert_eq!(window.run(within, vec![]).await, false, "it is not seen");
    let announced = window.announced().await;
    assert!(announced.iter().any(|name| name == "¿Qué ha pasado?"), "{announced:?}");
    assert!(!announced.iter().any(|name| name.contains("Sitio web")), "{announced:?}");
    // Around the page once.
    let mut met = Vec::new();
    for _ in 0..12 {
        window.press("\u{E004}").await;
        met.push(window.run("return document.activeElement.id", vec![]).await);
    }
    assert!(met.contains(&json!("descripcion")) && !met.contains(&json!("sitio_web")), "{met:?}");

    let before = lucia.counts().await.unwrap().total();
    let mut thanks = Vec::new();
    for website in ["https://barato.example", ""] {
        window.go(&centre.at("/ayuda")).await;
        window.click("#categoria option[value=PAGOS]").await;
        window.fill("#descripcion", "Compra ya").await;
        let set = "document.getElementById('sitio_web').value = arguments[0]";
        window.run(set, vec![json!(website)]).await;
        window.click(SEND).await;
        let number = window.text("main .number").await;
        thanks.push(shown(&window).await.replace(&number, "TKT-…"));
        let opened = u64::from(website.is_empty());
        assert_eq!(lucia.counts().await.unwrap().total(), before + opened, "by {website:?}");
    }
    assert_eq!(thanks[0], thanks[1], "a bot can't tell");
    assert!(thanks[0].contains("¡Gracias!"));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_shown_beside_the_chat_or_as_a_selector() {
    if !is_there("the_list_is_shown_beside_the_chat_or_as_a_selector") {
        return;
    }
    let centre = Centre::start().await;
    let ana = centre.desk.customer(person("Ana"));
    let wide = MessageText::parse(&"https://ejemplo.example/sin-espacios".repeat(9)).unwrap();
    let draft = NewTicket::new(Category::GENERAL, wide);
    let number = ana.create(draft).await.unwrap().head.ticket_number;
    let chat = format!("/tickets/{number}");

    let window = centre.window(Setup::DESKTOP, "Ana").await;
    window.sees("Elige un ticket").await;
    window.click(&format!(".tickets a[href='{chat}']")).await;
    window.sees(&format!("Ticket #{number}")).await;
    let beside = "const [list, chat] = ['.list', '.chat'].map((css) => document.querySelector(css).getBoundingClientRect()); \
                  return list.width > 200 && list.right <= chat.left && list.top < chat.bottom";
    assert_eq!(window.run(beside, vec![]).await, true);
    assert!(!window.find("#numero").await.is_displayed().await.unwrap());
    assert_eq!(window.text("[aria-current=page] .number").await, number.as_str());
    window.close().await;

    let narrow = Setup { size: (320, 640), ..Setup::PHONE };
    for setup in [narrow, Setup::PHONE.without_scripts()] {
        let window = centre.window(setup, "Ana").await;
        for path in ["/tickets", &chat, "/ayuda", "/tickets/TKT-000000"] {
            window.go(&centre.at(path)).await;
            let fits = "return [innerWidth, document.documentElement.scrollWidth <= innerWidth]";
            assert_eq!(window.run(fits, vec![]).await, json!([setup.size.0, true]), "{path}");
        }
        window.go(&centre.at(&chat)).await;
        assert!(!window.find("aside").await.is_displayed().await.unwrap());
        let other = window
            .run("return document.querySelector('#numero option:not(:checked)').value", vec![])
            .await;
        let other = other.as_str().expect("a number").to_owned();
        window.click(&format!("#numero option[value='{other}']")).await;
        window.click(".selector button").await;
        window.sees(&format!("Ticket #{other}")).await;
        window.click(".back").await;
        window.sees("Ver también los cerrados").await;
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tickets_are_found_page_by_page() {
    if !is_there("all_tickets_are_found_page_by_page") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::DESKTOP, "Carla").await;
    let carla = centre.desk.customer(person("Carla"));
    for (which, words) in [
        (MyTickets::not_closed(), ["Abierto", "En progreso", "Resuelto"].as_slice()),
        (MyTickets::all(), &["Abierto", "En progreso", "Resuelto", "Cerrado"]),
    ] {
        let all = carla.list(which.with_page_size(PageSize::new(100).unwrap())).await.unwrap().rows;
        assert!(all.len() > 10);
        let (mut numbers, mut badges) = (Vec::new(), BTreeSet::new());
        numbers.extend(texts(&window, ".tickets .number").await);
        badges.extend(texts(&window, ".tickets .badge").await);
        assert_eq!(numbers.len(), 10);
        window.click("a[rel=next]").await;
        window.sees("Primera página").await;
        assert_eq!(window.count("a[rel=next]").await, 0);
        numbers.extend(texts(&window, ".tickets .number").await);
        badges.extend(texts(&window, ".tickets .badge").await);
        let expected: Vec<String> = all.iter().map(|row| row.head.ticket_number.to_string()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(badges, words.iter().map(|&word| word.to_owned()).collect());
        window.click("a.switch").await;
        let switch = if words.contains(&"Cerrado") { "Ver también los" } else { "Ocultar los" };
        window.sees(&format!("{switch} cerrados")).await;
    }
    assert!(!texts(&window, ".tickets .badge").await.contains(&"Cerrado".to_owned()));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customers_ticket_is_not_found() {
    if !is_there("another_customers_ticket_is_not_found") {
        return;
    }
    let centre = Centre::start().await;
    let theirs = centre.desk.customer(person("Ana")).list(MyTickets::all()).await.unwrap();
    let number = &theirs.rows[0].head.ticket_number;
    let window = centre.window(Setup::DESKTOP, "Bruno").await;

    let mut pages = Vec::new();
    for address in [format!("/tickets/{number}"), "/tickets/TKT-000000".to_owned()] {
        window.go(&centre.at(&address)).await;
        window.sees("No encontramos lo que buscas").await;
        pages.push((shown(&window).await, source(&window).await));
    }
    assert_eq!(pages[0], pages[1], "so nobody learns which numbers there are");

    pages.clear();
    for address in [
        "/admin".to_owned(),
        "/admin/informe".to_owned(),
        format!("/admin/tickets/{number}"),
        "/admin/tickets/TKT-000000".to_owned(),
    ] {
        window.go(&centre.at(&address)).await;
        window.sees("No tienes acceso").await;
        window.sees("Esta página es para el equipo de soporte.").await;
        pages.push((shown(&window).await, source(&window).await));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    window.close().await;
}

async fn shown(window: &Window) -> String {
    text(window.run("return document.body.innerText", vec![]).await)
}

async fn source(window: &Window) -> String {
    text(window.run("return document.documentElement.outerHTML", vec![]).await)
}

fn text(value: Value) -> String {
    let Value::String(text) = value else { panic!("{value} is no text") };
    text
}

/// Returns the texts of all elements of a selector.
async fn texts(window: &Window, css: &str) -> Vec<String> {
    let read = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)";
    let texts = window.run(read, vec![json!(css)]).await;
    serde_json::from_value(texts).expect("texts")
}
