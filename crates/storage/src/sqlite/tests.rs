//! Conformance of the SQLite store, and tests of its file, statements and errors.

use std::{cell::Cell, error::Error, future::poll_fn, path::PathBuf, task::Poll, time::Duration};

use itertools::{Itertools, iproduct};
use proptest::prelude::*;
use rusqlite::StatementStatus;
use tempfile::TempDir;
use tokio::time::timeout;
use ventanilla_domain::{
    Actor, Category, Change, Command, EnumSet, Explain, MessageText, Policy, Priority, Status,
    TicketEvents, Wait, WaitingFor,
};

use super::*;
use crate::{
    Direction, DueFilter, ListQuery, Sort, WaitingFilter, WriteOutcome, conformance,
    random::{check_sums, history},
    testing,
};

/// Database file in a temporary folder.
struct File {
    _folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tickets.db");
        Self { _folder: folder, path }
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path).await.unwrap()
    }

    /// Opens the file without the store.
    fn raw(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    /// Stores a ticket and damages its row by SQL.
    async fn damaged(&self, change: &str) -> (SqliteStore, TicketNumber) {
        let store = self.store().await;
        let ticket = testing::ticket("TKT-BAD100").description("Es un secreto").key("envio-1").build();
        store.insert(&ticket).await.unwrap();
        let changed = self.raw().execute(&format!("UPDATE ticket SET {change}"), []).unwrap();
        assert_eq!(changed, 1, "{change}");
        (store, ticket.head().ticket_number.clone())
    }
}

fn everyday() -> CountsQuery {
    CountsQuery::new(testing::admin(0), testing::epoch())
}

fn note(text: &str) -> Command {
    let note = Change::note(MessageText::parse(text).unwrap());
    let by = Actor::Admin(testing::admin(0));
    Command::new(&by, testing::epoch(), &Policy::default(), note).unwrap()
}

async fn whole(store: &SqliteStore, number: &TicketNumber) -> TicketDetails {
    store.get(&number.into(), &Audience::Desk, MessageRange::All).await.unwrap().unwrap()
}

/// Returns the next item, which must come soon.
async fn next(stream: &mut EventStream) -> TicketEvents {
    let item = timeout(Duration::from_secs(30), stream.next()).await;
    item.expect("no event within 30 s").expect("a stream never ends").unwrap()
}

/// Returns the texts of an error and all its causes.
fn texts(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", texts(source)),
        None => error.to_string(),
    }
}

mod suite {
    use super::*;

    #[tokio::test]
    async fn conforms() {
        let (folder, opened) = (tempfile::tempdir().unwrap(), Cell::new(0));
        conformance::check(async || {
            opened.set(opened.get() + 1);
            SqliteStore::open(folder.path().join(opened.get().to_string())).await.unwrap()
        })
        .await
        .assert_complete();
    }

    /// Reads events of changes that were made through another handle, before and after it was opened.
    #[tokio::test]
    async fn events_of_other_processes_are_seen_also_after_an_end() {
        let file = File::new();
        let token = file.store().await.events(None).await.unwrap().token().clone();
        let ticket = testing::ticket("TKT-ABC123").build();
        file.store().await.insert(&ticket).await.unwrap();
        let (reader, writer) = (file.store().await, file.store().await);
        let mut stream = reader.events(Some(token)).await.unwrap();
        assert_eq!(next(&mut stream).await, ticket.events_of(0));
        let by = Actor::Admin(testing::admin(0));
        let note = Change::note(MessageText::parse("Ojo").unwrap());
        let command = Command::new(&by, testing::epoch(), &Policy::default(), note).unwrap();
        // The stream waits when the other handle writes, which doesn't wake it.
        let mut waited = std::pin::pin!(stream.next());
        assert!(timeout(Duration::from_millis(300), &mut waited).await.is_err(), "there is nothing yet");
        writer.update(&ticket.head().ticket_number, &command).await.unwrap();
        let item = timeout(Duration::from_secs(30), waited).await.expect("it looks again by itself");
        assert_eq!(item.unwrap().unwrap().id, "TKT-ABC123/1");
    }

