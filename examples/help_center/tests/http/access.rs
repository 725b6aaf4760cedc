//! Access to pages and tickets, by person and role.

use std::time::Duration;

use axum::http::header;
use ventanilla_service::{Explain, UserId};

use crate::site::{ANA, BRUNO, LUCIA, Site};

/// Every page, and what Ana, Bruno and Lucía get; the ticket is Ana's.
const PAGES: [(&str, [u16; 3]); 13] = [
    ("/", [303, 303, 303]),
    ("/entrar", [200, 200, 200]),
    ("/ayuda", [200, 200, 403]),
    ("/ayuda/gracias/TKT-ABC123", [200, 200, 403]),
    ("/tickets", [200, 200, 403]),
    ("/tickets?cerrados=1", [200, 200, 403]),
    ("/tickets/buscar?numero=%23N", [303, 404, 403]),
    ("/tickets/N", [200, 404, 403]),
    ("/tickets/N?todo=1", [200, 404, 403]),
    ("/admin", [403, 403, 200]),
    ("/admin/informe", [403, 403, 200]),
    ("/admin/buscar?numero=N", [403, 403, 303]),
    ("/admin/tickets/N", [403, 403, 200]),
];

/// Every form, and what they get for it.
const FORMS: [(&str, &str, [u16; 3]); 16] = [
    ("/ayuda", "categoria=BUG&descripcion=No+carga", [303, 303, 403]),
    ("/tickets/N/mensajes", "texto=Hola", [303, 404, 403]),
    ("/tickets/N/confirmar", "", [303, 404, 403]),
    ("/tickets/N/seguimiento", "texto=Otra+vez", [303, 404, 403]),
    ("/admin/lote", "accion=tomar&ticket=N", [403, 403, 200]),
    ("/admin/tickets/N/respuesta", "texto=Hola&version=2", [403, 403, 303]),
    ("/admin/tickets/N/nota", "nota=Hola&version=3", [403, 403, 303]),
    ("/admin/tickets/N/estado", "estado=IN_PROGRESS&version=4", [403, 403, 303]),
    ("/admin/tickets/N/prioridad", "prioridad=HIGH&version=5", [403, 403, 303]),
    ("/admin/tickets/N/asignacion", "accion=dejar&version=6", [403, 403, 303]),
    ("/admin/tickets/N/espera", "espera=CUSTOMER&version=7", [403, 403, 303]),
    ("/admin/tickets/N/borrador/descartar", "version=8", [403, 403, 303]),
    ("/admin/tickets/N/etiqueta", "valor=vip", [403, 403, 303]),
    ("/admin/tickets/N/referencia", "valor=order:1001", [403, 403, 303]),
    ("/admin/siguiente", "", [403, 403, 303]),
    ("/admin/tickets/N/escribiendo", "", [403, 403, 204]),
];

#[tokio::test]
async fn every_page_checks_the_role() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    for (path, statuses) in PAGES {
        let path = path.replace('N', number.as_str());
        for (who, status) in [ANA, BRUNO, LUCIA].into_iter().zip(statuses) {
            let seen = site.browser(who).await.get(&path).await;
            assert_eq!(seen.status.as_u16(), status, "{path} for {who}");
            let secret = status != 200 || who == BRUNO;
            assert!(!(secret && seen.body.contains("cobraron")), "{path} for {who}");
        }
        let seen = site.nobody().get(&path).await;
        if path != "/entrar" {
            seen.goes_to("/entrar");
        }
    }
    assert_eq!(site.messages(&number).await.len(), 1);
    let lucia = site.desk.admin(UserId::parse(LUCIA).unwrap());
    let view = lucia.get(&number).await.unwrap();
    assert_eq!(view.head.version, 0, "a page that is looked at changes nothing");
}

#[tokio::test]
async fn every_form_checks_the_role() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    for (path, form, statuses) in FORMS {
        let (path, form) =
            (path.replace('N', number.as_str()), form.replace("=N", &format!("={number}")));
        site.nobody().post(&path, &form).await.goes_to("/entrar");
        // The last one is allowed, and changes the ticket.
        for (who, status) in [BRUNO, ANA, LUCIA].into_iter().zip([statuses[1], statuses[0], statuses[2]])
        {
            let seen = site.browser(who).await.post(&path, &form).await;
            assert_eq!(seen.status.as_u16(), status, "{path} for {who}: {}", seen.body);
        }
    }
    assert_eq!(site.messages(&number).await, ["Me cobraron dos veces", "Hola", "Hola"]);
}

