//! Indexes of tickets: by creation, for each status and priority, overall and by category, assignee,
//! requester, reference and tag; by due time; by the end of their wait; by time of resolution; and by the
//! days that concern reports.

use std::collections::{BTreeSet, HashMap};

use itertools::{Either, Itertools};
use ventanilla_domain::{
    Category, EnumSet, Priority, Reference, Status, Tag, TicketHead, Timestamp, UserId,
};

use super::{
    due_times::{DueTime, DueTimes},
    place::{Place, Seq},
    ranked::RankedSet,
    reported::{Day, Reported},
};
use crate::{
    AssigneeFilter, Direction, ListQuery, PageQuery, Sort,
    query::{is_handed_over, waiting_until},
};

/// Set of tickets that are indexed together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Group {
    All,
    Category(Category),
    Assignee(Option<UserId>),
    Requester(UserId),
    About(Reference),
    Tag(Tag),
}

/// Indexed properties of a ticket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facets {
    listed: Listed,
    /// Set while the ticket has a running timer.
    due: Option<DueTime>,
    /// Milliseconds until which the ticket waits for somebody outside the desk.
    waiting_until: Option<i64>,
    is_handed_over: bool,
    /// Time of resolution, while the ticket is resolved.
    resolved: Option<Timestamp>,
    /// Days whose reports the ticket contributes to.
    reported: Vec<Day>,
}

/// Properties by which lists in order of creation are filtered and sorted.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    status: Status,
    priority: Priority,
    category: Category,
    assignee: Option<UserId>,
    requester: UserId,
    about: Vec<Reference>,
    tags: Vec<Tag>,
    created_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    ids: HashMap<Group, u32>,
    /// Number of tickets in each cell of each group.
    counts: Vec<[u32; CELLS]>,
    entries: BTreeSet<Entry>,
    due_times: DueTimes,
    /// Ends of the waits of tickets in progress.
    waits: RankedSet<(i64, Seq)>,
    /// Number of live tickets that the bot handed over.
    handed_over: u64,
    resolved: BTreeSet<(Timestamp, Seq)>,
    reported: Reported,
}

/// Ticket in one cell of one group, ordered by cell, then creation, then arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    cell: u32,
    created_at: Timestamp,
    seq: Seq,
}

const CELLS: usize = Status::ALL.len() * Priority::ALL.len();

impl Facets {
    pub(super) fn of(head: &TicketHead) -> Self {
        let listed = Listed {
            status: head.status,
            priority: head.priority,
            category: head.category.clone(),
            assignee: head.assignee.clone(),
            requester: head.requester.clone(),
            about: head.about.clone(),
            tags: head.tags.clone(),
            created_at: head.created_at,
        };
        let resolved = (head.status == Status::Resolved).then(|| head.resolved_or_updated_at());
        Self {
            listed,
            due: DueTime::of(head),
            waiting_until: waiting_until(head),
            is_handed_over: is_handed_over(head),
            resolved,
            reported: Day::all_of(head),
        }
    }
}

impl Listed {
    fn groups(&self) -> impl Iterator<Item = Group> + use<'_> {
        let single = [
            Group::All,
            Group::Category(self.category.clone()),
            Group::Assignee(self.assignee.clone()),
            Group::Requester(self.requester.clone()),
        ];
        let about = self.about.iter().cloned().map(Group::About);
        let tags = self.tags.iter().cloned().map(Group::Tag);
        single.into_iter().chain(about).chain(tags)
    }
}

