//! Encoding of user ids.

use bson::{Bson, RawBsonRef, oid::ObjectId};
use ventanilla_domain::UserId;

use crate::StoreError;

/// Encoding of user ids in documents.
///
/// ```
/// use ventanilla_storage::UserIdEncoding;
///
/// assert_eq!(UserIdEncoding::default(), UserIdEncoding::ObjectId);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserIdEncoding {
    /// As an `ObjectId`; the [`UserId`] is its 24 lower-case hexadecimal digits. Other ids are refused.
    #[default]
    ObjectId,
    /// As text.
    Text,
}

impl UserIdEncoding {
    pub(super) fn write(self, id: &UserId) -> Result<Bson, StoreError> {
        match self {
            UserIdEncoding::Text => Ok(id.as_str().into()),
            UserIdEncoding::ObjectId => ObjectId::parse_str(id.as_str())
                .ok()
                .filter(|oid| oid.to_hex() == id.as_str())
                .map(Bson::ObjectId)
                .ok_or_else(|| StoreError::ForeignUserId { id: id.clone() }),
        }
    }

    pub(super) fn read(self, value: RawBsonRef<'_>) -> Result<UserId, String> {
        match (self, value) {
            (UserIdEncoding::ObjectId, RawBsonRef::ObjectId(oid)) => {
                UserId::parse(&oid.to_hex()).map_err(|error| error.to_string())
            }
            (UserIdEncoding::Text, RawBsonRef::String(id)) => {
                UserId::parse(id).map_err(|error| error.to_string())
            }
            (_, other) => Err(format!("unexpected type {:?} of a user id", other.element_type())),
        }
    }
}
