//! Number of tickets of a list.

use serde::{Deserialize, Serialize};
use ventanilla_domain::Locale;
use ventanilla_storage::Counted;

/// Number of tickets of a list, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TotalView {
    /// The number within a sentence: `137`, `más de 1.000`.
    pub number: String,
    /// The text on its own: `137 tickets`, `Más de 1.000 tickets`.
    pub text: String,
}

impl TotalView {
    pub(crate) fn new(counted: Counted, locale: Locale) -> Self {
        match counted {
            Counted::Exactly(1) => Self { number: "1".into(), text: "1 ticket".into() },
            Counted::Exactly(found) => {
                let number = locale.number(found);
                Self { text: format!("{number} tickets"), number }
            }
            Counted::MoreThan(limit) => {
                let limit = locale.number(limit);
                let (number, text) = locale.pick(("más de", "Más de"), ("more than", "More than"));
                Self { number: format!("{number} {limit}"), text: format!("{text} {limit} tickets") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_exact_up_to_the_limit() {
        for (counted, es, en) in [
            (Counted::Exactly(0), ("0", "0 tickets"), ("0", "0 tickets")),
            (Counted::Exactly(1), ("1", "1 ticket"), ("1", "1 ticket")),
            (Counted::Exactly(137), ("137", "137 tickets"), ("137", "137 tickets")),
            (Counted::Exactly(1_000), ("1.000", "1.000 tickets"), ("1,000", "1,000 tickets")),
            (
                Counted::MoreThan(1_000),
                ("más de 1.000", "Más de 1.000 tickets"),
                ("more than 1,000", "More than 1,000 tickets"),
            ),
        ] {
            for (locale, (number, text)) in [(Locale::Es, es), (Locale::En, en)] {
                let expected = TotalView { number: number.into(), text: text.into() };
                assert_eq!(TotalView::new(counted, locale), expected);
            }
        }
    }
}
