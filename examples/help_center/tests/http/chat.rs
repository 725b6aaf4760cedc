//! A customer's chat.

use std::time::Duration;

use ventanilla_service::{Change, Status, settings::Limits};

use crate::site::{ANA, LUCIA, Site, id};

const EVIL: &str =
    "<script>alert(1)</script> \u{202e}abc \u{2067}x 😀 \"'><img src=x onerror=alert(1)>\n{{ 7 }}";

#[tokio::test]
async fn a_message_is_added_once() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let ana = site.browser(ANA).await;
    let (chat, send) = (format!("/tickets/{number}"), format!("/tickets/{number}/mensajes"));
    let key = ana.get(&chat).await.hidden("clave");
    for _ in 0..3 {
        let form = format!("texto=%C2%BFHay+novedades%3F&clave={key}");
        ana.post(&send, &form).await.goes_to(&chat);
    }
    ana.get(&chat).await.is(200, "id=\"m2\"").is(200, "¿Hay novedades?").is(200, "role=\"log\"");
    let seen = ana.refused(&send, &format!("texto=Otra+cosa&clave={key}")).await;
    seen.is(200, "Ya habías enviado otro texto").is(200, "\nOtra cosa</textarea>");
    assert_ne!(seen.hidden("clave"), key, "so that it can be sent");
    assert_eq!(site.messages(&number).await.len(), 2);
}

#[tokio::test]
async fn refusals_are_shown_at_their_fields() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let ana = site.browser(ANA).await;
    let send = format!("/tickets/{number}/mensajes");
    let long = "ñ".repeat(9_000);
    for (form, text) in [
        ("", "Falta el texto."),
        ("texto=+++", "solo hay espacios"),
        ("texto=a%07b", "carácter"),
        (&format!("texto={long}"), &long),
        ("texto=Hola&clave=con+espacio", "\nHola</textarea>"),
    ] {
        ana.refused(&send, form).await.is(200, text).is(200, "Me cobraron").is(200, "role=\"alert\"");
    }
    ana.post(&send, &"x".repeat(70_000)).await.is(413, "demasiado largo");
    ana.ask("POST", &send, &[("content-type", "text/plain")], "texto=Hola")
        .await
        .is(415, "no se puede leer");
    ana.get(&send).await.goes_to(&format!("/tickets/{number}"));
    ana.ask("PUT", &send, &[], "").await.is(405, "no se puede leer");
    assert_eq!(site.messages(&number).await.len(), 1);
}

#[tokio::test]
async fn a_resolved_ticket_is_confirmed_and_a_closed_one_followed_up() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (ana, lucia) = (site.browser(ANA).await, site.desk.admin(id(LUCIA)));
    let chat = format!("/tickets/{number}");
    assert!(!ana.get(&chat).await.body.contains("/confirmar"), "an open one has nothing to confirm");
    lucia.set_status(&number, Status::Resolved).await.unwrap();
    ana.get(&chat).await.is(200, "/confirmar").is(200, "Resuelto");
    ana.post(&format!("{chat}/confirmar"), "").await.goes_to(&chat);
    ana.post(&format!("{chat}/confirmar"), "").await.goes_to(&chat);

    let closed = ana.get(&chat).await;
    closed.is(200, "Este ticket está cerrado").is(200, "Abrir ticket de seguimiento");
    ana.refused(&format!("{chat}/mensajes"), "texto=Hola").await.is(200, "\nHola</textarea>");
    assert!(!ana.get("/tickets").await.body.contains(number.as_str()));
    ana.get("/tickets?cerrados=1").await.is(200, number.as_str());

    ana.refused(&format!("{chat}/seguimiento"), "texto=").await.is(200, "Falta el texto.");
    let form = format!("texto=Vuelve+a+fallar&clave={}", closed.hidden("clave"));
    let new = ana.post(&format!("{chat}/seguimiento"), &form).await;
    assert_eq!(ana.post(&format!("{chat}/seguimiento"), &form).await.location(), new.location());
    let page = ana.get(new.location()).await;
    page.is(200, "Continuación de").is(200, number.as_str());
    assert_eq!(site.count().await, 2);
    // The old one leads to the new one, and takes no more.
    let seen = ana.get(&chat).await;
    seen.is(200, "Continúa en").is(200, &format!("href=\"{}\"", new.location()));
    assert!(!seen.body.contains("/seguimiento"));
    // A page that was loaded before sends another text: it can go to the new one.
    let other = ana.refused(&format!("{chat}/seguimiento"), "texto=Otra+vez&clave=k9").await;
    other.is(200, "Ya abriste un ticket que continúa este").is(200, "\nOtra vez</textarea>");
    other.is(200, &format!("action=\"{}/mensajes\"", new.location()));
    let text = "texto=Vuelve+a+fallar&clave=k9";
    ana.post(&format!("{chat}/seguimiento"), text).await.goes_to(new.location());
    assert_eq!(site.count().await, 2);
    let form = format!("texto=Otra+vez&clave={}", other.hidden("clave"));
    ana.post(&format!("{}/mensajes", new.location()), &form).await.goes_to(new.location());
    let seen = site.browser(LUCIA).await.get(&format!("/admin{chat}")).await;
    seen.is(200, "Continúa en").is(200, &format!("href=\"/admin{}\"", new.location()));
}

