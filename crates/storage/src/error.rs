//! What can go wrong between a help desk and its tickets.

use ventanilla_domain::{ErrorKind, Explain, Locale, TicketNumber, UserId};

/// The error under a [`StoreError`], of whatever kind the store has.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong in a store. Every one says by [`StoreError::write_outcome`] what became of a change.
///
/// A refusal by the rules is none of these: it is an [`Outcome`](ventanilla_domain::Outcome).
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
/// assert!(!lost.is_retryable(), "it may have been done: repeat it with its key, or look");
/// assert!(lost.explain(Locale::Es).starts_with("No sabemos si"));
/// # Ok::<(), ventanilla_domain::InvalidNumber>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store can't be reached or is too busy. Nothing was changed.
    #[error("the ticket store is not available")]
    Unavailable {
        /// What the store said.
        source: BoxError,
    },
    /// So many changes to the ticket came between that this one found no moment. Nothing was changed.
    #[error("ticket {number} kept changing: {attempts} attempts found no moment")]
    Contention {
        /// The ticket.
        number: TicketNumber,
        /// How often it was tried.
        attempts: u32,
    },
    /// The answer was lost: the change may have been made or not.
    #[error("whether ticket {number} was changed is not known")]
    OutcomeUnknown {
        /// The ticket.
        number: TicketNumber,
        /// What the store said.
        source: BoxError,
    },
    /// The change was made, but may be lost again if servers fail now.
    #[error("ticket {number} was changed, but perhaps not durably")]
    NotDurable {
        /// The ticket.
        number: TicketNumber,
        /// What the store said.
        source: BoxError,
    },
    /// The stored ticket can't be read: another application wrote what no ticket holds.
    #[error("ticket {number} cannot be read")]
    Unreadable {
        /// The ticket's number, as it is stored.
        number: String,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The store asks for another form of user ids. Nothing was changed.
    #[error("this store takes no user id like {id}")]
    ForeignUserId {
        /// The offending id.
        id: UserId,
    },
    /// Anything else that repeating won't mend. Nothing was changed.
    #[error("the ticket store failed")]
    Failed {
        /// What the store said.
        source: BoxError,
    },
}

/// What became of a change that ended in an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was not made.
    NotApplied,
    /// It was made or not.
    Unknown,
    /// It was made, perhaps not durably.
    NotDurable,
}

impl StoreError {
    /// What became of the change.
    #[must_use]
    pub const fn write_outcome(&self) -> WriteOutcome {
        match self {
            StoreError::OutcomeUnknown { .. } => WriteOutcome::Unknown,
            StoreError::NotDurable { .. } => WriteOutcome::NotDurable,
            StoreError::Unavailable { .. }
            | StoreError::Contention { .. }
            | StoreError::Unreadable { .. }
            | StoreError::ForeignUserId { .. }
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
            StoreError::Unreadable { .. }
            | StoreError::ForeignUserId { .. }
            | StoreError::Failed { .. } => ErrorKind::Internal,
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Unavailable { .. } | StoreError::Contention { .. })
    }
}
