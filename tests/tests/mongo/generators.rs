//! Generates documents that two applications have written, and the next changes of both.

use bson::{Bson, Document, bson, doc};
use proptest::{collection::vec, option, prelude::*, sample::select};
use ventanilla_service::{
    Change, IdempotencyKey, Policy, Priority, Status, Timestamp,
    settings::{Days, Limits, Reopen},
    sla::Sla,
    ticket::{Actor, NewMessage},
};

use super::{
    raw::{DAY, after, date, person, said, text, theirs, user, with},
    timer_generators::{office, round_the_clock, timers},
};

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) policy: Policy,
    pub(crate) document: Document,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Write of the other application, which follows no rule.
    Theirs(Document),
    Ours {
        by: Actor,
        change: Change,
        at: Timestamp,
    },
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    any::<bool>().prop_flat_map(|rests| {
        let sla = if rests { office() } else { round_the_clock() };
        let steps = vec(prop_oneof![1 => writes().prop_map(Step::Theirs), 5 => changes()], 2..8).boxed();
        (policies(&sla).boxed(), documents(&sla).boxed(), steps)
            .prop_map(|(policy, document, steps)| Case { policy, document, steps })
    })
}

fn policies(sla: &Sla) -> impl Strategy<Value = Policy> + use<> {
    let reopen = [0, 1, 1, 2, 2].map(|days| Reopen::Within(Days(days)));
    let reopen = [&reopen[..], &[Reopen::Always, Reopen::Never]].concat();
    // Mostly with room, so that the guards before that one decide.
    let limits =
        (3..=8_u32, (4..=12_u32).prop_map(|fours| 4 * fours), 1..=3_u32, 1..=3_u32).prop_map(narrow);
    let limits = prop_oneof![2 => Just(Limits::default()), 1 => limits];
    let sla = option::weighted(0.85, Just(sla.clone()));
    (select(reopen), select(vec![0, 1, 2]), limits, sla).prop_map(|(reopen, days, limits, sla)| Policy {
        limits,
        reopen,
        close_after: Days(days),
        sla,
        ..Policy::default()
    })
}

fn narrow((messages, bytes, notes, history): (u32, u32, u32, u32)) -> Limits {
    let limits = Limits::default().with_text_bytes(12).unwrap();
    let limits = limits.with_messages(messages - 2).unwrap().with_conversation_bytes(bytes).unwrap();
    limits.with_notes(notes).unwrap().with_history(history).unwrap()
}

/// Generates milliseconds: days, which are the unit of time limits, and the values next to them.
pub(crate) fn times() -> impl Strategy<Value = i64> {
    (select(vec![0, DAY, DAY, 2 * DAY, 2 * DAY, 3 * DAY]), select(vec![0, 0, 0, 0, -1, 1]))
        .prop_map(|(time, off)| time + off)
}

fn dates() -> impl Strategy<Value = Bson> {
    times().prop_map(|ms| date(ms).into())
}

/// Generates a field that is present, null or missing.
pub(crate) fn field(
    name: &'static str,
    value: impl Strategy<Value = Bson> + 'static,
) -> impl Strategy<Value = Document> {
    prop_oneof![
        3 => value.prop_map(move |value| doc! { name: value }),
        1 => Just(doc! { name: null }),
        2 => Just(doc! {}),
    ]
}

fn word(words: impl Into<Vec<&'static str>>) -> impl Strategy<Value = Bson> {
    select(words.into()).prop_map(Bson::from)
}

/// Generates a person: mostly the same one, who is then the requester and an administrator too.
fn customers() -> impl Strategy<Value = u8> {
    select(vec![0, 0, 1, 2, 2, 2, 2])
}

