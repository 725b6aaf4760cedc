//! The help desk: what all handles share.

use std::{fmt, sync::Arc};

use tracing::{Span, field::display};
use ventanilla_domain::{
    Actor, Audience, Change, Command, CreationKey, Event, EventKind, Explain, MessageRange, NewTicket,
    Outcome, Policy, Refusal, Sla, TicketDetails, TicketLookup, TicketNumber, TicketSummary, Timestamp,
    UserId,
};
use ventanilla_storage::{
    Counts, InsertOutcome, Page, PageQuery, Period, Report, ReportQuery, StoreError, TicketStore,
};

use crate::{
    Admin, Bot, Clock, Customer, NumberSource, RandomNumbers, Receipt, ServiceError, System,
    SystemClock, numbers, view::Standing,
};

/// A help desk over a store of tickets. Cloning it is cheap: all clones are one desk.
///
/// It gives out a handle for each role; the host authenticates and says for whom.
///
/// ```
/// use ventanilla_service::{Days, HelpDesk, MemoryStore, Policy, Reopen, UserId};
///
/// let desk = HelpDesk::builder(MemoryStore::new())
///     .policy(Policy { reopen: Reopen::Within(Days(7)), ..Policy::default() })
///     .build();
/// let customer = desk.customer(UserId::parse("ana")?);
/// let admin = desk.admin(UserId::parse("luis")?);
/// # Ok::<(), ventanilla_service::InvalidUserId>(())
/// ```
#[derive(Clone)]
pub struct HelpDesk(Arc<Shared>);

struct Shared {
    store: Arc<dyn TicketStore>,
    clock: Box<dyn Clock>,
    numbers: Box<dyn NumberSource>,
    policy: Policy,
}

impl HelpDesk {
    /// A desk with the system's clock, random numbers and the default policy.
    pub fn new(store: impl TicketStore + 'static) -> Self {
        Self::builder(store).build()
    }

    /// A desk to be set up.
    pub fn builder(store: impl TicketStore + 'static) -> HelpDeskBuilder {
        HelpDeskBuilder(Shared {
            store: Arc::new(store),
            clock: Box::new(SystemClock),
            numbers: Box::new(RandomNumbers),
            policy: Policy::default(),
        })
    }

    /// What a customer can do, for this customer.
    #[must_use]
    pub fn customer(&self, id: UserId) -> Customer {
        Customer::new(self.clone(), id)
    }

    /// What an administrator can do, for this administrator.
    #[must_use]
    pub fn admin(&self, id: UserId) -> Admin {
        Admin::new(self.clone(), id)
    }

    /// What the host's bot can do.
    #[must_use]
    pub fn bot(&self) -> Bot {
        Bot::new(self.clone())
    }

    /// What the desk does by itself.
    #[must_use]
    pub fn system(&self) -> System {
        System::new(self.clone())
    }

    /// How this desk is run.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }
}

/// What the handles are made of.
impl HelpDesk {
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A number that looks like any other and belongs to no ticket that was opened for it.
    pub(crate) fn decoy(&self) -> TicketNumber {
        numbers::draw(&*self.0.numbers, TicketNumber::FIRST_LENGTH)
    }

    /// Opens a ticket under the first number that is free.
    pub(crate) async fn open(
        &self,
        by: &Actor,
        requester: &UserId,
        draft: &NewTicket,
    ) -> Result<Receipt, ServiceError> {
        observed(self.try_open(by, requester, draft).await)
    }

    async fn try_open(
        &self,
        by: &Actor,
        requester: &UserId,
        draft: &NewTicket,
    ) -> Result<Receipt, ServiceError> {
        let at = self.now();
        let key = by.user().zip(draft.key());
        let key = key.map(|(by, key)| CreationKey { by: by.clone(), key: key.clone() });
        for number in numbers::candidates(&*self.0.numbers, key.as_ref()) {
            let ticket = draft
                .open(number, requester, by, at, self.policy())
                .map_err(|refusal| ServiceError::NotOpened { refusal })?;
            match self.0.store.insert(&ticket).await? {
                InsertOutcome::Stored => {
                    tell("number", &ticket.head().ticket_number);
                    let created = created(at, by);
                    return Ok(Receipt::new(ticket.head().clone(), vec![created]).seen(by));
                }
                InsertOutcome::Repeated(head) => {
                    tell("number", &head.ticket_number);
                    let first = created(head.created_at, by);
                    return Ok(Receipt::repeated(head, vec![first]).seen(by));
                }
                InsertOutcome::KeyConflict { number, key } => {
                    return Err(ServiceError::Refused { number, refusal: Refusal::KeyConflict { key } });
                }
                InsertOutcome::NumberTaken => {}
            }
        }
        Err(ServiceError::NumbersExhausted { longest: TicketNumber::MAX_LENGTH })
    }

    /// Carries out a change.
    pub(crate) async fn change(
        &self,
        by: &Actor,
        number: &TicketNumber,
        change: Change,
    ) -> Result<Receipt, ServiceError> {
        observed(self.try_change(by, number, change).await)
    }

    /// The same, without a word to the span.
    pub(crate) async fn try_change(
        &self,
        by: &Actor,
        number: &TicketNumber,
        change: Change,
    ) -> Result<Receipt, ServiceError> {
        let refused = |refusal| ServiceError::Refused { number: number.clone(), refusal };
        let command = Command::new(by, self.now(), self.policy(), change).map_err(refused)?;
        match self.0.store.update(number, &command).await? {
            Outcome::Applied { head, events } => Ok(Receipt::new(head, events).seen(by)),
            Outcome::Unchanged { head } => Ok(Receipt::new(head, Vec::new()).seen(by)),
            Outcome::Repeated { head, events } => Ok(Receipt::repeated(head, events).seen(by)),
            Outcome::Refused(refusal) => Err(refused(refusal)),
            Outcome::NotFound => Err(ServiceError::NotFound { number: number.clone() }),
        }
    }

