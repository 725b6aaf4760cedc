//! Pages of lists.

use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;

/// One page of a list.
///
/// ```
/// use ventanilla_storage::Page;
///
/// let page = Page { rows: vec![1, 2], next: None, unreadable: Vec::new() };
/// assert_eq!(page.clone().map(|row| row * 10).rows, [10, 20]);
/// assert_eq!(page.with_rows(vec!["one", "two"]).rows, ["one", "two"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Rows, in the order of the list.
    pub rows: Vec<T>,
    /// Cursor of the next page; `None` on the last page.
    pub next: Option<Cursor>,
    /// Tickets of this page that could not be read, which hide no other ticket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

impl<T> Page<T> {
    /// Converts the rows of the page.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(row).collect(),
            next: self.next,
            unreadable: self.unreadable,
        }
    }

    /// Sets the rows of the page, such as those of a view that was made of all of them at once.
    pub fn with_rows<U>(self, rows: Vec<U>) -> Page<U> {
        Page { rows, next: self.next, unreadable: self.unreadable }
    }
}

/// Stored ticket that could not be read; another application may have written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// Number of the ticket, as it is stored.
    pub ticket_number: String,
    /// Reason for which the data hold no ticket, in English, for operators.
    pub problem: String,
}
