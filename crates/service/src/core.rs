//! The operations that all handles share.

use std::{sync::Arc, time::Duration};

use ventanilla_domain::{
    Actor, Audience, Category, Change, Command, Event, EventKind, MessageRange, NewTicket, Outcome,
    Policy, Sla, TicketDetails, TicketLookup, TicketNumber, TicketSummary, Timestamp, UserId,
};
use ventanilla_storage::{
    Counted, Counts, CountsQuery, InsertOutcome, Page, PageQuery, Period, Report, ReportQuery,
    StoreError, TicketStore,
};

use crate::{
    Receipt, ServiceError,
    clock::Clock,
    form::CategoryNotOffered,
    numbers::{self, NumberSource},
    observe::{observed, parsed, record},
    view::{PageSource, PersonDirectory, Viewer},
};

/// Function that says whether a ticket may be assigned to a person.
pub(crate) type IsAssignable = Box<dyn Fn(&UserId) -> bool + Send + Sync>;

/// Function that is called after each change.
pub(crate) type OnChange = Box<dyn Fn(&Receipt) + Send + Sync>;

/// Store and settings of a help desk.
pub(crate) struct Core {
    pub(crate) store: Arc<dyn TicketStore>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) numbers: Box<dyn NumberSource>,
    pub(crate) policy: Policy,
    pub(crate) categories: Vec<Category>,
    pub(crate) is_assignable: Option<IsAssignable>,
    pub(crate) on_change: Option<OnChange>,
    /// Interval at which a stream of events looks for alerts.
    pub(crate) alerts_every: Duration,
    #[cfg(feature = "attachments")]
    pub(crate) files: Option<ventanilla_storage::attachments::AttachmentStore>,
}

impl Core {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns a number that looks like any other and belongs to no ticket that was opened for it.
    pub(crate) fn decoy(&self) -> TicketNumber {
        numbers::draw(&*self.numbers, TicketNumber::FIRST_LENGTH)
    }

    /// Opens a ticket under the first number that is free.
    pub(crate) async fn open(
        &self,
        by: &Actor,
        requester: &UserId,
        new_ticket: &NewTicket,
    ) -> Result<Receipt, ServiceError> {
        observed(self.try_open(by, requester, new_ticket).await)
    }

    async fn try_open(
        &self,
        by: &Actor,
        requester: &UserId,
        new_ticket: &NewTicket,
    ) -> Result<Receipt, ServiceError> {
        // A follow-up keeps the category of the old ticket, offered or not.
        if !new_ticket.is_follow_up() {
            self.check_category(new_ticket.category())?;
        }
        let at = self.now();
        let key = new_ticket.creation_key(requester, by);
        for number in numbers::candidates(&*self.numbers, key.as_ref()) {
            let ticket = new_ticket
                .open(number, requester, by, at, &self.policy)
                .map_err(|refusal| ServiceError::NotOpened { refusal })?;
            let number = &ticket.head().ticket_number;
            // Without a key the number is drawn, and may be that of another ticket.
            self.record_files(by, number, new_ticket.attachments(), key.is_some()).await?;
            match self.store.insert(&ticket).await? {
                InsertOutcome::Stored => {
                    record("number", &ticket.head().ticket_number);
                    let created = created(at, by);
                    return Ok(self.told(by, Receipt::new(ticket.head().clone(), vec![created])));
                }
                InsertOutcome::Repeated(head) => {
                    record("number", &head.ticket_number);
                    let first = created(head.created_at, by);
                    return Ok(self.told(by, Receipt::repeated(head, vec![first])));
                }
                InsertOutcome::KeyConflict { number, key } => {
                    return Err(ServiceError::Refused { number, refusal: new_ticket.key_refusal(key) });
                }
                InsertOutcome::NumberTaken => {}
            }
        }
        Err(ServiceError::NumbersExhausted { longest: TicketNumber::MAX_LENGTH })
    }

    /// Checks that the desk offers this category.
    pub(crate) fn check_category(&self, category: &Category) -> Result<(), CategoryNotOffered> {
        if self.categories.contains(category) {
            return Ok(());
        }
        Err(CategoryNotOffered { category: category.clone() })
    }

    /// Makes a change, and records its outcome in the span.
    pub(crate) async fn change(
        &self,
        by: &Actor,
        number: &TicketNumber,
        change: Change,
    ) -> Result<Receipt, ServiceError> {
        observed(self.try_change(by, number, change).await)
    }

    /// Makes a change, and leaves the span alone.
    pub(crate) async fn try_change(
        &self,
        by: &Actor,
        number: &TicketNumber,
        change: Change,
    ) -> Result<Receipt, ServiceError> {
        self.check_assignee(&change)?;
        let refused = |refusal| ServiceError::Refused { number: number.clone(), refusal };
        let command = Command::new(by, self.now(), &self.policy, change).map_err(refused)?;
        self.record_files(by, number, command.change().attachments(), true).await?;
        match self.store.update(number, &command).await? {
            Outcome::Applied { head, events } => Ok(self.told(by, Receipt::new(head, events))),
            Outcome::Unchanged { head } => Ok(Receipt::new(head, Vec::new()).seen_by(by)),
            Outcome::Repeated { head, events } => Ok(self.told(by, Receipt::repeated(head, events))),
            Outcome::Refused(refusal) => Err(refused(refusal)),
            Outcome::NotFound => Err(ServiceError::NotFound { number: number.clone() }),
        }
    }

    #[cfg(feature = "attachments")]
    const fn keeps_files(&self) -> bool {
        self.files.is_some()
    }

