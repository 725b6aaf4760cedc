//! Checks the keys and documents that the server examines among very many tickets.
//!
//! The figures come from `explain` of the very commands that the store sent; `--nocapture` shows them
//! in tables.
//!
//! `VENTANILLA_EXPLAIN_TICKETS=400000` takes that many, and also times the lists against those of a
//! hundredth of them.

use std::{env, iter, time::Instant};

use bson::{Bson, Document, doc};
use ventanilla_service::{
    Change, ListQuery, MessageText, Policy, Priority, Status, TicketNumber,
    list::WaitingFilter,
    mongodb::MongoStore,
    sla::BusinessTime,
    store::{Command, CountsQuery, Outcome, TicketLookup, TicketStore},
    testing::{admin, customer, epoch, ticket},
    ticket::{Actor, Audience, MessageRange},
};
use ventanilla_tests::{Mongo, TestDatabase};

use super::{
    bulk_data,
    command_monitor::{CommandMonitor, TICKETS},
    explain_stats::ExplainStats,
    list_shapes::ListShape,
};

/// Store of very many tickets, with a monitor of its commands.
pub(crate) struct Desk {
    pub(crate) database: TestDatabase,
    pub(crate) store: MongoStore,
    monitor: CommandMonitor,
    pub(crate) count: u64,
}

#[tokio::test]
async fn what_is_examined_does_not_grow_with_the_collection() {
    let asked = env::var("VENTANILLA_EXPLAIN_TICKETS").ok().map(|count| count.parse().unwrap());
    let desk = Desk::of(asked.unwrap_or(50_000)).await;
    desk.lists_examine_what_they_return(false).await;
    desk.reads_examine_one_ticket().await;
    desk.changes_examine_one_ticket().await;
    desk.counts_examine_keys_alone().await;
    desk.lists_of_waits_and_hand_overs_examine_no_closed_ticket().await;
    desk.due_lists_examine_what_waits().await;
    desk.reports_and_closing_go_by_an_index().await;
    if asked.is_some() {
        desk.is_timed_against(&Desk::of(desk.count / 100).await).await;
    }
    bulk_data::forget_some(&desk.database).await;
    desk.lists_examine_what_they_return(true).await;
}

impl Desk {
    async fn of(count: u64) -> Self {
        let database = Mongo::of_one().await.database().await;
        bulk_data::store(&database, count).await;
        let (store, monitor) = CommandMonitor::by_a_store(&database).await;
        Self { database, store, monitor, count }
    }

    /// Returns the last command that was sent.
    pub(crate) fn command(&self) -> Document {
        let sent = self.monitor.take().into_iter().rev();
        sent.into_iter().find(|command| !command.contains_key("getMore")).unwrap()
    }

    async fn lists_examine_what_they_return(&self, some_have_none: bool) {
        let plain =
            ["IXSCAN", "SORT_MERGE", "FETCH", "LIMIT", "PROJECTION_SIMPLE", "$cursor", "$project"];
        // At last it sorts what the parts returned, each no more than a page.
        let united = [&plain[..], &["$set", "$unionWith", "$sort"]].concat();
        let gaps = if some_have_none { ", where some lack a status or a priority" } else { "" };
        println!("\n{} tickets{gaps}", self.count);
        println!("{:<46}{:>10}{:>10}{:>10}", "a page of a list", "rows", "keys", "documents");
        for shape in ListShape::all(self.count) {
            let name = &shape.name;
            let rows = self.store.list(&shape.page).await.unwrap().rows.len();
            let examined = ExplainStats::by(&self.database, self.command()).await;
            println!("{name:<46}{rows:>10}{:>10}{:>10}", examined.keys, examined.documents);

            let (keys, documents) = (shape.keys(some_have_none), shape.documents());
            assert!(examined.keys <= keys as i64, "{name}: {keys} at most: {examined:?}");
            assert!(examined.documents <= documents as i64, "{name}: {documents} at most: {examined:?}");
            assert!(examined.returned <= documents as i64, "{name}: {documents} at most: {examined:?}");
            let stages = if shape.is_by_priority() { &united[..] } else { &plain };
            assert!(examined.has_only(stages), "{name}: {examined:?}");
        }
    }

