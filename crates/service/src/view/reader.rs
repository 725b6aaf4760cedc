//! For whom a page is made, and who the people on it are.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, TimeZone, UserId};

/// For whom a page is made: their language and their time zone.
///
/// ```
/// use ventanilla_service::{Locale, TimeZone, Viewer};
///
/// let reader = Viewer::new(TimeZone::named("America/Argentina/Buenos_Aires")?);
/// assert_eq!(reader.locale, Locale::Es);
/// let visitor = Viewer { locale: Locale::En, ..reader };
/// # Ok::<(), ventanilla_service::InvalidTimeZone>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Their language.
    pub locale: Locale,
    /// Their time zone, in which every date and time is written.
    pub time_zone: TimeZone,
}

impl Viewer {
    /// A reader of Spanish.
    #[must_use]
    pub const fn new(time_zone: TimeZone) -> Self {
        Self { locale: Locale::Es, time_zone }
    }
}

/// Who the people are whom the tickets know by their ids. The host supplies it: a map, or whatever
/// it has at hand. A reference, an `Arc` or a `Box` of one is one too.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{PersonDirectory, Person, UserId};
///
/// let ana = UserId::parse("65a1f0c2e4b0a1b2c3d4e5f6")?;
/// let directory = HashMap::from([(ana.clone(), Person::named("Ana Gómez"))]);
/// assert_eq!(directory.person(&ana).map(|person| person.name), Some("Ana Gómez".into()));
/// # Ok::<(), ventanilla_service::InvalidUserId>(())
/// ```
pub trait PersonDirectory {
    /// The person of this id, if known.
    fn person(&self, id: &UserId) -> Option<Person>;
}

impl PersonDirectory for HashMap<UserId, Person> {
    fn person(&self, id: &UserId) -> Option<Person> {
        self.get(id).cloned()
    }
}

macro_rules! forwarded {
    ($($pointer:ty)+) => {$(
        impl<D: PersonDirectory + ?Sized> PersonDirectory for $pointer {
            fn person(&self, id: &UserId) -> Option<Person> {
                (**self).person(id)
            }
        }
    )+};
}
forwarded!(&D Arc<D> Box<D>);

/// A directory in which nobody stands.
impl PersonDirectory for () {
    fn person(&self, _: &UserId) -> Option<Person> {
        None
    }
}

/// How a person is shown.
///
/// ```
/// use ventanilla_service::Person;
///
/// let ana = Person { avatar_url: Some("/avatares/ana.png".into()), ..Person::named("Ana Gómez") };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Where their picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl Person {
    /// A person without a picture.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), avatar_url: None }
    }
}

/// A person on a page: a name, and a picture or else an initial.
///
/// ```
/// use ventanilla_service::{PersonView, Person};
///
/// let badge = PersonView::from(Person::named("  élida Ruiz"));
/// assert_eq!(badge.initial, "É");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PersonView {
    /// Their name.
    pub name: String,
    /// Where their picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The first letter or digit of the name, in capitals, for where there is no picture.
    pub initial: String,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        let first = person.name.chars().find(|character| character.is_alphanumeric());
        let initial = first.map_or_else(|| "?".into(), |letter| letter.to_uppercase().collect());
        Self { name: person.name, avatar_url: person.avatar_url, initial }
    }
}

impl PersonView {
    /// The badge of a person, under another name where the directory doesn't know them.
    pub(crate) fn of(
        id: Option<&UserId>,
        directory: &(impl PersonDirectory + ?Sized),
        unknown: &str,
    ) -> Self {
        let known = id.and_then(|id| directory.person(id));
        let person = known.filter(|person| !person.name.trim().is_empty());
        person.unwrap_or_else(|| Person::named(unknown)).into()
    }
}

/// A person on a page whom it must be able to name in a form or a link: a badge with their id.
///
/// As JSON: `{"id", "name", "avatarUrl", "initial"}`. Only pages for the desk have them.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{PersonRef, Person, UserId};
///
/// let luis = UserId::parse("luis")?;
/// let people = HashMap::from([(luis.clone(), Person::named("Luis Paz"))]);
/// let badge = PersonRef::new(&luis, &people, "Soporte");
/// assert_eq!((badge.id.as_str(), badge.badge.name.as_str()), ("luis", "Luis Paz"));
/// # Ok::<(), ventanilla_service::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PersonRef {
    /// Their id, as the host gave it.
    pub id: String,
    /// How they are shown.
    #[serde(flatten)]
    pub badge: PersonView,
}

impl PersonRef {
    /// The badge of a person, under another name where the directory doesn't know them: for a list
    /// of the administrators to choose from, say.
    #[must_use]
    pub fn new(id: &UserId, directory: &(impl PersonDirectory + ?Sized), unknown: &str) -> Self {
        Self { id: id.to_string(), badge: PersonView::of(Some(id), directory, unknown) }
    }
}

/// A word of a closed set: the stable one for the page's style sheet, and the one to show.
///
/// ```
/// use ventanilla_service::{Label, Locale, Status};
///
/// let label = Label::new(Status::Open.as_str(), Status::Open.label(Locale::Es));
/// assert_eq!((label.code.as_str(), label.text.as_str()), ("OPEN", "Abierto"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The stable word, such as `IN_PROGRESS`.
    pub code: String,
    /// The word to show, such as `En progreso`.
    pub text: String,
}

impl Label {
    /// A label.
    #[must_use]
    pub fn new(code: &str, text: &str) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}