    #[cfg(not(feature = "attachments"))]
    const fn keeps_files(&self) -> bool {
        false
    }

    /// Refuses attachments: without an object store there are no uploads.
    #[cfg(not(feature = "attachments"))]
    async fn record_files(
        &self,
        _: &Actor,
        _: &TicketNumber,
        attached: &[ventanilla_domain::Attachment],
        _: bool,
    ) -> Result<(), ServiceError> {
        if attached.is_empty() { Ok(()) } else { Err(ServiceError::NoAttachments) }
    }

    /// Passes a receipt to the function of the host, and returns what the actor may see of it.
    fn told(&self, by: &Actor, receipt: Receipt) -> Receipt {
        if let Some(on_change) = &self.on_change {
            on_change(&receipt);
        }
        receipt.seen_by(by)
    }

    fn check_assignee(&self, change: &Change) -> Result<(), ServiceError> {
        match (change.assignee(), &self.is_assignable) {
            (Some(assignee), Some(is_assignable)) if !is_assignable(assignee) => {
                Err(ServiceError::UnknownAssignee { assignee: assignee.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Reads a ticket for an audience.
    pub(crate) async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        observed(self.try_get(lookup, audience, range).await)
    }

    /// Reads a ticket, and leaves the span alone.
    pub(crate) async fn try_get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        let found = self.store.get(lookup, audience, range).await?;
        found.ok_or_else(|| ServiceError::not_found(lookup))
    }

    /// Reads the ticket whose number somebody typed.
    pub(crate) async fn find(
        &self,
        typed: &str,
        audience: &Audience,
    ) -> Result<TicketDetails, ServiceError> {
        let details = self.get(&parsed(typed)?, audience, MessageRange::All).await?;
        record("number", &details.head.ticket_number);
        Ok(details)
    }

    /// Returns the candidates of a typed number that are tickets, without the number itself.
    pub(crate) async fn existing(
        &self,
        typed: &TicketLookup,
    ) -> Result<Vec<TicketNumber>, ServiceError> {
        let mut found = Vec::new();
        for candidate in typed.candidates().iter().filter(|candidate| *candidate != typed.entered()) {
            if self.is_ticket(candidate).await? {
                found.push(candidate.clone());
            }
        }
        Ok(found)
    }

    /// Returns whether a number is that of a ticket, be it unreadable.
    pub(crate) async fn is_ticket(&self, number: &TicketNumber) -> Result<bool, ServiceError> {
        match self.store.get(&number.into(), &Audience::Desk, MessageRange::Last(0)).await {
            Ok(ticket) => Ok(ticket.is_some()),
            Err(StoreError::Unreadable { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists a page of tickets.
    pub(crate) async fn list(&self, page: PageQuery) -> Result<Page<TicketSummary>, ServiceError> {
        observed(self.try_list(page).await)
    }

    async fn try_list(&self, page: PageQuery) -> Result<Page<TicketSummary>, ServiceError> {
        Ok(self.store.list(&self.as_of_now(page)?).await?)
    }

    /// Counts the tickets of a list up to a limit.
    pub(crate) async fn count(&self, list: PageQuery, up_to: u32) -> Result<Counted, ServiceError> {
        observed(self.try_count(list, up_to).await)
    }

    async fn try_count(&self, list: PageQuery, up_to: u32) -> Result<Counted, ServiceError> {
        Ok(self.store.count(&self.as_of_now(list)?, up_to).await?)
    }

    /// Sets the current time, and the current business time if the list needs it.
    pub(crate) fn as_of_now(&self, page: PageQuery) -> Result<PageQuery, ServiceError> {
        let now = self.now();
        let page = page.with_now(now);
        Ok(if page.query().uses_due_time() {
            page.with_as_of(self.sla()?.business_time_at(now))
        } else {
            page
        })
    }

    /// Counts all tickets.
    pub(crate) async fn counts(&self, mine: &UserId) -> Result<Counts, ServiceError> {
        let now = self.now();
        let as_of = self.policy.sla.as_ref().map(|sla| sla.business_time_at(now));
        let query = CountsQuery::new(mine.clone(), now).with_as_of(as_of);
        observed(self.store.counts(&query).await.map_err(ServiceError::from))
    }

    /// Makes the report of a period.
    pub(crate) async fn report(&self, period: Period) -> Result<Report, ServiceError> {
        observed(self.try_report(period).await)
    }

    async fn try_report(&self, period: Period) -> Result<Report, ServiceError> {
        let query = ReportQuery::new(period, self.sla()?, self.now());
        Ok(self.store.report(&query).await?)
    }

    /// Returns tickets that the system may close by now.
    pub(crate) async fn closable(&self, limit: u32) -> Result<Vec<TicketNumber>, ServiceError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let latest = self.now().minus(self.policy.close_after.duration());
        Ok(self.store.resolved_until(latest, limit).await?)
    }

    pub(crate) fn sla(&self) -> Result<&Sla, ServiceError> {
        self.policy.sla.as_ref().ok_or(ServiceError::NoSla)
    }

    /// Returns the present and the policy for pages.
    pub(crate) fn page_source<'a>(
        &'a self,
        viewer: Viewer,
        people: &'a dyn PersonDirectory,
    ) -> PageSource<'a> {
        PageSource::new(&self.policy, self.now(), viewer, self.keeps_files(), people)
    }
}

fn created(at: Timestamp, by: &Actor) -> Event {
    Event { at, by: by.clone(), version: 0, kind: EventKind::Created }
}
