//! SLA timers that another writer has damaged, one field at a time: every request refuses their
//! ticket, which hides no other.

use std::collections::BTreeSet;

use bson::{Bson, DateTime, Document, doc};
use ventanilla_service::{
    Category, Change, Explain, ListQuery, Policy, Priority, Status, Timestamp,
    list::{PageSize, Sort},
    sla::{Period, SlaTargets},
    store::{Command, CountsQuery, Outcome, ReportBuilder, ReportQuery, Ticket, TicketStore},
    ticket::{Actor, Audience, MessageRange},
};

use super::{
    raw::{self, Beside, DAY, HOUR, after, date, number, person, text, theirs, user, with},
    timer_generators::round_the_clock,
};

#[tokio::test]
async fn timers_are_read_exactly_where_they_are_changed() {
    let beside = Beside::new().await;
    let documents: Vec<Document> = damaged().collect();
    beside.raw.insert_many(&documents).await.unwrap();
    let mut readable = BTreeSet::new();
    for document in &documents {
        match beside.view(document).await {
            Ok(seen) => {
                assert_eq!(
                    seen,
                    ticket(document).details(&Audience::Desk, MessageRange::All),
                    "{document}"
                );
                readable.insert(number(document).to_string());
            }
            Err(error) => assert_eq!(error.code(), "ticket_unreadable", "{document}"),
        }
    }
    println!("{} of {} can be read", readable.len(), documents.len());
    assert!(readable.len() > 50 && documents.len() - readable.len() > 200);
    lists_hide_none(&beside, &documents, &readable).await;
    the_rest_goes_on(&beside, &documents).await;
    for document in &documents {
        is_changed_if(readable.contains(number(document).as_str()), &beside, document).await;
    }
}

async fn lists_hide_none(beside: &Beside, documents: &[Document], readable: &BTreeSet<String>) {
    let all: BTreeSet<String> = documents.iter().map(|document| number(document).to_string()).collect();
    let due = |document: &&Document| {
        let due = document.get_document("sla").ok().and_then(|timers| timers.get("due"));
        matches!(due, Some(Bson::Int32(_) | Bson::Int64(_)))
    };
    let waiting = documents.iter().filter(due).map(|document| number(document).to_string()).collect();
    for (sort, expected) in [(Sort::default(), &all), (Sort::Due, &waiting)] {
        let query = ListQuery::new().with_sort(sort).with_page_size(PageSize::new(7).unwrap());
        let (mut rows, mut unreadable) = (BTreeSet::new(), BTreeSet::new());
        let mut page = query.clone().first_page();
        loop {
            let found = beside.store.list(&page).await.unwrap();
            rows.extend(found.rows.into_iter().map(|row| row.head.ticket_number.to_string()));
            unreadable.extend(found.unreadable.into_iter().map(|found| found.ticket_number));
            let Some(cursor) = found.next else { break };
            page = query.clone().page_after(&cursor).unwrap();
        }
        assert_eq!(rows, expected & readable, "{sort:?}");
        assert_eq!(unreadable, expected - readable, "{sort:?}");
    }
}

/// Checks that counts, repairs and reports work without the damaged tickets.
async fn the_rest_goes_on(beside: &Beside, documents: &[Document]) {
    let sla = round_the_clock();
    let query = CountsQuery::new(user(2), after(9 * DAY));
    let counts =
        beside.store.counts(&query.with_as_of(sla.business_time_at(after(9 * DAY)))).await.unwrap();
    assert_eq!(counts.total(), documents.len() as u64);
    beside.store.reconcile(None, 10_000).await.unwrap();

    let period = Period::new(after(-DAY), after(9 * DAY)).unwrap();
    let query = ReportQuery::new(period, &sla, after(9 * DAY));
    let mut tally = ReportBuilder::default();
    for document in documents {
        if beside.view(document).await.is_ok() && is_found(document) {
            tally.add_ticket(&query, ticket(document).head());
        }
    }
    let upkeep = &beside.store;
    assert_eq!(upkeep.report(&query).await.unwrap(), tally.report());
    assert!(upkeep.resolved_until(Timestamp::MAX, 100).await.unwrap().is_empty());
}

/// Decodes a document as the domain does, without the derived fields.
fn ticket(document: &Document) -> Ticket {
    let mut document = document.clone();
    if let Ok(timers) = document.get_document_mut("sla") {
        for derived in ["due", "risk", "lastStop"] {
            timers.remove(derived);
        }
    }
    raw::ticket(&document)
}

/// Returns true if a report finds the document by the derived fields of its timers.
fn is_found(document: &Document) -> bool {
    let Ok(timers) = document.get_document("sla") else { return false };
    let stopped = timers.get_datetime("lastStop").is_ok_and(|at| *at >= date(-DAY));
    let due = match timers.get("due") {
        Some(Bson::Int32(due)) => f64::from(*due),
        Some(Bson::Int64(due)) => *due as f64,
        Some(Bson::Double(due)) => *due,
        _ => f64::INFINITY,
    };
    stopped || due < after(9 * DAY).as_millis() as f64
}

