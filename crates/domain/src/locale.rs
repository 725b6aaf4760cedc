//! Languages of the texts for end users, and errors that have such texts.

use serde::{Deserialize, Serialize};

/// Language of a text for an end user: Spanish by default.
///
/// A third language needs one more variant here and one more column at every text; the compiler
/// lists the places.
///
/// Its words, in JSON too, are `es` and `en`.
///
/// ```
/// use ventanilla_domain::{Locale, Status};
///
/// assert_eq!(Status::InProgress.label(Locale::default()), "En progreso");
/// assert_eq!(Status::InProgress.label(Locale::En), "In progress");
/// assert_eq!(serde_json::to_string(&Locale::Es)?, r#""es""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[doc(alias = "language")]
pub enum Locale {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

impl Locale {
    /// Every language, Spanish first.
    pub const ALL: [Locale; 2] = [Locale::Es, Locale::En];

    /// Returns the text in this language.
    ///
    /// ```
    /// use ventanilla_domain::Locale;
    ///
    /// assert_eq!(Locale::Es.pick("Enviar", "Send"), "Enviar");
    /// ```
    #[must_use]
    pub const fn pick<T: Copy>(self, es: T, en: T) -> T {
        match self {
            Locale::Es => es,
            Locale::En => en,
        }
    }

    /// Returns the language that an `Accept-Language` header prefers: Spanish unless it is English.
    ///
    /// Regional variants count as their language, `*` as Spanish. Among equal quality values the
    /// first wins; unreadable parts and those of quality 0 are ignored.
    ///
    /// ```
    /// use ventanilla_domain::Locale;
    ///
    /// assert_eq!(Locale::from_accept_language("fr, en-GB;q=0.8, es;q=0.5"), Locale::En);
    /// assert_eq!(Locale::from_accept_language("fr"), Locale::Es);
    /// assert_eq!(Locale::from_accept_language(""), Locale::Es);
    /// ```
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0, Self::default());
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let language = tag.split('-').next().unwrap_or_default();
            let known = |locale: &Self| language.eq_ignore_ascii_case(locale.tag());
            let locale = match tag {
                "*" => Some(Self::default()),
                _ => Self::ALL.into_iter().find(known),
            };
            let quality = parts.next().map_or(Some(1_000), quality);
            if let (Some(locale), Some(quality)) = (locale, quality)
                && quality > best.0
            {
                best = (quality, locale);
            }
        }
        best.1
    }

    /// Returns the language tag for HTML's `lang` and HTTP's `Content-Language` (BCP 47).
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Locale::Es.tag(), "es");
    /// ```
    #[doc(alias = "as_str")]
    #[doc(alias = "code")]
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.pick("es", "en")
    }

    /// Writes a whole number with its thousands apart.
    ///
    /// ```
    /// use ventanilla_domain::Locale;
    ///
    /// assert_eq!(Locale::Es.number(137), "137");
    /// assert_eq!(Locale::Es.number(1_000), "1.000");
    /// assert_eq!(Locale::En.number(12_034_567), "12,034,567");
    /// ```
    #[must_use]
    pub fn number(self, number: u64) -> String {
        let (digits, separator) = (number.to_string(), self.pick('.', ','));
        let mut written = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                written.push(separator);
            }
            written.push(digit);
        }
        written
    }

    /// Writes a number of bytes as people read it, in units of 1,024.
    ///
    /// ```
    /// use ventanilla_domain::Locale;
    ///
    /// assert_eq!(Locale::Es.size(700), "700 bytes");
    /// assert_eq!(Locale::Es.size(48_213), "47 KB");
    /// assert_eq!(Locale::Es.size(1_600_000), "1,5 MB");
    /// assert_eq!(Locale::En.size(10 * 1024 * 1024), "10 MB");
    /// ```
    #[must_use]
    pub fn size(self, bytes: u64) -> String {
        const KB: u64 = 1024;
        const MB: u64 = KB * KB;
        match bytes {
            0..KB => format!("{bytes} bytes"),
            KB..MB => format!("{} KB", bytes / KB),
            _ => {
                // Rounded down, so that a limit isn't shown as more than it is.
                let (whole, tenth) = (bytes / MB, bytes % MB * 10 / MB);
                match (tenth, self.pick(',', '.')) {
                    (0, _) => format!("{whole} MB"),
                    (tenth, point) => format!("{whole}{point}{tenth} MB"),
                }
            }
        }
    }
}

fn quality(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (whole, format!("{fraction:0<3}").parse().ok()?) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// Error of a text that is no language tag of a [`Locale`]; its code is `unknown_locale`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct UnknownLocale {
    value: Box<str>,
}

impl UnknownLocale {
    /// Returns the start of the offending tag: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for UnknownLocale {
    fn code(&self) -> &'static str {
        "unknown_locale"
    }

    fn explain(&self, locale: Locale) -> String {
        format!("{}: {:?}.", locale.pick("No existe el idioma", "There is no language"), self.value)
    }
}

impl std::str::FromStr for Locale {
    type Err = UnknownLocale;

