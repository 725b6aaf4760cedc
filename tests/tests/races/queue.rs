//! Races for the next ticket of a queue.

use std::collections::BTreeSet;

use ventanilla_service::{
    HelpDesk, ListQuery, TicketNumber,
    list::{Direction, PageSize, Sort},
};

use super::crowd::{Backend, CROWD, at_once, person, ticket};

pub(crate) async fn a_queue_is_emptied_without_a_double_or_a_skip<B: Backend>() {
    let desk = B::desk().await.build();
    let opened = at_once(CROWD, |who| {
        let desk = desk.clone();
        async move {
            let mut opened = Vec::new();
            for _ in (who..B::QUEUE).step_by(CROWD) {
                opened.push(ticket(&desk).await);
            }
            opened
        }
    })
    .await
    .concat();
    assert_eq!(opened.len(), B::QUEUE);

    let queue = ListQuery::new().with_sort(Sort::Created(Direction::OldestFirst));
    let taken = at_once(CROWD, |who| {
        let (admin, queue) = (desk.admin(person(who)), queue.clone());
        async move {
            let mut taken: Vec<TicketNumber> = Vec::new();
            while let Some(next) = admin.claim_next(&queue).await.expect("a ticket or none") {
                assert_eq!(next.head.assignee, Some(person(who)));
                taken.push(next.head.ticket_number);
            }
            taken
        }
    })
    .await;

    for (who, taken) in taken.iter().enumerate() {
        assert_eq!(theirs(&desk, who).await, taken.iter().cloned().collect(), "it stays with its taker");
    }
    let taken = taken.concat();
    assert_eq!(taken.len(), B::QUEUE, "no ticket was taken twice");
    assert_eq!(BTreeSet::from_iter(taken), BTreeSet::from_iter(opened), "none was skipped");
}

/// Returns the tickets of an administrator, by all pages of their list.
async fn theirs(desk: &HelpDesk, who: usize) -> BTreeSet<TicketNumber> {
    let admin = desk.admin(person(who));
    let query = ListQuery::new().with_assignee(person(who)).with_page_size(PageSize::LARGEST);
    let mut page = query.clone().first_page();
    let mut found = BTreeSet::new();
    loop {
        let listed = admin.list(page).await.expect("a page");
        found.extend(listed.rows.into_iter().map(|row| row.head.ticket_number));
        let Some(cursor) = listed.next else { return found };
        page = query.clone().page_after(&cursor).expect("its own cursor");
    }
}
