//! Conversions from the desk's types to the model's, and of ticket numbers to typed text.

use std::time::Duration;

use ventanilla_service::{
    Explain, Receipt, ServiceError, TicketDetails, TicketNumber, TimeZone, Timestamp,
    sla::{Elapsed, SlaInstant, SlaMetric, SlaState, SlaStop, SlaTimer, SlaTimers},
    store::TicketLookup,
    ticket::{Actor, Message, TicketHead},
    view::{SlaView, Viewer},
};

use super::{
    answer::{Answer, Head, Seen, Stop, Timer},
    desk::Desk,
    step::{Hand, Read},
};

impl Desk {
    pub(super) fn opened(&mut self, receipt: Result<Receipt, ServiceError>) -> Answer {
        if let Ok(Receipt { head, repeated: false, .. }) = &receipt {
            assert!(!self.numbers.contains(&head.ticket_number), "one number, two tickets");
            self.numbers.push(head.ticket_number.clone());
        }
        self.done(receipt)
    }

    pub(super) fn done(&self, receipt: Result<Receipt, ServiceError>) -> Answer {
        match receipt {
            Ok(Receipt { head, events, repeated, .. }) => {
                Answer::Done { head: Box::new(self.head(&head)), events, repeated }
            }
            Err(error) => self.failed(error),
        }
    }

    pub(super) fn failed(&self, error: ServiceError) -> Answer {
        match error {
            ServiceError::NotFound { number } => Answer::NotFound(self.meant(&number)),
            ServiceError::Refused { number, refusal } => {
                Answer::Refused { ticket: self.meant(&number), refusal }
            }
            ServiceError::NotOpened { refusal } => Answer::NotOpened(refusal),
            ServiceError::UploadRefused { refusal } => Answer::NotUploaded(refusal),
            ServiceError::AttachmentNotFound { id } => Answer::FileNotFound(self.place_of(id)),
            other => Answer::Invalid(other.code()),
        }
    }

    pub(super) async fn seen(&self, view: TicketDetails, read: &Read) -> Seen {
        let page_timers = self.page_timers(&view, read).await;
        let message = |mut message: Message| {
            message.attachments = message.attachments.into_iter().map(|file| self.file(file)).collect();
            message
        };
        Seen {
            page_timers,
            head: self.head(&view.head),
            description: view.description,
            messages: view.messages.into_iter().map(message).collect(),
            earlier: view.earlier_messages as usize,
            bytes: view.conversation_bytes as usize,
            notes: view.notes,
            history: view.history,
            draft: view.draft,
        }
    }