    async fn reads_examine_one_ticket(&self) {
        let number = TicketNumber::parse(&bulk_data::number(12_345 % self.count)).unwrap();
        let typed = TicketLookup::parse(&format!("#{number}")).unwrap();
        for scope in [Audience::Desk, Audience::Requester(customer(0)), Audience::Requester(customer(1))]
        {
            for lookup in [&TicketLookup::from(&number), &typed] {
                self.store.get(lookup, &scope, MessageRange::All).await.unwrap();
                let examined = ExplainStats::by(&self.database, self.command()).await;
                // One key for each number that the text may name, and one where the scan continues
                // after it.
                let meant = lookup.candidates().len() as i64;
                assert!((1..2 * meant).contains(&examined.keys), "{meant} numbers: {examined:?}");
                assert_eq!(examined.documents, 1, "{examined:?}");
                assert!(examined.has_only(&["IXSCAN", "FETCH", "PROJECTION_SIMPLE"]), "{examined:?}");
            }
        }
    }

    async fn changes_examine_one_ticket(&self) {
        let opened = ticket("TKT-ABC123").build();
        self.store.insert(&opened).await.unwrap();
        let number = &opened.head().ticket_number;
        let text = || MessageText::parse("¿Hay novedades? Sigo sin poder entrar.").unwrap();
        let luis = || Actor::Admin(admin(0));
        self.monitor.take();
        println!("\n{:<46}{:>10}", "a change", "bytes");
        for (name, by, change) in [
            ("customer: message", Actor::Customer(customer(0)), Change::message(text())),
            ("admin: message", luis(), Change::message(text())),
            ("bot: message", Actor::Bot, Change::message(text())),
            ("admin: note", luis(), Change::note(text())),
            ("admin: priority", luis(), Change::priority(Priority::Urgent)),
            ("admin: claim", luis(), Change::claim()),
            ("admin: unassign", luis(), Change::assign(None)),
            ("admin: transition", luis(), Change::status(Status::InProgress)),
            ("admin: reply and resolve", luis(), Change::reply(text(), Status::Resolved)),
        ] {
            let command = Command::new(&by, epoch(), &Policy::default(), change).unwrap();
            let outcome = self.store.update(number, &command).await.unwrap();
            assert!(matches!(outcome, Outcome::Applied { .. }), "{name}: {outcome:?}");
            let sent = self.monitor.take();
            let [find, update] = &sent[..] else { panic!("{name}: {sent:?}") };
            println!("{name:<46}{:>10}", update.to_vec().unwrap().len());
            for (command, stages) in
                [(find, &["IXSCAN", "FETCH", "LIMIT"][..]), (update, &["IXSCAN", "FETCH", "UPDATE"])]
            {
                let examined = ExplainStats::by(&self.database, command.clone()).await;
                assert_eq!((examined.keys, examined.documents), (1, 1), "{name}: {examined:?}");
                assert!(examined.has_only(stages), "{name}: {examined:?}");
            }
        }
    }

