//! How the desk is shown its promises: what is due when, and how much working time is left.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::LazyLock;

use common::{NUMBER, id, ready, text};
use serde_json::json;
use ventanilla_service::{
    Admin, Change, HelpDesk, Locale, MemoryStore, Policy, Status, TimeZone, Timestamp,
    sla::{BusinessCalendar, Week},
    testing,
    ticket::{Audience, MessageRange},
    view::{DeskView, InputState, Label, SlaView, TicketRow, Viewer},
};

static MADRID: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));
static ENGLISH: LazyLock<Viewer> = LazyLock::new(|| Viewer { locale: Locale::En, ..*MADRID });

/// Madrid's, from Monday to Friday: eight hours a day.
fn office() -> BusinessCalendar {
    let hours = "09:00-14:00 16:00-19:00".parse().unwrap();
    BusinessCalendar::new(TimeZone::named("Europe/Madrid").unwrap(), Week::weekdays(hours)).unwrap()
}

fn policy(calendar: BusinessCalendar) -> Policy {
    Policy { sla: Some(common::sla(calendar)), ..Policy::default() }
}

/// An instant by Madrid's winter time: `05 10:00` is in January 2026.
fn at(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap();
    format!("2026-01-{day}T{time}:00+01:00").parse().unwrap()
}

/// A ticket that is opened then.
fn opened(when: &str) -> testing::TicketFixture {
    testing::ticket(NUMBER).requester("ana").created_at(at(when)).policy(policy(office()))
}

/// Luis at a desk of such hours and at such a time.
fn luis(calendar: BusinessCalendar, now: &str) -> Admin {
    let now = at(now);
    let desk = HelpDesk::builder(MemoryStore::new()).clock(move || now).policy(policy(calendar));
    desk.build().admin(id("luis"))
}

fn promises(ticket: testing::TicketFixture, now: &str, reader: &Viewer) -> Vec<SlaView> {
    let view = ticket.build().details(&Audience::Desk, MessageRange::All).unwrap();
    ready(luis(office(), now).pages(*reader, &()).ticket(&view)).sla
}

fn row(ticket: testing::TicketFixture, now: &str, reader: &Viewer) -> Option<SlaView> {
    let rows = [ticket.build().summary()];
    ready(luis(office(), now).pages(*reader, &()).rows(&rows)).remove(0).sla
}

fn resolved(ticket: testing::TicketFixture, when: &str) -> testing::TicketFixture {
    ticket.at(at(when)).status(Status::Resolved)
}

