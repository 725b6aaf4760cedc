//! Forms of a help centre.

use ventanilla_domain::{
    Category, Explain, InvalidCategory, InvalidKey, InvalidText, Locale, NewTicket, TicketNumber,
};

/// Form of a help centre, as it was submitted.
///
/// ```
/// use ventanilla_service::{Form, HelpDesk, MemoryStore, Screened};
///
/// let desk = HelpDesk::new(MemoryStore::new());
/// let form = Form { category: "PAGOS", description: "Me cobraron dos veces", ..Form::default() };
/// assert!(matches!(desk.screen(&form)?, Screened::Genuine(_)));
///
/// let filled_in = Form { honeypot: "http://example.com", ..form };
/// let Screened::Spam { decoy } = desk.screen(&filled_in)? else { panic!("it is spam") };
/// assert!(decoy.as_str().starts_with("TKT-"));
/// # Ok::<(), ventanilla_service::error::InvalidForm>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<'a> {
    /// The chosen category.
    pub category: &'a str,
    /// The description of the problem.
    pub description: &'a str,
    /// The honeypot: a field that people don't see. With anything but white space in it, the form is spam.
    pub honeypot: &'a str,
    /// The idempotency key that the page put in, if any; an empty one counts as none, as in
    /// [`IdempotencyKey::optional`](crate::IdempotencyKey::optional).
    pub key: Option<&'a str>,
}

/// Result of screening a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screened {
    /// A person sent it: create the ticket.
    Genuine(NewTicket),
    /// A program sent it: give the same answer, with the decoy as the number. Nothing is stored.
    Spam {
        /// A number like any other, of no ticket.
        decoy: TicketNumber,
    },
}

/// Errors of a form, field by field. The host keeps what was typed, so nothing is lost.
///
/// [`fields`](Self::fields) gives the error of each invalid field, to be shown beside it. As an error
/// itself, its code is that of the first one and its text has the texts of all.
///
/// ```
/// use ventanilla_service::{Explain, Form, HelpDesk, Locale, MemoryStore};
///
/// let desk = HelpDesk::new(MemoryStore::new());
/// let error = desk.screen(&Form { category: "FACTURAS", ..Form::default() }).unwrap_err();
/// let fields = error.fields().map(|(name, error)| (name, error.code(), error.explain(Locale::Es)));
/// assert_eq!(fields.collect::<Vec<_>>(), [
///     ("category", "category_not_offered", "La categoría no está disponible.".to_owned()),
///     ("description", "text_empty", "Cuéntanos qué pasó.".to_owned()),
/// ]);
/// assert_eq!(error.code(), "category_not_offered");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
#[non_exhaustive]
pub struct InvalidForm {
    /// Error of the category, also if the desk doesn't offer it.
    pub category: Option<RefusedCategory>,
    /// Error of the description.
    pub description: Option<InvalidDescription>,
    /// Error of the key.
    pub key: Option<InvalidKey>,
}

impl InvalidForm {
    /// Returns the name and the error of each invalid field of the [`Form`], in its order: `category`,
    /// `description`, `key`.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &dyn Explain)> {
        let category = self.category.as_ref().map(|error| ("category", error as &dyn Explain));
        let description = self.description.as_ref().map(|error| ("description", error as &dyn Explain));
        let key = self.key.as_ref().map(|error| ("key", error as &dyn Explain));
        [category, description, key].into_iter().flatten()
    }
}

/// Description of a form that is invalid. Where nothing was written, its text asks for the description;
/// otherwise it is that of the [`InvalidText`].
///
/// ```
/// use ventanilla_service::{Explain, Locale, MessageText, error::InvalidDescription};
///
/// let error = InvalidDescription::from(MessageText::parse("").unwrap_err());
/// assert_eq!(error.code(), "text_empty");
/// assert_eq!(error.explain(Locale::Es), "Cuéntanos qué pasó.");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidDescription(#[from] InvalidText);

impl InvalidDescription {
    /// Returns the offending value, or its start, as [`InvalidText::value`] does.
    #[must_use]
    pub fn value(&self) -> &str {
        self.0.value()
    }
}

impl Explain for InvalidDescription {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn explain(&self, locale: Locale) -> String {
        match self.0.code() {
            "text_empty" => locale.pick("Cuéntanos qué pasó.", "Tell us what happened.").into(),
            "text_blank" => locale
                .pick(
                    "Cuéntanos qué pasó: solo hay espacios.",
                    "Tell us what happened: there are only spaces.",
                )
                .into(),
            _ => self.0.explain(locale),
        }
    }
}

/// Category of a form that is invalid, or that the desk doesn't offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedCategory {
    /// No category is written like this.
    #[error(transparent)]
    Invalid(#[from] InvalidCategory),
    /// The desk doesn't offer it.
    #[error(transparent)]
    NotOffered(#[from] CategoryNotOffered),
}

impl RefusedCategory {
    /// Returns the offending value, or its start: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            RefusedCategory::Invalid(error) => error.value(),
            RefusedCategory::NotOffered(error) => error.category.as_str(),
        }
    }
}

impl Explain for RefusedCategory {
    fn code(&self) -> &'static str {
        match self {
            RefusedCategory::Invalid(error) => error.code(),
            RefusedCategory::NotOffered(error) => error.code(),
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match self {
            RefusedCategory::Invalid(error) => error.explain(locale),
            RefusedCategory::NotOffered(error) => error.explain(locale),
        }
    }
}

/// Category that the desk doesn't offer; its code is `category_not_offered`.
///
/// ```
/// use ventanilla_service::{Category, Explain, Locale, error::CategoryNotOffered};
///
/// let error = CategoryNotOffered { category: Category::parse("FACTURAS")? };
/// assert_eq!(error.explain(Locale::Es), "La categoría no está disponible.");
/// # Ok::<(), ventanilla_service::error::InvalidCategory>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the desk does not offer the category {:?}", category.as_str())]
pub struct CategoryNotOffered {
    /// The category.
    pub category: Category,
}

impl Explain for CategoryNotOffered {
    fn code(&self) -> &'static str {
        "category_not_offered"
    }

    fn explain(&self, locale: Locale) -> String {
        locale.pick("La categoría no está disponible.", "The category is not available.").into()
    }
}

impl Explain for InvalidForm {
    fn code(&self) -> &'static str {
        self.fields().next().map_or("invalid_form", |(_, error)| error.code())
    }

    fn explain(&self, locale: Locale) -> String {
        let texts: Vec<String> = self.fields().map(|(_, error)| error.explain(locale)).collect();
        texts.join(" ")
    }
}
