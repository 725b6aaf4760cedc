//! Reports of the reference, which examines every timer of every ticket and sorts the lengths.

use std::collections::BTreeMap;

use ventanilla_service::{Timestamp, UserId, sla::SlaMetric};

use super::{
    answer::{Answer, Length, Row},
    reference::World,
};

#[derive(Default)]
struct Tallied {
    working: Vec<i64>,
    passed: Vec<i64>,
    met: u64,
    breached: u64,
}

impl World {
    pub(crate) fn report(&self, from: Timestamp, before: Timestamp) -> Answer {
        let Some(setup) = self.setup else { return Answer::Invalid("no_sla") };
        let calendar = &setup.calendar;
        let (first, last) = (calendar.until(from), calendar.until(before.min(self.now)));
        let mut all = BTreeMap::<(Option<UserId>, SlaMetric), Tallied>::new();
        for ticket in &self.tickets {
            let sla = ticket.sla.as_ref().expect("the desk has SLA targets");
            for (metric, wait) in sla.waits() {
                let who = match &wait.end {
                    Some((by, _)) => by.clone(),
                    None => ticket.head.assignee.clone(),
                };
                let end = wait.until(self.now);
                let until = wait.end.as_ref().map_or(last, |_| calendar.until(end));
                let due = wait.due(calendar);
                let late = due.is_some_and(|due| due < until);
                let came = matches!(wait.end, Some((_, false))) && from <= end && end < before;
                for who in [Some(None), who.map(Some)].into_iter().flatten() {
                    let tallied = all.entry((who, metric)).or_default();
                    let within = due.is_some_and(|due| first <= due && due < last);
                    tallied.breached += u64::from(late && within);
                    if came {
                        let (working, passed) = wait.spent(calendar, self.now);
                        tallied.working.push(working.max(0));
                        tallied.passed.push(passed.max(0));
                        tallied.met += u64::from(!late);
                    }
                }
            }
        }
        let rows = all.into_iter().map(|(of, tallied)| (of, tallied.row()));
        Answer::Reported(rows.filter(|(_, row)| *row != Row::default()).collect())
    }
}

impl Tallied {
    fn row(mut self) -> Row {
        self.working.sort_unstable();
        self.passed.sort_unstable();
        let nearest = |lengths: &[i64], percent: usize| {
            let rank = (lengths.len() * percent).div_ceil(100);
            rank.checked_sub(1).map(|place| Length(lengths[place] as f64))
        };
        Row {
            count: self.working.len() as u64,
            working: [50, 90].map(|percent| nearest(&self.working, percent)),
            passed: [50, 90].map(|percent| nearest(&self.passed, percent)),
            met: self.met,
            breached: self.breached,
        }
    }
}
