//! Texts that people write: descriptions, messages and notes.

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Deserializer};

use crate::parse::{TextProblem, TextRules, parsed_text};

/// A text that a person wrote: a description, a message or a note.
///
/// - 1 to [`MessageText::MAX_BYTES`] bytes of UTF-8, counted after cleaning;
/// - cleaned: `CRLF` becomes `LF`, white space at both ends is removed;
/// - visible: not only white space and invisible characters;
/// - no control characters but line feed and tab (a lone `CR` is refused);
/// - everything else is kept: emoji, marks of writing direction, `<script>`. Pages must escape it;
/// - texts that another application stored are read by [`MessageText::from_stored`] without checks.
///
/// Cloning is cheap: the text is shared. As JSON it is a string, read back through [`parse`];
/// within a stored ticket, message or note through [`from_stored`](MessageText::from_stored).
///
/// [`parse`]: MessageText::parse
///
/// ```
/// use ventanilla_domain::MessageText;
///
/// let text = MessageText::parse("  Me cobraron dos veces.\r\n¿Qué hago?\n")?;
/// assert_eq!(text.as_str(), "Me cobraron dos veces.\n¿Qué hago?");
/// # Ok::<(), ventanilla_domain::InvalidText>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageText(Arc<str>);

parsed_text!(MessageText, InvalidText, "text", "el texto", "the text", private);

impl MessageText {
    /// The maximum bytes of a text: 16 KiB.
    pub const MAX_BYTES: usize = 16 * 1024;

    const RULES: TextRules = TextRules {
        max_chars: Self::MAX_BYTES,
        max_bytes: Self::MAX_BYTES,
        allows: |character| !character.is_control() || matches!(character, '\n' | '\t'),
    };

    /// Cleans and checks a text.
    ///
    /// # Errors
    ///
    /// [`InvalidText`] if it is empty, blank, too long or holds a forbidden control character.
    ///
    /// ```
    /// use ventanilla_domain::{Explain, MessageText};
    ///
    /// let error = MessageText::parse("campana: \u{7}").unwrap_err();
    /// assert_eq!(error.code(), "text_forbidden_character");
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidText> {
        let unified;
        let cleaned = if value.contains("\r\n") {
            unified = value.replace("\r\n", "\n");
            unified.trim()
        } else {
            value.trim()
        };
        if cleaned.chars().all(is_invisible) && !value.is_empty() {
            return Err(InvalidText::new(value, TextProblem::Blank));
        }
        match Self::RULES.check(cleaned) {
            Ok(()) => Ok(Self(cleaned.into())),
            Err(problem) => Err(InvalidText::new(value, problem)),
        }
    }

    /// Creates a text that is already stored, by whatever application, without checks.
    ///
    /// ```
    /// use ventanilla_domain::MessageText;
    ///
    /// assert_eq!(MessageText::from_stored("a\r\n").as_str(), "a\r\n");
    /// ```
    #[must_use]
    pub fn from_stored(stored: &str) -> Self {
        Self(stored.into())
    }

    /// Returns the text.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::MessageText::parse(" Hola ")?.as_str(), "Hola");
    /// # Ok::<(), ventanilla_domain::InvalidText>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the length in bytes of UTF-8, which limits count.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::MessageText::parse("año")?.bytes(), 4);
    /// # Ok::<(), ventanilla_domain::InvalidText>(())
    /// ```
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Returns the first `chars` characters on one line, with `…` if something was left out.
    ///
    /// ```
    /// use ventanilla_domain::MessageText;
    ///
    /// let text = MessageText::parse("No puedo entrar\na mi cuenta")?;
    /// assert_eq!(text.excerpt(20), "No puedo entrar a mi…");
    /// assert_eq!(text.excerpt(80), "No puedo entrar a mi cuenta");
    /// # Ok::<(), ventanilla_domain::InvalidText>(())
    /// ```
    #[must_use]
    pub fn excerpt(&self, chars: usize) -> String {
        let mut line: String = self.0.chars().take(chars).map(on_one_line).collect();
        if self.0.chars().nth(chars).is_some() {
            line.truncate(line.trim_end().len());
            line.push('…');
        }
        line
    }
}

