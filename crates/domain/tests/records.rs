//! Tickets as another application (Node, Prisma) leaves them.

use proptest::{prelude::*, test_runner::FileFailurePersistence};
use serde_json::{Value, json};
use ventanilla_domain::*;

/// The fields that that application always writes.
fn theirs() -> Value {
    json!({
        "ticketNumber": "1733333333333042", "userId": "65a1f0c2e4b0a1b2c3d4e5f6",
        "category": "ENVÍOS", "description": "No llega", "status": "OPEN", "priority": "HIGH",
        "createdAt": "2024-12-04T17:28:53.333Z", "updatedAt": "2024-12-05T08:00:00.000Z",
    })
}

fn with(fields: Value) -> Value {
    let mut document = theirs();
    if let (Value::Object(document), Value::Object(fields)) = (&mut document, fields) {
        document.extend(fields);
    }
    document
}

fn read(document: Value) -> Ticket {
    serde_json::from_value(document).expect("a document of theirs")
}

fn time(value: &str) -> Option<Timestamp> {
    Some(value.parse().expect("a time"))
}

const EARLY: &str = "2024-12-04T18:00:00.000Z";
const LATE: &str = "2024-12-04T19:00:00.000Z";

#[test]
fn a_document_with_fields_of_the_other_application_only_is_read() {
    let ticket = read(theirs());
    let head = ticket.head();
    assert_eq!(head.ticket_number.as_str(), "1733333333333042");
    assert_eq!(head.category.label(Locale::Es), "ENVÍOS");
    assert_eq!((head.version, head.message_count, ticket.conversation_bytes()), (0, Some(1), 8));
    assert_eq!((&head.assignee, &head.follow_up_of, ticket.creation_key()), (&None, &None, None));
    assert!(ticket.notes().is_empty() && ticket.history().is_empty());
    let text = ticket.description().clone();
    assert_eq!(ticket.messages(), [Message::new(Author::Requester, text, head.created_at)]);
}

#[test]
fn null_equals_absent_and_unknown_fields_are_ignored() {
    let nulls = json!({
        "messages": null, "assigneeId": null, "firstResponseAt": null, "resolvedAt": null,
        "closedAt": null, "creationKey": null, "followUpOf": null, "notes": null, "history": null,
        "version": null, "waiting": null, "handoffAt": null, "draft": null, "about": null, "tags": null,
    });
    assert_eq!(read(with(nulls)), read(theirs()));
    assert_eq!(read(with(json!({"_id": "x", "attachments": [1], "messages": []}))), read(theirs()));
    let entries = |version: Value| {
        let message = json!({"content": "Hola", "role": "USER", "createdAt": EARLY, "version": version});
        let note = json!({"text": "Ojo", "by": "luis", "createdAt": EARLY, "version": version});
        let event =
            json!({"at": EARLY, "by": {"kind": "SYSTEM"}, "event": "CREATED", "version": version});
        read(with(json!({"messages": [message], "notes": [note], "history": [event]})))
    };
    assert_eq!(entries(Value::Null), entries(json!(0)));
    for (version, ticket) in [(0, entries(Value::Null)), (7, entries(json!(7)))] {
        let versions = (ticket.messages()[0].version, ticket.notes()[0].version);
        assert_eq!((versions, ticket.history()[0].version), ((version, version), version));
    }
}

#[test]
fn no_stored_text_makes_a_ticket_unreadable() {
    for content in ["", "  ", "\u{0}", &"ñ".repeat(20_000)] {
        let said = json!({"content": content, "role": "USER", "createdAt": EARLY});
        let ticket = read(with(json!({"messages": [said], "description": content})));
        assert_eq!(ticket.messages()[0].text.as_str(), content);
        assert_eq!(ticket.conversation_bytes() as usize, content.len());
    }
}

