//! Changes of an administrator to a ticket.
//!
//! A reply and a status are for the version of the ticket that the person has seen: they are refused with the
//! changes made since, and the page for the present version has what was typed, to be sent again.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use ventanilla_service::{
    EventKind, Receipt, ServiceError, Status, TicketNumber, UserId,
    ticket::{MessageRange, Tag, Wait, WaitingFor},
    view::HistoryEntry,
};

use super::confirm;
use crate::{
    App, about,
    attachments::{UPLOADED, WithFiles, message},
    error::{Answer, Draft, Failure, Problem, log},
    fields::{Number, Posted, Written, beginning, day, explain_es, path, sent},
    refused::{Refused, refuse},
    session::{Administrator, Me, done_cookie},
    typing,
};

#[derive(Deserialize)]
pub(super) struct Reply {
    #[serde(rename = "texto", default)]
    text: String,
    #[serde(rename = "clave", default)]
    key: String,
    #[serde(rename = "estado", default)]
    status: String,
    #[serde(rename = "confirmado", default)]
    confirmed: String,
    version: u64,
}

/// Choice of the reply form that sets the ticket to wait for the customer.
const WAIT: &str = "ESPERAR";

pub(super) async fn reply(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    form: WithFiles<Reply>,
) -> Answer {
    let WithFiles { form: Reply { text, key, status, confirmed, version }, mut uploads } = form;
    if status == Status::Closed.as_str() && confirmed.is_empty() {
        let mut fields =
            vec![("texto", text), ("clave", key), ("estado", status), ("version", version.to_string())];
        fields.extend(uploads.ids.iter().map(|id| (UPLOADED, id.to_string())));
        return Ok(ask_to_close(admin.me, &number, "respuesta", fields));
    }
    let written = Written { text, key, files: uploads.ids.clone() };
    let done = async {
        let files = admin.desk.uploads(uploads.all()?).await?;
        let reply = admin.desk.reply(&number, message(&written.text, files)?);
        let reply = match status.as_str() {
            WAIT => reply.wait(Wait::new(WaitingFor::Customer)),
            "" => reply.status(None),
            status => reply.status(status.parse::<Status>()?),
        };
        reply.key(written.key()?).expecting(version).await
    }
    .await;
    if done.is_ok() {
        typing::sent(&app, &number, &admin.id);
    }
    let typed = Typed { written, chosen: vec![("estado", status)] };
    answer(&app, &admin, &number, done, "texto", typed).await
}

#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(rename = "nota", default)]
    text: String,
    #[serde(rename = "clave", default)]
    key: String,
}

pub(super) async fn note(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Note>,
) -> Answer {
    let Note { text, key } = form;
    let written = Written { text, key, files: Vec::new() };
    let done = async { admin.desk.add_note(&number, &written.text).key(written.key()?).await }.await;
    answer(&app, &admin, &number, done, "nota", Typed { written, chosen: Vec::new() }).await
}

#[derive(Deserialize)]
pub(super) struct NewStatus {
    #[serde(rename = "estado", default)]
    to: String,
    #[serde(rename = "confirmado", default)]
    confirmed: String,
    version: u64,
}

