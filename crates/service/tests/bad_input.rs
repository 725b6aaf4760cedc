//! Bad input of every kind: an error of its own that names the value, and nothing is changed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::HashSet, fmt::Debug};

use common::{id, key, now, number, storing, text};
use ventanilla_service::{
    Category, Change, Explain, Form, HelpDesk, IdempotencyKey, ListQuery, Locale, MessageText,
    MyTickets, NewTicket, Policy, Priority, ServiceError, Status, TicketDetails, TicketNumber, TimeZone,
    Timestamp, UserId,
    error::{
        BoxError, InvalidCategory, InvalidKey, InvalidNumber, InvalidText, InvalidUserId, Refusal,
        StoreError, WriteOutcome,
    },
    list::{Counts, Cursor, PageSize},
    settings::{Days, Limits, Reopen},
    sla::{BusinessCalendar, Hours, Period, SlaMetric, SlaState, SlaTable, SlaTargets, Week},
    store::MockTicketStore,
    testing,
    ticket::{ActorKind, NewMessage, Role},
};

type AnyError = Box<dyn Explain>;

fn boxed<T: Debug>(result: Result<T, impl Explain + 'static>) -> AnyError {
    Box::new(result.unwrap_err())
}

/// Every way in which a text can't be read, with the value that the error names.
fn bad_texts<T, E>(name: &str, max_bytes: usize, value: fn(&E) -> &str) -> Vec<(String, AnyError)>
where
    T: for<'a> TryFrom<&'a str, Error = E> + for<'a> TryFrom<&'a [u8], Error = E> + Debug,
    E: Explain + 'static,
{
    let long = "x".repeat(max_bytes + 1);
    let shortened = format!("{}…", "x".repeat(64));
    let cut = &"mañana 😀".as_bytes()[..10];
    let mut errors = Vec::new();
    for (input, problem, named) in [
        ("".as_bytes(), "empty", ""),
        (b" \t ", "blank", " \t "),
        (long.as_bytes(), "too_long", &shortened),
        (b"a\x07b", "forbidden_character", "a\u{7}b"),
        (b"\x80", "not_utf8", "\u{fffd}"),
        (b"ma\xc3", "not_utf8", "ma\u{fffd}"),
        (cut, "not_utf8", "mañana \u{fffd}"),
    ] {
        let code = format!("{name}_{problem}");
        let error = T::try_from(input).unwrap_err();
        assert_eq!((error.code(), value(&error)), (code.as_str(), named));
        if let Ok(input) = str::from_utf8(input) {
            assert_eq!(T::try_from(input).unwrap_err().to_string(), error.to_string());
        }
        errors.push((code, Box::new(error) as AnyError));
    }
    errors.dedup_by(|a, b| a.0 == b.0);
    errors
}

