//! Parsing of texts from outside: one check, one set of problems, one set of texts.

use std::fmt;

use crate::{Locale, locale::say};

/// Limits of a kind of text.
pub(crate) struct TextRules {
    /// The maximum number of characters.
    pub(crate) max_chars: usize,
    /// The maximum number of bytes of UTF-8.
    pub(crate) max_bytes: usize,
    /// Returns whether a character is allowed.
    pub(crate) allows: fn(char) -> bool,
}

/// Reason for which a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextProblem {
    Empty,
    Blank,
    TooManyChars { length: usize, limit: usize },
    TooManyBytes { length: usize, limit: usize },
    Forbidden { character: char, at: usize },
    NotUtf8 { at: usize },
}

impl TextRules {
    /// Checks a text, the cheapest and most specific problem first.
    pub(crate) fn check(&self, value: &str) -> Result<(), TextProblem> {
        if value.is_empty() {
            return Err(TextProblem::Empty);
        }
        if value.chars().all(char::is_whitespace) {
            return Err(TextProblem::Blank);
        }
        if value.len() > self.max_bytes {
            return Err(TextProblem::TooManyBytes { length: value.len(), limit: self.max_bytes });
        }
        let length = value.chars().count();
        if length > self.max_chars {
            return Err(TextProblem::TooManyChars { length, limit: self.max_chars });
        }
        match value.char_indices().find(|(_, character)| !(self.allows)(*character)) {
            Some((at, character)) => Err(TextProblem::Forbidden { character, at }),
            None => Ok(()),
        }
    }
}

impl TextProblem {
    /// Returns the text for the end user about something of this name, article included.
    pub(crate) fn explain(self, name: &str, locale: Locale) -> String {
        let subject = capitalised(name);
        match self {
            TextProblem::Empty => say!(locale, "Falta {name}.", "{subject} is missing."),
            TextProblem::Blank => {
                say!(
                    locale,
                    "Falta {name}: solo hay espacios.",
                    "{subject} is missing: there are only spaces."
                )
            }
            // As many characters as bytes are too many are always enough to remove.
            TextProblem::TooManyChars { length, limit }
            | TextProblem::TooManyBytes { length, limit } => {
                let excess = length.saturating_sub(limit);
                say!(
                    locale,
                    "{subject} supera la longitud máxima: quita {excess} caracteres.",
                    "{subject} is too long: remove {excess} characters."
                )
            }
            TextProblem::Forbidden { character, .. } => {
                let code = u32::from(character);
                say!(
                    locale,
                    "{subject} contiene un carácter que no se admite (U+{code:04X}): bórralo.",
                    "{subject} contains a character that is not allowed (U+{code:04X}): remove it."
                )
            }
            TextProblem::NotUtf8 { .. } => say!(
                locale,
                "{subject} contiene texto que no se puede leer.",
                "{subject} contains text that cannot be read."
            ),
        }
    }
}

/// Formats the exact problem, for logs.
impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextProblem::Empty => f.write_str("empty"),
            TextProblem::Blank => f.write_str("blank"),
            TextProblem::TooManyChars { length, limit } => {
                write!(f, "{length} characters, at most {limit}")
            }
            TextProblem::TooManyBytes { length, limit } => write!(f, "{length} bytes, at most {limit}"),
            TextProblem::Forbidden { character, at } => {
                write!(f, "forbidden character U+{:04X} at byte {at}", u32::from(*character))
            }
            TextProblem::NotUtf8 { at } => write!(f, "not UTF-8 at byte {at}"),
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Implements the conversions and the error of a text newtype that has `fn parse(&str) ->
/// Result<Self, _>`.
macro_rules! parsed_text {
    (@value public, $error:expr) => {
        format!(" ({:?})", $error.value)
    };
    // Texts that people write don't belong in logs.
    (@value private, $error:expr) => {
        String::new()
    };
    ($name:ident, $error:ident, $code:literal, $es:literal, $en:literal, $shown:ident) => {
        #[doc = concat!("A text that is no [`", stringify!($name), "`]; names the value and the problem.")]
        ///
        #[doc = concat!("Its codes are `", $code, "_` and `empty`, `blank`, `too_long`, ")]
        /// `forbidden_character` or `not_utf8`.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{}: {problem}{}", $en, $crate::parse::parsed_text!(@value $shown, self))]
        pub struct $error {
            value: Box<str>,
            problem: $crate::parse::TextProblem,
        }

        impl $error {
            pub(crate) fn new(value: &str, problem: $crate::parse::TextProblem) -> Self {
                Self { value: $crate::locale::excerpt(value), problem }
            }

            /// Returns the start of the offending value: 64 characters, and `…` if it is longer.
            #[must_use]
            pub fn value(&self) -> &str {
                &self.value
            }
        }

        impl $crate::Explain for $error {
            fn code(&self) -> &'static str {
                use $crate::parse::TextProblem;
                match self.problem {
                    TextProblem::Empty => concat!($code, "_empty"),
                    TextProblem::Blank => concat!($code, "_blank"),
                    TextProblem::TooManyChars { .. } | TextProblem::TooManyBytes { .. } => {
                        concat!($code, "_too_long")
                    }
                    TextProblem::Forbidden { .. } => concat!($code, "_forbidden_character"),
                    TextProblem::NotUtf8 { .. } => concat!($code, "_not_utf8"),
                }
            }

            fn explain(&self, locale: $crate::Locale) -> String {
                self.problem.explain(locale.pick($es, $en), locale)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(value: &str) -> Result<Self, $error> {
                Self::parse(value)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $error;

            fn try_from(value: &str) -> Result<Self, $error> {
                Self::parse(value)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = $error;

            fn try_from(value: &String) -> Result<Self, $error> {
                Self::parse(value)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(value: String) -> Result<Self, $error> {
                Self::parse(&value)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = $error;

            fn try_from(value: &[u8]) -> Result<Self, $error> {
                match std::str::from_utf8(value) {
                    Ok(text) => Self::parse(text),
                    Err(error) => Err($error::new(
                        &String::from_utf8_lossy(value),
                        $crate::parse::TextProblem::NotUtf8 { at: error.valid_up_to() },
                    )),
                }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&value).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use parsed_text;
