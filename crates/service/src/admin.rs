//! Handle of an administrator.

mod bulk;
mod next;

use std::sync::Arc;

use tracing::instrument;
use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, NewMessage, NewTicket, Priority, Reference, Status, Tag,
    TicketDetails, TicketNumber, TicketSummary, UserId, Wait,
};
use ventanilla_storage::{Counted, Counts, Page, PageQuery, Period, Report};

use crate::{
    Receipt, ServiceError,
    core::Core,
    observe::use_case_span,
    requests::{Reply, Request, Target, Text, Update},
    view::{AdminPages, PersonDirectory, Viewer},
};

/// Handle of an administrator, who works with every ticket.
///
/// ```
/// use ventanilla_service::{
///     Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, Status, UserId,
///     list::{Direction, Sort},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # desk.customer(UserId::parse("ana")?).create(new_ticket).await?;
/// let luis = desk.admin(UserId::parse("luis")?);
///
/// let queue = ListQuery::new()
///     .with_statuses(Status::Open)
///     .unassigned()
///     .with_sort(Sort::UrgentFirst(Direction::OldestFirst));
/// for ticket in luis.list(queue).await?.rows {
///     let number = &ticket.head.ticket_number;
///     luis.claim(number).await?;
///     luis.set_status(number, Status::InProgress).await?;
///     luis.reply(number, "Ya está arreglado.").status(Status::Resolved).await?;
/// }
/// assert_eq!(luis.counts().await?.with_status(Status::Resolved), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Admin {
    pub(crate) core: Arc<Core>,
    id: UserId,
    pub(crate) actor: Actor,
}

/// Reading.
impl Admin {
    pub(crate) fn new(core: Arc<Core>, id: UserId) -> Self {
        Self { core, actor: Actor::Admin(id.clone()), id }
    }

    /// Lists tickets: a [`ListQuery`](crate::ListQuery) for its first page, or a page of it as
    /// [`PageQuery::from_params`] reads it from a URL.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] for a list by due time on a desk without an SLA policy;
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.list", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn list(&self, page: impl Into<PageQuery>) -> Result<Page<TicketSummary>, ServiceError> {
        self.core.list(page.into()).await
    }

    /// Counts the tickets of a list, as [`list`](Self::list) takes it, up to a limit: what the list has on all
    /// pages, also tickets that can't be read.
    ///
    /// It costs as much as a page of `up_to` tickets at most.
    ///
    /// ```
    /// use ventanilla_service::{HelpDesk, ListQuery, MemoryStore, TimeZone, UserId, list::Counted, view::Viewer};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let luis = HelpDesk::new(MemoryStore::new()).admin(UserId::parse("luis")?);
    /// let counted = luis.count(ListQuery::new().unassigned(), 1_000).await?;
    /// assert_eq!(counted, Counted::Exactly(0));
    /// let total = luis.pages(Viewer::new(TimeZone::UTC), &()).total(counted);
    /// assert_eq!(total.text, "0 tickets");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] for a list by due time on a desk without an SLA policy;
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.count", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn count(&self, list: impl Into<PageQuery>, up_to: u32) -> Result<Counted, ServiceError> {
        self.core.count(list.into(), up_to).await
    }

    /// Counts tickets for a dashboard.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.counts", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn counts(&self) -> Result<Counts, ServiceError> {
        self.core.counts(&self.id).await
    }

    /// Reports response and resolution times of a period, by administrator and overall.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] on a desk without an SLA policy; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.report", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn report(&self, period: Period) -> Result<Report, ServiceError> {
        self.core.report(period).await
    }

    /// Reads a ticket, with the whole conversation, its notes and its history.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub async fn get(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.get_range(number, MessageRange::All).await
    }

    /// Reads a ticket, with part of the conversation.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.get", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn get_range(
        &self,
        number: &TicketNumber,
        range: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        self.core.get(&number.into(), &Audience::Desk, range).await
    }

    /// Finds a ticket by a number as people type it: `#tkt-abc123`, with spaces, `O` for `0`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidNumber`] if no number can be meant; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.find", skip_all, fields(actor = "ADMIN", number, outcome))]
    pub async fn find(&self, typed: &str) -> Result<TicketDetails, ServiceError> {
        self.core.find(typed, &Audience::Desk).await
    }

    /// Returns the view models of this administrator's pages.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use ventanilla_service::{
    ///     Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, TimeZone, UserId,
    ///     view::{Person, Viewer},
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// let ana = UserId::parse("ana")?;
    /// let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// let number = luis.create_for(&ana, new_ticket).await?.head.ticket_number;
    ///
    /// let people = HashMap::from([(ana, Person::named("Ana Gómez"))]);
    /// let pages = luis.pages(Viewer::new(TimeZone::UTC), &people);
    /// let rows = pages.rows(&luis.list(ListQuery::new()).await?.rows).await;
    /// assert_eq!(rows[0].requester.name, "Ana Gómez");
    /// let page = pages.ticket(&luis.get(&number).await?).await;
    /// assert_eq!(page.assignment.text, "Sin asignar");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn pages<'a>(&'a self, viewer: Viewer, people: &'a dyn PersonDirectory) -> AdminPages<'a> {
        AdminPages { source: self.core.page_source(viewer, people), actor: &self.actor }
    }
}

