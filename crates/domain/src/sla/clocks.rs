//! The clocks of one ticket.

use enumset::EnumSet;
use serde::{Deserialize, Serialize};

use super::{SlaClock, SlaMetric, SlaStop, SlaTable};
use crate::{Actor, BusinessTime, Priority, Timestamp, ticket::push_tight};

/// The clocks of one ticket, and the targets that were promised when it was opened.
///
/// ```
/// # use ventanilla_domain::*;
/// # let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(same)?, BusinessCalendar::always());
/// # let policy = Policy { sla: Some(sla), ..Policy::default() };
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let now = "2026-03-02T12:00:00Z".parse()?;
/// # let number = TicketNumber::from_entropy(b"example");
/// let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let clocks = ticket.head().sla.as_deref().expect("the desk has targets");
/// assert!(clocks.first_response.is_running() && clocks.resolution.is_running());
/// assert_eq!(clocks.next_response, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlaClocks {
    /// What was promised.
    pub targets: SlaTable,
    /// The first response.
    pub first_response: SlaClock,
    /// The last time that the requester waited for a further response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_response: Option<SlaClock>,
    /// The resolution. It stands still while the ticket is resolved.
    pub resolution: SlaClock,
    /// The times before that.
    #[serde(
        default,
        deserialize_with = "crate::ticket::null_is_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub earlier_responses: Vec<SlaClock>,
}

impl SlaClocks {
    /// The clock of a metric, the latest.
    #[must_use]
    pub const fn of(&self, metric: SlaMetric) -> Option<&SlaClock> {
        match metric {
            SlaMetric::FirstResponse => Some(&self.first_response),
            SlaMetric::NextResponse => self.next_response.as_ref(),
            SlaMetric::Resolution => Some(&self.resolution),
        }
    }

    /// Every clock that ever ran, with what it measures.
    pub fn all(&self) -> impl Iterator<Item = (SlaMetric, &SlaClock)> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| Some((metric, self.of(metric)?)));
        latest.chain(self.earlier_responses.iter().map(|clock| (SlaMetric::NextResponse, clock)))
    }

    /// The reading at which the first of the running clocks is due: what overdue lists are sorted by.
    #[must_use]
    pub fn due(&self) -> Option<BusinessTime> {
        self.running().map(|clock| clock.due).min()
    }

    /// The reading from which the first of the running clocks is at risk.
    #[must_use]
    pub fn risk(&self) -> Option<BusinessTime> {
        self.running().map(SlaClock::risk).min()
    }

    /// When the last of the clocks that stand stopped: a report of an earlier time need not look here.
    #[must_use]
    pub fn last_stop(&self) -> Option<Timestamp> {
        self.all().filter_map(|(_, clock)| Some(clock.stop.as_ref()?.at)).max()
    }

    /// The latest that run: those before have stopped, whoever wrote them.
    fn running(&self) -> impl Iterator<Item = &SlaClock> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| self.of(metric));
        latest.filter(|clock| clock.is_running())
    }
}

/// What plans do to clocks. Each acts only on a clock in a state for it.
impl SlaClocks {
    pub(crate) fn open(
        targets: SlaTable,
        priority: Priority,
        at: Timestamp,
        reading: BusinessTime,
    ) -> Self {
        let clock = |metric| SlaClock::new(at, reading, targets.of(priority).of(metric));
        Self {
            targets,
            first_response: clock(SlaMetric::FirstResponse),
            next_response: None,
            resolution: clock(SlaMetric::Resolution),
            earlier_responses: Vec::new(),
        }
    }

    pub(crate) fn start(
        &mut self,
        metric: SlaMetric,
        unless: EnumSet<SlaMetric>,
        priority: Priority,
        at: Timestamp,
        reading: BusinessTime,
    ) {
        let runs = |metric| self.of(metric).is_some_and(SlaClock::is_running);
        if (unless | metric).iter().any(runs) {
            return;
        }
        let clock = SlaClock::new(at, reading, self.targets.of(priority).of(metric));
        match metric {
            SlaMetric::FirstResponse => self.first_response = clock,
            SlaMetric::Resolution => self.resolution = clock,
            SlaMetric::NextResponse => {
                let earlier = self.next_response.replace(clock);
                earlier.into_iter().for_each(|clock| push_tight(&mut self.earlier_responses, clock));
            }
        }
    }

    pub(crate) fn stop(
        &mut self,
        metric: SlaMetric,
        by: &Actor,
        at: Timestamp,
        reading: BusinessTime,
        cancelled: bool,
    ) {
        if let Some(clock) = self.slot(metric).filter(|clock| clock.is_running()) {
            clock.stop = Some(SlaStop { at, reading, by: by.admin().cloned(), cancelled });
        }
    }

