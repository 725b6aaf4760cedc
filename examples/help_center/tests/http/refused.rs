//! Refused forms: shown by a page that can be loaded again, and kept by the session for a while.

use std::time::Duration;

use ventanilla_service::{Priority, Status};

use crate::site::{ANA, LUCIA, MARTIN, Site, id};

#[tokio::test]
async fn a_reload_shows_a_refused_text_and_sends_nothing() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (ana, lucia) = (site.browser(ANA).await, site.browser(LUCIA).await);
    let (chat, desk) = (format!("/tickets/{number}"), format!("/admin/tickets/{number}"));
    for (browser, page, path, form, kept) in [
        (
            &ana,
            "/ayuda",
            "/ayuda",
            "categoria=BUG&descripcion=Hola%07&pedido=1001",
            "\nHola\u{7}</textarea>",
        ),
        (&ana, &chat, &format!("{chat}/mensajes"), "texto=Hola%07", "\nHola\u{7}</textarea>"),
        (
            &lucia,
            &desk,
            &format!("{desk}/respuesta"),
            "texto=Hola%07&estado=RESOLVED&version=0",
            "\nHola\u{7}</textarea>",
        ),
        (&lucia, &desk, &format!("{desk}/nota"), "nota=Hola%07", "\nHola\u{7}</textarea>"),
    ] {
        browser.post(path, form).await.goes_to(&format!("{page}?rechazado=1"));
        let first = browser.get(&format!("{page}?rechazado=1")).await;
        first.is(200, kept).is(200, "role=\"alert\"").is(200, "aria-invalid=\"true\"");
        let again = browser.get(&format!("{page}?rechazado=1")).await;
        again.is(200, kept).is(200, "role=\"alert\"");
        assert_eq!(first.hidden("clave"), again.hidden("clave"), "it is one form");
        // The page itself begins anew.
        let page = browser.get(page).await;
        assert!(
            !page.body.contains("Hola\u{7}") && !page.body.contains("role=\"alert\""),
            "{}",
            page.body
        );
    }
    let seen = ana.get("/ayuda?rechazado=1").await;
    seen.is(200, "<option value=\"BUG\" selected>").is(200, "<option value=\"1001\" selected>");
    // Both texts of the page; the reason is that of the last one.
    let seen = lucia.get(&format!("{desk}?rechazado=1")).await;
    assert_eq!(seen.body.matches("\nHola\u{7}</textarea>").count(), 2);
    seen.is(200, "<option value=\"RESOLVED\" selected>").is(200, "href=\"#nota\"");
    assert_eq!(site.messages(&number).await.len(), 1);
}

#[tokio::test]
async fn a_refused_form_is_forgotten_once_it_is_sent_or_an_hour_has_passed() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (ana, lucia) = (site.browser(ANA).await, site.browser(LUCIA).await);
    let (chat, desk) = (format!("/tickets/{number}"), format!("/admin/tickets/{number}"));
    for (browser, page, path, bad, good) in [
        (&ana, "/ayuda", "/ayuda", "descripcion=Hola", "categoria=BUG&descripcion=Hola"),
        (&ana, "/ayuda", "/ayuda", "descripcion=Hola", "categoria=BUG&descripcion=Hola&sitio_web=x"),
        (&ana, &chat, &format!("{chat}/mensajes"), "texto=Hola&clave=a+b", "texto=Hola"),
        (
            &lucia,
            &desk,
            &format!("{desk}/respuesta"),
            "texto=Hola&clave=a+b&version=1",
            "texto=Hola&version=1",
        ),
        (&lucia, &desk, &format!("{desk}/nota"), "nota=Hola&clave=a+b", "nota=Hola"),
    ] {
        let again = format!("{page}?rechazado=1");
        let kept = async || browser.get(&again).await.body.contains("\nHola</textarea>");
        browser.refused(path, bad).await;
        assert!(kept().await, "{path}");
        assert_eq!(browser.post(path, good).await.status, 303);
        assert!(!kept().await, "{path} was sent");

        browser.refused(path, &bad.replace("version=1", "version=0")).await;
        site.clock.advance(Duration::from_secs(60 * 60 - 1));
        assert!(kept().await, "{path}");
        site.clock.advance(Duration::from_secs(1));
        assert!(!kept().await, "{path} is old");
    }
}

