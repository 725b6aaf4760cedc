//! The JSON of every page, as it is documented: both ways.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::HashMap, sync::LazyLock};

use common::{NUMBER, customer, desk_over, id, number, ready, text};
use serde_json::json;
use ventanilla_service::{
    Category, Event, EventKind, Explain, Form, Locale, MemoryStore, Policy, Priority, Receipt,
    ServiceError, Status, TicketNumber, TimeZone, UserId,
    error::{Refusal, StoreError},
    store::{Ticket, TicketStore},
    testing,
    ticket::{Actor, ActorKind, Audience, MessageRange, Wait, WaitingFor},
    view::{ChatView, DeskView, ErrorView, Person, ReceiptView, TicketRow, Viewer},
};

static READER: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));

fn ticket() -> testing::TicketFixture {
    testing::ticket(NUMBER)
        .requester("ana")
        .category(Category::PAGOS)
        .description("Me cobraron dos veces")
}

fn people() -> HashMap<UserId, Person> {
    let luis = Person { avatar_url: Some("/luis.png".into()), ..Person::named("Luis Paz") };
    HashMap::from([(id("ana"), Person::named("Ana Gómez")), (id("luis"), luis)])
}

fn chat(ticket: &Ticket, window: MessageRange) -> ChatView {
    let ana = desk_over(MemoryStore::new()).customer(id("ana"));
    let view = ticket.details(&Audience::Requester(id("ana")), window).unwrap();
    ready(ana.pages(*READER, &people()).chat(&view))
}

fn row(ticket: &Ticket) -> TicketRow {
    let luis = desk_over(MemoryStore::new()).admin(id("luis"));
    ready(luis.pages(*READER, &people()).rows(&[ticket.summary()])).remove(0)
}

fn noon(text: &str) -> serde_json::Value {
    json!({ "date": "5 de enero de 2026", "time": text, "text": format!("5 de enero de 2026, {text}"),
        "iso": format!("2026-01-05T{text}:00.000+01:00") })
}

#[test]
fn a_chat_has_its_documented_json() {
    let ticket = ticket().reply("luis", "Ya está devuelto.").status(Status::Closed).build();
    let chat = chat(&ticket, MessageRange::Last(1));
    let expected = json!({
        "ticketNumber": "TKT-ABC123",
        "title": "Ticket #TKT-ABC123",
        "status": { "code": "CLOSED", "text": "Cerrado" },
        "category": { "code": "PAGOS", "text": "Pagos" },
        "createdAt": noon("10:00"),
        "about": [],
        "earlierMessages": 1,
        "messages": [{
            "side": "left",
            "role": { "code": "ADMIN", "text": "Soporte" },
            "author": { "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" },
            "text": "Ya está devuelto.",
            "at": noon("10:01"),
        }],
        "input": {
            "state": "readOnly",
            "code": "ticket_closed",
            "reason": "Este ticket está cerrado y ya no admite cambios. Si aún necesitas ayuda, abre uno de seguimiento.",
            "followUp": "Abrir ticket de seguimiento",
        },
    });
    assert_eq!(serde_json::to_value(&chat).unwrap(), expected);
    assert_eq!(serde_json::from_value::<ChatView>(expected).unwrap(), chat);
}

#[test]
fn a_row_has_its_documented_json() {
    let ticket = ticket().about("order:1001").tag("vip").priority(Priority::Urgent).assignee("luis");
    let row = row(&ticket.build());
    let expected = json!({
        "ticketNumber": "TKT-ABC123",
        "excerpt": "Me cobraron dos veces",
        "status": { "code": "OPEN", "text": "Abierto" },
        "priority": { "code": "URGENT", "text": "Urgente" },
        "category": { "code": "PAGOS", "text": "Pagos" },
        "requester": { "name": "Ana Gómez", "initial": "A" },
        "assignee": { "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" },
        "assigneeText": "Luis Paz",
        "about": [{ "kind": "order", "id": "1001" }],
        "tags": ["vip"],
        "requesterId": "ana",
        "assigneeId": "luis",
        "version": 2,
        "createdAt": noon("10:00"),
        "updatedAt": noon("10:02"),
    });
    assert_eq!(serde_json::to_value(&row).unwrap(), expected);
    assert_eq!(serde_json::from_value::<TicketRow>(expected).unwrap(), row);
}

#[test]
fn a_row_of_a_ticket_that_nobody_has_names_no_person_in_json() {
    let row = row(&ticket().build());
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!((json.get("assignee"), &json["assigneeText"]), (None, &json!("Sin asignar")));
    assert_eq!(serde_json::from_value::<TicketRow>(json).unwrap(), row);
}

