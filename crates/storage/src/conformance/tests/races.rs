//! Stores that lose concurrent writes.

use async_trait::async_trait;
use ventanilla_domain::{Command, Outcome, Ticket, TicketNumber, TicketRecord};

use super::{check, failed};
use crate::{MemoryStore, StoreError, TicketStore, store::forward};

/// Store that reads a ticket, waits, and writes the result if the ticket is unchanged, as far as it
/// compares it.
struct UpdatesIfCurrent {
    store: MemoryStore,
    looks_at_notes: LooksAtNotes,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LooksAtNotes {
    Always,
    /// Only before it writes a note.
    BeforeNotes,
    Never,
}

#[tokio::test]
async fn a_store_that_loses_concurrent_notes_fails_at_no_other_case() {
    let (notes, both) =
        ("every_one_of_many_notes_is_kept", "concurrent_notes_and_messages_are_all_kept");
    for (looks_at_notes, cases) in [
        (LooksAtNotes::Always, [].as_slice()),
        (LooksAtNotes::BeforeNotes, &[both]),
        (LooksAtNotes::Never, &[notes, both]),
    ] {
        let checked = check(async || UpdatesIfCurrent { store: MemoryStore::new(), looks_at_notes });
        assert_eq!(failed(checked).await, cases, "{looks_at_notes:?}");
    }
}

impl UpdatesIfCurrent {
    /// Returns whether a ticket is unchanged, as far as the store compares it before it writes `after`.
    fn is_current(&self, before: &Ticket, now: &Ticket, after: &Ticket) -> bool {
        let notes = match self.looks_at_notes {
            LooksAtNotes::Always => true,
            LooksAtNotes::BeforeNotes => before.notes() != after.notes(),
            LooksAtNotes::Never => false,
        };
        if notes { before == now } else { without_notes(before) == without_notes(now) }
    }
}

/// Returns a ticket without its notes and its version.
fn without_notes(ticket: &Ticket) -> TicketRecord {
    let mut record = TicketRecord::from(ticket.clone());
    record.notes.clear();
    record.version = 0;
    record
}

#[async_trait]
impl TicketStore for UpdatesIfCurrent {
    forward!(|this| this.store; insert, ticket, list, counts);

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        while let Some(before) = self.store.stored(number) {
            tokio::task::yield_now().await;
            let mut after = before.clone();
            let outcome = command.apply(&mut after);
            if !matches!(outcome, Outcome::Applied { .. }) {
                return Ok(outcome);
            }
            let now = self.store.stored(number);
            if now.is_some_and(|now| self.is_current(&before, &now, &after)) {
                self.store.overwrite(&after);
                return Ok(outcome);
            }
        }
        Ok(Outcome::NotFound)
    }
}
