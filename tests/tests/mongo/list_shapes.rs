//! Lists of every kind: each filter, order and kind of page.

use ventanilla_service::{
    Category, ListQuery, Priority, Status,
    list::{Direction, EnumSet, PageQuery, PageSize, Sort},
    store::Position,
    testing::{admin, customer},
};

use super::bulk_data;

/// Page of a list, with the limits of keys and documents that may be examined for it.
pub(crate) struct ListShape {
    pub(crate) name: String,
    pub(crate) page: PageQuery,
    query: ListQuery,
}

impl ListShape {
    /// Returns all of them for so many tickets.
    pub(crate) fn all(count: u64) -> Vec<Self> {
        let orders = [
            ("newest", Sort::Created(Direction::NewestFirst)),
            ("oldest", Sort::Created(Direction::OldestFirst)),
            ("urgent, newest", Sort::UrgentFirst(Direction::NewestFirst)),
            ("urgent, oldest", Sort::UrgentFirst(Direction::OldestFirst)),
            ("low, newest", Sort::LowFirst(Direction::NewestFirst)),
        ];
        let mut shapes = Vec::new();
        for (filter, query) in filters(count) {
            for (order, sort) in orders {
                let query = query.clone().with_sort(sort);
                let first = query.clone().first_page();
                let cursor = first.cursor_after(&middle(&query, count));
                let after = query.clone().page_after(&cursor).unwrap();
                for (part, page) in [("first", first), ("after", after)] {
                    let name = format!("{filter:<24}{order:<16}{part}");
                    shapes.push(Self { name, page, query: query.clone() });
                }
            }
        }
        shapes
    }

    /// Returns the limit of examined keys: the rows, times the number of priorities in an order by
    /// priority, and one key for the start of each run of the index.
    ///
    /// A run has one status and one priority; if some tickets have none, there are runs of those too. All
    /// tickets of a requester by creation are one run.
    pub(crate) fn keys(&self, some_have_none: bool) -> usize {
        let (statuses, priorities) = (self.query.statuses(), self.query.priorities());
        let of_no_status = some_have_none && statuses.contains(Status::default());
        let of_no_priority = some_have_none && priorities.contains(Priority::default());
        let is_all = statuses == EnumSet::all() && priorities == EnumSet::all();
        if is_all && self.query.requester().is_some() && !self.is_by_priority() {
            return self.query.page_size() + 1 + self.ties();
        }
        let runs = (statuses.len() + usize::from(of_no_status))
            * (priorities.len() + usize::from(of_no_priority));
        self.parts() * self.query.page_size() + runs + self.ties()
    }

    /// Returns the limit of examined documents: the rows, and one more that shows whether a page
    /// follows.
    pub(crate) fn documents(&self) -> usize {
        self.parts() * (self.query.page_size() + 1) + self.ties()
    }

    pub(crate) fn is_by_priority(&self) -> bool {
        !matches!(self.query.sort(), Sort::Created(_))
    }

    /// Number of lists that are merged.
    fn parts(&self) -> usize {
        if self.is_by_priority() { self.query.priorities().len() } else { 1 }
    }

    /// Number of rows with the cursor's millisecond, which may have been seen already.
    fn ties(&self) -> usize {
        if self.page.position().is_some() { bulk_data::TIES as usize } else { 0 }
    }
}

fn filters(count: u64) -> Vec<(&'static str, ListQuery)> {
    let all = ListQuery::new;
    let live = Status::Open | Status::InProgress;
    let category = |name| Category::parse(name).unwrap();
    let (from, before) = (bulk_data::created_at(count / 4), bulk_data::created_at(count / 4 * 3));
    vec![
        ("all", all()),
        ("live", all().with_statuses(live)),
        ("resolved", all().with_statuses(Status::Resolved)),
        ("urgent", all().with_priorities(Priority::Urgent)),
        ("open and urgent", all().with_statuses(Status::Open).with_priorities(Priority::Urgent)),
        ("category", all().with_category(Category::PAGOS)),
        ("category, live", all().with_category(Category::PAGOS).with_statuses(live)),
        ("rare category", all().with_category(category("RARA"))),
        ("unused category", all().with_category(category("NADA"))),
        ("assignee", all().with_assignee(admin(0))),
        ("assignee, live", all().with_assignee(admin(0)).with_statuses(live)),
        ("idle assignee", all().with_assignee(admin(99))),
        ("unassigned", all().unassigned()),
        ("unassigned, live", all().unassigned().with_statuses(live)),
        ("requester of many", all().with_requester(customer(0))),
        (
            "requester, not closed",
            all().with_requester(customer(0)).with_statuses(!EnumSet::only(Status::Closed)),
        ),
        ("requester of few", all().with_requester(customer(7))),
        ("tag", all().with_tag("vip".parse().unwrap())),
        ("tag, live", all().with_tag("vip".parse().unwrap()).with_statuses(live)),
        ("rare tag", all().with_tag("rara".parse().unwrap())),
        ("about", all().with_reference("order:0".parse().unwrap())),
        ("about, of one", all().with_reference("payment:7".parse().unwrap())),
        ("created between", all().with_created_from(from).with_created_before(before)),
        ("live, 100 rows", all().with_statuses(live).with_page_size(PageSize::new(100).unwrap())),
    ]
}

/// Returns a position in the middle of a list, after half of its millisecond.
fn middle(query: &ListQuery, count: u64) -> Position {
    let priorities = query.priorities();
    let priority = priorities.iter().nth(priorities.len() / 2).unwrap();
    Position { key: bulk_data::created_at(count / 2).as_millis(), priority, tiebreaker: [0x80; 12] }
}
