//! The events of one change of a ticket, with what it added, and the alerts of its SLA timers.

use crate::{
    Actor, Audience, BusinessTime, Event, EventKind, Message, Note, Sla, SlaMetric, SlaState, SlaTimer,
    Ticket, TicketHead,
    changes_since::{noted, written},
};

/// The events of one change of a ticket, with what it added: an item of a stream of events.
///
/// An alert of an SLA timer is an item too, with [`EventKind::SlaAtRisk`] or [`EventKind::SlaBreached`] as
/// its only event, and without a change.
///
/// ```
/// # use ventanilla_domain::*;
/// # let (policy, now) = (Policy::default(), Timestamp::MIN);
/// # let ana = UserId::parse("ana")?;
/// # let luis = Actor::Admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = TicketNumber::parse("TKT-ABC123")?;
/// # let mut ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let reply = Change::reply(MessageText::parse("Ya carga")?, Status::Resolved);
/// Command::new(&luis, now, &policy, reply)?.apply(&mut ticket);
///
/// let change = ticket.events_of(1);
/// assert_eq!(change.id, "TKT-ABC123/1");
/// assert_eq!(change.messages[0].text.as_str(), "Ya carga");
/// assert_eq!(change.events.len(), 2, "a message and a status");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketEvents {
    /// Id of the change or alert, which is the same each time that a stream has it. Only the desk's is unique.
    pub id: String,
    /// The ticket without its texts, as it was read after the change: later changes may be in it.
    pub head: TicketHead,
    /// The messages that were added.
    pub messages: Vec<Message>,
    /// The notes that were added; empty for audiences other than the desk.
    pub notes: Vec<Note>,
    /// The events, as the receipt of the change has them, as far as the ticket still has them. A message of
    /// an administrator whom another application didn't name has none.
    pub events: Vec<Event>,
    /// The version that the change led to, one more than that of the change before: a reader that misses
    /// one knows it. `None` if another application made the change, for an alert, and for other audiences.
    pub version: Option<u64>,
}

impl TicketEvents {
    /// Creates the events of a change that another application made, given an id of it.
    #[must_use]
    pub fn of_other_application(id: &str, head: TicketHead, messages: Vec<Message>) -> Self {
        let requester = &head.requester;
        let events = messages.iter().filter_map(|message| written(message, requester)).collect();
        let id = format!("{}/{id}", head.ticket_number);
        Self { id, head, messages, notes: Vec::new(), events, version: None }
    }

    /// Creates the alert of a timer that is at risk or breached at a business time; `None` if it is neither.
    ///
    /// Its time is that at which the timer came to be so. Only the desk may see it.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
    /// # let sla = Sla::new(SlaPolicy::new(same)?, BusinessCalendar::always());
    /// # let policy = Policy { sla: Some(sla.clone()), ..Policy::default() };
    /// # let ana = UserId::parse("ana")?;
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let now: Timestamp = "2026-03-02T12:00:00Z".parse()?;
    /// # let number = TicketNumber::parse("TKT-ABC123")?;
    /// # let ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// let head = ticket.head();
    /// let timer = &head.timers(&sla).expect("it has timers").first_response;
    /// let metric = SlaMetric::FirstResponse;
    /// assert_eq!(TicketEvents::of_timer(head, metric, timer, &sla, timer.start), None);
    ///
    /// let late = timer.due.plus(std::time::Duration::from_secs(60));
    /// let alert = TicketEvents::of_timer(head, metric, timer, &sla, late).expect("it is breached");
    /// assert_eq!(alert.events[0].kind, EventKind::SlaBreached { metric });
    /// assert!(alert.id.starts_with("TKT-ABC123/FIRST_RESPONSE/BREACHED/"));
    /// assert!(!alert.is_visible_to(&Audience::Requester(ana)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_timer(
        head: &TicketHead,
        metric: SlaMetric,
        timer: &SlaTimer,
        sla: &Sla,
        now: BusinessTime,
    ) -> Option<Self> {
        let (number, state, due) = (&head.ticket_number, timer.state(now), timer.due);
        let (since, kind) = match state {
            SlaState::AtRisk => (timer.at_risk_from(), EventKind::SlaAtRisk { metric }),
            SlaState::Breached => (due, EventKind::SlaBreached { metric }),
            SlaState::Cancelled | SlaState::Met | SlaState::Paused | SlaState::Running => return None,
        };
        let at = sla.calendar().timestamp_at(since);
        Some(Self {
            id: format!("{number}/{metric}/{state}/{}", due.as_millis()),
            head: head.clone(),
            messages: Vec::new(),
            notes: Vec::new(),
            events: vec![Event { at, by: Actor::System, version: 0, kind }],
            version: None,
        })
    }

    /// Returns whether an audience may see anything of the change.
    #[must_use]
    pub fn is_visible_to(&self, audience: &Audience) -> bool {
        let is_public = || self.events.iter().any(|event| !event.kind.is_internal());
        // Another application may change what has no event.
        let is_unknown = || self.version.is_none() && self.events.is_empty();
        let shows = !self.messages.is_empty() || is_public() || is_unknown();
        audience.may_see(&self.head.requester) && (shows || matches!(audience, Audience::Desk))
    }

    /// Returns what an audience may see of the change; `None` if that is nothing.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let (policy, now) = (Policy::default(), Timestamp::MIN);
    /// # let ana = UserId::parse("ana")?;
    /// # let luis = Actor::Admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = TicketNumber::parse("TKT-ABC123")?;
    /// # let mut ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// Command::new(&luis, now, &policy, Change::note(MessageText::parse("Ojo")?))?.apply(&mut ticket);
    ///
    /// let note = ticket.events_of(1);
    /// assert!(note.clone().for_audience(&Audience::Desk).is_some());
    /// assert_eq!(note.for_audience(&Audience::Requester(ana)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_audience(mut self, audience: &Audience) -> Option<Self> {
        if !self.is_visible_to(audience) {
            return None;
        }
        if matches!(audience, Audience::Desk) {
            return Some(self);
        }
        self.events.retain(|event| !event.kind.is_internal());
        // The id has the version, by which notes could be counted.
        let times = self.events.iter().map(|event| event.at);
        let times = times.chain(self.messages.iter().map(|message| message.created_at));
        let at = times.max().unwrap_or(self.head.updated_at);
        self.id = format!("{}/{at}", self.head.ticket_number);
        self.events.iter_mut().for_each(|event| event.version = 0);
        self.messages.iter_mut().for_each(|message| message.version = 0);
        Some(Self { head: self.head.for_requester(), notes: Vec::new(), version: None, ..self })
    }
}

