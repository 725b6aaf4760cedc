//! Ticket numbers, as they are stored and as people enter them.

use arrayvec::ArrayVec;
use compact_str::CompactString;

use crate::parse::{TextRules, parsed_text};

/// Public identifier of a ticket.
///
/// - 1 to 64 printable characters, not only spaces: numbers of another application are accepted;
/// - new ones are `TKT-` and six or more characters of Crockford's base 32 (digits and capital
///   letters without `I`, `L`, `O` and `U`), made by [`TicketNumber::from_entropy`];
/// - compared exactly. For numbers that people enter see [`TicketLookup::parse`].
///
/// ```
/// use ventanilla_domain::TicketNumber;
///
/// let ours = TicketNumber::parse("TKT-ABC123")?;
/// let legacy = TicketNumber::parse("1733333333333042")?;
/// assert_ne!(ours, legacy);
/// assert!(TicketNumber::parse("").is_err());
/// # Ok::<(), ventanilla_domain::InvalidNumber>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNumber(CompactString);

parsed_text!(TicketNumber, InvalidNumber, "number", "el número de ticket", "the ticket number", public);

/// Crockford's alphabet: <https://www.crockford.com/base32.html>.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl TicketNumber {
    /// Prefix of the numbers that [`from_entropy`](Self::from_entropy) makes.
    pub const PREFIX: &'static str = "TKT-";
    /// Number of characters after the prefix at first: 32⁶, about a thousand million numbers.
    pub const FIRST_LENGTH: usize = 6;
    /// Maximum number of characters after the prefix.
    pub const MAX_LENGTH: usize = 64 - Self::PREFIX.len();

    /// Checks a stored number.
    ///
    /// # Errors
    ///
    /// [`InvalidNumber`] if it is empty, blank, over 64 characters or holds control characters.
    ///
    /// ```
    /// assert!(ventanilla_domain::TicketNumber::parse("TKT-\n").is_err());
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidNumber> {
        const RULES: TextRules = TextRules {
            max_chars: 64,
            max_bytes: 256,
            allows: |c| !c.is_control() && (c == ' ' || !c.is_whitespace()),
        };
        RULES.check(value).map_err(|problem| InvalidNumber::new(value, problem))?;
        Ok(Self(value.into()))
    }

    /// Makes a number with the prefix, one character for each byte from its low five bits.
    ///
    /// Fewer than [`FIRST_LENGTH`](Self::FIRST_LENGTH) bytes are padded with zeros; bytes after the
    /// first [`MAX_LENGTH`](Self::MAX_LENGTH) are ignored.
    ///
    /// ```
    /// use ventanilla_domain::TicketNumber;
    ///
    /// let number = TicketNumber::from_entropy(&[10, 11, 12, 1, 2, 3]);
    /// assert_eq!(number.as_str(), "TKT-ABC123");
    /// ```
    #[must_use]
    pub fn from_entropy(bytes: &[u8]) -> Self {
        let mut number = CompactString::const_new(Self::PREFIX);
        let padded = bytes.iter().copied().chain(std::iter::repeat(0));
        let length = bytes.len().clamp(Self::FIRST_LENGTH, Self::MAX_LENGTH);
        number.extend(padded.take(length).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])));
        Self(number)
    }

    /// Returns the number as it is stored and shown.
    ///
    /// ```
    /// let number = ventanilla_domain::TicketNumber::parse("TKT-ABC123")?;
    /// assert_eq!(number.as_str(), "TKT-ABC123");
    /// # Ok::<(), ventanilla_domain::InvalidNumber>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Numbers that a text entered by a person may mean, the likeliest first.
///
/// A store looks all of them up at once, among the tickets that the audience may see, and the first
/// that exists wins: the literal text before its normalised forms.
///
/// ```
/// use ventanilla_domain::{TicketLookup, TicketNumber};
///
/// let typed = TicketLookup::parse(" #tkt-abc l2o")?;
/// assert!(typed.candidates().contains(&TicketNumber::parse("TKT-ABC120")?));
/// assert_eq!(" #tkt-abc l2o".parse(), Ok(typed));
///
/// let exact = TicketLookup::from(TicketNumber::parse("TKT-ABC123")?);
/// assert_eq!(exact.candidates().len(), 1);
/// # Ok::<(), ventanilla_domain::InvalidNumber>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketLookup {
    candidates: ArrayVec<TicketNumber, 5>,
    entered: TicketNumber,
}

