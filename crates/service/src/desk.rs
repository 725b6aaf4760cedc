//! The help desk and its builder.

use std::{fmt, sync::Arc, time::Duration};

use ventanilla_domain::{Category, Policy, UserId};
use ventanilla_storage::{EventStream, EventToken, TicketStore};

use crate::{
    Admin, Bot, Customer, Receipt, ServiceError, System, alerts,
    clock::{Clock, SystemClock},
    core::Core,
    numbers::{NumberSource, RandomNumbers},
};

/// Help desk over a store of tickets.
///
/// It gives a handle to each role. The host authenticates its users, and says for whom it takes a
/// handle. Clones are cheap and share everything.
///
/// ```
/// use ventanilla_service::{HelpDesk, MemoryStore, Policy, UserId, settings::{Days, Reopen}};
///
/// let desk = HelpDesk::builder(MemoryStore::new())
///     .policy(Policy { reopen: Reopen::Within(Days(7)), ..Policy::default() })
///     .build();
/// let customer = desk.customer(UserId::parse("ana")?);
/// let admin = desk.admin(UserId::parse("luis")?);
/// # Ok::<(), ventanilla_service::error::InvalidUserId>(())
/// ```
#[derive(Clone)]
pub struct HelpDesk(Arc<Core>);

impl HelpDesk {
    /// Creates a desk with the default settings of [`HelpDesk::builder`].
    pub fn new(store: impl TicketStore + 'static) -> Self {
        Self::builder(store).build()
    }

    /// Starts a desk with the default policy, the categories of [`Category::KNOWN`], the system's
    /// clock and random ticket numbers.
    pub fn builder(store: impl TicketStore + 'static) -> HelpDeskBuilder {
        HelpDeskBuilder(Core {
            store: Arc::new(store),
            clock: Box::new(SystemClock),
            numbers: Box::new(RandomNumbers),
            policy: Policy::default(),
            categories: Category::KNOWN.to_vec(),
            is_assignable: None,
            on_change: None,
            alerts_every: Duration::from_secs(30),
            #[cfg(feature = "attachments")]
            files: None,
        })
    }

    /// Returns the handle of a customer.
    #[must_use]
    pub fn customer(&self, id: UserId) -> Customer {
        Customer::new(Arc::clone(&self.0), id)
    }

    /// Returns the handle of an administrator.
    #[must_use]
    pub fn admin(&self, id: UserId) -> Admin {
        Admin::new(Arc::clone(&self.0), id)
    }

    /// Returns the handle of the host's bot.
    #[must_use]
    pub fn bot(&self) -> Bot {
        Bot::new(Arc::clone(&self.0))
    }

    /// Returns the handle of the system, for scheduled work.
    #[must_use]
    pub fn system(&self) -> System {
        System::new(Arc::clone(&self.0))
    }

    /// Returns the events of all tickets after a position, or from now on: what any process has changed,
    /// and what another application writes into the collection.
    ///
    /// A worker keeps the [token](EventStream::token) when it has handled an item. Started again at it, also
    /// after a crash, it misses nothing, and knows a repeated item by its
    /// [`id`](crate::event::TicketEvents::id). The guide [`events`](crate::guide::events) has one.
    ///
    /// On a desk with an SLA policy, the timers that come to be at risk or are breached are items too, found by
    /// a check [every 30 seconds](HelpDeskBuilder::alerts_every): an [`EventKind::SlaAtRisk`](
    /// crate::EventKind::SlaAtRisk) or [`EventKind::SlaBreached`](crate::EventKind::SlaBreached) for each, of
    /// timers that still run then. The token contains the time of the last check, so that a worker that was
    /// stopped for an hour gets those of that hour. Without a token, or at one of
    /// [`TicketStore::events`](crate::store::TicketStore::events), they begin now. A check that fails or takes
    /// longer than 5 minutes is an error item; the stream goes on, and the next check covers the same time again.
    /// A slow one delays no change.
    ///
    /// Items hold what only the desk may see. [`TicketEvents::for_audience`](
    /// crate::event::TicketEvents::for_audience) takes it out.
    ///
    /// ```
    /// use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let desk = HelpDesk::new(MemoryStore::new());
    /// let mut events = desk.events(None).await?;
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// let ana = desk.customer(UserId::parse("ana")?);
    /// let number = ana.create(new_ticket).await?.head.ticket_number;
    /// ana.reply(&number, "Y tampoco en el móvil").await?;
    ///
    /// let created = events.next().await.expect("it never ends")?;
    /// assert_eq!(created.messages[0].text.as_str(), "No carga");
    /// let token = events.token().clone(); // to be kept
    ///
    /// let mut events = desk.events(token).await?;
    /// let reply = events.next().await.expect("it never ends")?;
    /// assert_eq!(reply.messages[0].text.as_str(), "Y tampoco en el móvil");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`]: [`StoreError::EventsLost`](crate::error::StoreError::EventsLost) if the
    /// events after the position are no longer there, and
    /// [`StoreError::NoEvents`](crate::error::StoreError::NoEvents) over a store that has none.
    ///
    /// # Panics
    ///
    /// The stream of a desk with an SLA policy panics outside of a Tokio runtime with its timer enabled.
    #[doc(alias = "subscribe")]
    #[doc(alias = "watch")]
    pub async fn events(
        &self,
        after: impl Into<Option<EventToken>>,
    ) -> Result<EventStream, ServiceError> {
        Ok(alerts::stream(&self.0, after.into()).await?)
    }

    /// Returns the policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Returns the categories that a form can choose from, in the order of the builder.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.0.categories
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0
    }
}