#[tokio::test]
async fn a_refused_form_is_its_sessions_own() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let chat = format!("/tickets/{number}");
    let (ana, elsewhere) = (site.browser(ANA).await, site.browser(ANA).await);
    ana.refused(&format!("{chat}/mensajes"), "texto=Hola%07").await.is(200, "Hola\u{7}");
    for other in [&elsewhere, &site.browser(LUCIA).await] {
        for page in [chat.clone(), format!("/admin{chat}"), "/ayuda".to_owned(), "/admin".to_owned()] {
            assert!(!other.get(&format!("{page}?rechazado=1")).await.body.contains("Hola\u{7}"));
        }
    }
    ana.post("/salir", "").await;
    let back = site.browser(ANA).await;
    assert!(!back.get(&format!("{chat}?rechazado=1")).await.body.contains("Hola\u{7}"));
}

#[tokio::test]
async fn what_comes_after_a_refusal_is_new_too() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let reply = async |text| site.desk.customer(id(ANA)).reply(&number, text).await.unwrap();
    site.desk.admin(id(MARTIN)).set_priority(&number, Priority::High).await.unwrap();
    reply("Es el lote 5521").await;
    let marked = |body: &str| {
        let bubbles = body.split("<li class=\"bubble").skip(1);
        bubbles.map(|bubble| bubble.contains(">Nuevo<")).collect::<Vec<_>>()
    };
    let seen = lucia.refused(&format!("{page}/respuesta"), "texto=Hola&version=0").await;
    assert_eq!((marked(&seen.body), seen.hidden("version").as_str()), (vec![false, true], "2"));
    reply("¿Hay novedades?").await;
    let seen = lucia.get(&format!("{page}?rechazado=1")).await;
    seen.is(200, "Ana Gómez</bdi>: Escribió un mensaje").is(200, "\nHola</textarea>");
    assert_eq!((marked(&seen.body), seen.hidden("version").as_str()), (vec![false, true, true], "3"));
    let form = format!("texto=Hola&clave={}&version=3", seen.hidden("clave"));
    lucia.post(&format!("{page}/respuesta"), &form).await.goes_to(&page);
}

#[tokio::test]
async fn the_dashboard_keeps_its_filters_and_says_what_was_refused() {
    let site = Site::new();
    let lucia = site.browser(LUCIA).await;
    let list = "/admin?estado=OPEN&prioridad=HIGH";
    let refused = format!("{list}&rechazado=1");
    lucia.post("/admin/lote?estado=OPEN&prioridad=HIGH", "accion=borrar").await.goes_to(&refused);
    for _ in 0..2 {
        let seen = lucia.get(&refused).await;
        seen.is(200, "Elige qué hacer con los tickets.").is(200, "<option value=\"HIGH\" selected>");
    }
    assert!(!lucia.get(list).await.body.contains("Elige qué hacer con"));
    lucia.post("/admin/siguiente?estado=OPEN&prioridad=HIGH", "").await.goes_to(&refused);
    let seen = lucia.get(&refused).await;
    seen.is(200, "No queda ningún ticket sin asignar con estos filtros.");
    // A bulk change that is made is answered at once.
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let form = format!("accion=estado:IN_PROGRESS&ticket={number}");
    lucia.post("/admin/lote", &form).await.is(200, "Hecho en 1 de 1 ticket.");
    let head = site.desk.admin(id(LUCIA)).get(&number).await.unwrap().head;
    assert_eq!(head.status, Status::InProgress);
}
