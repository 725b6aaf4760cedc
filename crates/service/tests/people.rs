//! Which people a page asks its directory for, and how often.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use async_trait::async_trait;
use common::{NUMBER, desk_over, id, key, number, storing};
use ventanilla_service::{
    Change, HelpDesk, ListQuery, MyTickets, Priority, Status, TimeZone, UserId,
    testing::{self, TicketFixture},
    view::{Person, PersonDirectory, Viewer},
};

static VIEWER: LazyLock<Viewer> = LazyLock::new(|| Viewer::new(TimeZone::UTC));

/// Directory that knows everybody and remembers what it was asked for.
#[derive(Default)]
struct Register(Mutex<Vec<Vec<UserId>>>);

#[async_trait]
impl PersonDirectory for Register {
    async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
        self.0.lock().unwrap().push(ids.to_vec());
        // As a database does, it answers later.
        tokio::task::yield_now().await;
        ids.iter().map(|id| (id.clone(), Person::named(format!("Persona {id}")))).collect()
    }
}

impl Register {
    /// Returns the people of the only look-up since the last call, in order.
    #[track_caller]
    fn asked_once(&self) -> Vec<String> {
        let mut calls = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(calls.len(), 1, "{calls:?}");
        let mut ids: Vec<_> = calls.remove(0).iter().map(ToString::to_string).collect();
        ids.sort();
        ids
    }

    #[track_caller]
    fn was_not_asked(&self) {
        assert_eq!(*self.0.lock().unwrap(), Vec::<Vec<UserId>>::new());
    }
}

/// Ticket of Ana's that Luis passed from Marta to Eva, with a message of Pablo's and a note of Olga's.
fn fixture(number: &str) -> TicketFixture {
    testing::ticket(number)
        .requester("ana")
        .policy(common::policy())
        .message("¿Hola?")
        .reply("pablo", "Lo miro.")
        .reply("pablo", "Ya casi.")
        .note("olga", "Es la tercera vez.")
        .change(common::admin("marta"), Change::claim())
        .change(common::admin("luis"), Change::assign(Some(id("eva"))))
}

async fn desk() -> HelpDesk {
    let other = testing::ticket("OTRO").requester("ana").policy(common::policy()).assignee("eva");
    desk_over(storing([fixture(NUMBER).build(), other.build()]).await)
}

#[tokio::test]
async fn a_page_of_the_desk_asks_once_for_everybody_on_it() {
    let desk = desk().await;
    let (luis, people) = (desk.admin(id("luis")), Register::default());
    let ticket = luis.get(&number(NUMBER)).await.unwrap();

    let page = luis.pages(*VIEWER, &people).ticket(&ticket).await;
    assert_eq!(people.asked_once(), ["ana", "eva", "luis", "marta", "olga", "pablo"]);
    assert_eq!(page.assignment.text, "Persona eva");
    assert_eq!(page.notes[0].author.name, "Persona olga");
    let handed_over = "Pasó el ticket de Persona marta a Persona eva";
    assert!(page.history.iter().any(|entry| entry.what == handed_over), "{:?}", page.history);

    luis.pages(*VIEWER, &people).chat(&ticket).await;
    assert_eq!(people.asked_once(), ["ana", "pablo"]);

    let list = luis.list(ListQuery::new()).await.unwrap();
    let rows = luis.pages(*VIEWER, &people).rows(&list.rows).await;
    assert_eq!(people.asked_once(), ["ana", "eva"]);
    assert!(
        rows.iter().all(|row| row.requester.name == "Persona ana" && row.assignee_text == "Persona eva")
    );
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn results_errors_and_reports_ask_once() {
    let desk = desk().await;
    let (luis, eva, people) = (desk.admin(id("luis")), desk.admin(id("eva")), Register::default());
    let (it, viewer) = (number(NUMBER), *VIEWER);
    let seen = luis.get(&it).await.unwrap().head.version;

    let receipt = luis.assign(&it, &id("marta")).await.unwrap();
    let view = luis.pages(viewer, &people).receipt(&receipt).await;
    assert_eq!(people.asked_once(), ["eva", "luis", "marta"]);
    assert_eq!(view.assignee.unwrap().person.name, "Persona marta");

    luis.reply(&it, "Ya está.").status(Status::Resolved).await.unwrap();
    let conflict = eva.set_priority(&it, Priority::High).expecting(seen).await.unwrap_err();
    let view = eva.pages(viewer, &people).error(&conflict).await;
    assert_eq!(people.asked_once(), ["eva", "luis", "marta"]);
    assert!(view.conflict.unwrap().changes.iter().all(|entry| entry.who.name == "Persona luis"));

    let taken = eva.claim(&it).await.unwrap_err();
    let view = eva.pages(viewer, &people).error(&taken).await;
    assert_eq!(people.asked_once(), ["marta"]);
    assert_eq!(view.assignee.unwrap().person.name, "Persona marta");

    let report = luis.report(common::period()).await.unwrap();
    let table = luis.pages(viewer, &people).report(&report).await;
    assert_eq!(people.asked_once(), ["eva", "luis", "pablo"]);
    assert_eq!(table.admins[0].who.name, "Persona eva");

    // The page of a refused change: the ticket, and what stands in its way.
    let pages = eva.pages(viewer, &people);
    pages.ticket(&eva.get(&it).await.unwrap()).await;
    people.asked_once();
    pages.error(&conflict).await;
    pages.error(&taken).await;
    people.was_not_asked();
}

#[tokio::test]
async fn a_page_of_a_customer_asks_for_nobody_that_it_does_not_show() {
    let desk = desk().await;
    let (ana, people) = (desk.customer(id("ana")), Register::default());

    ana.pages(*VIEWER, &people).chat(&ana.get(&number(NUMBER)).await.unwrap()).await;
    assert_eq!(people.asked_once(), ["ana", "pablo"]);
    let list = ana.list(MyTickets::all()).await.unwrap();
    ana.pages(*VIEWER, &people).rows(&list.rows).await;
    assert_eq!(people.asked_once(), ["ana", "eva"]);
    let receipt = ana.reply(&number(NUMBER), "Gracias.").key(key("k1")).await.unwrap();
    ana.pages(*VIEWER, &people).receipt(&receipt).await;
    assert_eq!(people.asked_once(), ["ana"]);
}

#[tokio::test]
async fn a_page_without_people_asks_nothing() {
    let desk = desk().await;
    let (luis, people) = (desk.admin(id("luis")), Register::default());
    let missing = luis.get(&number("TKT-N0T0NE")).await.unwrap_err();
    let pages = luis.pages(*VIEWER, &people);
    assert_eq!(pages.error(&missing).await.code, "ticket_not_found");
    assert!(pages.rows(&[]).await.is_empty());
    people.was_not_asked();
}

/// Directory whose database is away.
struct Away;

#[async_trait]
impl PersonDirectory for Away {
    async fn people(&self, _: &[UserId]) -> HashMap<UserId, Person> {
        // It knows somebody who isn't on the page.
        HashMap::from([(id("nadie"), Person::named("Nadie"))])
    }
}

#[tokio::test]
async fn a_page_stands_without_names() {
    let desk = desk().await;
    let luis = desk.admin(id("luis"));
    let ticket = luis.get(&number(NUMBER)).await.unwrap();
    let page = luis.pages(*VIEWER, &Away).ticket(&ticket).await;
    assert_eq!(page, luis.pages(*VIEWER, &()).ticket(&ticket).await);
    assert_eq!(
        (page.requester.person.name.as_str(), page.assignment.text.as_str()),
        ("Usuario", "Soporte")
    );
}