impl Index {
    /// Adds a new ticket, or moves one whose properties were `before` and are now `after`.
    pub(super) fn update(&mut self, before: Option<&Facets>, after: &Facets, seq: Seq) {
        if before.map(|before| &before.listed) != Some(&after.listed) {
            before.into_iter().for_each(|before| self.unlist(&before.listed, seq));
            self.list(&after.listed, seq);
        }
        let was_due = before.and_then(|before| before.due);
        if was_due != after.due {
            was_due.into_iter().for_each(|due| self.due_times.remove(due, seq));
            after.due.into_iter().for_each(|due| self.due_times.add(due, seq));
        }
        let waited_until = before.and_then(|before| before.waiting_until);
        if waited_until != after.waiting_until {
            waited_until.into_iter().for_each(|until| self.waits.remove(&(until, seq)));
            after.waiting_until.into_iter().for_each(|until| self.waits.insert((until, seq)));
        }
        let was_handed_over = before.is_some_and(|before| before.is_handed_over);
        self.handed_over -= u64::from(was_handed_over);
        self.handed_over += u64::from(after.is_handed_over);
        let was_resolved = before.and_then(|before| before.resolved);
        if was_resolved != after.resolved {
            was_resolved.map(|since| self.resolved.remove(&(since, seq)));
            self.resolved.extend(after.resolved.map(|since| (since, seq)));
        }
        let reported = before.map_or(&[][..], |before| &before.reported);
        if reported != after.reported {
            self.reported.remove(reported, seq);
            self.reported.add(&after.reported, seq);
        }
    }

    fn list(&mut self, listed: &Listed, seq: Seq) {
        for group in listed.groups() {
            let id = self.id(group);
            self.counts[id as usize][cell(listed.status, listed.priority)] += 1;
            self.entries.insert(Entry::of(id, listed, seq));
        }
    }

    fn unlist(&mut self, listed: &Listed, seq: Seq) {
        for group in listed.groups() {
            let id = self.id(group);
            self.counts[id as usize][cell(listed.status, listed.priority)] -= 1;
            self.entries.remove(&Entry::of(id, listed, seq));
        }
    }

    pub(super) fn count(&self, group: &Group, status: Status, priority: Priority) -> u64 {
        let id = self.ids.get(group);
        id.map_or(0, |id| u64::from(self.counts[*id as usize][cell(status, priority)]))
    }

    /// Returns the candidates of a page, in its order.
    ///
    /// For a list by due time these are the tickets that pass its due filter; for any other those of the
    /// narrowest group that pass its filters of status, priority and creation. The caller applies the
    /// other filters.
    pub(super) fn walk(&self, page: &PageQuery, after: Option<Place>) -> impl Iterator<Item = Seq> {
        let query = page.query();
        let (direction, by_priority) = match query.sort() {
            Sort::Due => return Either::Left(self.due_times.walk(query.due(), page.as_of(), after)),
            Sort::Created(direction) => (direction, false),
            Sort::UrgentFirst(direction) | Sort::LowFirst(direction) => (direction, true),
        };
        Either::Right(self.by_creation(query, direction, by_priority, after))
    }

    /// Returns the index of tickets with a running timer.
    pub(super) const fn due_times(&self) -> &DueTimes {
        &self.due_times
    }

    /// Counts the tickets that wait for somebody outside the desk at this time.
    pub(super) fn waiting(&self, now: Timestamp) -> u64 {
        let ended = self.waits.count_while(|(until, _)| *until <= now.as_millis());
        (self.waits.count_while(|_| true) - ended) as u64
    }

    /// Returns the number of live tickets that the bot handed over.
    pub(super) const fn handed_over(&self) -> u64 {
        self.handed_over
    }

    /// Returns the index of tickets that may contribute to a report.
    pub(super) const fn reported(&self) -> &Reported {
        &self.reported
    }

    /// Returns the tickets that were resolved up to this instant, earliest first.
    pub(super) fn resolved_until(&self, latest: Timestamp) -> impl Iterator<Item = Seq> {
        self.resolved.range(..=(latest, Seq::MAX)).map(|(_, seq)| *seq)
    }

