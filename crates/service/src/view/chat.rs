//! Chat page of a ticket.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    ActorKind, Attachment, Author, Explain, Message, Reference, TicketDetails, TicketHead,
};

use super::{FileInput, Label, LocalTime, PageContext, PersonView};

/// Chat page of a ticket: a header, the messages, and the state of the input.
///
/// Made by [`CustomerPages::chat`](super::CustomerPages::chat) and
/// [`AdminPages::chat`](super::AdminPages::chat). As JSON its fields are in `camelCase`.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{
///     Category, HelpDesk, MemoryStore, MessageText, NewTicket, TimeZone, UserId,
///     view::{InputState, MessageSide, Person, Viewer},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let id = UserId::parse("ana")?;
/// # let ana = desk.customer(id.clone());
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = ana.create(new_ticket).await?.head.ticket_number;
/// # desk.bot().reply(&number, "Hemos recibido tu consulta.").await?;
/// let viewer = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let people = HashMap::from([(id, Person::named("Ana Gómez"))]);
/// let chat = ana.pages(viewer, &people).chat(&ana.get(&number).await?).await;
///
/// assert_eq!(chat.title, format!("Ticket #{number}"));
/// assert_eq!((chat.messages[0].side, chat.messages[0].author.name.as_str()), (MessageSide::Right, "Ana Gómez"));
/// assert_eq!((chat.messages[1].side, chat.messages[1].author.name.as_str()), (MessageSide::Left, "Asistente virtual"));
/// assert!(matches!(chat.input, InputState::Writable { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChatView {
    /// The ticket's number.
    pub ticket_number: String,
    /// The heading: `Ticket #TKT-ABC123`.
    pub title: String,
    /// The status.
    pub status: Label,
    /// The category.
    pub category: Label,
    /// Time of creation.
    pub created_at: LocalTime,
    /// The number of the ticket that this one follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<String>,
    /// References to what the ticket is about. The host knows the names and the addresses of its things.
    #[serde(default)]
    pub about: Vec<Reference>,
    /// Number of messages before the first one shown, for a link to them.
    pub earlier_messages: u32,
    /// The messages, in order of time.
    pub messages: Vec<MessageView>,
    /// The state of the message input.
    pub input: InputState,
    /// The input for files; absent if the desk keeps none or nothing can be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_input: Option<FileInput>,
}

/// One message on the chat page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageView {
    /// The side on which it is shown.
    pub side: MessageSide,
    /// The author's role.
    pub role: Label,
    /// The author.
    pub author: PersonView,
    /// The text, unescaped: the page must escape it.
    pub text: String,
    /// Time of arrival.
    pub at: LocalTime,
    /// The files attached to it. The host knows the address of a file from its id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
}

/// File attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AttachmentView {
    /// The id, for the address of the file.
    pub id: String,
    /// The name.
    pub name: String,
    /// The media type, such as `image/png`, and its name.
    pub media_type: Label,
    /// The size, such as `1,5 MB`.
    pub size: String,
    /// The size in bytes.
    #[serde(default)]
    pub bytes: u64,
    /// True for an image that can be shown in the page.
    pub is_image: bool,
}

/// Side of a message: the requester's on the right, all others on the left. As JSON: `right`, `left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageSide {
    /// The requester's.
    Right,
    /// The desk's and the bot's.
    Left,
}

/// State of an input for a text. As JSON it has a field `state`: `writable` or `readOnly`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum InputState {
    /// A text can be written.
    Writable {
        /// The placeholder of the empty input.
        placeholder: String,
        /// The label of the button.
        send: String,
        /// The maximum number of bytes of the text.
        max_bytes: u32,
    },
    /// No text can be written.
    ReadOnly {
        /// The stable code of the reason.
        code: String,
        /// The reason, for the viewer.
        reason: String,
        /// The label of the button for a follow-up, if one is offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<String>,
    },
}

impl ChatView {
    pub(crate) fn new(page: &PageContext<'_>, by: ActorKind, ticket: &TicketDetails) -> Self {
        let TicketDetails { head, messages, earlier_messages, .. } = ticket;
        let (locale, number) = (page.viewer.locale, &head.ticket_number);
        let input = input(page, by, ticket);
        let is_writable = matches!(input, InputState::Writable { .. });
        Self {
            ticket_number: number.to_string(),
            title: format!("Ticket #{number}"),
            status: Label::new(head.status.as_str(), head.status.label(locale)),
            category: Label::new(head.category.as_str(), head.category.label(locale)),
            created_at: page.time(head.created_at),
            follow_up_of: head.follow_up_of.as_ref().map(ToString::to_string),
            about: head.about.clone(),
            earlier_messages: *earlier_messages,
            messages: messages.iter().map(|message| message_view(page, message, head)).collect(),
            input,
            file_input: page.file_input().filter(|_| is_writable),
        }
    }
}

fn message_view(page: &PageContext<'_>, message: &Message, head: &TicketHead) -> MessageView {
    let role = message.author.role();
    let label = role.label(page.viewer.locale);
    MessageView {
        side: match message.author {
            Author::Requester => MessageSide::Right,
            Author::Admin(_) | Author::Bot => MessageSide::Left,
        },
        role: Label::new(role.as_str(), label),
        author: page.person(message.author.user(&head.requester), label),
        text: message.text.as_str().into(),
        at: page.time(message.created_at),
        attachments: message.attachments.iter().map(|file| attachment_view(page, file)).collect(),
    }
}

fn attachment_view(page: &PageContext<'_>, file: &Attachment) -> AttachmentView {
    let (locale, media_type) = (page.viewer.locale, &file.media_type);
    AttachmentView {
        id: file.id.to_string(),
        name: file.name.to_string(),
        media_type: Label::new(media_type.as_str(), media_type.label(locale)),
        size: locale.size(file.bytes),
        bytes: file.bytes,
        is_image: media_type.is_image(),
    }
}

fn input(page: &PageContext<'_>, by: ActorKind, ticket: &TicketDetails) -> InputState {
    let locale = page.viewer.locale;
    match page.policy.writable(ticket, by, page.now) {
        Ok(max_bytes) => InputState::Writable {
            placeholder: locale.pick("Escribe tu mensaje…", "Write your message…").into(),
            send: locale.pick("Enviar", "Send").into(),
            max_bytes,
        },
        Err(refusal) => InputState::ReadOnly {
            code: refusal.code().into(),
            reason: refusal.explain(locale),
            follow_up: (by == ActorKind::Customer && refusal.offers_follow_up())
                .then(|| locale.pick("Abrir ticket de seguimiento", "Open a follow-up ticket").into()),
        },
    }
}
