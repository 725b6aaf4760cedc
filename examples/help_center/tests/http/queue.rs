//! The desk's queue: what it lists by default, its counts, and the way back to it.

use std::time::Duration;

use axum::http::header;
use ventanilla_service::{
    Priority, Status,
    ticket::{Wait, WaitingFor},
};

use crate::site::{ANA, BRUNO, LUCIA, Seen, Site, id};

/// Returns the values of the cookies that a page sets.
fn cookies(seen: &Seen) -> Vec<&str> {
    let all = seen.headers.get_all(header::SET_COOKIE).iter();
    all.map(|value| value.to_str().unwrap().split(';').next().unwrap()).collect()
}

#[tokio::test]
async fn the_queue_has_live_tickets_by_due_time() {
    let site = Site::new();
    let first = site.ticket(ANA, "Uno").await;
    site.clock.advance(Duration::from_secs(60));
    let [urgent, resolved, waiting] = [
        site.ticket(BRUNO, "Dos").await,
        site.ticket(ANA, "Tres").await,
        site.ticket(BRUNO, "Cuatro").await,
    ];
    let admin = site.desk.admin(id(LUCIA));
    admin.set_priority(&urgent, Priority::Urgent).await.unwrap();
    admin.set_status(&resolved, Status::Resolved).await.unwrap();
    admin.reply(&waiting, "Un momento").wait(Wait::new(WaitingFor::ThirdParty)).await.unwrap();
    let lucia = site.browser(LUCIA).await;
    let listed = |seen: &Seen| {
        let rows = seen.body.split("class=\"number\" href=\"/admin/tickets/").skip(1);
        rows.map(|row| row.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (path, rows) in [
        ("/admin", vec![&urgent, &first]),
        ("/admin?estado=&orden=", vec![&urgent, &first]),
        ("/admin?estado=activos", vec![&urgent, &first]),
        ("/admin?espera=waiting", vec![&waiting]),
        ("/admin?estado=RESOLVED", vec![&resolved]),
    ] {
        let rows: Vec<_> = rows.into_iter().map(ToString::to_string).collect();
        assert_eq!(listed(&lucia.get(path).await), rows, "{path}");
    }
    // It says which ones it leaves out.
    let seen = lucia.get("/admin").await;
    seen.is(200, "href=\"/admin?orden=recientes\">Ver también los demás");
    assert_eq!(listed(&lucia.get("/admin?orden=recientes").await).len(), 3);
    assert_eq!(listed(&lucia.get("/admin?estado=todos").await).len(), 4);
    let seen = lucia.get("/admin?estado=todos").await;
    assert!(!seen.body.contains("Ver también los demás"));
}

#[tokio::test]
async fn the_count_whose_list_is_shown_is_marked() {
    let site = Site::new();
    let lucia = site.browser(LUCIA).await;
    for (path, marked) in [
        ("/admin?orden=vencidos", Some("tile-overdue")),
        ("/admin?estado=activos&orden=vencidos&solicitante=", Some("tile-overdue")),
        ("/admin?estado=todos&orden=recientes", Some("tile-all")),
        ("/admin?asignado=nadie&orden=recientes", Some("tile-unassigned")),
        ("/admin?asignado=nadie&orden=recientes&prioridad=LOW", None),
        ("/admin", None),
    ] {
        let body = lucia.get(path).await.body;
        let tiles = body.split("<a class=\"tile ").skip(1);
        let current = tiles.filter(|tile| tile.split('>').next().unwrap().contains("aria-current"));
        let names: Vec<_> = current.map(|tile| tile.split('"').next().unwrap()).collect();
        assert_eq!(names, Vec::from_iter(marked), "{path}");
    }
}

#[tokio::test]
async fn a_ticket_leads_back_to_the_list_that_was_shown() {
    let site = Site::new();
    for at in 0..21 {
        site.ticket(ANA, &format!("caso {at}")).await;
    }
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    lucia.get(&page).await.is(200, "class=\"back\" href=\"/admin\"");
    let first = lucia.get("/admin?estado=OPEN&etiqueta=&solicitante=").await;
    first.is(200, "Filtros (1)");
    assert_eq!(cookies(&first), ["lista=estado%3DOPEN"]);
    let next = first.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&#38;", "&").replace("&amp;", "&");
    let second = lucia.get(&next).await;
    let list = cookies(&second)[0].to_owned();
    let back = site.holding(format!("{}; {list}", lucia.cookie()));
    let query = next.split_once('?').unwrap().1.replace('&', "&#38;");
    back.get(&page).await.is(200, &format!("class=\"back\" href=\"/admin?{query}\""));
    // Nothing but a list can be its target.
    for forged in ["lista=https://malo.example", "lista=\"><script>", "lista=&&==%FF"] {
        let seen = site.holding(format!("{}; {forged}", lucia.cookie())).get(&page).await;
        seen.is(200, "class=\"back\" href=\"/admin\"");
    }
}

#[tokio::test]
async fn each_change_is_confirmed_once() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    for (end, form, text) in [
        ("respuesta", "texto=Hola&version=0", "Respuesta enviada."),
        ("nota", "nota=Hola", "Nota guardada."),
        ("prioridad", "prioridad=HIGH", "Prioridad guardada."),
        ("asignacion", "accion=tomar", "Asignación guardada."),
        ("etiqueta", "valor=vip", "Etiquetas guardadas."),
        ("referencia", "valor=order:1001", "Pedidos guardados."),
    ] {
        let seen = lucia.post(&format!("{page}/{end}"), form).await;
        seen.goes_to(&page);
        let done = cookies(&seen).into_iter().find(|cookie| cookie.starts_with("hecho=")).unwrap();
        let seen = site.holding(format!("{}; {done}", lucia.cookie())).get(&page).await;
        seen.is(200, &format!("<p class=\"done\" role=\"status\">{text}</p>"));
        assert_eq!(cookies(&seen), ["hecho="], "it is shown once");
        assert!(!lucia.get(&page).await.body.contains(text));
    }
    let refused = lucia.post(&format!("{page}/nota"), "nota=").await;
    assert!(cookies(refused.goes_to(&format!("{page}?rechazado=1"))).is_empty());
    let forged = site.holding(format!("{}; hecho=Llama al 555", lucia.cookie())).get(&page).await;
    assert!(!forged.body.contains("class=\"done\""));
}

#[tokio::test]
async fn pages_lead_back_one_by_one_and_say_where_they_are() {
    let site = Site::new();
    for at in 0..65 {
        site.clock.advance(Duration::from_secs(1));
        site.ticket(ANA, &format!("caso {at}.")).await;
    }
    let lucia = site.browser(LUCIA).await;
    let link = |seen: &Seen, rel: &str| {
        let (_, rest) = seen.body.split_once(&format!("rel=\"{rel}\" href=\""))?;
        Some(rest.split('"').next()?.replace("&#38;", "&"))
    };
    let mut pages = vec![lucia.get("/admin?estado=OPEN&orden=recientes").await];
    while let Some(next) = link(pages.last().unwrap(), "next") {
        pages.push(lucia.get(&next).await);
    }
    let ranges = ["Tickets 1 a 20 de 65", "Tickets 21 a 40 de 65", "41 a 60 de 65", "61 a 65 de 65"];
    assert_eq!(pages.len(), ranges.len());
    for (page, range) in pages.iter().zip(ranges) {
        page.is(200, range);
    }
    assert_eq!(link(&pages[0], "prev"), None);
    for at in (1..pages.len()).rev() {
        let back = lucia.get(&link(&pages[at], "prev").unwrap()).await;
        assert_eq!(back.body, pages[at - 1].body, "page {at}");
    }
    // No tile counts this list.
    lucia.get("/admin?prioridad=MEDIUM").await.is(200, "Tickets 1 a 20 de 65</span>");
    lucia.get("/admin?prioridad=URGENT").await.is(200, ">0 tickets</span>");
    site.browser(ANA).await.get("/tickets").await.is(200, ">65 tickets</span>");
    site.browser(BRUNO).await.get("/tickets").await.is(200, ">0 tickets</span>");
}

#[tokio::test]
async fn the_search_finds_numbers_and_customers() {
    let site = Site::new();
    let number = site.ticket(ANA, "Uno").await;
    let lucia = site.browser(LUCIA).await;
    let search = |typed: &str| format!("/admin/buscar?numero={typed}");
    let typed = number.as_str().to_lowercase();
    lucia.get(&search(&typed)).await.goes_to(&format!("/admin/tickets/{number}"));
    for name in ["gomez", "Ana+G%C3%B3mez", "+ana+"] {
        let theirs = format!("/admin?estado=todos&solicitante={ANA}");
        lucia.get(&search(name)).await.goes_to(&theirs);
        // No other customer is offered: a host has too many for that.
        let seen = lucia.get(&theirs).await;
        seen.is(200, &format!("<option value=\"{ANA}\" selected>Ana Gómez</option>"));
        assert!(!seen.body.contains(BRUNO) && !lucia.get("/admin").await.body.contains("solicitante\""));
    }
    let seen = lucia.get(&search("o")).await;
    seen.is(200, "Ana Gómez").is(200, "Bruno Díaz").is(200, &format!("solicitante={BRUNO}"));
    for nobody in ["nadie", "lucia", "%20", "%"] {
        assert_eq!(lucia.get(&search(nobody)).await.status, 404, "{nobody}");
    }
}
