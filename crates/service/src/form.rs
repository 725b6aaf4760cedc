//! A form that someone, or something, has sent.

use tracing::instrument;
use ventanilla_domain::{
    Category, Explain, IdempotencyKey, InvalidCategory, InvalidKey, InvalidText, Locale, MessageText,
    NewTicket, TicketNumber,
};

use crate::{HelpDesk, desk::tell};

/// The form of a help centre, as it was submitted.
///
/// ```
/// use ventanilla_service::{Form, HelpDesk, MemoryStore, Screened};
///
/// let desk = HelpDesk::new(MemoryStore::new());
/// let form = Form { category: "PAGOS", description: "Me cobraron dos veces", ..Form::default() };
/// assert!(matches!(desk.screen(&form)?, Screened::Genuine(_)));
///
/// let filled_by_a_bot = Form { honeypot: "http://example.com", ..form };
/// let Screened::Spam { decoy } = desk.screen(&filled_by_a_bot)? else { panic!("it fell in") };
/// assert!(decoy.as_str().starts_with("TKT-"));
/// # Ok::<(), ventanilla_service::InvalidForm>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<'a> {
    /// The category that was chosen.
    pub category: &'a str,
    /// The description that was written.
    pub description: &'a str,
    /// The field that people don't see: whoever fills it is a bot.
    pub honeypot: &'a str,
    /// The idempotency key that the page put in, if it did; an empty one is none.
    pub key: Option<&'a str>,
}

/// What a form turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screened {
    /// A person's: open it.
    Genuine(NewTicket),
    /// A bot's: show the same thanks, with this number. Nothing is stored.
    Spam {
        /// A number like any other, of no ticket.
        decoy: TicketNumber,
    },
}

/// What is wrong with a form, field by field; the texts stay with the host, so nothing is lost.
///
/// Its code is that of the first problem.
///
/// ```
/// use ventanilla_service::{Explain, Form, HelpDesk, Locale, MemoryStore};
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
    /// What is wrong with the category.
    pub category: Option<InvalidCategory>,
    /// What is wrong with the description.
    pub description: Option<InvalidText>,
    /// What is wrong with the key.
    pub key: Option<InvalidKey>,
}

impl HelpDesk {
    /// Tells a person's form from a bot's, and reads a person's.
    ///
    /// # Errors
    ///
    /// [`InvalidForm`] if a person's form has fields that can't be read; a bot's always passes.
    #[instrument(name = "ventanilla.screen", skip_all, fields(outcome))]
    pub fn screen(&self, form: &Form<'_>) -> Result<Screened, InvalidForm> {
        if !form.honeypot.is_empty() {
            tell("outcome", "bot");
            return Ok(Screened::Spam { decoy: self.decoy() });
        }
        let category = Category::parse(form.category);
        let description = MessageText::parse(form.description);
        let key = form.key.filter(|key| !key.is_empty()).map(IdempotencyKey::parse).transpose();
        let genuine = match (category, description, key) {
            (Ok(category), Ok(description), Ok(key)) => {
                let draft = NewTicket::new(category, description);
                Ok(Screened::Genuine(match key {
                    Some(key) => draft.with_key(key),
                    None => draft,
                }))
            }
            (category, description, key) => Err(InvalidForm {
                category: category.err(),
                description: description.err(),
                key: key.err(),
            }),
        };
        tell("outcome", genuine.as_ref().err().map_or("ok", Explain::code));
        genuine
    }
}

impl InvalidForm {
    fn problems(&self) -> impl Iterator<Item = &dyn Explain> {
        let category = self.category.as_ref().map(|error| error as &dyn Explain);
        let description = self.description.as_ref().map(|error| error as &dyn Explain);
        let key = self.key.as_ref().map(|error| error as &dyn Explain);
        [category, description, key].into_iter().flatten()
    }
}

impl Explain for InvalidForm {
    fn code(&self) -> &'static str {
        self.problems().next().map_or("invalid_form", Explain::code)
    }

    fn explain(&self, locale: Locale) -> String {
        let texts: Vec<String> = self.problems().map(|problem| problem.explain(locale)).collect();
        texts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use ventanilla_storage::MemoryStore;

    use super::*;

    #[test]
    fn every_bad_field_is_named_at_once() {
        let desk = HelpDesk::new(MemoryStore::new());
        let form = Form { category: "", description: "\u{0}", honeypot: "", key: Some("con espacio") };
        let error = desk.screen(&form).unwrap_err();
        assert_eq!(
            error.problems().map(Explain::code).collect::<Vec<_>>(),
            ["category_empty", "text_forbidden_character", "key_forbidden_character",]
        );
        assert_eq!(error.code(), "category_empty");
    }

    #[test]
    fn a_bot_learns_nothing_from_bad_fields() {
        let desk = HelpDesk::new(MemoryStore::new());
        let form = Form { honeypot: " ", ..Form::default() };
        let Ok(Screened::Spam { decoy }) = desk.screen(&form) else { panic!("it was let in") };
        assert_eq!(decoy.as_str().len(), "TKT-ABC123".len());
    }
}
