//! Extractors and form fields of requests.

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar, Form,
    cookie::{Cookie, SameSite},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};
use ventanilla_service::{
    Explain, IdempotencyKey, Locale, ServiceError, TicketNumber, TicketSummary, Timestamp,
    list::Page,
    sla::NaiveDate,
    ticket::{AttachmentId, MessageRange},
    view::Viewer,
};

use crate::error::Failure;

/// Ticket number in the address; one that can't be a number is not found.
pub(crate) struct Number(pub(crate) TicketNumber);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(number) = path.map_err(|_| Failure::NotFound)?;
        TicketNumber::parse(&number).map(Self).map_err(|_| Failure::NotFound)
    }
}

/// Fields of a posted form.
pub(crate) struct Posted<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match Form::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(rejection) => Err(Failure::Unreadable(rejection.status())),
        }
    }
}

/// Query string of the address.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Failure::Unreadable(rejection.status())),
        }
    }
}

/// Fields of a message form.
#[derive(Deserialize)]
pub(crate) struct Written {
    #[serde(rename = "texto", default)]
    pub(crate) text: String,
    #[serde(rename = "clave", default)]
    pub(crate) key: String,
    /// Ids of the uploads that go with it.
    #[serde(skip)]
    pub(crate) files: Vec<AttachmentId>,
}

impl Written {
    /// Returns the fields of a form without a text.
    pub(crate) fn nothing() -> Self {
        Self { text: String::new(), key: String::new(), files: Vec::new() }
    }

    /// Parses the idempotency key of the form; an empty one counts as none.
    pub(crate) fn key(&self) -> Result<Option<IdempotencyKey>, ServiceError> {
        match self.key.as_str() {
            "" => Ok(None),
            key => Ok(Some(IdempotencyKey::parse(key)?)),
        }
    }
}

/// Number of messages that a page shows, and that a link to earlier ones adds.
pub(crate) const SHOWN: u32 = 50;

/// Returns the messages from one on, by default the last ones.
pub(crate) fn messages(from: Option<u32>) -> MessageRange {
    from.map_or(MessageRange::Last(SHOWN), |first| MessageRange::From { first, count: u32::MAX })
}

/// Returns a new idempotency key, which gives a form that is sent twice one effect.
pub(crate) fn fresh_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Returns the first ticket of a list that continues another.
pub(crate) fn follow_up_of(number: &TicketNumber, list: Page<TicketSummary>) -> Option<TicketNumber> {
    let mut heads = list.rows.into_iter().map(|row| row.head);
    let follow_up = heads.find(|head| head.follow_up_of.as_ref() == Some(number));
    follow_up.map(|head| head.ticket_number)
}

/// Redirects after a form was sent (Post/Redirect/Get), so that a reload doesn't send it again. A cookie tells
/// the page's script that it need not keep the text any longer.
pub(crate) fn sent(to: &str, key: &str) -> Response {
    let known = key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let cookie = Cookie::build(("enviado", if known { key.to_owned() } else { String::new() }))
        .path("/")
        .same_site(SameSite::Lax);
    (CookieJar::new().add(cookie), Redirect::to(to)).into_response()
}

/// Returns the value, or the error in the page's language.
pub(crate) fn explain_es<T, E: Explain>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.explain(Locale::Es))
}

/// Returns the path of a ticket's page, with the number escaped: an earlier application may have
/// written any characters into it.
pub(crate) fn path(folder: &str, number: &TicketNumber) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    format!("{folder}/{}", utf8_percent_encode(number.as_str(), &KEPT))
}

/// Parses a day as `<input type="date">` sends it.
pub(crate) fn day(typed: &str) -> Result<NaiveDate, String> {
    typed.parse().map_err(|_| "Escribe la fecha así: 2026-03-02.".to_owned())
}

/// Returns the beginning of a day in the viewer's time zone, after a skipped hour if it begins with
/// one.
pub(crate) fn beginning(day: NaiveDate, reader: &Viewer) -> Result<Timestamp, String> {
    let start = reader.time_zone.start_of_day(day);
    start.ok_or_else(|| "Esa fecha queda demasiado lejos.".to_owned())
}

/// Returns the following day.
pub(crate) fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use ventanilla_service::TimeZone;

    use super::*;

    #[test]
    fn a_day_begins_where_the_reader_is() {
        for (zone, date, begins) in [
            (TimeZone::UTC, "2026-03-02", "2026-03-02T00:00:00.000Z"),
            (
                TimeZone::named("America/Argentina/Buenos_Aires").unwrap(),
                "2026-03-02",
                "2026-03-02T03:00:00.000Z",
            ),
            // Clocks went from midnight to one o'clock.
            (TimeZone::named("America/Santiago").unwrap(), "2026-09-06", "2026-09-06T04:00:00.000Z"),
        ] {
            let found = beginning(day(date).unwrap(), &Viewer::new(zone)).unwrap();
            assert_eq!(found.to_string(), begins);
        }
        assert!(beginning(NaiveDate::MAX, &Viewer::new(TimeZone::UTC)).is_err());
        assert!(day("2/3/2026").is_err());
    }

    #[test]
    fn any_number_fits_into_an_address() {
        let number = TicketNumber::parse("A/1 ?ñ").unwrap();
        assert_eq!(path("/tickets", &number), "/tickets/A%2F1%20%3F%C3%B1");
        let ours = TicketNumber::parse("TKT-ABC123").unwrap();
        assert_eq!(path("/tickets", &ours), "/tickets/TKT-ABC123");
    }
}