#[test]
fn an_open_follow_up_says_so_in_json_and_is_written_in() {
    let closed = ticket().status(Status::Closed).build();
    let offer = Policy::default()
        .follow_up(&closed.details(&Audience::Desk, MessageRange::Last(0)).unwrap(), testing::epoch())
        .unwrap();
    let opened = offer.ticket(text("Otra vez")).open(
        number("TKT-NEW123"),
        &id("ana"),
        &customer("ana"),
        testing::epoch(),
        &Policy::default(),
    );
    let chat = chat(&opened.unwrap(), MessageRange::All);
    let json = serde_json::to_value(&chat).unwrap();
    assert_eq!(json["followUpOf"], NUMBER);
    assert_eq!(json["messages"][0]["side"], "right");
    let expected = json!({ "state": "writable", "placeholder": "Escribe tu mensaje…", "send": "Enviar", "maxBytes": 16_384 });
    assert_eq!(json["input"], expected);
    assert_eq!(serde_json::from_value::<ChatView>(json).unwrap(), chat);
}

#[test]
fn the_desks_page_has_its_documented_json() {
    let ticket = ticket().about("order:1001").tag("vip").assignee("luis");
    let ticket = ticket.note("luis", "Es la tercera vez.").build();
    let luis = desk_over(MemoryStore::new()).admin(id("luis"));
    let view = ticket.details(&Audience::Desk, MessageRange::Last(1)).unwrap();
    let page = ready(luis.pages(*READER, &people()).ticket(&view));
    let ana = json!({ "name": "Ana Gómez", "initial": "A" });
    let luis = json!({ "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" });
    let support = json!({ "code": "ADMIN", "text": "Soporte" });
    let with_id = |id: &str, badge: &serde_json::Value| {
        let mut badge = badge.clone();
        badge["id"] = id.into();
        badge
    };
    let step = |code: &str, text: &str, action: &str| json!({ "status": { "code": code, "text": text }, "text": action });
    let choice = |code: &str, text: &str, selected: bool| json!({ "code": code, "text": text, "selected": selected });
    let expected = json!({
        "chat": serde_json::to_value(&page.chat).unwrap(),
        "version": 2,
        "requester": with_id("ana", &ana),
        "statusActions": [
            step("IN_PROGRESS", "En progreso", "Empezar a atender"),
            step("RESOLVED", "Resuelto", "Marcar como resuelto"),
            step("CLOSED", "Cerrado", "Cerrar"),
        ],
        "priority": { "code": "MEDIUM", "text": "Media" },
        "priorities": [
            choice("LOW", "Baja", false),
            choice("MEDIUM", "Media", true),
            choice("HIGH", "Alta", false),
            choice("URGENT", "Urgente", false),
        ],
        "sla": [],
        "assignment": {
            "assignee": with_id("luis", &luis),
            "text": "Luis Paz",
            "assign": "Reasignar",
            "unassign": "Dejar sin asignar",
        },
        "about": { "references": [{ "kind": "order", "id": "1001" }], "add": "Añadir referencia", "remove": "Quitar" },
        "tags": { "tags": ["vip"], "add": "Añadir etiqueta", "remove": "Quitar" },
        "wait": {
            "parties": [
                choice("CUSTOMER", "Esperando al cliente", false),
                choice("THIRD_PARTY", "Esperando a un tercero", false),
            ],
        },
        "notes": [{ "author": luis, "text": "Es la tercera vez.", "at": noon("10:02") }],
        "noteInput": {
            "state": "writable",
            "placeholder": "Escribe una nota interna…",
            "send": "Guardar nota",
            "maxBytes": 16_384,
        },
        "history": [
            {
                "at": noon("10:00"),
                "who": ana,
                "actor": { "code": "CUSTOMER", "text": "Usuario" },
                "what": "Abrió el ticket",
                "kind": { "event": "CREATED" },
            },
            {
                "at": noon("10:00"),
                "who": ana,
                "actor": { "code": "CUSTOMER", "text": "Usuario" },
                "what": "Escribió un mensaje",
                "kind": { "event": "MESSAGE_ADDED", "role": "USER" },
            },
            {
                "at": noon("10:01"),
                "who": { "name": "Soporte", "initial": "S" },
                "actor": support,
                "what": "Asignó el ticket a Luis Paz",
                "kind": { "event": "ASSIGNEE_CHANGED", "from": null, "to": "luis" },
            },
            {
                "at": noon("10:02"),
                "who": luis,
                "actor": support,
                "what": "Añadió una nota interna",
                "kind": { "event": "NOTE_ADDED" },
            },
        ],
    });
    assert_eq!(serde_json::to_value(&page).unwrap(), expected);
    assert_eq!(serde_json::from_value::<DeskView>(expected).unwrap(), page);
}

