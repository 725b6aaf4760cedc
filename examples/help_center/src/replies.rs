//! Canned replies, which an administrator puts into an answer and edits. A host keeps them where its desk can
//! change them.

use serde::Deserialize;

/// Canned reply.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CannedReply {
    /// Name in the list.
    pub(crate) name: String,
    /// Text of the answer.
    pub(crate) text: String,
}

/// Returns the canned replies of the demo.
pub(crate) fn canned() -> Vec<CannedReply> {
    // A mistake in the file would be found by a test.
    serde_json::from_str(include_str!("replies.json")).unwrap_or_default()
}