impl fmt::Debug for HelpDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HelpDesk").field(&self.0).finish()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("policy", &self.policy)
            .field("categories", &self.categories)
            .finish_non_exhaustive()
    }
}

/// Builder of a [`HelpDesk`].
///
/// ```
/// use ventanilla_service::{Category, HelpDesk, MemoryStore};
///
/// let desk = HelpDesk::builder(MemoryStore::new())
///     .categories([Category::PAGOS, Category::parse("ENVÍOS")?])
///     .build();
/// assert_eq!(desk.categories().len(), 2);
/// # Ok::<(), ventanilla_service::error::InvalidCategory>(())
/// ```
#[derive(Debug)]
pub struct HelpDeskBuilder(pub(crate) Core);

impl HelpDeskBuilder {
    /// Sets the policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.0.policy = policy;
        self
    }

    /// Sets the categories that a new ticket can have.
    ///
    /// A ticket of another category is refused with the code `category_not_offered`, unless it
    /// follows up an old one. Stored tickets aren't affected.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = Category>) -> Self {
        self.0.categories = categories.into_iter().collect();
        self
    }

    /// Sets the function that says whether a ticket may be assigned to a person; without one it may
    /// be to anybody.
    ///
    /// An assignment to somebody else is refused as
    /// [`ServiceError::UnknownAssignee`](crate::ServiceError::UnknownAssignee). An administrator
    /// who claims a ticket isn't asked about.
    ///
    /// ```
    /// use ventanilla_service::{
    ///     Category, Explain, HelpDesk, MemoryStore, MessageText, NewTicket, UserId,
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let team = ["luis", "marta"];
    /// let desk = HelpDesk::builder(MemoryStore::new())
    ///     .assignable(move |person| team.contains(&person.as_str()))
    ///     .build();
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
    /// let error = luis.assign(&number, &UserId::parse("nadie")?).await.unwrap_err();
    /// assert_eq!(error.code(), "unknown_assignee");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn assignable(mut self, may_have: impl Fn(&UserId) -> bool + Send + Sync + 'static) -> Self {
        self.0.is_assignable = Some(Box::new(may_have));
        self
    }

    /// Sets a function that is called after each change of every handle, also of bulk changes and of
    /// closing, with the desk's receipt: so no use case forgets an e-mail.
    ///
    /// It is called in the process that made the change, once it is stored and before the caller has its
    /// receipt; a [repeated](field@Receipt::repeated) request calls it too, one that changes nothing doesn't.
    /// If the process ends first, or the caller is cancelled, it isn't called, and what another process or
    /// application changes it never sees: [`HelpDesk::events`] has all of that. It delays the caller, so it
    /// should hand the work on.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use ventanilla_service::{Category, EventKind, HelpDesk, MemoryStore, MessageText, NewTicket, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let (outbox, sent) = mpsc::channel();
    /// let desk = HelpDesk::builder(MemoryStore::new())
    ///     .on_change(move |receipt| outbox.send(receipt.clone()).unwrap_or_default())
    ///     .build();
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// desk.customer(UserId::parse("ana")?).create(new_ticket).await?;
    /// assert_eq!(sent.recv()?.events[0].kind, EventKind::Created);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "hook")]
    #[must_use]
    pub fn on_change(mut self, on_change: impl Fn(&Receipt) + Send + Sync + 'static) -> Self {
        self.0.on_change = Some(Box::new(on_change));
        self
    }

    /// Sets the interval at which each stream of [`HelpDesk::events`] checks for SLA timers that have come to be
    /// at risk or were breached, of at least a millisecond; by default 30 seconds.
    ///
    /// It passes in real time, whatever the [clock](Self::clock) says. Each check reads the rows of all tickets
    /// that are at risk or overdue.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_service::{EventKind, HelpDesk, MemoryStore, Policy, settings::ManualClock, sla::SlaMetric};
    /// # use ventanilla_service::{store::TicketStore, testing};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let clock = ManualClock::new(testing::epoch());
    /// # let store = MemoryStore::new();
    /// # store.insert(&testing::ticket("TKT-ABC123").sla(&testing::sla()).build()).await?;
    /// let desk = HelpDesk::builder(store)
    ///     .clock(clock.clone())
    ///     .policy(Policy { sla: Some(testing::sla()), ..Policy::default() })
    ///     .alerts_every(Duration::from_millis(10))
    ///     .build();
    /// let mut events = desk.events(None).await?;
    /// clock.advance(Duration::from_secs(5 * 3600));
    /// let alert = events.next().await.expect("it never ends")?;
    /// assert_eq!(alert.events[0].kind, EventKind::SlaBreached { metric: SlaMetric::FirstResponse });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn alerts_every(mut self, interval: Duration) -> Self {
        self.0.alerts_every = interval.max(Duration::from_millis(1));
        self
    }

    /// Sets the source of the time.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ventanilla_service::{HelpDesk, MemoryStore, Timestamp, settings::Clock};
    ///
    /// let fixed: Arc<dyn Clock> = Arc::new(|| Timestamp::MIN);
    /// let desk = HelpDesk::builder(MemoryStore::new()).clock(fixed).build();
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.0.clock = Box::new(clock);
        self
    }

    /// Sets the source of ticket numbers.
    #[must_use]
    pub fn numbers(mut self, numbers: impl NumberSource + 'static) -> Self {
        self.0.numbers = Box::new(numbers);
        self
    }

    /// Builds the desk.
    #[must_use]
    pub fn build(self) -> HelpDesk {
        HelpDesk(Arc::new(self.0))
    }
}