#[test]
fn every_state_has_a_text_of_working_time_in_each_language() {
    // Opened on Monday at ten: the first response is due after four hours, as the morning ends.
    let open = || opened("05 10:00");
    let answered = |when| open().at(at(when)).reply("luis", "Lo miramos.");
    for (ticket, now, state, labels, texts) in [
        (
            open(),
            "05 10:00",
            "RUNNING",
            ["En plazo", "On time"],
            ["Tiempo restante: 4 h", "Time left: 4 h"],
        ),
        (
            open(),
            "05 12:59",
            "RUNNING",
            ["En plazo", "On time"],
            ["Tiempo restante: 1 h 1 min", "Time left: 1 h 1 min"],
        ),
        (
            open(),
            "05 13:00",
            "AT_RISK",
            ["En riesgo", "At risk"],
            ["Tiempo restante: 1 h", "Time left: 1 h"],
        ),
        (
            open(),
            "05 13:59",
            "AT_RISK",
            ["En riesgo", "At risk"],
            ["Tiempo restante: 1 min", "Time left: 1 min"],
        ),
        // Nobody works at three: it isn't late yet.
        (
            open(),
            "05 15:00",
            "AT_RISK",
            ["En riesgo", "At risk"],
            ["Tiempo restante: menos de 1 min", "Time left: less than 1 min"],
        ),
        (open(), "05 17:00", "BREACHED", ["Vencido", "Breached"], ["1 h de retraso", "Overdue by 1 h"]),
        (
            open(),
            "12 09:30",
            "BREACHED",
            ["Vencido", "Breached"],
            ["35 h 30 min de retraso", "Overdue by 35 h 30 min"],
        ),
        (
            answered("05 11:00"),
            "30 10:00",
            "MET",
            ["Cumplido", "Met"],
            ["Cumplido en 1 h", "Met in 1 h"],
        ),
        (
            answered("05 10:00"),
            "30 10:00",
            "MET",
            ["Cumplido", "Met"],
            ["Cumplido en menos de 1 min", "Met in less than 1 min"],
        ),
        (
            answered("06 10:00"),
            "30 10:00",
            "BREACHED",
            ["Vencido", "Breached"],
            ["Tardó 8 h", "Took 8 h"],
        ),
        (
            resolved(open(), "05 11:00"),
            "30 10:00",
            "CANCELLED",
            ["Cancelado", "Cancelled"],
            ["Cancelado", "Cancelled"],
        ),
        (
            resolved(open(), "06 09:30"),
            "30 10:00",
            "BREACHED",
            ["Vencido", "Breached"],
            ["Cancelado con 3 h 30 min de retraso", "Cancelled, overdue by 3 h 30 min"],
        ),
    ] {
        for (reader, label, text) in [(*MADRID, labels[0], texts[0]), (*ENGLISH, labels[1], texts[1])] {
            let first = promises(ticket.clone(), now, &reader).swap_remove(0);
            let metric = reader.locale.pick("Primera respuesta", "First response");
            assert_eq!(first.metric, Label::new("FIRST_RESPONSE", metric));
            assert_eq!((first.state, first.text.as_str()), (Label::new(state, label), text), "{now}");
            assert_eq!(
                (first.due.as_ref().unwrap().time.as_str(), &first.due.as_ref().unwrap().iso[..10]),
                ("14:00", "2026-01-05")
            );
        }
    }
}

#[test]
fn what_is_due_is_shown_by_the_readers_timer() {
    let lima = Viewer::new(TimeZone::named("America/Lima").unwrap());
    let tokyo = Viewer::new(TimeZone::named("Asia/Tokyo").unwrap());
    for (opened_at, reader, due) in [
        // As Friday's hours end, and not as Monday's begin.
        ("09 13:00", *MADRID, "9 de enero de 2026, 19:00"),
        ("09 13:00", *ENGLISH, "9 January 2026, 19:00"),
        ("09 13:00", lima, "9 de enero de 2026, 13:00"),
        ("09 13:00", tokyo, "10 de enero de 2026, 3:00"),
        ("09 13:01", *MADRID, "12 de enero de 2026, 9:01"),
        ("09 13:01", lima, "12 de enero de 2026, 3:01"),
        // Opened when nobody works.
        ("10 23:30", *MADRID, "12 de enero de 2026, 13:00"),
        ("10 23:30", tokyo, "12 de enero de 2026, 21:00"),
    ] {
        let page = promises(opened(opened_at), opened_at, &reader);
        assert_eq!(page[0].due.as_ref().unwrap().text, due);
        assert_eq!(row(opened(opened_at), opened_at, &reader).unwrap(), page[0]);
        assert!(page[0].text.ends_with(": 4 h"), "{}", page[0].text);
    }
}

#[test]
fn a_holiday_that_is_announced_moves_what_is_due_and_no_more_than_that() {
    let view = opened("09 15:30").build().details(&Audience::Desk, MessageRange::All).unwrap();
    let feast = office().add_holiday("2026-01-12".parse().unwrap(), at("09 15:30")).unwrap();
    for (calendar, now, due, text) in [
        (office(), "09 18:00", "12 de enero de 2026, 10:00", "Tiempo restante: 2 h"),
        (feast.clone(), "09 18:00", "13 de enero de 2026, 10:00", "Tiempo restante: 2 h"),
        (office(), "12 12:00", "12 de enero de 2026, 10:00", "2 h de retraso"),
        (feast, "12 12:00", "13 de enero de 2026, 10:00", "Tiempo restante: 1 h"),
    ] {
        let page = ready(luis(calendar, now).pages(*MADRID, &()).ticket(&view));
        let first = &page.sla[0];
        assert_eq!((first.due.as_ref().unwrap().text.as_str(), first.text.as_str()), (due, text));
    }
}

