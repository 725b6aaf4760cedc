//! What every store of tickets promises.

use async_trait::async_trait;
use ventanilla_domain::{
    Audience, BusinessTime, Command, IdempotencyKey, MessageRange, Outcome, Ticket, TicketDetails,
    TicketHead, TicketLookup, TicketNumber, TicketSummary, Timestamp, UserId,
};

use crate::{Counts, Page, PageQuery, Report, ReportQuery, StoreError, walk};

/// Where tickets live.
///
/// # Contract
///
/// A store keeps tickets and applies commands to them; it knows no rules. Each method is atomic on
/// its own.
///
/// - **All or nothing.** A change is made whole or not at all. What an error says of it by
///   [`StoreError::write_outcome`] is true; a store that isn't sure answers
///   [`StoreError::OutcomeUnknown`].
/// - **Durable.** A change that was acknowledged survives, exactly once: also the end of the process,
///   where the store says that it outlives it.
/// - **No lost update.** Changes to one ticket happen one after another, whoever makes them: through
///   this handle, through another one on the same data, or in another process. What
///   [`Command::apply`] decided on is what the ticket still is at the moment in which its result is
///   stored. A version is one way to tell; two notes at once raise it twice.
/// - **No enumeration.** Beyond a [`Audience`], or where a customer's command names another requester's
///   ticket, the answer is that of a missing ticket, in as many commands: also where that ticket
///   can't be read.
/// - **Numbers are unique**, and that is all that opening a ticket once rests on: a help desk derives
///   the number of a ticket with a creation key from that key.
/// - **Lists** never load conversations. Filtered by any status and priority and at most one of
///   category, assignee and requester, a list examines what it returns and a small constant more,
///   whatever the store holds; further filters may cost more. One by due time examines tickets that
///   wait, and no others. Every filter holds in every order: one by creation in a list by due time
///   too. A ticket is overdue once its due time has passed, and not at that time. A walk over pages
///   visits every ticket whose filtered and sorted fields stay unchanged exactly once, whatever else
///   happens meanwhile.
/// - **One unreadable ticket hides no other.** A list reports it; only
///   [`ticket`](Self::ticket), [`get`](Self::get) and [`update`](Self::update) of that ticket fail.
/// - **Tickets outlive versions.** The JSON form of a [`Ticket`] that an older version of these crates
///   wrote stays readable, so a store may keep that.
///
/// `conformance::check` (feature `conformance`) tests all of it that can be seen from outside.
/// `Arc`, `Box` and references of a store are stores.
///
/// ```
/// # use ventanilla_domain::*;
/// use ventanilla_storage::{InsertOutcome, MemoryStore, TicketStore};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let ana = UserId::parse("ana")?;
/// # let by = Actor::Customer(ana.clone());
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let (now, policy) = (Timestamp::MIN, Policy::default());
/// let number = TicketNumber::parse("TKT-ABC123")?;
/// let ticket = draft.open(number.clone(), &ana, &by, now, &policy)?;
///
/// let store = MemoryStore::new();
/// assert_eq!(store.insert(&ticket).await?, InsertOutcome::Stored);
///
/// let message = Change::message(MessageText::parse("¿Hay novedades?")?);
/// let command = Command::new(&by, now, &policy, message)?;
/// assert!(matches!(store.update(&number, &command).await?, Outcome::Applied { .. }));
///
/// let view = store.get(&(&number).into(), &Audience::Requester(ana), MessageRange::All).await?;
/// assert_eq!(view.map(|view| view.messages.len()), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Stores a new ticket unless its number is taken: [`InsertOutcome::taken_by`] is the answer then.
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError>;

    /// Returns a whole ticket as it is stored, for copying it and for a store that reads no parts;
    /// `None` where there is none of this number.
    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError>;

    /// Reads a ticket within a scope: the first of the lookup's candidates that exists there.
    ///
    /// The window counts messages in order of arrival; `None` where there is no such ticket.
    ///
    /// By default it reads whole tickets. Whose one is that can't be read is not known then, and so no
    /// requester finds it.
    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Audience,
        window: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        walk::get(self, lookup, scope, window).await
    }

    /// Reads a ticket, applies a command to it and stores what it became, at one moment.
    ///
    /// The answer is that of [`Command::apply`]. Where it isn't [`Outcome::Applied`], nothing is
    /// written.
    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError>;

    /// Lists a page of tickets.
    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;

    /// Counts tickets by status, and of those that wait the urgent ones, those of nobody and those of
    /// `mine`; as of a business time, those overdue and at risk too.
    ///
    /// What waits is counted exactly. The rest may be taken from what the store knows of its size.
    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError>;

    /// Finds tickets that have been resolved since `latest` or longer, by
    /// [`resolved_or_updated_at`](TicketHead::resolved_or_updated_at): at most `limit`, and none that
    /// can't be read. Their order is the store's own and stays the same.
    ///
    /// By default it walks the list of resolved tickets.
    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        walk::resolved_until(self, latest, limit).await
    }

    /// Sums up what the SLA timers of all tickets measured within a period.
    ///
    /// Tickets that can't be read are left out, and so may be changes made while it runs. By default
    /// it walks the list of all tickets.
    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        walk::report(self, query).await
    }
}