    pub(super) fn head(&self, head: &TicketHead) -> Head {
        Head {
            ticket: self.ticket(&head.ticket_number),
            requester: head.requester.clone(),
            category: head.category.clone(),
            status: head.status,
            priority: head.priority,
            assignee: head.assignee.clone(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            first_response_at: head.first_response_at,
            resolved_at: head.resolved_at,
            closed_at: head.closed_at,
            waiting: head.waiting,
            handoff_at: head.handoff_at,
            about: head.about.iter().map(ToString::to_string).collect(),
            tags: head.tags.iter().map(ToString::to_string).collect(),
            follows: head.follow_up_of.as_ref().map(|number| self.ticket(number)),
            version: head.version,
            messages: head.message_count.map(|count| count as usize),
            timers: head.sla.as_deref().map(|timers| self.timers(head, timers)),
        }
    }

    fn timers(&self, head: &TicketHead, timers: &SlaTimers) -> Vec<Timer> {
        let sla = self.desk.policy().sla.as_ref().expect("the desk has SLA targets");
        assert_eq!(head.timers(sla).as_ref(), Some(timers), "nobody else stops timers");
        let (now, reading) = (self.now(), sla.business_time_at(self.now()));
        let timer = |(metric, timer): (SlaMetric, &SlaTimer)| {
            let stop = timer.stop.as_ref();
            let stopped = stop.map(|stop| SlaInstant { at: stop.at, business_time: stop.business_time });
            let present = stopped.unwrap_or(SlaInstant { at: now, business_time: reading });
            let is_on = |end: SlaInstant| now < end.at;
            let pause = timer.pause.filter(|pause| pause.end.is_none_or(is_on));
            // Up to the end of a pause the timer has been moved on.
            let end = pause.map_or(present, |pause| pause.end.unwrap_or(pause.start));
            let spent = (
                end.business_time.as_millis() - timer.start.as_millis(),
                end.at.as_millis() - timer.since.as_millis(),
            );
            let in_time = pause.is_some_and(|pause| pause.start.business_time <= timer.due);
            let left_from = if in_time { end } else { present }.business_time;
            let measured = timer.measured().map(|Elapsed { business, calendar }| (business, calendar));
            let length = |millis: i64| Duration::from_millis(millis.max(0).unsigned_abs());
            let meant = stop.filter(|stop| !stop.cancelled).map(|_| (length(spent.0), length(spent.1)));
            assert_eq!(measured, meant);
            Timer {
                metric,
                state: timer.state(reading),
                left: timer.due.as_millis() - left_from.as_millis(),
                spent,
                stop: timer.stop.clone().map(|SlaStop { at, by, cancelled, .. }| Stop {
                    at,
                    by,
                    in_vain: cancelled,
                }),
            }
        };
        timers.all().map(timer).collect()
    }

    /// Returns the SLA part of a ticket's page, for an administrator.
    async fn page_timers(
        &self,
        view: &TicketDetails,
        read: &Read,
    ) -> Vec<(SlaMetric, SlaState, Option<Timestamp>)> {
        let (Read::View { by: Actor::Admin(id), .. } | Read::Find { by: Actor::Admin(id), .. }) = read
        else {
            return Vec::new();
        };
        let admin = self.desk.admin(id.clone());
        let page = admin.pages(Viewer::new(TimeZone::UTC), &()).ticket(view).await;
        let timer = |sla: SlaView| {
            let (metric, state) = (sla.metric.code.parse(), sla.state.code.parse());
            (metric.unwrap(), state.unwrap(), sla.due.map(|due| due.iso.parse().unwrap()))
        };
        page.sla.into_iter().map(timer).collect()
    }

    pub(super) fn ticket(&self, number: &TicketNumber) -> usize {
        let place = self.numbers.iter().position(|known| known == number);
        place.unwrap_or_else(|| {
            assert_eq!(*number, nobodys(), "a number that was never given");
            self.numbers.len()
        })
    }

    /// Returns the ticket of a number in a refusal, which is spelled as it was requested.
    fn meant(&self, asked: &TicketNumber) -> usize {
        let lookup = TicketLookup::parse(asked.as_str()).unwrap();
        let known = |number: &&TicketNumber| **number == nobodys() || self.numbers.contains(number);
        self.ticket(lookup.candidates().iter().find(known).unwrap_or(asked))
    }

    pub(super) fn number(&self, ticket: usize) -> TicketNumber {
        self.numbers.get(ticket).cloned().unwrap_or_else(nobodys)
    }
}

/// Number of no ticket.
pub(super) fn nobodys() -> TicketNumber {
    TicketNumber::parse("TKT-ZZZZZZ").unwrap()
}

/// Returns a number in a spelling that somebody types.
pub(super) fn typed(number: &TicketNumber, hand: Hand) -> String {
    let number = number.as_str();
    match hand {
        Hand::Exact => number.into(),
        Hand::Lower => number.to_lowercase(),
        Hand::Hash => format!(" #{number} "),
        Hand::NoPrefix => number.replace("TKT-", ""),
        Hand::Letters => number.replace("TKT-", "tkt ").replace('0', "o").replace('1', "l"),
        Hand::Blank => "  ".into(),
    }
}