#[test]
fn the_page_shows_every_promise_and_the_row_the_one_that_presses() {
    let answered = || opened("05 10:00").at(at("05 11:00")).reply("luis", "Lo miramos.");
    let asked = || answered().at(at("05 12:00")).message("¿Y bien?");
    let done = || resolved(asked(), "05 13:00");
    let reopened = || done().at(at("06 09:00")).message("Sigue igual.");
    const FIRST: &str = "Primera respuesta: Cumplido en 1 h";
    for (ticket, page, pressing) in [
        (
            opened("05 10:00"),
            vec!["Primera respuesta: 4 h de retraso", "Resolución: Tiempo restante: 32 h"],
            Some("Primera respuesta"),
        ),
        (answered(), vec![FIRST, "Resolución: Tiempo restante: 32 h"], Some("Resolución")),
        (
            asked(),
            vec![
                FIRST,
                "Siguiente respuesta: Tiempo restante: 2 h",
                "Resolución: Tiempo restante: 32 h",
            ],
            Some("Siguiente respuesta"),
        ),
        (done(), vec![FIRST, "Siguiente respuesta: Cancelado", "Resolución: Cumplido en 3 h"], None),
        (
            done().status(Status::Closed),
            vec![FIRST, "Siguiente respuesta: Cancelado", "Resolución: Cumplido en 3 h"],
            None,
        ),
        // It stood still from one on Monday to nine on Tuesday.
        (
            reopened(),
            vec![
                FIRST,
                "Siguiente respuesta: Tiempo restante: 7 h",
                "Resolución: Tiempo restante: 36 h",
            ],
            Some("Siguiente respuesta"),
        ),
        (testing::ticket(NUMBER), vec![], None),
    ] {
        let told = |view: &SlaView| format!("{}: {}", view.metric.text, view.text);
        let shown: Vec<_> = promises(ticket.clone(), "06 10:00", &MADRID).iter().map(told).collect();
        assert_eq!(shown, page);
        let metric = row(ticket, "06 10:00", &MADRID).map(|view| view.metric.text);
        assert_eq!(metric.as_deref(), pressing);
    }
}

#[test]
fn a_desk_that_promises_nothing_shows_no_promise_of_an_earlier_time() {
    let luis = common::desk_without_sla(MemoryStore::new()).admin(id("luis"));
    let ticket = opened("05 10:00").build();
    assert!(ticket.head().sla.is_some());
    let view = ticket.details(&Audience::Desk, MessageRange::All).unwrap();
    let pages = luis.pages(*MADRID, &());
    let rows = ready(pages.rows(&[ticket.summary()]));
    assert_eq!((&ready(pages.ticket(&view)).sla, &rows[0].sla), (&vec![], &None));
}

#[test]
fn resolved_and_closed_tickets_offer_what_can_still_be_done() {
    let done = || resolved(opened("05 10:00"), "05 13:00");
    let all = ["Baja", "Media", "Alta", "Urgente"];
    for (ticket, moves, priorities, writable) in [
        (done(), vec!["Empezar a atender", "Cerrar"], all.to_vec(), true),
        (done().status(Status::Closed), vec![], vec![], false),
    ] {
        let view = ticket.change(common::admin("luis"), Change::note(text("Visto."))).build();
        let view = view.details(&Audience::Desk, MessageRange::All).unwrap();
        let luis = luis(office(), "30 10:00");
        let page = ready(luis.pages(*MADRID, &()).ticket(&view));
        assert!(page.status_actions.iter().map(|step| step.text.as_str()).eq(moves));
        assert!(page.priorities.iter().map(|choice| choice.text.as_str()).eq(priorities));
        assert_eq!(matches!(page.chat.input, InputState::Writable { .. }), writable);
        assert!(matches!(page.note_input, InputState::Writable { .. }));
        assert_eq!((page.sla.len(), page.notes.len()), (2, 1));
        // Both chats are those of the ticket; neither shows a promise.
        let chat = ready(luis.pages(*MADRID, &()).chat(&view));
        assert_eq!(page.chat, chat);
        assert!(!serde_json::to_string(&chat).unwrap().contains("Cumplido"));
    }
}