/// One error of every code that the three crates have; those of what only JSON holds stand with it.
fn every_error() -> Vec<(String, AnyError)> {
    let n = || number("TKT-ABC123");
    let source = || -> BoxError { "so said the server".into() };
    let (resolved_at, by) = (now(), ActorKind::Bot);
    let reopen_over = |policy| Refusal::ReopenOver { resolved_at, policy };
    let hours = |text: &str| boxed(text.parse::<Hours>());
    let same = SlaTargets::hours(1, 1, 1).unwrap();
    let twice = [Priority::Low; 2].map(|priority| (priority, same));
    let past = now().to_datetime().date_naive();
    let rows: Vec<(&str, AnyError)> = vec![
        ("unknown_status", boxed("ABIERTO".parse::<Status>())),
        ("unknown_priority", boxed("Alta".parse::<Priority>())),
        ("unknown_role", boxed("user".parse::<Role>())),
        ("unknown_actor_kind", boxed("".parse::<ActorKind>())),
        ("invalid_timestamp", boxed("ayer".parse::<Timestamp>())),
        ("unknown_sla_metric", boxed("".parse::<SlaMetric>())),
        ("unknown_sla_state", boxed("Vencido".parse::<SlaState>())),
        ("sla_target_zero", boxed(SlaTargets::hours(1, 0, 1))),
        ("sla_target_too_long", boxed(SlaTargets::hours(1, 1, u32::MAX))),
        ("sla_target_missing", boxed(SlaTable::new([]))),
        ("sla_target_repeated", boxed(SlaTable::new(twice))),
        ("hours_empty", hours("")),
        ("hours_malformed", hours("9-18")),
        ("hours_backwards", hours("22:00-06:00")),
        ("hours_overlap", hours("09:00-14:00 13:00-18:00")),
        ("calendar_empty", boxed(BusinessCalendar::new(TimeZone::UTC, Week::CLOSED))),
        ("calendar_past", boxed(BusinessCalendar::always().add_holiday(past, now()))),
        ("unknown_time_zone", boxed(TimeZone::named("Madrid"))),
        ("period_backwards", boxed(Period::new(now(), now()))),
        ("no_sla", Box::new(ServiceError::NoSla)),
        (
            "number_ambiguous",
            Box::new(ServiceError::AmbiguousNumber { numbers: vec![number("A"), number("B")] }),
        ),
        ("invalid_limit", boxed(Limits::default().with_notes(0))),
        ("invalid_page_size", boxed(PageSize::new(0))),
        ("cursor_malformed", boxed("página 2".parse::<Cursor>())),
        ("cursor_foreign", boxed(ListQuery::new().page_after(&"A".repeat(51).parse().unwrap()))),
        ("not_permitted", Box::new(Refusal::NotPermitted { by })),
        (
            "transition_refused",
            Box::new(Refusal::Transition { from: Status::Open, to: Status::Open, by }),
        ),
        ("ticket_closed", Box::new(Refusal::Closed { by })),
        ("reopen_over", Box::new(reopen_over(Reopen::Within(Days(7))))),
        ("reopen_over", Box::new(reopen_over(Reopen::Never))),
        ("too_early_to_close", Box::new(Refusal::TooEarlyToClose { resolved_at, closes_at: now() })),
        ("already_assigned", Box::new(Refusal::AlreadyAssigned { to: id("luis") })),
        (
            "version_conflict",
            Box::new(Refusal::VersionConflict { expected: 1, found: 2, changes: Vec::new() }),
        ),
        ("conversation_full", Box::new(Refusal::ConversationFull { messages: 1, bytes: 1, adding: 1 })),
        ("notes_full", Box::new(Refusal::NotesFull { notes: 1 })),
        ("too_many_references", Box::new(Refusal::TooManyReferences { limit: 8 })),
        ("too_many_tags", Box::new(Refusal::TooManyTags { limit: 8 })),
        ("text_over_limit", Box::new(Refusal::TextTooLong { bytes: 2, limit: 1 })),
        ("key_conflict", Box::new(Refusal::KeyConflict { key: key("k") })),
        ("store_unavailable", Box::new(StoreError::Unavailable { source: source() })),
        ("contention", Box::new(StoreError::Contention { number: n(), attempts: 8 })),
        ("outcome_unknown", Box::new(StoreError::OutcomeUnknown { number: n(), source: source() })),
        ("not_durable", Box::new(StoreError::NotDurable { number: n(), source: source() })),
        ("ticket_unreadable", Box::new(StoreError::Unreadable { number: "1".into(), source: source() })),
        ("foreign_user_id", Box::new(StoreError::ForeignUserId { id: id("ana") })),
        ("store_failed", Box::new(StoreError::Failed { source: source() })),
        ("ticket_not_found", Box::new(ServiceError::NotFound { number: n() })),
        ("numbers_exhausted", Box::new(ServiceError::NumbersExhausted { longest: 60 })),
    ];
    let mut errors: Vec<_> = rows.into_iter().map(|(code, error)| (code.to_owned(), error)).collect();
    errors.extend(bad_texts::<UserId, _>("user_id", 64, InvalidUserId::value));
    errors.extend(bad_texts::<IdempotencyKey, _>("key", 128, InvalidKey::value));
    errors.extend(bad_texts::<Category, _>("category", 64, InvalidCategory::value));
    errors.extend(bad_texts::<TicketNumber, _>("number", 64, InvalidNumber::value));
    errors.extend(bad_texts::<MessageText, _>("text", MessageText::MAX_BYTES, InvalidText::value));
    errors
}

