//! Errors as the answers of an API.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Explain, Locale, Refusal, Role, Status, TicketNumber};
use ventanilla_storage::WriteOutcome;

use super::{ConflictView, Label, PageContext, PersonRef, history::public};
use crate::ServiceError;

/// Error of a use case as the answer of an API: a code for programs, a text for people, and the details
/// that a page shows.
///
/// [`CustomerPages::error`](super::CustomerPages::error) and
/// [`AdminPages::error`](super::AdminPages::error) make it for one viewer, and [`ErrorView::new`] where
/// nobody is known yet. Only the administrators' has `conflict` and `assignee`; no other one shows a
/// version, an administrator or an internal event.
///
/// As JSON its fields are in `camelCase`; those that are empty are left out:
///
/// ```
/// use serde_json::json;
/// use ventanilla_service::{Form, HelpDesk, Locale, MemoryStore, view::ErrorView};
///
/// let desk = HelpDesk::new(MemoryStore::new());
/// let error = desk.screen(&Form { category: "BUG", ..Form::default() }).unwrap_err();
/// let view = ErrorView::new(&error.into(), Locale::Es);
/// assert_eq!(serde_json::to_value(&view)?, json!({
///     "code": "text_empty",
///     "text": "Cuéntanos qué pasó.",
///     "httpStatus": 422,
///     "retry": "no",
///     "writeOutcome": "notApplied",
///     "fields": [{ "field": "description", "code": "text_empty", "text": "Cuéntanos qué pasó." }],
/// }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ErrorView {
    /// The stable code, such as `version_conflict`; [`error_codes`](crate::guide::error_codes) lists all.
    pub code: String,
    /// The text to show, in the viewer's language.
    pub text: String,
    /// The HTTP status of the answer.
    pub http_status: u16,
    /// Advice about sending the same call again.
    #[serde(default)]
    pub retry: Retry,
    /// State of the change.
    pub write_outcome: WriteOutcome,
    /// True if the requester may open a [follow-up](crate::Customer::follow_up_offer) instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offers_follow_up: bool,
    /// The follow-up that is there already, where another one was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<TicketNumber>,
    /// The errors of a form, field by field, or of one parameter of a list; also of a value that a host parsed
    /// by [`InvalidQuery::parse`](crate::error::InvalidQuery::parse).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// The statuses that may be set instead of the refused one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_statuses: Vec<Label>,
    /// The tickets that the typed number may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<TicketNumber>,
    /// The administrator who has the ticket, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonRef>,
    /// The changes since the version that the change was made for, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictView>,
}

/// Advice about sending the same call again, as the column *again* of
/// [`error_codes`](crate::guide::error_codes) says.
///
/// As JSON: `no`, `yes`, `withKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Retry {
    /// The same call meets the same error, or would do a second time what was done.
    #[default]
    No,
    /// The same call may be sent again, with or without an idempotency key: nothing was changed.
    Yes,
    /// The same call may be sent again if it had an idempotency key: it may have been carried out.
    WithKey,
}

/// Error of one field of a form, or of one parameter of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field in [`Form`](crate::Form): `category`, `description` or `key`; or the key of a
    /// parameter of [`PageQuery::from_params`](crate::list::PageQuery::from_params), such as `sort`.
    pub field: String,
    /// The stable code of the error.
    pub code: String,
    /// The text to show beside the field.
    pub text: String,
}

impl FieldError {
    /// Creates the error of a field that only the host has.
    #[must_use]
    pub fn new(field: &str, code: &str, text: &str) -> Self {
        Self { field: field.into(), code: code.into(), text: text.into() }
    }
}