#[test]
fn the_time_of_a_promise_is_a_number_beside_its_text() {
    const HOUR: i64 = 3_600_000;
    let answered = || opened("05 10:00").at(at("05 11:00")).reply("luis", "Lo miramos.");
    let asked = || answered().at(at("05 12:00")).message("¿Y bien?");
    let numbers = |view: &SlaView| (view.text.clone(), view.remaining_millis, view.took_millis);
    for (ticket, now, expected) in [
        (
            opened("05 10:00"),
            "05 17:00",
            vec![
                ("1 h de retraso", Some(-HOUR), None),
                ("Tiempo restante: 35 h", Some(35 * HOUR), None),
            ],
        ),
        (
            answered(),
            "05 12:00",
            vec![
                ("Cumplido en 1 h", None, Some(HOUR.unsigned_abs())),
                ("Tiempo restante: 38 h", Some(38 * HOUR), None),
            ],
        ),
        (
            resolved(asked(), "05 13:00"),
            "05 14:00",
            vec![
                ("Cumplido en 1 h", None, Some(HOUR.unsigned_abs())),
                ("Cancelado", None, None),
                ("Cumplido en 3 h", None, Some(3 * HOUR.unsigned_abs())),
            ],
        ),
        (
            resolved(asked(), "06 13:00"),
            "06 17:00",
            vec![
                ("Cumplido en 1 h", None, Some(HOUR.unsigned_abs())),
                ("Cancelado con 1 h de retraso", Some(-HOUR), None),
                ("Cumplido en 11 h", None, Some(11 * HOUR.unsigned_abs())),
            ],
        ),
        (
            opened("05 10:00").at(at("05 17:00")).reply("luis", "Lo miramos."),
            "05 17:00",
            vec![
                ("Tardó 5 h", None, Some(5 * HOUR.unsigned_abs())),
                ("Tiempo restante: 35 h", Some(35 * HOUR), None),
            ],
        ),
    ] {
        let shown: Vec<_> = promises(ticket, now, &MADRID).iter().map(numbers).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(text, left, took)| (text.to_owned(), left, took)).collect();
        assert_eq!(shown, expected);
    }
}

#[test]
fn a_promise_has_its_documented_json_on_the_page_and_in_the_row() {
    let ticket = opened("05 10:00");
    let expected = json!({
        "metric": { "code": "FIRST_RESPONSE", "text": "Primera respuesta" },
        "state": { "code": "BREACHED", "text": "Vencido" },
        "due": {
            "date": "5 de enero de 2026",
            "time": "14:00",
            "text": "5 de enero de 2026, 14:00",
            "iso": "2026-01-05T14:00:00.000+01:00",
        },
        "text": "1 h de retraso",
        "remainingMillis": -3_600_000,
    });
    let view = ticket.clone().build().details(&Audience::Desk, MessageRange::All).unwrap();
    let luis = luis(office(), "05 17:00");
    let page = ready(luis.pages(*MADRID, &()).ticket(&view));
    let row = ready(luis.pages(*MADRID, &()).rows(&[ticket.build().summary()])).remove(0);
    let [page_json, row_json] =
        [serde_json::to_value(&page).unwrap(), serde_json::to_value(&row).unwrap()];
    assert_eq!(page_json["sla"][0], expected);
    assert_eq!(row_json["sla"], expected);
    assert_eq!(serde_json::from_value::<DeskView>(page_json).unwrap(), page);
    assert_eq!(serde_json::from_value::<TicketRow>(row_json).unwrap(), row);
}
