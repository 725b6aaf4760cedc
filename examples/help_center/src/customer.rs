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
        .route("/ayuda", get(help::form).post(help::open))
        .route("/ayuda/gracias/{number}", get(help::thanks))
        .route("/tickets", get(list::tickets))
        .route("/tickets/buscar", get(list::find))
        .route("/tickets/{number}", get(chat::chat))
        .route("/tickets/{number}/mensajes", post(chat::send).get(chat::back))
        .route("/tickets/{number}/confirmar", post(chat::confirm).get(chat::back))
        .route("/tickets/{number}/seguimiento", post(chat::follow_up).get(chat::back))
}