impl ErrorView {
    /// Creates the view of an error that only the host has, such as a missing login: its code, its text in
    /// the viewer's language and its HTTP status. Clients then get one form of errors.
    ///
    /// The same call may not be sent again, and nothing was stored.
    ///
    /// ```
    /// use ventanilla_service::{Locale, view::{ErrorView, FieldError, Retry}};
    ///
    /// let text = Locale::Es.pick("Inicia sesión.", "Please sign in.");
    /// let view = ErrorView::custom("not_signed_in", text, 401);
    /// assert_eq!((view.code.as_str(), view.http_status, view.retry), ("not_signed_in", 401, Retry::No));
    ///
    /// let field = FieldError::new("phone", "phone_missing", "Falta el teléfono.");
    /// let view = ErrorView::custom("phone_missing", "Falta el teléfono.", 422).with_fields([field]);
    /// assert_eq!(view.fields[0].field, "phone");
    /// ```
    #[must_use]
    pub fn custom(code: &str, text: &str, http_status: u16) -> Self {
        Self {
            code: code.into(),
            text: text.into(),
            http_status,
            retry: Retry::No,
            write_outcome: WriteOutcome::NotApplied,
            offers_follow_up: false,
            follow_up: None,
            fields: Vec::new(),
            allowed_statuses: Vec::new(),
            numbers: Vec::new(),
            assignee: None,
            conflict: None,
        }
    }

    /// Sets the errors of fields.
    #[must_use]
    pub fn with_fields(mut self, fields: impl IntoIterator<Item = FieldError>) -> Self {
        self.fields = fields.into_iter().collect();
        self
    }

    /// Creates the view that anybody may see.
    #[must_use]
    pub fn new(error: &ServiceError, locale: Locale) -> Self {
        let refusal = refusal(error);
        Self {
            retry: retry(error),
            write_outcome: error.write_outcome(),
            offers_follow_up: refusal.is_some_and(Refusal::offers_follow_up),
            follow_up: match error {
                ServiceError::Refused { number, refusal: Refusal::FollowUpExists } => {
                    Some(number.clone())
                }
                _ => None,
            },
            fields: fields(error, locale),
            allowed_statuses: refusal.map(|refusal| allowed(refusal, locale)).unwrap_or_default(),
            numbers: match error {
                ServiceError::AmbiguousNumber { numbers } => numbers.clone(),
                _ => Vec::new(),
            },
            ..Self::custom(error.code(), &public_text(error, locale), error.kind().http_status())
        }
    }

    /// Creates the view for an administrator.
    pub(crate) fn for_desk(page: &PageContext<'_>, error: &ServiceError) -> Self {
        let locale = page.viewer.locale;
        let assignee = match refusal(error) {
            Some(Refusal::AlreadyAssigned { to }) => {
                Some(page.person_ref(to, Role::Admin.label(locale)))
            }
            _ => None,
        };
        let conflict = refusal(error).and_then(|refusal| ConflictView::new(page, refusal));
        Self { text: error.explain(locale), assignee, conflict, ..Self::new(error, locale) }
    }
}

pub(crate) fn refusal(error: &ServiceError) -> Option<&Refusal> {
    match error {
        ServiceError::Refused { refusal, .. } | ServiceError::NotOpened { refusal } => Some(refusal),
        _ => None,
    }
}

/// Returns the text without the events that only the desk may see.
fn public_text(error: &ServiceError, locale: Locale) -> String {
    match refusal(error) {
        Some(Refusal::VersionConflict { expected, found, changes }) => {
            let (expected, found, changes) = (*expected, *found, public(changes));
            Refusal::VersionConflict { expected, found, changes }.explain(locale)
        }
        _ => error.explain(locale),
    }
}

fn fields(error: &ServiceError, locale: Locale) -> Vec<FieldError> {
    let of_form = |(field, error): (&str, &dyn Explain)| {
        FieldError::new(field, error.code(), &error.explain(locale))
    };
    match error {
        ServiceError::InvalidForm(form) => form.fields().map(of_form).collect(),
        ServiceError::InvalidQuery(query) => {
            vec![FieldError::new(query.key(), query.code(), query.reason(locale))]
        }
        _ => Vec::new(),
    }
}

fn allowed(refusal: &Refusal, locale: Locale) -> Vec<Label> {
    let Refusal::Transition { from, by, .. } = refusal else { return Vec::new() };
    let label = |status: Status| Label::new(status.as_str(), status.label(locale));
    from.next_for(*by).iter().map(label).collect()
}

fn retry(error: &ServiceError) -> Retry {
    match error.write_outcome() {
        _ if error.is_retryable() => Retry::Yes,
        WriteOutcome::NotApplied => Retry::No,
        WriteOutcome::Unknown | WriteOutcome::NotDurable => Retry::WithKey,
    }
}
