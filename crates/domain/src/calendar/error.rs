//! Errors of calendars and their changes.

use chrono::NaiveDate;

use crate::{
    Explain, Locale,
    locale::{excerpt, say},
};

/// Error of a calendar, or of a change of one.
///
/// Its codes are `calendar_empty` (a week without working time), `calendar_past` (a change of what
/// has begun), and for what is read from JSON `calendar_date` (no date) and
/// `calendar_unordered` (weeks that don't follow one another).
///
/// ```
/// use ventanilla_domain::{BusinessCalendar, Explain, Locale, TimeZone, Week};
///
/// let error = BusinessCalendar::new(TimeZone::UTC, Week::CLOSED).unwrap_err();
/// assert_eq!((error.code(), error.value()), ("calendar_empty", ""));
/// assert_eq!(error.explain(Locale::Es), "La semana no tiene ningún horario de atención.");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidCalendar {
    value: Box<str>,
    problem: CalendarProblem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CalendarProblem {
    Empty,
    Past,
    Date,
    Unordered,
}

impl InvalidCalendar {
    /// The offending name, text or date; empty for a week without working time.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(super) fn empty() -> Self {
        Self { value: "".into(), problem: CalendarProblem::Empty }
    }

    pub(super) fn past(date: NaiveDate) -> Self {
        Self { value: date.to_string().into(), problem: CalendarProblem::Past }
    }

    pub(super) fn date(text: &str) -> Self {
        Self { value: excerpt(text), problem: CalendarProblem::Date }
    }

    pub(super) fn unordered(from: &str) -> Self {
        Self { value: excerpt(from), problem: CalendarProblem::Unordered }
    }
}

impl Explain for InvalidCalendar {
    fn code(&self) -> &'static str {
        match self.problem {
            CalendarProblem::Empty => "calendar_empty",
            CalendarProblem::Past => "calendar_past",
            CalendarProblem::Date => "calendar_date",
            CalendarProblem::Unordered => "calendar_unordered",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let value = &self.value;
        match self.problem {
            CalendarProblem::Empty => say!(
                locale,
                "La semana no tiene ningún horario de atención.",
                "The week has no working hours."
            ),
            CalendarProblem::Past => say!(
                locale,
                "El {value} ya empezó: el calendario solo se cambia a futuro.",
                "{value} has begun already: a calendar is only changed for the future."
            ),
            CalendarProblem::Date => say!(
                locale,
                "No es una fecha: {value:?}. Se escribe como «2026-12-25».",
                "Not a date: {value:?}. Dates are written as \"2026-12-25\"."
            ),
            CalendarProblem::Unordered => say!(
                locale,
                "Las semanas no están en orden: la primera no lleva fecha y cada otra lleva una \
                 posterior ({value:?}).",
                "The weeks are not in order: the first has no date and each other a later one \
                 ({value:?})."
            ),
        }
    }
}
