//! What the server examines for each command, among very many tickets.

use std::env;

use ventanilla_service::{testing, *};
use ventanilla_tests::Mongo;

use super::{examined::Examined, many, sent::Sent};

#[tokio::test]
async fn probe() {
    let count: u64 = env::var("VENTANILLA_EXPLAIN_TICKETS").map_or(50_000, |count| count.parse().unwrap());
    let database = Mongo::shared().await.database().await;
    let t = std::time::Instant::now();
    many::store(&database, count).await;
    println!("seeded {:?}", t.elapsed());
    let (store, sent) = Sent::by_a_store(&database).await;
    println!("indexed {:?}", t.elapsed());
    let middle = Position { created_at: many::created_at(count / 2), priority: Priority::Medium, tie: [0x80; 12] };
    for (name, query) in shapes(count) {
        for (sort_name, sort) in SORTS {
            let query = query.clone().sort(sort);
            let first = query.clone().first_page();
            let cursor = first.cursor_after(&middle);
            for (at, page) in [("first", first), ("middle", query.page_after(&cursor).unwrap())] {
                sent.take();
                let rows = store.list(&page).await.unwrap().rows.len();
                for command in sent.take() {
                    let e = Examined::by(&database, command).await;
                    println!("{name:<24} {sort_name:<16} {at:<8} rows {rows:>3} keys {:>6} docs {:>6} ret {:>6} {:?}", e.keys, e.documents, e.returned, e.stages);
                }
            }
        }
    }
    println!("listed {:?}", t.elapsed());
    sent.take();
    store.counts(&testing::admin(0)).await.unwrap();
    println!("{:?}", Examined::by(&database, sent.take().remove(0)).await);
    println!("done {:?}", t.elapsed());
}

const SORTS: [(&str, Sort); 4] = [
    ("newest", Sort::Created(Direction::NewestFirst)),
    ("oldest", Sort::Created(Direction::OldestFirst)),
    ("urgent, newest", Sort::UrgentFirst(Direction::NewestFirst)),
    ("low, oldest", Sort::LowFirst(Direction::OldestFirst)),
];

fn shapes(count: u64) -> Vec<(&'static str, ListQuery)> {
    let all = ListQuery::new;
    let live = Status::Open | Status::InProgress;
    vec![
        ("all", all()),
        ("live", all().statuses(live)),
        ("resolved", all().statuses(Status::Resolved)),
        ("open and urgent", all().statuses(Status::Open).priorities(Priority::Urgent)),
        ("category", all().category(Category::PAGOS)),
        ("rare category", all().category(Category::parse("RARA").unwrap())),
        ("unused category", all().category(Category::parse("NADA").unwrap())),
        ("live category", all().category(Category::PAGOS).statuses(live)),
        ("assignee", all().assigned_to(testing::admin(0))),
        ("live, assignee", all().assigned_to(testing::admin(0)).statuses(live)),
        ("unassigned", all().unassigned()),
        ("live, unassigned", all().unassigned().statuses(live)),
        ("busy requester", all().requester(many::busy_customer())),
        ("busy, not closed", all().requester(many::busy_customer()).statuses(!EnumSet::only(Status::Closed))),
        ("requester", all().requester(testing::customer(7))),
        ("range", all().created_from(many::created_at(count / 2)).created_before(many::created_at(count / 2 + 1000))),
    ]
}
