//! Tags of tickets.

use compact_str::CompactString;

use crate::parse::{TextProblem, TextRules, parsed_text};

/// Word by which administrators group tickets, such as `vip` or `cliente nuevo`. Requesters don't see it.
///
/// - 1 to 32 characters without commas, control characters and white space other than single spaces;
/// - in lower case: `VIP` and `vip` are the same tag.
///
/// ```
/// use ventanilla_domain::Tag;
///
/// assert_eq!(Tag::parse(" Cliente nuevo ")?.as_str(), "cliente nuevo");
/// assert!(Tag::parse("vip, urgente").is_err());
/// # Ok::<(), ventanilla_domain::InvalidTag>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(CompactString);

parsed_text!(Tag, InvalidTag, "tag", "la etiqueta", "the tag", public);

impl Tag {
    /// Trims a tag, puts it in lower case and checks it.
    ///
    /// # Errors
    ///
    /// [`InvalidTag`] if it is empty, blank or too long, or holds a comma, a control character or white
    /// space other than single spaces.
    ///
    /// ```
    /// assert!(ventanilla_domain::Tag::parse("dos  espacios").is_err());
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidTag> {
        const RULES: TextRules = TextRules {
            max_chars: 32,
            max_bytes: 128,
            allows: |c| c == ' ' || !(c == ',' || c.is_control() || c.is_whitespace()),
        };
        let tag = value.trim().to_lowercase();
        RULES
            .check(if tag.is_empty() { value } else { &tag })
            .and(single_spaces(&tag))
            .map_err(|problem| InvalidTag::new(value, problem))?;
        Ok(Self(tag.into()))
    }

    /// Returns the tag in lower case.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Tag::parse("VIP")?.as_str(), "vip");
    /// # Ok::<(), ventanilla_domain::InvalidTag>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn single_spaces(tag: &str) -> Result<(), TextProblem> {
    match tag.find("  ") {
        Some(at) => Err(TextProblem::Forbidden { character: ' ', at: at + 1 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Explain;

    #[test]
    fn bad_ones_are_named() {
        for (value, code) in [
            ("", "tag_empty"),
            (" \t", "tag_blank"),
            ("a,b", "tag_forbidden_character"),
            ("a\nb", "tag_forbidden_character"),
            ("a  b", "tag_forbidden_character"),
            ("a\u{a0}b", "tag_forbidden_character"),
            (&"ñ".repeat(33), "tag_too_long"),
        ] {
            assert_eq!(Tag::parse(value).unwrap_err().code(), code, "{value:?}");
        }
        assert!(Tag::parse(&"ñ".repeat(32)).is_ok());
    }

    proptest! {
        #[test]
        fn a_parsed_tag_parses_to_itself(value in "\\PC{0,40}|[A-Zİß ,]{1,34}") {
            if let Ok(tag) = Tag::parse(&value) {
                prop_assert_eq!(Tag::parse(tag.as_str()), Ok(tag));
            }
        }
    }
}