#[tokio::test]
async fn a_full_conversation_goes_on_in_a_follow_up() {
    // The longest text has 16 KiB, and the conversation of one message has room for 12 more bytes.
    let text = "a".repeat(16 * 1024);
    let limits = Limits::default().with_conversation_bytes(16 * 1024 + 12).unwrap();
    let site = Site::with_limits(limits);
    let number = site.ticket(ANA, &text).await;
    let (ana, lucia) = (site.browser(ANA).await, site.browser(LUCIA).await);
    let chat = format!("/tickets/{number}");
    ana.get(&chat).await.is(200, "/mensajes\"");
    let seen = ana.refused(&format!("{chat}/mensajes"), "texto=Un+poco+largo&clave=k1").await;
    seen.is(200, "está completa").is(200, "/seguimiento\"").is(200, "\nUn poco largo</textarea>");
    assert!(!seen.body.contains("/mensajes\""));
    ana.post(&format!("{chat}/mensajes"), "texto=Algo+breve12").await.goes_to(&chat);
    ana.get(&chat).await.is(200, "está completa").is(200, "/seguimiento\"");
    lucia.get(&format!("/admin{chat}")).await.is(200, "Puede continuar en un ticket de seguimiento");

    let form = format!("texto=Un+poco+largo&clave={}", seen.hidden("clave"));
    let new = ana.post(&format!("{chat}/seguimiento"), &form).await;
    ana.get(new.location()).await.is(200, "Un poco largo").is(200, number.as_str());
}

#[tokio::test]
async fn a_long_conversation_shows_its_end() {
    let site = Site::new();
    let number = site.ticket(ANA, "mensaje 1").await;
    for at in 2..=60 {
        site.clock.advance(Duration::from_secs(60));
        site.desk.bot().reply(&number, format!("mensaje {at}")).await.unwrap();
    }
    let ana = site.browser(ANA).await;
    let seen = ana.get(&format!("/tickets/{number}")).await;
    seen.is(200, "Mensajes anteriores (10)").is(200, "id=\"m11\"").is(200, "id=\"m60\"");
    assert!(!seen.body.contains("id=\"m10\""));
    seen.is(200, "?desde=0#m10");
    for at in 61..=120 {
        site.desk.bot().reply(&number, format!("mensaje {at}")).await.unwrap();
    }
    let lucia = site.browser(LUCIA).await;
    for (browser, page) in
        [(&ana, format!("/tickets/{number}")), (&lucia, format!("/admin/tickets/{number}"))]
    {
        let mut path = page.clone();
        for earlier in [70, 20, 0] {
            let seen = browser.get(&path).await;
            assert_eq!(seen.body.matches("<li class=\"bubble").count(), 120 - earlier);
            seen.is(200, &format!("id=\"m{}\"", earlier + 1)).is(200, "id=\"m120\"");
            let link = seen.body.split(&format!("href=\"{page}?desde=")).nth(1);
            path = match link {
                Some(rest) => format!("{page}?desde={}", rest.split('#').next().unwrap()),
                None => break,
            };
            seen.is(200, &format!("Mensajes anteriores ({earlier})"));
        }
        assert!(path.ends_with("?desde=0"), "{path}");
        browser.get(&format!("{page}?desde=x")).await.is(400, "no se puede leer");
    }
}

