//! Words of small vocabularies.

/// Implements parsing and display of an enum by its words, and the error for an unknown word.
///
/// The enum has a constant `ALL` and a method `as_str`.
macro_rules! words {
    ($name:ident, $unknown:ident, $code:literal, $es:literal, $en:literal) => {
        #[doc = concat!("Word that is no [`", stringify!($name), "`]; its code is `", $code, "`.")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{}", ventanilla_domain::Explain::explain(self, ventanilla_domain::Locale::En))]
        pub struct $unknown {
            value: Box<str>,
        }

        impl $unknown {
            /// Returns the start of the offending word, at most 64 characters.
            #[must_use]
            pub fn value(&self) -> &str {
                &self.value
            }
        }

        impl ventanilla_domain::Explain for $unknown {
            fn code(&self) -> &'static str {
                $code
            }

            fn explain(&self, locale: ventanilla_domain::Locale) -> String {
                format!("{}: {:?}.", locale.pick($es, $en), self.value)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $unknown;

            fn from_str(value: &str) -> Result<Self, $unknown> {
                let found = $name::ALL.iter().find(|known| known.as_str() == value);
                found.copied().ok_or_else(|| $unknown { value: value.chars().take(64).collect() })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;
