//! Alerts of SLA timers: the breaches and risks since the last look.

use tracing::instrument;
use ventanilla_domain::{
    BusinessTime, Sla, SlaMetric, SlaState, SlaTimer, SlaTimers, TicketHead, Timestamp,
};
use ventanilla_storage::{ListQuery, PageSize};

use crate::{ServiceError, System, observe::observed};

/// Timer of a ticket that has come to be at risk or was breached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlaAlert {
    /// Id of the alert, which is the same each time.
    pub id: String,
    /// The ticket, without its texts.
    pub head: TicketHead,
    /// The metric of the timer.
    pub metric: SlaMetric,
    /// [`SlaState::AtRisk`] or [`SlaState::Breached`].
    pub state: SlaState,
}

/// Alerts between two looks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlaAlerts {
    /// The alerts: those of breached timers first, each by the due time of its ticket.
    pub alerts: Vec<SlaAlert>,
    /// Time of this look, for the next one.
    pub until: Timestamp,
}

impl System {
    /// Returns the timers that have come to be at risk or were breached since the last look, and run
    /// still. Given the [time of each look](SlaAlerts::until) in the next one, it tells each once.
    ///
    /// A host runs it as often as it wants to know, such as every minute, and keeps the time. Nothing is
    /// written. It reads the rows of all tickets that are at risk or overdue.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use ventanilla_service::{
    ///     HelpDesk, MemoryStore, Policy, Timestamp, settings::ManualClock, sla::{SlaMetric, SlaState},
    ///     # store::TicketStore, testing,
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let clock = Arc::new(ManualClock::new(testing::epoch()));
    /// # let store = MemoryStore::new();
    /// # let ticket = testing::ticket("TKT-ABC123").sla(&testing::sla()).build();
    /// # store.insert(&ticket).await?;
    /// let desk = HelpDesk::builder(store)
    ///     .clock(Arc::clone(&clock))
    ///     .policy(Policy { sla: Some(testing::sla()), ..Policy::default() })
    ///     .build();
    /// let (system, mut since) = (desk.system(), testing::epoch());
    /// let mut told = Vec::new();
    /// for _ in 0..3 {
    ///     clock.advance(Duration::from_secs(2 * 3600));
    ///     let found = system.sla_alerts(since).await?;
    ///     since = found.until;
    ///     told.extend(found.alerts.into_iter().map(|alert| (alert.metric, alert.state)));
    /// }
    /// // The first response was due after four hours, and at risk after three.
    /// let first = SlaMetric::FirstResponse;
    /// assert_eq!(told, [(first, SlaState::AtRisk), (first, SlaState::Breached)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] on a desk without an SLA policy; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.sla_alerts", skip_all, fields(actor = "SYSTEM", outcome))]
    pub async fn sla_alerts(&self, since: Timestamp) -> Result<SlaAlerts, ServiceError> {
        observed(self.find_alerts(since).await)
    }

    async fn find_alerts(&self, since: Timestamp) -> Result<SlaAlerts, ServiceError> {
        let (sla, until) = (self.core.sla()?, self.core.now());
        let (before, now) = (sla.business_time_at(since), sla.business_time_at(until));
        let mut alerts = Vec::new();
        for query in [ListQuery::new().overdue(), ListQuery::new().at_risk()] {
            let query = query.with_page_size(PageSize::LARGEST);
            let mut next = Some(query.clone().first_page());
            while let Some(page) = next {
                let found = self.core.store.list(&page.with_as_of(now).with_now(until)).await?;
                next = found.next.map(|cursor| query.clone().page_after(&cursor)).transpose()?;
                for row in found.rows {
                    alerts.extend(new_alerts(&row.head, sla, before, now));
                }
            }
        }
        Ok(SlaAlerts { alerts, until })
    }
}

/// Returns the alerts of the timers whose state has changed between two business times, and that run.
fn new_alerts(head: &TicketHead, sla: &Sla, before: BusinessTime, now: BusinessTime) -> Vec<SlaAlert> {
    let timers = head.timers(sla);
    let running = timers.iter().flat_map(SlaTimers::all).filter(|(_, timer)| timer.is_running());
    let changed = running.filter(|(_, timer)| match timer.state(now) {
        SlaState::Breached => timer.state(before) != SlaState::Breached,
        SlaState::AtRisk => !matches!(timer.state(before), SlaState::AtRisk | SlaState::Breached),
        _ => false,
    });
    let alert = |(metric, timer): (SlaMetric, &SlaTimer)| {
        let (number, state, due) = (&head.ticket_number, timer.state(now), timer.due.as_millis());
        let id = format!("{number}/{metric}/{state}/{due}");
        SlaAlert { id, head: head.clone(), metric, state }
    };
    changed.map(alert).collect()
}