async fn is_changed_if(readable: bool, beside: &Beside, document: &Document) {
    let policy = Policy { sla: Some(round_the_clock()), ..Policy::default() };
    let before = beside.read(document).await;
    let luis = || Actor::Admin(user(2));
    for (by, change) in [
        (luis(), Change::priority(Priority::High)),
        (luis(), Change::reply(text("Ya está"), Status::Resolved)),
        (Actor::Customer(user(0)), Change::message(text("Todavía no"))),
    ] {
        let command = Command::new(&by, after(DAY), &policy, change).unwrap();
        let result = beside.store.update(&number(document), &command).await;
        if readable {
            assert!(matches!(result, Ok(Outcome::Applied { .. })), "{result:?}\n{document}");
        } else {
            assert_eq!(result.unwrap_err().code(), "ticket_unreadable", "{document}");
            // NaN is not equal to itself.
            assert_eq!(beside.read(document).await.to_string(), before.to_string());
            return;
        }
    }
}

/// Returns tickets whose timers are valid but for one field.
fn damaged() -> impl Iterator<Item = Document> {
    const FIELDS: [&str; 23] = [
        "",
        "targets",
        "targets.LOW",
        "targets.LOW.firstResponse",
        "targets.URGENT.resolution",
        "firstResponse",
        "firstResponse.since",
        "firstResponse.start",
        "firstResponse.due",
        "firstResponse.stop",
        "firstResponse.stop.at",
        "firstResponse.stop.reading",
        "firstResponse.stop.by",
        "firstResponse.stop.cancelled",
        "nextResponse",
        "nextResponse.since",
        "nextResponse.due",
        "nextResponse.stop",
        "resolution",
        "resolution.start",
        "due",
        "risk",
        "lastStop",
    ];
    FIELDS.into_iter().flat_map(|field| {
        let whole = timers();
        let path: Vec<&str> = field.split('.').filter(|step| !step.is_empty()).collect();
        let right = path.iter().fold(&whole, |value, step| match value {
            Bson::Array(items) => &items[0],
            other => other.as_document().unwrap().get(step).unwrap(),
        });
        let wrong = wrong(right);
        let documents = wrong.into_iter().map(move |value| {
            let mut timers = Some(whole.clone());
            put(&mut timers, &path, value);
            let fields = timers.map(|timers| ("sla".to_owned(), timers));
            with(theirs(), fields.into_iter().collect())
        });
        documents.collect::<Vec<_>>()
    })
}

fn wrong(right: &Bson) -> Vec<Option<Bson>> {
    let beyond = 1_i64 << 53;
    let (first, last) = (Timestamp::MIN.as_millis(), Timestamp::MAX.as_millis());
    let longest = SlaTargets::LONGEST.as_millis() as i64;
    let numbers = [beyond, beyond + 1, -beyond, -beyond - 1, longest, longest + 1, 0, -1];
    let mut values: Vec<Bson> = vec![
        Bson::Null,
        Bson::Undefined,
        "mañana".into(),
        7.into(),
        7.0.into(),
        f64::NAN.into(),
        true.into(),
        person(2).into(),
        doc! {}.into(),
        Bson::Array(vec![]),
        vec![Bson::Null].into(),
        vec![right.clone()].into(),
        Bson::Timestamp(bson::Timestamp { time: 7, increment: 1 }),
        right.clone(),
    ];
    // Values that are too early or late, too small or large, where the field has bounds.
    match right {
        Bson::DateTime(_) => {
            let dates = [first, first - 1, last, last + 1, i64::MIN, i64::MAX];
            values.extend(dates.map(|at| Bson::from(DateTime::from_millis(at))));
        }
        Bson::Int64(_) => values.extend(numbers.map(Bson::from)),
        _ => {}
    }
    std::iter::once(None).chain(values.into_iter().map(Some)).collect()
}

fn put(at: &mut Option<Bson>, path: &[&str], value: Option<Bson>) {
    let Some((step, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    match at {
        Some(Bson::Array(items)) => {
            let mut item = Some(items.remove(0));
            put(&mut item, rest, value);
            items.extend(item);
        }
        Some(Bson::Document(fields)) => {
            let mut field = fields.remove(step);
            put(&mut field, rest, value);
            fields.extend(field.map(|field| ((*step).to_owned(), field)));
        }
        other => unreachable!("{other:?}"),
    }
}

/// Returns running and stopped timers.
pub(crate) fn timers() -> Bson {
    let reading = |ms: i64| after(ms).as_millis();
    let timer =
        |ms: i64| doc! { "since": date(ms), "start": reading(ms), "due": reading(ms) + 2 * HOUR };
    let stop =
        |ms: i64| doc! { "at": date(ms), "reading": reading(ms), "by": person(2), "cancelled": false };
    let targets = round_the_clock();
    let targets = bson::serialize_to_document(targets.policy().targets(&Category::BUG)).unwrap();
    let timers = doc! {
        "targets": targets,
        "firstResponse": with(timer(0), doc! { "stop": stop(HOUR) }),
        "nextResponse": with(timer(2 * HOUR), doc! { "stop": null }),
        "resolution": timer(0),
        "due": reading(2 * HOUR),
        "risk": reading(HOUR),
        "lastStop": date(2 * HOUR),
    };
    timers.into()
}
