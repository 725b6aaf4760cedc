//! An administrator's pages.

use ventanilla_domain::{ActorKind, TicketDetails, TicketSummary};
use ventanilla_storage::Report;

use super::Admin;
use crate::{ChatView, DeskView, PersonDirectory, ReportView, TicketRow, Viewer};

/// An administrator's pages, as view models.
impl Admin {
    /// The desk's own page of a ticket: the chat, what may be changed, what is due, the notes and the
    /// history.
    #[must_use]
    pub fn desk_view(
        &self,
        ticket: &TicketDetails,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> DeskView {
        DeskView::new(&self.desk, &self.actor, ticket, reader, directory)
    }

    /// The chat page of a ticket, which [`Admin::desk_view`] holds too.
    #[must_use]
    pub fn chat(
        &self,
        ticket: &TicketDetails,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> ChatView {
        ChatView::new(&self.desk, ActorKind::Admin, ticket, reader, directory)
    }

    /// A row of a list of tickets.
    #[must_use]
    pub fn row(
        &self,
        ticket: &TicketSummary,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> TicketRow {
        TicketRow::new(&self.desk, ticket, reader, directory)
    }

    /// A report as a table.
    ///
    /// ```
    /// # use ventanilla_service::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let targets = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
    /// # let sla = Sla::new(SlaPolicy::new(targets)?, BusinessCalendar::always());
    /// # let policy = Policy { sla: Some(sla), ..Policy::default() };
    /// # let desk = HelpDesk::builder(MemoryStore::new()).policy(policy).build();
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let (from, before) = ("2026-03-01T00:00:00Z".parse()?, "2026-04-01T00:00:00Z".parse()?);
    /// let report = luis.report(Period::new(from, before)?).await?;
    /// let table = luis.report_view(&report, &Viewer::new(TimeZone::UTC), &());
    /// assert_eq!(table.overall.who.name, "Todo el equipo");
    /// assert_eq!(table.overall.cells[0].metric.text, "Primera respuesta");
    /// assert_eq!(table.overall.cells[0].compliance, "–");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn report_view(
        &self,
        report: &Report,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> ReportView {
        ReportView::new(report, reader, directory)
    }
}