const STATUSES: [&str; 6] = ["OPEN", "IN_PROGRESS", "RESOLVED", "RESOLVED", "RESOLVED", "CLOSED"];
const PRIORITIES: [&str; 4] = ["LOW", "MEDIUM", "HIGH", "URGENT"];
/// Texts of 4, 8 and 12 bytes, so that a conversation often reaches its limit exactly.
const TEXTS: [&str; 5] = ["hola", "¿y?", "$version", "doce letras.", "$$$$"];

pub(crate) fn documents(sla: &Sla) -> impl Strategy<Value = Document> + use<> {
    let admin = || (2..5_u8).prop_map(|number| Bson::from(person(number)));
    let version = prop_oneof![
        (0..3_i32).prop_map(Bson::from),
        (0..3_i64).prop_map(Bson::from),
        (0..3_i32).prop_map(|number| Bson::from(f64::from(number))),
    ];
    let note = (select(TEXTS.to_vec()), admin(), versions()).prop_map(|(text, by, version)| {
        Bson::from(with(doc! { "text": text, "by": by, "createdAt": date(0) }, version))
    });
    let notes = vec(note, 0..3);
    let event = (dates(), versions()).prop_map(|(at, version)| {
        let event = doc! { "at": at, "by": { "kind": "SYSTEM" }, "event": "CREATED" };
        Bson::from(with(event, version))
    });
    let history = vec(event, 0..4).prop_map(Bson::Array);
    let base = (
        prop_oneof![4 => word(STATUSES).prop_map(|word| doc! { "status": word }), 1 => field("status", word(STATUSES))],
        field("priority", word(PRIORITIES)),
        prop_oneof![
            2 => vec(messages(), 1..5).prop_map(|said| doc! { "messages": said }),
            1 => field("messages", Just(bson!([]))),
        ],
        customers().prop_map(|number| doc! { "userId": person(number) }),
        (dates(), dates())
            .prop_map(|(created, updated)| doc! { "createdAt": created, "updatedAt": updated }),
        select(TEXTS.to_vec()).prop_map(|text| doc! { "description": text }),
        field("unknown", Just(bson!({ "a.b": "$status", "$c": [1, null] }))),
    );
    let ours = (
        field("assigneeId", admin()),
        field("firstResponseAt", dates()),
        field("resolvedAt", dates()),
        field("closedAt", dates()),
        field("notes", notes.prop_map(Bson::Array)),
        field("history", history),
        field("version", version),
        labels(),
        prop_oneof![
            10 => timers(sla),
            1 => Just(doc! { "sla": null }),
            1 => Just(doc! {}),
        ],
    );
    (base, ours).prop_map(|((a, b, c, d, e, f, g), (h, i, j, k, l, m, n, o, p))| {
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p].into_iter().fold(theirs(), with)
    })
}

const TAGS: [&str; 3] = ["vip", "cliente nuevo", "$tags"];
const IDS: [&str; 3] = ["1", "1:2", "$about"];

/// Generates tags and references, with repetitions and fields in any order.
fn labels() -> impl Strategy<Value = Document> {
    let reference = (select(IDS.to_vec()), 0..3_u8).prop_map(|(id, form)| {
        Bson::from(match form {
            0 => doc! { "kind": "order", "id": id },
            1 => doc! { "id": id, "kind": "order" },
            _ => doc! { "kind": "order", "since": date(0), "id": id },
        })
    });
    let about = field("about", vec(reference, 0..4).prop_map(Bson::Array));
    let tags = field("tags", vec(word(TAGS), 0..4).prop_map(Bson::Array));
    (about, tags).prop_map(|(about, tags)| with(about, tags))
}

/// Generates the version that an entry led to, which may be above that of the ticket: another
/// application may have reset that.
fn versions() -> impl Strategy<Value = Document> {
    field("version", (0..4_i64).prop_map(Bson::from))
}