#[test]
fn every_error_has_a_stable_code_of_its_own_and_a_text_in_each_language() {
    let errors = every_error();
    for (code, error) in &errors {
        assert_eq!(error.code(), code);
        let [es, en] = Locale::ALL.map(|locale| error.explain(locale));
        assert!(es.ends_with('.') && en.ends_with('.') && es != en, "{es} {en}");
        let retryable = ["store_unavailable", "contention"].contains(&error.code());
        assert_eq!(error.is_retryable(), retryable, "{code}");
    }
    let distinct = |of: fn(&(String, AnyError)) -> String| errors.iter().map(of).collect::<HashSet<_>>();
    assert_eq!(distinct(|(code, _)| code.clone()).len(), errors.len() - 1, "reopen_over has two texts");
    // A busy store and a contended ticket are one thing to the reader, and so are two faults and the two
    // limits of a text.
    assert_eq!(distinct(|(_, error)| error.explain(Locale::Es)).len(), errors.len() - 3);
}

#[test]
fn a_word_or_number_that_does_not_exist_is_named() {
    for word in ["", "open", "ABIERTO", "OPEN ", "😀"] {
        assert_eq!(word.parse::<Status>().unwrap_err().value(), word);
        assert_eq!(word.parse::<Priority>().unwrap_err().value(), word);
        assert_eq!(word.parse::<Role>().unwrap_err().value(), word);
        assert_eq!(word.parse::<Timestamp>().unwrap_err().value(), word);
        assert!(serde_json::from_value::<Status>(word.into()).is_err());
    }
    for rows in [0, 101, u32::MAX] {
        assert_eq!(PageSize::new(rows).unwrap_err().value(), rows.to_string());
    }
    let limits = Limits::default();
    for (with, ceiling) in [
        (Limits::with_text_bytes as fn(Limits, u32) -> _, limits.text_bytes()),
        (Limits::with_messages, limits.messages()),
        (Limits::with_conversation_bytes, limits.conversation_bytes()),
        (Limits::with_notes, limits.notes()),
        (Limits::with_history, limits.history()),
    ] {
        for bad in [0, ceiling + 1, u32::MAX] {
            assert_eq!(with(limits, bad).unwrap_err().value(), bad);
        }
        assert!(with(limits, 1).is_ok() && with(limits, ceiling).is_ok());
    }
    assert_eq!("página 2".parse::<Cursor>().unwrap_err().value(), "página 2");
}

/// Everything that an administrator can see.
async fn everything(desk: &HelpDesk) -> (Vec<TicketDetails>, Counts) {
    let luis = desk.admin(id("luis"));
    let page = luis.list(ListQuery::new().with_page_size(PageSize::new(100).unwrap())).await.unwrap();
    let mut views = Vec::new();
    for row in &page.rows {
        views.push(luis.get(&row.head.ticket_number).await.unwrap());
    }
    (views, luis.counts().await.unwrap())
}

/// The value or the ticket that an error names.
fn named(error: &ServiceError) -> &str {
    match error {
        ServiceError::InvalidText(error) => error.value(),
        ServiceError::InvalidNumber(error) => error.value(),
        ServiceError::InvalidCursor(error) => error.value(),
        ServiceError::NotFound { number } | ServiceError::Refused { number, .. } => number.as_str(),
        _ => "",
    }
}

