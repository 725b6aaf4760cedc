//! Who does something, and who wrote a message.

use serde::{Deserialize, Serialize};

use crate::{Role, UserId};

/// Who makes a change. The host authenticates; this says for whom.
///
/// As JSON: `{"kind": "ADMIN", "id": "..."}`, without `id` for the bot and the system.
///
/// ```
/// use ventanilla_domain::{Actor, UserId};
///
/// let admin = Actor::Admin(UserId::parse("luis")?);
/// assert_eq!(serde_json::to_string(&admin).unwrap(), r#"{"kind":"ADMIN","id":"luis"}"#);
/// assert_eq!(admin.user().map(UserId::as_str), Some("luis"));
/// # Ok::<(), ventanilla_domain::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "UPPERCASE")]
pub enum Actor {
    /// A customer, on tickets of their own.
    Customer(UserId),
    /// An administrator, on every ticket.
    Admin(UserId),
    /// The host's bot, which only writes messages.
    Bot,
    /// The desk itself, which closes what has long been resolved.
    System,
}

crate::vocabulary::vocabulary! {
    /// The kind of an [`Actor`], on which the rules depend.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, ActorKind, Locale};
    ///
    /// assert_eq!(Actor::System.kind(), ActorKind::System);
    /// assert_eq!(ActorKind::System.label(Locale::Es), "Sistema");
    /// ```
    ActorKind, UnknownActorKind, "unknown_actor_kind", "No existe el tipo de actor", "There is no kind of actor";
    /// A customer.
    Customer = "CUSTOMER", "Cliente", "Customer";
    /// An administrator.
    Admin = "ADMIN", "Soporte", "Support";
    /// The bot.
    Bot = "BOT", "Asistente virtual", "Virtual assistant";
    /// The desk itself.
    System = "SYSTEM", "Sistema", "System";
}

impl Actor {
    /// The kind of this actor.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, ActorKind};
    ///
    /// assert_eq!(Actor::Bot.kind(), ActorKind::Bot);
    /// ```
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        match self {
            Actor::Customer(_) => ActorKind::Customer,
            Actor::Admin(_) => ActorKind::Admin,
            Actor::Bot => ActorKind::Bot,
            Actor::System => ActorKind::System,
        }
    }

    /// The administrator, where it is one.
    pub(crate) const fn admin(&self) -> Option<&UserId> {
        match self {
            Actor::Admin(id) => Some(id),
            Actor::Customer(_) | Actor::Bot | Actor::System => None,
        }
    }

    /// The person, where there is one.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Actor::Bot.user(), None);
    /// ```
    #[must_use]
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Actor::Customer(id) | Actor::Admin(id) => Some(id),
            Actor::Bot | Actor::System => None,
        }
    }

    /// As whom this actor writes messages; the system writes none.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, Author};
    ///
    /// assert_eq!(Actor::Bot.author(), Some(Author::Bot));
    /// assert_eq!(Actor::System.author(), None);
    /// ```
    #[must_use]
    pub fn author(&self) -> Option<Author> {
        match self {
            Actor::Customer(_) => Some(Author::Requester),
            Actor::Admin(id) => Some(Author::Admin(Some(id.clone()))),
            Actor::Bot => Some(Author::Bot),
            Actor::System => None,
        }
    }
}

/// Who wrote a message. What the user says is always the requester's: nobody else may.
///
/// ```
/// use ventanilla_domain::{Author, Role};
///
/// assert_eq!(Author::Requester.role(), Role::User);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Author {
    /// The ticket's requester.
    Requester,
    /// An administrator; which one isn't known for messages that another application wrote.
    Admin(Option<UserId>),
    /// The bot.
    Bot,
}

impl Author {
    /// In what part they speak.
    ///
    /// ```
    /// use ventanilla_domain::{Author, Role};
    ///
    /// assert_eq!(Author::Bot.role(), Role::SupportBot);
    /// ```
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Author::Requester => Role::User,
            Author::Admin(_) => Role::Admin,
            Author::Bot => Role::SupportBot,
        }
    }

    /// Returns whether a message of theirs is a response: an administrator's who isn't the requester.
    pub(crate) fn is_response_to(&self, requester: &UserId) -> bool {
        matches!(self, Author::Admin(_)) && self.user(requester) != Some(requester)
    }

    /// Who they are, given the ticket's requester, where that is known.
    ///
    /// ```
    /// use ventanilla_domain::{Author, UserId};
    ///
    /// let ana = UserId::parse("ana")?;
    /// assert_eq!(Author::Requester.user(&ana), Some(&ana));
    /// assert_eq!(Author::Bot.user(&ana), None);
    /// # Ok::<(), ventanilla_domain::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn user<'a>(&'a self, requester: &'a UserId) -> Option<&'a UserId> {
        match self {
            Author::Requester => Some(requester),
            Author::Admin(id) => id.as_ref(),
            Author::Bot => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_takes_no_more_room_than_an_id() {
        assert_eq!(size_of::<Author>(), size_of::<UserId>());
    }
}