impl TicketLookup {
    /// Parses a text that a person entered. The candidates are, from the nearest to the farthest:
    ///
    /// 1. the text as it is;
    /// 2. without `#` and white space around;
    /// 3. that in upper case;
    /// 4. with the prefix `TKT-` and without the dashes and spaces entered;
    /// 5. the same with `O` read as `0`, and `I` and `L` as `1`.
    ///
    /// # Errors
    ///
    /// [`InvalidNumber`] if it cannot be a number.
    ///
    /// ```
    /// use ventanilla_domain::TicketLookup;
    ///
    /// let legacy = TicketLookup::parse("# 1733333333333042\n")?;
    /// assert_eq!(legacy.entered().as_str(), "1733333333333042");
    /// assert!(TicketLookup::parse("   ").is_err());
    /// # Ok::<(), ventanilla_domain::InvalidNumber>(())
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidNumber> {
        let bare = value.trim_matches(|c: char| c == '#' || c.is_whitespace());
        let entered = match TicketNumber::parse(bare) {
            Ok(number) => number,
            // A stored number may begin or end with the characters that were trimmed.
            Err(_) => TicketNumber::parse(value)?,
        };
        let mut candidates = ArrayVec::new();
        let upper = TicketNumber::parse(&bare.to_uppercase()).ok();
        let body = body_of(bare);
        let prefixed = body.as_deref().and_then(|body| TicketNumber::parse(&prefixed(body)).ok());
        let ours = body.as_deref().and_then(fold);
        let all = [TicketNumber::parse(value).ok(), Some(entered.clone()), upper, prefixed, ours];
        for candidate in all.into_iter().flatten() {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        Ok(Self { candidates, entered })
    }

    /// Returns the number as it was entered, to be named if there is no such ticket.
    #[must_use]
    pub const fn entered(&self) -> &TicketNumber {
        &self.entered
    }

    /// Returns the one to five numbers to look up, the one that wins first.
    ///
    /// ```
    /// use ventanilla_domain::TicketLookup;
    ///
    /// assert_eq!(TicketLookup::parse("TKT-ABC123")?.candidates().len(), 1);
    /// # Ok::<(), ventanilla_domain::InvalidNumber>(())
    /// ```
    #[must_use]
    pub fn candidates(&self) -> &[TicketNumber] {
        &self.candidates
    }
}

impl std::str::FromStr for TicketLookup {
    type Err = InvalidNumber;

    /// Parses a text that a person entered.
    fn from_str(value: &str) -> Result<Self, InvalidNumber> {
        Self::parse(value)
    }
}

impl TryFrom<&str> for TicketLookup {
    type Error = InvalidNumber;

    /// Parses a text that a person entered.
    fn try_from(value: &str) -> Result<Self, InvalidNumber> {
        Self::parse(value)
    }
}

impl TryFrom<&String> for TicketLookup {
    type Error = InvalidNumber;

    /// Parses a text that a person entered.
    fn try_from(value: &String) -> Result<Self, InvalidNumber> {
        Self::parse(value)
    }
}

impl From<TicketNumber> for TicketLookup {
    /// Looks up exactly this number.
    fn from(number: TicketNumber) -> Self {
        Self { candidates: ArrayVec::from_iter([number.clone()]), entered: number }
    }
}

impl From<&TicketNumber> for TicketLookup {
    /// Looks up exactly this number.
    fn from(number: &TicketNumber) -> Self {
        number.clone().into()
    }
}

/// Returns the part after the prefix of a number that was entered, in upper case and without
/// dashes, if it has the length of a number with the prefix.
fn body_of(typed: &str) -> Option<CompactString> {
    let joined: CompactString = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !is_dash(*c) && *c != '#')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let body = match joined.strip_prefix("TKT") {
        Some(rest) if rest.len() >= TicketNumber::FIRST_LENGTH => rest.into(),
        _ => joined,
    };
    (TicketNumber::FIRST_LENGTH..=TicketNumber::MAX_LENGTH).contains(&body.len()).then_some(body)
}