    #[tokio::test]
    async fn old_events_are_removed_and_missed_loudly() {
        let file = File::new();
        let store = file.store().await;
        let token = store.events(None).await.unwrap().token().clone();
        let ticket = testing::ticket("TKT-ABC123").build();
        store.insert(&ticket).await.unwrap();
        let many = "WITH RECURSIVE nth(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM nth WHERE n < 101999)
            INSERT INTO ticket_change (ticket, version) SELECT 1, 0 FROM nth";
        file.raw().execute_batch(many).unwrap();
        let kept =
            file.raw().query_row("SELECT count(*) FROM ticket_change", [], |row| row.get::<_, i64>(0));
        assert_eq!(kept.unwrap(), 100_000);
        assert!(matches!(store.events(Some(token)).await, Err(StoreError::EventsLost { .. })));
        // The positions are 1 to 102,000, of which the first 2,000 are gone.
        let id: String =
            file.raw().query_row("SELECT id FROM file_identity", [], |row| row.get(0)).unwrap();
        let at = |position: u32| Some(format!("s{id}-{position}").parse().unwrap());
        let lost = store.events(at(1_999)).await;
        assert!(matches!(lost, Err(StoreError::EventsLost { .. })), "{lost:?}");
        let mut oldest = store.events(at(2_000)).await.unwrap();
        next(&mut oldest).await;
        assert_eq!(Some(oldest.token().clone()), at(2_001));
        let mut newest = store.events(at(101_999)).await.unwrap();
        next(&mut newest).await;
        assert_eq!(Some(newest.token().clone()), at(102_000));
        store.events(at(102_000)).await.unwrap();
        let future = store.events(at(102_001)).await;
        assert!(matches!(future, Err(StoreError::EventsLost { .. })), "{future:?}");
    }

    #[tokio::test]
    async fn two_handles_conform() {
        let file = File::new();
        conformance::check_shared(&file.store().await, &file.store().await).await;
    }

    #[tokio::test]
    async fn conforms_when_opened_again() {
        let file = File::new();
        conformance::check_reopened(async || file.store().await).await;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn counts_and_reports_equal_sums_over_all_tickets(history in history()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                check_sums(&File::new().store().await, history).await.unwrap();
            });
        }
    }
}

mod damage {
    use super::*;

    const DAMAGES: [&str; 9] = [
        "head = ''",
        "head = substr(head, 1, 40)",
        "head = CAST(x'ff00' AS TEXT)",
        "head = replace(head, '\"OPEN\"', '\"FROZEN\"')",
        "head = replace(head, 'Es un secreto', 'Es un secreto\",\"version\":\"Es un secreto')",
        "category = 'OTRA'",
        "status = 'CLOSED'",
        "assignee = 'nadie'",
        "created = created + 1",
    ];

    #[tokio::test]
    async fn an_unreadable_ticket_is_reported_and_hides_no_other() {
        for damage in DAMAGES {
            let file = File::new();
            let (store, number) = file.damaged(damage).await;
            conformance::check_unreadable(&store, &number).await;
            let page = store.list(&ListQuery::new().first_page()).await.unwrap();
            assert_eq!((page.rows.len(), page.unreadable.len()), (1, 1), "{damage}");
            assert_eq!(page.unreadable[0].ticket_number, number.as_str());
            assert!(!page.unreadable[0].problem.contains("secreto"), "{page:?}");
        }
    }

    #[tokio::test]
    async fn lists_read_no_conversation() {
        for damage in ["conversation = ''", "conversation = '{\"messages\":[\"Es un secreto\"]}'"] {
            let file = File::new();
            let (store, number) = file.damaged(damage).await;
            conformance::check_unreadable(&store, &number).await;
            let page = store.list(&ListQuery::new().first_page()).await.unwrap();
            assert_eq!((page.rows.len(), page.unreadable.len()), (2, 0), "{damage}");
        }
    }

    #[tokio::test]
    async fn no_error_quotes_texts_of_users() {
        for damage in DAMAGES.into_iter().chain(["conversation = '{\"messages\":[\"Es un secreto\"]}'"])
        {
            let file = File::new();
            let (store, number) = file.damaged(damage).await;
            let read =
                store.get(&(&number).into(), &Audience::Desk, MessageRange::All).await.unwrap_err();
            let changed = store.update(&number, &note("Es un secreto")).await.unwrap_err();
            for error in [read, changed] {
                assert_eq!(error.code(), "ticket_unreadable");
                assert!(!texts(&error).contains("secreto"), "{}", texts(&error));
            }
        }
    }

    #[tokio::test]
    async fn the_creation_key_of_an_unreadable_ticket_opens_no_second_ticket() {
        let file = File::new();
        let (store, number) = file.damaged("conversation = ''").await;
        let again = testing::ticket(number.clone()).key("envio-1").build();
        let error = store.insert(&again).await.unwrap_err();
        assert_eq!(error.code(), "ticket_unreadable");
        let other = testing::ticket(number).key("envio-2").build();
        assert_eq!(store.insert(&other).await.unwrap(), InsertOutcome::NumberTaken);
    }

