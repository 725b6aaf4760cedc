//! Positions in the events of a store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Explain, Locale, excerpt};

/// Position in the events of a store, after which a stream can be started.
///
/// A worker keeps its text beside its own data, and starts at it again after a crash. It belongs to one
/// database; another refuses it ([`StoreError::EventsLost`](crate::StoreError::EventsLost)).
///
/// ```
/// use ventanilla_storage::EventToken;
///
/// let token: EventToken = "82657F00AA".parse()?;
/// assert_eq!(token.to_string(), "82657F00AA");
/// assert!("".parse::<EventToken>().is_err());
/// # Ok::<(), ventanilla_storage::InvalidEventToken>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventToken(Box<str>);

impl EventToken {
    /// The maximum number of bytes of a token.
    pub const MAX_BYTES: usize = 4_096;

    /// Checks the text of a token, of which only the store knows more.
    ///
    /// # Errors
    ///
    /// [`InvalidEventToken`] if it is empty or longer than [`MAX_BYTES`](Self::MAX_BYTES), or has a
    /// character other than printable ones of ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidEventToken> {
        let is_valid = (1..=Self::MAX_BYTES).contains(&text.len())
            && text.chars().all(|character| character.is_ascii_graphic());
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidEventToken { value: excerpt(text) }) }
    }

    /// Creates a token of a store's own text, which is of ASCII and short.
    pub(crate) fn from_ascii(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EventToken {
    type Err = InvalidEventToken;

    fn from_str(text: &str) -> Result<Self, InvalidEventToken> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EventToken {
    type Error = InvalidEventToken;

    fn try_from(text: String) -> Result<Self, InvalidEventToken> {
        Self::parse(&text)
    }
}

impl From<EventToken> for String {
    fn from(token: EventToken) -> Self {
        token.0.into()
    }
}

/// A text that is no [`EventToken`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a token of events: {value:?}")]
pub struct InvalidEventToken {
    value: Box<str>,
}

impl InvalidEventToken {
    /// Returns the start of the offending text: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidEventToken {
    fn code(&self) -> &'static str {
        "invalid_event_token"
    }

    fn explain(&self, locale: Locale) -> String {
        locale
            .pick("La posición en los eventos no es válida.", "The position in the events is not valid.")
            .into()
    }
}
