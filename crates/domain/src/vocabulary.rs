//! Closed vocabularies: one table each, with the stored words and their texts.

/// Defines the error of a text that is no word of a vocabulary. The storage crate uses it too.
#[doc(hidden)]
#[macro_export]
macro_rules! unknown_word {
    ($name:ident, $unknown:ident, $code:literal, $es:literal, $en:literal) => {
        #[doc = concat!("Word that is no [`", stringify!($name), "`]; its code is `", $code, "`.")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{}", $crate::Explain::explain(self, $crate::Locale::En))]
        pub struct $unknown {
            value: Box<str>,
        }

        impl $unknown {
            fn new(value: &str) -> Self {
                Self { value: $crate::excerpt(value) }
            }

            /// Returns the start of the offending word: 64 characters, and `…` if it is longer.
            #[must_use]
            pub fn value(&self) -> &str {
                &self.value
            }
        }

        impl $crate::Explain for $unknown {
            fn code(&self) -> &'static str {
                $code
            }

            fn explain(&self, locale: $crate::Locale) -> String {
                format!("{}: {:?}.", locale.pick($es, $en), self.value)
            }
        }
    };
}

/// Defines an enum, its stored words, its texts and the error for an unknown word.
///
/// Each row is `Variant = "WORD", "es", "en"`. The documentation of a variant gets its word.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident, $unknown:ident, $code:literal, $es:literal, $en:literal;
        $($(#[$doc:meta])* $variant:ident = $word:literal, $label_es:literal, $label_en:literal;)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "std::borrow::Cow<'_, str>", into = "&'static str")]
        pub enum $name {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nIts word is `", $word, "`.")]
                $variant,
            )+
        }

        impl $name {
            /// Every value, in ascending order.
            pub const ALL: [$name; [$($name::$variant),+].len()] = [$($name::$variant),+];

            /// Returns the word that is stored and used in JSON; [`str::parse`] reads it.
            #[doc(alias = "code")]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Returns the word for the end user.
            #[doc(alias = "text")]
            #[must_use]
            pub const fn label(self, locale: $crate::Locale) -> &'static str {
                match self { $($name::$variant => locale.pick($label_es, $label_en),)+ }
            }
        }

        impl $crate::EnumValue for $name {
            const VALUES: &'static [Self] = &Self::ALL;

            fn place(self) -> usize {
                self as usize
            }
        }

        impl<O: Into<$crate::EnumSet<$name>>> std::ops::BitOr<O> for $name {
            type Output = $crate::EnumSet<$name>;

            fn bitor(self, other: O) -> $crate::EnumSet<$name> {
                $crate::EnumSet::only(self) | other
            }
        }

        $crate::unknown_word!($name, $unknown, $code, $es, $en);

        impl std::str::FromStr for $name {
            type Err = $unknown;

            fn from_str(value: &str) -> Result<Self, $unknown> {
                match value {
                    $($word => Ok($name::$variant),)+
                    _ => Err($unknown::new(value)),
                }
            }
        }

        impl TryFrom<std::borrow::Cow<'_, str>> for $name {
            type Error = $unknown;

            fn try_from(value: std::borrow::Cow<'_, str>) -> Result<Self, $unknown> {
                value.parse()
            }
        }

        impl From<$name> for &'static str {
            fn from(value: $name) -> &'static str {
                value.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// Status of a ticket.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, Status};
    ///
    /// let status: Status = "IN_PROGRESS".parse()?;
    /// assert_eq!(status.label(Locale::Es), "En progreso");
    /// assert_eq!("ABIERTO".parse::<Status>().unwrap_err().value(), "ABIERTO");
    /// # Ok::<(), ventanilla_domain::UnknownStatus>(())
    /// ```
    Status, UnknownStatus, "unknown_status", "No existe el estado", "There is no status";
    /// Waiting for an administrator.
    Open = "OPEN", "Abierto", "Open";
    /// An administrator works on it.
    InProgress = "IN_PROGRESS", "En progreso", "In progress";
    /// Solved; the requester can still reopen it.
    Resolved = "RESOLVED", "Resuelto", "Resolved";
    /// Final; only notes are accepted.
    Closed = "CLOSED", "Cerrado", "Closed";
}

impl Status {
    /// Returns whether work is still to be done: open or in progress.
    ///
    /// ```
    /// use ventanilla_domain::Status;
    ///
    /// assert!(Status::Open.is_live());
    /// assert!(!Status::Resolved.is_live());
    /// ```
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Status::Open | Status::InProgress)
    }
}

impl Default for Status {
    /// A ticket begins open.
    fn default() -> Self {
        Status::Open
    }
}

vocabulary! {
    /// Priority of a ticket, ordered from low to urgent.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, Priority};
    ///
    /// assert!(Priority::Urgent > Priority::High);
    /// assert_eq!(Priority::default().label(Locale::Es), "Media");
    /// ```
    Priority, UnknownPriority, "unknown_priority", "No existe la prioridad", "There is no priority";
    /// Less than usual.
    Low = "LOW", "Baja", "Low";
    /// The usual.
    Medium = "MEDIUM", "Media", "Medium";
    /// More than usual.
    High = "HIGH", "Alta", "High";
    /// Before everything else.
    Urgent = "URGENT", "Urgente", "Urgent";
}

impl Default for Priority {
    /// A ticket begins at medium priority.
    fn default() -> Self {
        Priority::Medium
    }
}

vocabulary! {
    /// Role in which a message's author writes.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, Role};
    ///
    /// assert_eq!(Role::SupportBot.label(Locale::Es), "Asistente virtual");
    /// ```
    Role, UnknownRole, "unknown_role", "No existe el rol", "There is no role";
    /// The ticket's requester.
    User = "USER", "Usuario", "User";
    /// An administrator.
    Admin = "ADMIN", "Soporte", "Support";
    /// The host's bot.
    SupportBot = "SUPPORT_BOT", "Asistente virtual", "Virtual assistant";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Explain, Locale};

    #[test]
    fn every_word_is_read_back_and_has_texts() {
        fn check<T>(all: &[T], label: fn(T, Locale) -> &'static str)
        where
            T: Copy + PartialEq + std::fmt::Debug + ToString + serde::Serialize,
            T: std::str::FromStr<Err: std::fmt::Debug> + serde::de::DeserializeOwned,
        {
            for word in all {
                assert_eq!(word.to_string().parse::<T>().unwrap(), *word);
                let json = serde_json::to_string(word).unwrap();
                assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *word);
                assert!(Locale::ALL.iter().all(|locale| !label(*word, *locale).is_empty()));
            }
        }
        check(&Status::ALL, Status::label);
        check(&Priority::ALL, Priority::label);
        check(&Role::ALL, Role::label);
    }

    #[test]
    fn unknown_words_are_named() {
        let error = "open".parse::<Status>().unwrap_err();
        assert_eq!((error.code(), error.value()), ("unknown_status", "open"));
        assert_eq!(error.explain(Locale::Es), r#"No existe el estado: "open"."#);
        assert!(serde_json::from_str::<Priority>(r#""ALTA""#).is_err());
    }
}