#[test]
fn an_error_of_a_form_has_its_documented_json() {
    let desk = desk_over(MemoryStore::new());
    let form = Form { category: "FACTURAS", description: " ", key: Some("a b"), ..Form::default() };
    let view = ErrorView::new(&desk.screen(&form).unwrap_err().into(), Locale::En);
    let field =
        |name: &str, code: &str, text: &str| json!({ "field": name, "code": code, "text": text });
    let expected = json!({
        "code": "category_not_offered",
        "text": "The category is not available. Tell us what happened: there are only spaces. \
            The idempotency key contains a character that is not allowed (U+0020): remove it.",
        "httpStatus": 422,
        "retry": "no",
        "writeOutcome": "notApplied",
        "fields": [
            field("category", "category_not_offered", "The category is not available."),
            field("description", "text_blank", "Tell us what happened: there are only spaces."),
            field("key", "key_forbidden_character", "The idempotency key contains a character that is not allowed (U+0020): remove it."),
        ],
    });
    assert_eq!(serde_json::to_value(&view).unwrap(), expected);
    assert_eq!(serde_json::from_value::<ErrorView>(expected).unwrap(), view);
}

#[test]
fn an_error_has_its_refusal_candidates_and_write_outcome_in_json() {
    let number = || number(NUMBER);
    let refused = |refusal| ServiceError::Refused { number: number(), refusal };
    let by = ActorKind::Admin;
    let transition = Refusal::Transition { from: Status::Closed, to: Status::Open, by };
    let live = Refusal::Transition { from: Status::Open, to: Status::Open, by };
    let follow_up = Refusal::Closed { by: ActorKind::Customer };
    let numbers = vec![number(), TicketNumber::parse("TKT-ABC124").unwrap()];
    let busy = StoreError::Unavailable { source: "busy".into() };
    let lost = StoreError::OutcomeUnknown { number: number(), source: "lost".into() };
    let weak = StoreError::NotDurable { number: number(), source: "weak".into() };
    for (error, status, retry, outcome, more) in [
        (refused(transition), 409, "no", "notApplied", json!({})),
        (
            refused(live),
            409,
            "no",
            "notApplied",
            json!({ "allowedStatuses": [
                { "code": "IN_PROGRESS", "text": "En progreso" },
                { "code": "RESOLVED", "text": "Resuelto" },
                { "code": "CLOSED", "text": "Cerrado" },
            ] }),
        ),
        (refused(follow_up), 409, "no", "notApplied", json!({ "offersFollowUp": true })),
        (refused(Refusal::FollowUpExists), 409, "no", "notApplied", json!({ "followUp": NUMBER })),
        (
            ServiceError::AmbiguousNumber { numbers },
            409,
            "no",
            "notApplied",
            json!({ "numbers": ["TKT-ABC123", "TKT-ABC124"] }),
        ),
        (ServiceError::NotFound { number: number() }, 404, "no", "notApplied", json!({})),
        (ServiceError::Store(busy), 503, "yes", "notApplied", json!({})),
        (ServiceError::Store(lost), 500, "withKey", "unknown", json!({})),
        (ServiceError::Store(weak), 500, "withKey", "notDurable", json!({})),
    ] {
        let view = ErrorView::new(&error, Locale::Es);
        let mut expected = json!({
            "code": error.code(),
            "text": error.explain(Locale::Es),
            "httpStatus": status,
            "retry": retry,
            "writeOutcome": outcome,
        });
        for (name, value) in more.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(serde_json::to_value(&view).unwrap(), expected);
        assert_eq!(serde_json::from_value::<ErrorView>(expected).unwrap(), view);
    }
}

async fn receipt(ticket: &Ticket) -> Receipt {
    let store = MemoryStore::new();
    store.insert(ticket).await.unwrap();
    let luis = desk_over(store).admin(id("luis"));
    luis.reply(&number(NUMBER), "Ya está devuelto.").status(Status::Resolved).await.unwrap()
}