#[tokio::test]
async fn a_foreign_ticket_is_a_missing_one() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (bruno, lucia) = (site.browser(BRUNO).await, site.browser(LUCIA).await);
    let (page, of_desk) = (bruno.get("/no-hay").await, lucia.get("/no-hay").await);
    page.is(404, "no existe, o no es tuyo").is(404, "href=\"/ayuda\"");
    of_desk.is(404, "no existe.").is(404, "href=\"/admin/informe\"");
    let long = "x".repeat(300);
    let numbers =
        [number.as_str(), "TKT-N0T0NE", "%07", "%20", "%FF", &long, "%2e%2e%2f", "%F0%9F%98%80"];
    for odd in numbers {
        for path in [format!("/tickets/{odd}"), format!("/tickets/buscar?numero={odd}")] {
            if !path.contains("buscar?numero=%FF") {
                let seen = bruno.get(&path).await;
                assert_eq!((seen.status, &seen.body), (page.status, &page.body), "{path}");
            }
        }
        for (end, form) in [
            ("mensajes", "texto=Hola"),
            ("mensajes", ""),
            ("confirmar", ""),
            ("seguimiento", "texto=Hola"),
        ] {
            let seen = bruno.post(&format!("/tickets/{odd}/{end}"), form).await;
            assert_eq!((seen.status, &seen.body), (page.status, &page.body), "{odd} {end}");
        }
    }
    for missing in &numbers[1..] {
        let seen = lucia.get(&format!("/admin/tickets/{missing}")).await;
        assert_eq!((seen.status, &seen.body), (of_desk.status, &of_desk.body), "{missing}");
        for (end, form) in
            [("respuesta", "texto=Hola"), ("nota", ""), ("estado", "estado=x"), ("asignacion", "")]
        {
            let seen = lucia
                .post(&format!("/admin/tickets/{missing}/{end}"), &format!("{form}&version=0"))
                .await;
            assert_eq!((seen.status, &seen.body), (of_desk.status, &of_desk.body), "{missing} {end}");
        }
    }
    // The cookie of nobody's does not tell them apart either.
    let nobody = site.nobody().get(&format!("/tickets/{number}")).await;
    assert_eq!(nobody.location(), site.nobody().get("/tickets/TKT-N0T0NE").await.location());
}

#[tokio::test]
async fn a_forged_cookie_signs_nobody_in() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let signed = ana.cookie().to_owned();
    let other_site = Site::new();
    let elsewhere = other_site.browser(ANA).await.cookie().to_owned();
    for forged in [
        format!("sesion={ANA}"),
        "sesion=".to_owned(),
        "sesion=%00".to_owned(),
        signed.replacen("sesion=", "sesion=A", 1),
        signed[..signed.len() - 1].to_owned(),
        elsewhere,
        format!("{}; otra=1", signed.replace("sesion", "session")),
    ] {
        site.holding(&forged).get("/tickets").await.goes_to("/entrar");
        site.holding(&forged).get("/admin").await.goes_to("/entrar");
    }
    site.holding(signed).get("/tickets").await.is(200, "Mis tickets");
}

#[tokio::test]
async fn one_signs_in_and_out() {
    let site = Site::new();
    site.nobody().get("/entrar").await.is(200, "autenticación");
    for bad in ["", "persona=", "persona=nadie", "persona=%00"] {
        let seen = site.nobody().post("/entrar", bad).await;
        site.nobody().get(seen.goes_to("/entrar?rechazado=1").location()).await.is(200, "Elige a una");
        assert!(!seen.headers.contains_key(header::SET_COOKIE));
    }
    let seen = site.nobody().post("/entrar", &format!("persona={LUCIA}")).await;
    let cookie = seen.goes_to("/admin").headers[header::SET_COOKIE].to_str().unwrap();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    for (who, home) in [(ANA, "/tickets"), (LUCIA, "/admin")] {
        let browser = site.browser(who).await;
        browser.get("/").await.goes_to(home);
        let seen = browser.post("/salir", "").await;
        let cookie = seen.goes_to("/entrar").headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("sesion=;") && cookie.contains("Max-Age=0"), "{cookie}");
        browser.get(home).await.goes_to("/entrar");
    }
    for (site, secure) in [(Site::new(), false), (Site::behind_tls(), true)] {
        let seen = site.nobody().post("/entrar", &format!("persona={LUCIA}")).await;
        let cookie = seen.headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    site.clock.advance(Duration::from_secs(12 * 60 * 60 - 1));
    ana.get("/tickets").await.is(200, "Mis tickets");
    site.clock.advance(Duration::from_secs(1));
    ana.get("/tickets").await.goes_to("/entrar");

    // Whoever signs in again ends the session that this browser had, and too many end the oldest.
    let first = site.browser(ANA).await;
    let second = first.post("/entrar", &format!("persona={ANA}")).await;
    first.get("/tickets").await.goes_to("/entrar");
    let second = second.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    for _ in 0..20 {
        site.holding(second).get("/tickets").await.is(200, "Mis tickets");
        site.clock.advance(Duration::from_secs(1));
        site.browser(ANA).await.get("/tickets").await.is(200, "Mis tickets");
    }
    site.holding(second).get("/tickets").await.goes_to("/entrar");
}

