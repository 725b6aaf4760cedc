//! Words of small vocabularies.

/// Implements parsing and display of an enum by its words, and the error for an unknown word.
///
/// The enum has a constant `ALL` and a method `as_str`.
macro_rules! words {
    ($name:ident, $unknown:ident, $code:literal, $es:literal, $en:literal) => {
        ventanilla_domain::unknown_word!($name, $unknown, $code, $es, $en);

        impl std::str::FromStr for $name {
            type Err = $unknown;

            fn from_str(value: &str) -> Result<Self, $unknown> {
                let found = $name::ALL.iter().find(|known| known.as_str() == value);
                found.copied().ok_or_else(|| $unknown::new(value))
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
