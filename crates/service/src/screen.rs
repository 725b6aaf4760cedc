//! Screening of forms.

use tracing::instrument;
use ventanilla_domain::{Category, Explain, IdempotencyKey, MessageText, NewTicket};

use crate::{
    Form, HelpDesk, Screened,
    form::{InvalidForm, RefusedCategory},
    observe::record,
};

impl HelpDesk {
    /// Tells spam from a genuine form, and parses the latter.
    ///
    /// # Errors
    ///
    /// [`InvalidForm`] if fields of a genuine form are invalid. Spam always passes.
    #[instrument(name = "ventanilla.screen", skip_all, fields(outcome))]
    pub fn screen(&self, form: &Form<'_>) -> Result<Screened, InvalidForm> {
        if !form.honeypot.trim().is_empty() {
            record("outcome", "spam");
            return Ok(Screened::Spam { decoy: self.core().decoy() });
        }
        let category = self.offered_category(form.category);
        let description = MessageText::parse(form.description);
        let key = IdempotencyKey::optional(form.key.unwrap_or_default());
        let genuine = match (category, description, key) {
            (Ok(category), Ok(description), Ok(key)) => {
                Ok(Screened::Genuine(NewTicket::new(category, description).with_key(key)))
            }
            (category, description, key) => Err(InvalidForm {
                category: category.err(),
                description: description.err().map(Into::into),
                key: key.err(),
            }),
        };
        record("outcome", genuine.as_ref().err().map_or("ok", Explain::code));
        genuine
    }

    fn offered_category(&self, value: &str) -> Result<Category, RefusedCategory> {
        let category = Category::parse(value)?;
        self.core().check_category(&category)?;
        Ok(category)
    }
}

#[cfg(test)]
mod tests {
    use ventanilla_storage::MemoryStore;

    use super::*;

    #[test]
    fn every_invalid_field_is_reported_at_once() {
        let desk = HelpDesk::new(MemoryStore::new());
        let form = Form { category: "", description: "\u{0}", honeypot: "", key: Some("con espacio") };
        let error = desk.screen(&form).unwrap_err();
        assert_eq!(
            error.fields().map(|(name, error)| (name, error.code())).collect::<Vec<_>>(),
            [
                ("category", "category_empty"),
                ("description", "text_forbidden_character"),
                ("key", "key_forbidden_character"),
            ]
        );
        assert_eq!(error.code(), "category_empty");
    }

    #[test]
    fn spam_is_told_nothing_of_invalid_fields() {
        let desk = HelpDesk::new(MemoryStore::new());
        let form = Form { honeypot: " x", ..Form::default() };
        let Ok(Screened::Spam { decoy }) = desk.screen(&form) else { panic!("it is spam") };
        assert_eq!(decoy.as_str().len(), "TKT-ABC123".len());
    }

    #[test]
    fn white_space_in_the_honeypot_is_not_spam() {
        let desk = HelpDesk::new(MemoryStore::new());
        for honeypot in ["", " ", "\r\n\t\u{a0}"] {
            let form = Form { category: "PAGOS", description: "Hola", honeypot, key: None };
            assert!(matches!(desk.screen(&form), Ok(Screened::Genuine(_))), "{honeypot:?}");
        }
    }
}
