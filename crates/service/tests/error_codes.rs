//! Test of the guide to error codes: its table has every code, and says of each what the code does.

#![allow(clippy::unwrap_used, reason = "a sample that is valid after all fails the test")]

use std::{collections::BTreeMap, fs, path::Path};

use ventanilla_service::{
    Category, Explain, Form, HelpDesk, IdempotencyKey, ListQuery, Locale, MemoryStore, MessageText,
    Priority, ServiceError, Status, TicketNumber, TimeZone, Timestamp, UserId,
    error::{CategoryNotOffered, Refusal, StoreError, WriteOutcome},
    event::EventToken,
    list::{Cursor, Direction, DueFilter, PageQuery, PageSize, Sort, WaitingFilter},
    settings::{Limits, Reopen},
    sla::{BusinessCalendar, Hours, Period, SlaMetric, SlaPolicy, SlaState, SlaTargets, Week},
    ticket::{ActorKind, AttachmentId, MediaType, Reference, Role, Tag, WaitingFor},
    view::ErrorView,
};

const TABLE: &str = include_str!("../src/guide/error_codes.md");

/// Codes of errors that only reach a host as the text of a JSON error.
const ONLY_IN_JSON: [&str; 2] = ["calendar_date", "calendar_unordered"];

/// Row of the table: kind, HTTP status and whether the call may be sent again.
type Row = (String, String, String);

fn table() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in TABLE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [code, _, kind, http, again] = cells[..] else { panic!("five columns: {line}") };
        let code = code.trim_matches('`').to_owned();
        let row = (kind.to_owned(), http.to_owned(), again.to_owned());
        assert_eq!(rows.insert(code, row), None, "twice in the table: {line}");
    }
    rows
}

/// Returns the errors of the five ways in which a text is refused.
fn texts<T, E>(parse: impl Fn(&str) -> Result<T, E>, of_bytes: Result<T, E>) -> Vec<Box<dyn Explain>>
where
    T: std::fmt::Debug,
    E: Explain + 'static,
{
    let refused = ["", " ", &"x".repeat(20_000), "\u{7}"].map(|text| parse(text).unwrap_err());
    refused.into_iter().chain([of_bytes.unwrap_err()]).map(|error| Box::new(error) as _).collect()
}

fn values() -> Vec<Box<dyn Explain>> {
    fn error<T: std::fmt::Debug, E: Explain + 'static>(result: Result<T, E>) -> Box<dyn Explain> {
        Box::new(result.unwrap_err())
    }
    const NOT_UTF8: &[u8] = b"\xff";
    let hour = SlaTargets::hours(1, 1, 1).unwrap();
    let four = Priority::ALL.map(|priority| (priority, hour));
    let office = BusinessCalendar::always();
    let tuesday = "2026-03-03T12:00:00Z".parse().unwrap();
    let other_list: Cursor = "A".repeat(51).parse().unwrap();
    let desk = HelpDesk::new(MemoryStore::new());
    let mut no_field = desk.screen(&Form { category: "BUG", ..Form::default() }).unwrap_err();
    no_field.description = None;

    let mut all = vec![
        Box::new(no_field) as Box<dyn Explain>,
        Box::new(CategoryNotOffered { category: Category::BUG }),
        error("ABIERTO".parse::<Status>()),
        error("ALTA".parse::<Priority>()),
        error("ANALISTA".parse::<Role>()),
        error("ROBOT".parse::<ActorKind>()),
        error("NADIE".parse::<WaitingFor>()),
        error("TARDE".parse::<WaitingFilter>()),
        error("MAYOR".parse::<Sort>()),
        error("ARRIBA".parse::<Direction>()),
        error("TARDE".parse::<DueFilter>()),
        error("TODO".parse::<SlaMetric>()),
        error("TARDE".parse::<SlaState>()),
        error("de".parse::<Locale>()),
        error("ayer".parse::<Timestamp>()),
        error(PageSize::new(0)),
        error(Period::new(Timestamp::MIN, Timestamp::MIN)),
        error(Period::month(2026, 13, TimeZone::UTC)),
        error("2".parse::<Cursor>()),
        error("".parse::<EventToken>()),
        error(ListQuery::new().page_after(&other_list)),
        error(PageQuery::from_params([("handed_over", "0")])),
        error(Limits::default().with_notes(0)),
        error(SlaTargets::hours(0, 1, 1)),
        error(SlaTargets::hours(1, 1, 24 * 3_651)),
        error(SlaPolicy::new([])),
        error(SlaPolicy::new(four.into_iter().chain(four))),
        error("".parse::<Hours>()),
        error("9-18".parse::<Hours>()),
        error("18:00-09:00".parse::<Hours>()),
        error("09:00-12:00 11:00-14:00".parse::<Hours>()),
        error(BusinessCalendar::new(TimeZone::UTC, Week::CLOSED)),
        error(office.add_holiday("2026-03-02".parse().unwrap(), tuesday)),
        error(TimeZone::named("Madrid")),
        error(AttachmentId::parse("../a")),
    ];
    all.extend(texts(UserId::parse, UserId::try_from(NOT_UTF8)));
    all.extend(texts(IdempotencyKey::parse, IdempotencyKey::try_from(NOT_UTF8)));
    all.extend(texts(Category::parse, Category::try_from(NOT_UTF8)));
    all.extend(texts(Tag::parse, Tag::try_from(NOT_UTF8)));
    all.extend(texts(MediaType::parse, MediaType::try_from(NOT_UTF8)));
    for bad in ["", " ", "A", &"x".repeat(65)] {
        all.extend([
            error(Reference::new(bad, "1")),
            error(Reference::new("order", &bad.replace('A', "a\nb"))),
        ]);
    }
    all.extend(texts(TicketNumber::parse, TicketNumber::try_from(NOT_UTF8)));
    all.extend(texts(MessageText::parse, MessageText::try_from(NOT_UTF8)));
    all
}

