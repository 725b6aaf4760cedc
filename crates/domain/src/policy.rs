//! Settings of a desk: limits, reopening and closing.

use serde::Serialize;

use crate::{AttachmentPolicy, Days, EnumSet, Explain, Locale, MessageText, Sla, Status, locale::say};

/// Settings of a desk, for all its tickets.
///
/// ```
/// use ventanilla_domain::{Days, Limits, Policy, Reopen};
///
/// let policy = Policy {
///     reopen: Reopen::Within(Days(7)),
///     limits: Limits::default().with_messages(200)?,
///     ..Policy::default()
/// };
/// assert_eq!(policy.close_after, Days(14));
/// # Ok::<(), ventanilla_domain::InvalidLimit>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Limits of the sizes of texts, conversations and lists.
    pub limits: Limits,
    /// The time within which a requester's message reopens a resolved ticket.
    pub reopen: Reopen,
    /// The time for which a ticket stays resolved before the system may close it.
    pub close_after: Days,
    /// SLA targets and calendar; without them no timers run.
    pub sla: Option<Sla>,
    /// Conditions under which the bot may write in a conversation.
    pub bot: BotPolicy,
    /// Limits of the files attached to messages.
    pub attachments: AttachmentPolicy,
}

/// Conditions under which the bot may write in a conversation. Notes and drafts aren't affected.
///
/// The bot may never write in a closed ticket, nor while a ticket that it
/// [handed over](crate::Change::hand_over) waits for a human.
///
/// ```
/// use ventanilla_domain::{BotPolicy, Policy, Status};
///
/// // The bot answers open tickets only, and none that a human has answered.
/// let bot = BotPolicy { statuses: Status::Open.into(), until_first_response: true };
/// let policy = Policy { bot, ..Policy::default() };
/// assert!(!policy.bot.statuses.contains(Status::InProgress));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BotPolicy {
    /// The statuses under which it may write.
    pub statuses: EnumSet<Status>,
    /// True if it may write only until the first response of an administrator.
    pub until_first_response: bool,
}

impl Default for BotPolicy {
    /// Allows the bot to write in every ticket that isn't closed.
    fn default() -> Self {
        Self { statuses: !EnumSet::only(Status::Closed), until_first_response: false }
    }
}

/// Time within which a requester's message reopens a resolved ticket; afterwards a follow-up is
/// offered.
///
/// ```
/// use ventanilla_domain::{Days, Reopen};
///
/// assert_eq!(Reopen::default(), Reopen::Within(Days(14)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reopen {
    /// For this many days after it was resolved, to the millisecond and inclusive.
    #[serde(rename = "withinDays")]
    Within(Days),
    /// Until it is closed.
    Always,
    /// Never.
    Never,
}

impl Default for Reopen {
    fn default() -> Self {
        Reopen::Within(Days::default())
    }
}

/// Limits of the size of a ticket. Each can be lowered, none raised.
///
/// At the limit of the conversation the requester can write no more, while status changes still
/// work. Notes and history have limits of their own, so they never prevent the requester from
/// writing.
///
/// ```
/// use ventanilla_domain::Limits;
///
/// let limits = Limits::default().with_text_bytes(2_000)?;
/// assert_eq!(limits.text_bytes(), 2_000);
/// assert!(Limits::default().with_messages(1_001).is_err());
/// # Ok::<(), ventanilla_domain::InvalidLimit>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    text_bytes: u32,
    messages: u32,
    conversation_bytes: u32,
    notes: u32,
    history: u32,
}

/// Error of a limit that is zero or above its maximum; its code is `invalid_limit`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidLimit {
    name: &'static str,
    value: u32,
    ceiling: u32,
}

const CEILING: Limits = Limits {
    text_bytes: MessageText::MAX_BYTES as u32,
    messages: 1_000,
    conversation_bytes: 1024 * 1024,
    notes: 200,
    history: 500,
};

impl Default for Limits {
    /// Returns the maximum of each limit.
    fn default() -> Self {
        CEILING
    }
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident, $with:ident;)+) => {
        impl Limits {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(&self) -> u32 {
                    self.$name
                }

                #[doc = concat!("Lowers [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                ///
                /// # Errors
                ///
                /// [`InvalidLimit`] if it is zero or above the default.
                pub const fn $with(mut self, value: u32) -> Result<Self, InvalidLimit> {
                    let ceiling = CEILING.$name;
                    if value == 0 || value > ceiling {
                        return Err(InvalidLimit { name: stringify!($name), value, ceiling });
                    }
                    self.$name = value;
                    Ok(self)
                }
            )+
        }
    };
}

limits! {
    /// Returns the maximum bytes of one description, message or note: at most 16 KiB.
    text_bytes, with_text_bytes;
    /// Returns the maximum number of messages of a conversation: at most 1,000.
    messages, with_messages;
    /// Returns the maximum bytes of text in a conversation: at most 1 MiB.
    conversation_bytes, with_conversation_bytes;
    /// Returns the maximum number of notes of a ticket: at most 200.
    notes, with_notes;
    /// Returns the number of events that a ticket's history keeps, the newest: at most 500.
    history, with_history;
}

impl InvalidLimit {
    /// Returns the offending value.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.value
    }
}

impl Explain for InvalidLimit {
    fn code(&self) -> &'static str {
        "invalid_limit"
    }

    fn explain(&self, locale: Locale) -> String {
        let Self { name, value, ceiling } = self;
        say!(
            locale,
            "El límite {name} debe estar entre 1 y {ceiling}, y es {value}.",
            "The limit {name} must lie between 1 and {ceiling}, and is {value}."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_can_only_be_lowered() {
        let limits = Limits::default();
        assert!(limits.with_notes(1).is_ok());
        for bad in [0, 201] {
            let error = limits.with_notes(bad).unwrap_err();
            assert_eq!((error.code(), error.value()), ("invalid_limit", bad));
        }
        assert!(limits.with_conversation_bytes(1024 * 1024 + 1).is_err());
    }
}
