//! Lists of the reference, which examines every ticket and sorts those that pass.

use ventanilla_service::{
    MessageText, Priority, Status, Timestamp, UserId,
    list::{Direction, DueFilter, Sort, WaitingFilter},
    ticket::{Actor, Waiting},
};

use super::{
    answer::{Answer, Head},
    people,
    reference::{Ticket, World},
    step::{Filter, Query},
};

/// Traversal of the pages of a list, with other steps in between.
#[derive(Debug, Clone)]
pub(crate) struct Traversal {
    query: Query,
    /// Sort key of the last row that was shown; `None` where no page is left.
    last: Option<Rank>,
    /// Tickets that the list had at its beginning, as long as no value that it filters or sorts by
    /// changes.
    pub(crate) steady: Vec<(usize, Place)>,
}

/// Sort key of a ticket in a list.
pub(crate) type Rank = (i64, i64, i64);

/// Values of a ticket that can change and that lists filter or sort by.
pub(crate) type Place =
    (Status, Priority, Option<UserId>, Option<i64>, Option<Waiting>, Option<Timestamp>, Vec<String>);

impl World {
    pub(crate) fn list(&mut self, query: &Query, rows: u32) -> Answer {
        if query.uses_due_time() && self.setup.is_none() {
            self.traversal = None;
            return Answer::Invalid("no_sla");
        }
        let listed = self.tickets.iter().filter(|ticket| query.lists(ticket, self.now));
        let steady = listed.map(|ticket| (ticket.head.ticket, place(ticket))).collect();
        self.traversal = Some(Traversal { query: query.clone(), last: None, steady });
        self.page(query, None, rows)
    }

    pub(crate) fn next_page(&mut self, rows: u32) -> Answer {
        let traversal = self.traversal.clone().unwrap();
        self.page(&traversal.query, traversal.last, rows)
    }

    pub(crate) fn may_turn_the_page(&self) -> bool {
        self.traversal.as_ref().is_some_and(|traversal| traversal.last.is_some())
    }

    /// Forgets the tickets of the traversal that the last step moved, or that the passing of time
    /// moved.
    pub(crate) fn watch(&mut self) {
        if let Some(traversal) = &mut self.traversal {
            let (query, now) = (&traversal.query, self.now);
            traversal.steady.retain(|(ticket, was)| {
                let ticket = &self.tickets[*ticket];
                place(ticket) == *was && query.lists(ticket, now)
            });
        }
    }

    /// Returns the tickets with a timer that is or will be due.
    pub(crate) fn due(&self, due: DueFilter) -> impl Iterator<Item = &Ticket> {
        self.tickets.iter().filter(move |ticket| ticket.is_due(Some(due), self.now))
    }

    fn page(&mut self, query: &Query, after: Option<Rank>, rows: u32) -> Answer {
        let listed = self.tickets.iter().filter(|ticket| query.lists(ticket, self.now));
        let ranked = listed.map(|ticket| (query.rank(ticket), ticket));
        let mut rest: Vec<_> =
            ranked.filter(|(rank, _)| after.is_none_or(|after| *rank > after)).collect();
        rest.sort_by_key(|(rank, _)| *rank);
        let more = rest.len() > rows as usize;
        rest.truncate(rows as usize);
        let last = rest.last().filter(|_| more).map(|(rank, _)| *rank);
        let one_line = |text: &MessageText| text.as_str().replace('\n', " ");
        let by = query.by();
        let head = |t: &Ticket| Head { messages: None, ..t.with_latest_timers(t.head(&by, self.now)) };
        let row = |t: &Ticket| (head(t), one_line(&t.description));
        let rows = rest.iter().map(|(_, ticket)| row(ticket)).collect();
        self.traversal.as_mut().unwrap().last = last;
        Answer::Page { rows, more }
    }
}

impl Query {
    /// Returns the actor who asks for the list.
    pub(crate) fn by(&self) -> Actor {
        match self {
            Query::Mine { by, .. } => Actor::Customer(by.clone()),
            Query::All(..) => Actor::Admin(people::person(4)),
        }
    }