#[tokio::test]
async fn a_receipt_has_its_documented_json_without_versions_and_ids_for_customers() {
    let desk = desk_over(MemoryStore::new());
    let receipt = receipt(&ticket().assignee("luis").build()).await;
    let (luis, ana) = (desk.admin(id("luis")), desk.customer(id("ana")));
    let luis_paz = json!({ "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" });
    let support = json!({ "code": "ADMIN", "text": "Soporte" });
    let view = luis.pages(*READER, &people()).receipt(&receipt).await;
    let at = serde_json::to_value(&view.updated_at).unwrap();
    let entry = |what: &str, kind: serde_json::Value| json!({ "at": at, "who": luis_paz, "actor": support, "what": what, "kind": kind });
    let mut expected = json!({
        "ticketNumber": "TKT-ABC123",
        "status": { "code": "RESOLVED", "text": "Resuelto" },
        "priority": { "code": "MEDIUM", "text": "Media" },
        "updatedAt": at,
        "changed": true,
        "repeated": false,
        "events": [
            entry("Escribió un mensaje", json!({ "event": "MESSAGE_ADDED", "role": "ADMIN" })),
            entry(
                "Cambió el estado de Abierto a Resuelto",
                json!({ "event": "STATUS_CHANGED", "from": "OPEN", "to": "RESOLVED" }),
            ),
        ],
    });
    let for_ana = ana.pages(*READER, &people()).receipt(&receipt).await;
    assert_eq!(serde_json::to_value(&for_ana).unwrap(), expected);
    expected["version"] = 2.into();
    expected["assignee"] =
        json!({ "id": "luis", "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" });
    assert_eq!(serde_json::to_value(&view).unwrap(), expected);
    assert_eq!(serde_json::from_value::<ReceiptView>(expected).unwrap(), view);
}

#[tokio::test]
async fn a_receipt_of_the_desk_has_tags_and_the_wait_and_a_customers_never() {
    let store = MemoryStore::new();
    store.insert(&ticket().tag("vip").build()).await.unwrap();
    let desk = desk_over(store);
    let (luis, ana) = (desk.admin(id("luis")), desk.customer(id("ana")));
    let receipt = luis.wait(&number(NUMBER), Wait::new(WaitingFor::Customer)).await.unwrap();
    let json = serde_json::to_value(luis.pages(*READER, &people()).receipt(&receipt).await).unwrap();
    assert_eq!(json["tags"], json!(["vip"]));
    assert_eq!(json["waiting"], json!({ "code": "CUSTOMER", "text": "Esperando al cliente" }));
    let json = serde_json::to_value(ana.pages(*READER, &people()).receipt(&receipt).await).unwrap();
    assert_eq!((json.get("tags"), json.get("waiting")), (None, None));
}

#[test]
fn a_conflict_has_its_documented_json() {
    let luis = desk_over(MemoryStore::new()).admin(id("luis"));
    let to = Some(id("luis"));
    let kind = EventKind::AssigneeChanged { from: None, to };
    let event = Event { at: testing::epoch(), by: Actor::Admin(id("luis")), version: 4, kind };
    let refusal = Refusal::VersionConflict { expected: 3, found: 4, changes: vec![event] };
    let error = ServiceError::Refused { number: number(NUMBER), refusal };
    let view = ready(luis.pages(*READER, &people()).error(&error));
    let conflict = json!({
        "expected": 3,
        "found": 4,
        "changes": [{
            "at": noon("10:00"),
            "who": { "name": "Luis Paz", "avatarUrl": "/luis.png", "initial": "L" },
            "actor": { "code": "ADMIN", "text": "Soporte" },
            "what": "Tomó el ticket",
            "kind": { "event": "ASSIGNEE_CHANGED", "from": null, "to": "luis" },
        }],
    });
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!((&json["code"], &json["conflict"]), (&json!("version_conflict"), &conflict));
    assert_eq!(serde_json::from_value::<ErrorView>(json).unwrap(), view);
}

#[test]
fn an_administrator_learns_who_has_a_ticket() {
    let luis = desk_over(MemoryStore::new()).admin(id("eva"));
    let refusal = Refusal::AlreadyAssigned { to: id("luis") };
    let error = ServiceError::Refused { number: number(NUMBER), refusal };
    let view = ready(luis.pages(*READER, &people()).error(&error));
    assert_eq!(
        view.assignee.map(|it| (it.id, it.person.name)),
        Some(("luis".into(), "Luis Paz".into()))
    );
    let view = ready(luis.pages(*READER, &people()).error(&ServiceError::NoSla));
    assert_eq!(view.assignee, None);
}
