//! What customers and the bot get has no timers, no notes and no history in it, as a value or as JSON.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex},
};

use common::{desk_over, id, key, number, only, policy, storing, text};
use serde_json::{Value, json, to_value};
use ventanilla_service::{
    Category, Change, Explain, HelpDesk, ListQuery, Locale, MyTickets, NewTicket, Priority, Receipt,
    Status, TicketDetails, TicketSummary, TimeZone,
    list::{Page, PageSize, Unreadable},
    settings::NumberSource,
    store::{MockTicketStore, Ticket},
    testing,
    ticket::{Actor, MessageRange, NewMessage, TicketHead, Wait, WaitingFor},
    view::{ErrorView, Viewer},
};

const NOTE: &str = "Es una nota interna";
static READER: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));

/// A ticket of Ana's with timers that run and timers that have stopped, notes and a history.
fn ticket(number: &str) -> testing::TicketFixture {
    let hello = NewMessage::parse("Hola").unwrap().with_key(key("m"));
    testing::ticket(number)
        .requester("ana")
        .about("order:1001")
        .tag("vip")
        .policy(policy())
        .assignee("luis")
        .note("luis", NOTE)
        .reply("luis", "Lo miramos.")
        .message(hello)
        .note("luis", NOTE)
        .change(Actor::Bot, Change::draft(text(NOTE)))
        .change(common::admin("luis"), Change::wait(Wait::new(WaitingFor::Customer)))
}

fn tickets() -> [Ticket; 4] {
    [
        ticket("ABIERTO").key("c").build(),
        // The bot's use cases are tried on the first, which it may therefore not have handed over.
        ticket("ENTREGADO").change(Actor::Bot, Change::hand_over(text(NOTE))).build(),
        ticket("RESUELTO").status(Status::Resolved).build(),
        ticket("CERRADO").status(Status::Closed).build(),
    ]
}

async fn desk() -> HelpDesk {
    desk_over(storing(tickets()).await)
}