/// Reads a stored text, for `deserialize_with`.
pub(crate) fn from_stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MessageText, D::Error> {
    Ok(MessageText::from_stored(&Cow::<'de, str>::deserialize(deserializer)?))
}

/// Returns whether a character is invisible: white space, and the code points that Unicode lists as
/// [`Default_Ignorable_Code_Point`](https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point).
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

fn on_one_line(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Explain, Locale};

    #[test]
    fn each_bad_text_has_its_own_code() {
        let too_long = "ñ".repeat(MessageText::MAX_BYTES / 2 + 1);
        for (value, code) in [
            ("", "text_empty"),
            (" \r\n\t ", "text_blank"),
            ("\u{200b}\u{200d}", "text_blank"),
            ("\u{200b}\u{200d} \u{feff}", "text_blank"),
            ("\n\u{fe0f}\t\u{ad}\r\n", "text_blank"),
            ("\u{e0020}\u{3164}\u{2800}\u{0}", "text_forbidden_character"),
            ("\u{0}", "text_forbidden_character"),
            ("solo un retorno\rde carro", "text_forbidden_character"),
            (too_long.as_str(), "text_too_long"),
        ] {
            let error = MessageText::parse(value).unwrap_err();
            assert_eq!(error.code(), code);
            assert!(error.explain(Locale::Es).contains(" texto"));
        }
        let bytes: &[u8] = b"ma\xf1ana";
        let error = MessageText::try_from(bytes).unwrap_err();
        assert_eq!(error.code(), "text_not_utf8");
        assert_eq!(error.value(), "ma\u{fffd}ana");
    }

    #[test]
    fn invisible_characters_stay_in_a_text_that_shows_something() {
        for text in [
            "👩\u{200d}💻",
            "\u{200b}Hola\u{200b}",
            "co\u{ad}operar",
            "\u{2067}שלום\u{2069}",
            "❤\u{fe0f}",
        ] {
            assert_eq!(MessageText::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn json_is_read_through_the_parser() {
        assert_eq!(serde_json::from_str::<MessageText>(r#"" hola ""#).unwrap().as_str(), "hola");
        assert!(serde_json::from_str::<MessageText>(r#""\u0000""#).is_err());
    }

    proptest! {
        #[test]
        fn the_limit_counts_bytes_not_characters(unit in "[añ€😀]", room in 0_usize..4) {
            let fitting = MessageText::MAX_BYTES / unit.len();
            let text = unit.repeat(fitting + 1 - room.min(fitting));
            let fits = text.len() <= MessageText::MAX_BYTES;
            prop_assert_eq!(MessageText::parse(&text).is_ok(), fits);
        }

        #[test]
        fn parsing_is_idempotent(value in any::<String>()) {
            if let Ok(text) = MessageText::parse(&value) {
                prop_assert_eq!(MessageText::parse(text.as_str()).unwrap(), text);
            }
        }

        #[test]
        fn a_parsed_text_is_restored_as_it_was(value in any::<String>()) {
            if let Ok(text) = MessageText::parse(&value) {
                prop_assert_eq!(MessageText::from_stored(text.as_str()), text);
            }
        }

        #[test]
        fn nothing_inside_is_lost(value in "[^\\p{Cc}]{1,200}") {
            match MessageText::parse(&value) {
                Ok(text) => prop_assert_eq!(text.as_str(), value.trim()),
                Err(error) => {
                    prop_assert_eq!(error.code(), "text_blank");
                    prop_assert!(value.chars().all(is_invisible));
                }
            }
        }

        // The regular expressions bring Unicode's own list of the invisible code points.
        #[test]
        fn a_text_that_shows_nothing_is_blank(value in "[\\p{DI}\\s]{1,20}") {
            prop_assert_eq!(MessageText::parse(&value).unwrap_err().code(), "text_blank");
        }

        #[test]
        fn one_visible_character_is_a_text(
            before in "[\\p{DI}]{0,3}", visible in "[^\\p{DI}\\s\\p{Cc}]", after in "[\\p{DI}]{0,3}",
        ) {
            let value = [before, visible, after].concat();
            let text = MessageText::parse(&value).unwrap();
            prop_assert_eq!(text.as_str(), value);
        }
    }
}