    #[tokio::test]
    async fn fields_of_a_newer_version_survive_a_change() {
        let file = File::new();
        let (store, number) =
            file.damaged("head = json_set(head, '$.mood', json('{\"calm\":[1]}'))").await;
        store.update(&number, &note("Nota")).await.unwrap();
        assert_eq!(whole(&store, &number).await.head.version, 1);
        let mood = "SELECT head ->> '$.mood.calm[0]' FROM ticket";
        assert_eq!(file.raw().query_row(mood, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
}

mod plans {
    use super::*;

    const TICKETS: usize = 5_000;

    const STATUSES: [&[Status]; 3] =
        [&Status::ALL, &[Status::Open, Status::InProgress], &[Status::Closed]];
    fn sorts() -> impl Iterator<Item = (Sort, Option<DueFilter>)> + Clone {
        let both = [Direction::NewestFirst, Direction::OldestFirst].into_iter();
        both.flat_map(|way| [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)])
            .chain([Sort::Due])
            .cartesian_product([None, Some(DueFilter::AtRisk), Some(DueFilter::Overdue)])
    }

    fn queries() -> impl Iterator<Item = ListQuery> {
        let of = |statuses: &[Status]| statuses.iter().copied().collect::<EnumSet<_>>();
        let priorities = [EnumSet::all(), Priority::High.into()];
        iproduct!(STATUSES, priorities, sorts()).flat_map(move |(statuses, priorities, (sort, due))| {
            let all =
                ListQuery::new().with_statuses(of(statuses)).with_priorities(priorities).with_sort(sort);
            let all = due.into_iter().fold(all, ListQuery::with_due);
            [
                all.clone(),
                all.clone().with_requester(testing::customer(1)),
                all.clone().with_category(Category::PAGOS),
                all.clone().unassigned(),
                all.clone().with_assignee(testing::admin(0)),
                all.clone()
                    .with_category(Category::PAGOS)
                    .with_requester(testing::customer(1))
                    .unassigned(),
                all.clone().with_waiting(WaitingFilter::Waiting),
                all.clone().with_waiting(WaitingFilter::NotWaiting),
                all.clone().handed_over(),
                all.clone().with_tag("vip".parse().unwrap()),
                all.clone().with_reference("order:1".parse().unwrap()),
                all.clone()
                    .with_tag("vip".parse().unwrap())
                    .with_reference("payment:7".parse().unwrap())
                    .with_assignee(testing::admin(0)),
                all.clone().with_created_before(middle()),
                all.with_created_from(middle()),
            ]
        })
    }

    /// Returns whether a list can have rows: closed tickets have no due time.
    fn may_list(query: &ListQuery) -> bool {
        !query.listed_statuses().is_empty()
    }

    /// Returns the median of the times of creation.
    fn middle() -> Timestamp {
        let mut created: Vec<_> =
            testing::sample_tickets(TICKETS).map(|ticket| ticket.head().created_at).collect();
        *created.select_nth_unstable(TICKETS / 2).1
    }

    #[tokio::test]
    async fn no_statement_scans_the_table_or_sorts_rows() {
        let file = File::new();
        drop(file.store().await);
        let db = file.raw();
        let others = [read::resolved(), read::reported(), read::COUNTS_OF_LIVE.into()];
        for statement in
            queries().filter(may_list).flat_map(|query| list::statements(&query)).chain(others)
        {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
            let rows = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
            let steps: Vec<String> = rows.map(Result::unwrap).collect();
            let is_good = |step: &String| {
                !step.contains("TEMP B-TREE")
                    && (!step.starts_with("SCAN") || step == "SCAN CONSTANT ROW")
            };
            assert!(!steps.is_empty() && steps.iter().all(is_good), "{statement}\n{steps:#?}");
        }
    }

    /// Returns the number of virtual machine steps for the first two pages of a list.
    async fn steps(store: &SqliteStore, query: ListQuery) -> i32 {
        let first =
            query.clone().first_page().with_as_of(testing::sla().business_time_at(testing::epoch()));
        let next = store.list(&first).await.unwrap().next;
        let pages = [Some(first), next.map(|next| query.page_after(&next).unwrap())];
        let mut steps = 0;
        for page in pages.into_iter().flatten() {
            steps += store
                .read(move |db| {
                    list::list(db, &page)?;
                    let statements = list::statements(page.query()).into_iter();
                    let steps = statements.map(|statement| {
                        let statement = db.prepare_cached(&statement)?;
                        Ok(statement.reset_status(StatementStatus::VmStep))
                    });
                    Ok(steps.sum::<rusqlite::Result<i32>>()?)
                })
                .await
                .unwrap();
        }
        steps
    }

    /// A row takes about 50 steps, a scan of the whole table at least 50,000.
    #[tokio::test]
    async fn a_list_examines_little_more_than_it_returns() {
        let file = File::new();
        let store = file.store().await;
        store.fill(testing::sample_tickets(TICKETS).collect()).await;
        // The sample tickets that wait or were handed over are too few to fill a page.
        let fills_pages = |query: &ListQuery| {
            !query.uses_due_time()
                && query.waiting() != Some(WaitingFilter::Waiting)
                && !query.is_handed_over()
                && (query.about().is_none() || query.tag().is_none())
        };
        for query in queries().filter(fills_pages) {
            let steps = steps(&store, query.clone()).await;
            assert!(steps < 7_000, "{steps}: {query:?}");
        }
    }
}

mod files {
    use super::*;

    async fn refused(file: &File) -> OpenError {
        let before = std::fs::read(&file.path).unwrap();
        let error = SqliteStore::open(&file.path).await.unwrap_err();
        assert_eq!(std::fs::read(&file.path).unwrap(), before, "the file was not changed");
        error
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_refused() {
        let file = File::new();
        std::fs::write(&file.path, "Me cobraron dos veces. ".repeat(100)).unwrap();
        assert!(matches!(refused(&file).await, OpenError::NotADatabase));
    }

    #[tokio::test]
    async fn the_database_of_another_application_is_refused() {
        let (unnamed, named) = (File::new(), File::new());
        unnamed.raw().execute_batch("CREATE TABLE person (name TEXT)").unwrap();
        named.raw().pragma_update(None, "application_id", 7).unwrap();
        for (file, id) in [(unnamed, 0), (named, 7)] {
            let error = refused(&file).await;
            assert!(matches!(error, OpenError::ForeignFile { application_id } if application_id == id));
        }
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let file = File::new();
        drop(file.store().await);
        file.raw().pragma_update(None, "user_version", open::SCHEMA.len() as i64 + 1).unwrap();
        let error = refused(&file).await;
        assert!(matches!(error, OpenError::NewerSchema { found: 7, supported: 6 }), "{error}");
        assert_eq!(
            error.to_string(),
            "the file has schema version 7, but this program supports versions up to 6"
        );
    }

    #[tokio::test]
    async fn a_missing_folder_is_an_error() {
        let missing = File::new().path.join("tickets.db");
        let error = SqliteStore::open(missing).await.unwrap_err();
        assert!(texts(&error).contains("unable to open"), "{}", texts(&error));
    }

    #[tokio::test]
    async fn a_database_in_memory_is_refused() {
        let error = SqliteStore::open(":memory:").await.unwrap_err();
        assert!(texts(&error).contains("write-ahead log"), "{}", texts(&error));
    }

    /// Columns of a row of the first two versions.
    const COLUMNS: &str = "id, number, requester, assignee, category, status, priority, created, \
        resolved, due, risk, last_stop, last_due, head, conversation";

    #[tokio::test]
    async fn an_older_file_is_migrated_with_its_tickets() {
        for version in 1..open::SCHEMA.len() {
            let (file, newer) = (File::new(), File::new());
            newer.store().await.fill(testing::sample_tickets(50).collect()).await;
            open::migrate(&mut file.raw(), &open::SCHEMA[..version]).unwrap();
            let old = file.raw();
            old.execute("ATTACH ? AS newer", [newer.path.to_str()]).unwrap();
            let copy = format!("INSERT INTO ticket ({COLUMNS}) SELECT {COLUMNS} FROM newer.ticket");
            old.execute_batch(&format!("{copy}; DETACH newer")).unwrap();
            drop(old);

            let (migrated, fresh) = (file.store().await, newer.store().await);
            let stored = file.raw().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
            assert_eq!(stored.unwrap(), open::SCHEMA.len() as i64);
            let page = ListQuery::new().first_page();
            assert_eq!(migrated.list(&page).await.unwrap(), fresh.list(&page).await.unwrap());
            let counts = async |store: &SqliteStore| store.counts(&everyday()).await.unwrap();
            assert_eq!(counts(&migrated).await, counts(&fresh).await);
            assert_eq!((counts(&migrated).await.waiting, counts(&migrated).await.handed_over), (0, 0));

            let token = async |store: &SqliteStore| store.events(None).await.unwrap().token().clone();
            let again = file.store().await;
            assert_eq!(token(&migrated).await, token(&again).await, "a file keeps its id");
            again.events(Some(token(&migrated).await)).await.unwrap();

            let waiting = testing::ticket("TKT-WAIT10").wait(Wait::new(WaitingFor::Customer)).build();
            migrated.insert(&waiting).await.unwrap();
            assert_eq!(counts(&migrated).await.waiting, 1);
        }
    }

    #[tokio::test]
    async fn a_migration_that_fails_changes_nothing() {
        let file = File::new();
        let mut db = file.raw();
        let steps = ["CREATE TABLE ticket (id INTEGER)", "CREATE TABLE ticket (id INTEGER)"];
        open::migrate(&mut db, &steps).unwrap_err();
        let tables = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        assert_eq!(tables.unwrap(), 0);
        drop(db);
        drop(file.store().await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_creations_of_one_file_all_succeed() {
        let file = File::new();
        let opening = (0..16).map(|_| tokio::spawn(SqliteStore::open(file.path.clone())));
        for opened in futures::future::join_all(opening).await {
            opened.unwrap().unwrap();
        }
    }
}

mod faults {
    use super::*;

    #[tokio::test]
    async fn a_busy_file_is_waited_for() {
        let file = File::new();
        let store = file.store().await;
        let other = file.raw();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let freed = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(300));
            other.execute_batch("COMMIT").unwrap();
        });
        store.insert(&testing::ticket("TKT-BUSY10").build()).await.unwrap();
        freed.await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_stays_busy_is_unavailable_and_not_changed() {
        let file = File::new();
        let options = SqliteOptions::new().with_busy_timeout(Duration::from_millis(100));
        let store = options.open(&file.path).await.unwrap();
        let other = file.raw();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let ticket = testing::ticket("TKT-BUSY10").build();
        let inserts = (0..8).map(|_| store.insert(&ticket));
        for error in futures::future::join_all(inserts).await {
            let error = error.unwrap_err();
            assert_eq!(
                (error.code(), error.write_outcome()),
                ("store_unavailable", WriteOutcome::NotApplied)
            );
            assert!(error.is_retryable() && texts(&error).contains("busy"), "{}", texts(&error));
        }
        // Reads don't wait.
        assert!(store.counts(&everyday()).await.unwrap().total() == 0);
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
    }

    #[tokio::test]
    async fn a_change_that_does_not_fit_on_the_disk_fails_alone_with_its_reason() {
        let file = File::new();
        let mut options = SqliteOptions::new();
        options.max_pages = Some(60);
        let store = options.open(&file.path).await.unwrap();
        let small = testing::ticket("TKT-SMALL0").build();
        store.insert(&small).await.unwrap();
        let huge = testing::ticket("TKT-HUGE00").description("x".repeat(16_000).as_str());
        let huge = (0..16).fold(huge, |huge, _| huge.message("x".repeat(16_000).as_str())).build();
        let note = note("Cabe");
        let (full, fits) =
            tokio::join!(store.insert(&huge), store.update(&small.head().ticket_number, &note));
        let error = full.unwrap_err();
        assert_eq!((error.code(), error.write_outcome()), ("store_failed", WriteOutcome::NotApplied));
        assert!(texts(&error).contains("the disk is full"), "{}", texts(&error));
        assert!(matches!(fits.unwrap(), Outcome::Applied { .. }));

        drop(store);
        let store = file.store().await;
        assert_eq!(store.counts(&everyday()).await.unwrap().total(), 1);
        assert_eq!(whole(&store, &small.head().ticket_number).await.notes.len(), 1);
        assert_eq!(store.insert(&huge).await.unwrap(), InsertOutcome::Stored);
    }

    #[test]
    fn a_failed_commit_has_an_unknown_outcome_unless_it_was_rolled_back() {
        use rusqlite::ffi::{self, SQLITE_BUSY, SQLITE_FULL, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE};

        let number = testing::ticket("TKT-SURE10").build().head().ticket_number.clone();
        for (code, expected) in [
            (SQLITE_BUSY, ("store_unavailable", WriteOutcome::NotApplied)),
            (SQLITE_FULL, ("store_failed", WriteOutcome::NotApplied)),
            (SQLITE_IOERR_WRITE, ("store_failed", WriteOutcome::NotApplied)),
            (SQLITE_IOERR_FSYNC, ("outcome_unknown", WriteOutcome::Unknown)),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = error::not_committed(&number, &error);
            assert_eq!((error.code(), error.write_outcome()), expected);
        }
    }

    /// SQLite itself rolls back a transaction on some errors.
    #[tokio::test]
    async fn a_change_that_ends_the_transaction_of_others_fails_alone() {
        let file = File::new();
        let store = file.store().await;
        let [one, other] = ["TKT-ONE100", "TKT-OTHER0"].map(|number| testing::ticket(number).build());
        let busy = file.raw();
        busy.execute_batch("BEGIN IMMEDIATE").unwrap();
        let freed = async {
            tokio::task::yield_now().await;
            busy.execute_batch("COMMIT").unwrap();
        };
        let ends = store.0.writer.write(&one.head().ticket_number, |db| {
            db.execute_batch("ROLLBACK")?;
            Err::<(), _>(rusqlite::Error::InvalidQuery.into())
        });
        let (first, ended, second, ()) =
            tokio::join!(store.insert(&one), ends, store.insert(&other), freed);
        assert_eq!((first.unwrap(), second.unwrap()), (InsertOutcome::Stored, InsertOutcome::Stored));
        assert_eq!(ended.unwrap_err().code(), "store_failed");
        assert_eq!(store.counts(&everyday()).await.unwrap().total(), 2);
    }

    /// Polls a future once and drops it.
    async fn give_up<T>(asked: impl Future<Output = T>) -> bool {
        let mut asked = std::pin::pin!(asked);
        poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending())).await
    }

    #[tokio::test]
    async fn cancelled_callers_leave_no_partial_change() {
        let file = File::new();
        let options = SqliteOptions::new().with_readers(1);
        let store = options.open(&file.path).await.unwrap();
        let ticket = testing::ticket("TKT-GONE10").build();
        let number = &ticket.head().ticket_number;
        store.insert(&ticket).await.unwrap();
        let (mut given_up, (note, lookup)) = (0, (note("Nota"), number.into()));
        for _ in 0..20 {
            given_up += usize::from(give_up(store.update(number, &note)).await);
            given_up +=
                usize::from(give_up(store.get(&lookup, &Audience::Desk, MessageRange::All)).await);
        }
        assert_eq!(given_up, 40);
        let Outcome::Applied { head, .. } = store.update(number, &note).await.unwrap() else {
            panic!("the ticket is open")
        };
        let view = whole(&store, number).await;
        assert_eq!((view.head.version, view.notes.len() as u64), (head.version, head.version));
    }

    #[tokio::test]
    async fn a_change_of_a_cancelled_caller_is_not_begun() {
        let file = File::new();
        let store = file.store().await;
        let ticket = testing::ticket("TKT-GONE20").build();
        let number = &ticket.head().ticket_number;
        store.insert(&ticket).await.unwrap();
        let busy = file.raw();
        busy.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(give_up(store.update(number, &note("Tarde"))).await);
        busy.execute_batch("COMMIT").unwrap();
        store.update(number, &note("A tiempo")).await.unwrap();
        assert_eq!(whole(&store, number).await.notes.len(), 1);
    }

    #[tokio::test]
    async fn a_change_that_panics_fails_alone() {
        let file = File::new();
        let store = file.store().await;
        let ticket = testing::ticket("TKT-PANIC0").build();
        let number = &ticket.head().ticket_number;
        let panics = store.0.writer.write::<()>(number, |db| {
            change::insert(db, &testing::ticket("TKT-HALF00").build())?;
            panic!("on purpose")
        });
        assert_eq!(panics.await.unwrap_err().code(), "outcome_unknown");
        file.raw().execute_batch("BEGIN IMMEDIATE; ROLLBACK").expect("no transaction is open");
        assert_eq!(store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
        assert_eq!(store.counts(&everyday()).await.unwrap().total(), 1);
    }
}

impl SqliteStore {
    /// Stores tickets in one transaction.
    async fn fill(&self, tickets: Vec<Ticket>) {
        let number = tickets[0].head().ticket_number.clone();
        let stored = self.0.writer.write(&number, move |db| {
            tickets.iter().try_for_each(|ticket| change::insert(db, ticket).map(drop))
        });
        stored.await.unwrap();
    }
}
