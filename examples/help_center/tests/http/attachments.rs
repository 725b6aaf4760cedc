//! Files of messages.

use ventanilla_service::{Explain, ticket::AttachmentId};

use crate::site::{ANA, BRUNO, Browser, LUCIA, Seen, Site, id};

const GIF: &str = "GIF89a\u{1}\0\u{1}\0;";

/// Sends a form as a browser without scripts does: fields, and files by name.
async fn form(
    browser: &Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str)],
) -> Seen {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, content) in files {
        body += &format!(
            "--x\r\nContent-Disposition: form-data; name=\"archivos\"; filename=\"{name}\"\r\n\
             Content-Type: text/html\r\n\r\n{content}\r\n"
        );
    }
    body += "--x--\r\n";
    browser.ask("POST", path, &[("content-type", "multipart/form-data; boundary=x")], &body).await
}

/// Returns the addresses of the files on a page.
fn links(page: &Seen) -> Vec<String> {
    let links = page.body.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.contains("/archivos/")).map(Into::into).collect()
}

/// Returns the ids of the uploads that go with the form of a page.
fn chips(page: &Seen) -> Vec<String> {
    let boxes = page.body.split("name=\"archivo\" value=\"").skip(1);
    boxes.filter_map(|rest| rest.split('"').next()).map(Into::into).collect()
}

#[tokio::test]
async fn a_file_of_a_new_ticket_is_shown_and_served_to_both_sides_only() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let fields = [("categoria", "BUG"), ("descripcion", "No carga"), ("clave", "k1")];
    let files = [("../captura.gif", GIF), ("", "")];
    let thanks = form(&ana, "/ayuda", &fields, &files).await;
    let number = thanks.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let chat = ana.get(&format!("/tickets/{number}")).await;
    let link = links(&chat).pop().unwrap();
    chat.is(200, "<bdi>captura.gif</bdi>").is(200, "GIF · 11 bytes").is(200, "loading=\"lazy\"");

    let file = ana.get(&link).await;
    let header = |seen: &Seen, name: &str| seen.headers[name].to_str().unwrap().to_owned();
    assert_eq!((file.status.as_u16(), file.body.as_str()), (200, GIF));
    assert_eq!(header(&file, "content-type"), "image/gif");
    assert_eq!(header(&file, "content-disposition"), "attachment; filename*=UTF-8''captura%2Egif");
    assert_eq!(header(&file, "x-content-type-options"), "nosniff");
    assert_eq!(header(&file, "cache-control"), "private, no-cache");
    let etag = header(&file, "etag");
    let known = ana.ask("GET", &link, &[("if-none-match", &etag)], "").await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));

    for (range, status, body, told) in [
        ("bytes=0-2", 206, "GIF", Some("bytes 0-2/11")),
        ("bytes=-1", 206, ";", Some("bytes 10-10/11")),
        ("bytes=10-99", 206, ";", Some("bytes 10-10/11")),
        ("bytes=3-", 206, &GIF[3..], Some("bytes 3-10/11")),
        ("bytes=11-", 416, "", Some("bytes */11")),
        ("bytes=0-0,2-2", 200, GIF, None),
        ("lines=1-2", 200, GIF, None),
    ] {
        let seen = ana.ask("GET", &link, &[("range", range)], "").await;
        let found = seen.headers.get("content-range").map(|value| value.to_str().unwrap());
        assert_eq!((seen.status.as_u16(), seen.body.as_str(), found), (status, body, told), "{range}");
    }

    let lucia = site.browser(LUCIA).await;
    let for_desk = format!("/admin{link}");
    lucia.get(&format!("/admin/tickets/{number}")).await.is(200, &for_desk);
    assert_eq!(lucia.get(&for_desk).await.body, GIF);
    let missing = link.replace(&link[link.len() - 8..], "00000000");
    for (browser, link) in [
        (site.browser(BRUNO).await, link.as_str()),
        (site.browser(ANA).await, missing.as_str()),
        (site.browser(ANA).await, &format!("/tickets/{number}/archivos/x")),
        (site.browser(ANA).await, &format!("/tickets/TKT-NADA22/archivos/{}", "0".repeat(32))),
    ] {
        browser.get(link).await.is(404, "No encontramos");
    }
    site.browser(BRUNO).await.get(&for_desk).await.is(403, "soporte");
    site.nobody().get(&link).await.goes_to("/entrar");
}

