//! Live updates: each reader's stream, with what they may see and nothing else.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::Request,
};
use futures::StreamExt;
use ventanilla_service::{
    Change, MessageText, Priority, Status, TicketNumber,
    ticket::{NewMessage, Reference, Tag, Wait, WaitingFor},
};

use crate::site::{ANA, BRUNO, Browser, LUCIA, MARTIN, Site, id};

/// Open stream of a person.
struct Updates(BodyDataStream);

impl Updates {
    async fn of(site: &Site, browser: &Browser<'_>) -> Self {
        let request = Request::get("/novedades").header("host", "ayuda.example");
        let request = request.header("cookie", browser.cookie()).body(Body::empty()).unwrap();
        let answer = site.answer(request).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self(answer.into_body().into_data_stream())
    }

    /// Returns the number of the next ticket; `None` at the end.
    async fn next(&mut self) -> Option<TicketNumber> {
        let part = self.0.next().await?.unwrap();
        let text = str::from_utf8(&part).unwrap();
        let number = text.strip_prefix("event: ticket\ndata: ").unwrap_or_else(|| panic!("{text:?}"));
        Some(TicketNumber::parse(number.trim()).unwrap())
    }

    /// Returns the next event, with its name.
    async fn next_event(&mut self) -> String {
        let part = self.0.next().await.expect("the stream goes on").unwrap();
        str::from_utf8(&part).unwrap().trim().to_owned()
    }

    /// Returns the numbers up to that of a ticket.
    async fn until(&mut self, last: &TicketNumber) -> Vec<TicketNumber> {
        let mut numbers = Vec::new();
        loop {
            let number = self.next().await.expect("the stream goes on");
            if number == *last {
                return numbers;
            }
            numbers.push(number);
        }
    }
}

fn text(text: &str) -> NewMessage {
    NewMessage::parse(text).unwrap()
}

#[tokio::test]
async fn a_stream_has_what_its_reader_may_see() {
    let site = Site::new();
    let (ana, lucia) = (site.browser(ANA).await, site.browser(LUCIA).await);
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let (mut theirs, mut desks) = (Updates::of(&site, &ana).await, Updates::of(&site, &lucia).await);

    let other = site.ticket(BRUNO, "No carga").await;
    let luis = site.desk.admin(id(MARTIN));
    let tag = Tag::parse("vip").unwrap();
    let internal = [
        Change::note(text("Es la tercera vez.")),
        Change::add_tag(tag.clone()),
        Change::remove_tag(tag),
        Change::status(Status::InProgress),
        Change::wait(Wait::new(WaitingFor::ThirdParty)),
        Change::end_wait(),
    ];
    for change in internal.clone() {
        luis.change(&number, change).await.unwrap();
    }
    for change in internal {
        luis.change(&other, change).await.unwrap();
    }
    let turn = site.desk.bot().turn(&number).await.unwrap();
    turn.draft(MessageText::parse("Prueba a reiniciar.").unwrap()).await.unwrap();
    luis.discard_draft(&number).await.unwrap();
    turn.hand_over("No sé responder.").await.unwrap();
    luis.set_priority(&number, Priority::High).await.unwrap();
    luis.add_reference(&number, &Reference::new("order", "1").unwrap()).await.unwrap();
    luis.reply(&number, "Ya está.").await.unwrap();
    let last = site.ticket(ANA, "Gracias").await;

    // The status, the priority, the reference and the message.
    assert_eq!(theirs.until(&last).await, vec![number.clone(); 4]);
    let all = desks.until(&last).await;
    assert_eq!(all.iter().filter(|found| **found == number).count(), 12);
    assert_eq!(all.iter().filter(|found| **found == other).count(), 7);
}

#[tokio::test]
async fn a_stream_ends_with_the_session() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let mut updates = Updates::of(&site, &ana).await;
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    assert_eq!(updates.next().await, Some(number.clone()));
    ana.post("/salir", "").await;
    site.desk.admin(id(LUCIA)).reply(&number, "Ya está.").await.unwrap();
    assert_eq!(updates.next().await, None);
    assert_ne!(site.nobody().get("/novedades").await.status, 200);
}

