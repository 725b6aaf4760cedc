//! Alerts of SLA timers: the breaches and risks since the last check, and streams that have them.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{
    StreamExt,
    future::{BoxFuture, Either, select},
    stream::{self, BoxStream},
};
use tokio::time::{sleep, timeout};
use tracing::instrument;
use ventanilla_domain::{
    Audience, BusinessTime, Event, EventKind, MessageRange, Sla, SlaMetric, SlaState, SlaTimer,
    SlaTimers, Status, TicketEvents, TicketHead, TicketLookup, Timestamp,
};
use ventanilla_storage::{
    EventStep, EventStream, EventToken, ListQuery, PageSize, StoreError, TicketStore,
};

use crate::{ServiceError, System, core::Core, observe::observed};

/// Longest time of one check. A longer one is given up as an error.
const LONGEST_LOOK: Duration = Duration::from_secs(300);

/// Alerts between two checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlaAlerts {
    /// The alerts: those of breached timers first, each by the due time of its ticket.
    pub alerts: Vec<TicketEvents>,
    /// Time of this check, for the next one.
    pub until: Timestamp,
}

impl System {
    /// Returns the timers that have come to be at risk or were breached since the last check, and run
    /// still: the items that [`HelpDesk::events`](crate::HelpDesk::events) has of them, for a host without
    /// a worker. Given the [time of each check](SlaAlerts::until) in the next one, it reports each once.
    ///
    /// A host runs it as often as it wants to know, such as every minute, and keeps the time. Nothing is
    /// written. It reads the rows of all tickets that are at risk or overdue.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use ventanilla_service::{
    ///     EventKind, HelpDesk, MemoryStore, Policy, Timestamp, settings::ManualClock, sla::SlaMetric,
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
    ///     told.extend(found.alerts.into_iter().map(|alert| alert.events[0].kind.clone()));
    /// }
    /// // The first response was due after four hours, and at risk after three.
    /// let metric = SlaMetric::FirstResponse;
    /// assert_eq!(told, [EventKind::SlaAtRisk { metric }, EventKind::SlaBreached { metric }]);
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
        Ok(find(&*self.core.store, self.core.sla()?, since, self.core.now()).await?)
    }
}

/// Finds the alerts between two checks.
async fn find(
    store: &dyn TicketStore,
    sla: &Sla,
    since: Timestamp,
    until: Timestamp,
) -> Result<SlaAlerts, StoreError> {
    let now = sla.business_time_at(until);
    let mut alerts = Vec::new();
    for query in [ListQuery::new().overdue(), ListQuery::new().at_risk()] {
        let query = query.with_page_size(PageSize::LARGEST);
        let mut next = Some(query.clone().first_page());
        while let Some(page) = next {
            let found = store.list(&page.with_as_of(now).with_now(until)).await?;
            let cursor = found.next.map(|cursor| query.clone().page_after(&cursor)).transpose();
            next = cursor.map_err(|error| StoreError::Failed { source: error.into() })?;
            for row in found.rows {
                alerts.extend(new_alerts(store, &row.head, sla, since, now).await?);
            }
        }
    }
    Ok(SlaAlerts { alerts, until })
}

/// Returns the alerts of the timers whose state has changed since a time, and that run.
async fn new_alerts(
    store: &dyn TicketStore,
    head: &TicketHead,
    sla: &Sla,
    since: Timestamp,
    now: BusinessTime,
) -> Result<Vec<TicketEvents>, StoreError> {
    let Some(timers) = head.timers(sla) else { return Ok(Vec::new()) };
    let before = sla.business_time_at(since);
    let running = || timers.all().filter(|(_, timer)| timer.is_running());
    // A change may have moved a timer past its due time at once, before which it seems to have been so.
    let is_changed = head.updated_at >= since && running().any(|(_, timer)| was(timer, before, now));
    let moves = if is_changed { moves_since(store, head, since).await? } else { Vec::new() };
    let is_new = |metric, timer: &SlaTimer| {
        !was(timer, before, now) || moves.iter().any(|event| moved(event, metric, timer, &timers))
    };
    let new = running().filter(|(metric, timer)| is_new(*metric, timer));
    Ok(new.filter_map(|(metric, timer)| TicketEvents::of_timer(head, metric, timer, sla, now)).collect())
}

/// Returns whether a timer was at risk or breached before, as it is now.
fn was(timer: &SlaTimer, before: BusinessTime, now: BusinessTime) -> bool {
    match timer.state(now) {
        SlaState::AtRisk => matches!(timer.state(before), SlaState::AtRisk | SlaState::Breached),
        state => timer.state(before) == state,
    }
}

/// Returns the events since a time by which a timer may have moved.
async fn moves_since(
    store: &dyn TicketStore,
    head: &TicketHead,
    since: Timestamp,
) -> Result<Vec<Event>, StoreError> {
    let lookup = TicketLookup::from(&head.ticket_number);
    let details = store.get(&lookup, &Audience::Desk, MessageRange::Last(0)).await?;
    let mut history = details.map(|details| details.history).unwrap_or_default();
    history.retain(|event| event.at >= since);
    Ok(history)
}

/// Returns whether an event may have moved a timer past the time from which it is at risk, or its due time:
/// a priority with a shorter target, or the reopening of a ticket.
fn moved(event: &Event, metric: SlaMetric, timer: &SlaTimer, timers: &SlaTimers) -> bool {
    match &event.kind {
        // The due time of a breached timer isn't moved.
        EventKind::PriorityChanged { to, .. } => {
            timer.due == timer.start.plus(timers.targets.of(*to).of(metric)) || timer.pause.is_some()
        }
        EventKind::StatusChanged { from: Status::Resolved, .. } => metric == SlaMetric::Resolution,
        _ => false,
    }
}

