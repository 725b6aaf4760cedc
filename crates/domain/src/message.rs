//! Messages of a ticket's conversation, and internal notes.

use serde::{Deserialize, Serialize};

use crate::{
    Attachment, Author, IdempotencyKey, MessageText, Role, Timestamp, UserId,
    util::{is_zero, null_is_absent},
};

/// One message of the conversation, visible to everybody who may see the ticket.
///
/// As JSON: `{"content", "role", "createdAt"}` and, where known, `authorId`, `key`, `version` and
/// `attachments`.
///
/// ```
/// use ventanilla_domain::{Author, Message, MessageText, Timestamp};
///
/// let message = Message::new(Author::Bot, MessageText::parse("¡Hola!")?, Timestamp::from_millis(0)?);
/// assert_eq!(
///     serde_json::to_string(&message)?,
///     r#"{"content":"¡Hola!","role":"SUPPORT_BOT","createdAt":"1970-01-01T00:00:00.000Z"}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "MessageRecord", into = "MessageRecord")]
#[non_exhaustive]
pub struct Message {
    /// The text.
    pub text: MessageText,
    /// The author.
    pub author: Author,
    /// Time of arrival.
    pub created_at: Timestamp,
    /// Idempotency key, if any.
    pub key: Option<IdempotencyKey>,
    /// Version of the ticket that it led to; 0 for the first message, for messages of another
    /// application, and for audiences other than the desk.
    pub version: u64,
    /// The files attached to it, at most [`Attachment::MAX_OF_MESSAGE`].
    pub attachments: Vec<Attachment>,
}

impl Message {
    /// Creates a message without a key.
    ///
    /// ```
    /// use ventanilla_domain::{Author, Message, MessageText, Timestamp};
    ///
    /// let message = Message::new(Author::Bot, MessageText::parse("¡Hola!")?, Timestamp::MIN);
    /// assert_eq!(message.key, None);
    /// # Ok::<(), ventanilla_domain::InvalidText>(())
    /// ```
    #[must_use]
    pub const fn new(author: Author, text: MessageText, created_at: Timestamp) -> Self {
        Self { text, author, created_at, key: None, version: 0, attachments: Vec::new() }
    }

    /// Returns the message with this key.
    ///
    /// ```
    /// use ventanilla_domain::{Author, IdempotencyKey, Message, MessageText, Timestamp};
    ///
    /// let key = IdempotencyKey::parse("k1")?;
    /// let text = MessageText::parse("¡Hola!")?;
    /// let message = Message::new(Author::Bot, text, Timestamp::MIN).with_key(key.clone());
    /// assert_eq!(message.key, Some(key));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }

    /// Returns the message with the version that it led to.
    #[must_use]
    pub const fn with_version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// Returns the message with these files attached.
    #[must_use]
    pub fn with_attachments(mut self, attachments: Vec<Attachment>) -> Self {
        self.attachments = attachments;
        self
    }
}

/// The stored form of a [`Message`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageRecord {
    #[serde(deserialize_with = "crate::text::from_stored")]
    content: MessageText,
    role: Role,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<IdempotencyKey>,
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "is_zero")]
    version: u64,
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
}

impl From<MessageRecord> for Message {
    fn from(record: MessageRecord) -> Self {
        let author = match record.role {
            Role::User => Author::Requester,
            Role::Admin => Author::Admin(record.author_id),
            Role::SupportBot => Author::Bot,
        };
        Message::new(author, record.content, record.created_at)
            .with_key(record.key)
            .with_version(record.version)
            .with_attachments(record.attachments)
    }
}

impl From<Message> for MessageRecord {
    fn from(message: Message) -> Self {
        Self {
            content: message.text,
            role: message.author.role(),
            created_at: message.created_at,
            author_id: match message.author {
                Author::Admin(id) => id,
                Author::Requester | Author::Bot => None,
            },
            key: message.key,
            version: message.version,
            attachments: message.attachments,
        }
    }
}

/// An internal note, which only the desk may see.
///
/// ```
/// use ventanilla_domain::{MessageText, Note, Timestamp, UserId};
///
/// let text = MessageText::parse("Cliente de los de siempre.")?;
/// let note = Note::new(UserId::parse("luis")?, text, Timestamp::from_millis(0)?).with_version(4);
/// assert!(serde_json::to_string(&note)?.contains(r#""by":"luis""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Note {
    /// The text.
    #[serde(deserialize_with = "crate::text::from_stored")]
    pub text: MessageText,
    /// The administrator who wrote it; `None` if the bot did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Idempotency key, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
    /// Version of the ticket that it led to; 0 if it isn't known.
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "is_zero")]
    pub version: u64,
}

impl Note {
    /// Creates a note without a key, of an administrator or (`None`) of the bot.
    #[must_use]
    pub fn new(by: impl Into<Option<UserId>>, text: MessageText, created_at: Timestamp) -> Self {
        Self { text, by: by.into(), created_at, key: None, version: 0 }
    }

    /// Returns the note with this key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }

    /// Returns the note with the version that it led to.
    #[must_use]
    pub const fn with_version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }
}

/// Reply that the bot proposes, which an administrator may send, edit or discard. Only the desk sees
/// it.
///
/// It is dropped as soon as somebody writes in the conversation or the status changes, because it was
/// written for the conversation before that.
///
/// As JSON: `{"text", "createdAt", "version"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Draft {
    /// The text.
    #[serde(deserialize_with = "crate::text::from_stored")]
    pub text: MessageText,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Version of the ticket that it led to.
    pub version: u64,
}

impl Draft {
    /// Creates a draft.
    #[must_use]
    pub const fn new(text: MessageText, created_at: Timestamp, version: u64) -> Self {
        Self { text, created_at, version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_applications_message_is_read() {
        let json =
            r#"{"content":"Hola","role":"ADMIN","createdAt":"2024-01-01T00:00:00Z","key":null,"x":1}"#;
        let message: Message = serde_json::from_str(json).unwrap();
        assert_eq!(message.author, Author::Admin(None));
        assert_eq!(message.key, None);
    }

    #[test]
    fn json_goes_both_ways() {
        let text = MessageText::parse("Hola").unwrap();
        let at = Timestamp::from_millis(1_700_000_000_123).unwrap();
        for author in [
            Author::Requester,
            Author::Admin(Some(UserId::parse("luis").unwrap())),
            Author::Admin(None),
            Author::Bot,
        ] {
            let message = Message::new(author, text.clone(), at)
                .with_key(Some(IdempotencyKey::parse("k").unwrap()))
                .with_version(7);
            let json = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
        }
    }
}
