//! Conflicts of versions.

use serde::{Deserialize, Serialize};
use ventanilla_domain::Refusal;

use super::{HistoryEntry, PageContext, history::entries};

/// Conflict of an administrator's change with others made since: for a page that shows them, and lets
/// the viewer send the change again for the version that they have seen now.
///
/// Made by [`AdminPages::error`](super::AdminPages::error), as the field `conflict` of an
/// [`ErrorView`](super::ErrorView). As JSON: `{"expected": 3, "found": 4, "changes": [...]}`.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Priority, Status, TimeZone, UserId, view::Viewer};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let (luis, eva) = (desk.admin(UserId::parse("luis")?), desk.admin(UserId::parse("eva")?));
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
/// let seen = luis.get(&number).await?.head.version;
/// eva.set_status(&number, Status::Resolved).await?;
///
/// let error = luis.set_priority(&number, Priority::High).expecting(seen).await.unwrap_err();
/// let pages = luis.pages(Viewer::new(TimeZone::UTC), &());
/// let conflict = pages.error(&error).await.conflict.expect("a conflict of versions");
/// assert_eq!(conflict.changes[0].what, "Cambió el estado de Abierto a Resuelto");
/// luis.set_priority(&number, Priority::High).expecting(conflict.found).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConflictView {
    /// The version that the change was made for.
    pub expected: u64,
    /// The version that the ticket has, for [`Request::expecting`](crate::request::Request::expecting).
    pub found: u64,
    /// The changes since, in order, as far as the ticket still has them.
    pub changes: Vec<HistoryEntry>,
}

impl ConflictView {
    /// Returns the view of a refusal, if it is a conflict of versions.
    pub(crate) fn new(page: &PageContext<'_>, refusal: &Refusal) -> Option<Self> {
        let Refusal::VersionConflict { expected, found, changes } = refusal else { return None };
        Some(Self { expected: *expected, found: *found, changes: entries(page, changes) })
    }
}
