//! Traversal of the pages of a desk's list.

use ventanilla_service::{
    HelpDesk, ListQuery, MyTickets, Priority, ServiceError, Status, TicketSummary,
    list::{Cursor, EnumSet, Page, PageSize},
};

use super::step::{Filter, Query};

pub(crate) struct Traversal {
    query: Query,
    next: Next,
    /// Tickets of all pages so far.
    pub(crate) visited: Vec<usize>,
}

enum Next {
    First,
    After(Cursor),
    Nothing,
}

impl Traversal {
    pub(crate) fn new(query: Query) -> Self {
        Self { query, next: Next::First, visited: Vec::new() }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.next, Next::Nothing)
    }

    pub(crate) async fn turn(
        &mut self,
        desk: &HelpDesk,
        size: PageSize,
    ) -> Result<Page<TicketSummary>, ServiceError> {
        let cursor = match &self.next {
            Next::First => None,
            Next::After(cursor) => Some(cursor),
            Next::Nothing => panic!("the traversal is over"),
        };
        let page = match &self.query {
            Query::Mine { by, closed } => {
                let all = if *closed { MyTickets::all() } else { MyTickets::not_closed() };
                let all = all.with_page_size(size);
                let which = match cursor {
                    Some(cursor) => all.with_cursor(cursor.clone()),
                    None => all,
                };
                desk.customer(by.clone()).list(which).await?
            }
            Query::All(filter, sort) => {
                let query = list_query(filter).with_sort(*sort).with_page_size(size);
                let page = match cursor {
                    Some(cursor) => query.page_after(cursor)?,
                    None => query.first_page(),
                };
                desk.admin(super::people::person(4)).list(page).await?
            }
        };
        self.next = page.next.clone().map_or(Next::Nothing, Next::After);
        Ok(page)
    }
}

fn list_query(filter: &Filter) -> ListQuery {
    let statuses: EnumSet<Status> = filter.statuses.iter().copied().collect();
    let priorities: EnumSet<Priority> = filter.priorities.iter().copied().collect();
    let mut query = ListQuery::new().with_statuses(statuses).with_priorities(priorities);
    if let Some(category) = &filter.category {
        query = query.with_category(category.clone());
    }
    if let Some(requester) = &filter.requester {
        query = query.with_requester(requester.clone());
    }
    if let Some(due) = filter.due {
        query = query.with_due(due);
    }
    if let Some(from) = filter.from {
        query = query.with_created_from(from);
    }
    if let Some(before) = filter.before {
        query = query.with_created_before(before);
    }
    if let Some(waiting) = filter.waiting {
        query = query.with_waiting(waiting);
    }
    if filter.handed_over {
        query = query.handed_over();
    }
    if let Some(about) = filter.about {
        query = query.with_reference(about.parse().unwrap());
    }
    if let Some(tag) = filter.tag {
        query = query.with_tag(tag.parse().unwrap());
    }
    match &filter.assignee {
        Some(Some(admin)) => query.with_assignee(admin.clone()),
        Some(None) => query.unassigned(),
        None => query,
    }
}
