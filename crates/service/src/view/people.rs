//! The viewer of a page, and the people on it.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, TimeZone, UserId};

/// Viewer of a page: language and time zone.
///
/// ```
/// use ventanilla_service::{Locale, TimeZone, view::Viewer};
///
/// let spanish = Viewer::new(TimeZone::named("America/Argentina/Buenos_Aires")?);
/// assert_eq!(spanish.locale, Locale::Es);
/// let english = spanish.with_locale(Locale::En);
/// # Ok::<(), ventanilla_service::error::InvalidTimeZone>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The language.
    pub locale: Locale,
    /// The time zone of all dates and times.
    pub time_zone: TimeZone,
}

impl Viewer {
    /// Creates a viewer who reads Spanish, the default language; [`with_locale`](Self::with_locale)
    /// sets another.
    #[must_use]
    pub const fn new(time_zone: TimeZone) -> Self {
        Self { locale: Locale::Es, time_zone }
    }

    /// Sets the language, such as that of a request:
    /// [`Locale::from_accept_language`].
    #[doc(alias = "language")]
    #[must_use]
    pub const fn with_locale(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }
}

/// Names and pictures of people by user id, supplied by the host.
///
/// A `HashMap` is one, as are references to one, and `()` knows nobody.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{UserId, view::{Person, PersonDirectory}};
///
/// let ana = UserId::parse("65a1f0c2e4b0a1b2c3d4e5f6")?;
/// let people = HashMap::from([(ana.clone(), Person::named("Ana Gómez"))]);
/// assert_eq!(people.person(&ana).map(|person| person.name), Some("Ana Gómez".into()));
/// # Ok::<(), ventanilla_service::error::InvalidUserId>(())
/// ```
pub trait PersonDirectory: Sync {
    /// Returns the person with this id, if known.
    fn person(&self, id: &UserId) -> Option<Person>;
}

impl<S: std::hash::BuildHasher + Sync> PersonDirectory for HashMap<UserId, Person, S> {
    fn person(&self, id: &UserId) -> Option<Person> {
        self.get(id).cloned()
    }
}

macro_rules! forwarded {
    ($($pointer:ty)+) => {$(
        impl<D: PersonDirectory + Send + ?Sized> PersonDirectory for $pointer {
            fn person(&self, id: &UserId) -> Option<Person> {
                (**self).person(id)
            }
        }
    )+};
}
forwarded!(&D Arc<D> Box<D>);

/// Knows nobody.
impl PersonDirectory for () {
    fn person(&self, _: &UserId) -> Option<Person> {
        None
    }
}

/// Person as the host knows them.
///
/// ```
/// use ventanilla_service::view::Person;
///
/// let ana = Person { avatar_url: Some("/avatares/ana.png".into()), ..Person::named("Ana Gómez") };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl Person {
    /// Creates a person without a picture.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), avatar_url: None }
    }
}

/// Person on a page: a name, and a picture or an initial.
///
/// ```
/// use ventanilla_service::view::{Person, PersonView};
///
/// let person = PersonView::from(Person::named("  élida Ruiz"));
/// assert_eq!(person.initial, "É");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PersonView {
    /// The name.
    pub name: String,
    /// The address of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The first letter or digit of the name, upper case, to show without a picture.
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
    /// Returns a person, named `unknown` if the directory doesn't know them.
    pub(crate) fn of(id: Option<&UserId>, people: &dyn PersonDirectory, unknown: &str) -> Self {
        let known = id.and_then(|id| people.person(id));
        let person = known.filter(|person| !person.name.trim().is_empty());
        person.unwrap_or_else(|| Person::named(unknown)).into()
    }
}

/// Person on a page with their id, for forms and links. Only pages of the desk have them.
///
/// As JSON: `{"id", "name", "avatarUrl", "initial"}`.
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{UserId, view::{Person, PersonRef}};
///
/// let luis = UserId::parse("luis")?;
/// let people = HashMap::from([(luis.clone(), Person::named("Luis Paz"))]);
/// let assignee = PersonRef::new(&luis, &people, "Soporte");
/// assert_eq!((assignee.id.as_str(), assignee.person.name.as_str()), ("luis", "Luis Paz"));
/// # Ok::<(), ventanilla_service::error::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PersonRef {
    /// The user id.
    pub id: String,
    /// The person.
    #[serde(flatten)]
    pub person: PersonView,
}

impl PersonRef {
    /// Creates the reference to a person, named `unknown` if the directory doesn't know them.
    #[must_use]
    pub fn new(id: &UserId, people: &dyn PersonDirectory, unknown: &str) -> Self {
        Self { id: id.to_string(), person: PersonView::of(Some(id), people, unknown) }
    }
}

/// Value of a vocabulary: a stable code for programs and style sheets, and a text to show.
///
/// ```
/// use ventanilla_service::{Locale, Status, view::Label};
///
/// let label = Label::new(Status::Open.as_str(), Status::Open.label(Locale::Es));
/// assert_eq!((label.code.as_str(), label.text.as_str()), ("OPEN", "Abierto"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The stable code, such as `IN_PROGRESS`.
    pub code: String,
    /// The text to show, such as `En progreso`.
    pub text: String,
}

impl Label {
    /// Creates a label.
    #[must_use]
    pub fn new(code: &str, text: &str) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}
