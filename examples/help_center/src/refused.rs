//! Forms that were refused, kept in the session until they are sent or an hour has passed.
//!
//! A refused form is answered with a redirect to its page (Post/Redirect/Get), as one that was accepted is:
//! a reload of the page then shows what was typed and why it was refused, and sends nothing.

use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ventanilla_service::{Timestamp, view::HistoryEntry};

use crate::{
    App,
    error::{Draft, Problem},
};

/// Time for which a refused form is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Maximum number of refused forms of a session; one more drops the oldest.
const MAX_FORMS: usize = 8;

/// Maximum size of the texts of a session's refused forms, in bytes; more drop the oldest. A form is smaller.
const MAX_BYTES: usize = 256 * 1024;

/// Form that was refused.
#[derive(Clone)]
pub(crate) struct Refused {
    /// Name of the form, on its page.
    pub(crate) form: &'static str,
    /// Reasons.
    pub(crate) problems: Vec<Problem>,
    /// Typed text and idempotency key, for another try.
    pub(crate) draft: Draft,
    /// Options that were chosen, by field.
    pub(crate) chosen: Vec<(&'static str, String)>,
    /// Changes of the ticket since the form was made.
    pub(crate) since: Vec<HistoryEntry>,
    /// Number of messages that were there when the form was made, if others have come since.
    pub(crate) seen: Option<usize>,
    /// True if a follow-up is offered instead.
    pub(crate) follow_up: bool,
}

impl Refused {
    /// Creates a refused form without a text.
    pub(crate) fn new(form: &'static str, problems: Vec<Problem>) -> Self {
        Self {
            form,
            problems,
            draft: Draft::fresh(),
            chosen: Vec::new(),
            since: Vec::new(),
            seen: None,
            follow_up: false,
        }
    }

    /// Returns the reason that is shown on a page with these forms: that of the newest.
    pub(crate) fn problem(forms: &[Self]) -> Option<Problem> {
        forms.last().and_then(|refused| refused.problems.first()).cloned()
    }

    /// Returns the option that was chosen in a field.
    pub(crate) fn chosen(&self, field: &str) -> String {
        let mut chosen = self.chosen.iter();
        chosen.find(|(name, _)| *name == field).map_or_else(String::new, |(_, value)| value.clone())
    }

    fn bytes(&self) -> usize {
        let problems = self.problems.iter().map(|problem| problem.text.len());
        let chosen = self.chosen.iter().map(|(_, value)| value.len());
        let since = self.since.iter().map(|entry| entry.what.len() + entry.who.name.len());
        self.draft.text.len() + self.draft.key.len() + problems.chain(chosen).chain(since).sum::<usize>()
    }
}

/// Refused forms of a session, the oldest first.
#[derive(Default)]
pub(crate) struct RefusedForms(Vec<Entry>);

struct Entry {
    page: String,
    refused: Refused,
    until: Timestamp,
}

impl RefusedForms {
    /// Keeps a form, in place of the one that was refused before.
    pub(crate) fn keep(&mut self, page: &str, refused: Refused, now: Timestamp) {
        self.forget(page, refused.form);
        self.0.retain(|entry| entry.until > now);
        self.0.push(Entry { page: page.to_owned(), refused, until: now.plus(KEPT) });
        let bytes = |entries: &[Entry]| entries.iter().map(|it| it.refused.bytes()).sum::<usize>();
        while self.0.len() > MAX_FORMS || bytes(&self.0) > MAX_BYTES {
            self.0.remove(0);
        }
    }

    /// Returns the refused forms of a page, the oldest first.
    pub(crate) fn of(&self, page: &str, now: Timestamp) -> Vec<Refused> {
        let theirs = self.0.iter().filter(|entry| entry.page == page && entry.until > now);
        theirs.map(|entry| entry.refused.clone()).collect()
    }

    pub(crate) fn forget(&mut self, page: &str, form: &str) {
        self.0.retain(|entry| entry.page != page || entry.refused.form != form);
    }
}

/// Parameter of a page that is loaded after a form was refused. Without it, a page shows none.
#[derive(Deserialize, Default)]
pub(crate) struct After {
    #[serde(rename = "rechazado", default)]
    refused: String,
}

impl After {
    /// Returns true if a form was refused.
    pub(crate) fn is_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Returns the refused forms to show on a page, the oldest first.
    pub(crate) fn refused(&self, app: &App, session: &str, page: &str) -> Vec<Refused> {
        if self.is_refused() { app.sessions.refused(session, page, app.now()) } else { Vec::new() }
    }
}

/// Keeps a refused form and redirects to its page. The address may have a query.
pub(crate) fn refuse(app: &App, session: &str, address: &str, refused: Refused) -> Response {
    let (page, query) = address.split_once('?').unwrap_or((address, ""));
    app.sessions.keep(session, page, refused, app.now());
    let and = if query.is_empty() { "" } else { "&" };
    Redirect::to(&format!("{page}?{query}{and}rechazado=1")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(form: &'static str, text: &str) -> Refused {
        let draft = Draft { text: text.into(), ..Draft::fresh() };
        Refused { draft, ..Refused::new(form, vec![Problem::new("", "No.")]) }
    }

    fn texts(forms: &RefusedForms, page: &str, now: Timestamp) -> Vec<String> {
        forms.of(page, now).into_iter().map(|refused| refused.draft.text).collect()
    }

    #[test]
    fn a_form_is_kept_once_for_an_hour_until_it_is_sent() {
        let (mut forms, now) = (RefusedForms::default(), Timestamp::MIN);
        forms.keep("/a", refused("texto", "uno"), now);
        forms.keep("/a", refused("nota", "dos"), now);
        forms.keep("/b", refused("texto", "tres"), now);
        forms.keep("/a", refused("texto", "cuatro"), now);
        assert_eq!(texts(&forms, "/a", now), ["dos", "cuatro"]);
        forms.forget("/a", "texto");
        assert_eq!(
            (texts(&forms, "/a", now), texts(&forms, "/b", now)),
            (vec!["dos".into()], vec!["tres".into()])
        );
        let last = now.plus(KEPT).minus(Duration::from_millis(1));
        assert_eq!(texts(&forms, "/a", last), ["dos"]);
        assert!(texts(&forms, "/a", now.plus(KEPT)).is_empty());
        forms.keep("/c", refused("texto", ""), now.plus(KEPT));
        assert_eq!(forms.0.len(), 1, "nothing is kept for longer");
    }

    #[test]
    fn a_session_keeps_a_bounded_number_of_texts() {
        let (mut forms, now) = (RefusedForms::default(), Timestamp::MIN);
        for at in 0..20 {
            forms.keep(&format!("/{at}"), refused("texto", "uno"), now);
        }
        let kept: Vec<_> = forms.0.iter().map(|entry| entry.page.as_str()).collect();
        assert_eq!(kept, ["/12", "/13", "/14", "/15", "/16", "/17", "/18", "/19"]);
        let long = "x".repeat(MAX_BYTES / 3);
        for at in 0..5 {
            forms.keep(&format!("/{at}"), refused("texto", &long), now);
        }
        let kept: Vec<_> = forms.0.iter().map(|entry| entry.page.as_str()).collect();
        assert_eq!(kept, ["/3", "/4"]);
    }
}