fn services() -> Vec<ServiceError> {
    let (by, at) = (ActorKind::Customer, Timestamp::MIN);
    let number = || TicketNumber::parse("TKT-ABC123").unwrap();
    let person = || UserId::parse("luis").unwrap();
    let key = IdempotencyKey::parse("k").unwrap();
    let file = AttachmentId::from_bytes([0; 16]);
    let refusals = [
        Refusal::NotPermitted { by },
        Refusal::Transition { from: Status::Closed, to: Status::Open, by },
        Refusal::Closed { by },
        Refusal::ReopenOver { resolved_at: at, policy: Reopen::Never },
        Refusal::TooEarlyToClose { resolved_at: at, closes_at: at },
        Refusal::AlreadyAssigned { to: person() },
        Refusal::VersionConflict { expected: 1, found: 2, changes: Vec::new() },
        Refusal::ConversationChanged { status: Status::Open, added: 1, changes: Vec::new() },
        Refusal::BotNotAllowed { status: Status::Open, first_response_at: None, handoff_at: None },
        Refusal::WaitOver { until: at },
        Refusal::ConversationFull { messages: 1, bytes: 1, adding: 1 },
        Refusal::NotesFull { notes: 1 },
        Refusal::TooManyReferences { limit: 8 },
        Refusal::TooManyTags { limit: 8 },
        Refusal::TextTooLong { bytes: 2, limit: 1 },
        Refusal::TooManyAttachments { files: 9, limit: 8 },
        Refusal::FileTooLarge { bytes: 2, limit: 1 },
        Refusal::MediaTypeNotAllowed { found: None, allowed: vec![MediaType::PNG] },
        Refusal::AttachmentsFull { bytes: 1, adding: 1, limit: 1 },
        Refusal::KeyConflict { key },
        Refusal::FollowUpExists,
    ];
    let stores = [
        StoreError::Unavailable { source: "x".into() },
        StoreError::Contention { number: number(), attempts: 1 },
        StoreError::OutcomeUnknown { number: number(), source: "x".into() },
        StoreError::NotDurable { number: number(), source: "x".into() },
        StoreError::Unreadable { number: "x".into(), source: "x".into() },
        StoreError::ForeignUserId { id: person() },
        StoreError::FileMissing { id: file },
        StoreError::NoEvents,
        StoreError::EventsLost { token: "x".parse().unwrap() },
        StoreError::Failed { source: "x".into() },
    ];
    let mut all = vec![
        ServiceError::NotFound { number: number() },
        ServiceError::AmbiguousNumber { numbers: vec![number()] },
        ServiceError::UnknownAssignee { assignee: person() },
        ServiceError::NoSla,
        ServiceError::NumbersExhausted { longest: 60 },
        ServiceError::NoAttachments,
        ServiceError::AttachmentNotFound { id: file },
        ServiceError::UploadBrokenOff { source: "x".into() },
    ];
    all.extend(refusals.map(|refusal| ServiceError::Refused { number: number(), refusal }));
    all.extend(stores.map(ServiceError::from));
    all
}

