//! Canned replies, which an administrator puts into an answer and edits. A host keeps them where its desk can
//! change them.

use std::sync::Arc;

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
pub(crate) fn canned() -> Arc<[CannedReply]> {
    // A mistake in the file would be found by a test.
    serde_json::from_str::<Vec<_>>(include_str!("replies.json")).unwrap_or_default().into()
}
