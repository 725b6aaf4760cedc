//! Refusals of changes by the rules.

use serde::{Serialize, Serializer};

use crate::{
    ActorKind, Days, ErrorKind, Event, EventKind, Explain, IdempotencyKey, Locale, MediaType, Reopen,
    Status, Timestamp, UserId, locale::say,
};

/// Refusal of a change by the rules. Nothing was changed.
///
/// ```
/// use ventanilla_domain::{ActorKind, Explain, Locale, Refusal, Status};
///
/// let refusal = Refusal::Transition {
///     from: Status::Closed,
///     to: Status::Open,
///     by: ActorKind::Admin,
/// };
/// assert_eq!(refusal.code(), "transition_refused");
/// assert_eq!(refusal.explain(Locale::Es), "Un ticket no puede pasar de Cerrado a Abierto.");
/// ```
///
/// As JSON it is its code and its details: `{"code": "version_conflict", "expected": 3, "found": 4,
/// "changes": [...]}`. A refused transition also has the statuses that the actor may set, as
/// `allowed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Refusal {
    /// Such an actor never makes such a change.
    NotPermitted {
        /// Kind of the actor.
        by: ActorKind,
    },
    /// There is no such transition, or not for this actor.
    #[serde(rename = "transition_refused", serialize_with = "serialize_transition")]
    Transition {
        /// The ticket's status.
        from: Status,
        /// The status asked for.
        to: Status,
        /// Kind of the actor.
        by: ActorKind,
    },
    /// A closed ticket accepts notes only; its requester can open a follow-up.
    #[serde(rename = "ticket_closed")]
    Closed {
        /// Kind of the actor.
        by: ActorKind,
    },
    /// The ticket is resolved and a message no longer reopens it; its requester can open a
    /// follow-up.
    ReopenOver {
        /// Time at which it was resolved.
        resolved_at: Timestamp,
        /// The setting that refuses it.
        policy: Reopen,
    },
    /// The ticket was resolved too recently for the system to close it.
    TooEarlyToClose {
        /// Time at which it was resolved.
        resolved_at: Timestamp,
        /// The instant from which it may be closed, if nothing else happens.
        closes_at: Timestamp,
    },
    /// Another administrator has the ticket.
    AlreadyAssigned {
        /// The assignee.
        to: UserId,
    },
    /// The ticket has changed since the version for which the change was made.
    VersionConflict {
        /// The version that was expected.
        expected: u64,
        /// The version that it has.
        found: u64,
        /// The changes since the expected version, in order, as far as the ticket still has them
        /// and the actor may see them: customers and the bot see messages only.
        changes: Vec<Event>,
    },
    /// Somebody has written in the conversation, or the status has changed, since it was read.
    ConversationChanged {
        /// The ticket's status.
        status: Status,
        /// Number of messages that were added.
        added: u32,
        /// The messages that were added and the changes of the status, in order, as far as the ticket
        /// still has them.
        changes: Vec<Event>,
    },
    /// The bot may not write in the conversation, by the policy or because it has handed the ticket
    /// over.
    BotNotAllowed {
        /// The ticket's status.
        status: Status,
        /// Time of the first response of an administrator, if there was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_response_at: Option<Timestamp>,
        /// Time at which the bot asked for a human, if it still waits for one.
        #[serde(skip_serializing_if = "Option::is_none")]
        handoff_at: Option<Timestamp>,
    },
    /// The wait would end before it begins.
    WaitOver {
        /// The time at which it would end.
        until: Timestamp,
    },
    /// The conversation has no room for a message of this size; its requester can open a follow-up.
    ConversationFull {
        /// Number of its messages.
        messages: u32,
        /// Number of bytes of its text.
        bytes: u32,
        /// Number of bytes of the refused message.
        adding: u32,
    },
    /// The ticket has no room for another note.
    NotesFull {
        /// Number of its notes.
        notes: u32,
    },
    /// The ticket has no room for another reference.
    TooManyReferences {
        /// The maximum number of references.
        limit: u32,
    },
    /// The ticket has no room for another tag.
    TooManyTags {
        /// The maximum number of tags.
        limit: u32,
    },
    /// The text is longer than the policy allows.
    #[serde(rename = "text_over_limit")]
    TextTooLong {
        /// Number of its bytes.
        bytes: u32,
        /// The maximum number of bytes.
        limit: u32,
    },
    /// The message has more attachments than it may have.
    TooManyAttachments {
        /// Number of its attachments.
        files: u32,
        /// The maximum number; 0 for internal notes.
        limit: u32,
    },
    /// The file is larger than the policy allows.
    FileTooLarge {
        /// Number of its bytes, or of those that had arrived when it was refused.
        bytes: u64,
        /// The maximum number of bytes.
        limit: u64,
    },
    /// The policy doesn't allow such files.
    MediaTypeNotAllowed {
        /// The media type found in its bytes; `None` if it is unknown.
        #[serde(skip_serializing_if = "Option::is_none")]
        found: Option<MediaType>,
        /// The media types that are allowed.
        allowed: Vec<MediaType>,
    },
    /// The ticket has no room for attachments of this size.
    AttachmentsFull {
        /// Number of bytes of its attachments.
        bytes: u64,
        /// Number of bytes of the refused ones.
        adding: u64,
        /// The maximum number of bytes.
        limit: u64,
    },
    /// The same author used the idempotency key for something else.
    KeyConflict {
        /// The key.
        key: IdempotencyKey,
    },
    /// The old ticket has another follow-up already.
    FollowUpExists,
}