#[cfg(feature = "mongodb")]
fn connections() -> Vec<Box<dyn Explain>> {
    use ventanilla_service::mongodb::ConnectError;

    let text = || "x".to_owned();
    let all = [
        ConnectError::InvalidUri { source: "x".into() },
        ConnectError::NoDatabase,
        ConnectError::Unreachable { source: "x".into() },
        ConnectError::AccessRefused { source: "x".into() },
        ConnectError::Standalone,
        ConnectError::ReplicaSet { wanted: text(), found: text() },
        ConnectError::NotPrimary { address: text() },
        ConnectError::WriteConcern { nodes: 2, servers: 1 },
        ConnectError::MissingIndexes { names: vec![text()] },
        ConnectError::IndexConflict { source: "x".into() },
    ];
    all.into_iter().map(|error| Box::new(error) as _).collect()
}

#[cfg(not(feature = "mongodb"))]
fn connections() -> Vec<Box<dyn Explain>> {
    Vec::new()
}

#[test]
fn each_row_of_the_table_is_what_the_error_says() {
    let mut untested = table();
    if cfg!(not(feature = "mongodb")) {
        untested.retain(|code, _| !code.starts_with("mongodb_"));
    }
    let again = |error: &dyn Explain, unsure: bool| match (error.is_retryable(), unsure) {
        (true, _) => "yes",
        (false, true) => "with a key",
        (false, false) => "no",
    };
    let row = |error: &dyn Explain, unsure| {
        let kind = error.kind();
        (format!("{kind:?}"), kind.http_status().to_string(), again(error, unsure).to_owned())
    };
    let mut found: Vec<(&str, Row)> = Vec::new();
    for error in values().iter().chain(&connections()) {
        found.push((error.code(), row(&**error, false)));
    }
    for error in services() {
        let unsure = error.write_outcome() != WriteOutcome::NotApplied;
        let row = row(&error, unsure);
        let view = ErrorView::new(&error, Locale::En);
        let retry = serde_json::to_value(view.retry).unwrap();
        assert_eq!(retry, if row.2 == "with a key" { "withKey" } else { &row.2 }, "{}", view.code);
        found.push((error.code(), row));
    }
    for (code, row) in found {
        assert_eq!(untested.remove(code), Some(row), "{code} is not in the table, or is tested twice");
    }
    assert!(untested.keys().eq(ONLY_IN_JSON), "rows without an error: {untested:?}");
}

/// Returns the codes in the source of a crate: the literals of each `code` method, and those that
/// macros get.
fn codes_of_source(folder: &Path, codes: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_of_source(&path, codes);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let is_code = |line: &&str| !line.trim_start().starts_with("//");
            let source: Vec<&str> = source.lines().filter(is_code).collect();
            codes_of_file(&source.join("\n"), codes);
        }
    }
}

fn codes_of_file(source: &str, codes: &mut Vec<String>) {
    let literals = |text: &str| -> Vec<String> {
        text.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect()
    };
    for method in source.split("fn code(&self) -> &'static str {").skip(1) {
        // The next method, or the end of the implementation.
        let body = method.split("\n\n").next().unwrap_or_default();
        codes.extend(literals(body).into_iter().filter(|code| !code.starts_with('_')));
    }
    for name in ["vocabulary! {", "words!("] {
        for call in source.split(name).skip(1) {
            codes.extend(literals(call).first().cloned());
        }
    }
    for call in source.split("parsed_text!(").skip(1).filter(|call| !call.starts_with('@')) {
        let prefix = &literals(call)[0];
        for problem in ["empty", "blank", "too_long", "forbidden_character", "not_utf8"] {
            codes.push(format!("{prefix}_{problem}"));
        }
    }
}

#[test]
fn the_table_has_every_code_of_the_source() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut codes = Vec::new();
    for name in ["domain", "storage", "service"] {
        codes_of_source(&crates.join(name).join("src"), &mut codes);
    }
    codes.sort();
    codes.dedup();
    let rows: Vec<String> = table().into_keys().collect();
    assert_eq!(rows, codes);
}
