//! Pages of one viewer.

use ventanilla_domain::{Actor, ActorKind, TicketDetails, TicketSummary};
use ventanilla_storage::{Counted, Report};

use super::{
    BulkView, ChatView, DeskView, ErrorView, FileInput, PageContext, PageSource, ReceiptView,
    ReportView, TicketRow, TotalView, people_of,
};
use crate::{Receipt, ServiceError, bulk::BulkOutcome};

/// View models of a customer's pages; from [`Customer::pages`](crate::Customer::pages).
///
/// A value is for one page, at the time when it was made. Each view model asks the
/// [`PersonDirectory`](super::PersonDirectory) once, and only for people that it wasn't asked for before.
#[derive(Debug)]
pub struct CustomerPages<'a> {
    pub(crate) source: PageSource<'a>,
}

impl CustomerPages<'_> {
    /// Returns the chat page of a ticket.
    pub async fn chat(&self, ticket: &TicketDetails) -> ChatView {
        let people = people_of::chat(ticket);
        self.source.build(people, |page| ChatView::new(page, ActorKind::Customer, ticket)).await
    }

    /// Returns the rows of a list of their tickets, without what only the desk may see.
    pub async fn rows(&self, tickets: &[TicketSummary]) -> Vec<TicketRow> {
        let row = |page: &PageContext<'_>| {
            tickets.iter().map(|ticket| TicketRow::for_requester(page, ticket)).collect()
        };
        self.source.build(people_of::rows(tickets), row).await
    }

    /// Returns the number of tickets of a list.
    #[must_use]
    pub fn total(&self, counted: Counted) -> TotalView {
        TotalView::new(counted, self.source.viewer.locale)
    }

    /// Returns the input for files of a new ticket's form, if the desk keeps them.
    #[must_use]
    pub fn file_input(&self) -> Option<FileInput> {
        self.source.file_input()
    }

    /// Returns the result of a change, without versions and administrators' ids.
    pub async fn receipt(&self, receipt: &Receipt) -> ReceiptView {
        let people = people_of::receipt_for_requester(receipt);
        self.source.build(people, |page| ReceiptView::for_requester(page, receipt)).await
    }

    /// Returns an error, as [`ErrorView::new`] does in the viewer's language.
    #[must_use]
    pub fn error(&self, error: &ServiceError) -> ErrorView {
        ErrorView::new(error, self.source.viewer.locale)
    }
}

/// View models of an administrator's pages; from [`Admin::pages`](crate::Admin::pages).
///
/// A value is for one page, at the time when it was made. Each view model asks the
/// [`PersonDirectory`](super::PersonDirectory) once, and only for people that it wasn't asked for before: an
/// error beside its ticket asks for nobody new.
#[derive(Debug)]
pub struct AdminPages<'a> {
    pub(crate) source: PageSource<'a>,
    pub(crate) actor: &'a Actor,
}

impl AdminPages<'_> {
    /// Returns the desk's page of a ticket: the chat, the changes that are allowed now, SLA timers,
    /// notes and history.
    pub async fn ticket(&self, ticket: &TicketDetails) -> DeskView {
        let people = people_of::desk(ticket);
        self.source.build(people, |page| DeskView::new(page, self.actor, ticket)).await
    }

    /// Returns the chat of a ticket, which [`AdminPages::ticket`] also has.
    pub async fn chat(&self, ticket: &TicketDetails) -> ChatView {
        let people = people_of::chat(ticket);
        self.source.build(people, |page| ChatView::new(page, ActorKind::Admin, ticket)).await
    }

    /// Returns the rows of a list of tickets.
    pub async fn rows(&self, tickets: &[TicketSummary]) -> Vec<TicketRow> {
        let row = |page: &PageContext<'_>| {
            tickets.iter().map(|ticket| TicketRow::for_desk(page, ticket)).collect()
        };
        self.source.build(people_of::rows(tickets), row).await
    }

    /// Returns the number of tickets of a list.
    #[must_use]
    pub fn total(&self, counted: Counted) -> TotalView {
        TotalView::new(counted, self.source.viewer.locale)
    }

    /// Returns the input for files of a new ticket's form, if the desk keeps them.
    #[must_use]
    pub fn file_input(&self) -> Option<FileInput> {
        self.source.file_input()
    }

    /// Returns the result of a change.
    pub async fn receipt(&self, receipt: &Receipt) -> ReceiptView {
        let people = people_of::receipt(receipt);
        self.source.build(people, |page| ReceiptView::for_desk(page, receipt)).await
    }

    /// Returns an error, with the changes since on a conflict of versions, and the assignee of a ticket
    /// that somebody else has.
    pub async fn error(&self, error: &ServiceError) -> ErrorView {
        self.source.build(people_of::error(error), |page| ErrorView::for_desk(page, error)).await
    }

    /// Returns the results of one change to many tickets.
    #[must_use]
    pub fn bulk(&self, outcome: &BulkOutcome) -> BulkView {
        BulkView::new(outcome, self.source.viewer.locale)
    }

    /// Returns a report as a table.
    ///
    /// ```
    /// # use ventanilla_service::{HelpDesk, MemoryStore, Policy, Priority, TimeZone, UserId, sla::{BusinessCalendar, Period, Sla, SlaPolicy, SlaTargets}, view::Viewer};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let targets = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
    /// # let sla = Sla::new(SlaPolicy::new(targets)?, BusinessCalendar::always());
    /// # let policy = Policy { sla: Some(sla), ..Policy::default() };
    /// # let desk = HelpDesk::builder(MemoryStore::new()).policy(policy).build();
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let (from, before) = ("2026-03-01T00:00:00Z".parse()?, "2026-04-01T00:00:00Z".parse()?);
    /// let report = luis.report(Period::new(from, before)?).await?;
    /// let table = luis.pages(Viewer::new(TimeZone::UTC), &()).report(&report).await;
    /// assert_eq!(table.overall.who.name, "Todo el equipo");
    /// assert_eq!(table.overall.cells[0].metric.text, "Primera respuesta");
    /// assert_eq!(table.overall.cells[0].compliance, "–");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn report(&self, report: &Report) -> ReportView {
        self.source.build(people_of::report(report), |page| ReportView::new(page, report)).await
    }
}
