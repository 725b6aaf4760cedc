//! Converts errors to responses, for all handlers.

use askama::Template;
use axum::{
    Extension,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use ventanilla_service::{
    ErrorKind, Explain, Locale, ServiceError, TicketNumber, error::WriteOutcome, ticket::AttachmentId,
};

use crate::{
    Part,
    fields::{Written, fresh_key},
    session::Me,
};

/// Result of a handler.
pub(crate) type Answer = Result<Response, Failure>;

/// Reason for which there is no page to show.
pub(crate) enum Failure {
    /// No such page or ticket, or somebody else's, with the same answer.
    NotFound,
    /// Nobody is signed in.
    SignIn,
    /// The page is for the other role.
    NotForYou { part: Part },
    /// A page of another site sent the request.
    CrossSite,
    /// The request is for a host that isn't this one.
    ForeignHost,
    /// The person has sent too many forms.
    TooMany,
    /// The form or the address can't be read.
    Unreadable(StatusCode),
    /// The use case failed, and the page has no form that could show the error.
    Service(ServiceError),
    /// The page of a refused form can't be read.
    Unshown { refused: Box<Problem>, error: ServiceError },
}

impl Failure {
    /// Creates the failure of a page that can't be read, with the reason why its form was refused, if it was.
    pub(crate) fn after(error: ServiceError, refused: Option<Problem>) -> Self {
        match (error.into(), refused) {
            (Failure::Service(error), Some(refused)) => {
                Failure::Unshown { refused: Box::new(refused), error }
            }
            (failure, _) => failure,
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Failure::NotFound,
            _ => Failure::Service(error),
        }
    }
}

impl IntoResponse for Failure {
    /// Leaves the page to [`guard`](crate::security::guard), which knows who is signed in.
    fn into_response(self) -> Response {
        if let Failure::SignIn = self {
            return Redirect::to("/entrar").into_response();
        }
        let failure = FailurePage::of(self);
        (failure.status, Extension(failure)).into_response()
    }
}

#[derive(Template, Clone)]
#[template(path = "fallo.html")]
pub(crate) struct FailurePage {
    me: Option<Me>,
    status: StatusCode,
    title: &'static str,
    text: String,
}

impl FailurePage {
    pub(crate) fn of(failure: Failure) -> Self {
        let (status, title, text) = match failure {
            Failure::SignIn => (StatusCode::UNAUTHORIZED, "Entra primero", "Esta página necesita que entres.".into()),
            Failure::NotFound => (
                StatusCode::NOT_FOUND,
                "No encontramos lo que buscas",
                "Esta página o este ticket no existe, o no es tuyo.".into(),
            ),
            Failure::NotForYou { part: Part::Admin } => {
                (StatusCode::FORBIDDEN, "No tienes acceso", "Esta página es para el equipo de soporte.".into())
            }
            Failure::NotForYou { part: Part::Customer } => {
                (StatusCode::FORBIDDEN, "No tienes acceso", "Esta página es para clientes.".into())
            }
            Failure::CrossSite => (
                StatusCode::FORBIDDEN,
                "No lo hemos aceptado",
                "Este envío no viene de nuestras páginas. No se ha cambiado nada.".into(),
            ),
            Failure::ForeignHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "Dirección desconocida",
                "Este centro de ayuda no se llama así. Escribe su dirección en el navegador.".into(),
            ),
            Failure::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "Demasiados envíos seguidos",
                "No se ha cambiado nada. Espera un momento, vuelve atrás y envíalo otra vez.".into(),
            ),
            Failure::Unreadable(StatusCode::PAYLOAD_TOO_LARGE) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Es demasiado largo",
                "Lo que has enviado es demasiado largo. No se ha guardado nada: vuelve atrás y acórtalo.".into(),
            ),
            Failure::Unreadable(status) => (
                status,
                "No lo hemos entendido",
                "Lo que has enviado no se puede leer. No se ha cambiado nada.".into(),
            ),
            Failure::Service(error) => (status(&error), title(&error), error.explain(Locale::Es)),
            // Loaded again, the page shows what was typed.
            Failure::Unshown { refused, error } => (status(&error), title(&error), refused.text),
        };
        Self { me: None, status, title, text }
    }

    /// Renders the page with the menu of who is signed in.
    pub(crate) fn with_me(mut self, me: Option<Me>) -> Response {
        if self.status == StatusCode::NOT_FOUND && me.as_ref().is_some_and(|me| me.admin) {
            self.text = "Esta página o este ticket no existe.".into();
        }
        self.me = me;
        page(self.status, &self)
    }
}

