//! Why a use case failed.

use std::convert::Infallible;

use ventanilla_domain::{
    ErrorKind, Explain, InvalidCalendar, InvalidCategory, InvalidHours, InvalidKey, InvalidNumber,
    InvalidSla, InvalidText, InvalidTimeZone, InvalidTimestamp, InvalidUserId, Locale, Refusal,
    TicketLookup, TicketNumber, UnknownPriority, UnknownStatus,
};
use ventanilla_storage::{InvalidCursor, InvalidPageSize, InvalidPeriod, StoreError, WriteOutcome};

use crate::InvalidForm;

/// Why a use case failed. [`Explain`] gives each a stable code and a text for the end user.
///
/// What a host reads from a form or an address is here too, so that `?` takes a handler to one
/// place where errors become answers:
///
/// ```
/// use ventanilla_service::*;
///
/// async fn set_status(desk: &HelpDesk, who: &str, number: &str, to: &str) -> Result<Receipt, ServiceError> {
///     let admin = desk.admin(UserId::parse(who)?);
///     admin.set_status(&TicketNumber::parse(number)?, to.parse()?).await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let desk = HelpDesk::new(MemoryStore::new());
/// let error = set_status(&desk, "luis", "TKT-ABC123", "ABIERTO").await.unwrap_err();
/// assert_eq!((error.code(), error.kind()), ("unknown_status", ErrorKind::Invalid));
/// assert_eq!(error.explain(Locale::Es), "No existe el estado: \"ABIERTO\".");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A ticket that isn't there:
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
    /// What was given is no user id.
    #[error("the user id is not valid")]
    InvalidUserId(#[from] InvalidUserId),
    /// What was chosen is no category.
    #[error("the category is not valid")]
    InvalidCategory(#[from] InvalidCategory),
    /// What was sent along is no idempotency key.
    #[error("the idempotency key is not valid")]
    InvalidKey(#[from] InvalidKey),
    /// What was chosen is no status.
    #[error("the status is not valid")]
    UnknownStatus(#[from] UnknownStatus),
    /// What was chosen is no priority.
    #[error("the priority is not valid")]
    UnknownPriority(#[from] UnknownPriority),
    /// What was given is no time.
    #[error("the time is not valid")]
    InvalidTimestamp(#[from] InvalidTimestamp),
    /// A page can't have so many rows.
    #[error("the page size is not valid")]
    InvalidPageSize(#[from] InvalidPageSize),
    /// A report can't be made of such a period.
    #[error("the period is not valid")]
    InvalidPeriod(#[from] InvalidPeriod),
    /// Such targets can't be promised.
    #[error("the SLA policy is not valid")]
    InvalidSla(#[from] InvalidSla),
    /// A desk can't have such a calendar.
    #[error("the calendar is not valid")]
    InvalidCalendar(#[from] InvalidCalendar),
    /// There is no such time zone.
    #[error("the time zone is not valid")]
    InvalidTimeZone(#[from] InvalidTimeZone),
    /// A day can't have such working hours.
    #[error("the working hours are not valid")]
    InvalidHours(#[from] InvalidHours),
    /// A form has fields that can't be read.
    #[error("the form is not valid")]
    InvalidForm(#[source] Box<InvalidForm>),
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
    /// The typed number may be any of several tickets. Nothing was changed.
    #[error("what was typed may be any of {}", listed(numbers))]
    AmbiguousNumber {
        /// The tickets that it may be, the nearest to what was typed first.
        numbers: Vec<TicketNumber>,
    },
    /// The store failed.
    #[error("the ticket store failed")]
    Store(#[from] StoreError),
}

impl ServiceError {
    /// What became of the change.
    ///
    /// ```
    /// use ventanilla_service::{ActorKind, WriteOutcome, Refusal, ServiceError};
    ///
    /// let refusal = Refusal::NotPermitted { by: ActorKind::Bot };
    /// assert_eq!(ServiceError::NotOpened { refusal }.write_outcome(), WriteOutcome::NotApplied);
    /// ```
    #[must_use]
    pub const fn write_outcome(&self) -> WriteOutcome {
        match self {
            ServiceError::Store(error) => error.write_outcome(),
            _ => WriteOutcome::NotApplied,
        }
    }

    pub(crate) fn not_found(lookup: &TicketLookup) -> Self {
        ServiceError::NotFound { number: lookup.entered().clone() }
    }

    /// The error to explain, where this one only says on what it was.
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            ServiceError::NotFound { .. }
            | ServiceError::NumbersExhausted { .. }
            | ServiceError::NoSla
            | ServiceError::AmbiguousNumber { .. } => None,
            ServiceError::Refused { refusal, .. } | ServiceError::NotOpened { refusal } => Some(refusal),
            ServiceError::InvalidText(error) => Some(error),
            ServiceError::InvalidNumber(error) => Some(error),
            ServiceError::InvalidCursor(error) => Some(error),
            ServiceError::InvalidUserId(error) => Some(error),
            ServiceError::InvalidCategory(error) => Some(error),
            ServiceError::InvalidKey(error) => Some(error),
            ServiceError::UnknownStatus(error) => Some(error),
            ServiceError::UnknownPriority(error) => Some(error),
            ServiceError::InvalidTimestamp(error) => Some(error),
            ServiceError::InvalidPageSize(error) => Some(error),
            ServiceError::InvalidPeriod(error) => Some(error),
            ServiceError::InvalidSla(error) => Some(error),
            ServiceError::InvalidCalendar(error) => Some(error),
            ServiceError::InvalidTimeZone(error) => Some(error),
            ServiceError::InvalidHours(error) => Some(error),
            ServiceError::InvalidForm(error) => Some(&**error),
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
            (ServiceError::AmbiguousNumber { .. }, None) => "number_ambiguous",
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
            (ServiceError::AmbiguousNumber { numbers }, None) => {
                let numbers = listed(numbers);
                match locale {
                    Locale::Es => {
                        format!("Hay varios tickets posibles: {numbers}. Escribe el número exacto.")
                    }
                    Locale::En => {
                        format!("Several tickets are possible: {numbers}. Type the exact number.")
                    }
                }
            }
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
            (ServiceError::NumbersExhausted { .. } | ServiceError::NoSla, None) => ErrorKind::Internal,
            (ServiceError::AmbiguousNumber { .. }, None) => ErrorKind::Conflict,
            (_, None) => ErrorKind::NotFound,
        }
    }

    fn is_retryable(&self) -> bool {
        self.inner().is_some_and(Explain::is_retryable)
    }
}

fn listed(numbers: &[TicketNumber]) -> String {
    let numbers: Vec<&str> = numbers.iter().map(TicketNumber::as_str).collect();
    numbers.join(", ")
}

impl From<InvalidForm> for ServiceError {
    fn from(error: InvalidForm) -> Self {
        ServiceError::InvalidForm(Box::new(error))
    }
}

/// A value that can't fail to be a message needs no error.
impl From<Infallible> for ServiceError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use ventanilla_domain::{
        Category, Hours, IdempotencyKey, MessageText, Priority, SlaTargets, Status, TimeZone, Timestamp,
        UserId,
    };
    use ventanilla_storage::{Cursor, MemoryStore, PageSize, Period};

    use super::*;
    use crate::{Form, HelpDesk};

    /// The same error, told by itself and by the service.
    fn told<T: std::fmt::Debug, E>(result: Result<T, E>) -> (Box<dyn Explain>, ServiceError)
    where
        E: Explain + Clone + Into<ServiceError> + 'static,
    {
        let error = result.unwrap_err();
        (Box::new(error.clone()), error.into())
    }

    #[test]
    fn what_a_handler_reads_keeps_its_code_its_text_and_its_value() {
        let desk = HelpDesk::new(MemoryStore::new());
        for ((own, error), code) in [
            (told(UserId::parse("dos palabras")), "user_id_forbidden_character"),
            (told(Category::parse(" BUG")), "category_forbidden_character"),
            (told(IdempotencyKey::parse(" ")), "key_blank"),
            (told("ABIERTO".parse::<Status>()), "unknown_status"),
            (told("Alta".parse::<Priority>()), "unknown_priority"),
            (told("ayer".parse::<Timestamp>()), "invalid_timestamp"),
            (told(PageSize::new(0)), "invalid_page_size"),
            (told(Period::new(Timestamp::MIN, Timestamp::MIN)), "period_backwards"),
            (told(SlaTargets::hours(1, 0, 8)), "sla_target_zero"),
            (told(TimeZone::named("Madrid")), "unknown_time_zone"),
            (told("9-18".parse::<Hours>()), "hours_malformed"),
            (told(TicketNumber::parse("\u{7}")), "number_forbidden_character"),
            (told(MessageText::parse("")), "text_empty"),
            (told("página 2".parse::<Cursor>()), "cursor_malformed"),
            (
                told(desk.screen(&Form { category: " BUG", ..Form::default() })),
                "category_forbidden_character",
            ),
        ] {
            assert_eq!((own.code(), error.code()), (code, code));
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Invalid, false));
            assert_eq!(error.write_outcome(), WriteOutcome::NotApplied);
            for locale in Locale::ALL {
                assert_eq!(error.explain(locale), own.explain(locale));
            }
            let source = error.source().expect("the error with the value").to_string();
            assert_eq!(source, own.to_string());
            assert!(!error.to_string().contains(&source), "{error}");
        }
    }
}
