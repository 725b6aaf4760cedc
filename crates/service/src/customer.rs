//! Handle of a customer.

use std::{borrow::Borrow, sync::Arc};

use tracing::instrument;
use ventanilla_domain::{
    Actor, Audience, Change, EnumSet, FollowUp, MessageRange, NewMessage, NewTicket, Status,
    TicketDetails, TicketNumber, TicketSummary, UserId,
};
use ventanilla_storage::{Counted, Cursor, InvalidQuery, ListQuery, Page, PageQuery, PageSize};

use crate::{
    Receipt, ServiceError,
    core::Core,
    observe::{checked, use_case_span},
    requests::{Keyed, Plain, Request, Target},
    view::{CustomerPages, PersonDirectory, Viewer},
};

/// Handle of a customer, who works with their own tickets only.
///
/// Another customer's ticket is indistinguishable from a missing one.
///
/// ```
/// use ventanilla_service::{Form, HelpDesk, MemoryStore, MyTickets, Screened, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// let ana = desk.customer(UserId::parse("ana")?);
///
/// let form = Form { category: "PAGOS", description: "Me cobraron dos veces", ..Form::default() };
/// let number = match desk.screen(&form)? {
///     Screened::Genuine(new_ticket) => ana.create(new_ticket).await?.head.ticket_number,
///     Screened::Spam { decoy } => decoy,
/// };
/// ana.reply(&number, "El segundo cargo es del martes.").await?;
/// assert_eq!(ana.get(&number).await?.messages.len(), 2);
///
/// let mine = ana.list(MyTickets::not_closed()).await?;
/// assert_eq!(mine.rows.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Customer {
    pub(crate) core: Arc<Core>,
    id: UserId,
    pub(crate) actor: Actor,
    pub(crate) audience: Audience,
}

/// Reading.
impl Customer {
    pub(crate) fn new(core: Arc<Core>, id: UserId) -> Self {
        let (actor, audience) = (Actor::Customer(id.clone()), Audience::Requester(id.clone()));
        Self { core, id, actor, audience }
    }

    /// Lists their tickets, newest first.
    ///
    /// Stored tickets that can't be read are left out, and [`Page::unreadable`] is empty: it is for
    /// operators. [`Admin::list`](crate::Admin::list) has it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidCursor`] if the cursor belongs to another list;
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.list", skip_all, fields(actor = "CUSTOMER", outcome))]
    pub async fn list(&self, tickets: MyTickets) -> Result<Page<TicketSummary>, ServiceError> {
        let query = self.query(&tickets);
        let page = match &tickets.cursor {
            Some(cursor) => checked(query.page_after(cursor))?,
            None => query.first_page(),
        };
        let page = self.core.list(page.for_requester()).await?.map(TicketSummary::for_requester);
        Ok(Page { unreadable: Vec::new(), ..page })
    }

    /// Counts their tickets up to a limit, on all pages of the list. Those that can't be read count too.
    ///
    /// It costs as much as a page of `up_to` tickets at most.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.count", skip_all, fields(actor = "CUSTOMER", outcome))]
    pub async fn count(&self, tickets: &MyTickets, up_to: u32) -> Result<Counted, ServiceError> {
        self.core.count(self.query(tickets).first_page(), up_to).await
    }

    fn query(&self, tickets: &MyTickets) -> ListQuery {
        ListQuery::new()
            .with_requester(self.id.clone())
            .with_statuses(tickets.statuses)
            .with_page_size(tickets.page_size)
    }

    /// Reads one of their tickets, with the whole conversation.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`], also for another customer's ticket; [`ServiceError::Store`].
    pub async fn get(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.get_range(number, MessageRange::All).await
    }

    /// Reads one of their tickets, with part of the conversation.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`], also for another customer's ticket; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.get", skip_all, fields(actor = "CUSTOMER", %number, outcome))]
    pub async fn get_range(
        &self,
        number: &TicketNumber,
        range: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        self.core.get(&number.into(), &self.audience, range).await
    }

    /// Finds one of their tickets by a number as people type it: `#tkt-abc123`, with spaces, `O` for
    /// `0`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidNumber`] if no number can be meant; [`ServiceError::NotFound`], also
    /// for another customer's ticket; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.find", skip_all, fields(actor = "CUSTOMER", number, outcome))]
    pub async fn find(&self, typed: &str) -> Result<TicketDetails, ServiceError> {
        self.core.find(typed, &self.audience).await
    }

    /// Returns the view models of this customer's pages.
    #[must_use]
    pub fn pages<'a>(&'a self, viewer: Viewer, people: &'a dyn PersonDirectory) -> CustomerPages<'a> {
        CustomerPages { source: self.core.page_source(viewer, people) }
    }
}

/// Changes.
impl Customer {
    /// Opens a ticket and gives it a number.
    ///
    /// # Errors
    ///
    /// [`ServiceError::CategoryNotOffered`]; [`ServiceError::NotOpened`] if the rules refuse the ticket;
    /// [`ServiceError::Refused`] if the key was used for another ticket, or if the old ticket has another
    /// [follow-up](FollowUp) already, with the number of that ticket; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.create", skip_all, fields(actor = "CUSTOMER", number, outcome))]
    pub async fn create(&self, new_ticket: NewTicket) -> Result<Receipt, ServiceError> {
        self.core.open(&self.actor, &self.id, &new_ticket).await
    }

