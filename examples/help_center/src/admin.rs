//! The desk's pages.

mod bulk;
mod change;
mod confirm;
mod dashboard;
mod filters;
mod report;
mod ticket;

use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};

use crate::{App, typing};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/admin", get(dashboard::dashboard))
        .route("/admin/buscar", get(dashboard::find))
        .route("/admin/lote", post(bulk::change_each).get(back))
        .route("/admin/siguiente", post(dashboard::claim_next).get(back))
        .route("/admin/informe", get(report::report))
        .route("/admin/tickets/{number}", get(ticket::ticket))
        .route("/admin/tickets/{number}/escribiendo", post(typing::types).get(change::back))
        .route("/admin/tickets/{number}/nota", post(change::note).get(change::back))
        .route("/admin/tickets/{number}/estado", post(change::status).get(change::back))
        .route("/admin/tickets/{number}/prioridad", post(change::priority).get(change::back))
        .route("/admin/tickets/{number}/asignacion", post(change::assignment).get(change::back))
        .route("/admin/tickets/{number}/espera", post(change::wait).get(change::back))
        .route("/admin/tickets/{number}/etiqueta", post(change::tag).get(change::back))
        .route("/admin/tickets/{number}/referencia", post(change::reference).get(change::back))
        .route(
            "/admin/tickets/{number}/borrador/descartar",
            post(change::discard_draft).get(change::back),
        )
}

/// Returns the routes of forms that may bring files, and so take long.
pub(crate) fn forms_with_files() -> Router<App> {
    Router::new().route("/admin/tickets/{number}/respuesta", post(change::reply).get(change::back))
}

/// Redirects the address of a form to the dashboard, where the form is.
async fn back() -> Redirect {
    Redirect::to("/admin")
}
