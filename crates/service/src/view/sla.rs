//! How a ticket stands against what was promised.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    BusinessTime, Locale, Sla, SlaMetric, SlaState, SlaTimer, TicketHead, Timestamp,
};

use super::{Label, LocalTime, Viewer, format_duration};

/// How a ticket stands against one promise. For the desk's eyes.
///
/// As JSON its fields are `metric`, `state`, `due` and `text`.
///
/// ```
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let targets = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(targets)?, BusinessCalendar::always());
/// # let noon: Timestamp = "2026-03-02T12:00:00Z".parse()?;
/// # let policy = Policy { sla: Some(sla), ..Policy::default() };
/// # let desk = HelpDesk::builder(MemoryStore::new()).policy(policy).clock(move || noon).build();
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
/// let page = luis.desk_view(&luis.view(&number).await?, &Viewer::new(TimeZone::UTC), &());
/// let first_response = &page.sla[0];
/// assert_eq!(first_response.metric.text, "Primera respuesta");
/// assert_eq!(first_response.state, Label::new("RUNNING", "En plazo"));
/// assert_eq!(first_response.due.text, "2 de marzo de 2026, 16:00");
/// assert_eq!(first_response.text, "Tiempo restante: 4 h");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlaView {
    /// What was promised.
    pub metric: Label,
    /// How that stands.
    pub state: Label,
    /// When it is due, or was.
    pub due: LocalTime,
    /// The working time that is left, that it is overdue, or that it took; never that of the calendar.
    pub text: String,
}

/// A moment, by a desk's promise and its calendar.
pub(crate) struct Standing<'a> {
    pub(crate) sla: &'a Sla,
    pub(crate) now: Timestamp,
}

impl Standing<'_> {
    /// Every promise of a ticket, in the order of [`SlaMetric`].
    pub(crate) fn all(&self, head: &TicketHead, reader: &Viewer) -> Vec<SlaView> {
        let Some(timers) = head.timers(self.sla) else { return Vec::new() };
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| Some((metric, timers.of(metric)?)));
        latest.map(|(metric, timer)| self.view(metric, timer, reader)).collect()
    }

    /// The promise that is due first, as long as one is waited for.
    pub(crate) fn pressing(&self, head: &TicketHead, reader: &Viewer) -> Option<SlaView> {
        let timers = head.timers(self.sla)?;
        let running = timers.all().filter(|(_, timer)| timer.is_running());
        let (metric, timer) = running.min_by_key(|(_, timer)| timer.due)?;
        Some(self.view(metric, timer, reader))
    }

    fn view(&self, metric: SlaMetric, timer: &SlaTimer, reader: &Viewer) -> SlaView {
        let (locale, now) = (reader.locale, self.sla.business_time_at(self.now));
        let state = timer.state(now);
        SlaView {
            metric: Label::new(metric.as_str(), metric.label(locale)),
            state: Label::new(state.as_str(), state.label(locale)),
            due: LocalTime::new(self.sla.calendar().timestamp_at(timer.due), reader),
            text: text(timer, state, now, locale),
        }
    }
}

/// In forms that need no agreement: an hour, many, and less than a minute read alike.
fn text(timer: &SlaTimer, state: SlaState, now: BusinessTime, locale: Locale) -> String {
    let say = |es: &'static str, en, length| {
        locale.pick(es, en).replace("{}", &format_duration(length, locale))
    };
    match (state, timer.measured(), &timer.stop) {
        (SlaState::Cancelled, ..) => state.label(locale).into(),
        (SlaState::Breached, Some(measured), _) => say("Tardó {}", "Took {}", measured.business),
        (SlaState::Breached, None, Some(stop)) => {
            let late = stop.business_time.since(timer.due);
            say("Cancelado con {} de retraso", "Cancelled, overdue by {}", late)
        }
        (SlaState::Breached, None, None) => {
            say("Lleva {} de retraso", "Overdue by {}", now.since(timer.due))
        }
        (_, Some(measured), _) => say("Cumplido en {}", "Met in {}", measured.business),
        (_, None, _) => say("Tiempo restante: {}", "Time left: {}", timer.due.since(now)),
    }
}
