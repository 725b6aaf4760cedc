//! The reader's language, and errors that speak it.

use serde::{Deserialize, Serialize};

/// The language of a text for an end user: Spanish unless asked otherwise.
///
/// A third language is one more variant here and one more column at every text; the compiler
/// lists the places.
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

    /// Picks the text in this language.
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

    /// The language tag for HTML's `lang` and HTTP's `Content-Language` (BCP 47).
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Locale::Es.tag(), "es");
    /// ```
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.pick("es", "en")
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
/// assert_eq!(error.explain(Locale::Es), "Falta el mensaje: solo hay espacios.");
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert!(!error.is_retryable());
/// ```
pub trait Explain: std::error::Error {
    /// The stable name of this kind of error, in `snake_case`, for APIs and metrics.
    fn code(&self) -> &'static str;

    /// What to tell the end user: a sentence or two, without technical detail.
    fn explain(&self, locale: Locale) -> String;

    /// What kind of thing went wrong; unless it says otherwise, something invalid was given.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    /// Whether the same call may be sent again as it is: a passing fault that changed nothing.
    fn is_retryable(&self) -> bool {
        false
    }
}

/// What kind of thing went wrong: all that a host needs to choose its answer.
///
/// ```
/// use ventanilla_domain::{ErrorKind, Explain, MessageText};
///
/// fn http_status(error: &dyn Explain) -> u16 {
///     match error.kind() {
///         ErrorKind::Invalid => 422,
///         ErrorKind::NotPermitted => 403,
///         ErrorKind::NotFound => 404,
///         ErrorKind::Conflict => 409,
///         ErrorKind::Internal | ErrorKind::Unknown => 500,
///         ErrorKind::Unavailable => 503,
///     }
/// }
///
/// assert_eq!(http_status(&MessageText::parse("").unwrap_err()), 422);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// What was given can't be right.
    Invalid,
    /// This actor may not do it.
    NotPermitted,
    /// There is no such ticket for this actor.
    NotFound,
    /// The ticket is not in a state for it.
    Conflict,
    /// A passing fault; nothing was changed.
    Unavailable,
    /// It may have been done, or done without being safe yet.
    Unknown,
    /// A fault on the host's side that won't pass by itself.
    Internal,
}

/// A text with values in it, one column a language, like [`Locale::pick`] for fixed texts.
macro_rules! say {
    ($locale:expr, $es:literal, $en:literal) => {
        match $locale {
            $crate::Locale::Es => format!($es),
            $crate::Locale::En => format!($en),
        }
    };
}
pub(crate) use say;
