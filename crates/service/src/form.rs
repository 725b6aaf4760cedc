//! Forms of a help centre.

use ventanilla_domain::{
    Explain, InvalidCategory, InvalidKey, InvalidText, Locale, NewTicket, TicketNumber,
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
    /// The honeypot: a field that people don't see. If it is filled in, the form is spam.
    pub honeypot: &'a str,
    /// The idempotency key that the page put in, if any; an empty one counts as none.
    pub key: Option<&'a str>,
}

/// Result of screening a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screened {
    /// A person sent it: create the ticket.
    Genuine(NewTicket),
    /// A program sent it: show the same thanks, with the decoy. Nothing is stored.
    Spam {
        /// A number like any other, of no ticket.
        decoy: TicketNumber,
    },
}

/// Errors of a form, field by field. The host keeps what was typed, so nothing is lost.
///
/// Its code is that of the first error.
///
/// ```
/// use ventanilla_service::{Explain, Form, HelpDesk, MemoryStore};
///
/// let desk = HelpDesk::new(MemoryStore::new());
/// let error = desk.screen(&Form { category: "BUG", ..Form::default() }).unwrap_err();
/// assert_eq!(error.code(), "text_empty");
/// assert!(error.category.is_none() && error.description.is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
#[non_exhaustive]
pub struct InvalidForm {
    /// Error of the category, also if the desk doesn't offer it.
    pub category: Option<InvalidCategory>,
    /// Error of the description.
    pub description: Option<InvalidText>,
    /// Error of the key.
    pub key: Option<InvalidKey>,
}

impl InvalidForm {
    pub(crate) fn errors(&self) -> impl Iterator<Item = &dyn Explain> {
        let category = self.category.as_ref().map(|error| error as &dyn Explain);
        let description = self.description.as_ref().map(|error| error as &dyn Explain);
        let key = self.key.as_ref().map(|error| error as &dyn Explain);
        [category, description, key].into_iter().flatten()
    }
}

impl Explain for InvalidForm {
    fn code(&self) -> &'static str {
        self.errors().next().map_or("invalid_form", Explain::code)
    }

    fn explain(&self, locale: Locale) -> String {
        let texts: Vec<String> = self.errors().map(|error| error.explain(locale)).collect();
        texts.join(" ")
    }
}