    /// Adds a message. On a resolved ticket it reopens it, if the policy allows.
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`] if the ticket is closed or can no
    /// longer be reopened, or its conversation is full; [`ServiceError::NotFound`], also for
    /// another customer's ticket; [`ServiceError::Store`].
    pub fn reply<'a>(
        &'a self,
        number: &'a TicketNumber,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Keyed> {
        self.on(number).message(use_case_span!("reply", "CUSTOMER", number), text)
    }

    /// Confirms that a resolved ticket is solved, and closes it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is neither resolved nor closed;
    /// [`ServiceError::NotFound`], also for another customer's ticket; [`ServiceError::Store`].
    #[doc(alias = "close")]
    pub fn confirm<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Plain> {
        let span = use_case_span!("confirm", "CUSTOMER", number);
        self.on(number).update(span, Change::status(Status::Closed))
    }

    /// Returns the offer to follow up a ticket in which this customer can no longer write.
    ///
    /// [`FollowUp::ticket`] makes the new ticket from its first message, for
    /// [`create`](Self::create). There is at most one follow-up of a ticket: a second one is refused.
    ///
    /// ```
    /// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Status, UserId};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let ana = desk.customer(UserId::parse("ana")?);
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = ana.create(new_ticket).await?.head.ticket_number;
    /// # luis.set_status(&number, Status::Closed).await?;
    /// let old = ana.get(&number).await?;
    /// if let Some(offer) = ana.follow_up_offer(&old) {
    ///     let new_ticket = offer.ticket(MessageText::parse("Vuelve a fallar")?);
    ///     let new = ana.create(new_ticket).await?;
    ///     assert_eq!(new.head.follow_up_of, Some(number));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "follow_up")]
    #[must_use]
    pub fn follow_up_offer(&self, ticket: &TicketDetails) -> Option<FollowUp> {
        let offer = self.core.policy.follow_up(ticket, self.core.now());
        offer.filter(|offer| *offer.requester() == self.id)
    }

    fn on<'a>(&'a self, number: &'a TicketNumber) -> Target<'a> {
        Target { core: &self.core, actor: &self.actor, number, seen: None }
    }
}

/// Query for a customer's own tickets; [`from_params`](Self::from_params) reads it from a URL.
///
/// ```
/// use ventanilla_service::{MyTickets, list::PageSize};
///
/// let first_page = MyTickets::not_closed().with_page_size(PageSize::new(10)?);
/// # Ok::<(), ventanilla_service::error::InvalidPageSize>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyTickets {
    statuses: EnumSet<Status>,
    page_size: PageSize,
    cursor: Option<Cursor>,
}

impl MyTickets {
    /// Creates a query for all of them.
    #[must_use]
    pub fn all() -> Self {
        Self { statuses: EnumSet::all(), page_size: PageSize::default(), cursor: None }
    }

    /// Creates a query for those that aren't closed.
    #[must_use]
    pub fn not_closed() -> Self {
        Self { statuses: !EnumSet::only(Status::Closed), ..Self::all() }
    }

    /// Every key that [`from_params`](Self::from_params) reads.
    pub const KEYS: &'static [&'static str] = &["status", "page_size", "after"];

    /// Reads the statuses, the size and the cursor of a page from decoded parameters, such as the pairs of a
    /// query string: `status`, `page_size` and `after`, each as in
    /// [`PageQuery::from_params`]. All other keys are ignored, also filters that only administrators have;
    /// [`KEYS`](Self::KEYS) has those that are read.
    ///
    /// # Errors
    ///
    /// [`InvalidQuery`] for a value that is not valid. That a cursor belongs to another list is an error of
    /// [`Customer::list`], which knows whose list it is.
    ///
    /// ```
    /// use ventanilla_service::{Explain, MyTickets, Status};
    ///
    /// let mine = MyTickets::from_params([("status", "OPEN,IN_PROGRESS"), ("requester", "eva")])?;
    /// assert_eq!(mine, MyTickets::all().with_statuses(Status::Open | Status::InProgress));
    /// assert_eq!(MyTickets::from_params([("after", "2")]).unwrap_err().code(), "cursor_malformed");
    /// for key in MyTickets::KEYS {
    ///     assert_eq!(MyTickets::from_params([(key, "-")]).unwrap_err().key(), *key);
    /// }
    /// # Ok::<(), ventanilla_service::error::InvalidQuery>(())
    /// ```
    #[doc(alias = "query_string")]
    pub fn from_params<K: AsRef<str>, V: AsRef<str>, P: Borrow<(K, V)>>(
        params: impl IntoIterator<Item = P>,
    ) -> Result<Self, InvalidQuery> {
        let (mut statuses, mut page_size, mut cursor) = (Vec::new(), PageSize::default(), None);
        for pair in params {
            let (key, value) = pair.borrow();
            match (key.as_ref(), value.as_ref()) {
                (_, "") => {}
                ("status", value) => statuses.push(("status", value.to_owned())),
                ("page_size", value) => page_size = InvalidQuery::parse("page_size", value)?,
                ("after", value) => cursor = Some(InvalidQuery::parse("after", value)?),
                _ => {}
            }
        }
        let statuses = PageQuery::from_params(&statuses)?.query().statuses();
        Ok(Self { statuses, page_size, cursor })
    }

    /// Lists only tickets of these statuses.
    #[must_use]
    pub fn with_statuses(mut self, statuses: impl Into<EnumSet<Status>>) -> Self {
        self.statuses = statuses.into();
        self
    }

    /// Sets the number of rows of a page.
    #[must_use]
    pub fn with_page_size(mut self, size: PageSize) -> Self {
        self.page_size = size;
        self
    }

    /// Continues after this cursor, which an earlier page of the same list gave.
    #[must_use]
    pub fn with_cursor(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.cursor = cursor.into();
        self
    }
}
