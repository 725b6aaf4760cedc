//! Files attached to messages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AttachmentId, FileName, MediaType, Sha256};

/// File attached to a message: its name, type, size and hash. Its bytes are stored elsewhere.
///
/// As JSON: `{"id", "name", "mediaType", "bytes", "sha256"}`, the id and the hash in hexadecimal.
///
/// ```
/// use ventanilla_domain::{Attachment, AttachmentId, FileName, MediaType, Sha256};
///
/// let screenshot = Attachment::new(
///     AttachmentId::from_bytes([1; 16]),
///     FileName::clean("../captura.png", &MediaType::PNG),
///     MediaType::PNG,
///     48_213,
///     Sha256::from_bytes([2; 32]),
/// );
/// assert_eq!(screenshot.name.as_str(), "captura.png");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attachment {
    /// The id, which nobody can guess.
    pub id: AttachmentId,
    /// The name for the person who downloads it.
    pub name: FileName,
    /// The media type, as found in its bytes.
    pub media_type: MediaType,
    /// The number of bytes.
    pub bytes: u64,
    /// The SHA-256 hash of its bytes.
    pub sha256: Sha256,
}

impl Attachment {
    /// The maximum number of attachments of a message.
    pub const MAX_OF_MESSAGE: usize = 8;

    /// Creates an attachment.
    #[must_use]
    pub const fn new(
        id: AttachmentId,
        name: FileName,
        media_type: MediaType,
        bytes: u64,
        sha256: Sha256,
    ) -> Self {
        Self { id, name, media_type, bytes, sha256 }
    }

    /// Returns whether another attachment has the same name and content, uploaded once more perhaps.
    #[must_use]
    pub fn is_same_file(&self, other: &Attachment) -> bool {
        self.name == other.name && self.sha256 == other.sha256 && self.bytes == other.bytes
    }
}

/// Limits of attachments.
///
/// A message has at most [`Attachment::MAX_OF_MESSAGE`].
///
/// ```
/// use ventanilla_domain::{AttachmentPolicy, MediaType, Policy};
///
/// let attachments = AttachmentPolicy {
///     file_bytes: 25 * 1024 * 1024,
///     ..AttachmentPolicy::default().allowing([MediaType::ZIP])
/// };
/// let policy = Policy { attachments, ..Policy::default() };
/// assert!(policy.attachments.allows(&MediaType::ZIP));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentPolicy {
    /// The maximum bytes of a file; 10 MiB by default.
    pub file_bytes: u64,
    /// The maximum bytes of all files of a ticket; 100 MiB by default.
    pub ticket_bytes: u64,
    /// The media types that a file may have; [`MediaType::USUAL`] by default.
    pub media_types: Arc<[MediaType]>,
}

impl Default for AttachmentPolicy {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { file_bytes: 10 * MIB, ticket_bytes: 100 * MIB, media_types: MediaType::USUAL.into() }
    }
}

impl AttachmentPolicy {
    /// Returns the policy with more media types.
    #[must_use]
    pub fn allowing(mut self, media_types: impl IntoIterator<Item = MediaType>) -> Self {
        self.media_types = self.media_types.iter().cloned().chain(media_types).collect();
        self
    }

    /// Returns whether a file may have this media type.
    #[must_use]
    pub fn allows(&self, media_type: &MediaType) -> bool {
        self.media_types.contains(media_type)
    }
}

pub(crate) fn bytes_of<'a>(files: impl IntoIterator<Item = &'a Attachment>) -> u64 {
    files.into_iter().map(|file| file.bytes).fold(0, u64::saturating_add)
}

pub(crate) fn are_same_files(some: &[Attachment], others: &[Attachment]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| one.is_same_file(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Explain;

    fn file(bytes: u64, media_type: MediaType) -> Attachment {
        let name = FileName::clean("a", &media_type);
        Attachment::new(
            AttachmentId::from_bytes([0; 16]),
            name,
            media_type,
            bytes,
            Sha256::from_bytes([0; 32]),
        )
    }

    #[test]
    fn each_limit_holds_at_its_edge() {
        let policy =
            AttachmentPolicy { file_bytes: 10, ticket_bytes: 30, ..AttachmentPolicy::default() };
        let png = |bytes| file(bytes, MediaType::PNG);
        let check = |added: &[Attachment], stored| {
            policy
                .check_files(added)
                .and_then(|()| policy.check_room(added, stored))
                .map_err(|refusal| refusal.code())
        };
        assert_eq!(check(&[png(10), png(10)], 10), Ok(()));
        assert_eq!(check(&[png(11)], 0), Err("file_too_large"));
        assert_eq!(check(&[png(10), png(10)], 11), Err("attachments_full"));
        assert_eq!(check(&[], 31), Ok(()), "a message without files is possible in a full ticket");
        assert_eq!(check(&vec![png(1); 8], 0), Ok(()));
        assert_eq!(check(&vec![png(1); 9], 0), Err("too_many_attachments"));
        assert_eq!(check(&[file(1, MediaType::ZIP)], 0), Err("media_type_not_allowed"));
        assert_eq!(policy.check_media_type(None).unwrap_err().code(), "media_type_not_allowed");
        assert_eq!(policy.allowing([MediaType::ZIP]).check_media_type(Some(&MediaType::ZIP)), Ok(()));
    }

    #[test]
    fn json_goes_both_ways() {
        let file = file(3, MediaType::PDF);
        let json = serde_json::to_value(&file).unwrap();
        let (id, hash) = ("0".repeat(32), "0".repeat(64));
        let expected = serde_json::json!({
            "id": id, "name": "a.pdf", "mediaType": "application/pdf", "bytes": 3, "sha256": hash,
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Attachment>(json).unwrap(), file);
    }
}
