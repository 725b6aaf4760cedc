//! What every store of tickets promises.

use async_trait::async_trait;
use ventanilla_domain::{
    BusinessTime, IdempotencyKey, Outcome, Plan, Scope, Ticket, TicketHead, TicketLookup, TicketNumber,
    TicketSummary, TicketView, UserId, Window,
};

use crate::{Counts, Page, PageQuery, StoreError, Upkeep};

/// Where tickets live.
///
/// # Contract
///
/// A store keeps tickets and carries out plans; it knows no rules. Each method is atomic on its
/// own, and each is one command to the database on its plain success path.
///
/// - **Nothing by halves.** A change is made whole or not at all. What an error says of it by
///   [`StoreError::applied`] is true; a store that isn't sure answers
///   [`StoreError::OutcomeUnknown`].
/// - **Durable.** A change that was acknowledged survives, exactly once.
/// - **No lost update.** Changes to one ticket happen one after another; the guards of a plan hold
///   at the moment in which its effects are made.
/// - **A foreign ticket isn't there.** Beyond a [`Scope`], or with another
///   [owner](ventanilla_domain::Guard::Owner), the answer is that of a missing ticket, in as many
///   commands.
/// - **Lists** never load conversations. Filtered by any status and priority and at most one of
///   category, assignee and requester, a list examines what it returns and a small constant more,
///   whatever the store holds; further filters may cost more. One by due time examines tickets that
///   wait, and no others. A walk over pages visits every ticket
///   whose filtered and sorted fields stay unchanged exactly once, whatever else happens meanwhile.
/// - **One unreadable ticket hides no other.** A list reports it; only [`get`](Self::get) and
///   [`update`](Self::update) of that ticket fail.
///
/// `conformance::check` (feature `conformance`) tests all of it that can be seen from outside.
/// `Arc`, `Box` and references of a store are stores.
///
/// ```
/// # use ventanilla_domain::*;
/// use ventanilla_storage::{Inserted, MemoryStore, TicketStore};
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
/// assert_eq!(store.insert(&ticket).await?, Inserted::Stored);
///
/// let plan = Change::message(MessageText::parse("¿Hay novedades?")?).plan(&by, now, &policy)?;
/// assert!(matches!(store.update(&number, &plan).await?, Outcome::Applied { .. }));
///
/// let view = store.get(&(&number).into(), &Scope::Owner(ana), Window::All).await?;
/// assert_eq!(view.map(|view| view.messages.len()), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Stores a new ticket, unless its number is taken or its creation key was used.
    ///
    /// A key that was used comes before a number that is taken, where the store can tell both.
    async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError>;

    /// Reads a ticket within a scope: the first of the lookup's candidates that exists there.
    ///
    /// The window counts messages in order of arrival; `None` where there is no such ticket.
    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError>;

    /// Carries out a plan on a ticket, as [`Plan::apply`] does.
    async fn update(&self, number: &TicketNumber, plan: &Plan) -> Result<Outcome, StoreError>;

    /// Lists a page of tickets.
    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;

    /// Counts all tickets by status and priority, and those that wait for somebody or for `mine`; as of
    /// a working time, those overdue and at risk too.
    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError>;

    /// What the store does beyond single tickets, if it does: reports, and finding what is to be
    /// closed. A small store need not.
    fn upkeep(&self) -> Option<&dyn Upkeep> {
        None
    }
}

/// What came of storing a new ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    Stored,
    /// Its number is taken: draw another and try again. Nothing was stored.
    NumberTaken,
    /// Its author used its key before, for [the same](Ticket::asks_the_same_as): this ticket.
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

#[cfg(feature = "mock")]
mockall::mock! {
    /// A store that answers as it is told, and does no upkeep.
    pub TicketStore {}

    #[async_trait]
    impl TicketStore for TicketStore {
        async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError>;
        async fn get(
            &self,
            lookup: &TicketLookup,
            scope: &Scope,
            window: Window,
        ) -> Result<Option<TicketView>, StoreError>;
        async fn update(&self, number: &TicketNumber, plan: &Plan) -> Result<Outcome, StoreError>;
        async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;
        async fn counts(
            &self,
            mine: &UserId,
            as_of: Option<BusinessTime>,
        ) -> Result<Counts, StoreError>;
    }
}

/// Forwards every method; the lint sees to it that none is forgotten.
macro_rules! forward {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<T: TicketStore + ?Sized> TicketStore for $pointer {
            async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
                (**self).insert(ticket).await
            }

            async fn get(
                &self,
                lookup: &TicketLookup,
                scope: &Scope,
                window: Window,
            ) -> Result<Option<TicketView>, StoreError> {
                (**self).get(lookup, scope, window).await
            }

            async fn update(&self, number: &TicketNumber, plan: &Plan) -> Result<Outcome, StoreError> {
                (**self).update(number, plan).await
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

            fn upkeep(&self) -> Option<&dyn Upkeep> {
                (**self).upkeep()
            }
        }
    )+};
}
forward!(std::sync::Arc<T>, Box<T>, &T);
