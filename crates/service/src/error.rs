//! Why a use case failed.

use std::convert::Infallible;

use ventanilla_domain::{
    ErrorKind, Explain, InvalidNumber, InvalidText, Locale, Refusal, TicketLookup, TicketNumber,
};
use ventanilla_storage::{Applied, InvalidCursor, StoreError};

/// Why a use case failed. [`Explain`] gives each a stable code and a text for the end user.
///
/// ```
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// let ana = desk.customer(UserId::parse("ana")?);
/// let error = ana.view(&TicketNumber::parse("TKT-ABC123")?).await.unwrap_err();
/// assert_eq!(error.code(), "ticket_not_found");
/// assert_eq!(error.explain(Locale::Es), "No encontramos el ticket TKT-ABC123.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such ticket, or it is somebody else's: which of the two is never told.
    #[error("there is no ticket {number}")]
    NotFound {
        /// The number that was asked for.
        number: TicketNumber,
    },
    /// The rules refuse the change, or the key of a new ticket was used for this one. Nothing was
    /// changed.
    #[error("what was asked of ticket {number} was refused")]
    Refused {
        /// The ticket.
        number: TicketNumber,
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// The rules refuse to open the ticket. Nothing was stored.
    #[error("the ticket was not opened")]
    NotOpened {
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// A message is no text that can be stored. Nothing was changed.
    #[error("the message is not valid")]
    InvalidText(#[from] InvalidText),
    /// What was typed is no ticket number.
    #[error("the ticket number is not valid")]
    InvalidNumber(#[from] InvalidNumber),
    /// The cursor is of no page of this list.
    #[error("the cursor is not valid")]
    InvalidCursor(#[from] InvalidCursor),
    /// The number source gave nothing but numbers that are taken. Nothing was stored.
    #[error("no number of up to {longest} characters was free: the number source repeats itself")]
    NumbersExhausted {
        /// How many characters were tried after the prefix.
        longest: usize,
    },
    /// Something was asked of due times on a desk that promises nothing: its
    /// [`Policy`](crate::Policy) has no `sla`.
    #[error("this desk has no SLA policy")]
    NoSla,
    /// The store makes no reports and finds nothing to close.
    #[error("this ticket store does no upkeep")]
    NoUpkeep,
    /// The store failed.
    #[error("the ticket store failed")]
    Store(#[from] StoreError),
}

impl ServiceError {
    /// What became of the change.
    ///
    /// ```
    /// use ventanilla_service::{ActorKind, Applied, Refusal, ServiceError};
    ///
    /// let refusal = Refusal::NotPermitted { by: ActorKind::Bot };
    /// assert_eq!(ServiceError::NotOpened { refusal }.applied(), Applied::No);
    /// ```
    #[must_use]
    pub const fn applied(&self) -> Applied {
        match self {
            ServiceError::Store(error) => error.applied(),
            _ => Applied::No,
        }
    }

    pub(crate) fn not_found(lookup: &TicketLookup) -> Self {
        ServiceError::NotFound { number: lookup.asked().clone() }
    }

    /// The error to explain, where this one only says on what it was.
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            ServiceError::NotFound { .. }
            | ServiceError::NumbersExhausted { .. }
            | ServiceError::NoSla
            | ServiceError::NoUpkeep => None,
            ServiceError::Refused { refusal, .. } | ServiceError::NotOpened { refusal } => Some(refusal),
            ServiceError::InvalidText(error) => Some(error),
            ServiceError::InvalidNumber(error) => Some(error),
            ServiceError::InvalidCursor(error) => Some(error),
            ServiceError::Store(error) => Some(error),
        }
    }
}

impl Explain for ServiceError {
    fn code(&self) -> &'static str {
        match (self, self.inner()) {
            (_, Some(inner)) => inner.code(),
            (ServiceError::NumbersExhausted { .. }, None) => "numbers_exhausted",
            (ServiceError::NoSla, None) => "no_sla",
            (ServiceError::NoUpkeep, None) => "no_upkeep",
            (_, None) => "ticket_not_found",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match (self, self.inner()) {
            (_, Some(inner)) => inner.explain(locale),
            (ServiceError::NotFound { number }, None) => match locale {
                Locale::Es => format!("No encontramos el ticket {number}."),
                Locale::En => format!("We cannot find ticket {number}."),
            },
            (ServiceError::NoSla, None) => locale
                .pick(
                    "Este servicio no tiene plazos de respuesta configurados.",
                    "No response targets are set up for this service.",
                )
                .into(),
            (ServiceError::NoUpkeep, None) => locale
                .pick(
                    "Este servicio no ofrece informes ni cierre automático.",
                    "This service has neither reports nor automatic closing.",
                )
                .into(),
            (_, None) => locale
                .pick(
                    "No hemos podido dar un número a tu ticket. No se ha guardado nada.",
                    "We could not give your ticket a number. Nothing was saved.",
                )
                .into(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match (self, self.inner()) {
            (_, Some(inner)) => inner.kind(),
            (
                ServiceError::NumbersExhausted { .. } | ServiceError::NoSla | ServiceError::NoUpkeep,
                None,
            ) => ErrorKind::Internal,
            (_, None) => ErrorKind::NotFound,
        }
    }

    fn is_retryable(&self) -> bool {
        self.inner().is_some_and(Explain::is_retryable)
    }
}

/// A value that can't fail to be a message needs no error.
impl From<Infallible> for ServiceError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
