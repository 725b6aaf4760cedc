//! A desk whose commands are written down.

use std::fmt::{self, Display};

use futures::future::try_join_all;
use ventanilla_service::{
    Explain, HelpDesk, HelpDeskBuilder, Policy, ServiceError, TicketNumber,
    mongodb::MongoStore,
    settings::{Days, NumberSource, RandomNumbers, Reopen},
    store::{InsertOutcome, Ticket, TicketStore},
    testing::{self, TicketFixture, customer, epoch},
};
use ventanilla_tests::{Mongo, TestDatabase};

use super::command_monitor::CommandMonitor;

pub(crate) struct CommandLog {
    _database: TestDatabase,
    monitor: CommandMonitor,
    pub(crate) store: MongoStore,
    pub(crate) entries: Vec<Entry>,
}

/// Cost of one request.
pub(crate) struct Entry {
    request: String,
    pub(crate) answer: &'static str,
    pub(crate) commands: Vec<String>,
}

impl CommandLog {
    pub(crate) async fn new() -> Self {
        let database = Mongo::of_one().await.database().await;
        let (store, monitor) = CommandMonitor::by_a_store(&database).await;
        Self { _database: database, monitor, store, entries: Vec::new() }
    }

    /// Returns a desk three weeks after its tickets were opened, when any ticket may be reopened or
    /// closed.
    pub(crate) fn desk(&self) -> HelpDeskBuilder {
        HelpDesk::builder(self.store.clone())
            .clock(|| epoch().plus(Days(21).duration()))
            .policy(Policy { reopen: Reopen::Always, ..Policy::default() })
    }

    /// Returns the same desk with SLA targets.
    pub(crate) fn desk_with_targets(&self) -> HelpDeskBuilder {
        let sla = Some(testing::sla());
        self.desk().policy(Policy { reopen: Reopen::Always, sla, ..Policy::default() })
    }

    /// Stores a ticket of the first customer in this state.
    pub(crate) async fn ticket(&self, shape: fn(TicketFixture) -> TicketFixture) -> TicketNumber {
        let mut entropy = [0; 6];
        RandomNumbers.random_bytes(&mut entropy);
        let number = TicketNumber::from_entropy(&entropy);
        let ticket = shape(testing::ticket(number.as_str()).requester(customer(0))).build();
        assert_eq!(self.store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
        number
    }

    /// Stores so many tickets of all kinds, with SLA timers.
    pub(crate) async fn fill(&self, count: usize) {
        let crowd: Vec<Ticket> = testing::sample_tickets_with(&testing::sla(), count).collect();
        try_join_all(crowd.iter().map(|ticket| self.store.insert(ticket))).await.unwrap();
    }

    /// Records the cost of a request, and returns its answer unless it is a refusal.
    pub(crate) async fn enter<T>(
        &mut self,
        request: impl Into<String>,
        answer: impl IntoFuture<Output = Result<T, ServiceError>>,
    ) -> Option<T> {
        self.monitor.take();
        let result = answer.await;
        self.entries.push(Entry {
            request: request.into(),
            answer: result.as_ref().err().map_or("ok", Explain::code),
            commands: self.monitor.names(),
        });
        result.ok()
    }

    /// Asserts that every request had this answer and the least cost: one command, but a read and a
    /// write for each of so many changes, and one more for the counts, which need the collection's
    /// size too.
    pub(crate) fn is_all_at_least_cost(&self, answer: &str, changes: usize) {
        self.is_all(answer, 2);
        let (made, others): (Vec<_>, Vec<_>) =
            self.entries.iter().partition(|entry| entry.commands == ["find", "update"]);
        assert_eq!(made.len(), changes, "{self}");
        let is_one = |entry: &&Entry| entry.commands.len() == 1 || is_counts(&entry.commands);
        assert!(others.iter().all(is_one), "{self}");
    }

    /// Asserts that every request had this answer and cost at most so many commands.
    pub(crate) fn is_all(&self, answer: &str, commands: usize) {
        println!("{self}");
        assert!(!self.entries.is_empty());
        for entry in &self.entries {
            assert_eq!(entry.answer, answer, "{entry}");
            assert!((1..=commands).contains(&entry.commands.len()), "{entry}");
        }
    }
}

/// Returns true for the commands of the counts, which are sent at the same time.
pub(crate) fn is_counts(commands: &[String]) -> bool {
    let mut commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    commands.sort_unstable();
    commands == ["aggregate", "count"]
}

impl Display for CommandLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<48}{:<24}commands", "request", "answer")?;
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, answer, commands } = self;
        write!(f, "{request:<48}{answer:<24}{} {}", commands.len(), commands.join(", "))
    }
}
