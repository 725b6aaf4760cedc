//! Compares the report that the server computes with the sums of the tickets.

use bson::{Bson, Document};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use ventanilla_service::{
    mongodb::{MongoOptions, UserIdEncoding},
    sla::{MetricStats, Period, Quantiles, Report, Sla, SlaMetric},
    store::{Histogram, InsertOutcome, ReportBuilder, ReportQuery, Ticket, TicketStore},
};
use ventanilla_tests::Mongo;

use super::{
    generators::documents,
    raw::{DAY, after, ticket},
    timer_generators::{office, round_the_clock},
};

#[tokio::test]
async fn a_report_equals_the_sums_of_the_tickets() {
    let mut counted = 0;
    for (ids, sla) in [
        (UserIdEncoding::ObjectId, round_the_clock()),
        (UserIdEncoding::ObjectId, office()),
        (UserIdEncoding::Text, office()),
    ] {
        let database = Mongo::of_one().await.database().await;
        let store =
            MongoOptions::new().with_user_ids(ids).create_indexes().open(&database).await.unwrap();
        let tickets = crowd(&sla, ids);
        for ticket in &tickets {
            assert_eq!(store.insert(ticket).await.unwrap(), InsertOutcome::Stored);
        }
        for query in queries(&sla) {
            let mut tally = ReportBuilder::default();
            tickets.iter().for_each(|ticket| tally.add_ticket(&query, ticket.head()));
            let report = store.report(&query).await.unwrap();
            are_alike(&report, &tally.report());
            counted += report.by_admin.len();
        }
    }
    assert!(counted > 30, "{counted} administrators");
}

fn crowd(sla: &Sla, ids: UserIdEncoding) -> Vec<Ticket> {
    let drawn = vec(documents(sla).boxed(), 250).new_tree(&mut TestRunner::deterministic()).unwrap();
    let named = |document: Document| match ids {
        UserIdEncoding::ObjectId => ticket(&document),
        UserIdEncoding::Text => ticket(renamed(document.into()).as_document().unwrap()),
    };
    drawn.current().into_iter().map(named).collect()
}

/// Checks the same with ids that the server could take for paths.
fn renamed(value: Bson) -> Bson {
    match value {
        Bson::ObjectId(id) => format!("$sla.{}", &id.to_hex()[18..]).into(),
        Bson::Array(items) => items.into_iter().map(renamed).collect::<Vec<_>>().into(),
        Bson::Document(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, renamed(value)));
            fields.collect::<Document>().into()
        }
        other => other,
    }
}

/// Returns periods between the times of the tickets, up to now and beyond.
fn queries(sla: &Sla) -> Vec<ReportQuery> {
    let ends = [-DAY, 0, 1, DAY, 2 * DAY, 2 * DAY + 1, 9 * DAY];
    let periods = ends.iter().enumerate().flat_map(|(at, from)| {
        ends[at + 1..].iter().map(|before| Period::new(after(*from), after(*before)).unwrap())
    });
    let now = [after(DAY + 1), after(9 * DAY)];
    periods.flat_map(|period| now.map(|now| ReportQuery::new(period, sla, now))).collect()
}

fn are_alike(found: &Report, expected: &Report) {
    assert!(found.by_admin.keys().eq(expected.by_admin.keys()), "{found:?}\n{expected:?}");
    let each = found.by_admin.values().zip(expected.by_admin.values());
    for (found, expected) in each.chain([(&found.overall, &expected.overall)]) {
        for metric in SlaMetric::ALL {
            let (found, expected) = (found.of(metric), expected.of(metric));
            let exact = |of: MetricStats| (of.count, of.met, of.breached, of.business.is_some());
            assert_eq!(exact(found), exact(expected), "{metric:?}");
            are_close(found.business, expected.business);
            are_close(found.calendar, expected.calendar);
        }
    }
}

/// The server's logarithm may round otherwise at the bound of a bucket.
fn are_close(found: Option<Quantiles>, expected: Option<Quantiles>) {
    let (Some(found), Some(expected)) = (found, expected) else {
        assert_eq!(found, expected);
        return;
    };
    for (found, expected) in [(found.median, expected.median), (found.p90, expected.p90)] {
        let off = (found.as_secs_f64() - expected.as_secs_f64()).abs();
        let most = 2.0 * Histogram::ERROR * expected.as_secs_f64();
        assert!(off <= most, "{found:?} against {expected:?}");
    }
}
