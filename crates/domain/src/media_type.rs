//! Media types of files: an open set.

use compact_str::CompactString;

use crate::{
    Locale,
    parse::{TextProblem, TextRules, parsed_text},
};

/// Media type of a file, such as `image/png`: one that is known here, or one of the host's own.
///
/// - a type and a subtype of 1 to 100 bytes of ASCII together, without parameters (RFC 6838, 4.2);
/// - in lower case.
///
/// ```
/// use ventanilla_domain::{Locale, MediaType};
///
/// assert_eq!(MediaType::parse("IMAGE/PNG")?, MediaType::PNG);
/// assert_eq!(MediaType::TEXT.label(Locale::Es), "texto");
/// assert!(MediaType::parse("text/html; charset=utf-8").is_err());
/// # Ok::<(), ventanilla_domain::InvalidMediaType>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaType(CompactString);

parsed_text!(MediaType, InvalidMediaType, "media_type", "el tipo de archivo", "the media type", public);

impl MediaType {
    /// GIF image.
    pub const GIF: MediaType = MediaType(CompactString::const_new("image/gif"));
    /// JPEG image.
    pub const JPEG: MediaType = MediaType(CompactString::const_new("image/jpeg"));
    /// PNG image.
    pub const PNG: MediaType = MediaType(CompactString::const_new("image/png"));
    /// WebP image.
    pub const WEBP: MediaType = MediaType(CompactString::const_new("image/webp"));
    /// PDF document.
    pub const PDF: MediaType = MediaType(CompactString::const_new("application/pdf"));
    /// Plain text in UTF-8.
    pub const TEXT: MediaType = MediaType(CompactString::const_new("text/plain"));
    /// ZIP archive.
    pub const ZIP: MediaType = MediaType(CompactString::const_new("application/zip"));

    /// The media types that a desk allows by default: images that browsers show, PDF and plain text.
    pub const USUAL: [MediaType; 6] =
        [Self::PNG, Self::JPEG, Self::GIF, Self::WEBP, Self::PDF, Self::TEXT];

    /// Puts a media type in lower case and checks it.
    ///
    /// # Errors
    ///
    /// [`InvalidMediaType`] if it is empty, blank or too long, or isn't a type, `/` and a subtype.
    pub fn parse(value: &str) -> Result<Self, InvalidMediaType> {
        const RULES: TextRules = TextRules {
            max_chars: 100,
            max_bytes: 100,
            allows: |c| c.is_ascii_alphanumeric() || "!#$&-^_.+/".contains(c),
        };
        RULES
            .check(value)
            .and(one_slash(value))
            .map_err(|problem| InvalidMediaType::new(value, problem))?;
        Ok(Self(value.to_ascii_lowercase().into()))
    }

    /// Returns the media type in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is an image that every browser shows and that can't hold a program.
    #[must_use]
    pub fn is_image(&self) -> bool {
        [Self::PNG, Self::JPEG, Self::GIF, Self::WEBP].contains(self)
    }

    /// Returns the usual extensions of names of such files, the most usual first; none if it isn't
    /// known here.
    #[must_use]
    pub fn extensions(&self) -> &'static [&'static str] {
        match self.as_str() {
            "image/gif" => &["gif"],
            "image/jpeg" => &["jpg", "jpeg"],
            "image/png" => &["png"],
            "image/webp" => &["webp"],
            "application/pdf" => &["pdf"],
            "text/plain" => &["txt", "log", "csv", "md"],
            "application/zip" => &["zip"],
            _ => &[],
        }
    }

    /// Returns the name for the end user; a media type that isn't known here is shown as it is.
    #[must_use]
    pub fn label(&self, locale: Locale) -> &str {
        match self.as_str() {
            "image/gif" => "GIF",
            "image/jpeg" => "JPEG",
            "image/png" => "PNG",
            "image/webp" => "WebP",
            "application/pdf" => "PDF",
            "text/plain" => locale.pick("texto", "text"),
            "application/zip" => "ZIP",
            other => other,
        }
    }
}

fn one_slash(value: &str) -> Result<(), TextProblem> {
    let forbidden = |at| Err(TextProblem::Forbidden { character: '/', at });
    match value.split_once('/') {
        None => forbidden(value.len()),
        Some(("", _)) => forbidden(0),
        Some((kind, "")) => forbidden(kind.len()),
        Some((kind, subtype)) => match subtype.find('/') {
            Some(at) => forbidden(kind.len() + 1 + at),
            None => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Explain;

    #[test]
    fn the_known_ones_parse_and_have_extensions_and_texts() {
        for known in MediaType::USUAL.iter().chain([&MediaType::ZIP]) {
            assert_eq!(MediaType::parse(known.as_str()).as_ref(), Ok(known));
            assert!(!known.extensions().is_empty());
            for locale in Locale::ALL {
                assert_ne!(known.label(locale), known.as_str());
            }
        }
        assert!(!MediaType::PDF.is_image() && MediaType::WEBP.is_image());
        assert!(!MediaType::parse("image/svg+xml").unwrap().is_image(), "it can hold a program");
    }

    #[test]
    fn bad_ones_are_named() {
        for (value, code) in [
            ("", "media_type_empty"),
            ("png", "media_type_forbidden_character"),
            ("/png", "media_type_forbidden_character"),
            ("image/", "media_type_forbidden_character"),
            ("image/png/x", "media_type_forbidden_character"),
            ("image/png\r\nX: y", "media_type_forbidden_character"),
            (&format!("image/{}", "x".repeat(95)), "media_type_too_long"),
        ] {
            assert_eq!(MediaType::parse(value).unwrap_err().code(), code, "{value:?}");
        }
    }
}
