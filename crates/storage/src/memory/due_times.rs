//! Index of tickets by due time.

use std::time::Duration;

use ventanilla_domain::{BusinessTime, SlaTimers, TicketHead};

use super::{
    place::{Place, Seq},
    ranked::RankedSet,
};
use crate::{DueFilter, query::due};

/// Tickets with a running timer.
#[derive(Debug, Default)]
pub(super) struct DueTimes {
    entries: RankedSet<Entry>,
    risks: RankedSet<(BusinessTime, Seq)>,
}

/// Business times from which a ticket is due and at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DueTime {
    due: BusinessTime,
    /// At most a millisecond after `due`, so that an overdue ticket has always been at risk.
    risk: BusinessTime,
}

/// Entry ordered by due time, then arrival, which are the parts of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: BusinessTime,
    seq: Seq,
    risk: BusinessTime,
}

impl DueTime {
    /// Returns the times of a ticket; `None` without a running timer.
    pub(super) fn of(head: &TicketHead) -> Option<Self> {
        let due = due(head)?;
        let risk = head.sla.as_deref().and_then(SlaTimers::at_risk_from)?;
        // A timer that was breached before it was resumed has a later start, and so a later risk than
        // its due time; it is never at risk again.
        Some(Self { due, risk: risk.min(due.plus(Duration::from_millis(1))) })
    }
}

impl DueTimes {
    pub(super) fn add(&mut self, DueTime { due, risk }: DueTime, seq: Seq) {
        self.entries.insert(Entry { due, seq, risk });
        self.risks.insert((risk, seq));
    }

    pub(super) fn remove(&mut self, DueTime { due, risk }: DueTime, seq: Seq) {
        self.entries.remove(&Entry { due, seq, risk });
        self.risks.remove(&(risk, seq));
    }

    /// Counts the tickets that are overdue.
    pub(super) fn overdue(&self, now: BusinessTime) -> u64 {
        self.entries.count_while(|entry| entry.due < now) as u64
    }

    /// Counts the tickets that are at risk and not overdue.
    pub(super) fn at_risk(&self, now: BusinessTime) -> u64 {
        self.risks.count_while(|(risk, _)| *risk <= now) as u64 - self.overdue(now)
    }

    /// Returns the tickets that pass a filter, in order of due time, after a position.
    pub(super) fn walk(
        &self,
        filter: Option<DueFilter>,
        now: BusinessTime,
        after: Option<Place>,
    ) -> impl Iterator<Item = Seq> + use<'_> {
        let beginning = BusinessTime::from_millis(i64::MIN);
        let first = |due, seq| Entry { due, seq, risk: beginning };
        let mut low = first(if filter == Some(DueFilter::AtRisk) { now } else { beginning }, 0);
        if let Some(Place { key, seq, .. }) = after {
            low = low.max(first(BusinessTime::from_millis(key), seq.saturating_add(1)));
        }
        let entries = self.entries.from(&low);
        let entries =
            entries.take_while(move |entry| filter != Some(DueFilter::Overdue) || entry.due < now);
        let entries =
            entries.filter(move |entry| filter != Some(DueFilter::AtRisk) || entry.risk <= now);
        entries.map(|entry| entry.seq)
    }
}
