//! Bulk changes of tickets.

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use ventanilla_service::{Change, Locale, Priority, Status};

use super::{
    confirm,
    dashboard::{Group, pick, show},
    filters::Filters,
};
use crate::{
    App,
    error::{Answer, Problem, log},
    fields::{Asked, Posted, explain_es},
    refused::{Refused, refuse},
    session::{Administrator, Me},
};

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(rename = "ticket", default)]
    numbers: Vec<String>,
    #[serde(rename = "accion", default)]
    action: String,
    /// Not empty once the person has confirmed that the tickets are to be closed.
    #[serde(rename = "confirmado", default)]
    confirmed: String,
}

/// Maximum number of tickets of one bulk change.
const MAX_TICKETS: usize = 200;

/// Applies a bulk change and answers with the results, without a redirect: sent twice, it changes
/// nothing more.
pub(super) async fn change_each(
    State(app): State<App>,
    admin: Administrator,
    Asked(filters): Asked<Filters>,
    Posted(chosen): Posted<Chosen>,
) -> Answer {
    let numbers: BTreeSet<_> = chosen.numbers.iter().collect();
    let problem = match change(&chosen.action) {
        Ok(_) if numbers.len() > MAX_TICKETS => {
            let text = format!("Elige hasta {MAX_TICKETS} tickets: son {}.", numbers.len());
            Problem::new("", text)
        }
        Ok(_) if closes(&chosen.action) && chosen.confirmed.is_empty() && !numbers.is_empty() => {
            return Ok(ask(admin.me, &filters, &chosen.action, &numbers));
        }
        Ok(change) => {
            let changes = admin.desk.change_each(&chosen.numbers, &change).await;
            changes.items.iter().filter_map(|item| item.result.as_ref().err()).for_each(log);
            let results = admin.pages(&app).bulk(&changes);
            return show(&app, admin, filters, Some(results), Vec::new()).await;
        }
        Err(text) => Problem::new("", text),
    };
    let refused = Refused::new("lote", vec![problem]);
    Ok(refuse(&app, &admin.session, &filters.address(), refused))
}

fn closes(action: &str) -> bool {
    action.strip_prefix("estado:") == Some(Status::Closed.as_str())
}

fn ask(me: Me, filters: &Filters, action: &str, numbers: &BTreeSet<&String>) -> Response {
    let question = match numbers.len() {
        1 => "¿Cerrar 1 ticket?".into(),
        many => format!("¿Cerrar {many} tickets?"),
    };
    let mut fields: Vec<_> = numbers.iter().map(|number| ("ticket", number.to_string())).collect();
    fields.push(("accion", action.to_owned()));
    confirm::ask(me, question, format!("/admin/lote?{}", filters.query()), fields, filters.address())
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
        Group { text: "Asignación", choices: vec![pick(CLAIM.into(), "Tomar los tickets")] },
        Group { text: "Cambiar el estado a", choices: Status::ALL.map(status).into() },
        Group { text: "Cambiar la prioridad a", choices: Priority::ALL.map(priority).into() },
    ]
}
