//! Checks the keys and documents that the server examines for lists by due time, reports and closing.

use bson::Document;
use ventanilla_service::{
    Category, ListQuery, Priority, Status, Timestamp,
    list::{DueFilter, Sort},
    settings::Days,
    sla::{BusinessCalendar, BusinessTime, Period, Sla, SlaMetric},
    store::{CountsQuery, ReportQuery, TicketStore},
    testing::{self, admin, customer},
};

use super::{bulk_data, explain::Desk, explain_stats::ExplainStats};

const ROWS: usize = 20;

impl Desk {
    fn now(&self) -> BusinessTime {
        BusinessTime::from_millis(bulk_data::created_at(self.count).as_millis())
    }

    pub(crate) async fn due_lists_examine_what_waits(&self) {
        let waiting = self.store.list(&ListQuery::new().with_sort(Sort::Due).first_page()).await;
        assert_eq!(waiting.unwrap().rows.len(), ROWS);
        self.command();
        let query = CountsQuery::new(admin(0), bulk_data::created_at(self.count)).with_as_of(self.now());
        let counts = self.store.counts(&query).await.unwrap();
        println!("\n{} overdue and {} at risk", counts.overdue, counts.at_risk);
        println!(
            "{:<46}{:>10}{:>10}{:>10}",
            "a page of a list by due time", "rows", "keys", "documents"
        );
        let live = counts.with_status(Status::Open) + counts.with_status(Status::InProgress);
        let plain = ListQuery::new;
        // A list that holds few tickets may be found and sorted by the server.
        for (filter, query, residual, may_sort) in [
            ("all", plain(), 1, false),
            ("open", plain().with_statuses(Status::Open), 3, false),
            ("urgent", plain().with_priorities(Priority::Urgent), 60, false),
            ("unassigned", plain().unassigned(), 6, false),
            ("category", plain().with_category(Category::PAGOS), 6, true),
            ("rare category", plain().with_category(Category::parse("RARA").unwrap()), 6, true),
            ("assignee", plain().with_assignee(admin(0)), 60, true),
            ("requester of many", plain().with_requester(customer(0)), 60, true),
            ("requester of few", plain().with_requester(customer(7)), 6, true),
        ] {
            for (list, due) in [
                ("any", None),
                ("overdue", Some(DueFilter::Overdue)),
                ("at risk", Some(DueFilter::AtRisk)),
            ] {
                let query =
                    due.into_iter().fold(query.clone().with_sort(Sort::Due), ListQuery::with_due);
                let mut page = query.clone().first_page().with_as_of(self.now());
                for part in ["first", "after"] {
                    let found = self.store.list(&page).await.unwrap();
                    let examined = ExplainStats::by(&self.database, self.command()).await;
                    let (rows, name) = (found.rows.len(), format!("{filter:<24}{list:<16}{part}"));
                    println!("{name:<46}{rows:>10}{:>10}{:>10}", examined.keys, examined.documents);
                    let stages = if may_sort { &STAGES[..] } else { &STAGES[1..] };
                    assert!(examined.has_only(stages), "{name}: {examined:?}");
                    // A page begins with the tickets that are due at the same time as the last row,
                    // such as all that arrived in one night.
                    let documents = residual * (ROWS as i64 + 1) + 16;
                    assert!(examined.documents <= documents, "{name}: {examined:?}");
                    // The keys of live tickets show which of them are at risk.
                    let keys = if due == Some(DueFilter::AtRisk) { live as i64 } else { documents + 4 };
                    assert!(examined.keys <= keys, "{name}: {keys} at most: {examined:?}");
                    let Some(cursor) = found.next else { break };
                    page = query.clone().page_after(&cursor).unwrap().with_as_of(self.now());
                }
            }
        }
    }

    pub(crate) async fn reports_and_closing_go_by_an_index(&self) {
        let upkeep = &self.store;
        let found = upkeep.resolved_until(Timestamp::MAX, 100).await.unwrap().len();
        let examined = self.examined().await;
        println!("\nto close: {found} found, {} keys, {} documents", examined.keys, examined.documents);
        assert!(examined.stages.contains("IXSCAN") && !examined.stages.contains("COLLSCAN"));

        let last = bulk_data::created_at(self.count);
        let day = Days(1).duration();
        let from = Timestamp::from_millis(last.as_millis() - day.as_millis() as i64).unwrap();
        let sla = Sla::new(testing::sla().policy().clone(), BusinessCalendar::always());
        let query = ReportQuery::new(Period::new(from, last).unwrap(), &sla, last);
        let report = upkeep.report(&query).await.unwrap();
        let examined = self.examined().await;
        let resolved = report.overall.of(SlaMetric::Resolution);
        println!(
            "report of a day: {} keys, {} documents, {resolved:?}",
            examined.keys, examined.documents
        );
        assert!(resolved.count > 0 && resolved.breached > 0);
        assert!(!examined.stages.contains("COLLSCAN"), "{examined:?}");
        assert!(examined.stages.contains("IXSCAN"), "{examined:?}");
        // Stopped and overdue timers, of which some are found twice.
        assert!((examined.documents as u64) < self.count / 3, "{examined:?}");
    }

    async fn examined(&self) -> ExplainStats {
        let mut command: Document = self.command();
        // `explain` accepts no time limit of the client.
        command.remove("maxTimeMS");
        ExplainStats::by(&self.database, command).await
    }
}

const STAGES: [&str; 9] = [
    "SORT",
    "SORT_MERGE",
    "IXSCAN",
    "FETCH",
    "LIMIT",
    "PROJECTION_SIMPLE",
    "PROJECTION_DEFAULT",
    "$cursor",
    "$project",
];