#[test]
fn status_and_priority_have_defaults_and_refuse_unknown_words() {
    let mut document = theirs();
    let fields = document.as_object_mut().unwrap();
    fields.remove("status");
    fields.remove("priority");
    let head = read(document).head().clone();
    assert_eq!((head.status, head.priority), (Status::Open, Priority::Medium));
    let message = json!([{"content": "Hola", "role": "ROBOT", "createdAt": EARLY}]);
    for bad in [json!({"status": "ABIERTO"}), json!({"priority": "ALTA"}), json!({"messages": message})]
    {
        assert!(serde_json::from_value::<Ticket>(with(bad)).is_err());
    }
}

#[test]
fn the_first_response_is_found_among_the_messages_unless_it_is_stored() {
    let message = |role, author: Value, at| json!({"content": "Hola", "role": role, "createdAt": at, "authorId": author});
    let owner = json!("65a1f0c2e4b0a1b2c3d4e5f6");
    let unknown = || message("ADMIN", Value::Null, LATE);
    for (messages, first) in [
        (json!([message("USER", Value::Null, EARLY), message("SUPPORT_BOT", Value::Null, EARLY)]), None),
        (json!([message("ADMIN", owner.clone(), EARLY)]), None),
        (json!([message("ADMIN", owner, EARLY), unknown()]), time(LATE)),
        (json!([unknown(), message("ADMIN", json!("luis"), EARLY)]), time(EARLY)),
    ] {
        let stored = json!({"messages": messages.clone(), "firstResponseAt": theirs()["updatedAt"]});
        assert_eq!(read(with(json!({"messages": messages}))).head().first_response_at, first);
        assert_eq!(read(with(stored)).head().first_response_at, time("2024-12-05T08:00:00.000Z"));
    }
}

#[test]
fn stale_times_are_dropped_with_the_status_they_belong_to() {
    for (status, resolved, closed) in [
        ("OPEN", None, None),
        ("IN_PROGRESS", None, None),
        ("RESOLVED", time(EARLY), None),
        ("CLOSED", time(EARLY), time(LATE)),
    ] {
        let stored = json!({"status": status, "resolvedAt": EARLY, "closedAt": LATE});
        let head = read(with(stored)).head().clone();
        assert_eq!((head.resolved_at, head.closed_at), (resolved, closed), "{status}");
        // No timestamp is invented.
        let head = read(with(json!({"status": status}))).head().clone();
        assert_eq!((head.resolved_at, head.closed_at), (None, None), "{status}");
    }
}

#[test]
fn a_ticket_of_another_application_takes_changes() {
    let mut ticket = read(with(json!({"status": "RESOLVED"})));
    let (ana, now) = (ticket.head().requester.clone(), time("2024-12-06T08:00:00.000Z").unwrap());
    let message = Change::message(MessageText::parse("Sigue sin llegar").unwrap());
    let command = Command::new(&Actor::Customer(ana), now, &Policy::default(), message).unwrap();
    assert!(matches!(command.apply(&mut ticket), Outcome::Applied { .. }));
    let head = ticket.head();
    assert_eq!((head.status, head.version, head.message_count), (Status::Open, 1, Some(2)));
    assert_eq!(ticket.messages()[0].text, *ticket.description());
    assert_eq!([0, 1].map(|index| ticket.messages()[index].version), [0, 1]);
}

/// A field as they may leave it: absent, null or one of these.
fn field(name: &'static str, values: Vec<Value>) -> impl Strategy<Value = Option<(String, Value)>> {
    let values = values.into_iter().chain([Value::Null]).map(|value| Some((name.to_owned(), value)));
    prop::sample::select([None].into_iter().chain(values).collect::<Vec<_>>())
}