/// Changes.
impl Admin {
    /// Opens a ticket on a customer's behalf. An idempotency key of it is the administrator's; a
    /// [follow-up](crate::ticket::FollowUp) has one that is everybody's.
    ///
    /// # Errors
    ///
    /// [`ServiceError::CategoryNotOffered`]; [`ServiceError::NotOpened`] if the rules refuse the ticket;
    /// [`ServiceError::Refused`] if the key was used for another ticket, or if the old ticket has another
    /// follow-up already; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.create", skip_all, fields(actor = "ADMIN", number, outcome))]
    pub async fn create_for(
        &self,
        requester: &UserId,
        new_ticket: NewTicket,
    ) -> Result<Receipt, ServiceError> {
        self.core.open(&self.actor, requester, &new_ticket).await
    }

    /// Adds a message that the customer sees, alone, with a [status](Request::status) or with a
    /// [wait](Request::wait).
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`]; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn reply<'a>(
        &'a self,
        number: &'a TicketNumber,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Reply> {
        self.on(number).message(use_case_span!("reply", "ADMIN", number, status), text)
    }

    /// Adds a note that the customer never sees, also to a closed ticket.
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`]; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[doc(alias = "note")]
    pub fn add_note<'a>(
        &'a self,
        number: &'a TicketNumber,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Text> {
        self.on(number).note(use_case_span!("add_note", "ADMIN", number), text)
    }

    /// Sets the status, by the [table of transitions](Status::reachable_from).
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`]; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[doc(alias = "status")]
    pub fn set_status<'a>(&'a self, number: &'a TicketNumber, to: Status) -> Request<'a, Update> {
        let span = use_case_span!("set_status", "ADMIN", number, to = to);
        self.on(number).update(span, Change::status(to))
    }

    /// Sets the priority.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[doc(alias = "priority")]
    pub fn set_priority<'a>(&'a self, number: &'a TicketNumber, to: Priority) -> Request<'a, Update> {
        let span = use_case_span!("set_priority", "ADMIN", number, to = to);
        self.on(number).update(span, Change::priority(to))
    }

    /// Assigns the ticket to an administrator, whoever has it now.
    ///
    /// # Errors
    ///
    /// [`ServiceError::UnknownAssignee`] if the desk says that the person can't have tickets;
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn assign<'a>(&'a self, number: &'a TicketNumber, to: &UserId) -> Request<'a, Update> {
        let span = use_case_span!("assign", "ADMIN", number);
        self.on(number).update(span, Change::assign(Some(to.clone())))
    }

    /// Removes the assignee.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn unassign<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Update> {
        self.on(number).update(use_case_span!("unassign", "ADMIN", number), Change::assign(None))
    }

    /// Assigns an unassigned ticket to this administrator. Of many who claim it at once, one wins.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed or another administrator has it, with
    /// their id; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub fn claim<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Update> {
        self.on(number).update(use_case_span!("claim", "ADMIN", number), Change::claim())
    }

    /// Adds a tag, which only the desk sees.
    ///
    /// ```
    /// # use ventanilla_service::{Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, UserId};
    /// use ventanilla_service::ticket::Tag;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
    /// let vip = Tag::parse("vip")?;
    /// luis.add_tag(&number, &vip).await?;
    /// assert_eq!(luis.list(ListQuery::new().with_tag(vip)).await?.rows.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed or has too many tags;
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub fn add_tag<'a>(&'a self, number: &'a TicketNumber, tag: &Tag) -> Request<'a, Update> {
        let span = use_case_span!("add_tag", "ADMIN", number);
        self.on(number).update(span, Change::add_tag(tag.clone()))
    }

    /// Removes a tag.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn remove_tag<'a>(&'a self, number: &'a TicketNumber, tag: &Tag) -> Request<'a, Update> {
        let span = use_case_span!("remove_tag", "ADMIN", number);
        self.on(number).update(span, Change::remove_tag(tag.clone()))
    }

    /// Adds a reference to what the ticket is about, such as an order. The requester sees it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed or has too many references;
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[doc(alias = "about")]
    pub fn add_reference<'a>(
        &'a self,
        number: &'a TicketNumber,
        about: &Reference,
    ) -> Request<'a, Update> {
        let span = use_case_span!("add_reference", "ADMIN", number);
        self.on(number).update(span, Change::add_reference(about.clone()))
    }

    /// Removes a reference to what the ticket is about.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn remove_reference<'a>(
        &'a self,
        number: &'a TicketNumber,
        about: &Reference,
    ) -> Request<'a, Update> {
        let span = use_case_span!("remove_reference", "ADMIN", number);
        self.on(number).update(span, Change::remove_reference(about.clone()))
    }

    /// Sets the ticket to wait for somebody, and in progress unless it is; its resolution timer is
    /// paused. [`Request::wait`] does it with a message.
    ///
    /// The wait ends when the customer writes, at its end, by [`end_wait`](Self::end_wait) or by another
    /// status.
    ///
    /// ```
    /// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Timestamp, UserId};
    /// use ventanilla_service::ticket::{Wait, WaitingFor};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let friday: Timestamp = "2026-03-06T12:00:00Z".parse()?;
    /// # let desk = HelpDesk::builder(MemoryStore::new()).clock(move || friday).build();
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
    /// let monday = "2026-03-09T08:00:00Z".parse()?;
    /// let receipt = luis.wait(&number, Wait::new(WaitingFor::ThirdParty).until(monday)).await?;
    /// assert!(receipt.head.wait_at(friday).is_some() && receipt.head.wait_at(monday).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed or the end isn't in the future;
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[doc(alias = "snooze")]
    pub fn wait<'a>(&'a self, number: &'a TicketNumber, wait: Wait) -> Request<'a, Update> {
        let span = use_case_span!("wait", "ADMIN", number, party = wait.party());
        self.on(number).update(span, Change::wait(wait))
    }

    /// Ends the wait; the resolution timer runs again.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] for another version than expected; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn end_wait<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Update> {
        self.on(number).update(use_case_span!("end_wait", "ADMIN", number), Change::end_wait())
    }

    /// Discards the reply that the bot proposed. To send it, as it is or edited, send its text as a
    /// [`reply`](Self::reply), which takes its place.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] for another version than expected; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn discard_draft<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Update> {
        let span = use_case_span!("discard_draft", "ADMIN", number);
        self.on(number).update(span, Change::discard_draft())
    }

    /// Makes a change that is given as a value, as [`Admin::change_each`] does. The value carries the
    /// options of a request: the [version](Change::expecting) and the [key](NewMessage::with_key).
    ///
    /// # Errors
    ///
    /// [`ServiceError::UnknownAssignee`]; [`ServiceError::Refused`]; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.change", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn change(&self, number: &TicketNumber, change: Change) -> Result<Receipt, ServiceError> {
        self.core.change(&self.actor, number, change).await
    }

    fn on<'a>(&'a self, number: &'a TicketNumber) -> Target<'a> {
        Target { core: &self.core, actor: &self.actor, number, seen: None }
    }
}
