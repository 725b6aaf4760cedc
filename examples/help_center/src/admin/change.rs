//! What an administrator does with a ticket. Each form was made for a version, and what it asks is
//! done to that version or refused with what has changed since.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use ventanilla_service::{
    Change, Explain, MessageText, Priority, Refusal, ServiceError, Status, TicketNumber, UserId,
};

use super::ticket::{Typed, refused};
use crate::{
    App, Part,
    error::{Answer, Draft, Problem, status as status_of},
    fields::{Number, Posted, Written, path},
    session::Administrator,
};

#[derive(Deserialize)]
pub(super) struct Reply {
    #[serde(rename = "texto", default)]
    text: String,
    #[serde(rename = "clave", default)]
    key: String,
    #[serde(rename = "estado", default)]
    status: String,
    version: u64,
}

pub(super) async fn reply(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Reply>,
) -> Answer {
    let Reply { text, key, status, version } = form;
    let written = Written { text, key };
    let change = match (written.message(), status.as_str()) {
        (Ok(message), "") => Ok(Change::message(message)),
        (Ok(message), status) => match status.parse::<Status>() {
            Ok(status) => Ok(Change::reply(message, status)),
            Err(error) => Err(error.into()),
        },
        (Err(error), _) => Err(error),
    };
    let typed = |error: &ServiceError| Typed {
        reply: Draft::again(written.text, written.key, error),
        status,
        ..Typed::nothing()
    };
    let change = change.map(|change| change.expecting(version));
    carry_out(&app, admin, &number, change, "texto", typed).await
}

#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(rename = "nota", default)]
    text: String,
    version: u64,
}

/// A note has no key: only the page's script keeps an impatient hand from adding it twice.
pub(super) async fn note(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Note>,
) -> Answer {
    let change = MessageText::parse(&form.text).map(Change::note).map_err(ServiceError::from);
    let change = change.map(|change| change.expecting(form.version));
    let typed = |_: &ServiceError| Typed { note: form.text, ..Typed::nothing() };
    carry_out(&app, admin, &number, change, "nota", typed).await
}

#[derive(Deserialize)]
pub(super) struct NewStatus {
    #[serde(rename = "estado", default)]
    to: String,
    version: u64,
}

pub(super) async fn status(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewStatus>,
) -> Answer {
    let change = form.to.parse::<Status>().map(Change::status).map_err(ServiceError::from);
    let change = change.map(|change| change.expecting(form.version));
    carry_out(&app, admin, &number, change, "estado", |_| Typed::nothing()).await
}

#[derive(Deserialize)]
pub(super) struct NewPriority {
    #[serde(rename = "prioridad", default)]
    to: String,
    version: u64,
}

pub(super) async fn priority(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewPriority>,
) -> Answer {
    let change = form.to.parse::<Priority>().map(Change::priority).map_err(ServiceError::from);
    let change = change.map(|change| change.expecting(form.version));
    carry_out(&app, admin, &number, change, "prioridad", |_| Typed::nothing()).await
}

#[derive(Deserialize)]
pub(super) struct Assignment {
    #[serde(rename = "accion", default)]
    action: String,
    #[serde(rename = "persona", default)]
    to: String,
    version: u64,
}

pub(super) async fn assignment(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Assignment>,
) -> Answer {
    // To whom a ticket may go is for the host to say: it alone knows who its administrators are.
    let to = UserId::parse(&form.to).ok().and_then(|id| app.people.get(&id).cloned());
    let change = match (form.action.as_str(), to) {
        // Of all who want it one wins, whatever they saw: the others learn who.
        ("tomar", _) => Change::claim(),
        ("dejar", _) => Change::assign(None).expecting(form.version),
        ("asignar", Some(to)) if to.part == Part::Admin => {
            Change::assign(Some(to.id)).expecting(form.version)
        }
        _ => {
            let problem = Problem::new("persona", "Elige a alguien del equipo.");
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let again = refused(&app, admin, &number, status, problem, Typed::nothing()).await;
            return again.unwrap_or(Ok(status.into_response()));
        }
    };
    carry_out(&app, admin, &number, Ok(change), "persona", |_| Typed::nothing()).await
}

async fn carry_out(
    app: &App,
    admin: Administrator,
    number: &TicketNumber,
    change: Result<Change, ServiceError>,
    field: &'static str,
    typed: impl FnOnce(&ServiceError) -> Typed,
) -> Answer {
    let done = match change {
        Ok(change) => admin.desk.change(number, change).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&path("/admin/tickets", number)).into_response()),
        Err(error) => {
            let (problem, typed) = (problem(app, &error, field), typed(&error));
            let again = refused(app, admin, number, status_of(&error), problem, typed).await;
            again.unwrap_or_else(|| Err(error.into()))
        }
    }
}

/// What is wrong, with the name that only the host knows.
fn problem(app: &App, error: &ServiceError, field: &'static str) -> Problem {
    match error {
        ServiceError::Refused { refusal: Refusal::AlreadyAssigned { to }, .. } => {
            let name = app.people.get(to).map_or(to.as_str(), |someone| &someone.name);
            Problem::new(field, format!("{} Lo tiene {name}.", error.explain(app.reader.locale)))
        }
        _ => Problem::of(error, field),
    }
}
