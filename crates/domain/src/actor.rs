//! Actors, who make changes, and authors, who write messages.

use serde::{Deserialize, Serialize};

use crate::{Role, UserId};

/// The person or program that makes a change. The host authenticates it.
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
    /// A customer, who acts on their own tickets.
    Customer(UserId),
    /// An administrator, who acts on every ticket.
    Admin(UserId),
    /// The host's bot, which only writes messages.
    Bot,
    /// The desk itself, which closes tickets that were resolved long ago.
    System,
}

crate::vocabulary::vocabulary! {
    /// Kind of an [`Actor`], on which the rules depend.
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
    /// Returns the kind of this actor.
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

    /// Returns the administrator's id, if it is one.
    pub(crate) const fn admin(&self) -> Option<&UserId> {
        match self {
            Actor::Admin(id) => Some(id),
            Actor::Customer(_) | Actor::Bot | Actor::System => None,
        }
    }

    /// Returns the person's id; `None` for the bot and the system.
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

    /// Returns the author of the messages that this actor writes; `None` for the system.
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

/// The author of a message. A message with the role `USER` is always the requester's.
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
    /// An administrator, without an id if another application wrote the message.
    Admin(Option<UserId>),
    /// The bot.
    Bot,
}

impl Author {
    /// Returns the role in which they write.
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

    /// Returns whether their message is a response: that of an administrator who isn't the
    /// requester.
    pub(crate) fn is_response_to(&self, requester: &UserId) -> bool {
        matches!(self, Author::Admin(_)) && self.user(requester) != Some(requester)
    }

    /// Returns the author's id, given the ticket's requester; `None` if it isn't known.
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
    fn an_author_has_the_size_of_an_id() {
        assert_eq!(size_of::<Author>(), size_of::<UserId>());
    }
}