    /// Returns true if it is filtered or sorted by due time.
    fn uses_due_time(&self) -> bool {
        matches!(self, Query::All(filter, sort) if filter.due.is_some() || *sort == Sort::Due)
    }

    fn lists(&self, ticket: &Ticket, now: Timestamp) -> bool {
        let head = &ticket.head;
        match self {
            Query::Mine { by, closed } => {
                head.requester == *by && (*closed || head.status != Status::Closed)
            }
            Query::All(filter, _) => {
                let in_time = !self.uses_due_time() || ticket.is_due(filter.due, now);
                filter.lists(head, now) && in_time
            }
        }
    }

    fn rank(&self, ticket: &Ticket) -> Rank {
        let head = &ticket.head;
        let sort = match self {
            Query::Mine { .. } => Sort::Created(Direction::NewestFirst),
            Query::All(_, sort) => *sort,
        };
        let urgency = match head.priority {
            Priority::Low => 0,
            Priority::Medium => 1,
            Priority::High => 2,
            Priority::Urgent => 3,
        };
        let (first, direction) = match sort {
            Sort::Created(direction) => (0, direction),
            Sort::UrgentFirst(direction) => (-urgency, direction),
            Sort::LowFirst(direction) => (urgency, direction),
            Sort::Due => return (ticket.due().expect("it is listed"), 0, head.ticket as i64),
        };
        // Tickets of one millisecond stand in order of arrival.
        let (created, arrival) = (head.created_at.as_millis(), head.ticket as i64);
        match direction {
            Direction::OldestFirst => (first, created, arrival),
            Direction::NewestFirst => (first, -created, -arrival),
        }
    }
}

impl Filter {
    fn lists(&self, head: &Head, now: Timestamp) -> bool {
        let category = self.category.as_ref().is_none_or(|wanted| *wanted == head.category);
        let assignee = self.assignee.as_ref().is_none_or(|wanted| *wanted == head.assignee);
        let requester = self.requester.as_ref().is_none_or(|wanted| *wanted == head.requester);
        let from = self.from.is_none_or(|from| from <= head.created_at);
        let before = self.before.is_none_or(|before| head.created_at < before);
        let waiting = self.waiting.is_none_or(|wanted| match wanted {
            WaitingFilter::Waiting => head.waits_at(now),
            WaitingFilter::NotWaiting => !head.waits_at(now),
        });
        let handed_over = !self.handed_over || head.handoff_at.is_some();
        let about = self.about.is_none_or(|wanted| head.about.iter().any(|about| about == wanted));
        let tag = self.tag.is_none_or(|wanted| head.tags.iter().any(|tag| tag == wanted));
        self.statuses.contains(&head.status)
            && self.priorities.contains(&head.priority)
            && (about && tag)
            && (category && assignee && requester && from && before && waiting && handed_over)
    }
}

impl Ticket {
    /// Returns the business time at which it is due, as long as somebody waits.
    fn due(&self) -> Option<i64> {
        let sla = self.sla.as_ref().filter(|_| self.is_live())?;
        // What is due first doesn't depend on the time.
        sla.pressing(self.head.created_at).map(|(due, _)| due)
    }

    pub(crate) fn is_due(&self, which: Option<DueFilter>, now: Timestamp) -> bool {
        let sla = self.sla.as_ref().filter(|_| self.is_live());
        sla.and_then(|sla| Some((sla, sla.pressing(now)?))).is_some_and(|(sla, (due, presses))| {
            let late = due < sla.calendar().until(now);
            match which {
                None => true,
                Some(DueFilter::Overdue) => late,
                Some(DueFilter::AtRisk) => presses && !late,
            }
        })
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.head.status, Status::Open | Status::InProgress)
    }
}

fn place(ticket: &Ticket) -> Place {
    let head = &ticket.head;
    let labels = head.about.iter().chain(&head.tags).cloned().collect();
    let assignee = head.assignee.clone();
    (head.status, head.priority, assignee, ticket.due(), head.waiting, head.handoff_at, labels)
}