impl Refusal {
    /// Returns whether the requester may open a follow-up ticket instead.
    ///
    /// ```
    /// use ventanilla_domain::{ActorKind, Refusal};
    ///
    /// assert!(Refusal::Closed { by: ActorKind::Customer }.offers_follow_up());
    /// assert!(!Refusal::Closed { by: ActorKind::Admin }.offers_follow_up());
    /// ```
    #[must_use]
    pub const fn offers_follow_up(&self) -> bool {
        matches!(
            self,
            Refusal::Closed { by: ActorKind::Customer }
                | Refusal::ReopenOver { .. }
                | Refusal::ConversationFull { .. }
        )
    }
}

impl Explain for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotPermitted { .. } => "not_permitted",
            Refusal::Transition { .. } => "transition_refused",
            Refusal::Closed { .. } => "ticket_closed",
            Refusal::ReopenOver { .. } => "reopen_over",
            Refusal::TooEarlyToClose { .. } => "too_early_to_close",
            Refusal::AlreadyAssigned { .. } => "already_assigned",
            Refusal::VersionConflict { .. } => "version_conflict",
            Refusal::ConversationChanged { .. } => "conversation_changed",
            Refusal::BotNotAllowed { .. } => "bot_not_allowed",
            Refusal::WaitOver { .. } => "wait_over",
            Refusal::ConversationFull { .. } => "conversation_full",
            Refusal::NotesFull { .. } => "notes_full",
            Refusal::TooManyReferences { .. } => "too_many_references",
            Refusal::TooManyTags { .. } => "too_many_tags",
            Refusal::TextTooLong { .. } => "text_over_limit",
            Refusal::TooManyAttachments { .. } => "too_many_attachments",
            Refusal::FileTooLarge { .. } => "file_too_large",
            Refusal::MediaTypeNotAllowed { .. } => "media_type_not_allowed",
            Refusal::AttachmentsFull { .. } => "attachments_full",
            Refusal::KeyConflict { .. } => "key_conflict",
            Refusal::FollowUpExists => "follow_up_exists",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Refusal::NotPermitted { .. } => ErrorKind::NotPermitted,
            Refusal::TextTooLong { .. }
            | Refusal::WaitOver { .. }
            | Refusal::TooManyAttachments { .. }
            | Refusal::FileTooLarge { .. }
            | Refusal::MediaTypeNotAllowed { .. } => ErrorKind::Invalid,
            Refusal::Transition { .. }
            | Refusal::Closed { .. }
            | Refusal::ReopenOver { .. }
            | Refusal::TooEarlyToClose { .. }
            | Refusal::AlreadyAssigned { .. }
            | Refusal::VersionConflict { .. }
            | Refusal::ConversationChanged { .. }
            | Refusal::BotNotAllowed { .. }
            | Refusal::ConversationFull { .. }
            | Refusal::NotesFull { .. }
            | Refusal::TooManyReferences { .. }
            | Refusal::TooManyTags { .. }
            | Refusal::AttachmentsFull { .. }
            | Refusal::KeyConflict { .. }
            | Refusal::FollowUpExists => ErrorKind::Conflict,
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match self {
            Refusal::NotPermitted { .. } => {
                locale.pick("No tienes permiso para hacer este cambio.", "You may not make this change.").into()
            }
            Refusal::Transition { from, by: ActorKind::Customer | ActorKind::System, .. } => {
                let from = from.label(locale);
                say!(
                    locale,
                    "Solo se puede cerrar un ticket resuelto, y este está en estado {from}.",
                    "Only a resolved ticket can be closed, and this one's status is {from}."
                )
            }
            Refusal::Transition { from, to, .. } => {
                let (from, to) = (from.label(locale), to.label(locale));
                say!(locale, "Un ticket no puede pasar de {from} a {to}.", "A ticket cannot go from {from} to {to}.")
            }
            Refusal::Closed { by: ActorKind::Customer } => locale
                .pick(
                    "Este ticket está cerrado y ya no admite cambios. Si aún necesitas ayuda, abre uno de seguimiento.",
                    "This ticket is closed and accepts no more changes. If you still need help, open a follow-up.",
                )
                .into(),
            Refusal::Closed { .. } => locale
                .pick(
                    "Este ticket está cerrado y solo admite notas internas.",
                    "This ticket is closed and accepts internal notes only.",
                )
                .into(),
            Refusal::ReopenOver { policy: Reopen::Within(Days(1)), .. } => locale
                .pick(
                    "Este ticket se resolvió hace más de un día. Si aún necesitas ayuda, abre uno de seguimiento.",
                    "This ticket was resolved more than one day ago. If you still need help, open a follow-up.",
                )
                .into(),
            Refusal::ReopenOver { policy: Reopen::Within(days), .. } if days.0 > 0 => {
                let days = days.0;
                say!(
                    locale,
                    "Este ticket se resolvió hace más de {days} días. Si aún necesitas ayuda, abre uno de seguimiento.",
                    "This ticket was resolved more than {days} days ago. If you still need help, open a follow-up."
                )
            }
            Refusal::ReopenOver { .. } => locale
                .pick(
                    "Este ticket ya está resuelto. Si aún necesitas ayuda, abre uno de seguimiento.",
                    "This ticket has been resolved. If you still need help, open a follow-up.",
                )
                .into(),
            Refusal::TooEarlyToClose { .. } => locale
                .pick(
                    "Este ticket se resolvió hace poco y todavía no se puede cerrar.",
                    "This ticket was resolved recently and cannot be closed yet.",
                )
                .into(),
            Refusal::AlreadyAssigned { .. } => {
                locale.pick("Otra persona ya atiende este ticket.", "Somebody else has this ticket already.").into()
            }
            Refusal::VersionConflict { changes, .. } if !changes.is_empty() => {
                let changes = listed(changes, locale);
                say!(
                    locale,
                    "El ticket ha cambiado mientras tanto: {changes}. Vuelve a cargarlo y revisa tu cambio.",
                    "The ticket has changed in the meantime: {changes}. Load it again and look at your change once more."
                )
            }
            Refusal::VersionConflict { .. } => locale
                .pick(
                    "El ticket ha cambiado mientras tanto. Vuelve a cargarlo y revisa tu cambio.",
                    "The ticket has changed in the meantime. Load it again and look at your change once more.",
                )
                .into(),
            Refusal::ConversationChanged { changes, .. } if !changes.is_empty() => {
                let changes = listed(changes, locale);
                say!(
                    locale,
                    "La conversación ha cambiado mientras tanto: {changes}.",
                    "The conversation has changed in the meantime: {changes}."
                )
            }
            Refusal::ConversationChanged { .. } => locale
                .pick("La conversación ha cambiado mientras tanto.", "The conversation has changed in the meantime.")
                .into(),
            Refusal::BotNotAllowed { .. } => locale
                .pick("El asistente virtual no puede escribir en este ticket.", "The virtual assistant may not write in this ticket.")
                .into(),
            Refusal::WaitOver { .. } => locale
                .pick("La espera debe terminar en el futuro.", "The wait must end in the future.")
                .into(),
            Refusal::ConversationFull { .. } => locale
                .pick(
                    "La conversación está completa y no admite este mensaje. Puede continuar en un ticket de seguimiento.",
                    "The conversation is full and has no room for this message. It can go on in a follow-up.",
                )
                .into(),
            Refusal::NotesFull { notes } => say!(
                locale,
                "El ticket ha alcanzado su máximo de notas ({notes}).",
                "The ticket has reached its greatest number of notes ({notes})."
            ),
            Refusal::TooManyReferences { limit } => say!(
                locale,
                "Un ticket admite hasta {limit} referencias.",
                "A ticket can have at most {limit} references."
            ),
            Refusal::TooManyTags { limit } => say!(
                locale,
                "Un ticket admite hasta {limit} etiquetas.",
                "A ticket can have at most {limit} tags."
            ),
            Refusal::TextTooLong { bytes, limit } => {
                let excess = bytes.saturating_sub(*limit);
                say!(
                    locale,
                    "El texto supera la longitud máxima: quita {excess} caracteres.",
                    "The text is too long: remove {excess} characters."
                )
            }
            Refusal::TooManyAttachments { limit: 0, .. } => locale
                .pick("Una nota interna no admite archivos.", "An internal note can have no files.")
                .into(),
            Refusal::TooManyAttachments { files, limit } => {
                let excess = files.saturating_sub(*limit);
                say!(
                    locale,
                    "Un mensaje admite hasta {limit} archivos: quita {excess}.",
                    "A message can have at most {limit} files: remove {excess}."
                )
            }
            Refusal::FileTooLarge { limit, .. } => {
                let limit = locale.size(*limit);
                say!(
                    locale,
                    "El archivo es demasiado grande: se admiten hasta {limit}.",
                    "The file is too large: up to {limit} are allowed."
                )
            }
            Refusal::MediaTypeNotAllowed { allowed, .. } => {
                let allowed: Vec<&str> = allowed.iter().map(|media_type| media_type.label(locale)).collect();
                let allowed = allowed.join(", ");
                say!(
                    locale,
                    "No se admite este tipo de archivo. Se admiten: {allowed}.",
                    "This type of file is not allowed. These are: {allowed}."
                )
            }
            Refusal::AttachmentsFull { limit, .. } => {
                let limit = locale.size(*limit);
                say!(
                    locale,
                    "Los archivos de este ticket llegarían a más de {limit}: quita alguno.",
                    "The files of this ticket would come to more than {limit}: remove some."
                )
            }
            Refusal::KeyConflict { .. } => locale
                .pick(
                    "Ya habías enviado otro texto con este formulario. Si quieres enviar también este, envíalo otra vez.",
                    "You have already sent another text with this form. If you want to send this one too, send it again.",
                )
                .into(),
            Refusal::FollowUpExists => locale
                .pick(
                    "Este ticket ya tiene una continuación. Puedes escribir en ella.",
                    "This ticket already has a follow-up. You can write there.",
                )
                .into(),
        }
    }
}