    pub(crate) fn resume(
        &mut self,
        metric: SlaMetric,
        priority: Priority,
        at: Timestamp,
        reading: BusinessTime,
    ) {
        let target = self.targets.of(priority).of(metric);
        if let Some(clock) = self.slot(metric) {
            clock.resume(at, reading, target);
        }
    }

    pub(crate) fn retarget(&mut self, metric: SlaMetric, priority: Priority, reading: BusinessTime) {
        let target = self.targets.of(priority).of(metric);
        if let Some(clock) = self.slot(metric) {
            clock.retarget(reading, target);
        }
    }

    fn slot(&mut self, metric: SlaMetric) -> Option<&mut SlaClock> {
        match metric {
            SlaMetric::FirstResponse => Some(&mut self.first_response),
            SlaMetric::NextResponse => self.next_response.as_mut(),
            SlaMetric::Resolution => Some(&mut self.resolution),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SlaTargets;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn reading(ms: i64) -> BusinessTime {
        BusinessTime::from_millis(ms)
    }

    /// Opened at 0, with 4, 8 and 40 hours.
    fn clocks() -> SlaClocks {
        let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
        SlaClocks::open(SlaTable::new(same).unwrap(), Priority::Low, at(0), reading(0))
    }

    fn start(clocks: &mut SlaClocks, metric: SlaMetric, ms: i64) {
        let unless = SlaMetric::FirstResponse.into();
        clocks.start(metric, unless, Priority::Low, at(ms), reading(ms));
    }

    #[test]
    fn a_clock_starts_where_none_runs_that_holds_it_back() {
        let mut clocks = clocks();
        start(&mut clocks, SlaMetric::NextResponse, 1);
        assert_eq!(clocks.next_response, None, "the first response is waited for");
        clocks.stop(SlaMetric::FirstResponse, &Actor::Bot, at(2), reading(2), false);
        start(&mut clocks, SlaMetric::NextResponse, 3);
        start(&mut clocks, SlaMetric::NextResponse, 4);
        assert_eq!(clocks.next_response.as_ref().unwrap().since, at(3));
        clocks.stop(SlaMetric::NextResponse, &Actor::Bot, at(5), reading(5), true);
        clocks.stop(SlaMetric::NextResponse, &Actor::Bot, at(6), reading(6), false);
        start(&mut clocks, SlaMetric::NextResponse, 7);
        let stop = SlaStop { at: at(5), reading: reading(5), by: None, cancelled: true };
        assert_eq!(clocks.earlier_responses[0].stop, Some(stop), "it had stopped before");
        assert_eq!(clocks.last_stop(), Some(at(5)));
        let ran: Vec<_> = clocks.all().map(|(metric, clock)| (metric, clock.since)).collect();
        let [first, next, resolution] = SlaMetric::ALL;
        assert_eq!(ran, [(first, at(0)), (next, at(7)), (resolution, at(0)), (next, at(3))]);
    }

    #[test]
    fn what_is_due_first_is_of_the_latest_clocks_that_run() {
        let mut clocks = clocks();
        let hours = |count: i64| Some(reading(count * 3_600_000));
        assert_eq!((clocks.due(), clocks.risk()), (hours(4), hours(3)));
        clocks.stop(SlaMetric::FirstResponse, &Actor::Bot, at(0), reading(0), true);
        assert_eq!((clocks.due(), clocks.risk()), (hours(40), hours(30)));
        start(&mut clocks, SlaMetric::NextResponse, 0);
        assert_eq!((clocks.due(), clocks.risk()), (hours(8), hours(6)));
        // As no plan leaves it.
        clocks.earlier_responses.push(clocks.next_response.take().unwrap());
        assert_eq!((clocks.due(), clocks.risk()), (hours(40), hours(30)));
        clocks.stop(SlaMetric::Resolution, &Actor::Bot, at(0), reading(0), false);
        assert_eq!((clocks.due(), clocks.risk()), (None, None));
    }

    #[test]
    fn only_an_administrator_is_remembered() {
        let id = crate::UserId::parse("ana").unwrap();
        for (by, remembered) in [
            (Actor::Admin(id.clone()), Some(id.clone())),
            (Actor::Customer(id), None),
            (Actor::System, None),
        ] {
            let mut clocks = clocks();
            clocks.stop(SlaMetric::Resolution, &by, at(1), reading(1), false);
            assert_eq!(clocks.resolution.stop.unwrap().by, remembered);
        }
    }
}