/// Asks before the ticket is closed by a form.
fn ask_to_close(
    me: Me,
    number: &TicketNumber,
    form: &str,
    fields: Vec<(&'static str, String)>,
) -> Response {
    let ticket = path("/admin/tickets", number);
    confirm::ask(me, format!("¿Cerrar el ticket {number}?"), format!("{ticket}/{form}"), fields, ticket)
}

pub(super) async fn status(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewStatus>,
) -> Answer {
    if form.to == Status::Closed.as_str() && form.confirmed.is_empty() {
        let fields = vec![("estado", form.to), ("version", form.version.to_string())];
        return Ok(ask_to_close(admin.me, &number, "estado", fields));
    }
    let done =
        async { admin.desk.set_status(&number, form.to.parse()?).expecting(form.version).await }.await;
    answer_textless(&app, &admin, &number, done, "estado").await
}

#[derive(Deserialize)]
pub(super) struct NewPriority {
    #[serde(rename = "prioridad", default)]
    to: String,
}

pub(super) async fn priority(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewPriority>,
) -> Answer {
    let done = async { admin.desk.set_priority(&number, form.to.parse()?).await }.await;
    answer_textless(&app, &admin, &number, done, "prioridad").await
}

#[derive(Deserialize)]
pub(super) struct Assignment {
    #[serde(rename = "accion", default)]
    action: String,
    #[serde(rename = "persona", default)]
    to: String,
}

pub(super) async fn assignment(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Assignment>,
) -> Answer {
    let to = UserId::parse(&form.to).ok();
    let done = match (form.action.as_str(), to) {
        // One of several claims wins: the others are shown the assignee.
        ("tomar", _) => admin.desk.claim(&number).await,
        ("dejar", _) => admin.desk.unassign(&number).await,
        ("asignar", Some(to)) => admin.desk.assign(&number, &to).await,
        _ => {
            let problem = Problem::new("persona", "Elige a alguien del equipo.");
            return invalid(&app, &admin, &number, problem).await;
        }
    };
    answer_textless(&app, &admin, &number, done, "persona").await
}

#[derive(Deserialize)]
pub(super) struct NewWait {
    #[serde(rename = "espera", default)]
    party: String,
    #[serde(rename = "hasta", default)]
    until: String,
    version: u64,
}

pub(super) async fn wait(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewWait>,
) -> Answer {
    let until = match form.until.as_str() {
        "" => Ok(None),
        typed => day(typed).and_then(|day| beginning(day, &admin.me.reader)).map(Some),
    };
    let until = match until {
        Ok(until) => until,
        Err(text) => {
            return invalid(&app, &admin, &number, Problem::new("hasta", text)).await;
        }
    };
    let done = async {
        if form.party.is_empty() {
            return admin.desk.end_wait(&number).expecting(form.version).await;
        }
        let wait = Wait::new(form.party.parse()?).until(until);
        admin.desk.wait(&number, wait).expecting(form.version).await
    }
    .await;
    answer_textless(&app, &admin, &number, done, "hasta").await
}

/// Tag or reference to add or to remove.
#[derive(Deserialize)]
pub(super) struct NewLabel {
    #[serde(rename = "valor", default)]
    value: String,
    #[serde(rename = "accion", default)]
    action: String,
}

/// Action of the button beside a tag or a reference.
const REMOVE: &str = "quitar";

pub(super) async fn tag(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewLabel>,
) -> Answer {
    let tag = match explain_es(Tag::parse(&form.value)) {
        Ok(tag) => tag,
        Err(text) => return invalid(&app, &admin, &number, Problem::new("etiqueta", text)).await,
    };
    let done = match form.action.as_str() {
        REMOVE => admin.desk.remove_tag(&number, &tag).await,
        _ => admin.desk.add_tag(&number, &tag).await,
    };
    answer_textless(&app, &admin, &number, done, "etiqueta").await
}

pub(super) async fn reference(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<NewLabel>,
) -> Answer {
    let Some(reference) = about::parse(&form.value) else {
        return invalid(&app, &admin, &number, foreign_order()).await;
    };
    let done = if form.action == REMOVE {
        admin.desk.remove_reference(&number, &reference).await
    } else {
        let ticket = admin.desk.get_range(&number, MessageRange::Last(0)).await?;
        if !app.people.orders(&ticket.head.requester).contains(&reference) {
            return invalid(&app, &admin, &number, foreign_order()).await;
        }
        admin.desk.add_reference(&number, &reference).await
    };
    answer_textless(&app, &admin, &number, done, "referencia").await
}

fn foreign_order() -> Problem {
    Problem::new("referencia", "Elige uno de los pedidos del cliente.")
}

#[derive(Deserialize)]
pub(super) struct Seen {
    version: u64,
}

pub(super) async fn discard_draft(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
    Posted(form): Posted<Seen>,
) -> Answer {
    let done = admin.desk.discard_draft(&number).expecting(form.version).await;
    answer_textless(&app, &admin, &number, done, "borrador").await
}

/// Redirects the address of a form to its ticket, where the forms are.
pub(super) async fn back(Number(number): Number) -> Redirect {
    Redirect::to(&path("/admin/tickets", &number))
}

/// Redirects to the page for a field that can't be read.
async fn invalid(app: &App, admin: &Administrator, number: &TicketNumber, problem: Problem) -> Answer {
    match admin.desk.get_range(number, MessageRange::Last(0)).await {
        Err(ServiceError::NotFound { .. }) => Err(Failure::NotFound),
        _ => Ok(refuse(
            app,
            &admin.session,
            &path("/admin/tickets", number),
            Refused::new(problem.field, vec![problem]),
        )),
    }
}

/// Returns what to say about a change that was made, by the field of its form.
pub(super) fn done_text(field: &str) -> Option<&'static str> {
    Some(match field {
        "texto" => "Respuesta enviada.",
        "nota" => "Nota guardada.",
        "estado" => "Estado guardado.",
        "prioridad" => "Prioridad guardada.",
        "persona" => "Asignación guardada.",
        "hasta" => "Espera guardada.",
        "etiqueta" => "Etiquetas guardadas.",
        "referencia" => "Pedidos guardados.",
        "borrador" => "Propuesta descartada.",
        _ => return None,
    })
}

