//! The viewer of a page, and the people on it.

use std::{collections::HashMap, hash::BuildHasher, sync::Arc};

use async_trait::async_trait;
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
/// A page asks once, for all people on it: each id stands once in `ids`, in no particular order, and there
/// is at least one. Whoever isn't in the answer is shown by their role, such as *Soporte* or *Usuario*, and
/// answers for other ids are ignored.
///
/// Names are not worth a page: a directory that fails logs its error and answers with the people that it
/// knows, or with none, and the page still stands. A page waits for the answer, so a look-up that may hang
/// needs a time limit.
///
/// A directory over a table of users:
///
/// ```
/// use std::{collections::HashMap, time::Duration};
///
/// use async_trait::async_trait;
/// use ventanilla_service::{UserId, view::{Person, PersonDirectory}};
/// # #[derive(Debug)] struct DbError;
/// # struct Row { id: String, name: String, picture: Option<String> }
/// # struct Database;
/// # impl Database {
/// #     async fn users(&self, ids: &[&str]) -> Result<Vec<Row>, DbError> {
/// #         if ids == ["luis"] { return Err(DbError) }
/// #         Ok(vec![Row { id: ids[0].into(), name: "Ana Gómez".into(), picture: None }])
/// #     }
/// # }
///
/// struct Users {
///     database: Database,
/// }
///
/// #[async_trait]
/// impl PersonDirectory for Users {
///     async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
///         let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
///         // SELECT id, name, picture FROM users WHERE id = ANY($1)
///         let found = tokio::time::timeout(Duration::from_secs(1), self.database.users(&ids)).await;
///         let rows = match found {
///             Ok(Ok(rows)) => rows,
///             Ok(Err(error)) => {
///                 eprintln!("names could not be looked up: {error:?}");
///                 Vec::new()
///             }
///             Err(_) => Vec::new(),
///         };
///         let person = |row: Row| {
///             let person = Person { name: row.name, avatar_url: row.picture };
///             UserId::parse(&row.id).ok().map(|id| (id, person))
///         };
///         rows.into_iter().filter_map(person).collect()
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # let users = Users { database: Database };
/// # let (ana, luis) = (UserId::parse("ana").unwrap(), UserId::parse("luis").unwrap());
/// # assert_eq!(users.people(&[ana.clone()]).await, HashMap::from([(ana, Person::named("Ana Gómez"))]));
/// # assert!(users.people(&[luis]).await.is_empty());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A `HashMap` is a directory too, and `()` knows nobody. So are references to a directory, and one in an
/// `Arc` or a `Box`:
///
/// ```
/// use std::collections::HashMap;
/// use ventanilla_service::{UserId, view::{Person, PersonDirectory}};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (ana, eva) = (UserId::parse("ana")?, UserId::parse("eva")?);
/// let directory = HashMap::from([(ana.clone(), Person::named("Ana Gómez"))]);
/// let people = directory.people(&[ana.clone(), eva]).await;
/// assert_eq!(people, HashMap::from([(ana, Person::named("Ana Gómez"))]));
/// # Ok::<(), ventanilla_service::error::InvalidUserId>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait PersonDirectory: Send + Sync {
    /// Returns the people with these ids, as far as they are known.
    async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person>;
}

#[async_trait]
impl<S: BuildHasher + Send + Sync> PersonDirectory for HashMap<UserId, Person, S> {
    async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
        ids.iter().filter_map(|id| Some((id.clone(), self.get(id)?.clone()))).collect()
    }
}

macro_rules! forwarded {
    ($($pointer:ty)+) => {$(
        #[async_trait]
        impl<D: PersonDirectory + ?Sized> PersonDirectory for $pointer {
            async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
                (**self).people(ids).await
            }
        }
    )+};
}
forwarded!(&D Arc<D> Box<D>);

/// Knows nobody.
#[async_trait]
impl PersonDirectory for () {
    async fn people(&self, _: &[UserId]) -> HashMap<UserId, Person> {
        HashMap::new()
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
    /// Creates a person, named `unknown` if they aren't known or have no name.
    pub(crate) fn new(known: Option<Person>, unknown: &str) -> Self {
        let person = known.filter(|person| !person.name.trim().is_empty());
        person.unwrap_or_else(|| Person::named(unknown)).into()
    }
}

/// Person on a page with their id, for forms and links. Only pages of the desk have them.
///
/// As JSON: `{"id", "name", "avatarUrl", "initial"}`.
///
/// ```
/// use ventanilla_service::{UserId, view::{Person, PersonRef}};
///
/// let luis = UserId::parse("luis")?;
/// let assignee = PersonRef::new(&luis, Some(Person::named("Luis Paz")), "Soporte");
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
    /// Creates the reference to a person, named `unknown` if they aren't known or have no name.
    #[must_use]
    pub fn new(id: &UserId, known: Option<Person>, unknown: &str) -> Self {
        Self { id: id.to_string(), person: PersonView::new(known, unknown) }
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