fn title(error: &ServiceError) -> &'static str {
    match error.kind() {
        ErrorKind::Invalid => "Revisa estos datos",
        ErrorKind::NotPermitted => "No tienes acceso",
        ErrorKind::Conflict => "El ticket no lo permite",
        ErrorKind::Unavailable => "Ahora mismo no podemos atenderte",
        ErrorKind::Unknown => "No sabemos si se ha guardado",
        _ => "Algo ha fallado",
    }
}

/// Returns the HTTP status of a failed use case, and logs the error if it isn't the person's own. The
/// span of the request has the ticket's number.
pub(crate) fn status(error: &ServiceError) -> StatusCode {
    log(error);
    StatusCode::from_u16(error.kind().http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Logs an error that isn't the person's own.
pub(crate) fn log(error: &ServiceError) {
    if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Unknown | ErrorKind::Internal) {
        tracing::error!(error = error as &dyn std::error::Error, "a use case failed");
    }
}

/// Explanation of a refusal, shown at a field or at the top of the page.
#[derive(Clone)]
pub(crate) struct Problem {
    /// Id of the field; empty for a problem of no field.
    pub(crate) field: &'static str,
    pub(crate) text: String,
    /// Ticket of the customer to link to.
    pub(crate) ticket: Option<TicketNumber>,
}

impl Problem {
    pub(crate) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into(), ticket: None }
    }

    /// Sets the ticket to link to.
    pub(crate) fn with_ticket(mut self, ticket: TicketNumber) -> Self {
        self.ticket = Some(ticket);
        self
    }

    /// Explains an error at the field if the input is invalid, otherwise at the top of the page.
    pub(crate) fn of(error: &ServiceError, field: &'static str) -> Self {
        let field = if error.kind() == ErrorKind::Invalid { field } else { "" };
        Self::new(field, error.explain(Locale::Es))
    }
}

/// Text and idempotency key of a form.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) key: String,
    /// Ids of the uploads that go with it.
    pub(crate) files: Vec<AttachmentId>,
}

impl Draft {
    /// Returns an empty form.
    pub(crate) fn fresh() -> Self {
        Self { text: String::new(), key: fresh_key(), files: Vec::new() }
    }

    /// Returns the typed text for another try.
    ///
    /// The idempotency key stays if the change may have been applied or the store was unavailable, so
    /// that the next try is the same request.
    pub(crate) fn again(written: Written, error: &ServiceError) -> Self {
        let Written { text, key, files } = written;
        let same =
            error.write_outcome() != WriteOutcome::NotApplied || error.kind() == ErrorKind::Unavailable;
        Self { text, key: if same { key } else { fresh_key() }, files }
    }
}

pub(crate) async fn no_such_page() -> Failure {
    Failure::NotFound
}

pub(crate) async fn no_such_method() -> Failure {
    Failure::Unreadable(StatusCode::METHOD_NOT_ALLOWED)
}

/// A page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use ventanilla_service::{UserId, error::StoreError, list::Cursor};

    use super::*;

    #[test]
    fn the_title_names_the_kind_of_error() {
        let down = StoreError::Unavailable { source: "the server is away".into() };
        let refused = StoreError::Failed { source: "the server refuses".into() };
        for (error, title) in [
            (UserId::parse("").unwrap_err().into(), "Revisa estos datos"),
            ("x".parse::<Cursor>().unwrap_err().into(), "Revisa estos datos"),
            (ServiceError::Store(down), "Ahora mismo no podemos atenderte"),
            (ServiceError::Store(refused), "Algo ha fallado"),
        ] {
            assert_eq!(FailurePage::of(Failure::Service(error)).title, title);
        }
    }
}