#[tokio::test]
async fn any_message_is_shown_as_text() {
    let site = Site::new();
    let number = site.ticket(ANA, EVIL).await;
    let lucia = site.desk.admin(id(LUCIA));
    lucia.add_note(&number, EVIL).await.unwrap();
    let (ana, desk) = (site.browser(ANA).await, site.browser(LUCIA).await);
    let form = "texto=%3Cscript%3E%07&descripcion=%3Cscript%3E%07&nota=%3Cscript%3E%07&version=0&clave=%22%3E%3Cb%3E";
    for (seen, parts) in [
        (ana.get("/tickets").await, 1),
        (ana.get(&format!("/tickets/{number}")).await, 2),
        (desk.get("/admin").await, 1),
        (desk.get(&format!("/admin/tickets/{number}")).await, 2),
        (ana.refused("/ayuda", form).await, 0),
        (ana.refused(&format!("/tickets/{number}/mensajes"), form).await, 0),
        (desk.refused(&format!("/admin/tickets/{number}/nota"), form).await, 0),
        (desk.refused(&format!("/admin/tickets/{number}/respuesta"), form).await, 0),
        (desk.post("/admin/lote", "accion=tomar&ticket=%3Cscript%3E&ticket=%22onload").await, 0),
        (desk.get("/admin?estado=%3Cscript%3E&desde=%22%3E%3Cb%3E&despues=%3Cb%3E").await, 0),
        (desk.get("/admin/informe?desde=%22%3E%3Cscript%3E").await, 0),
        (ana.get("/ayuda/gracias/%3Cscript%3E%22").await, 0),
        (ana.get("/tickets?despues=%3Cscript%3E").await, 0),
    ] {
        let [scripts, ours] =
            ["<script", "<script src=\"/static/"].map(|text| seen.body.matches(text).count());
        assert!(ours > 0 && scripts == ours, "only our own: {}", seen.body);
        assert!(!seen.body.contains("<img src=x") && !seen.body.contains("><b>"), "{}", seen.body);
        assert!(seen.body.matches("\u{202e}abc").count() >= parts, "{}", seen.body);
    }
    let seen = ana.get(&format!("/tickets/{number}")).await;
    seen.is(200, "😀").is(200, "dir=\"auto\"").is(200, "{{ 7 }}");
}

#[tokio::test]
async fn a_ticket_under_an_odd_number_has_its_page() {
    use ventanilla_service::{MemoryStore, store::TicketStore, testing};
    let store = std::sync::Arc::new(MemoryStore::new());
    let ticket = testing::ticket("A/1 ?#ñ").requester(ANA).build();
    store.insert(&ticket).await.unwrap();
    let site = Site::over(store);
    let ana = site.browser(ANA).await;
    let path = "/tickets/A%2F1%20%3F%23%C3%B1";
    ana.get("/tickets").await.is(200, &format!("href=\"{path}\""));
    ana.get(path).await.is(200, "Ticket #A/1 ?#ñ");
    ana.post(&format!("{path}/mensajes"), "texto=Hola").await.goes_to(path);
    let change = Change::status(Status::Closed);
    site.desk.admin(id(LUCIA)).change(&ticket.head().ticket_number, change).await.unwrap();
    ana.get(path).await.is(200, &format!("action=\"{path}/seguimiento\""));
}