/// Starts a stream of the store's events and of alerts, or only of the former on a desk without an SLA
/// policy.
pub(crate) async fn stream(
    core: &Arc<Core>,
    after: Option<EventToken>,
) -> Result<EventStream, StoreError> {
    let given = after.as_ref().map(Position::of);
    let (told, position) = given.map_or((None, None), |given| (given.told, Some(given.store)));
    let lost = |error| match (error, &after) {
        (StoreError::EventsLost { .. }, Some(token)) => StoreError::EventsLost { token: token.clone() },
        (error, _) => error,
    };
    let stream = core.store.events(position).await.map_err(lost)?;
    let Some(sla) = core.policy.sla.clone() else { return Ok(stream) };
    let told = told.unwrap_or_else(|| core.now());
    let (position, core) = (stream.token().clone(), Arc::clone(core));
    let start = token(told, &position)?;
    let look = look(&core, &sla, told, Duration::ZERO);
    let steps = stream.into_steps().boxed();
    let merged = Merged { core, sla, steps, position, told, look, found: VecDeque::new() };
    let steps = stream::unfold(Some(merged), async |merged| merged?.next().await);
    Ok(EventStream::new(start, steps))
}

/// Position in the store's events and in the alerts.
struct Position {
    /// The alerts are reported until this time; `None` in the token of a store.
    told: Option<Timestamp>,
    store: EventToken,
}

/// Start of a token with the time until which alerts are reported.
const PREFIX: &str = "sla:";

impl Position {
    fn of(token: &EventToken) -> Self {
        let read = || {
            let (told, store) = token.as_str().strip_prefix(PREFIX)?.split_once(':')?;
            let told = Timestamp::from_millis(told.parse().ok()?).ok()?;
            Some(Self { told: Some(told), store: store.parse().ok()? })
        };
        read().unwrap_or_else(|| Self { told: None, store: token.clone() })
    }
}

fn token(told: Timestamp, store: &EventToken) -> Result<EventToken, StoreError> {
    let token = format!("{PREFIX}{}:{store}", told.as_millis()).parse();
    // Only that of a store of the host's own is ever so long.
    token.map_err(|error: ventanilla_storage::InvalidEventToken| StoreError::Failed {
        source: error.into(),
    })
}

/// Stream of a store's steps, with alerts in between.
struct Merged {
    core: Arc<Core>,
    sla: Sla,
    steps: BoxStream<'static, Result<EventStep, StoreError>>,
    /// The position after the last step of the store.
    position: EventToken,
    /// Time until which all alerts are reported.
    told: Timestamp,
    look: Look,
    /// Alerts that are not reported yet, with the time until which all are after each.
    found: VecDeque<(Timestamp, Option<TicketEvents>)>,
}

type Look = BoxFuture<'static, Result<SlaAlerts, StoreError>>;
type Step = Result<EventStep, StoreError>;

impl Merged {
    /// Returns the next step. A failed check is an error item after which the stream goes on.
    async fn next(mut self) -> Option<(Step, Option<Self>)> {
        loop {
            if let Some((told, events)) = self.found.pop_front() {
                self.told = told;
                return self.step(events);
            }
            match select(&mut self.look, self.steps.next()).await {
                Either::Left((found, _)) => {
                    let (until, error) = match found {
                        Ok(found) => (self.keep(found), None),
                        Err(error) => (self.told, Some(error)),
                    };
                    self.look = look(&self.core, &self.sla, until, self.core.alerts_every);
                    if let Some(error) = error {
                        return Some((Err(error), Some(self)));
                    }
                }
                Either::Right((step, _)) => match step? {
                    Ok(EventStep { token, events }) => {
                        self.position = token;
                        return self.step(events);
                    }
                    Err(StoreError::EventsLost { token: lost }) => {
                        let lost = token(self.told, &lost);
                        let error =
                            lost.map_or_else(|error| error, |token| StoreError::EventsLost { token });
                        return Some((Err(error), Some(self)));
                    }
                    Err(error) => return Some((Err(error), Some(self))),
                },
            }
        }
    }

    /// Keeps the alerts of a check until they are reported, and returns its time. A reader that stops before the
    /// last one gets all of them again.
    fn keep(&mut self, found: SlaAlerts) -> Timestamp {
        let SlaAlerts { alerts, until } = found;
        let last = alerts.len().saturating_sub(1);
        let told = self.told;
        let alerts = alerts.into_iter().enumerate();
        self.found =
            alerts.map(|(nth, alert)| (if nth == last { until } else { told }, Some(alert))).collect();
        if self.found.is_empty() {
            self.found.push_back((until, None));
        }
        until
    }

    fn step(self, events: Option<TicketEvents>) -> Option<(Step, Option<Self>)> {
        match token(self.told, &self.position) {
            Ok(token) => Some((Ok(EventStep { token, events }), Some(self))),
            Err(error) => Some((Err(error), None)),
        }
    }
}

/// Looks for the alerts since a time, after a pause.
fn look(core: &Arc<Core>, sla: &Sla, since: Timestamp, pause: Duration) -> Look {
    let (core, sla) = (Arc::clone(core), sla.clone());
    Box::pin(async move {
        if !pause.is_zero() {
            sleep(pause).await;
        }
        let until = core.now();
        if until <= since {
            // The clock stands still, or was set back.
            return Ok(SlaAlerts { alerts: Vec::new(), until });
        }
        let found = timeout(LONGEST_LOOK, find(&*core.store, &sla, since, until)).await;
        found.unwrap_or_else(|late| Err(StoreError::Unavailable { source: late.into() }))
    })
}
