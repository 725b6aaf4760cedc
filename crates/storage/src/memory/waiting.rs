//! The order of tickets by due time.

use std::{collections::BTreeSet, ops::Bound};

use ventanilla_domain::{BusinessTime, SlaClocks, TicketHead};

use super::index::{Place, Seq};
use crate::{Due, query::due};

/// The tickets that wait for something.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeSet<Entry>);

/// When a ticket is due, and from when it is at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    due: BusinessTime,
    risk: BusinessTime,
}

/// Ordered by due time, then arrival: so much a cursor tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: BusinessTime,
    seq: Seq,
    risk: BusinessTime,
}

impl Wait {
    /// `None` for a ticket that waits for nothing.
    pub(super) fn of(head: &TicketHead) -> Option<Self> {
        let risk = head.sla.as_deref().and_then(SlaClocks::risk);
        due(head).zip(risk).map(|(due, risk)| Self { due, risk })
    }
}

impl Waiting {
    pub(super) fn add(&mut self, Wait { due, risk }: Wait, seq: Seq) {
        self.0.insert(Entry { due, seq, risk });
    }

    pub(super) fn remove(&mut self, Wait { due, risk }: Wait, seq: Seq) {
        self.0.remove(&Entry { due, seq, risk });
    }

    /// How many tickets a list has.
    pub(super) fn count(&self, due: Due, now: BusinessTime) -> u64 {
        self.walk(due, now, None).count() as u64
    }

    /// The tickets of a list in order, after the place where it goes on.
    pub(super) fn walk(
        &self,
        due: Due,
        now: BusinessTime,
        after: Option<Place>,
    ) -> impl Iterator<Item = Seq> + use<'_> {
        let beginning = BusinessTime::from_millis(i64::MIN);
        let first = |due, seq| Entry { due, seq, risk: beginning };
        let mut low = first(if due == Due::AtRisk { now } else { beginning }, 0);
        if let Some(Place { key, seq, .. }) = after {
            low = low.max(first(BusinessTime::from_millis(key), seq.saturating_add(1)));
        }
        let high = match due {
            Due::Overdue => Bound::Excluded(first(now, 0).max(low)),
            Due::AtRisk | Due::Any => Bound::Unbounded,
        };
        let entries = self.0.range((Bound::Included(low), high));
        entries.filter(move |entry| due != Due::AtRisk || entry.risk <= now).map(|entry| entry.seq)
    }
}
