//! People of the demo; a host has a table of users of its own.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use ventanilla_service::{
    UserId,
    ticket::Reference,
    view::{Person, PersonDirectory, PersonRef},
};

use crate::about::ORDER;

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
    /// Numbers of their orders.
    #[serde(default)]
    pub orders: Vec<String>,
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

    /// Returns the orders of a person, as what a ticket may be about.
    pub(crate) fn orders(&self, id: &UserId) -> Vec<Reference> {
        let orders = self.get(id).map_or(&[][..], |someone| &someone.orders);
        orders.iter().filter_map(|number| Reference::new(ORDER, number).ok()).collect()
    }

    /// Returns the people with this role as options of a page.
    pub(crate) fn choices(&self, part: Part) -> Vec<PersonRef> {
        self.of(part).map(|someone| PersonRef::new(&someone.id, Some(someone.shown()), "")).collect()
    }
}

impl Someone {
    /// Returns the person as pages show them.
    pub(crate) fn shown(&self) -> Person {
        let mut name: String = self.name.chars().take(LONGEST_NAME).collect();
        if name.len() < self.name.len() {
            name.push('…');
        }
        Person { name, avatar_url: self.avatar.clone() }
    }
}

#[async_trait]
impl PersonDirectory for People {
    async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
        ids.iter().filter_map(|id| Some((id.clone(), self.get(id)?.shown()))).collect()
    }
}

/// Maximum number of characters of a name that pages show.
const LONGEST_NAME: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_length_fits_on_a_page() {
        for (length, shown) in [(80, 80), (81, 81), (16 * 1024, 81)] {
            let someone = Someone {
                id: UserId::parse("ana").unwrap(),
                name: "ñ".repeat(length),
                avatar: None,
                part: Part::Customer,
                orders: Vec::new(),
            };
            let name = someone.shown().name;
            assert_eq!((name.chars().count(), name.ends_with('…')), (shown, length > 80));
        }
    }
}
