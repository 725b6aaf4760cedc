//! The chat page of a ticket.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    ActorKind, Author, Explain, Message, Policy, TicketDetails, TicketHead, Timestamp,
};

use super::{Label, LocalTime, PersonDirectory, PersonView, Viewer};
use crate::HelpDesk;

/// The chat page of a ticket: a header, bubbles, and what to write in.
///
/// Made by [`Customer::chat`](crate::Customer::chat) and [`Admin::chat`](crate::Admin::chat). As
/// JSON its fields are in `camelCase`.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::*;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let id = UserId::parse("ana")?;
/// # let ana = desk.customer(id.clone());
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = ana.create(draft).await?.head.ticket_number;
/// # desk.bot().add_message(&number, "Hemos recibido tu consulta.").await?;
/// let reader = Viewer::new(TimeZone::named("Europe/Madrid")?);
/// let people = HashMap::from([(id, Person::named("Ana Gómez"))]);
/// let chat = ana.chat(&ana.view(&number).await?, &reader, &people);
///
/// assert_eq!(chat.title, format!("Ticket #{number}"));
/// assert_eq!((chat.bubbles[0].side, chat.bubbles[0].author.name.as_str()), (MessageSide::Right, "Ana Gómez"));
/// assert_eq!((chat.bubbles[1].side, chat.bubbles[1].author.name.as_str()), (MessageSide::Left, "Asistente virtual"));
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
    /// Where the ticket stands.
    pub status: Label,
    /// What it is about.
    pub category: Label,
    /// When it was opened.
    pub created_at: LocalTime,
    /// The number of the ticket that this one follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<String>,
    /// How many messages come before the first bubble, for a link to them.
    pub earlier_messages: u32,
    /// The messages, in order of time.
    pub bubbles: Vec<Bubble>,
    /// What to write in, or why not.
    pub input: InputState,
    /// The button for attachments.
    pub attachment: AttachmentButton,
}

/// One message on the chat page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bubble {
    /// On which side it stands.
    pub side: MessageSide,
    /// In what part its author speaks.
    pub role: Label,
    /// Who wrote it.
    pub author: PersonView,
    /// What was written, as it came: it is for the page to escape it.
    pub text: String,
    /// When.
    pub at: LocalTime,
}

/// The side of a bubble: the user's on the right, everybody else's on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageSide {
    /// The user's.
    Right,
    /// Support's and the bot's.
    Left,
}

/// What to write in, or why not. As JSON it has a field `state`: `writable` or `readOnly`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum InputState {
    /// A message can be written.
    Writable {
        /// What stands in the empty field.
        placeholder: String,
        /// What stands on the button.
        send: String,
        /// How many bytes a message may have.
        max_bytes: u32,
    },
    /// No message can be written.
    ReadOnly {
        /// Why, as a stable code.
        code: String,
        /// Why, for the reader.
        reason: String,
        /// What stands on the button for a follow-up, where one is offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<String>,
    },
}

/// The button for attachments: shown, and not yet working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttachmentButton {
    /// What stands on it.
    pub label: String,
    /// Whether it works.
    pub enabled: bool,
    /// Why not.
    pub hint: String,
}

impl ChatView {
    pub(crate) fn new(
        desk: &HelpDesk,
        by: ActorKind,
        ticket: &TicketDetails,
        reader: &Viewer,
        directory: &(impl PersonDirectory + ?Sized),
    ) -> Self {
        let TicketDetails { head, messages, earlier_messages, .. } = ticket;
        let (locale, number) = (reader.locale, &head.ticket_number);
        Self {
            ticket_number: number.to_string(),
            title: format!("Ticket #{number}"),
            status: Label::new(head.status.as_str(), head.status.label(locale)),
            category: Label::new(head.category.as_str(), head.category.label(locale)),
            created_at: LocalTime::new(head.created_at, reader),
            follow_up_of: head.follow_up_of.as_ref().map(ToString::to_string),
            earlier_messages: *earlier_messages,
            bubbles: messages.iter().map(|message| bubble(message, head, reader, directory)).collect(),
            input: input(desk.policy(), by, ticket, desk.now(), reader),
            attachment: AttachmentButton {
                label: locale.pick("Adjuntar archivo", "Attach a file").into(),
                enabled: false,
                hint: locale
                    .pick("Todavía no se pueden adjuntar archivos.", "Files cannot be attached yet.")
                    .into(),
            },
        }
    }
}

fn bubble(
    message: &Message,
    head: &TicketHead,
    reader: &Viewer,
    directory: &(impl PersonDirectory + ?Sized),
) -> Bubble {
    let role = message.author.role();
    let label = role.label(reader.locale);
    Bubble {
        side: match message.author {
            Author::Requester => MessageSide::Right,
            Author::Admin(_) | Author::Bot => MessageSide::Left,
        },
        role: Label::new(role.as_str(), label),
        author: PersonView::of(message.author.user(&head.requester), directory, label),
        text: message.text.as_str().into(),
        at: LocalTime::new(message.created_at, reader),
    }
}

fn input(
    policy: &Policy,
    by: ActorKind,
    ticket: &TicketDetails,
    at: Timestamp,
    reader: &Viewer,
) -> InputState {
    let locale = reader.locale;
    match policy.writable(ticket, by, at) {
        Ok(max_bytes) => InputState::Writable {
            placeholder: locale.pick("Escribe tu mensaje…", "Write your message…").into(),
            send: locale.pick("Enviar", "Send").into(),
            max_bytes,
        },
        Err(refusal) => InputState::ReadOnly {
            code: refusal.code().into(),
            reason: refusal.explain(locale),
            follow_up: refusal
                .offers_follow_up()
                .then(|| locale.pick("Abrir ticket de seguimiento", "Open a follow-up ticket").into()),
        },
    }
}
