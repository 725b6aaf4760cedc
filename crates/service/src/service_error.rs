//! Errors of use cases.

use std::convert::Infallible;

use ventanilla_domain::{
    AttachmentId, ErrorKind, Explain, InvalidAttachmentId, InvalidCalendar, InvalidCategory,
    InvalidHours, InvalidKey, InvalidLimit, InvalidMediaType, InvalidNumber, InvalidReference,
    InvalidSla, InvalidTag, InvalidText, InvalidTimeZone, InvalidTimestamp, InvalidUserId, Locale,
    Refusal, TicketLookup, TicketNumber, UnknownActorKind, UnknownLocale, UnknownPriority, UnknownRole,
    UnknownSlaMetric, UnknownSlaState, UnknownStatus, UnknownWaitingFor, UserId,
};
use ventanilla_storage::{
    BoxError, InvalidCursor, InvalidEventToken, InvalidPageSize, InvalidPeriod, InvalidQuery,
    StoreError, UnknownDirection, UnknownDueFilter, UnknownSort, UnknownWaitingFilter, WriteOutcome,
};

use crate::form::{CategoryNotOffered, InvalidForm};

/// Error of a use case. [`Explain`] gives it a stable code, a text for the end user, and says whether
/// to try again.
///
/// The errors of values that a host parses convert into it, so that `?` leads a handler to the one
/// place where errors become answers:
///
/// ```
/// use ventanilla_service::{
///     ErrorKind, Explain, HelpDesk, Locale, MemoryStore, Receipt, ServiceError, TicketNumber,
///     UserId,
/// };
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
///
/// let error = set_status(&desk, "luis", "TKT-ABC123", "OPEN").await.unwrap_err();
/// assert_eq!((error.code(), error.kind().http_status()), ("ticket_not_found", 404));
/// assert_eq!(error.explain(Locale::Es), "No encontramos el ticket TKT-ABC123.");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such ticket, or it is another customer's; which of the two isn't told.
    #[error("there is no ticket {number}")]
    NotFound {
        /// The number that was asked for.
        number: TicketNumber,
    },
    /// The rules refuse the change, or the key of a new ticket was used for a ticket that already exists,
    /// which `number` names. Nothing was changed.
    #[error("the change of ticket {number} was refused")]
    Refused {
        /// The ticket.
        number: TicketNumber,
        /// The reason.
        #[source]
        refusal: Refusal,
    },
    /// The rules refuse to open the ticket. Nothing was stored.
    #[error("the ticket was not opened")]
    NotOpened {
        /// The reason.
        #[source]
        refusal: Refusal,
    },
    /// The desk doesn't accept this person as an assignee. Nothing was changed.
    #[error("no ticket can be assigned to {assignee}")]
    UnknownAssignee {
        /// The person.
        assignee: UserId,
    },
    /// The typed number may be any of several tickets. Nothing was changed.
    #[error("the typed number may be any of {}", listed(numbers))]
    AmbiguousNumber {
        /// The tickets that it may be, the nearest to the typed one first.
        numbers: Vec<TicketNumber>,
    },
    /// The request needs due times, and the desk's [`Policy`](crate::Policy) has no `sla`.
    #[error("this desk has no SLA policy")]
    NoSla,
    /// The desk keeps no files attached to messages. Nothing was changed.
    #[error("this desk keeps no attachments")]
    NoAttachments,
    /// There is no such attachment in the ticket, or no such upload of this person that is recent enough.
    /// Nothing was changed.
    #[error("there is no attachment {id}")]
    AttachmentNotFound {
        /// The id that was asked for.
        id: AttachmentId,
    },
    /// The policy refuses the file. Nothing was stored.
    #[error("the upload was refused")]
    UploadRefused {
        /// The reason.
        #[source]
        refusal: Refusal,
    },
    /// The bytes of an upload ended with an error, such as a lost connection. Nothing was stored.
    #[error("the upload broke off")]
    UploadBrokenOff {
        /// Error of the body.
        source: BoxError,
    },
    /// The number source gave only numbers that are taken. Nothing was stored.
    #[error("no number of up to {longest} characters was free: the number source repeats itself")]
    NumbersExhausted {
        /// The maximum number of characters after the prefix that was tried.
        longest: usize,
    },
    /// The store failed.
    #[error("the ticket store failed")]
    Store(#[from] StoreError),
    /// Fields of a form are invalid.
    #[error("the form is not valid")]
    InvalidForm(#[source] Box<InvalidForm>),
    /// The text of a message or note is invalid. Nothing was changed.
    #[error("the text is not valid")]
    InvalidText(#[from] InvalidText),
    /// A ticket number is invalid.
    #[error("the ticket number is not valid")]
    InvalidNumber(#[from] InvalidNumber),
    /// A cursor is invalid, or belongs to another list.
    #[error("the cursor is not valid")]
    InvalidCursor(#[from] InvalidCursor),
    /// A user id is invalid.
    #[error("the user id is not valid")]
    InvalidUserId(#[from] InvalidUserId),
    /// A category is invalid.
    #[error("the category is not valid")]
    InvalidCategory(#[from] InvalidCategory),
    /// The desk doesn't offer this category. Nothing was stored.
    #[error("the category is not offered")]
    CategoryNotOffered(#[from] CategoryNotOffered),
    /// An idempotency key is invalid.
    #[error("the idempotency key is not valid")]
    InvalidKey(#[from] InvalidKey),
    /// A time is invalid.
    #[error("the time is not valid")]
    InvalidTimestamp(#[from] InvalidTimestamp),
    /// A page size is out of range.
    #[error("the page size is not valid")]
    InvalidPageSize(#[from] InvalidPageSize),
    /// A period of a report is invalid.
    #[error("the period is not valid")]
    InvalidPeriod(#[from] InvalidPeriod),
    /// A limit of a policy is out of range.
    #[error("the limit is not valid")]
    InvalidLimit(#[from] InvalidLimit),
    /// SLA targets are invalid.
    #[error("the SLA policy is not valid")]
    InvalidSla(#[from] InvalidSla),
    /// A business calendar is invalid.
    #[error("the calendar is not valid")]
    InvalidCalendar(#[from] InvalidCalendar),
    /// A time zone is unknown.
    #[error("the time zone is not valid")]
    InvalidTimeZone(#[from] InvalidTimeZone),
    /// Working hours are invalid.
    #[error("the working hours are not valid")]
    InvalidHours(#[from] InvalidHours),
    /// A status is unknown.
    #[error("the status is not valid")]
    UnknownStatus(#[from] UnknownStatus),
    /// A priority is unknown.
    #[error("the priority is not valid")]
    UnknownPriority(#[from] UnknownPriority),
    /// Parameters of a list are invalid, or have the cursor of another list.
    #[error("the parameters of the list are not valid")]
    InvalidQuery(#[from] InvalidQuery),
    /// A sort order is unknown.
    #[error("the sort order is not valid")]
    UnknownSort(#[from] UnknownSort),
    /// A direction of a sort order is unknown.
    #[error("the direction is not valid")]
    UnknownDirection(#[from] UnknownDirection),
    /// A filter by due time is unknown.
    #[error("the due filter is not valid")]
    UnknownDueFilter(#[from] UnknownDueFilter),
    /// A filter by waits is unknown.
    #[error("the waiting filter is not valid")]
    UnknownWaitingFilter(#[from] UnknownWaitingFilter),
    /// A role is unknown.
    #[error("the role is not valid")]
    UnknownRole(#[from] UnknownRole),
    /// A reference to what a ticket is about is not valid.
    #[error("the reference is not valid")]
    InvalidReference(#[from] InvalidReference),
    /// A position in the events is not valid.
    #[error("the token of events is not valid")]
    InvalidEventToken(#[from] InvalidEventToken),
    /// A tag is not valid.
    #[error("the tag is not valid")]
    InvalidTag(#[from] InvalidTag),
    /// A kind of wait is unknown.
    #[error("the kind of wait is not valid")]
    UnknownWaitingFor(#[from] UnknownWaitingFor),
    /// An id of an attachment is not valid.
    #[error("the id of the attachment is not valid")]
    InvalidAttachmentId(#[from] InvalidAttachmentId),
    /// A media type is not valid.
    #[error("the media type is not valid")]
    InvalidMediaType(#[from] InvalidMediaType),
    /// A kind of actor is unknown.
    #[error("the kind of actor is not valid")]
    UnknownActorKind(#[from] UnknownActorKind),
    /// A language is unknown.
    #[error("the language is not valid")]
    UnknownLocale(#[from] UnknownLocale),
    /// An SLA metric is unknown.
    #[error("the SLA metric is not valid")]
    UnknownSlaMetric(#[from] UnknownSlaMetric),
    /// A state of an SLA timer is unknown.
    #[error("the state of the SLA timer is not valid")]
    UnknownSlaState(#[from] UnknownSlaState),
}

impl ServiceError {
    /// Returns whether the change was stored.
    ///
    /// [`ErrorView`](crate::view::ErrorView) has it, and everything else that an answer needs, as JSON.
    ///
    /// ```
    /// use ventanilla_service::{ServiceError, error::{Refusal, WriteOutcome}, ticket::ActorKind};
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

    /// Returns the error to explain: the wrapped one, or what this one says by itself.
    fn cause(&self) -> Cause<'_> {
        match self {
            ServiceError::NotFound { number } => Cause::NotFound(number),
            ServiceError::UnknownAssignee { .. } => Cause::UnknownAssignee,
            ServiceError::AmbiguousNumber { numbers } => Cause::AmbiguousNumber(numbers),
            ServiceError::NoSla => Cause::NoSla,
            ServiceError::NoAttachments => Cause::NoAttachments,
            ServiceError::AttachmentNotFound { .. } => Cause::AttachmentNotFound,
            ServiceError::UploadBrokenOff { .. } => Cause::UploadBrokenOff,
            ServiceError::NumbersExhausted { .. } => Cause::NumbersExhausted,
            ServiceError::Refused { refusal, .. }
            | ServiceError::NotOpened { refusal }
            | ServiceError::UploadRefused { refusal } => Cause::Wrapped(refusal),
            ServiceError::Store(error) => Cause::Wrapped(error),
            ServiceError::InvalidForm(error) => Cause::Wrapped(&**error),
            ServiceError::InvalidText(error) => Cause::Wrapped(error),
            ServiceError::InvalidNumber(error) => Cause::Wrapped(error),
            ServiceError::InvalidCursor(error) => Cause::Wrapped(error),
            ServiceError::InvalidUserId(error) => Cause::Wrapped(error),
            ServiceError::InvalidCategory(error) => Cause::Wrapped(error),
            ServiceError::CategoryNotOffered(error) => Cause::Wrapped(error),
            ServiceError::InvalidKey(error) => Cause::Wrapped(error),
            ServiceError::InvalidTimestamp(error) => Cause::Wrapped(error),
            ServiceError::InvalidPageSize(error) => Cause::Wrapped(error),
            ServiceError::InvalidPeriod(error) => Cause::Wrapped(error),
            ServiceError::InvalidLimit(error) => Cause::Wrapped(error),
            ServiceError::InvalidSla(error) => Cause::Wrapped(error),
            ServiceError::InvalidCalendar(error) => Cause::Wrapped(error),
            ServiceError::InvalidTimeZone(error) => Cause::Wrapped(error),
            ServiceError::InvalidHours(error) => Cause::Wrapped(error),
            ServiceError::UnknownStatus(error) => Cause::Wrapped(error),
            ServiceError::UnknownPriority(error) => Cause::Wrapped(error),
            ServiceError::InvalidQuery(error) => Cause::Wrapped(error),
            ServiceError::UnknownSort(error) => Cause::Wrapped(error),
            ServiceError::UnknownDirection(error) => Cause::Wrapped(error),
            ServiceError::UnknownDueFilter(error) => Cause::Wrapped(error),
            ServiceError::UnknownWaitingFilter(error) => Cause::Wrapped(error),
            ServiceError::UnknownRole(error) => Cause::Wrapped(error),
            ServiceError::InvalidReference(error) => Cause::Wrapped(error),
            ServiceError::InvalidEventToken(error) => Cause::Wrapped(error),
            ServiceError::InvalidTag(error) => Cause::Wrapped(error),
            ServiceError::UnknownWaitingFor(error) => Cause::Wrapped(error),
            ServiceError::InvalidAttachmentId(error) => Cause::Wrapped(error),
            ServiceError::InvalidMediaType(error) => Cause::Wrapped(error),
            ServiceError::UnknownActorKind(error) => Cause::Wrapped(error),
            ServiceError::UnknownLocale(error) => Cause::Wrapped(error),
            ServiceError::UnknownSlaMetric(error) => Cause::Wrapped(error),
            ServiceError::UnknownSlaState(error) => Cause::Wrapped(error),
        }
    }
}

enum Cause<'a> {
    Wrapped(&'a dyn Explain),
    NotFound(&'a TicketNumber),
    UnknownAssignee,
    AmbiguousNumber(&'a [TicketNumber]),
    NoSla,
    NoAttachments,
    AttachmentNotFound,
    UploadBrokenOff,
    NumbersExhausted,
}

impl Explain for ServiceError {
    fn code(&self) -> &'static str {
        match self.cause() {
            Cause::Wrapped(error) => error.code(),
            Cause::NotFound(_) => "ticket_not_found",
            Cause::UnknownAssignee => "unknown_assignee",
            Cause::AmbiguousNumber(_) => "number_ambiguous",
            Cause::NoSla => "no_sla",
            Cause::NoAttachments => "no_attachments",
            Cause::AttachmentNotFound => "attachment_not_found",
            Cause::UploadBrokenOff => "upload_broken_off",
            Cause::NumbersExhausted => "numbers_exhausted",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match self.cause() {
            Cause::Wrapped(error) => error.explain(locale),
            Cause::NotFound(number) => match locale {
                Locale::Es => format!("No encontramos el ticket {number}."),
                Locale::En => format!("We cannot find ticket {number}."),
            },
            Cause::UnknownAssignee => locale
                .pick(
                    "El ticket no se puede asignar a esa persona.",
                    "The ticket cannot be assigned to that person.",
                )
                .into(),
            Cause::AmbiguousNumber(numbers) => {
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
            Cause::NoSla => locale
                .pick(
                    "Este servicio no tiene plazos de respuesta configurados.",
                    "No response targets are set up for this service.",
                )
                .into(),
            Cause::NoAttachments => locale
                .pick("Aquí no se pueden adjuntar archivos.", "Files cannot be attached here.")
                .into(),
            Cause::AttachmentNotFound => {
                locale.pick("No encontramos ese archivo.", "We cannot find that file.").into()
            }
            Cause::UploadBrokenOff => locale
                .pick(
                    "El archivo no llegó entero. Vuelve a subirlo.",
                    "The file did not arrive whole. Upload it again.",
                )
                .into(),
            Cause::NumbersExhausted => locale
                .pick(
                    "No hemos podido dar un número a tu ticket. No se ha guardado nada.",
                    "We could not give your ticket a number. Nothing was saved.",
                )
                .into(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self.cause() {
            Cause::Wrapped(error) => error.kind(),
            Cause::NotFound(_) | Cause::AttachmentNotFound => ErrorKind::NotFound,
            Cause::UnknownAssignee | Cause::NoSla | Cause::NoAttachments | Cause::UploadBrokenOff => {
                ErrorKind::Invalid
            }
            Cause::AmbiguousNumber(_) => ErrorKind::Conflict,
            Cause::NumbersExhausted => ErrorKind::Internal,
        }
    }

    fn is_retryable(&self) -> bool {
        match self.cause() {
            Cause::Wrapped(error) => error.is_retryable(),
            Cause::NotFound(_)
            | Cause::UnknownAssignee
            | Cause::AmbiguousNumber(_)
            | Cause::NoSla
            | Cause::NoAttachments
            | Cause::AttachmentNotFound
            | Cause::UploadBrokenOff
            | Cause::NumbersExhausted => false,
        }
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

/// For texts that are already parsed.
impl From<Infallible> for ServiceError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use ventanilla_domain::{
        ActorKind, Category, Hours, IdempotencyKey, Limits, MessageText, Priority, Role, SlaMetric,
        SlaState, SlaTargets, Status, TimeZone, Timestamp,
    };
    use ventanilla_storage::{
        Cursor, Direction, DueFilter, MemoryStore, PageQuery, PageSize, Period, Sort, WaitingFilter,
    };

    use super::*;
    use crate::{Form, HelpDesk};

    /// Returns the error by itself and within a [`ServiceError`].
    fn both<T: std::fmt::Debug, E>(result: Result<T, E>) -> (Box<dyn Explain>, ServiceError)
    where
        E: Explain + Clone + Into<ServiceError> + 'static,
    {
        let error = result.unwrap_err();
        (Box::new(error.clone()), error.into())
    }

    #[test]
    fn a_parse_error_keeps_its_code_text_and_value() {
        let desk = HelpDesk::new(MemoryStore::new());
        for ((own, error), code) in [
            (both(UserId::parse("dos palabras")), "user_id_forbidden_character"),
            (both(Category::parse(" BUG")), "category_forbidden_character"),
            (both(IdempotencyKey::parse(" ")), "key_blank"),
            (both("ABIERTO".parse::<Status>()), "unknown_status"),
            (both("Alta".parse::<Priority>()), "unknown_priority"),
            (both("ayer".parse::<Timestamp>()), "invalid_timestamp"),
            (both(PageSize::new(0)), "invalid_page_size"),
            (both(Period::new(Timestamp::MIN, Timestamp::MIN)), "period_backwards"),
            (both(SlaTargets::hours(1, 0, 8)), "sla_target_zero"),
            (both(TimeZone::named("Madrid")), "unknown_time_zone"),
            (both("9-18".parse::<Hours>()), "hours_malformed"),
            (both(TicketNumber::parse("\u{7}")), "number_forbidden_character"),
            (both(MessageText::parse("")), "text_empty"),
            (both("página 2".parse::<Cursor>()), "cursor_malformed"),
            (
                both(desk.screen(&Form { category: " BUG", ..Form::default() })),
                "category_forbidden_character",
            ),
            (both(Limits::default().with_notes(0)), "invalid_limit"),
            (both("MAYOR".parse::<Sort>()), "unknown_sort"),
            (both("ARRIBA".parse::<Direction>()), "unknown_direction"),
            (both("TARDE".parse::<DueFilter>()), "unknown_due_filter"),
            (both(PageQuery::from_params([("handed_over", "0")])), "invalid_query"),
            (both(PageQuery::from_params([("sort", "latest")])), "unknown_sort"),
            (both("TARDE".parse::<WaitingFilter>()), "unknown_waiting_filter"),
            (both("ANALISTA".parse::<Role>()), "unknown_role"),
            (both("de".parse::<Locale>()), "unknown_locale"),
            (both("TODO".parse::<SlaMetric>()), "unknown_sla_metric"),
            (both("TARDE".parse::<SlaState>()), "unknown_sla_state"),
            (both("ROBOT".parse::<ActorKind>()), "unknown_actor_kind"),
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