/// Every field and every text of a JSON value.
fn walk(json: &Value, meet: &mut impl FnMut(&str)) {
    match json {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            meet(name);
            walk(value, meet);
        }),
        Value::Array(items) => items.iter().for_each(|item| walk(item, meet)),
        Value::String(text) => meet(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What of the desk's own stands in it.
fn the_desks_own(json: &Value) -> Vec<String> {
    const FIELDS: [&str; 17] = [
        "sla",
        "notes",
        "history",
        "targets",
        "firstResponse",
        "nextResponse",
        "resolution",
        "due",
        "overdue",
        "atRisk",
        "earlierResponses",
        "waiting",
        "handoffAt",
        "handoff",
        "draft",
        "pause",
        "tags",
    ];
    let mut found = Vec::new();
    walk(json, &mut |word| {
        if FIELDS.contains(&word)
            || word.contains(NOTE)
            || ["NOTE_ADDED", "TAG_ADDED", "TAG_REMOVED"].contains(&word)
        {
            found.push(word.to_owned());
        }
    });
    found
}

fn details_json(ticket: &TicketDetails) -> Value {
    let mut json = json!({
        "head": ticket.head, "description": ticket.description, "messages": ticket.messages,
    });
    if !ticket.notes.is_empty() {
        json["notes"] = json!(ticket.notes);
    }
    if let Some(draft) = &ticket.draft {
        json["draft"] = json!(draft);
    }
    if !ticket.history.is_empty() {
        json["history"] = json!(ticket.history);
    }
    json
}

fn summary_json(row: &TicketSummary) -> Value {
    json!({ "head": row.head, "excerpt": row.excerpt })
}

fn receipt_json(receipt: &Receipt) -> Value {
    json!({ "head": receipt.head, "events": receipt.events })
}

/// Everything that Ana and the bot can get, by name.
async fn everything(desk: &HelpDesk) -> Vec<(&'static str, Option<TicketHead>, Value)> {
    let (ana, bot) = (desk.customer(id("ana")), desk.bot());
    let [open, handed_over, resolved, closed] =
        ["ABIERTO", "ENTREGADO", "RESUELTO", "CERRADO"].map(number);
    let mut all = Vec::new();

    let listed = ana.list(MyTickets::all()).await.unwrap();
    assert_eq!(listed.rows.len(), 4);
    let rows = ana.pages(*READER, &()).rows(&listed.rows).await;
    for (row, view) in listed.rows.into_iter().zip(rows) {
        all.push(("row", None, to_value(view).unwrap()));
        all.push(("a row of tickets", Some(row.head.clone()), summary_json(&row)));
    }
    for number in [&open, &handed_over, &resolved, &closed] {
        for (name, view) in [
            ("view", ana.get(number).await),
            ("view_part", ana.get_range(number, MessageRange::Last(1)).await),
            ("find", ana.find(number.as_str()).await),
            ("bot view", bot.get(number).await),
            ("bot turn", bot.turn(number).await.map(|turn| turn.ticket().clone())),
        ] {
            let view = view.unwrap();
            let json = details_json(&view);
            all.push(("chat", None, to_value(ana.pages(*READER, &()).chat(&view).await).unwrap()));
            all.push((name, Some(view.head), json));
        }
    }
    let offer = ana.follow_up_offer(&ana.get(&closed).await.unwrap()).unwrap();
    let draft = || NewTicket::new(Category::GENERAL, common::text("Otra cosa")).with_key(key("nueva"));
    for (name, receipt) in [
        ("create", ana.create(draft()).await),
        ("create again", ana.create(draft()).await),
        ("follow_up", ana.create(offer.ticket(common::text("Vuelve a pasar"))).await),
        ("reply", ana.reply(&open, "¿Y bien?").await),
        ("reply again", ana.reply(&open, "Hola").key(key("m")).await),
        ("a message that reopens", ana.reply(&resolved, "Sigue igual").await),
        ("bot reply", bot.reply(&open, "Un momento.").await),
        ("confirm", ana.confirm(&closed).await),
    ] {
        let receipt = receipt.unwrap();
        assert_eq!(receipt.repeated, name.ends_with("again"), "{name}");
        let json = receipt_json(&receipt);
        all.push((name, Some(receipt.head), json));
    }
    desk.admin(id("luis")).set_status(&resolved, Status::Resolved).await.unwrap();
    let confirmed = ana.confirm(&resolved).await.unwrap();
    all.push(("a first confirm", Some(confirmed.head.clone()), receipt_json(&confirmed)));
    all
}

#[tokio::test]
async fn nothing_that_customers_and_the_bot_get_holds_what_is_the_desks_own() {
    for (name, head, json) in everything(&desk().await).await {
        assert_eq!(the_desks_own(&json), [""; 0], "{name}: {json}");
        assert!(head.is_none_or(|head| head.sla.is_none()), "{name}");
    }
}

/// The same desk, where every number that it draws is the next one.
async fn counting_desk(notes: usize) -> HelpDesk {
    let drawn = Mutex::new(0_u8);
    let numbers = move |bytes: &mut [u8]| {
        let mut next = drawn.lock().unwrap();
        bytes.fill(*next);
        *next += 1;
    };
    let desk = HelpDesk::builder(storing(tickets()).await);
    let desk = desk.clock(common::now).policy(policy()).numbers(Numbers(numbers)).build();
    for name in ["ABIERTO", "RESUELTO", "CERRADO"] {
        for _ in 0..notes {
            desk.admin(id("luis")).add_note(&number(name), NOTE).await.unwrap();
        }
    }
    desk
}

struct Numbers<F>(F);

impl<F: Fn(&mut [u8]) + Send + Sync> NumberSource for Numbers<F> {
    fn random_bytes(&self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }
}

/// A note raises the version, which therefore is none of theirs.
#[tokio::test]
async fn a_note_changes_nothing_that_customers_and_the_bot_get() {
    let (none, three) = (counting_desk(0).await, counting_desk(3).await);
    let head = |desk: HelpDesk| async move {
        desk.admin(id("luis")).get(&number("ABIERTO")).await.unwrap().head.version
    };
    assert_eq!(head(none.clone()).await + 3, head(three.clone()).await);
    let (without, with) = (everything(&none).await, everything(&three).await);
    assert_eq!(without.len(), with.len());
    for ((name, head, json), (_, head_after_notes, json_after_notes)) in without.into_iter().zip(with) {
        assert_eq!(json_after_notes, json, "{name}");
        assert_eq!(head_after_notes, head, "{name}");
        assert!(versions(&json).iter().all(|version| *version == 0), "{name}: {json}");
        assert!(head.is_none_or(|head| head.version == 0), "{name}");
    }
}

/// Every version that stands in it.
fn versions(json: &Value) -> BTreeSet<u64> {
    match json {
        Value::Object(fields) => {
            let own = fields.get("version").and_then(Value::as_u64);
            fields.values().flat_map(versions).chain(own).collect()
        }
        Value::Array(items) => items.iter().flat_map(versions).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    }
}

#[tokio::test]
async fn an_administrator_gets_all_of_it() {
    let desk = desk().await;
    let (luis, number) = (desk.admin(id("luis")), number("ABIERTO"));
    let view = luis.get(&number).await.unwrap();
    let page = luis.pages(*READER, &()).ticket(&view).await;
    let receipt = luis.set_priority(&number, Priority::High).await.unwrap();
    let list = luis.list(ListQuery::new().with_statuses(Status::InProgress)).await.unwrap();
    let row = luis.pages(*READER, &()).rows(&list.rows).await.remove(0);
    for json in [
        details_json(&view),
        to_value(&page).unwrap(),
        receipt_json(&receipt),
        summary_json(&list.rows[0]),
        to_value(row).unwrap(),
        to_value(luis.counts().await.unwrap()).unwrap(),
    ] {
        assert!(!the_desks_own(&json).is_empty(), "{json}");
    }
    assert!(receipt.head.sla.is_some() && list.rows.iter().all(|row| row.head.sla.is_some()));
    let closed = desk.system().close_resolved(1).await.unwrap().closed;
    assert!(only(closed).head.sla.is_some(), "the desk itself knows too");
}

#[tokio::test]
async fn a_customers_row_and_chat_show_no_promise_whoever_read_the_ticket() {
    let desk = desk().await;
    let (luis, ana) = (desk.admin(id("luis")), desk.customer(id("ana")));
    let list = luis.list(ListQuery::new().with_statuses(Status::InProgress)).await.unwrap();
    assert!(luis.pages(*READER, &()).rows(&list.rows).await[0].sla.is_some());
    let row = ana.pages(*READER, &()).rows(&list.rows).await.remove(0);
    assert_eq!(row.excerpt, list.rows[0].excerpt);
    assert_eq!(internals(&to_value(&row).unwrap()), ["assignee"], "by name, without the id");
    let view = luis.get(&number("ABIERTO")).await.unwrap();
    let chat = to_value(ana.pages(*READER, &()).chat(&view).await).unwrap();
    assert_eq!(the_desks_own(&chat), [""; 0]);
}

/// Every field and text of the JSON that is an administrator's id, a version or an internal event.
fn internals(json: &Value) -> Vec<String> {
    let mut found = the_desks_own(json);
    walk(json, &mut |word| {
        let fields = ["version", "expected", "found", "conflict", "assignee", "key"];
        let texts = ["luis", "nueva", "nota interna", "asignó", "ASSIGNEE_CHANGED"];
        if fields.contains(&word) || texts.iter().any(|text| word.contains(text)) {
            found.push(word.to_owned());
        }
    });
    found
}

#[tokio::test]
async fn a_customers_receipts_and_errors_show_nothing_internal_whoever_made_the_change() {
    let desk = desk().await;
    let (luis, ana) = (desk.admin(id("luis")), desk.customer(id("ana")));
    let number = number("ABIERTO");
    let pages = ana.pages(*READER, &());
    let draft = NewTicket::new(Category::GENERAL, common::text("Otra cosa")).with_key(key("nueva"));
    let mut views = Vec::new();
    for receipt in [
        ana.create(draft.clone()).await,
        ana.create(draft).await,
        ana.reply(&number, "¿Y bien?").await,
        luis.add_note(&number, NOTE).await,
        luis.unassign(&number).await,
        luis.claim(&number).await,
        luis.reply(&number, "Ya está.").status(Status::Resolved).await,
        ana.reply(&number, "No").await,
    ] {
        let receipt = receipt.unwrap();
        let view = pages.receipt(&receipt).await;
        assert_eq!((view.version, view.assignee.as_ref()), (None, None));
        views.push(to_value(view).unwrap());
    }
    let shown: Vec<usize> = views.iter().map(|view| view["events"].as_array().unwrap().len()).collect();
    assert_eq!(shown, [1, 1, 1, 0, 0, 0, 2, 2]);
    let changed: Vec<bool> = views.iter().map(|view| view["changed"] == true).collect();
    assert_eq!(changed, [true, false, true, false, false, false, true, true]);

    let conflicts = [
        luis.add_note(&number, "Hola").expecting(1).await.unwrap_err(),
        luis.reply(&number, "Hola").expecting(1).await.unwrap_err(),
        desk.admin(id("eva")).claim(&number).await.unwrap_err(),
        luis.set_status(&number, Status::Resolved).expecting(1).await.unwrap_err(),
    ];
    for error in &conflicts {
        let desks = to_value(desk.admin(id("eva")).pages(*READER, &()).error(error).await).unwrap();
        assert!(!internals(&desks).is_empty(), "{desks}");
        views.push(to_value(pages.error(error)).unwrap());
        views.push(to_value(ErrorView::new(error, Locale::Es)).unwrap());
    }
    for view in views {
        assert_eq!(internals(&view), [""; 0], "{view}");
    }
}

#[tokio::test]
async fn a_customers_list_has_no_texts_for_operators() {
    let row = only(vec![ticket("ABIERTO").build().summary()]);
    let problem = "invalid type: string, expected a date".to_owned();
    let unreadable = Unreadable { ticket_number: "TKT-ROT0".into(), problem };
    let page = Page { rows: vec![row], next: None, unreadable: vec![unreadable] };
    let mut store = MockTicketStore::new();
    store.expect_list().times(2).returning(move |_| Ok(page.clone()));
    let desk = desk_over(store);

    let mine = desk.customer(id("ana")).list(MyTickets::all()).await.unwrap();
    assert_eq!((mine.rows.len(), mine.unreadable), (1, vec![]), "the readable ticket alone");
    let all = desk.admin(id("luis")).list(ListQuery::new()).await.unwrap();
    assert_eq!(all.unreadable.len(), 1, "operators learn of it");
}

#[tokio::test]
async fn a_customers_parameters_reach_no_other_ticket() {
    let desk = desk_over(storing(tickets()).await);
    let (ana, eva) = (desk.customer(id("ana")), desk.customer(id("eva")));
    let params = |extra: &[(&'static str, &'static str)]| {
        let mut params =
            vec![("requester", "ana"), ("assignee", "luis"), ("sort", "due"), ("status", "")];
        params.extend(extra);
        MyTickets::from_params(params).unwrap()
    };
    assert_eq!(params(&[]), MyTickets::all(), "filters of administrators are ignored");
    assert!(eva.list(params(&[])).await.unwrap().rows.is_empty());

    let size = PageSize::new(1).unwrap();
    let live = params(&[("status", "OPEN"), ("status", "IN_PROGRESS"), ("page_size", "1")]);
    assert_eq!(
        live,
        MyTickets::all().with_statuses(Status::Open | Status::InProgress).with_page_size(size)
    );
    let first = ana.list(live).await.unwrap();
    let next = first.next.unwrap().to_string();
    let second = [("status", "OPEN,IN_PROGRESS".to_owned()), ("after", next)];
    let mine = MyTickets::from_params(&second).unwrap();
    let rest = ana.list(mine.clone()).await.unwrap();
    assert!(!rest.rows.is_empty() && !rest.rows.contains(&first.rows[0]));
    assert_eq!(common::code(&eva.list(mine).await), "cursor_foreign", "it is another customer's list");

    for (key, value, code) in [
        ("status", "ABIERTO", "unknown_status"),
        ("page_size", "0", "invalid_page_size"),
        ("after", "2", "cursor_malformed"),
    ] {
        let error = MyTickets::from_params([(key, value)]).unwrap_err();
        assert_eq!((error.key(), error.code()), (key, code));
        let view = ErrorView::new(&error.into(), Locale::Es);
        let field = only(view.fields);
        assert_eq!((field.field.as_str(), field.code.as_str(), view.code.as_str()), (key, code, code));
        assert!(view.text.ends_with(&field.text) && !field.text.contains(key), "{field:?}");
    }
}
