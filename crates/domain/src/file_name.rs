//! Names of files.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize};

use crate::MediaType;

/// Name of a file, safe to show and to save under. Any text becomes one.
///
/// - without directories, control characters, invisible and direction-changing characters, and the
///   characters that file systems reserve;
/// - not hidden, and not one of the names of devices;
/// - 1 to 100 characters.
///
/// ```
/// use ventanilla_domain::{FileName, MediaType};
///
/// let clean = |name| FileName::clean(name, &MediaType::PNG).to_string();
/// assert_eq!(clean("Captura de pantalla.PNG"), "Captura de pantalla.PNG");
/// assert_eq!(clean("../../etc/passwd"), "passwd.png");
/// assert_eq!(clean("factura\u{202e}gnp.exe"), "facturagnp.exe.png");
/// assert_eq!(clean(" "), "archivo.png");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FileName(Box<str>);

impl FileName {
    /// The maximum number of characters.
    pub const MAX_CHARS: usize = 100;

    /// Makes the name under which a file is kept from that under which it came. It ends with an
    /// extension of the media type, so that whatever opens it later believes what its bytes are.
    #[must_use]
    pub fn clean(name: &str, media_type: &MediaType) -> Self {
        let name = cleaned(name);
        let extensions = media_type.extensions();
        let has_one = name.rsplit_once('.').is_some_and(|(stem, extension)| {
            !stem.is_empty() && extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
        });
        match extensions.first() {
            Some(extension) if !has_one => {
                let room = Self::MAX_CHARS - 1 - extension.chars().count();
                let stem: String = name.chars().take(room).collect();
                Self(format!("{}.{extension}", stem.trim_end_matches([' ', '.'])).into())
            }
            _ => Self(name.into()),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self(cleaned(&name).into()))
    }
}

fn cleaned(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last
        .chars()
        .filter(|character| !is_invisible(*character))
        .map(|character| if r#"<>:"|?*"#.contains(character) { '_' } else { character })
        .collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let name = words.join(" ");
    let name = name.trim_matches([' ', '.']);
    let name = if name.is_empty() { "archivo" } else { name };
    shortened(if is_device(name) { format!("_{name}") } else { name.into() })
}

/// Returns whether a character is a control, or one that changes the direction or shows nothing.
fn is_invisible(character: char) -> bool {
    (character.is_control() && !character.is_whitespace())
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns whether Windows takes the name for that of a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_port =
        |prefix| stem.strip_prefix(prefix).is_some_and(|port| matches!(port.as_bytes(), [b'0'..=b'9']));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || is_port("COM") || is_port("LPT")
}

/// Shortens a name to the maximum, and keeps a short extension.
fn shortened(name: String) -> String {
    let length = name.chars().count();
    if length <= FileName::MAX_CHARS {
        return name;
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= 10 => (stem, extension),
        _ => (name.as_str(), ""),
    };
    let dot = if extension.is_empty() { "" } else { "." };
    let room = FileName::MAX_CHARS - extension.chars().count() - dot.len();
    let stem: String = stem.chars().take(room).collect();
    format!("{}{dot}{extension}", stem.trim_end_matches([' ', '.']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_harmless() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\ana\foto.png", "foto.png"),
            ("a/b\\", "archivo"),
            ("nulo\0.png", "nulo.png"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            (".htaccess", "htaccess"),
            ("..", "archivo"),
            ("", "archivo"),
            ("con", "_con"),
            ("COM1.txt", "_COM1.txt"),
            ("dos\r\nlíneas.txt", "dos líneas.txt"),
            ("<b>\"x\"</b>", "b_"),
            ("a\u{200b}\u{feff}b", "ab"),
            ("informe final .", "informe final"),
        ] {
            assert_eq!(cleaned(name), expected, "{name:?}");
        }
    }

    #[test]
    fn the_extension_tells_what_the_bytes_are() {
        for (name, media_type, expected) in [
            ("foto.html", MediaType::PNG, "foto.html.png"),
            ("foto.JPEG", MediaType::JPEG, "foto.JPEG"),
            ("foto.jpg", MediaType::JPEG, "foto.jpg"),
            ("png", MediaType::PNG, "png.png"),
            ("carta", MediaType::PDF, "carta.pdf"),
            ("raro.xyz", MediaType::parse("application/x-raro").unwrap(), "raro.xyz"),
        ] {
            assert_eq!(FileName::clean(name, &media_type).as_str(), expected);
        }
        let long = FileName::clean(&"ñ".repeat(300), &MediaType::PNG);
        assert_eq!(long.as_str().chars().count(), FileName::MAX_CHARS);
        assert!(long.as_str().ends_with("ñ.png"));
        let long = FileName::clean(&format!("{}.png", "ñ".repeat(300)), &MediaType::PNG);
        assert_eq!(long.as_str().chars().count(), FileName::MAX_CHARS);
        assert!(long.as_str().ends_with("ñ.png"));
    }

    proptest! {
        #[test]
        fn a_cleaned_name_is_clean(name in "\\PC{0,120}|[./\\\\ \u{202e}a-z\0]{0,20}|.{90,130}\\.[a-z]{1,12}") {
            for media_type in [MediaType::PNG, MediaType::parse("application/x-raro").unwrap()] {
                let clean = FileName::clean(&name, &media_type);
                prop_assert_eq!(&FileName::clean(clean.as_str(), &media_type), &clean);
                let json = serde_json::to_string(&clean).unwrap();
                prop_assert_eq!(&serde_json::from_str::<FileName>(&json).unwrap(), &clean);
                let text = clean.as_str();
                prop_assert!((1..=FileName::MAX_CHARS).contains(&text.chars().count()));
                prop_assert!(!text.starts_with('.') && !text.ends_with(['.', ' ']));
                prop_assert!(!text.contains(['/', '\\', '"']) && !text.contains(is_invisible));
            }
        }
    }
}