#[tokio::test]
async fn another_name_does_not_lead_here() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let ana = site.browser(ANA).await;
    let chat = format!("/tickets/{number}");
    for ours in ["ayuda.example", "AYUDA.example:8443", "localhost", "127.0.0.1:8080", "[::1]:80"] {
        ana.ask("GET", &chat, &[("host", ours)], "").await.is(200, "Me cobraron");
    }
    for foreign in [
        "malo.example",
        "ayuda.example.malo.example",
        "malo.example:80",
        "127.0.0.2",
        "[::2]",
        "",
        "@",
        "\u{fc}",
    ] {
        let seen = ana.ask("GET", &chat, &[("host", foreign)], "").await;
        seen.is(421, "Dirección desconocida");
        assert!(!seen.body.contains("Me cobraron"), "{foreign}");
        let form = [("host", foreign), ("content-type", "application/x-www-form-urlencoded")];
        ana.ask("POST", &format!("{chat}/mensajes"), &form, "texto=Hola")
            .await
            .is(421, "no se llama así");
    }
    let both = [("host", "ayuda.example"), ("host", "malo.example")];
    ana.ask("GET", &chat, &both, "").await.is(421, "Dirección desconocida");
    ana.ask("GET", &format!("http://malo.example{chat}"), &[], "").await.is(421, "desconocida");
    assert_eq!(site.messages(&number).await.len(), 1);
}

#[tokio::test]
async fn one_person_cannot_flood_the_desk() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (ana, bruno) = (site.browser(ANA).await, site.browser(BRUNO).await);
    let send = format!("/tickets/{number}/mensajes");
    let mut sent = 0;
    let refused = loop {
        let seen = ana.post(&send, "texto=Hola").await;
        if seen.status != 303 {
            break seen;
        }
        sent += 1;
        assert!(sent < 10_000, "there is no limit");
    };
    refused.is(429, "Espera un momento").is(429, "href=\"/ayuda\"");
    assert!(sent >= 60, "{sent} is what somebody may need");
    assert_eq!(site.messages(&number).await.len(), sent + 1);
    ana.get("/tickets").await.is(200, number.as_str());
    let form = "categoria=BUG&descripcion=No+carga";
    assert_eq!(bruno.post("/ayuda", form).await.status, 303, "others are not affected");
}

#[tokio::test]
async fn another_sites_page_posts_nothing() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let ana = site.browser(ANA).await;
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let path = format!("/tickets/{number}/mensajes");
    for foreign in [
        ("origin", "https://malo.example"),
        ("origin", "null"),
        ("origin", "https://ayuda.example.malo.example"),
        ("origin", "https://ayuda.example:8443"),
        ("origin", "ayuda.example"),
        ("origin", "\u{fc}"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        ana.ask("POST", &path, &[kind, foreign], "texto=Hola").await.is(403, "no viene de nuestras");
    }
    assert_eq!(site.messages(&number).await.len(), 1);
    let ours = [kind, ("origin", "https://ayuda.example"), ("sec-fetch-site", "same-origin")];
    ana.ask("POST", &path, &ours, "texto=Hola").await.goes_to(&format!("/tickets/{number}"));
    // A link from elsewhere leads here all the same.
    let link = ana.ask("GET", "/tickets", &[("sec-fetch-site", "cross-site")], "").await;
    link.is(200, number.as_str());
}

#[tokio::test]
async fn errors_on_pages_are_the_explanations_of_the_library() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let customer = site.desk.customer(crate::site::id(ANA));
    let error = customer.confirm(&number).await.unwrap_err();
    let seen = site.browser(ANA).await.refused(&format!("/tickets/{number}/confirmar"), "").await;
    seen.is(200, &error.explain(ventanilla_service::Locale::Es));
}
