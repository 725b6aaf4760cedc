//! References and tags of tickets.

use ventanilla_domain::{
    Audience, Change, EnumSet, MessageRange, Outcome, Priority, Status, TicketHead,
};

use super::{
    cases,
    listing::{names, walk, walk_when},
    support::{
        Mirror, admin, ana, answer, command, customer, fill, hour, message, note, number, parsed,
        reference, timed_ticket,
    },
};
use crate::{ListQuery, PageSize, Sort, TicketStore, testing};

cases![
    labels_are_added_and_removed,
    a_new_ticket_is_listed_by_its_labels,
    a_ticket_is_listed_by_its_labels_after_each_change,
    a_closed_ticket_keeps_its_labels,
    a_ticket_has_no_more_labels_than_allowed,
    a_list_by_label_is_walked_in_pages,
];

fn add_tag(tag: &str) -> Change {
    Change::add_tag(parsed(tag))
}

fn remove_tag(tag: &str) -> Change {
    Change::remove_tag(parsed(tag))
}

fn add_reference(about: &str) -> Change {
    Change::add_reference(reference(about))
}

fn remove_reference(about: &str) -> Change {
    Change::remove_reference(reference(about))
}

/// Returns the numbers of the tickets with each of these tags and about each of these.
async fn listed(store: &dyn TicketStore, tags: &[&str], about: &[&str]) -> Vec<Vec<String>> {
    let tags = tags.iter().map(|tag| ListQuery::new().with_tag(parsed(*tag)));
    let about = about.iter().map(|about| ListQuery::new().with_reference(reference(about)));
    let mut listed = Vec::new();
    for query in tags.chain(about) {
        listed.push(names(&walk(store, &query).await));
    }
    listed
}

async fn labels_are_added_and_removed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, timed_ticket("TKT-ABC123").build()).await;
    for (change, is_made) in [
        (add_tag("vip"), true),
        (add_tag("vip"), false),
        (add_tag("cliente nuevo"), true),
        (add_reference("order:1001"), true),
        (add_reference("order:1001"), false),
        (add_reference("payment:order:1001"), true),
        (remove_tag("vip"), true),
        (remove_tag("vip"), false),
        (add_tag("vip"), true),
        (remove_reference("order:1001"), true),
        (remove_tag("vip"), true),
        (remove_tag("cliente nuevo"), true),
        (remove_reference("payment:order:1001"), true),
        (remove_reference("payment:order:1001"), false),
        (add_reference("order:1001"), true),
    ] {
        let outcome = mirror.timed(change.clone(), &admin(), hour(1)).await;
        assert_eq!(matches!(outcome, Outcome::Applied { .. }), is_made, "{change:?}: {outcome:?}");
    }
    let left = [vec![], vec![], vec!["TKT-ABC123"], vec![]];
    let about = ["order:1001", "payment:order:1001"];
    assert_eq!(listed(store, &["vip", "cliente nuevo"], &about).await, left);
}

async fn a_new_ticket_is_listed_by_its_labels(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123")
        .tag("vip")
        .tag("ñandú no")
        .about("order:1001")
        .about("payment:a:b/c?d=#é")
        .build();
    fill(store, &[ticket.clone(), timed_ticket("TKT-ABC124").tag("vip").created_at(hour(1)).build()])
        .await;
    assert_eq!(answer(store.ticket(&number()).await).as_ref(), Some(&ticket));
    for audience in [Audience::Desk, Audience::Bot, Audience::Requester(ana())] {
        let seen = answer(store.get(&(&number()).into(), &audience, MessageRange::All).await);
        assert_eq!(seen, ticket.details(&audience, MessageRange::All), "{audience:?}");
        let seen = seen.expect("they may see it").head;
        assert_eq!((seen.about.len(), seen.tags.is_empty()), (2, audience != Audience::Desk));
    }
    let both = vec!["TKT-ABC124", "TKT-ABC123"];
    let first = vec!["TKT-ABC123"];
    assert_eq!(
        listed(store, &["vip", "ñandú no", "vi"], &["order:1001", "payment:a:b/c?d=#é"]).await,
        [both, first.clone(), vec![], first.clone(), first],
    );
}

