//! A customer's pages.

mod chat;
mod help;
mod list;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/ayuda/gracias/{number}", get(help::thanks))
        .route("/tickets", get(list::tickets))
        .route("/tickets/buscar", get(list::find))
        .route("/tickets/{number}", get(chat::chat))
        .route("/tickets/{number}/confirmar", post(chat::confirm).get(chat::back))
}

/// Returns the routes of forms that may bring files, and so take long.
pub(crate) fn forms_with_files() -> Router<App> {
    Router::new()
        .route("/ayuda", get(help::form).post(help::open))
        .route("/tickets/{number}/mensajes", post(chat::send).get(chat::back))
        .route("/tickets/{number}/seguimiento", post(chat::follow_up).get(chat::back))
}
