//! Pages of one viewer.

use ventanilla_domain::{Actor, ActorKind, TicketDetails, TicketSummary};
use ventanilla_storage::Report;

use super::{BulkView, ChatView, DeskView, ErrorView, PageContext, ReceiptView, ReportView, TicketRow};
use crate::{Receipt, ServiceError, bulk::BulkOutcome};

/// View models of a customer's pages; from [`Customer::pages`](crate::Customer::pages).
#[derive(Debug, Clone, Copy)]
pub struct CustomerPages<'a> {
    pub(crate) page: PageContext<'a>,
}

impl CustomerPages<'_> {
    /// Returns the chat page of a ticket.
    #[must_use]
    pub fn chat(&self, ticket: &TicketDetails) -> ChatView {
        ChatView::new(&self.page, ActorKind::Customer, ticket)
    }

    /// Returns a row of the list of their tickets, without what only the desk may see.
    #[must_use]
    pub fn row(&self, ticket: &TicketSummary) -> TicketRow {
        TicketRow::for_requester(&self.page, ticket)
    }

    /// Returns the result of a change, without versions and administrators' ids.
    #[must_use]
    pub fn receipt(&self, receipt: &Receipt) -> ReceiptView {
        ReceiptView::for_requester(&self.page, receipt)
    }

    /// Returns an error, as [`ErrorView::new`] does in the viewer's language.
    #[must_use]
    pub fn error(&self, error: &ServiceError) -> ErrorView {
        ErrorView::new(error, self.page.viewer.locale)
    }
}

/// View models of an administrator's pages; from [`Admin::pages`](crate::Admin::pages).
#[derive(Debug, Clone, Copy)]
pub struct AdminPages<'a> {
    pub(crate) page: PageContext<'a>,
    pub(crate) actor: &'a Actor,
}

impl AdminPages<'_> {
    /// Returns the desk's page of a ticket: the chat, the changes that are allowed now, SLA timers,
    /// notes and history.
    #[must_use]
    pub fn ticket(&self, ticket: &TicketDetails) -> DeskView {
        DeskView::new(&self.page, self.actor, ticket)
    }

    /// Returns the chat of a ticket, which [`AdminPages::ticket`] also has.
    #[must_use]
    pub fn chat(&self, ticket: &TicketDetails) -> ChatView {
        ChatView::new(&self.page, ActorKind::Admin, ticket)
    }

    /// Returns a row of a list of tickets.
    #[must_use]
    pub fn row(&self, ticket: &TicketSummary) -> TicketRow {
        TicketRow::for_desk(&self.page, ticket)
    }

    /// Returns the result of a change.
    #[must_use]
    pub fn receipt(&self, receipt: &Receipt) -> ReceiptView {
        ReceiptView::for_desk(&self.page, receipt)
    }

    /// Returns an error, with the changes since on a conflict of versions, and the assignee of a ticket
    /// that somebody else has.
    #[must_use]
    pub fn error(&self, error: &ServiceError) -> ErrorView {
        ErrorView::for_desk(&self.page, error)
    }

    /// Returns the results of one change to many tickets.
    #[must_use]
    pub fn bulk(&self, outcome: &BulkOutcome) -> BulkView {
        BulkView::new(outcome, self.page.viewer.locale)
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
    /// let table = luis.pages(Viewer::new(TimeZone::UTC), &()).report(&report);
    /// assert_eq!(table.overall.who.name, "Todo el equipo");
    /// assert_eq!(table.overall.cells[0].metric.text, "Primera respuesta");
    /// assert_eq!(table.overall.cells[0].compliance, "–");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn report(&self, report: &Report) -> ReportView {
        ReportView::new(&self.page, report)
    }
}