async fn a_ticket_is_listed_by_its_labels_after_each_change(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").tag("vip").about("order:1001").build();
    let mut mirror = Mirror::of(store, ticket).await;
    let changes = [
        (Change::status(Status::InProgress), admin()),
        (Change::priority(Priority::Urgent), admin()),
        (note("Ojo"), admin()),
        (message("¿Hay novedades?"), customer()),
        (add_tag("otra"), admin()),
        (Change::claim(), admin()),
        (Change::status(Status::Resolved), admin()),
        (message("Sigue igual."), customer()),
        (Change::status(Status::Closed), admin()),
    ];
    for (nth, (change, by)) in (2..).zip(changes) {
        mirror.timed(change, &by, hour(nth)).await;
        for query in [
            ListQuery::new().with_tag(parsed("vip")),
            ListQuery::new().with_reference(reference("order:1001")),
            ListQuery::new().with_reference(reference("order:1001")).with_tag(parsed("vip")),
            ListQuery::new().with_tag(parsed("vip")).with_requester(ana()),
        ] {
            let rows = walk(store, &query).await;
            assert_eq!(names(&rows), ["TKT-ABC123"], "{query:?}");
            let TicketHead { status, priority, .. } = rows[0].head.clone();
            let narrowed = query.clone().with_statuses(status).with_priorities(priority);
            assert_eq!(names(&walk(store, &narrowed).await), ["TKT-ABC123"], "{narrowed:?}");
            let others = query.clone().with_statuses(!EnumSet::from(status));
            assert_eq!(walk(store, &others).await, [], "{others:?}");
            let by_due = walk_when(store, &query.with_sort(Sort::Due), hour(1)).await;
            assert_eq!(by_due.len(), usize::from(status.is_live()), "{status:?}");
        }
    }
}

async fn a_closed_ticket_keeps_its_labels(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").tag("vip").about("order:1001").status(Status::Closed);
    let mut mirror = Mirror::of(store, ticket.build()).await;
    for change in
        [add_tag("otra"), remove_tag("vip"), add_reference("order:1"), remove_reference("order:1001")]
    {
        let outcome = mirror.timed(change, &admin(), hour(1)).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    }
    let its = vec!["TKT-ABC123"];
    assert_eq!(listed(store, &["vip"], &["order:1001"]).await, [its.clone(), its]);
}

async fn a_ticket_has_no_more_labels_than_allowed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for nth in 0..=TicketHead::MAX_TAGS {
        for change in [add_tag(&format!("t{nth}")), add_reference(&format!("order:{nth}"))] {
            let outcome = mirror.change(change, &admin(), hour(1)).await;
            assert_eq!(matches!(outcome, Outcome::Applied { .. }), nth < TicketHead::MAX_TAGS);
        }
    }
    let (last, refused) = (vec!["TKT-ABC123"], vec![]);
    assert_eq!(
        listed(store, &["t7", "t8"], &["order:7", "order:8"]).await,
        [last.clone(), refused.clone(), last, refused],
    );
}

async fn a_list_by_label_is_walked_in_pages(store: &dyn TicketStore) {
    let tickets: Vec<_> = testing::sample_tickets(90).collect();
    fill(store, &tickets).await;
    let first =
        ListQuery::new().with_tag(parsed("vip")).with_page_size(PageSize::new(4).expect("it is small"));
    let mut page = first.clone().first_page();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let found = answer(store.list(&page).await);
        seen.extend(names(&found.rows));
        // Tickets ahead of the walk lose the tag of the list, or change their place in the index.
        if let Some(row) = found.rows.last() {
            let number = &row.head.ticket_number;
            for change in [Change::priority(Priority::Low), remove_tag("cliente nuevo")] {
                answer(store.update(number, &command(change, &admin(), hour(24 * 9))).await);
            }
        }
        match found.next {
            Some(next) => page = first.clone().page_after(&next).expect("it is a cursor of this list"),
            None => break,
        }
    }
    let mut expected: Vec<String> =
        tickets.iter().step_by(3).map(|ticket| ticket.head().ticket_number.to_string()).collect();
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
}
