//! What a customer can do.

use tracing::instrument;
use ventanilla_domain::{
    Actor, ActorKind, Audience, Change, EnumSet, FollowUp, MessageRange, NewMessage, NewTicket, Status,
    TicketDetails, TicketNumber, TicketSummary, UserId,
};
use ventanilla_storage::{Cursor, ListQuery, Page, PageSize};

use crate::{
    ChatView, HelpDesk, PersonDirectory, Receipt, ServiceError, TicketRow, Viewer,
    desk::{checked, parsed},
};

/// What a customer can do: with tickets of their own, and nobody else's.
///
/// ```
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// let ana = desk.customer(UserId::parse("ana")?);
///
/// let form = Form { category: "PAGOS", description: "Me cobraron dos veces", ..Form::default() };
/// if let Screened::Genuine(draft) = desk.screen(&form)? {
///     let number = ana.create(draft).await?.head.ticket_number;
///     ana.add_message(&number, "El segundo cargo es del martes.").await?;
///     assert_eq!(ana.view(&number).await?.messages.len(), 2);
/// }
///
/// let mine = ana.tickets(MyTickets::not_closed()).await?;
/// assert_eq!(mine.rows.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Customer {
    desk: HelpDesk,
    id: UserId,
    actor: Actor,
    scope: Audience,
}

impl Customer {
    pub(crate) fn new(desk: HelpDesk, id: UserId) -> Self {
        Self { desk, actor: Actor::Customer(id.clone()), scope: Audience::Requester(id.clone()), id }
    }

    /// Opens a ticket and gives it a number.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotOpened`], or [`ServiceError::Refused`] if the key was used for another
    /// ticket; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.create", skip_all, fields(actor = "CUSTOMER", number, outcome))]
    pub async fn create(&self, draft: NewTicket) -> Result<Receipt, ServiceError> {
        self.desk.open(&self.actor, &self.id, &draft).await
    }

    /// Lists their tickets, newest first.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidCursor`] if the cursor is of another list; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.tickets", skip_all, fields(actor = "CUSTOMER", outcome))]
    pub async fn tickets(&self, which: MyTickets) -> Result<Page<TicketSummary>, ServiceError> {
        let query = ListQuery::new()
            .with_requester(self.id.clone())
            .with_statuses(which.statuses)
            .with_page_size(which.page_size);
        let page = match &which.after {
            Some(cursor) => checked(query.page_after(cursor))?,
            None => query.first_page(),
        };
        let mut found = self.desk.list(page.without_timers()).await?;
        found.rows = found.rows.into_iter().map(TicketSummary::for_requester).collect();
        Ok(found)
    }

    /// Reads one of their tickets, with the whole conversation.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`] if there is no such ticket or it is somebody else's;
    /// [`ServiceError::Store`].
    pub async fn view(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.view_part(number, MessageRange::All).await
    }

    /// Reads one of their tickets, with part of the conversation.
    ///
    /// # Errors
    ///
    /// Those of [`Customer::view`].
    #[instrument(name = "ventanilla.view", skip_all, fields(actor = "CUSTOMER", %number, outcome))]
    pub async fn view_part(
        &self,
        number: &TicketNumber,
        window: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        self.desk.view(&number.into(), &self.scope, window).await
    }

    /// Finds one of their tickets by what they typed: `#tkt-abc123`, with spaces, `O` for `0`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidNumber`] if it can be no number; those of [`Customer::view`].
    #[instrument(name = "ventanilla.find", skip_all, fields(actor = "CUSTOMER", number, outcome))]
    pub async fn find(&self, typed: &str) -> Result<TicketDetails, ServiceError> {
        self.desk.find(typed, &self.scope).await
    }

    /// Writes a message: a text, or a [`NewMessage`] with a key against sending it twice. On a
    /// resolved ticket it reopens it, if the policy allows.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`], among others where the ticket is
    /// closed; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.add_message", skip_all, fields(actor = "CUSTOMER", %number, outcome))]
    pub async fn add_message(
        &self,
        number: &TicketNumber,
        message: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Result<Receipt, ServiceError> {
        let message: NewMessage = parsed(message)?;
        self.desk.change(&self.actor, number, Change::message(message)).await
    }

    /// Confirms that a resolved ticket is solved, and closes it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] unless it is resolved (or closed already, which changes nothing);
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.confirm", skip_all, fields(actor = "CUSTOMER", %number, outcome))]
    pub async fn confirm(&self, number: &TicketNumber) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::status(Status::Closed)).await
    }

    /// The offer to follow up a ticket in which this customer can no longer write.
    #[must_use]
    pub fn follow_up_offer(&self, ticket: &TicketDetails) -> Option<FollowUp> {
        let offer = self.desk.policy().follow_up(&ticket.head, self.desk.now());
        offer.filter(|offer| *offer.requester() == self.id)
    }

    /// Opens a follow-up: a new ticket of the same category that names the old one.
    ///
    /// ```
    /// # use ventanilla_service::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let ana = desk.customer(UserId::parse("ana")?);
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = ana.create(draft).await?.head.ticket_number;
    /// # luis.set_status(&number, Status::Closed).await?;
    /// let old = ana.view(&number).await?;
    /// if let Some(offer) = ana.follow_up_offer(&old) {
    ///     let new = ana.follow_up(&offer, "Vuelve a fallar").await?;
    ///     assert_eq!(new.head.follow_up_of, Some(number));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; those of [`Customer::create`], among others if the offer is
    /// another customer's.
    #[instrument(name = "ventanilla.follow_up", skip_all, fields(actor = "CUSTOMER", follows = %offer.follows(), number, outcome))]
    pub async fn follow_up(
        &self,
        offer: &FollowUp,
        message: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Result<Receipt, ServiceError> {
        let message: NewMessage = parsed(message)?;
        self.desk.open(&self.actor, &self.id, &offer.ticket(message)).await
    }

    /// The chat page of a ticket.
    #[must_use]
    pub fn chat(
        &self,
        ticket: &TicketDetails,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> ChatView {
        ChatView::new(&self.desk, ActorKind::Customer, ticket, reader, directory)
    }

    /// A row of the list of their tickets.
    #[must_use]
    pub fn row(
        &self,
        ticket: &TicketSummary,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> TicketRow {
        // Also of a ticket that an administrator read.
        TicketRow { sla: None, ..TicketRow::new(&self.desk, ticket, reader, directory) }
    }
}

/// Which of their tickets a customer lists.
///
/// ```
/// use ventanilla_service::{MyTickets, PageSize};
///
/// let first_page = MyTickets::not_closed().with_page_size(PageSize::new(10)?);
/// # Ok::<(), ventanilla_service::InvalidPageSize>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyTickets {
    statuses: EnumSet<Status>,
    page_size: PageSize,
    after: Option<Cursor>,
}

impl MyTickets {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self { statuses: EnumSet::all(), page_size: PageSize::default(), after: None }
    }

    /// Those that aren't closed.
    #[must_use]
    pub fn not_closed() -> Self {
        Self { statuses: !EnumSet::only(Status::Closed), ..Self::all() }
    }

    /// In pages of this size.
    #[must_use]
    pub fn with_page_size(mut self, size: PageSize) -> Self {
        self.page_size = size;
        self
    }

    /// The page after this cursor, which an earlier page of the same list gave.
    #[must_use]
    pub fn with_cursor(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }
}