fn serialize_transition<S: Serializer>(
    from: &Status,
    to: &Status,
    by: &ActorKind,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Transition {
        from: Status,
        to: Status,
        by: ActorKind,
        allowed: Vec<Status>,
    }
    let allowed = from.next_for(*by).iter().collect();
    Transition { from: *from, to: *to, by: *by, allowed }.serialize(serializer)
}

/// Returns the first changes in a sentence, and the number of the others.
fn listed(changes: &[Event], locale: Locale) -> String {
    let (first, more) = changes.split_at(changes.len().min(3));
    let mut parts: Vec<String> = first.iter().map(|event| nameless(event, locale)).collect();
    match more.len() {
        0 => {}
        1 => parts.push(locale.pick("un cambio más", "one more change").into()),
        more => parts.push(say!(locale, "{more} cambios más", "{more} more changes")),
    }
    let last = parts.pop().unwrap_or_default();
    match parts.join(", ") {
        before if before.is_empty() => last,
        before => say!(locale, "{before} y {last}", "{before} and {last}"),
    }
}

/// Returns a change as a part of a sentence. Names are unknown here, so the previous assignee is
/// omitted.
fn nameless(event: &Event, locale: Locale) -> String {
    let mut event = event.clone();
    if let EventKind::AssigneeChanged { from, to: Some(_) } = &mut event.kind {
        *from = None;
    }
    let sentence = event.describe(locale, |_| locale.pick("otra persona", "somebody else").into());
    let mut chars = sentence.chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_json_has_the_code_and_the_details() {
        let (by, at) = (ActorKind::Customer, Timestamp::MIN);
        let resolved_at = "0001-01-01T00:00:00.000Z";
        let open = Refusal::Transition { from: Status::Open, to: Status::Open, by: ActorKind::Admin };
        let over = |policy| Refusal::ReopenOver { resolved_at: at, policy };
        let moved = Event { at, by: crate::Actor::System, version: 4, kind: EventKind::NoteAdded };
        for (refusal, details) in [
            (Refusal::NotPermitted { by }, json!({"by": "CUSTOMER"})),
            (
                open,
                json!({"from": "OPEN", "to": "OPEN", "by": "ADMIN", "allowed": ["IN_PROGRESS", "RESOLVED", "CLOSED"]}),
            ),
            (Refusal::Closed { by }, json!({"by": "CUSTOMER"})),
            (
                over(Reopen::Within(Days(14))),
                json!({"resolvedAt": resolved_at, "policy": {"withinDays": 14}}),
            ),
            (over(Reopen::Never), json!({"resolvedAt": resolved_at, "policy": "never"})),
            (
                Refusal::TooEarlyToClose { resolved_at: at, closes_at: at },
                json!({"resolvedAt": resolved_at, "closesAt": resolved_at}),
            ),
            (Refusal::AlreadyAssigned { to: UserId::parse("luis").unwrap() }, json!({"to": "luis"})),
            (
                Refusal::VersionConflict { expected: 3, found: 4, changes: vec![moved.clone()] },
                json!({"expected": 3, "found": 4, "changes": [moved.clone()]}),
            ),
            (
                Refusal::ConversationChanged {
                    status: Status::Open,
                    added: 1,
                    changes: vec![moved.clone()],
                },
                json!({"status": "OPEN", "added": 1, "changes": [moved]}),
            ),
            (
                Refusal::BotNotAllowed {
                    status: Status::Open,
                    first_response_at: Some(at),
                    handoff_at: None,
                },
                json!({"status": "OPEN", "firstResponseAt": resolved_at}),
            ),
            (Refusal::WaitOver { until: at }, json!({"until": resolved_at})),
            (
                Refusal::ConversationFull { messages: 1, bytes: 2, adding: 3 },
                json!({"messages": 1, "bytes": 2, "adding": 3}),
            ),
            (Refusal::NotesFull { notes: 200 }, json!({"notes": 200})),
            (Refusal::TooManyReferences { limit: 8 }, json!({"limit": 8})),
            (Refusal::TooManyTags { limit: 8 }, json!({"limit": 8})),
            (Refusal::TextTooLong { bytes: 2, limit: 1 }, json!({"bytes": 2, "limit": 1})),
            (Refusal::TooManyAttachments { files: 9, limit: 8 }, json!({"files": 9, "limit": 8})),
            (Refusal::FileTooLarge { bytes: 2, limit: 1 }, json!({"bytes": 2, "limit": 1})),
            (
                Refusal::MediaTypeNotAllowed {
                    found: Some(MediaType::ZIP),
                    allowed: vec![MediaType::PNG],
                },
                json!({"found": "application/zip", "allowed": ["image/png"]}),
            ),
            (
                Refusal::AttachmentsFull { bytes: 1, adding: 2, limit: 2 },
                json!({"bytes": 1, "adding": 2, "limit": 2}),
            ),
            (Refusal::KeyConflict { key: IdempotencyKey::parse("k").unwrap() }, json!({"key": "k"})),
            (Refusal::FollowUpExists, json!({})),
        ] {
            let mut expected = details;
            expected["code"] = refusal.code().into();
            assert_eq!(serde_json::to_value(&refusal).unwrap(), expected);
        }
    }
}