/// Result of storing a new ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It is stored.
    Stored,
    /// Its number is taken: try another one. Nothing was stored.
    NumberTaken,
    /// Its author used its key before, for [the same](Ticket::is_same_request): this ticket.
    /// Nothing was stored.
    Repeated(TicketHead),
    /// Its author used its key before, for something else. Nothing was stored.
    KeyConflict {
        /// The ticket that was opened with the key.
        number: TicketNumber,
        /// The key.
        key: IdempotencyKey,
    },
}

impl InsertOutcome {
    /// Returns the answer for a new ticket whose number another one has: by its creation key that is
    /// the same request, another one of the same key, or a ticket that has nothing to do with it.
    ///
    /// ```
    /// use ventanilla_storage::{InsertOutcome, testing};
    ///
    /// let first = testing::ticket("TKT-ABC123").key("form-1").build();
    /// let again = testing::ticket("TKT-ABC123").key("form-1").build();
    /// let other = testing::ticket("TKT-ABC123").build();
    /// assert_eq!(InsertOutcome::taken_by(&first, &again), InsertOutcome::Repeated(first.head().clone()));
    /// assert_eq!(InsertOutcome::taken_by(&first, &other), InsertOutcome::NumberTaken);
    /// ```
    #[must_use]
    pub fn taken_by(first: &Ticket, new: &Ticket) -> Self {
        match new.creation_key() {
            Some(key) if first.creation_key() == Some(key) => {
                if first.is_same_request(new) {
                    InsertOutcome::Repeated(first.head().clone())
                } else {
                    let number = first.head().ticket_number.clone();
                    InsertOutcome::KeyConflict { number, key: key.key.clone() }
                }
            }
            _ => InsertOutcome::NumberTaken,
        }
    }
}

#[cfg(feature = "mock")]
mockall::mock! {
    /// A store that answers as it is told.
    pub TicketStore {}

    #[async_trait]
    impl TicketStore for TicketStore {
        async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError>;
        async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError>;
        async fn get(
            &self,
            lookup: &TicketLookup,
            scope: &Audience,
            window: MessageRange,
        ) -> Result<Option<TicketDetails>, StoreError>;
        async fn update(
            &self,
            number: &TicketNumber,
            command: &Command,
        ) -> Result<Outcome, StoreError>;
        async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;
        async fn counts(
            &self,
            mine: &UserId,
            as_of: Option<BusinessTime>,
        ) -> Result<Counts, StoreError>;
        async fn resolved_until(
            &self,
            latest: Timestamp,
            limit: u32,
        ) -> Result<Vec<TicketNumber>, StoreError>;
        async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError>;
    }
}

/// Forwards every method; the lint sees to it that none is forgotten.
macro_rules! forward {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<T: TicketStore + ?Sized> TicketStore for $pointer {
            async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
                (**self).insert(ticket).await
            }

            async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
                (**self).ticket(number).await
            }

            async fn get(
                &self,
                lookup: &TicketLookup,
                scope: &Audience,
                window: MessageRange,
            ) -> Result<Option<TicketDetails>, StoreError> {
                (**self).get(lookup, scope, window).await
            }

            async fn update(
                &self,
                number: &TicketNumber,
                command: &Command,
            ) -> Result<Outcome, StoreError> {
                (**self).update(number, command).await
            }

            async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
                (**self).list(page).await
            }

            async fn counts(
                &self,
                mine: &UserId,
                as_of: Option<BusinessTime>,
            ) -> Result<Counts, StoreError> {
                (**self).counts(mine, as_of).await
            }

            async fn resolved_until(
                &self,
                latest: Timestamp,
                limit: u32,
            ) -> Result<Vec<TicketNumber>, StoreError> {
                (**self).resolved_until(latest, limit).await
            }

            async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
                (**self).report(query).await
            }
        }
    )+};
}
forward!(std::sync::Arc<T>, Box<T>, &T);