    /// Reads a language tag, `es` or `en`.
    fn from_str(value: &str) -> Result<Self, UnknownLocale> {
        let known = Self::ALL.into_iter().find(|locale| locale.tag() == value);
        known.ok_or_else(|| UnknownLocale { value: excerpt(value) })
    }
}

impl std::fmt::Display for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.tag())
    }
}

/// Returns the start of an offending value, short enough to log. For the errors of these crates.
#[doc(hidden)]
#[must_use]
pub fn excerpt(value: &str) -> Box<str> {
    const SHOWN: usize = 64;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]).into(),
        None => value.into(),
    }
}

/// An error that has a stable code for programs and a text for the end user in their language.
///
/// Every error of these crates implements it, so that a host translates all of them in one place.
///
/// ```
/// use ventanilla_domain::{ErrorKind, Explain, Locale, MessageText};
///
/// let error = MessageText::parse("   ").unwrap_err();
/// assert_eq!(error.code(), "text_blank");
/// assert_eq!(error.explain(Locale::Es), "Falta el texto: solo hay espacios.");
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert!(!error.is_retryable());
/// ```
pub trait Explain: std::error::Error {
    /// Returns the stable name of this kind of error, in `snake_case`, for APIs and metrics.
    #[doc(alias = "as_str")]
    fn code(&self) -> &'static str;

    /// Returns the text for the end user: a sentence or two, without technical detail.
    fn explain(&self, locale: Locale) -> String;

    /// Returns the category of the error: [`ErrorKind::Invalid`] unless it says otherwise.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    /// Returns whether the same call may be sent again unchanged: a transient fault that changed
    /// nothing.
    fn is_retryable(&self) -> bool {
        false
    }
}

/// Category of an error, from which a host chooses its answer.
///
/// It has no word of its own: a client gets the HTTP status of the kind, and the [code](Explain::code) of the
/// error.
///
/// | kind | HTTP status |
/// |---|---|
/// | `Invalid` | 422 |
/// | `NotPermitted` | 403 |
/// | `NotFound` | 404 |
/// | `Conflict` | 409 |
/// | `Unavailable` | 503 |
/// | `Unknown`, `Internal` | 500 |
///
/// ```
/// use ventanilla_domain::{Explain, MessageText};
///
/// let error = MessageText::parse("").unwrap_err();
/// assert_eq!(error.kind().http_status(), 422);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is not valid.
    Invalid,
    /// The actor may not do it.
    NotPermitted,
    /// There is no such ticket for this actor.
    NotFound,
    /// The ticket's state doesn't allow it.
    Conflict,
    /// A transient fault; nothing was changed.
    Unavailable,
    /// The change may have been made, or isn't durable yet.
    Unknown,
    /// A permanent fault on the host's side.
    Internal,
}

impl ErrorKind {
    /// Returns the HTTP status code of an answer to such an error.
    ///
    /// ```
    /// use ventanilla_domain::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::NotFound.http_status(), 404);
    /// ```
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            ErrorKind::Invalid => 422,
            ErrorKind::NotPermitted => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Conflict => 409,
            ErrorKind::Internal | ErrorKind::Unknown => 500,
            ErrorKind::Unavailable => 503,
        }
    }
}

/// A text with values in it, one argument for each language, like [`Locale::pick`] for fixed texts.
macro_rules! say {
    ($locale:expr, $es:literal, $en:literal) => {
        match $locale {
            $crate::Locale::Es => format!($es),
            $crate::Locale::En => format!($en),
        }
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_highest_quality_value_decides_and_then_the_order() {
        for (header, expected) in [
            ("en", Locale::En),
            ("EN-us", Locale::En),
            ("es-AR,es;q=0.9,en;q=0.8", Locale::Es),
            ("es;q=0.8, en;q=0.9", Locale::En),
            ("en;q=0.5, es;q=0.5", Locale::En),
            ("en ; q=0.123 , es;q=0.122", Locale::En),
            ("en;q=0", Locale::Es),
            ("*, en;q=0.9", Locale::Es),
            ("de, fr;q=0.9", Locale::Es),
            ("en;q=2, es;q=0.1", Locale::Es),
            ("en;q=, en;q=0.1234, en;q=1.5, en;level=1", Locale::Es),
            ("english, ens", Locale::Es),
            (",;,", Locale::Es),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header:?}");
        }
    }

    #[test]
    fn a_locale_is_read_from_its_tag() {
        for locale in Locale::ALL {
            assert_eq!(locale.to_string().parse(), Ok(locale));
        }
        let error = "fr".parse::<Locale>().unwrap_err();
        assert_eq!((error.code(), error.value()), ("unknown_locale", "fr"));
        assert_ne!(error.explain(Locale::Es), error.explain(Locale::En));
    }

    proptest! {
        #[test]
        fn no_header_panics(header in any::<String>(), close in "[enszq=;,.*01 -]{0,40}") {
            let _ = Locale::from_accept_language(&header);
            let _ = Locale::from_accept_language(&close);
        }
    }
}