#[tokio::test]
async fn a_refused_file_keeps_the_text_and_the_other_files() {
    let site = Site::new();
    let number = site.ticket(ANA, "No carga").await;
    let ana = site.browser(ANA).await;
    let (chat, send) = (format!("/tickets/{number}"), format!("/tickets/{number}/mensajes"));
    let files = [("buena.gif", GIF), ("mala.gif", "<html><script>alert(1)</script>"), ("otra.gif", GIF)];
    let refused = form(&ana, &send, &[("texto", "Mira"), ("clave", "k1")], &files).await;
    let page = ana.get(refused.headers["location"].to_str().unwrap()).await;
    page.is(200, "No se admite este tipo de archivo").is(200, "\nMira</textarea>");
    page.is(200, "<bdi>buena.gif</bdi>").is(200, "<bdi>otra.gif</bdi>").is_without("mala.gif");
    assert_eq!(site.messages(&number).await.len(), 1);

    let kept = chips(&page);
    let (key, fields) = (page.hidden("clave"), [("texto", "Mira"), ("archivo", kept[1].as_str())]);
    form(&ana, &send, &[&fields[..], &[("clave", &key)]].concat(), &[]).await.goes_to(&chat);
    let chat = ana.get(&chat).await;
    chat.is(200, "<bdi>otra.gif</bdi>").is_without("buena.gif");
    assert_eq!(chips(&chat), Vec::<String>::new());
}

#[tokio::test]
async fn the_script_uploads_first_and_a_file_alone_is_an_answer() {
    let site = Site::new();
    let number = site.ticket(ANA, "No carga").await;
    let lucia = site.browser(LUCIA).await;
    let seen = lucia.ask("POST", "/archivos?nombre=gu%C3%ADa.txt", &[], "Paso 1: apágalo.").await;
    let answer: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(
        (seen.status.as_u16(), &answer["name"], &answer["size"]),
        (200, &"guía.txt".into(), &"17 bytes".into())
    );
    let uploaded = answer["id"].as_str().unwrap();
    assert!(AttachmentId::parse(uploaded).is_ok());

    let refused = lucia.ask("POST", "/archivos?nombre=a.html", &[], "<html>").await;
    refused.is(422, "No se admite este tipo de archivo");
    site.nobody().ask("POST", "/archivos?nombre=a.txt", &[], "Hola").await.goes_to("/entrar");

    let (desk, send) =
        (format!("/admin/tickets/{number}"), format!("/admin/tickets/{number}/respuesta"));
    // Somebody else's upload doesn't become theirs.
    let martin = site.browser(crate::site::MARTIN).await;
    let form = format!("texto=&version=0&archivo={uploaded}");
    martin.refused(&send, &form).await.is(200, "No encontramos ese archivo");
    // A closing reply is confirmed first, and keeps the file.
    let asked = lucia.post(&send, &format!("{form}&estado=CLOSED&clave=k2")).await;
    asked.is(200, "definitivo");
    assert!(asked.body.contains(&format!("name=\"archivo\" value=\"{uploaded}\"")), "{}", asked.body);
    lucia.post(&send, &format!("{form}&estado=CLOSED&clave=k2&confirmado=1")).await.goes_to(&desk);
    assert_eq!(site.messages(&number).await, ["No carga", "Adjunto: guía.txt"]);
    let ana = site.browser(ANA).await;
    let link = links(&ana.get(&format!("/tickets/{number}")).await).pop().unwrap();
    let file = ana.get(&link).await;
    assert_eq!(file.headers["content-type"], "text/plain");
    assert_eq!(file.body, "Paso 1: apágalo.");
}

#[tokio::test]
async fn a_form_that_is_no_form_is_refused() {
    let site = Site::new();
    let number = site.ticket(ANA, "No carga").await;
    let ana = site.browser(ANA).await;
    let send = format!("/tickets/{number}/mensajes");
    let multipart = [("content-type", "multipart/form-data; boundary=x")];
    ana.ask("POST", &send, &multipart, "no boundary").await.is(400, "no se puede leer");
    ana.ask(
        "POST",
        &send,
        &multipart,
        "--x\r\nContent-Disposition: form-data; name=\"texto\"\r\n\r\ncut",
    )
    .await
    .is(400, "no se puede leer");
    let long = "x".repeat(70_000);
    form(&ana, &send, &[("texto", &long)], &[]).await.is(413, "demasiado largo");
    let nine: Vec<(&str, &str)> = vec![("a.gif", GIF); 9];
    let refused = form(&ana, &send, &[("texto", "Mira"), ("clave", "k1")], &nine).await;
    let page = ana.get(refused.headers["location"].to_str().unwrap()).await;
    page.is(200, "Un mensaje admite hasta 8 archivos: quita 1.");
    assert_eq!(site.messages(&number).await.len(), 1);
    let swept = site.desk.system().sweep_uploads().await.unwrap();
    assert_eq!(swept.deleted, 0, "they are kept for a day");
    let error =
        site.desk.customer(id(BRUNO)).uploads(&[chips(&page)[0].parse().unwrap()]).await.unwrap_err();
    assert_eq!(error.code(), "attachment_not_found");
}

#[tokio::test]
async fn a_desk_without_files_shows_no_input() {
    let site = Site::with_limits(Default::default());
    let number = site.ticket(ANA, "No carga").await;
    let ana = site.browser(ANA).await;
    for path in [format!("/tickets/{number}"), "/ayuda".into()] {
        ana.get(&path).await.is_without("type=\"file\"");
    }
    ana.ask("POST", "/archivos?nombre=a.txt", &[], "Hola").await.is(422, "no se pueden adjuntar");
}