/// A small desk: three messages and one note a ticket, texts of 99 bytes. Tickets of Ana's that are
/// open, full, resolved and closed; two of Eva's.
async fn small_desk() -> HelpDesk {
    let hers = |number| testing::ticket(number).requester("ana").description("No carga");
    let hello = NewMessage::parse("Hola").unwrap().with_key(key("m"));
    let store = storing([
        hers("ABIERTO").message(hello).note("luis", "Nota").assignee("luis").build(),
        hers("AJENO").opened_by("luis").build(),
        hers("LLENO").message("Dos").message("Tres").build(),
        hers("RESUELTO").status(Status::Resolved).build(),
        hers("CERRADO").status(Status::Closed).build(),
        testing::ticket("EVA-1").requester("eva").build(),
        testing::ticket("EVA-2").requester("eva").build(),
    ]);
    let limits = Limits::default().with_messages(3).and_then(|limits| limits.with_notes(1));
    let limits = limits.and_then(|limits| limits.with_text_bytes(99)).unwrap();
    let policy =
        Policy { limits, reopen: Reopen::Within(Days(1)), close_after: Days(30), ..Policy::default() };
    HelpDesk::builder(store.await).clock(now).policy(policy).build()
}

/// Each call fails with this code, names this value, and leaves everything as it was.
macro_rules! refused {
    ($desk:ident: $($call:expr => $code:literal, $value:expr;)+) => {
        let before = everything(&$desk).await;
        $(
            let (call, error) = (stringify!($call), $call.await.unwrap_err());
            assert_eq!(error.code(), $code, "{call}");
            assert_eq!(named(&error), $value, "{call}");
            assert_eq!(error.write_outcome(), WriteOutcome::NotApplied, "{call}");
            assert_eq!(everything(&$desk).await, before, "{call}");
        )+
    };
}

#[tokio::test]
async fn what_cannot_be_read_changes_nothing() {
    let desk = small_desk().await;
    let (ana, luis, bot) = (desk.customer(id("ana")), desk.admin(id("luis")), desk.bot());
    let (open, long) = (number("ABIERTO"), "9".repeat(20_000));
    let shortened = format!("{}…", "9".repeat(64));
    refused! { desk:
        ana.reply(&open, "") => "text_empty", "";
        ana.reply(&open, " \n") => "text_blank", " \n";
        ana.reply(&open, long.as_str()) => "text_too_long", shortened;
        luis.reply(&open, "\u{0}") => "text_forbidden_character", "\u{0}";
        luis.reply(&open, "").status(Status::Resolved) => "text_empty", "";
        luis.add_note(&open, &b"ma\xc3"[..]) => "text_not_utf8", "ma\u{fffd}";
        bot.reply(&open, "\u{1b}[2J") => "text_forbidden_character", "\u{1b}[2J";
        ana.find("") => "number_empty", "";
        ana.find("\n") => "number_blank", "\n";
        ana.find("TKT\u{7}") => "number_forbidden_character", "TKT\u{7}";
        luis.find(&long) => "number_too_long", shortened;
        luis.find("no es un número") => "ticket_not_found", "no es un número";
    }
}

#[tokio::test]
async fn a_cursor_leads_on_in_its_own_list_only() {
    let desk = small_desk().await;
    let (ana, eva) = (desk.customer(id("ana")), desk.customer(id("eva")));
    let one = || MyTickets::all().with_page_size(PageSize::new(1).unwrap());
    let evas = eva.list(one()).await.unwrap().next.unwrap();
    let anas = ana.list(one()).await.unwrap().next.unwrap();
    let forged: Cursor = format!("B{}", &anas.to_string()[1..]).parse().unwrap();
    refused! { desk:
        ana.list(MyTickets::all().with_cursor(evas.clone())) => "cursor_foreign", evas.to_string();
        ana.list(MyTickets::not_closed().with_cursor(anas.clone())) => "cursor_foreign", anas.to_string();
        ana.list(MyTickets::all().with_cursor(forged.clone())) => "cursor_foreign", forged.to_string();
    }
    assert_eq!(ana.list(MyTickets::all().with_cursor(anas)).await.unwrap().rows.len(), 4);
    assert_eq!(ListQuery::new().page_after(&evas).unwrap_err().value(), evas.to_string());
}

