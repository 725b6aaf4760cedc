//! Properties of every page and every response.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use ventanilla_service::{Status, settings::SystemClock};

use crate::site::{ANA, LUCIA, Seen, Site, id};

/// One of each kind of answer.
async fn answers(site: &Site) -> Vec<(String, Seen)> {
    let open = site.ticket(ANA, "Me cobraron dos veces").await;
    let closed = site.ticket(ANA, "No carga").await;
    let desk = site.desk.admin(id(LUCIA));
    desk.reply(&closed, "Ya carga").status(Status::Closed).await.unwrap();
    desk.add_note(&open, "Para nosotros").await.unwrap();
    let resolved = site.ticket(ANA, "No suena").await;
    desk.set_status(&resolved, Status::Resolved).await.unwrap();
    let (nobody, ana, lucia) = (site.nobody(), site.browser(ANA).await, site.browser(LUCIA).await);
    let mut seen = Vec::new();
    for path in [
        "/",
        "/entrar",
        "/no-hay",
        "/static/no-hay",
        "/static/style.css",
        "/static/app.js",
        "/static/icono.svg",
    ] {
        seen.push((path.to_owned(), nobody.get(path).await));
    }
    for path in [
        "/ayuda",
        "/ayuda/gracias/TKT-ABC123",
        "/tickets",
        "/tickets?despues=x",
        "/tickets/TKT-N0T0NE",
        "/admin",
    ] {
        seen.push((path.to_owned(), ana.get(path).await));
    }
    for number in [&open, &closed, &resolved] {
        let path = format!("/tickets/{number}");
        seen.push((path.clone(), ana.get(&path).await));
        seen.push((format!("/admin{path}"), lucia.get(&format!("/admin{path}")).await));
    }
    for path in [
        "/admin",
        "/admin?estado=x&desde=x&despues=x",
        "/admin/informe",
        "/admin/informe?desde=x",
        "/tickets",
    ] {
        seen.push((format!("admin {path}"), lucia.get(path).await));
    }
    seen.push(("empty form".into(), ana.refused("/ayuda", "").await));
    seen.push(("empty message".into(), ana.refused(&format!("/tickets/{open}/mensajes"), "").await));
    seen.push(("too large".into(), ana.post("/ayuda", &"x".repeat(70_000)).await));
    seen.push(("no such method".into(), ana.ask("DELETE", "/ayuda", &[], "").await));
    seen.push((
        "cross-site".into(),
        ana.ask("POST", "/ayuda", &[("origin", "https://malo.example")], "").await,
    ));
    let reply = format!("/admin/tickets/{open}/respuesta");
    seen.push(("conflict".into(), lucia.refused(&reply, "texto=Hola&version=0").await));
    seen.push(("sent".into(), lucia.post(&reply, "texto=Hola&version=1").await));
    seen.push((
        "bulk".into(),
        lucia.post("/admin/lote", &format!("accion=tomar&ticket={open}&ticket=x")).await,
    ));
    seen
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    for (what, seen) in answers(&Site::new()).await {
        let header = |name: &str| seen.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let policy = header("content-security-policy");
        for part in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(header("referrer-policy"), "same-origin", "{what}");
        let cached = what.starts_with("/static/") && seen.status == 200;
        assert_eq!(
            header("cache-control"),
            if cached { "public, max-age=600" } else { "no-store" },
            "{what}"
        );
        let kind = match what.as_str() {
            "/static/style.css" => "text/css; charset=utf-8",
            "/static/app.js" => "text/javascript; charset=utf-8",
            "/static/icono.svg" => "image/svg+xml",
            _ if seen.status == 303 => "",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(header("content-type"), kind, "{what}");
        assert!(!seen.status.is_server_error(), "{what}: {}", seen.status);
    }
}

#[tokio::test]
async fn every_page_is_well_made() {
    for (what, seen) in answers(&Site::new()).await {
        if !seen.body.starts_with("<!doctype html>") {
            assert!(what.starts_with("/static/") || seen.status == 303, "{what}: {}", seen.body);
            continue;
        }
        let page = &seen.body;
        let inline = ["app", "attach", "keys", "live"].into_iter().fold(page.clone(), |page, name| {
            page.replace(&format!("<script src=\"/static/{name}.js\" defer></script>"), "")
        });
        for never in ["<script", "<style", " style=", "javascript:", "http://", "https://", "//cdn"] {
            assert!(!inline.contains(never), "{what} has {never}: {page}");
        }
        let tags: Vec<&str> = page.split('<').skip(1).filter_map(|tag| tag.split('>').next()).collect();
        for tag in &tags {
            assert!(
                !tag.split_whitespace().any(|word| word.starts_with("on") && word.contains('=')),
                "{tag}"
            );
        }
        for always in
            ["<html lang=\"es\">", "<h1", "<main id=\"contenido\"", "href=\"#contenido\"", "</html>"]
        {
            assert_eq!(page.matches(always).count(), 1, "{what}: {always}");
        }
        let ids: Vec<&str> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{what}: an id stands twice in {ids:?}");
        for tag in &tags {
            let kind = tag.split_whitespace().next().unwrap_or_default();
            let typed = matches!(attribute(tag, "type"), Some("hidden" | "checkbox"));
            if matches!(kind, "input" | "select" | "textarea") && !typed {
                let id = attribute(tag, "id").unwrap_or_default();
                assert!(page.contains(&format!("<label for=\"{id}\"")), "{what}: <{tag}> has no label");
            }
            for name in ["aria-describedby", "aria-labelledby"] {
                for id in attribute(tag, name).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(&id), "{what}: {name}={id} names nothing");
                }
            }
            if let Some(field) = attribute(tag, "href").and_then(|link| link.strip_prefix('#')) {
                assert!(ids.contains(&field), "{what}: #{field} leads nowhere");
            }
        }
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[tokio::test]
async fn files_are_loaded_once_and_pages_compressed() {
    let site = Site::new();
    let nobody = site.nobody();
    let mut tags = Vec::new();
    for file in ["style.css", "app.js", "icono.svg"] {
        let path = format!("/static/{file}");
        let tag = nobody.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("W/\"0\", {tag}"), "*".into()] {
            let seen = nobody.ask("GET", &path, &[("if-none-match", &known)], "").await;
            assert_eq!((seen.status.as_u16(), seen.body.as_str()), (304, ""), "{path}");
            assert_eq!(seen.headers["etag"], tag.as_str());
        }
        assert_eq!(nobody.ask("GET", &path, &[("if-none-match", "\"0\"")], "").await.status, 200);
        assert!(!tags.contains(&tag), "two files have one tag");
        tags.push(tag);
    }
    let lucia = site.browser(LUCIA).await;
    for path in ["/admin", "/static/style.css"] {
        let seen = lucia.ask("GET", path, &[("accept-encoding", "gzip, br")], "").await;
        assert_eq!(seen.headers["content-encoding"], "gzip");
        assert!(!lucia.get(path).await.headers.contains_key("content-encoding"));
    }
}

#[tokio::test]
async fn slow_and_idle_clients_are_let_go() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let desk = help_center::desk(ventanilla_service::MemoryStore::new()).unwrap().build();
    let pages = help_center::app(help_center::App::new(desk, SystemClock));
    let serving = tokio::spawn(help_center::serve(listener, pages, Duration::from_millis(200)));
    let whole = "GET /entrar HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (sent, answer) in
        [("", ""), ("GET /entrar HT", ""), (&whole[..40], ""), (whole, "HTTP/1.1 200 OK")]
    {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        // Ends only when the server closes the connection.
        client.read_to_end(&mut read).await.unwrap();
        assert!(String::from_utf8_lossy(&read).starts_with(answer), "{sent}");
    }
    serving.abort();
}