/// Returns the number with the prefix that a body stands for, if it can be one.
fn fold(body: &str) -> Option<TicketNumber> {
    let entropy: Option<ArrayVec<u8, { TicketNumber::MAX_LENGTH }>> = body.chars().map(digit).collect();
    Some(TicketNumber::from_entropy(&entropy?))
}

fn prefixed(body: &str) -> CompactString {
    compact_str::format_compact!("TKT-{body}")
}

/// Returns whether it is a hyphen, or a character that word processors put for one.
fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Returns the value of a character, confusable letters included.
fn digit(character: char) -> Option<u8> {
    let meant = match character {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|symbol| char::from(*symbol) == meant)?;
    u8::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Explain;

    #[test]
    fn bad_numbers_are_named() {
        for (value, code) in [
            ("", "number_empty"),
            ("  ", "number_blank"),
            ("TKT\t1", "number_forbidden_character"),
            (&"9".repeat(65), "number_too_long"),
        ] {
            assert_eq!(TicketNumber::parse(value).unwrap_err().code(), code);
        }
    }

    #[test]
    fn the_literal_text_is_the_first_candidate() {
        let lookup = TicketLookup::parse("tkt-abc123").unwrap();
        let read: Vec<_> = lookup.candidates().iter().map(TicketNumber::as_str).collect();
        assert_eq!(read, ["tkt-abc123", "TKT-ABC123"]);
    }

    #[test]
    fn another_writers_number_is_found_before_the_one_that_it_folds_to() {
        for typed in ["tkt-oil123", "OIL123", "TKT OIL123", "#tkt\u{2013}oil123"] {
            let lookup = TicketLookup::parse(typed).unwrap();
            let read: Vec<_> = lookup.candidates().iter().map(TicketNumber::as_str).collect();
            assert_eq!(read[read.len() - 2..], ["TKT-OIL123", "TKT-011123"], "{typed}");
        }
    }

    #[test]
    fn a_pasted_number_is_found_and_named_as_it_was_asked_for() {
        for typed in ["TKT-65Y5VF\n", "\tTKT-65Y5VF", "\u{a0}tkt\u{2013}65y5vf", "#65Y5VF "] {
            let lookup = TicketLookup::parse(typed).unwrap();
            assert!(
                lookup.candidates().iter().any(|number| number.as_str() == "TKT-65Y5VF"),
                "{typed:?}"
            );
        }
        assert_eq!(TicketLookup::parse(" #mi gato ").unwrap().entered().as_str(), "mi gato");
    }

    proptest! {
        #[test]
        fn ours_have_the_format_and_parse_after_print(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let number = TicketNumber::from_entropy(&bytes);
            let body = number.as_str().strip_prefix("TKT-").unwrap();
            prop_assert_eq!(body.len(), bytes.len().clamp(6, 60));
            prop_assert!(body.chars().all(|c| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c))));
            prop_assert_eq!(&TicketNumber::parse(number.as_str()).unwrap(), &number);
        }

        #[test]
        fn what_a_person_types_finds_it(
            bytes in prop::collection::vec(any::<u8>(), 6..20),
            lower in any::<bool>(),
            letters in any::<bool>(),
            prefix in prop::sample::select(vec!["", "#", " # ", "TKT", "tkt ", "#tkt-", "TKT-"]),
            gap in 0..6_usize,
        ) {
            let number = TicketNumber::from_entropy(&bytes);
            let mut body = number.as_str()[4..].to_owned();
            // Without a prefix, "TKT..." would be read as one.
            prop_assume!(!prefix.trim_matches(['#', ' ']).is_empty() || !body.starts_with("TKT"));
            if letters {
                body = body.replace('0', "O").replace('1', "l");
            }
            if lower {
                body = body.to_lowercase();
            }
            body.insert(gap, ' ');
            let lookup = TicketLookup::parse(&format!("{prefix}{body} ")).unwrap();
            prop_assert!(lookup.candidates().contains(&number), "{:?}", lookup);
        }

        #[test]
        fn no_typed_text_panics(value in any::<String>()) {
            if let Ok(lookup) = TicketLookup::parse(&value) {
                let literal = TicketNumber::parse(&value).is_ok();
                prop_assert!(!literal || lookup.candidates()[0].as_str() == value);
            }
        }
    }
}
