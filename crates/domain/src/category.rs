//! Categories of tickets: an open set.

use compact_str::CompactString;

use crate::{
    Locale,
    parse::{TextProblem, TextRules, parsed_text},
};

/// Category of a ticket: one of the four known here, or one of the host's own.
///
/// - 1 to 64 characters without control characters, no white space at the ends;
/// - compared as it is, case included.
///
/// ```
/// use ventanilla_domain::{Category, Locale};
///
/// assert_eq!(Category::PAGOS.label(Locale::Es), "Pagos");
/// let own = Category::parse("ENVÍOS")?;
/// assert_eq!(own.label(Locale::Es), "ENVÍOS");
/// # Ok::<(), ventanilla_domain::InvalidCategory>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(CompactString);

parsed_text!(Category, InvalidCategory, "category", "la categoría", "the category", public);

impl Category {
    /// Something does not work.
    pub const BUG: Category = Category(CompactString::const_new("BUG"));
    /// Payments and invoices.
    pub const PAGOS: Category = Category(CompactString::const_new("PAGOS"));
    /// The account and access to it.
    pub const CUENTA: Category = Category(CompactString::const_new("CUENTA"));
    /// Anything else.
    pub const GENERAL: Category = Category(CompactString::const_new("GENERAL"));

    /// The categories that are known here and have texts.
    pub const KNOWN: [Category; 4] = [Self::BUG, Self::PAGOS, Self::CUENTA, Self::GENERAL];

    /// Checks a category.
    ///
    /// # Errors
    ///
    /// [`InvalidCategory`] if it is empty, blank, too long, holds control characters or has white
    /// space at an end.
    ///
    /// ```
    /// assert!(ventanilla_domain::Category::parse(" BUG").is_err());
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidCategory> {
        const RULES: TextRules =
            TextRules { max_chars: 64, max_bytes: 256, allows: |c| !c.is_control() };
        RULES
            .check(value)
            .and(no_space_at_the_ends(value))
            .map_err(|problem| InvalidCategory::new(value, problem))?;
        Ok(Self(value.into()))
    }

    /// Returns the category as it is stored.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Category::BUG.as_str(), "BUG");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name for the end user; a category that is not known here is shown as it is.
    ///
    /// ```
    /// use ventanilla_domain::{Category, Locale};
    ///
    /// assert_eq!(Category::BUG.label(Locale::Es), "Error técnico");
    /// ```
    #[must_use]
    pub fn label(&self, locale: Locale) -> &str {
        match self.as_str() {
            "BUG" => locale.pick("Error técnico", "Technical problem"),
            "PAGOS" => locale.pick("Pagos", "Payments"),
            "CUENTA" => locale.pick("Cuenta", "Account"),
            "GENERAL" => locale.pick("Consulta general", "General question"),
            other => other,
        }
    }
}

fn no_space_at_the_ends(value: &str) -> Result<(), TextProblem> {
    let first = value.char_indices().next();
    let last = value.char_indices().next_back();
    match [first, last].into_iter().flatten().find(|(_, character)| character.is_whitespace()) {
        Some((at, character)) => Err(TextProblem::Forbidden { character, at }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Explain;

    #[test]
    fn the_known_ones_parse_and_have_texts() {
        for known in Category::KNOWN {
            assert_eq!(Category::parse(known.as_str()).unwrap(), known);
            for locale in Locale::ALL {
                assert_ne!(known.label(locale), known.as_str());
            }
        }
    }

    #[test]
    fn bad_ones_are_named() {
        for (value, code) in [
            ("", "category_empty"),
            ("\t", "category_blank"),
            ("BUG ", "category_forbidden_character"),
            ("B\u{7f}", "category_forbidden_character"),
            (&"ñ".repeat(65), "category_too_long"),
        ] {
            assert_eq!(Category::parse(value).unwrap_err().code(), code, "{value:?}");
        }
        assert!(Category::parse(&"ñ".repeat(64)).is_ok());
    }
}
