//! What an administrator can do.

mod bulk;
mod pages;

use tracing::instrument;
use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, MessageText, NewMessage, NewTicket, Priority, Status,
    TicketDetails, TicketNumber, TicketSummary, UserId,
};
use ventanilla_storage::{Counts, Page, PageQuery, Period, Report};

use crate::{HelpDesk, Receipt, ServiceError, desk::parsed};

pub use bulk::{BulkItem, BulkOutcome};

/// What an administrator can do: with every ticket.
///
/// ```
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # desk.customer(UserId::parse("ana")?).create(draft).await?;
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
///     luis.reply(number, "Ya está arreglado.", Status::Resolved).await?;
/// }
/// assert_eq!(luis.counts().await?.with_status(Status::Resolved), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Admin {
    desk: HelpDesk,
    id: UserId,
    actor: Actor,
}

impl Admin {
    pub(crate) fn new(desk: HelpDesk, id: UserId) -> Self {
        Self { desk, actor: Actor::Admin(id.clone()), id }
    }

    /// Opens a ticket on a customer's behalf. The key, if there is one, is the administrator's.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotOpened`], or [`ServiceError::Refused`] if the key was used for another
    /// ticket; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.create", skip_all, fields(actor = "ADMIN", number, outcome))]
    pub async fn create_for(
        &self,
        requester: &UserId,
        draft: NewTicket,
    ) -> Result<Receipt, ServiceError> {
        self.desk.open(&self.actor, requester, &draft).await
    }

    /// Lists tickets: a [`ListQuery`](crate::ListQuery) for its first page, or a page of it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] for a list by due time on a desk that promises nothing;
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.list", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn list(&self, page: impl Into<PageQuery>) -> Result<Page<TicketSummary>, ServiceError> {
        self.desk.list(page.into()).await
    }

    /// Counts tickets for a dashboard.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.counts", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn counts(&self) -> Result<Counts, ServiceError> {
        self.desk.counts(&self.id).await
    }

    /// How soon tickets were answered and resolved within a period, by administrator and overall.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] on a desk without an SLA policy; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.report", skip_all, fields(actor = "ADMIN", outcome))]
    pub async fn report(&self, period: Period) -> Result<Report, ServiceError> {
        self.desk.report(period).await
    }

    /// Reads a ticket, with the whole conversation, its notes and its history.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub async fn view(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.view_part(number, MessageRange::All).await
    }

    /// Reads a ticket, with part of the conversation.
    ///
    /// # Errors
    ///
    /// Those of [`Admin::view`].
    #[instrument(name = "ventanilla.view", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn view_part(
        &self,
        number: &TicketNumber,
        window: MessageRange,
    ) -> Result<TicketDetails, ServiceError> {
        self.desk.view(&number.into(), &Audience::Desk, window).await
    }

    /// Finds a ticket by what was typed: `#tkt-abc123`, with spaces, `O` for `0`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidNumber`] if it can be no number; those of [`Admin::view`].
    #[instrument(name = "ventanilla.find", skip_all, fields(actor = "ADMIN", number, outcome))]
    pub async fn find(&self, typed: &str) -> Result<TicketDetails, ServiceError> {
        self.desk.find(typed, &Audience::Desk).await
    }

    /// Writes a message that the customer sees: a text, or a [`NewMessage`] with a key.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`]; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.add_message", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn add_message(
        &self,
        number: &TicketNumber,
        message: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Result<Receipt, ServiceError> {
        let message: NewMessage = parsed(message)?;
        self.desk.change(&self.actor, number, Change::message(message)).await
    }

    /// Writes a message and sets the status, both or neither: "send and resolve". A key stands for the
    /// message: sent again with the same text it is the same request, whatever the status.
    ///
    /// # Errors
    ///
    /// Those of [`Admin::add_message`] and [`Admin::set_status`].
    #[instrument(name = "ventanilla.reply", skip_all, fields(actor = "ADMIN", %number, %status, outcome))]
    pub async fn reply(
        &self,
        number: &TicketNumber,
        message: impl TryInto<NewMessage, Error: Into<ServiceError>>,
        status: Status,
    ) -> Result<Receipt, ServiceError> {
        let message: NewMessage = parsed(message)?;
        self.desk.change(&self.actor, number, Change::reply(message, status)).await
    }

    /// Adds a note that the customer never sees; on closed tickets too.
    ///
    /// # Errors
    ///
    /// Those of [`Admin::add_message`].
    #[instrument(name = "ventanilla.add_note", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn add_note(
        &self,
        number: &TicketNumber,
        note: impl TryInto<MessageText, Error: Into<ServiceError>>,
    ) -> Result<Receipt, ServiceError> {
        let note = parsed(note)?;
        self.desk.change(&self.actor, number, Change::note(note)).await
    }

    /// Sets the status, by the [table of transitions](Status::reachable_from).
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`]; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.set_status", skip_all, fields(actor = "ADMIN", %number, %to, outcome))]
    pub async fn set_status(&self, number: &TicketNumber, to: Status) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::status(to)).await
    }

    /// Sets the priority.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if the ticket is closed; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.set_priority", skip_all, fields(actor = "ADMIN", %number, %to, outcome))]
    pub async fn set_priority(
        &self,
        number: &TicketNumber,
        to: Priority,
    ) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::priority(to)).await
    }

    /// Gives the ticket to an administrator, whoever has it now.
    ///
    /// # Errors
    ///
    /// Those of [`Admin::set_priority`].
    #[instrument(name = "ventanilla.assign", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn assign(&self, number: &TicketNumber, to: &UserId) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::assign(Some(to.clone()))).await
    }

    /// Puts the ticket back, so that nobody has it.
    ///
    /// # Errors
    ///
    /// Those of [`Admin::set_priority`].
    #[instrument(name = "ventanilla.unassign", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn unassign(&self, number: &TicketNumber) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::assign(None)).await
    }

    /// Takes a ticket that nobody has. Of many who try at once, one wins.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if somebody else has it, which says who; those of
    /// [`Admin::set_priority`].
    #[instrument(name = "ventanilla.claim", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn claim(&self, number: &TicketNumber) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, Change::claim()).await
    }

    /// Makes any change, for instance one that [expects a version](Change::expecting).
    ///
    /// ```
    /// # use ventanilla_service::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
    /// let seen = luis.view(&number).await?.head.version;
    /// luis.set_priority(&number, Priority::High).await?;
    /// let late = Change::priority(Priority::Low).expecting(seen);
    /// let error = luis.change(&number, late).await.unwrap_err();
    /// assert_eq!(error.code(), "version_conflict");
    /// assert_eq!(
    ///     error.explain(Locale::Es),
    ///     "El ticket ha cambiado mientras tanto: cambió la prioridad de Media a Alta. \
    ///      Vuelve a cargarlo y revisa tu cambio.",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the change.
    #[instrument(name = "ventanilla.change", skip_all, fields(actor = "ADMIN", %number, outcome))]
    pub async fn change(&self, number: &TicketNumber, change: Change) -> Result<Receipt, ServiceError> {
        self.desk.change(&self.actor, number, change).await
    }
}
