//! Ids and hashes of attachments, written in hexadecimal.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ErrorKind, Explain, Locale, locale::excerpt};

/// Error of a text that isn't the hexadecimal form of an [`AttachmentId`] or a [`Sha256`]; its code is
/// `invalid_attachment_id`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a hexadecimal number of {digits} digits ({value:?})")]
pub struct InvalidAttachmentId {
    value: Box<str>,
    digits: usize,
}

impl InvalidAttachmentId {
    /// Returns the start of the offending value: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidAttachmentId {
    fn code(&self) -> &'static str {
        "invalid_attachment_id"
    }

    fn explain(&self, locale: Locale) -> String {
        locale.pick("Ese archivo no existe.", "There is no such file.").into()
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::NotFound
    }
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Creates it from its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Parses the hexadecimal form, in lower case.
            ///
            /// # Errors
            ///
            /// [`InvalidAttachmentId`] if it isn't one.
            pub fn parse(value: &str) -> Result<Self, InvalidAttachmentId> {
                let mut bytes = [0; $bytes];
                match hex::decode_to_slice(value, &mut bytes) {
                    // There is one form of each, so that an address leads to one file.
                    Ok(()) if !value.contains(|digit: char| digit.is_ascii_uppercase()) => Ok(Self(bytes)),
                    _ => Err(InvalidAttachmentId { value: excerpt(value), digits: 2 * $bytes }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidAttachmentId;

            fn from_str(value: &str) -> Result<Self, InvalidAttachmentId> {
                Self::parse(value)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&value).map_err(serde::de::Error::custom)
            }
        }
    };
}

hexadecimal! {
    /// Id of an attachment: 16 bytes, drawn at random so that nobody guesses one, and written as 32
    /// hexadecimal digits.
    ///
    /// ```
    /// use ventanilla_domain::AttachmentId;
    ///
    /// let id = AttachmentId::from_bytes([0xa1; 16]);
    /// assert_eq!(id.to_string(), "a1".repeat(16));
    /// assert_eq!(AttachmentId::parse(&id.to_string())?, id);
    /// # Ok::<(), ventanilla_domain::InvalidAttachmentId>(())
    /// ```
    AttachmentId, 16
}

hexadecimal! {
    /// SHA-256 hash of a file's bytes, written as 64 hexadecimal digits.
    Sha256, 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_digits_of_the_right_number_are_an_id() {
        assert!(AttachmentId::parse(&"0f".repeat(16)).is_ok());
        for bad in [
            "",
            "0f",
            &"0F".repeat(16),
            &"0g".repeat(16),
            &"0f".repeat(17),
            "../../../../../../../etc/passwd",
        ] {
            let error = AttachmentId::parse(bad).unwrap_err();
            assert_eq!((error.code(), error.value()), ("invalid_attachment_id", excerpt(bad).as_ref()));
        }
        assert!(Sha256::parse(&"0f".repeat(32)).is_ok());
    }
}
