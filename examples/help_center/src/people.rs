//! Who the demo's people are. A host has a table of users of its own.

use serde::Deserialize;
use ventanilla_service::{
    UserId,
    view::{Person, PersonDirectory, PersonRef},
};

/// Who the demo's people are.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct People(Vec<Someone>);

/// One of them.
#[derive(Debug, Clone, Deserialize)]
pub struct Someone {
    /// The id by which tickets know them.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Where their picture is.
    #[serde(default)]
    pub avatar: Option<String>,
    /// What they are here.
    pub part: Part,
}

/// What somebody is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// They ask for help.
    Customer,
    /// They give it.
    Admin,
}

impl People {
    /// The people of the demo.
    #[must_use]
    pub fn demo() -> Self {
        // A mistake in the file would be found by every test.
        serde_json::from_str(include_str!("people.json")).unwrap_or(Self(Vec::new()))
    }

    /// The person of this id.
    #[must_use]
    pub fn get(&self, id: &UserId) -> Option<&Someone> {
        self.0.iter().find(|someone| someone.id == *id)
    }

    /// Returns whether this person works at the desk.
    #[must_use]
    pub fn is_admin(&self, id: &UserId) -> bool {
        self.get(id).is_some_and(|someone| someone.part == Part::Admin)
    }

    /// Those who play a part.
    pub fn of(&self, part: Part) -> impl Iterator<Item = &Someone> {
        self.0.iter().filter(move |someone| someone.part == part)
    }

    /// The same, to choose from on a page.
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
