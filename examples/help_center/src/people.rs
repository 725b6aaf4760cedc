//! People of the demo; a host has a table of users of its own.

use serde::Deserialize;
use ventanilla_service::{
    UserId,
    view::{Person, PersonDirectory, PersonRef},
};

/// People of the demo.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct People(Vec<Someone>);

/// Person of the demo.
#[derive(Debug, Clone, Deserialize)]
pub struct Someone {
    /// Id in tickets.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Address of their picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Their role.
    pub part: Part,
}

/// Role of a person in the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Asks for help.
    Customer,
    /// Works at the desk.
    Admin,
}

impl People {
    /// Returns the people of the demo.
    #[must_use]
    pub fn demo() -> Self {
        // A mistake in the file would be found by every test.
        serde_json::from_str(include_str!("people.json")).unwrap_or(Self(Vec::new()))
    }

    /// Returns the person with this id.
    #[must_use]
    pub fn get(&self, id: &UserId) -> Option<&Someone> {
        self.0.iter().find(|someone| someone.id == *id)
    }

    /// Returns whether this person works at the desk.
    #[must_use]
    pub fn is_admin(&self, id: &UserId) -> bool {
        self.get(id).is_some_and(|someone| someone.part == Part::Admin)
    }

    /// Returns the people with this role.
    pub fn of(&self, part: Part) -> impl Iterator<Item = &Someone> {
        self.0.iter().filter(move |someone| someone.part == part)
    }

    /// Returns the people with this role as options of a page.
    pub(crate) fn choices(&self, part: Part) -> Vec<PersonRef> {
        self.of(part).map(|someone| PersonRef::new(&someone.id, self, "")).collect()
    }
}

impl PersonDirectory for People {
    fn person(&self, id: &UserId) -> Option<Person> {
        let someone = self.get(id)?;
        Some(Person { name: someone.name.clone(), avatar_url: someone.avatar.clone() })
    }
}
