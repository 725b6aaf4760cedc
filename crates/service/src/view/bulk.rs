//! Results of one change to many tickets.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Explain, Locale};

use super::Label;
use crate::bulk::{BulkItem, BulkOutcome};

/// Results of one change to many tickets: a sentence, and a row for each ticket.
///
/// Made by [`AdminPages::bulk`](super::AdminPages::bulk). As JSON its fields are in
/// `camelCase`.
///
/// ```
/// # use ventanilla_service::{Change, HelpDesk, MemoryStore, TimeZone, UserId, view::Viewer};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let luis = HelpDesk::new(MemoryStore::new()).admin(UserId::parse("luis")?);
/// let outcome = luis.change_each(["dos\tpalabras"], &Change::claim()).await;
/// let view = luis.pages(Viewer::new(TimeZone::UTC), &()).bulk(&outcome);
/// assert_eq!(view.text, "Hecho en 0 de 1 ticket.");
/// assert_eq!(view.rows[0].input, "dos\tpalabras");
/// assert_eq!(view.rows[0].outcome.text, "El número de ticket contiene un carácter que no se admite (U+0009): bórralo.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkView {
    /// The sentence: `Hecho en 2 de 3 tickets.`
    pub text: String,
    /// Number of tickets now in the requested state, including those already in it.
    pub done: usize,
    /// Number of errors.
    pub failed: usize,
    /// The tickets, in the order in which they were first named.
    pub rows: Vec<BulkRow>,
}

/// Result of one of many tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkRow {
    /// The number as it was given.
    pub input: String,
    /// The ticket's number, unless there was an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<String>,
    /// The result: `changed`, `unchanged` if no change was needed, or the error's code.
    pub outcome: Label,
}

impl BulkView {
    pub(crate) fn new(outcome: &BulkOutcome, locale: Locale) -> Self {
        Self {
            text: text(outcome, locale),
            done: outcome.done(),
            failed: outcome.failed(),
            rows: outcome.items.iter().map(|item| row(item, locale)).collect(),
        }
    }
}

fn text(outcome: &BulkOutcome, locale: Locale) -> String {
    let done = outcome.done();
    match (outcome.items.len(), locale) {
        (0, _) => locale.pick("No se ha elegido ningún ticket.", "No ticket was chosen.").into(),
        (1, Locale::Es) => format!("Hecho en {done} de 1 ticket."),
        (1, Locale::En) => format!("Done on {done} of 1 ticket."),
        (all, Locale::Es) => format!("Hecho en {done} de {all} tickets."),
        (all, Locale::En) => format!("Done on {done} of {all} tickets."),
    }
}

fn row(item: &BulkItem, locale: Locale) -> BulkRow {
    let outcome = match &item.result {
        Ok(receipt) if receipt.repeated || receipt.events.is_empty() => {
            Label::new("unchanged", locale.pick("Ya estaba así", "No change needed"))
        }
        Ok(_) => Label::new("changed", locale.pick("Cambiado", "Changed")),
        Err(error) => Label::new(error.code(), &error.explain(locale)),
    };
    let head = item.result.as_ref().ok().map(|receipt| &receipt.head);
    BulkRow {
        input: item.input.clone(),
        ticket_number: head.map(|head| head.ticket_number.to_string()),
        outcome,
    }
}