fn messages() -> impl Strategy<Value = Bson> {
    let key = select(vec!["k1", "k1", "k1", "k2"]).prop_map(Bson::from);
    let author = (1..5_u8).prop_map(|number| Bson::from(person(number)));
    let more = (field("key", key), field("authorId", author), field("readAt", dates()), versions());
    let roles = select(vec!["USER", "ADMIN", "ADMIN", "ADMIN", "SUPPORT_BOT"]);
    (roles, select(TEXTS.to_vec()), times(), more).prop_map(
        |(role, content, ms, (key, author, read, version))| {
            [key, author, read, version].into_iter().fold(said(role, content, ms), with).into()
        },
    )
}

fn writes() -> impl Strategy<Value = Document> {
    let message =
        (select(vec!["USER", "ADMIN"]), times()).prop_map(|(role, ms)| said(role, "de ellos", ms));
    prop_oneof![
        (message, word(STATUSES), dates()).prop_map(|(message, status, at)| doc! {
            // The other application reads the list and writes it whole where there is no array to
            // push to.
            "$set": { "messages": [message], "status": status, "updatedAt": at },
        }),
        (word(STATUSES), dates())
            .prop_map(|(to, at)| doc! { "$set": { "status": to, "updatedAt": at } }),
        word(PRIORITIES).prop_map(|to| doc! { "$set": { "priority": to } }),
        labels()
            .prop_filter("it sets something", |labels| !labels.is_empty())
            .prop_map(|labels| doc! { "$set": labels }),
        select(vec!["firstResponseAt", "resolvedAt", "assigneeId", "messages"])
            .prop_map(|field| doc! { "$unset": { field: 1 } }),
    ]
}

fn changes() -> impl Strategy<Value = Step> {
    let statuses = || select(Status::ALL.to_vec());
    // Mostly the most frequent status of the documents, so that it often stays.
    let replied = [&Status::ALL[..], &[Status::Resolved, Status::Resolved, Status::InProgress]].concat();
    let message = || {
        let keys = option::weighted(0.6, select(vec!["k1", "k1", "k1", "k2"]));
        (select(TEXTS.to_vec()), keys).prop_map(|(said, key)| {
            let message = NewMessage::from(text(said));
            match key {
                Some(key) => message.with_key(IdempotencyKey::parse(key).unwrap()),
                None => message,
            }
        })
    };
    let admins = || select(vec![2, 2, 2, 3, 4]).prop_map(user);
    let by_admin = prop_oneof![
        6 => message().prop_map(Change::message),
        10 => (message(), select(replied)).prop_map(|(message, to)| Change::reply(message, to)),
        2 => select(TEXTS.to_vec()).prop_map(|said| Change::note(text(said))),
        4 => statuses().prop_map(Change::status),
        9 => select(Priority::ALL.to_vec()).prop_map(Change::priority),
        2 => option::weighted(0.6, admins()).prop_map(Change::assign),
        1 => Just(Change::claim()),
        9 => (select(TAGS.to_vec()), select(IDS.to_vec()), 0..4_u8).prop_map(|(tag, id, kind)| {
            let (tag, about) = (|| tag.parse().unwrap(), || format!("order:{id}").parse().unwrap());
            match kind {
                0 => Change::add_tag(tag()),
                1 => Change::remove_tag(tag()),
                2 => Change::add_reference(about()),
                _ => Change::remove_reference(about()),
            }
        }),
    ];
    let by_customer = prop_oneof![
        6 => message().prop_map(Change::message),
        1 => Just(Change::status(Status::Closed)),
    ];
    let made = prop_oneof![
        8 => (admins().prop_map(Actor::Admin), by_admin),
        8 => (customers().prop_map(|number| Actor::Customer(user(number))), by_customer),
        1 => message().prop_map(|message| (Actor::Bot, Change::message(message))),
        1 => Just((Actor::System, Change::status(Status::Closed))),
    ];
    let expected = option::weighted(0.15, 0..4_u64);
    (made, times(), expected).prop_map(|((by, change), ms, expected)| Step::Ours {
        by,
        change: expected.into_iter().fold(change, Change::expecting),
        at: after(ms),
    })
}
