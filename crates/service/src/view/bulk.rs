//! What became of one change to many tickets.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Explain, Locale};

use super::Label;
use crate::{BulkItem, BulkOutcome};

/// What became of one change to many tickets: a sentence, and a row for each ticket.
///
/// Made by [`BulkOutcome::view`]. As JSON its fields are in `camelCase`.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let luis = HelpDesk::new(MemoryStore::new()).admin(UserId::parse("luis")?);
/// let changes = luis.change_each(["dos\tpalabras"], &Change::claim()).await;
/// let view = changes.view(Locale::Es);
/// assert_eq!(view.text, "Hecho en 0 de 1 ticket.");
/// assert_eq!(view.rows[0].asked, "dos\tpalabras");
/// assert_eq!(view.rows[0].outcome.text, "El número de ticket contiene un carácter que no se admite.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkView {
    /// How it went: `Hecho en 2 de 3 tickets.`
    pub text: String,
    /// How many tickets are as was asked, be it that they were so already.
    pub done: usize,
    /// How many are not.
    pub failed: usize,
    /// Each ticket, in the order in which they were named.
    pub rows: Vec<BulkRow>,
}

/// What became of one of many tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkRow {
    /// What was given for a number, as it came.
    pub asked: String,
    /// The ticket's number, where it is as was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<String>,
    /// How it went: `changed`, `unchanged` where it was so already, or the error's code.
    pub outcome: Label,
}

impl BulkView {
    pub(crate) fn new(changes: &BulkOutcome, locale: Locale) -> Self {
        Self {
            text: text(changes, locale),
            done: changes.done(),
            failed: changes.failed(),
            rows: changes.each.iter().map(|changed| row(changed, locale)).collect(),
        }
    }
}

fn text(changes: &BulkOutcome, locale: Locale) -> String {
    let done = changes.done();
    match (changes.each.len(), locale) {
        (0, _) => locale.pick("No se ha elegido ningún ticket.", "No ticket was chosen.").into(),
        (1, Locale::Es) => format!("Hecho en {done} de 1 ticket."),
        (1, Locale::En) => format!("Done on {done} of 1 ticket."),
        (all, Locale::Es) => format!("Hecho en {done} de {all} tickets."),
        (all, Locale::En) => format!("Done on {done} of {all} tickets."),
    }
}

fn row(changed: &BulkItem, locale: Locale) -> BulkRow {
    let outcome = match &changed.result {
        Ok(receipt) if receipt.repeated || receipt.events.is_empty() => {
            Label::new("unchanged", locale.pick("Ya estaba así", "No change needed"))
        }
        Ok(_) => Label::new("changed", locale.pick("Cambiado", "Changed")),
        Err(error) => Label::new(error.code(), &error.explain(locale)),
    };
    let head = changed.result.as_ref().ok().map(|receipt| &receipt.head);
    BulkRow {
        asked: changed.asked.clone(),
        ticket_number: head.map(|head| head.ticket_number.to_string()),
        outcome,
    }
}
