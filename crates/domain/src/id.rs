//! Ids of people, and keys of requests.

use crate::parse::{TextRules, parsed_text};
use compact_str::CompactString;

const fn rules(max_chars: usize) -> TextRules {
    TextRules {
        max_chars,
        max_bytes: max_chars,
        allows: |character| !character.is_control() && !character.is_whitespace(),
    }
}

/// Id of a person in the host: a customer or an administrator.
///
/// - 1 to 64 bytes of UTF-8, no white space, no control characters;
/// - compared as it is, case included;
/// - a store may restrict it further (MongoDB by default to an `ObjectId` in hexadecimal).
///
/// Ids of up to 24 bytes are stored inline.
///
/// ```
/// use ventanilla_domain::UserId;
///
/// let ana = UserId::parse("65a1f0c2e4b0a1b2c3d4e5f6")?;
/// assert_eq!(ana.as_str(), "65a1f0c2e4b0a1b2c3d4e5f6");
/// assert!(UserId::parse("ana maría").is_err());
/// # Ok::<(), ventanilla_domain::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(CompactString);

parsed_text!(UserId, InvalidUserId, "user_id", "el identificador de usuario", "the user id", public);

impl UserId {
    /// Checks an id.
    ///
    /// # Errors
    ///
    /// [`InvalidUserId`] if it is empty, blank, too long or holds white space or control
    /// characters.
    ///
    /// ```
    /// assert!(ventanilla_domain::UserId::parse("").is_err());
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidUserId> {
        rules(64).check(value).map_err(|problem| InvalidUserId::new(value, problem))?;
        Ok(Self(value.into()))
    }

    /// Returns the id as the host gave it.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::UserId::parse("ana")?.as_str(), "ana");
    /// # Ok::<(), ventanilla_domain::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Idempotency key: sending a request twice with it has one effect. A form has one in a hidden
/// field.
///
/// - 1 to 128 bytes of UTF-8, no white space, no control characters (a UUID is a good one);
/// - it belongs to its author: two people may use the same key;
/// - the same key and content again give the first result; the same key with other content is
///   refused as [`Refusal::KeyConflict`](crate::Refusal::KeyConflict).
///
/// ```
/// use ventanilla_domain::IdempotencyKey;
///
/// let key = IdempotencyKey::parse("0f8fad5b-d9cb-469f-a165-70867728950e")?;
/// assert_eq!(key.as_str().len(), 36);
/// # Ok::<(), ventanilla_domain::InvalidKey>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(Box<str>);

parsed_text!(IdempotencyKey, InvalidKey, "key", "la clave de envío", "the idempotency key", public);

impl IdempotencyKey {
    const MAX_BYTES: usize = 128;

    /// Checks a key.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if it is empty, blank, too long or holds white space or control characters.
    ///
    /// ```
    /// assert!(ventanilla_domain::IdempotencyKey::parse("dos palabras").is_err());
    /// ```
    pub fn parse(value: &str) -> Result<Self, InvalidKey> {
        rules(Self::MAX_BYTES).check(value).map_err(|problem| InvalidKey::new(value, problem))?;
        Ok(Self(value.into()))
    }

    /// Checks a key that may be absent, such as a hidden field or a header: an empty text is none.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if it is blank, too long or holds white space or control characters.
    ///
    /// ```
    /// use ventanilla_domain::IdempotencyKey;
    ///
    /// assert_eq!(IdempotencyKey::optional("")?, None);
    /// assert_eq!(IdempotencyKey::optional("envio-1")?, Some(IdempotencyKey::parse("envio-1")?));
    /// assert!(IdempotencyKey::optional(" ").is_err());
    /// # Ok::<(), ventanilla_domain::InvalidKey>(())
    /// ```
    pub fn optional(value: &str) -> Result<Option<Self>, InvalidKey> {
        Some(value).filter(|value| !value.is_empty()).map(Self::parse).transpose()
    }

    /// Derives the key of what may exist once for a subject, such as the follow-up of a ticket. White space
    /// is escaped, and what goes beyond the length of a key is cut; no number of these crates is so long.
    pub(crate) fn derived(kind: &str, subject: &str) -> Self {
        let mut key = format!("{kind}:");
        for char in subject.chars() {
            let part = match char {
                '%' => "%25".to_owned(),
                char if char.is_whitespace() => format!("%{:X}%", u32::from(char)),
                char => char.to_string(),
            };
            if key.len() + part.len() > Self::MAX_BYTES {
                break;
            }
            key.push_str(&part);
        }
        Self(key.into())
    }

    /// Returns the key as the host gave it.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::IdempotencyKey::parse("envio-1")?.as_str(), "envio-1");
    /// # Ok::<(), ventanilla_domain::InvalidKey>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key under which a ticket was opened, with its author: another person may use the same key.
///
/// That of a follow-up is derived from the number of the old ticket ([`FollowUp`](crate::FollowUp)).
///
/// ```
/// use ventanilla_domain::{CreationKey, IdempotencyKey, UserId};
///
/// let key = CreationKey { by: UserId::parse("ana")?, key: IdempotencyKey::parse("k1")? };
/// assert_eq!(serde_json::to_string(&key)?, r#"{"by":"ana","key":"k1"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct CreationKey {
    /// The person who opened the ticket; of a follow-up its requester, whoever opened it.
    pub by: UserId,
    /// The key of their request.
    pub key: IdempotencyKey,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Explain;

    #[test]
    fn bad_ids_are_named() {
        for (value, code) in [
            ("", "user_id_empty"),
            ("  ", "user_id_blank"),
            ("ana\nb", "user_id_forbidden_character"),
            (&"x".repeat(65), "user_id_too_long"),
        ] {
            assert_eq!(UserId::parse(value).unwrap_err().code(), code);
        }
        assert_eq!(IdempotencyKey::parse(&"k".repeat(129)).unwrap_err().code(), "key_too_long");
    }

    #[test]
    fn derived_keys_are_keys_and_differ() {
        let long = "ñ".repeat(64);
        let subjects = ["TKT-ABC123", "TKT-ABC124", "a b", "a%20%b", "a\u{2003}b", "a%b", "ab", &long];
        let keys: std::collections::HashSet<_> =
            subjects.iter().map(|subject| IdempotencyKey::derived("follow-up", subject)).collect();
        assert_eq!(keys.len(), subjects.len());
        for key in keys {
            assert_eq!(IdempotencyKey::parse(key.as_str()), Ok(key));
        }
    }

    #[test]
    fn an_object_id_needs_no_heap() {
        assert!(!UserId::parse("65a1f0c2e4b0a1b2c3d4e5f6").unwrap().0.is_heap_allocated());
        assert_eq!(size_of::<Option<UserId>>(), 24);
    }
}
