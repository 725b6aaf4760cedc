//! Bulk changes of tickets.

use axum::extract::State;
use serde::Deserialize;
use ventanilla_service::{Change, Locale, Priority, Status};

use super::{
    dashboard::{Group, pick, show},
    filters::Filters,
};
use crate::{
    App,
    error::{Answer, Problem},
    fields::{Asked, Posted, explain_es},
    session::Administrator,
};

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(rename = "ticket", default)]
    numbers: Vec<String>,
    #[serde(rename = "accion", default)]
    action: String,
}

/// Applies a bulk change and answers with the results, without a redirect: sent twice, it changes
/// nothing more.
pub(super) async fn change_each(
    State(app): State<App>,
    admin: Administrator,
    Asked(filters): Asked<Filters>,
    Posted(chosen): Posted<Chosen>,
) -> Answer {
    let bulk = match change(&chosen.action) {
        Ok(change) => {
            let changes = admin.desk.change_each(&chosen.numbers, &change).await;
            Ok(Some(admin.desk.pages(app.reader, &*app.people).bulk(&changes)))
        }
        Err(text) => Err(Problem::new("", text)),
    };
    show(&app, admin, filters, bulk).await
}

const CLAIM: &str = "tomar";

fn change(action: &str) -> Result<Change, String> {
    match action.split_once(':') {
        Some(("prioridad", code)) => explain_es(code.parse::<Priority>()).map(Change::priority),
        Some(("estado", code)) => explain_es(code.parse::<Status>()).map(Change::status),
        None if action == CLAIM => Ok(Change::claim()),
        _ => Err("Elige qué hacer con los tickets.".into()),
    }
}

/// Returns the bulk actions that the dashboard offers.
pub(super) fn actions() -> Vec<Group> {
    let status = |it: Status| pick(format!("estado:{it}"), it.label(Locale::Es));
    let priority = |it: Priority| pick(format!("prioridad:{it}"), it.label(Locale::Es));
    vec![
        Group { text: "Asignación", choices: vec![pick(CLAIM.into(), "Asignármelos")] },
        Group { text: "Cambiar el estado a", choices: Status::ALL.map(status).into() },
        Group { text: "Cambiar la prioridad a", choices: Priority::ALL.map(priority).into() },
    ]
}