fn documents() -> impl Strategy<Value = Value> {
    let words =
        |words: &[&str]| prop::sample::select(words.iter().map(|word| json!(word)).collect::<Vec<_>>());
    let times = || vec![json!(EARLY), json!(LATE)];
    let people = || vec![json!("luis"), json!("65a1f0c2e4b0a1b2c3d4e5f6")];
    let (roles, instants) = (words(&["USER", "ADMIN", "SUPPORT_BOT"]), words(&[EARLY, LATE]));
    let message = (roles, instants, field("authorId", people()), field("key", vec![json!("k")]));
    let message = (message, field("version", vec![json!(0), json!(7)]));
    let message = message.prop_map(|((role, at, author, key), version)| {
        let known = [("content", json!("Hola")), ("role", role), ("createdAt", at)];
        let known = known.map(|(name, value)| (name.to_owned(), value));
        known.into_iter().chain(author).chain(key).chain(version).collect::<Value>()
    });
    let messages = prop::collection::vec(message, 0..4).prop_map(Value::from);
    let status = words(&["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"]);
    let note = json!([
        {"text": "Ojo", "by": "luis", "createdAt": EARLY},
        {"text": "Ojo", "by": "luis", "createdAt": LATE, "version": 3},
    ]);
    let event = json!([{"at": EARLY, "by": {"kind": "SYSTEM"}, "event": "CREATED"}]);
    let waits = vec![
        json!({"since": EARLY, "for": "CUSTOMER"}),
        json!({"since": EARLY, "until": null, "for": "THIRD_PARTY"}),
        json!({"since": EARLY, "until": LATE, "for": "CUSTOMER"}),
    ];
    let order = |id: &str| json!({"kind": "order", "id": id});
    let labels = (
        field(
            "about",
            vec![json!([]), json!([order("1")]), json!([order("2"), order("1"), order("2")])],
        ),
        field("tags", vec![json!([]), json!(["vip"]), json!(["vip", "cliente nuevo", "VIP", "vip"])]),
    );
    let states = (
        labels,
        field("waiting", waits),
        field("handoffAt", times()),
        field("draft", vec![json!({"text": "Ya va", "createdAt": EARLY, "version": 2})]),
    );
    let fields = (
        field("resolvedAt", times()),
        field("closedAt", times()),
        field("firstResponseAt", times()),
        field("assigneeId", people()),
        field("creationKey", vec![json!({"by": "luis", "key": "k"})]),
        field("followUpOf", vec![json!("TKT-ABC123")]),
        field("notes", vec![note]),
        field("history", vec![event]),
    );
    (status, messages, fields, states).prop_map(|(status, messages, fields, ((l, m), i, j, k))| {
        let (a, b, c, d, e, f, g, h) = fields;
        let known = [("status".to_owned(), status), ("messages".to_owned(), messages)];
        let optional = [a, b, c, d, e, f, g, h, i, j, k, l, m].into_iter().flatten();
        with(known.into_iter().chain(optional).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// Servers' clocks differ: only messages without a version are another application's.
    #[test]
    fn a_message_of_ours_ends_nothing_on_reading(
        written in prop::collection::vec((0..4_usize, -99_999_i64..99_999, 1..9_u64), 0..4),
    ) {
        let early = time(EARLY).expect("a time").as_millis();
        let authors = [Author::Requester, Author::Admin(None), Author::Admin(UserId::parse("luis").ok()), Author::Bot];
        let mut record = TicketRecord::from(read(handed_over(&[])));
        let text = record.description.clone();
        record.messages.extend(written.into_iter().map(|(author, ms, version)| {
            let at = Timestamp::from_millis(early + ms).expect("a time");
            Message::new(authors[author].clone(), text.clone(), at).with_version(version)
        }));
        let stored = (record.waiting, record.handoff_at, record.draft.clone());
        let ticket = Ticket::from(record);
        let head = ticket.head();
        prop_assert_eq!((head.waiting, head.handoff_at), (stored.0, stored.1));
        prop_assert_eq!(ticket.draft(), stored.2.as_deref());
    }

    #[test]
    fn reading_a_document_twice_gives_the_same_ticket(document in documents()) {
        let ticket = read(document.clone());
        let head = ticket.head();
        prop_assert_eq!(head.message_count.map(|count| count as usize), Some(ticket.messages().len()));
        prop_assert!(!ticket.messages().is_empty());
        prop_assert!(!head.status.is_live() || head.resolved_at.is_none());
        prop_assert!(head.status == Status::Closed || head.closed_at.is_none());
        prop_assert_eq!(json!(head.status), document["status"].clone());
        prop_assert!(head.handoff_at.is_none() || head.status.is_live());
        prop_assert!(ticket.draft().is_none() || head.status != Status::Closed);
        prop_assert_eq!(head.waiting.is_some(), document["waiting"].is_object());
        let length = |field: &str| document[field].as_array().map_or(0, |items| items.len().min(2));
        prop_assert_eq!((head.about.len(), head.tags.len()), (length("about"), length("tags")));
        let now = time("2024-12-06T08:00:00.000Z").expect("a time");
        prop_assert!(head.wait_at(now).is_none() || head.status == Status::InProgress);

        // Reading it again gives the same, as a record and as JSON.
        prop_assert_eq!(&Ticket::from(TicketRecord::from(ticket.clone())), &ticket);
        prop_assert_eq!(&read(serde_json::to_value(&ticket).expect("a ticket is JSON")), &ticket);
    }
}

#[test]
fn an_unknown_event_in_the_history_is_kept_by_the_ticket() {
    let history = serde_json::json!([
        {"at": "2026-03-02T12:00:00.000Z", "by": {"kind": "SYSTEM"}, "version": 1,
         "event": "MERGED", "tag": {"name": "vip", "place": 2}},
    ]);
    let stored = serde_json::json!({
        "ticketNumber": "TKT-ABC123", "userId": "ana", "category": "BUG", "description": "No carga",
        "createdAt": "2026-03-02T12:00:00Z", "updatedAt": "2026-03-02T12:00:00Z", "history": history,
    });
    let ticket: Ticket = serde_json::from_value(stored).expect("a ticket");
    let [event] = ticket.history() else { panic!("one event") };
    assert!(matches!(&event.kind, EventKind::Other(other) if other.name() == "MERGED"));
    assert_eq!(event.describe(Locale::Es, UserId::to_string), "Hizo un cambio de tipo desconocido");
    let json = serde_json::to_value(&ticket).expect("JSON");
    assert_eq!(json["history"], history);
}

/// A ticket in progress that waits, was handed over and has a draft, all since a time before LATE, with
/// these messages without a version.
fn handed_over(messages: &[(&str, &str)]) -> Value {
    let messages =
        messages.iter().map(|(role, at)| json!({"content": "Hola", "role": role, "createdAt": at}));
    with(json!({
        "status": "IN_PROGRESS", "messages": messages.collect::<Vec<_>>(), "version": 4,
        "waiting": {"since": EARLY, "for": "CUSTOMER"}, "handoffAt": EARLY,
        "draft": {"text": "Ya va", "createdAt": EARLY, "version": 4},
    }))
}

#[test]
fn a_message_of_another_application_ends_what_it_answers() {
    let opening = ("USER", "2024-12-04T17:28:53.333Z");
    for (messages, waits, is_handed_over, is_drafted) in [
        (&[][..], true, true, true),
        (&[opening], true, true, true),
        (&[opening, ("ADMIN", EARLY)], true, true, true),
        (&[opening, ("USER", EARLY)], true, true, true),
        (&[opening, ("USER", LATE)], false, true, false),
        (&[opening, ("ADMIN", LATE)], true, false, false),
        (&[opening, ("SUPPORT_BOT", LATE)], true, true, false),
        (&[opening, ("ADMIN", LATE), ("USER", LATE)], false, false, false),
    ] {
        let ticket = read(handed_over(messages));
        let head = ticket.head();
        let waiting = head.waiting.expect("until the next change");
        assert_eq!(waiting.until, if waits { None } else { time(LATE) }, "{messages:?}");
        assert_eq!(head.handoff_at, time(EARLY).filter(|_| is_handed_over), "{messages:?}");
        assert_eq!(ticket.draft().is_some(), is_drafted, "{messages:?}");
        assert_eq!(Ticket::from(TicketRecord::from(ticket.clone())), ticket);
    }
    let mut sooner = handed_over(&[("USER", LATE)]);
    sooner["waiting"]["until"] = json!("2024-12-04T18:30:00.000Z");
    let until = read(sooner).head().waiting.and_then(|waiting| waiting.until);
    assert_eq!(until, time("2024-12-04T18:30:00.000Z"), "it had ended by itself");
}

#[test]
fn another_status_ends_a_wait() {
    let updated = time("2024-12-05T08:00:00.000Z");
    for (status, resolved_at, until, is_handed_over, is_drafted) in [
        ("IN_PROGRESS", Value::Null, None, true, true),
        ("OPEN", Value::Null, updated, true, true),
        ("RESOLVED", json!(LATE), time(LATE), false, true),
        ("RESOLVED", Value::Null, updated, false, true),
        ("CLOSED", json!(LATE), time(LATE), false, false),
    ] {
        let mut document = handed_over(&[]);
        document["status"] = json!(status);
        document["resolvedAt"] = resolved_at;
        let ticket = read(document);
        let head = ticket.head();
        let waiting = head.waiting.expect("until the next change");
        assert_eq!(waiting.until, until, "{status}");
        assert_eq!(head.wait_at(waiting.since).is_some(), status == "IN_PROGRESS", "{status}");
        assert_eq!((head.handoff_at.is_some(), ticket.draft().is_some()), (is_handed_over, is_drafted));
    }
}

#[test]
fn tags_and_references_have_their_stored_names() {
    let about = json!([{"kind": "order", "id": "1001"}, {"kind": "payment", "id": "mp:77"}]);
    let tags = json!(["vip", "cliente nuevo"]);
    let ticket = read(with(json!({"about": &about, "tags": &tags})));
    let names = |ticket: &Ticket| {
        let head = ticket.head();
        let about: Vec<String> = head.about.iter().map(ToString::to_string).collect();
        (about, head.tags.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let expected = (
        ["order:1001", "payment:mp:77"].map(String::from).to_vec(),
        ["vip", "cliente nuevo"].map(String::from).to_vec(),
    );
    assert_eq!(names(&ticket), expected);
    for json in [serde_json::to_value(&ticket), serde_json::to_value(ticket.head())] {
        let json = json.expect("JSON");
        assert_eq!((&json["about"], &json["tags"]), (&about, &tags));
    }
    let plain = read(theirs());
    for json in [serde_json::to_value(&plain), serde_json::to_value(plain.head())] {
        let json = json.expect("JSON");
        assert_eq!((json.get("about"), json.get("tags")), (None, None), "none are left out");
    }

    // Each is read once, at its first place, and a tag in lower case.
    let repeated = json!({
        "about": [about[0], about[1], about[0], {"id": "1001", "kind": "order", "more": 1}],
        "tags": ["VIP", "cliente nuevo", "vip", " Cliente nuevo "],
    });
    assert_eq!(names(&read(with(repeated))), expected);
    for bad in [
        json!({"tags": ["a,b"]}),
        json!({"tags": "vip"}),
        json!({"tags": [7]}),
        json!({"tags": [null]}),
        json!({"about": ["order:1001"]}),
        json!({"about": [{"kind": "Order", "id": "1001"}]}),
        json!({"about": [{"kind": "order"}]}),
        json!({"about": {"kind": "order", "id": "1001"}}),
    ] {
        assert!(serde_json::from_value::<Ticket>(with(bad.clone())).is_err(), "{bad}");
    }
}

#[test]
fn more_tags_and_references_than_allowed_are_read() {
    let tags: Vec<String> = (0..20).map(|tag| format!("t{tag}")).collect();
    let about: Vec<Value> = (0..20).map(|id| json!({"kind": "order", "id": id.to_string()})).collect();
    let json = serde_json::to_value(read(with(json!({"tags": &tags, "about": &about})))).expect("JSON");
    assert_eq!((&json["tags"], &json["about"]), (&json!(tags), &json!(about)));
}

#[test]
fn waits_hand_overs_and_drafts_have_their_stored_names() {
    let mut document = handed_over(&[]);
    document["waiting"]["until"] = json!("2024-12-06T08:00:00.000Z");
    let json = serde_json::to_value(read(document.clone())).expect("JSON");
    for name in ["waiting", "handoffAt", "draft"] {
        assert_eq!(json[name], document[name], "{name}");
    }
    let json = serde_json::to_value(read(theirs())).expect("JSON");
    for name in ["waiting", "handoffAt", "draft"] {
        assert_eq!(json.get(name), None, "{name}");
    }
}
