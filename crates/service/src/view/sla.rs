//! SLA timers of a ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    BusinessCalendar, BusinessTime, Locale, Sla, SlaMetric, SlaState, SlaTimer, TicketHead, Timestamp,
};

use super::{
    Label, LocalTime, Viewer,
    duration::{format_business, millis},
};

/// SLA timer of a ticket, for pages of the desk.
///
/// As JSON its fields are in `camelCase`.
///
/// ```
/// use ventanilla_service::{
///     Category, HelpDesk, MemoryStore, MessageText, NewTicket, Policy, Priority, TimeZone,
///     Timestamp, UserId,
///     sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets},
///     view::{Label, Viewer},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let targets = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(targets)?, BusinessCalendar::always());
/// # let noon: Timestamp = "2026-03-02T12:00:00Z".parse()?;
/// # let policy = Policy { sla: Some(sla), ..Policy::default() };
/// # let desk = HelpDesk::builder(MemoryStore::new()).policy(policy).clock(move || noon).build();
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
/// let pages = luis.pages(Viewer::new(TimeZone::UTC), &());
/// let page = pages.ticket(&luis.get(&number).await?).await;
/// let first_response = &page.sla[0];
/// assert_eq!(first_response.metric.text, "Primera respuesta");
/// assert_eq!(first_response.state, Label::new("RUNNING", "En plazo"));
/// assert_eq!(first_response.due.as_ref().unwrap().text, "2 de marzo de 2026, 16:00");
/// assert_eq!(first_response.text, "Tiempo restante: 4 h");
/// assert_eq!(first_response.remaining_millis, Some(4 * 3_600_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SlaView {
    /// The metric.
    pub metric: Label,
    /// The state.
    pub state: Label,
    /// The due time; absent while it is paused without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<LocalTime>,
    /// The business time that is left, that it is overdue, or that it took.
    pub text: String,
    /// Milliseconds of business time that are left, or, as a negative number, that it is overdue or was when it
    /// was cancelled; absent where the text doesn't say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_millis: Option<i64>,
    /// Milliseconds of business time that it took; absent while it runs and if it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_millis: Option<u64>,
}

/// SLA policy at a time, for a viewer.
pub(crate) struct SlaContext<'a> {
    pub(crate) sla: &'a Sla,
    pub(crate) now: Timestamp,
    pub(crate) viewer: Viewer,
}

impl SlaContext<'_> {
    /// Returns all timers of a ticket, in the order of [`SlaMetric`].
    pub(crate) fn all(&self, head: &TicketHead) -> Vec<SlaView> {
        let Some(timers) = head.timers(self.sla) else { return Vec::new() };
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| Some((metric, timers.of(metric)?)));
        latest.map(|(metric, timer)| self.view(metric, timer)).collect()
    }

    /// Returns the timer that is due first.
    pub(crate) fn most_urgent(&self, head: &TicketHead) -> Option<SlaView> {
        let timers = head.timers(self.sla)?;
        let running = timers.all().filter(|(_, timer)| timer.comes_due());
        let (metric, timer) = running.min_by_key(|(_, timer)| timer.due)?;
        Some(self.view(metric, timer))
    }

    fn view(&self, metric: SlaMetric, timer: &SlaTimer) -> SlaView {
        let (locale, now) = (self.viewer.locale, self.sla.business_time_at(self.now));
        let state = timer.state(now);
        let due = (timer.comes_due() || !timer.is_running()).then_some(timer.due);
        let (text, shown) = text(timer, state, now, self.sla.calendar(), locale);
        SlaView {
            metric: Label::new(metric.as_str(), metric.label(locale)),
            state: Label::new(state.as_str(), state.label(locale)),
            due: due.map(|due| LocalTime::new(self.sla.calendar().timestamp_at(due), self.viewer)),
            text,
            remaining_millis: match shown {
                Shown::Left(left) => Some(signed_millis(left)),
                Shown::Late(late) => Some(-signed_millis(late)),
                Shown::Took(_) | Shown::Nothing => None,
            },
            took_millis: match shown {
                Shown::Took(took) => Some(millis(took)),
                Shown::Left(_) | Shown::Late(_) | Shown::Nothing => None,
            },
        }
    }
}

/// Duration that a text shows.
#[derive(Clone, Copy)]
enum Shown {
    Left(Duration),
    Late(Duration),
    Took(Duration),
    Nothing,
}

fn signed_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Uses wordings that need no grammatical agreement with the duration.
fn text(
    timer: &SlaTimer,
    state: SlaState,
    now: BusinessTime,
    calendar: &BusinessCalendar,
    locale: Locale,
) -> (String, Shown) {
    let (es, en, shown) = match (state, timer.measured(), &timer.stop) {
        (SlaState::Cancelled, ..) => return (state.label(locale).into(), Shown::Nothing),
        (SlaState::Breached, Some(measured), _) => {
            ("Tardó {}", "Took {}", Shown::Took(measured.business))
        }
        (SlaState::Breached, None, Some(stop)) => {
            let late = Shown::Late(stop.business_time.since(timer.due));
            ("Cancelado con {} de retraso", "Cancelled, overdue by {}", late)
        }
        (SlaState::Breached, None, None) => {
            ("{} de retraso", "Overdue by {}", Shown::Late(now.since(timer.due)))
        }
        (_, Some(measured), _) => ("Cumplido en {}", "Met in {}", Shown::Took(measured.business)),
        (SlaState::Paused, ..) => {
            let from = timer.pause.map(|pause| pause.end.unwrap_or(pause.start).business_time);
            let left = Shown::Left(timer.due.since(from.unwrap_or(now)));
            ("En pausa; tiempo restante: {}", "Paused; time left: {}", left)
        }
        (_, None, _) => ("Tiempo restante: {}", "Time left: {}", Shown::Left(timer.due.since(now))),
    };
    let duration = match shown {
        Shown::Left(duration) | Shown::Late(duration) | Shown::Took(duration) => duration,
        Shown::Nothing => Duration::ZERO,
    };
    let text = locale.pick(es, en).replace("{}", &format_business(duration, calendar, locale));
    (text, shown)
}
