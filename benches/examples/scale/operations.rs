//! Measured operations: the use cases of customers and administrators, one after another.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ventanilla_service::{
    Category, HelpDesk, ListQuery, MessageText, MyTickets, NewTicket, Status,
    list::{Direction, Sort},
    testing,
};

use super::{Failure, backend::Backend, crowd};

/// Longest time for which an operation is measured.
const BUDGET: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Create,
    View,
    Message,
    MyTickets,
    Newest,
    Queue,
    Overdue,
    Counts,
}

/// Durations of an operation's runs, and the keys and documents that the server examined per run.
pub(crate) struct Elapsed {
    runs: Vec<Duration>,
    pub(crate) keys: Option<f64>,
    pub(crate) documents: Option<f64>,
}

impl Operation {
    pub(crate) const ALL: [Self; 8] = [
        Self::Create,
        Self::View,
        Self::Message,
        Self::MyTickets,
        Self::Newest,
        Self::Queue,
        Self::Overdue,
        Self::Counts,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::View => "view",
            Self::Message => "message",
            Self::MyTickets => "my tickets",
            Self::Newest => "newest tickets",
            Self::Queue => "queue by urgency",
            Self::Overdue => "overdue tickets",
            Self::Counts => "counts",
        }
    }

    /// Runs the operation this number of times, or until the time limit.
    pub(crate) async fn measure(
        self,
        backend: &Backend,
        tickets: u64,
        most: usize,
    ) -> Result<Elapsed, Failure> {
        let desk = backend.desk();
        for run in 0..20 {
            self.run(&desk, scattered(run, tickets)).await?;
        }
        let before = backend.examined().await?;
        let (begin, mut runs) = (Instant::now(), Vec::with_capacity(most));
        while runs.len() < most && begin.elapsed() < BUDGET {
            let place = scattered(20 + runs.len() as u64, tickets);
            let begin = Instant::now();
            self.run(&desk, place).await?;
            runs.push(begin.elapsed());
        }
        let examined = backend.examined().await?.zip(before);
        let each = |after: u64, before: u64| (after - before) as f64 / runs.len() as f64;
        let keys = examined.map(|(after, before)| each(after.0, before.0));
        let documents = examined.map(|(after, before)| each(after.1, before.1));
        runs.sort_unstable();
        Ok(Elapsed { runs, keys, documents })
    }

    async fn run(self, desk: &HelpDesk, place: u64) -> Result<(), Failure> {
        let admin = desk.admin(testing::admin(0));
        let customer = |place| desk.customer(crowd::requester(place));
        match self {
            Self::Create => {
                let draft = NewTicket::new(Category::BUG, MessageText::parse(TEXT)?);
                black_box(customer(place).create(draft).await?);
            }
            Self::View => drop(black_box(admin.get(&crowd::number(place)).await?)),
            Self::Message => {
                let place = place % crowd::LIVE;
                let number = crowd::number(place);
                black_box(customer(place).reply(&number, TEXT).await?);
            }
            Self::MyTickets => drop(black_box(customer(place).list(MyTickets::all()).await?)),
            Self::Newest => drop(black_box(admin.list(ListQuery::new()).await?)),
            Self::Queue => {
                let queue =
                    ListQuery::new().with_statuses(Status::Open | Status::InProgress).unassigned();
                let queue = queue.with_sort(Sort::UrgentFirst(Direction::OldestFirst));
                black_box(admin.list(queue).await?);
            }
            Self::Overdue => drop(black_box(admin.list(ListQuery::new().overdue()).await?)),
            Self::Counts => {
                black_box(admin.counts().await?);
            }
        }
        Ok(())
    }
}

impl Elapsed {
    pub(crate) fn per_second(&self) -> f64 {
        self.runs.len() as f64 / self.runs.iter().sum::<Duration>().as_secs_f64()
    }

    /// Returns a quantile of the durations.
    pub(crate) fn percentile(&self, part: f64) -> Duration {
        let at = (self.runs.len() as f64 * part) as usize;
        self.runs[at.min(self.runs.len() - 1)]
    }
}

/// Returns the index of a ticket that no earlier run has used.
const fn scattered(run: u64, tickets: u64) -> u64 {
    run.wrapping_mul(2_654_435_761) % tickets
}

const TEXT: &str = "Sigue sin funcionar, ¿hay novedades?";
