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
    routing::{get, post},
};

use crate::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/admin", get(dashboard::dashboard))
        .route("/admin/buscar", get(dashboard::find))
        .route("/admin/lote", post(bulk::change_each))
        .route("/admin/siguiente", post(dashboard::claim_next))
        .route("/admin/informe", get(report::report))
        .route("/admin/tickets/{number}", get(ticket::ticket))
        .route("/admin/tickets/{number}/respuesta", post(change::reply))
        .route("/admin/tickets/{number}/nota", post(change::note))
        .route("/admin/tickets/{number}/estado", post(change::status))
        .route("/admin/tickets/{number}/prioridad", post(change::priority))
        .route("/admin/tickets/{number}/asignacion", post(change::assignment))
        .route("/admin/tickets/{number}/espera", post(change::wait))
        .route("/admin/tickets/{number}/borrador/descartar", post(change::discard_draft))
}