/// Text of a form, and the options that were chosen beside it.
struct Typed {
    written: Written,
    chosen: Vec<(&'static str, String)>,
}

/// Answers a form without a text.
async fn answer_textless(
    app: &App,
    admin: &Administrator,
    number: &TicketNumber,
    done: Result<Receipt, ServiceError>,
    field: &'static str,
) -> Answer {
    let written = Written::nothing();
    answer(app, admin, number, done, field, Typed { written, chosen: Vec::new() }).await
}

/// Redirects to the page of the ticket. After a refusal it has what was typed, why it was refused, and what
/// has changed since the form was made.
async fn answer(
    app: &App,
    admin: &Administrator,
    number: &TicketNumber,
    done: Result<Receipt, ServiceError>,
    field: &'static str,
    typed: Typed,
) -> Answer {
    let (address, Typed { written, chosen }) = (path("/admin/tickets", number), typed);
    let Err(error) = done else {
        app.sessions.forget(&admin.session, &address, field);
        let jar = CookieJar::new().add(done_cookie(field));
        return Ok((jar, sent(&address, &written.key)).into_response());
    };
    let ticket = admin.desk.get_range(number, MessageRange::Last(0)).await;
    if let (Err(ServiceError::NotFound { .. }), _) | (_, ServiceError::NotFound { .. }) =
        (&ticket, &error)
    {
        return Err(Failure::NotFound);
    }
    log(&error);
    let (problem, since) = problem(app, admin, &error, field).await;
    let is_message = |entry: &&HistoryEntry| matches!(entry.kind, EventKind::MessageAdded { .. });
    let new = since.iter().filter(is_message).count();
    let seen = ticket.map(|ticket| (ticket.earlier_messages as usize).saturating_sub(new));
    let refused = Refused {
        draft: Draft::again(written, &error),
        chosen,
        since,
        seen: seen.ok(),
        ..Refused::new(field, vec![problem])
    };
    Ok(refuse(app, &admin.session, &address, refused))
}

/// Explains an error, with the name of the assignee, and the changes since the form was made.
async fn problem(
    app: &App,
    admin: &Administrator,
    error: &ServiceError,
    field: &'static str,
) -> (Problem, Vec<HistoryEntry>) {
    if let ServiceError::UnknownAssignee { .. } = error {
        return (Problem::new(field, "Elige a alguien del equipo."), Vec::new());
    }
    let view = admin.pages(app).error(error).await;
    match (view.assignee, view.conflict) {
        (Some(assignee), _) => {
            let text = format!("{} Lo tiene {}.", view.text, assignee.person.name);
            (Problem::new(field, text), Vec::new())
        }
        (None, Some(conflict)) => {
            let text = "El ticket ha cambiado mientras tanto. Revisa lo nuevo y envía otra vez.";
            (Problem::new("", text), conflict.changes)
        }
        (None, None) => (Problem::of(error, field), Vec::new()),
    }
}