    /// Reads a ticket within a scope.
    pub(crate) async fn view(
        &self,
        lookup: &TicketLookup,
        scope: &Audience,
        window: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        let found = self.0.store.get(lookup, scope, window).await.map_err(ServiceError::from);
        observed(found.and_then(|view| view.ok_or_else(|| ServiceError::not_found(lookup))))
    }

    /// Returns those of a typed number's candidates that are tickets, but for the number itself.
    pub(crate) async fn existing(
        &self,
        typed: &TicketLookup,
    ) -> Result<Vec<TicketNumber>, ServiceError> {
        let mut found = Vec::new();
        for candidate in typed.candidates().iter().filter(|candidate| *candidate != typed.entered()) {
            let ticket =
                self.0.store.get(&candidate.into(), &Audience::Desk, MessageRange::Last(0)).await;
            match ticket {
                Ok(None) => {}
                Ok(Some(_)) | Err(StoreError::Unreadable { .. }) => found.push(candidate.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// Reads the ticket that somebody means by what they typed.
    pub(crate) async fn find(
        &self,
        typed: &str,
        scope: &Audience,
    ) -> Result<TicketDetails, ServiceError> {
        let view = self.view(&parsed(typed)?, scope, MessageRange::All).await?;
        tell("number", &view.head.ticket_number);
        Ok(view)
    }

    /// Lists a page of tickets.
    pub(crate) async fn list(&self, page: PageQuery) -> Result<Page<TicketSummary>, ServiceError> {
        observed(self.try_list(page).await)
    }

    async fn try_list(&self, page: PageQuery) -> Result<Page<TicketSummary>, ServiceError> {
        let page = if page.query().uses_due_time() {
            page.with_as_of(self.sla()?.business_time_at(self.now()))
        } else {
            page
        };
        Ok(self.0.store.list(&page).await?)
    }

    /// Counts all tickets.
    pub(crate) async fn counts(&self, mine: &UserId) -> Result<Counts, ServiceError> {
        let as_of = self.policy().sla.as_ref().map(|sla| sla.business_time_at(self.now()));
        observed(self.0.store.counts(mine, as_of).await.map_err(ServiceError::from))
    }

    /// Sums up what the clocks measured within a period.
    pub(crate) async fn report(&self, period: Period) -> Result<Report, ServiceError> {
        observed(self.try_report(period).await)
    }

    async fn try_report(&self, period: Period) -> Result<Report, ServiceError> {
        let query = ReportQuery::new(period, self.sla()?, self.now());
        Ok(self.0.store.report(&query).await?)
    }

    /// The tickets that the system may close by now.
    pub(crate) async fn closable(&self, limit: u32) -> Result<Vec<TicketNumber>, ServiceError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let latest = self.now().minus(self.policy().close_after.duration());
        Ok(self.0.store.resolved_until(latest, limit).await?)
    }

    /// What tickets are shown against, if the desk promises anything.
    pub(crate) fn standing(&self) -> Option<Standing<'_>> {
        self.policy().sla.as_ref().map(|sla| Standing { sla, now: self.now() })
    }

    fn sla(&self) -> Result<&Sla, ServiceError> {
        self.policy().sla.as_ref().ok_or(ServiceError::NoSla)
    }
}

impl fmt::Debug for HelpDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelpDesk").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

/// A help desk to be set up.
///
/// ```
/// use ventanilla_service::{HelpDesk, MemoryStore, Timestamp};
///
/// let desk = HelpDesk::builder(MemoryStore::new()).clock(|| Timestamp::MIN).build();
/// ```
pub struct HelpDeskBuilder(Shared);

impl HelpDeskBuilder {
    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.0.clock = Box::new(clock);
        self
    }

    /// Takes ticket numbers from this source.
    #[must_use]
    pub fn numbers(mut self, numbers: impl NumberSource + 'static) -> Self {
        self.0.numbers = Box::new(numbers);
        self
    }

    /// Runs the desk by this policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.0.policy = policy;
        self
    }

    /// The desk.
    #[must_use]
    pub fn build(self) -> HelpDesk {
        HelpDesk(Arc::new(self.0))
    }
}

impl fmt::Debug for HelpDeskBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelpDeskBuilder").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

fn created(at: Timestamp, by: &Actor) -> Event {
    Event { at, by: by.clone(), version: 0, kind: EventKind::Created }
}

/// Reads what a caller gave, and tells the span if it can't be read.
pub(crate) fn parsed<T>(value: impl TryInto<T, Error: Into<ServiceError>>) -> Result<T, ServiceError> {
    checked(value.try_into())
}

/// Tells the span of an error only: where all is well, the outcome is still to come.
pub(crate) fn checked<T>(result: Result<T, impl Into<ServiceError>>) -> Result<T, ServiceError> {
    result.or_else(|error| observed(Err(error.into())))
}

/// Writes the outcome's code to the span of the use case.
pub(crate) fn observed<T>(result: Result<T, ServiceError>) -> Result<T, ServiceError> {
    tell("outcome", result.as_ref().err().map_or("ok", Explain::code));
    result
}

/// Writes a field to the span of the use case, and never to the host's where ours is disabled.
pub(crate) fn tell(field: &str, value: impl fmt::Display) {
    let span = Span::current();
    if span.metadata().is_some_and(|metadata| metadata.target().starts_with(env!("CARGO_CRATE_NAME"))) {
        span.record(field, display(value));
    }
}