#[tokio::test]
async fn what_the_rules_refuse_changes_nothing() {
    let desk = small_desk().await;
    let (ana, luis, bot) = (desk.customer(id("ana")), desk.admin(id("luis")), desk.bot());
    let [open, full, resolved, closed] = ["ABIERTO", "LLENO", "RESUELTO", "CERRADO"].map(number);
    let long = "x".repeat(100);
    let _keyed = |words, name| NewMessage::parse(words).unwrap().with_key(key(name));
    let opening = |words| NewTicket::new(Category::GENERAL, text(words)).with_key(key("c"));
    let other_category = NewTicket::new(Category::BUG, text("No carga")).with_key(key("c"));
    let late = Change::note(text("Tarde")).expecting(99);
    let first = ana.create(opening("No carga")).await.unwrap().head.ticket_number;
    let for_ana = luis.create_for(&id("ana"), opening("No carga")).await.unwrap().head.ticket_number;
    refused! { desk:
        ana.reply(&closed, "Hola") => "ticket_closed", "CERRADO";
        bot.reply(&closed, "Hola") => "ticket_closed", "CERRADO";
        luis.reply(&closed, "Hola").status(Status::Closed) => "ticket_closed", "CERRADO";
        luis.set_priority(&closed, Priority::Low) => "ticket_closed", "CERRADO";
        luis.claim(&closed) => "ticket_closed", "CERRADO";
        luis.set_status(&closed, Status::Open) => "transition_refused", "CERRADO";
        ana.confirm(&open) => "transition_refused", "ABIERTO";
        ana.reply(&resolved, "Hola") => "reopen_over", "RESUELTO";
        desk.system().close(&resolved) => "too_early_to_close", "RESUELTO";
        ana.reply(&full, "Hola") => "conversation_full", "LLENO";
        luis.reply(&full, "Hola").status(Status::Resolved) => "conversation_full", "LLENO";
        luis.add_note(&open, "Otra") => "notes_full", "ABIERTO";
        luis.change(&full, late.clone()) => "version_conflict", "LLENO";
        desk.admin(id("marta")).claim(&open) => "already_assigned", "ABIERTO";
        ana.reply(&open, long.as_str()) => "text_over_limit", "ABIERTO";
        ana.create(NewTicket::new(Category::BUG, text(&long))) => "text_over_limit", "";
        ana.reply(&open, "Otra cosa").key(key("m")) => "key_conflict", "ABIERTO";
        ana.create(opening("Otra cosa")) => "key_conflict", first.as_str();
        ana.create(other_category.clone()) => "key_conflict", first.as_str();
        luis.create_for(&id("eva"), opening("No carga")) => "key_conflict", for_ana.as_str();
    }
    let before = everything(&desk).await;
    assert!(ana.reply(&open, "Hola").key(key("m")).await.unwrap().repeated);
    assert_eq!(ana.create(opening("No carga")).await.unwrap().head.ticket_number, first);
    assert_eq!(everything(&desk).await, before, "the same again is no second one");
    assert!(luis.set_status(&full, Status::Resolved).await.is_ok(), "full, but not stuck");
}

#[test]
fn a_form_names_every_bad_field_and_keeps_its_code() {
    let desk = HelpDesk::new(MockTicketStore::new());
    let form = Form { category: " BUG", description: "\u{0}", honeypot: "", key: Some("dos palabras") };
    let error = desk.screen(&form).unwrap_err();
    assert_eq!(error.category.as_ref().unwrap().value(), " BUG");
    assert_eq!(error.description.as_ref().unwrap().value(), "\u{0}");
    assert_eq!(error.key.as_ref().unwrap().value(), "dos palabras");
    assert_eq!(error.code(), "category_forbidden_character");
    let [es, en] = Locale::ALL.map(|locale| error.explain(locale));
    assert!(es != en && es.matches("contiene un carácter que no se admite").count() == 3, "{es}");
}
