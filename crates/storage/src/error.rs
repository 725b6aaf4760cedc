//! Errors of stores.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{AttachmentId, ErrorKind, Explain, Locale, TicketNumber, UserId};

use crate::EventToken;

/// Cause of a [`StoreError`], of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Error of a store.
///
/// [`StoreError::write_outcome`] tells whether the change was made. A refusal by the business rules is
/// not an error but an [`Outcome`](ventanilla_domain::Outcome).
///
/// ```
/// use ventanilla_domain::{Explain, Locale, TicketNumber};
/// use ventanilla_storage::{WriteOutcome, StoreError};
///
/// let lost = StoreError::OutcomeUnknown {
///     number: TicketNumber::parse("TKT-ABC123")?,
///     source: "the connection broke off".into(),
/// };
/// assert_eq!(lost.write_outcome(), WriteOutcome::Unknown);
/// assert!(!lost.is_retryable(), "only a change with an idempotency key may be repeated");
/// assert!(lost.explain(Locale::Es).starts_with("No sabemos si"));
/// # Ok::<(), ventanilla_domain::InvalidNumber>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or is too busy. Nothing was changed.
    #[error("the ticket store is not available")]
    Unavailable {
        /// Error of the backend.
        source: BoxError,
    },
    /// The store gave up after repeated write conflicts on this ticket. Nothing was changed.
    #[error("gave up after {attempts} write conflicts on ticket {number}")]
    Contention {
        /// Number of the ticket.
        number: TicketNumber,
        /// Number of attempts.
        attempts: u32,
    },
    /// The answer of the backend was lost: the change may have been made or not.
    #[error("it is unknown whether ticket {number} was changed")]
    OutcomeUnknown {
        /// Number of the ticket.
        number: TicketNumber,
        /// Error of the backend.
        source: BoxError,
    },
    /// The change was made, but is lost if servers fail now.
    #[error("ticket {number} was changed, but the change may not be durable")]
    NotDurable {
        /// Number of the ticket.
        number: TicketNumber,
        /// Error of the backend.
        source: BoxError,
    },
    /// The stored data hold no valid ticket; another application may have written them.
    #[error("ticket {number} cannot be read")]
    Unreadable {
        /// Number of the ticket, as it is stored.
        number: String,
        /// Reason for which the data hold no ticket.
        source: BoxError,
    },
    /// The store cannot hold user ids of this form. Nothing was changed.
    #[error("the store cannot hold the user id {id}")]
    ForeignUserId {
        /// Id that was refused.
        id: UserId,
    },
    /// The bytes of an attachment aren't there.
    #[error("the file {id} is missing")]
    FileMissing {
        /// Id of the attachment.
        id: AttachmentId,
    },
    /// The store has no stream of events.
    #[error("the ticket store has no stream of events")]
    NoEvents,
    /// The events after a position are no longer there, or the position is another store's. Some events
    /// may have been missed.
    #[error("the events after {token} are lost")]
    EventsLost {
        /// The position.
        token: EventToken,
    },
    /// Any other error, which the same call would meet again. Nothing was changed.
    #[error("the ticket store failed")]
    Failed {
        /// Error of the backend.
        source: BoxError,
    },
}

/// State of a change that ended in an error.
///
/// As JSON: `notApplied`, `unknown`, `notDurable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WriteOutcome {
    /// The change was not made.
    NotApplied,
    /// The change may have been made or not.
    Unknown,
    /// The change was made, but may not be durable.
    NotDurable,
}

impl StoreError {
    /// Returns whether the change was made.
    #[must_use]
    pub const fn write_outcome(&self) -> WriteOutcome {
        match self {
            StoreError::OutcomeUnknown { .. } => WriteOutcome::Unknown,
            StoreError::NotDurable { .. } => WriteOutcome::NotDurable,
            StoreError::Unavailable { .. }
            | StoreError::Contention { .. }
            | StoreError::Unreadable { .. }
            | StoreError::ForeignUserId { .. }
            | StoreError::FileMissing { .. }
            | StoreError::NoEvents
            | StoreError::EventsLost { .. }
            | StoreError::Failed { .. } => WriteOutcome::NotApplied,
        }
    }
}

impl Explain for StoreError {
    fn code(&self) -> &'static str {
        match self {
            StoreError::Unavailable { .. } => "store_unavailable",
            StoreError::Contention { .. } => "contention",
            StoreError::OutcomeUnknown { .. } => "outcome_unknown",
            StoreError::NotDurable { .. } => "not_durable",
            StoreError::Unreadable { .. } => "ticket_unreadable",
            StoreError::ForeignUserId { .. } => "foreign_user_id",
            StoreError::FileMissing { .. } => "file_missing",
            StoreError::NoEvents => "no_events",
            StoreError::EventsLost { .. } => "events_lost",
            StoreError::Failed { .. } => "store_failed",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let text = match self {
            StoreError::Unavailable { .. } | StoreError::Contention { .. } => locale.pick(
                "El servicio está ocupado. No se ha cambiado nada; inténtalo de nuevo en un momento.",
                "The service is busy. Nothing was changed; please try again in a moment.",
            ),
            StoreError::OutcomeUnknown { .. } => locale.pick(
                "No sabemos si tu cambio se ha guardado. Vuelve a cargar la página para comprobarlo.",
                "We don't know whether your change was saved. Load the page again to see.",
            ),
            StoreError::NotDurable { .. } => locale.pick(
                "Tu cambio se ha recibido, pero aún no está a salvo. Compruébalo dentro de un rato.",
                "Your change was received but is not safe yet. Please check again in a while.",
            ),
            StoreError::Unreadable { .. } => locale.pick(
                "No podemos mostrar este ticket por un problema en sus datos.",
                "We cannot show this ticket because of a problem in its data.",
            ),
            StoreError::FileMissing { .. } => {
                locale.pick("Este archivo ya no está disponible.", "This file is no longer available.")
            }
            StoreError::NoEvents => {
                locale.pick("Aquí no hay avisos de cambios.", "There are no notices of changes here.")
            }
            StoreError::EventsLost { .. } => locale.pick(
                "Puede que falten avisos de cambios. Vuelve a cargar la página.",
                "Notices of changes may be missing. Load the page again.",
            ),
            StoreError::ForeignUserId { .. } | StoreError::Failed { .. } => locale.pick(
                "Algo ha fallado por nuestra parte. No se ha cambiado nada.",
                "Something went wrong on our side. Nothing was changed.",
            ),
        };
        text.into()
    }

    fn kind(&self) -> ErrorKind {
        match self {
            StoreError::Unavailable { .. } | StoreError::Contention { .. } => ErrorKind::Unavailable,
            StoreError::OutcomeUnknown { .. } | StoreError::NotDurable { .. } => ErrorKind::Unknown,
            StoreError::FileMissing { .. } => ErrorKind::NotFound,
            StoreError::Unreadable { .. }
            | StoreError::ForeignUserId { .. }
            | StoreError::NoEvents
            | StoreError::EventsLost { .. }
            | StoreError::Failed { .. } => ErrorKind::Internal,
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Unavailable { .. } | StoreError::Contention { .. })
    }
}
