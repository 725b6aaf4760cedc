//! References to what tickets are about.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    Explain, Locale,
    locale::excerpt,
    parse::{TextProblem, TextRules},
};

/// Reference to something of the host that a ticket is about, such as an order or a payment. The
/// requester sees it.
///
/// - its kind has 1 to 32 characters: lower-case letters of ASCII, digits, `_` and `-`;
/// - its id has 1 to 64 bytes of UTF-8, no white space, no control characters;
/// - as text, such as in a URL, it is `kind:id`; as JSON `{"kind", "id"}`.
///
/// The host decides what may be named: whoever sets a reference says that the thing is theirs, so a
/// reference from a customer's form must be checked first.
///
/// ```
/// use ventanilla_domain::Reference;
///
/// let order = Reference::new("order", "1001")?;
/// assert_eq!("order:1001".parse(), Ok(order.clone()));
/// assert_eq!(serde_json::to_string(&order)?, r#"{"kind":"order","id":"1001"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Reference {
    kind: CompactString,
    id: CompactString,
}

impl Reference {
    /// Checks a kind and an id.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`] if one of them is empty, blank or too long or has a character that isn't
    /// allowed.
    pub fn new(kind: &str, id: &str) -> Result<Self, InvalidReference> {
        const KIND: TextRules = TextRules {
            max_chars: 32,
            max_bytes: 32,
            allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-',
        };
        const ID: TextRules = TextRules {
            max_chars: 64,
            max_bytes: 64,
            allows: |c| !(c.is_control() || c.is_whitespace()),
        };
        let error = |part| {
            move |problem| InvalidReference { value: excerpt(&format!("{kind}:{id}")), part, problem }
        };
        KIND.check(kind).map_err(error(Part::Kind))?;
        ID.check(id).map_err(error(Part::Id))?;
        Ok(Self { kind: kind.into(), id: id.into() })
    }

    /// Parses the text `kind:id`. The id may have more colons.
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new).
    ///
    /// ```
    /// use ventanilla_domain::Reference;
    ///
    /// assert_eq!(Reference::parse("payment:mp:77")?.id(), "mp:77");
    /// assert!(Reference::parse("1001").is_err());
    /// # Ok::<(), ventanilla_domain::InvalidReference>(())
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidReference> {
        let (kind, id) = value.split_once(':').unwrap_or((value, ""));
        Self::new(kind, id)
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the id, which is unique among the things of the kind.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(value: &str) -> Result<Self, InvalidReference> {
        Self::parse(value)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            kind: String,
            id: String,
        }
        let Parts { kind, id } = Parts::deserialize(deserializer)?;
        Self::new(&kind, &id).map_err(D::Error::custom)
    }
}

/// A kind and an id that are no [`Reference`]; names the value and the problem.
///
/// Its codes are `reference_kind_` or `reference_id_` and `empty`, `blank`, `too_long` or
/// `forbidden_character`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the reference's {part}: {problem} ({value:?})")]
pub struct InvalidReference {
    value: Box<str>,
    part: Part,
    problem: TextProblem,
}

impl InvalidReference {
    /// Returns the start of the offending text `kind:id`: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Kind,
    Id,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Kind => "kind",
            Part::Id => "id",
        })
    }
}

impl Explain for InvalidReference {
    fn code(&self) -> &'static str {
        use TextProblem::{Blank, Empty, Forbidden, NotUtf8, TooManyBytes, TooManyChars};
        match (self.part, self.problem) {
            (Part::Kind, Empty) => "reference_kind_empty",
            (Part::Kind, Blank) => "reference_kind_blank",
            (Part::Kind, TooManyChars { .. } | TooManyBytes { .. }) => "reference_kind_too_long",
            (Part::Kind, Forbidden { .. } | NotUtf8 { .. }) => "reference_kind_forbidden_character",
            (Part::Id, Empty) => "reference_id_empty",
            (Part::Id, Blank) => "reference_id_blank",
            (Part::Id, TooManyChars { .. } | TooManyBytes { .. }) => "reference_id_too_long",
            (Part::Id, Forbidden { .. } | NotUtf8 { .. }) => "reference_id_forbidden_character",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let name = match self.part {
            Part::Kind => locale.pick("el tipo de la referencia", "the kind of the reference"),
            Part::Id => locale.pick("el identificador de la referencia", "the id of the reference"),
        };
        self.problem.explain(name, locale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_ones_are_named() {
        for (value, code) in [
            ("", "reference_kind_empty"),
            (":1001", "reference_kind_empty"),
            (" :1001", "reference_kind_blank"),
            ("Order:1001", "reference_kind_forbidden_character"),
            ("pedido:ñ\n", "reference_id_forbidden_character"),
            ("order", "reference_id_empty"),
            ("order: ", "reference_id_blank"),
            (&format!("{}:1", "k".repeat(33)), "reference_kind_too_long"),
            (&format!("order:{}", "1".repeat(65)), "reference_id_too_long"),
        ] {
            let error = Reference::parse(value).unwrap_err();
            assert_eq!(error.code(), code, "{value:?}");
            assert!(error.explain(Locale::Es).contains("referencia"));
        }
        let error = Reference::parse("Order:1001").unwrap_err();
        assert_eq!(error.value(), "Order:1001");
        assert!(error.to_string().starts_with("the reference's kind: forbidden character U+004F"));
    }

    proptest! {
        #[test]
        fn text_and_json_both_ways(kind in "[a-z0-9_-]{1,32}", id in "[^\\pC\\s]{1,16}") {
            let reference = Reference::new(&kind, &id).unwrap();
            prop_assert_eq!(reference.to_string().parse(), Ok(reference.clone()));
            let json = serde_json::to_string(&reference).unwrap();
            prop_assert_eq!(serde_json::from_str::<Reference>(&json).unwrap(), reference);
        }
    }
}