#[tokio::test]
async fn colleagues_see_who_writes_a_reply() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let other = site.ticket(ANA, "No carga").await;
    let (ana, lucia, martin) =
        (site.browser(ANA).await, site.browser(LUCIA).await, site.browser(MARTIN).await);
    let page = format!("/admin/tickets/{number}");
    let writes = format!("{page}/escribiendo");
    let line = async |browser: &Browser<'_>, path: &str| {
        let seen = browser.get(path).await;
        let (_, rest) = seen.body.split_once("id=\"escribiendo\"").expect("the line");
        let (_, rest) = rest.split_once('>').unwrap();
        rest.split_once("</p>").unwrap().0.replace("<bdi>", "").replace("</bdi>", "")
    };
    assert_eq!(line(&martin, &page).await, "");

    assert_eq!(lucia.post(&writes, "").await.status, 204);
    assert_eq!(line(&martin, &page).await, "Lucía Paz está respondiendo…");
    assert_eq!(line(&lucia, &page).await, "", "she knows");
    assert_eq!(line(&martin, &format!("/admin/tickets/{other}")).await, "");
    assert!(!ana.get(&format!("/tickets/{number}")).await.body.contains("respondiendo"));

    // It lasts, and no longer than it is said again.
    site.clock.advance(Duration::from_secs(29));
    assert_eq!(lucia.post(&writes, "").await.status, 204);
    site.clock.advance(Duration::from_secs(29));
    assert_eq!(line(&martin, &page).await, "Lucía Paz está respondiendo…");
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(line(&martin, &page).await, "");

    // A refused reply is still being written; one that was sent is not.
    lucia.post(&writes, "").await;
    lucia.post(&format!("{page}/respuesta"), "texto=&version=0").await;
    assert_eq!(line(&martin, &page).await, "Lucía Paz está respondiendo…");
    lucia.post(&format!("{page}/respuesta"), "texto=Ya+est%C3%A1&version=0").await.goes_to(&page);
    assert_eq!(line(&martin, &page).await, "");
    lucia.get(&writes).await.goes_to(&page);
}

#[tokio::test]
async fn only_other_administrators_are_told_who_writes() {
    let site = Site::new();
    let (ana, lucia, martin) =
        (site.browser(ANA).await, site.browser(LUCIA).await, site.browser(MARTIN).await);
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let page = format!("/admin/tickets/{number}");
    let mut theirs = Updates::of(&site, &ana).await;
    let mut lucias = Updates::of(&site, &lucia).await;
    let mut martins = Updates::of(&site, &martin).await;
    for _ in 0..3 {
        lucia.post(&format!("{page}/escribiendo"), "").await;
    }
    lucia.post(&format!("{page}/respuesta"), "texto=Ya+est%C3%A1&version=0").await.goes_to(&page);
    let (typing, changed) =
        (format!("event: typing\ndata: {number}"), format!("event: ticket\ndata: {number}"));
    // Once that she began, once that she ended, and the reply, which may be told before that.
    assert_eq!(martins.next_event().await, typing);
    let mut rest = [martins.next_event().await, martins.next_event().await];
    rest.sort();
    assert_eq!(rest, [changed.clone(), typing]);
    assert_eq!(lucias.next_event().await, changed);
    assert_eq!(theirs.next_event().await, changed);
}

#[tokio::test]
async fn pages_of_the_signed_in_listen_and_others_dont() {
    let site = Site::new();
    for (path, who) in [("/tickets", ANA), ("/admin", LUCIA)] {
        assert!(site.browser(who).await.get(path).await.body.contains("/static/live.js"), "{path}");
    }
    assert!(!site.nobody().get("/entrar").await.body.contains("/static/live.js"));
}