    fn by_creation(
        &self,
        query: &ListQuery,
        direction: Direction,
        by_priority: bool,
        after: Option<Place>,
    ) -> impl Iterator<Item = Seq> + use<'_> {
        let Some(group) = self.ids.get(&narrowest(query)).copied() else {
            return Either::Left(std::iter::empty());
        };
        let walk = Walk { index: self, query: query.clone(), direction };
        if !by_priority {
            return Either::Right(Either::Left(walk.merge(group, query.priorities(), after)));
        }
        let priorities = query.priorities_in_order().into_iter();
        let left = priorities
            .skip_while(move |priority| after.is_some_and(|after| after.priority != *priority));
        Either::Right(Either::Right(left.flat_map(move |priority| {
            let after = after.filter(|after| after.priority == priority);
            walk.merge(group, priority.into(), after)
        })))
    }

    fn id(&mut self, group: Group) -> u32 {
        let next = self.counts.len() as u32;
        let id = *self.ids.entry(group).or_insert(next);
        if id == next {
            self.counts.push([0; CELLS]);
        }
        id
    }
}

/// Walk through the cells of a group.
struct Walk<'a> {
    index: &'a Index,
    query: ListQuery,
    direction: Direction,
}

impl<'a> Walk<'a> {
    /// Returns the tickets of these priorities in order of creation, merged from the cells that have any.
    fn merge(
        &self,
        group: u32,
        priorities: EnumSet<Priority>,
        after: Option<Place>,
    ) -> impl Iterator<Item = Seq> + use<'a> {
        let direction = self.direction;
        let counts = &self.index.counts[group as usize];
        let cells = self.query.listed_statuses().iter().cartesian_product(priorities.iter());
        let filled =
            cells.map(|(status, priority)| cell(status, priority)).filter(|cell| counts[*cell] > 0);
        let runs: Vec<_> =
            filled.map(|cell| self.run(group * CELLS as u32 + cell as u32, after)).collect();
        runs.into_iter()
            .kmerge_by(move |a, b| match direction {
                Direction::NewestFirst => (a.created_at, a.seq) > (b.created_at, b.seq),
                Direction::OldestFirst => (a.created_at, a.seq) < (b.created_at, b.seq),
            })
            .map(|entry| entry.seq)
    }

    /// Returns the entries of one cell after a position, in the order of the walk.
    fn run(&self, cell: u32, after: Option<Place>) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let (from, before) = self.query.created();
        let mut low = Entry { cell, created_at: from.unwrap_or(Timestamp::MIN), seq: 0 };
        let mut high = match before {
            Some(created_at) => Entry { cell, created_at, seq: 0 },
            None => Entry { cell: cell + 1, created_at: Timestamp::MIN, seq: 0 },
        };
        if let Some(Place { key, seq, .. }) = after {
            let created_at = Timestamp::from_millis(key).unwrap_or(Timestamp::MAX);
            match self.direction {
                Direction::NewestFirst => high = high.min(Entry { cell, created_at, seq }),
                Direction::OldestFirst => {
                    low = low.max(Entry { cell, created_at, seq: seq.saturating_add(1) });
                }
            }
        }
        let entries = self.index.entries.range(low..high.max(low));
        match self.direction {
            Direction::NewestFirst => Either::Left(entries.rev()),
            Direction::OldestFirst => Either::Right(entries),
        }
    }
}

impl Entry {
    fn of(group: u32, listed: &Listed, seq: Seq) -> Self {
        let cell = group * CELLS as u32 + cell(listed.status, listed.priority) as u32;
        Self { cell, created_at: listed.created_at, seq }
    }
}

const fn cell(status: Status, priority: Priority) -> usize {
    status as usize * Priority::ALL.len() + priority as usize
}

/// Returns the smallest group, as a rule, that contains all tickets of a query.
fn narrowest(query: &ListQuery) -> Group {
    if let Some(requester) = query.requester() {
        return Group::Requester(requester.clone());
    }
    if let Some(about) = query.about() {
        return Group::About(about.clone());
    }
    match (query.assignee(), query.tag(), query.category()) {
        (Some(AssigneeFilter::To(admin)), ..) => Group::Assignee(Some(admin.clone())),
        (_, Some(tag), _) => Group::Tag(tag.clone()),
        (_, None, Some(category)) => Group::Category(category.clone()),
        (Some(AssigneeFilter::Unassigned), None, None) => Group::Assignee(None),
        (None, None, None) => Group::All,
    }
}
