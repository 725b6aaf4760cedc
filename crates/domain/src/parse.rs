//! How every text from outside becomes a value: one check, one set of problems, one set of texts.

use crate::{Locale, locale::say};

/// What a kind of text may hold.
pub(crate) struct Rules {
    /// The most characters.
    pub(crate) max_chars: usize,
    /// The most bytes of UTF-8.
    pub(crate) max_bytes: usize,
    /// Which characters may stand in it.
    pub(crate) allows: fn(char) -> bool,
}

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    Empty,
    Blank,
    TooManyChars { length: usize, limit: usize },
    TooManyBytes { length: usize, limit: usize },
    Forbidden { character: char, at: usize },
    NotUtf8 { at: usize },
}

impl Rules {
    /// Checks a text, the cheapest and most telling problem first.
    pub(crate) fn check(&self, value: &str) -> Result<(), Problem> {
        if value.is_empty() {
            return Err(Problem::Empty);
        }
        if value.chars().all(char::is_whitespace) {
            return Err(Problem::Blank);
        }
        if value.len() > self.max_bytes {
            return Err(Problem::TooManyBytes { length: value.len(), limit: self.max_bytes });
        }
        let length = value.chars().count();
        if length > self.max_chars {
            return Err(Problem::TooManyChars { length, limit: self.max_chars });
        }
        match value.char_indices().find(|(_, character)| !(self.allows)(*character)) {
            Some((at, character)) => Err(Problem::Forbidden { character, at }),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// The sentence for the end user, after the name of the thing.
    pub(crate) fn explain(self, locale: Locale) -> String {
        match self {
            Problem::Empty => say!(locale, "falta el valor.", "the value is missing."),
            Problem::Blank => say!(locale, "solo contiene espacios.", "it holds nothing but spaces."),
            Problem::TooManyChars { length, limit } => say!(
                locale,
                "tiene {length} caracteres y el máximo es {limit}.",
                "it has {length} characters and the limit is {limit}."
            ),
            Problem::TooManyBytes { length, limit } => say!(
                locale,
                "ocupa {length} bytes y el máximo es {limit}.",
                "it takes {length} bytes and the limit is {limit}."
            ),
            Problem::Forbidden { character, at } => {
                let code = u32::from(character);
                say!(
                    locale,
                    "contiene un carácter no permitido (U+{code:04X}, byte {at}).",
                    "it holds a character that is not allowed (U+{code:04X}, byte {at})."
                )
            }
            Problem::NotUtf8 { at } => {
                say!(locale, "no es UTF-8 válido (byte {at}).", "it is not valid UTF-8 (byte {at}).")
            }
        }
    }
}

/// The start of an offending value, short enough to log.
pub(crate) fn excerpt(value: &str) -> Box<str> {
    const SHOWN: usize = 64;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]).into(),
        None => value.into(),
    }
}

/// The conversions and the error of a text newtype that has `fn parse(&str) -> Result<Self, _>`.
macro_rules! parsed_text {
    ($name:ident, $error:ident, $code:literal, $es:literal, $en:literal) => {
        #[doc = concat!("A text that is no [`", stringify!($name), "`]; names the value and the problem.")]
        ///
        #[doc = concat!("Its codes are `", $code, "_` and `empty`, `blank`, `too_long`, ")]
        /// `forbidden_character` or `not_utf8`.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{} ({value:?})", $crate::Explain::explain(self, $crate::Locale::En))]
        pub struct $error {
            value: Box<str>,
            problem: $crate::parse::Problem,
        }

        impl $error {
            pub(crate) fn new(value: &str, problem: $crate::parse::Problem) -> Self {
                Self { value: $crate::parse::excerpt(value), problem }
            }

            /// The start of the offending value: 64 characters, and `…` where more followed.
            #[must_use]
            pub fn value(&self) -> &str {
                &self.value
            }
        }

        impl $crate::Explain for $error {
            fn code(&self) -> &'static str {
                use $crate::parse::Problem;
                match self.problem {
                    Problem::Empty => concat!($code, "_empty"),
                    Problem::Blank => concat!($code, "_blank"),
                    Problem::TooManyChars { .. } | Problem::TooManyBytes { .. } => {
                        concat!($code, "_too_long")
                    }
                    Problem::Forbidden { .. } => concat!($code, "_forbidden_character"),
                    Problem::NotUtf8 { .. } => concat!($code, "_not_utf8"),
                }
            }

            fn explain(&self, locale: $crate::Locale) -> String {
                format!("{}: {}", locale.pick($es, $en), self.problem.explain(locale))
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
                        $crate::parse::Problem::NotUtf8 { at: error.valid_up_to() },
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
