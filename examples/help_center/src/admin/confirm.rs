//! Page that asks before a ticket is closed, which can't be undone.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{error::page, session::Me};

#[derive(Template)]
#[template(path = "admin/confirmar.html")]
struct ConfirmPage {
    me: Option<Me>,
    question: String,
    action: String,
    fields: Vec<(&'static str, String)>,
    back: String,
}

/// Asks the question, with a form that sends the same fields again, confirmed.
pub(super) fn ask(
    me: Me,
    question: String,
    action: String,
    fields: Vec<(&'static str, String)>,
    back: String,
) -> Response {
    page(StatusCode::OK, &ConfirmPage { me: Some(me), question, action, fields, back })
}