    /// Explains the counts part by part, since `explain` runs only the first part of a union.
    async fn counts_examine_keys_alone(&self) {
        let now = BusinessTime::from_millis(bulk_data::created_at(self.count).as_millis());
        let query = CountsQuery::new(admin(0), bulk_data::created_at(self.count)).with_as_of(now);
        let counts = self.store.counts(&query).await.unwrap();
        let sent = self.monitor.take().into_iter().find(|sent| sent.contains_key("aggregate")).unwrap();
        let (united, first): (Vec<_>, Vec<_>) =
            pipeline(&sent).into_iter().partition(|stage| stage.contains_key("$unionWith"));
        let others = united.iter().map(|stage| pipeline(stage.get_document("$unionWith").unwrap()));
        let mut keys = 0;
        for part in iter::once(first).chain(others) {
            let part = doc! { "aggregate": TICKETS, "pipeline": part, "cursor": {} };
            let examined = ExplainStats::by(&self.database, part).await;
            assert_eq!(examined.documents, 0, "{examined:?}");
            let stages = ["IXSCAN", "COUNT_SCAN", "OR", "$cursor", "$group", "$project", "$set"];
            assert!(examined.has_only(&stages), "{examined:?}");
            keys += examined.keys;
        }
        println!("\ncounts of {} tickets: {keys} keys", counts.total());
        let live = counts.with_status(Status::Open) + counts.with_status(Status::InProgress);
        assert!(counts.waiting > 0 && counts.handed_over > 0, "{counts:?}");
        // Live tickets by status, unassigned, mine, overdue or at risk, urgent, and waiting or handed
        // over, which few are; and resolved ones.
        // No closed ticket.
        assert!(keys as u64 <= 4 * live + counts.resolved + 64, "{counts:?}");
        assert!(counts.closed > self.count / 4, "{counts:?}");
    }

    async fn lists_of_waits_and_hand_overs_examine_no_closed_ticket(&self) {
        let now = bulk_data::created_at(self.count);
        let counts = self.store.counts(&CountsQuery::new(admin(0), now)).await.unwrap();
        let live = ListQuery::new().with_statuses(Status::Open | Status::InProgress);
        println!("\n{:<46}{:>10}{:>10}{:>10}", "a page of a list", "rows", "keys", "documents");
        for (name, query, most) in [
            ("waiting", ListQuery::new().with_waiting(WaitingFilter::Waiting), counts.live()),
            ("handed over", ListQuery::new().handed_over(), counts.live()),
            // Of the live tickets few wait.
            ("live, not waiting", live.with_waiting(WaitingFilter::NotWaiting), 30),
        ] {
            let rows = self.store.list(&query.first_page().with_now(now)).await.unwrap().rows.len();
            let examined = ExplainStats::by(&self.database, self.command()).await;
            println!("{name:<46}{rows:>10}{:>10}{:>10}", examined.keys, examined.documents);
            assert_eq!(rows, 20, "{name}");
            assert!(examined.documents as u64 <= most, "{name}: {most} at most: {examined:?}");
            assert!(examined.keys as u64 <= most + 16, "{name}: {most} at most: {examined:?}");
        }
    }

    /// Prints the medians in microseconds for pages with as many rows in both collections, measured
    /// in turns.
    async fn is_timed_against(&self, fewer: &Self) {
        println!("\n{:<46}{:>10}{:>10}{:>10}", "a page of a list", self.count, fewer.count, "ratio");
        for (shape, same) in ListShape::all(self.count).iter().zip(ListShape::all(fewer.count)) {
            let rows = self.store.list(&shape.page).await.unwrap().rows.len();
            if fewer.store.list(&same.page).await.unwrap().rows.len() < rows {
                continue;
            }
            let mut took = [Vec::new(), Vec::new()];
            for _ in 0..51 {
                for (at, desk, page) in [(0, self, &shape.page), (1, fewer, &same.page)] {
                    let begin = Instant::now();
                    desk.store.list(page).await.unwrap();
                    took[at].push(begin.elapsed().as_micros());
                }
            }
            let [many, few] = took.map(median);
            println!("{:<46}{many:>10}{few:>10}{:>10.2}", shape.name, many as f64 / few as f64);
        }
    }
}

fn pipeline(of: &Document) -> Vec<Document> {
    let stages = of.get_array("pipeline").unwrap().iter().filter_map(Bson::as_document);
    stages.cloned().collect()
}

fn median(mut of: Vec<u128>) -> u128 {
    of.sort_unstable();
    of[of.len() / 2]
}