impl Ticket {
    /// Returns the events of the change that led to a version; 0 is the creation.
    #[must_use]
    pub fn events_of(&self, version: u64) -> TicketEvents {
        // Messages of another application have version 0 too.
        let added = if version == 0 { self.messages.get(..1) } else { Some(self.messages.as_slice()) };
        let messages: Vec<Message> = added
            .unwrap_or_default()
            .iter()
            .filter(|message| message.version == version)
            .cloned()
            .collect();
        let notes: Vec<Note> =
            self.notes.iter().filter(|note| note.version == version && version > 0).cloned().collect();
        let recorded = self.history.iter().filter(|event| event.version == version).cloned();
        let requester = &self.head.requester;
        let written = messages.iter().filter(|_| version > 0).filter_map(|it| written(it, requester));
        let events = written.chain(notes.iter().map(noted)).chain(recorded).collect();
        TicketEvents {
            id: format!("{}/{version}", self.head.ticket_number),
            head: self.head.clone(),
            messages,
            notes,
            events,
            version: Some(version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::*;

    fn ticket(sla: &Sla) -> Ticket {
        let policy = Policy { sla: Some(sla.clone()), ..Policy::default() };
        let new_ticket =
            NewTicket::new(Category::BUG, MessageText::parse("No carga").expect("it is a text"));
        let (number, ana) = (TicketNumber::from_entropy(b"x"), ana());
        let at = Timestamp::from_millis(0).expect("it is a time");
        new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), at, &policy).expect("it may be")
    }

    fn ana() -> UserId {
        UserId::parse("ana").expect("it is an id")
    }

    fn sla() -> Sla {
        let hours = SlaTargets::hours(4, 8, 40).expect("they are targets");
        let targets = SlaPolicy::new(Priority::ALL.map(|priority| (priority, hours)));
        Sla::new(targets.expect("there is one each"), BusinessCalendar::always())
    }

    /// Without a version, a change of another application is shown to the requester, and an alert never is.
    #[test]
    fn only_the_desk_sees_alerts_and_all_see_changes_of_other_applications() {
        let sla = sla();
        let ticket = ticket(&sla);
        let head = ticket.head();
        let theirs = TicketEvents::of_other_application("x", head.clone(), Vec::new());
        let timers = head.timers(&sla).expect("it has timers");
        for (metric, timer) in timers.all() {
            for now in [timer.at_risk_from(), timer.due.plus(std::time::Duration::from_millis(1))] {
                let alert = TicketEvents::of_timer(head, metric, timer, &sla, now).expect("it is one");
                assert_eq!(alert.version, theirs.version);
                for audience in [Audience::Requester(ana()), Audience::Bot] {
                    assert!(!alert.is_visible_to(&audience), "{audience:?}: {alert:?}");
                    assert_eq!(alert.clone().for_audience(&audience), None);
                    assert!(theirs.is_visible_to(&audience), "{audience:?}");
                }
                assert_eq!(alert.clone().for_audience(&Audience::Desk), Some(alert));
            }
        }
    }

    #[test]
    fn an_alert_has_the_time_of_its_state_and_one_id_for_each_state() {
        let (sla, hours) = (sla(), |hours: i64| Timestamp::from_millis(hours * 3_600_000));
        let ticket = ticket(&sla);
        let head = ticket.head();
        let timer = &head.timers(&sla).expect("it has timers").first_response;
        let at = |hour: i64| {
            let now = sla.business_time_at(hours(hour).expect("it is a time"));
            TicketEvents::of_timer(head, SlaMetric::FirstResponse, timer, &sla, now)
        };
        let [risk, breach] = [at(3), at(5)].map(|alert| alert.expect("it is one"));
        assert_eq!(at(2), None);
        assert_eq!([risk.events[0].at, breach.events[0].at].map(Ok), [hours(3), hours(4)]);
        assert_eq!(at(9), Some(breach.clone()), "it is the same at any later time");
        assert_ne!(risk.id, breach.id);
    }
}
