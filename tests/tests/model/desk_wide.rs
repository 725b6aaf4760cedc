//! Requests to the desk beyond single tickets.

use std::collections::BTreeMap;

use ventanilla_service::{
    Status, Timestamp, UserId,
    sla::{MetricStats, Period, Quantiles, SlaMetric},
    ticket::Actor,
};

use super::{
    answer::{Answer, Length, Row},
    convert::typed,
    desk::{Desk, change},
    step::{Bulk, Files},
};

impl Desk {
    pub(super) async fn counts(&self, admin: &UserId) -> Answer {
        let counts = self.desk.admin(admin.clone()).counts().await.unwrap();
        Answer::Counted {
            by_status: Status::ALL.map(|status| counts.with_status(status)),
            urgent: counts.urgent,
            unassigned: counts.unassigned,
            mine: counts.mine,
            overdue: counts.overdue,
            at_risk: counts.at_risk,
            waiting: counts.waiting,
            handed_over: counts.handed_over,
        }
    }

    pub(super) async fn report(&self, from: Timestamp, before: Timestamp) -> Answer {
        let admin = self.desk.admin(super::people::person(4));
        let report = match admin.report(Period::new(from, before).unwrap()).await {
            Ok(report) => report,
            Err(error) => return self.failed(error),
        };
        let admins = report.by_admin.iter().map(|(who, figures)| (Some(who.clone()), figures));
        let rows = admins.chain([(None, &report.overall)]).flat_map(|(who, figures)| {
            SlaMetric::ALL.map(|metric| ((who.clone(), metric), row(figures.of(metric))))
        });
        Answer::Reported(rows.filter(|(_, row)| *row != Row::default()).collect::<BTreeMap<_, _>>())
    }

    pub(super) async fn change_each(&self, bulk: &Bulk) -> Answer {
        let asked: Vec<String> =
            bulk.tickets.iter().map(|(ticket, hand)| typed(&self.number(*ticket), *hand)).collect();
        let no_files = Files::default();
        let by = Actor::Admin(bulk.by.clone());
        let files = match self.handed(&by, bulk.what.files().unwrap_or(&no_files)).await {
            Ok(files) => files,
            Err(error) => return self.failed(error),
        };
        let change = match change(&bulk.what, &files) {
            Ok(change) => change,
            Err(error) => return self.failed(error.into()),
        };
        let change = match bulk.expecting {
            Some(version) => change.expecting(version),
            None => change,
        };
        let changes = self.desk.admin(bulk.by.clone()).change_each(&asked, &change).await;
        let mut next = 0;
        let each = changes.items.into_iter().map(|changed| {
            let skipped = asked[next..].iter().position(|asked| *asked == changed.input);
            let place = next + skipped.expect("in the order in which they were named");
            next = place + 1;
            (place, self.done(changed.result))
        });
        Answer::Each(each.collect())
    }

    /// Closes batches until one says that it was the last.
    pub(super) async fn close_resolved(&self, batch: u32) -> Answer {
        let (mut receipts, mut batches) = (Vec::new(), 0);
        loop {
            let answer = self.desk.system().close_resolved(batch).await.unwrap();
            assert!(answer.failed.is_empty(), "they may be closed: {:?}", answer.failed);
            assert!(answer.closed.len() <= batch as usize, "more than were asked for");
            let last = answer.is_last();
            receipts.extend(answer.closed);
            batches += 1;
            assert!(batches <= self.numbers.len() + 1, "it never ends");
            if last {
                break;
            }
        }
        receipts.sort_by_key(|receipt| self.ticket(&receipt.head.ticket_number));
        let closed = receipts.into_iter().map(|receipt| self.done(Ok(receipt))).collect();
        Answer::Closed { closed, batches }
    }
}

fn row(measures: MetricStats) -> Row {
    let both = |quantiles: Option<Quantiles>| {
        let of = |quantiles: Quantiles| [quantiles.median, quantiles.p90];
        let length = |length: std::time::Duration| Length(length.as_secs_f64() * 1000.0);
        quantiles.map_or([None, None], |quantiles| of(quantiles).map(|of| Some(length(of))))
    };
    Row {
        count: measures.count,
        working: both(measures.business),
        passed: both(measures.calendar),
        met: measures.met,
        breached: measures.breached,
    }
}
