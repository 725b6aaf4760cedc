//! Converts the dashboard's filters from the address to a query.

use serde::{Deserialize, Serialize};
use ventanilla_service::{
    Category, ListQuery, Priority, Status, UserId,
    list::{Cursor, Direction, DueFilter, PageQuery, Sort, WaitingFilter},
    ticket::Tag,
    view::Viewer,
};

use crate::{
    about,
    error::Problem,
    fields::{beginning, day, explain_es, next},
};

/// Filter value for live tickets, open or in progress, as is no value.
pub(super) const LIVE: &str = "activos";
/// Filter value for tickets of every status.
pub(super) const EVERY: &str = "todos";
/// Filter value for unassigned tickets.
pub(super) const NOBODY: &str = "nadie";

/// Filter value for tickets that the bot handed over.
pub(super) const YES: &str = "si";

/// Order of the newest tickets first.
pub(super) const NEWEST: &str = "recientes";
/// Order by due time.
const DUE: &str = "plazo";

/// The orders that are offered.
pub(super) const ORDERS: [(&str, &str, Sort, Option<DueFilter>); 7] = [
    (NEWEST, "Más recientes", Sort::Created(Direction::NewestFirst), None),
    ("antiguos", "Más antiguos", Sort::Created(Direction::OldestFirst), None),
    ("urgentes", "Más urgentes", Sort::UrgentFirst(Direction::OldestFirst), None),
    ("tranquilos", "Menos urgentes", Sort::LowFirst(Direction::OldestFirst), None),
    (DUE, "Por plazo", Sort::Due, None),
    ("riesgo", "Solo en riesgo", Sort::Due, Some(DueFilter::AtRisk)),
    ("vencidos", "Solo vencidos", Sort::Due, Some(DueFilter::Overdue)),
];

/// Query string of the dashboard. An empty field filters nothing, except that only live tickets are listed
/// unless a status is chosen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(rename = "estado", skip_serializing_if = "String::is_empty")]
    pub(super) status: String,
    #[serde(rename = "prioridad", skip_serializing_if = "String::is_empty")]
    pub(super) priority: String,
    #[serde(rename = "categoria", skip_serializing_if = "String::is_empty")]
    pub(super) category: String,
    #[serde(rename = "asignado", skip_serializing_if = "String::is_empty")]
    pub(super) assignee: String,
    #[serde(rename = "solicitante", skip_serializing_if = "String::is_empty")]
    pub(super) requester: String,
    #[serde(rename = "espera", skip_serializing_if = "String::is_empty")]
    pub(super) waiting: String,
    #[serde(rename = "traspaso", skip_serializing_if = "String::is_empty")]
    pub(super) handoff: String,
    #[serde(rename = "etiqueta", skip_serializing_if = "String::is_empty")]
    pub(super) tag: String,
    #[serde(rename = "sobre", skip_serializing_if = "String::is_empty")]
    pub(super) about: String,
    #[serde(rename = "desde", skip_serializing_if = "String::is_empty")]
    pub(super) from: String,
    #[serde(rename = "hasta", skip_serializing_if = "String::is_empty")]
    pub(super) until: String,
    #[serde(rename = "orden", skip_serializing_if = "String::is_empty")]
    pub(super) order: String,
    #[serde(rename = "despues", skip_serializing_if = "String::is_empty")]
    pub(super) after: String,
    /// Cursors of the pages before, from the second on, with points between them: a list is read forwards
    /// only, so the way back is kept.
    #[serde(rename = "antes", skip_serializing_if = "String::is_empty")]
    pub(super) before: String,
}

/// Maximum number of pages that one can go back to one by one.
const MAX_BEFORE: usize = 25;

impl Filters {
    /// Returns the dashboard's address with these filters.
    pub(super) fn address(&self) -> String {
        match self.query().as_str() {
            "" => "/admin".into(),
            query => format!("/admin?{query}"),
        }
    }

    /// Parses the query string of an address; one that can't be read has no filters.
    pub(super) fn parse(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or_default()
    }

    /// Returns the filters for the first page of their list.
    pub(super) fn first(&self) -> Self {
        Self { after: String::new(), before: String::new(), ..self.clone() }
    }

    fn pages_before(&self) -> Vec<&str> {
        self.before.split('.').filter(|cursor| !cursor.is_empty()).collect()
    }

    /// Returns the filters for the page after this one.
    pub(super) fn next_page(&self, after: String) -> Self {
        let mut before = self.pages_before();
        before.extend((!self.after.is_empty()).then_some(self.after.as_str()));
        let oldest = before.len().saturating_sub(MAX_BEFORE);
        Self { after, before: before[oldest..].join("."), ..self.clone() }
    }

    /// Returns the filters for the page before this one, unless this is the first.
    pub(super) fn previous_page(&self) -> Option<Self> {
        let mut before = self.pages_before();
        match before.pop() {
            _ if self.after.is_empty() => None,
            None => Some(self.first()),
            Some(after) => {
                Some(Self { after: after.to_owned(), before: before.join("."), ..self.clone() })
            }
        }
    }

    /// Returns the number of pages before this one, unless it isn't known.
    pub(super) fn skipped(&self) -> Option<usize> {
        match (self.after.is_empty(), self.pages_before().len()) {
            (true, _) => Some(0),
            (false, MAX_BEFORE..) => None,
            (false, before) => Some(before + 1),
        }
    }

    /// Returns the number of filters that are set, without the order.
    pub(super) fn count(&self) -> usize {
        let all = [
            &self.status,
            &self.priority,
            &self.category,
            &self.assignee,
            &self.requester,
            &self.waiting,
            &self.handoff,
            &self.tag,
            &self.about,
            &self.from,
            &self.until,
        ];
        all.into_iter().filter(|value| !value.is_empty() && *value != LIVE).count()
    }

    /// Returns the status of the filter; empty for live tickets.
    pub(super) fn status(&self) -> &str {
        if self.status == LIVE { "" } else { &self.status }
    }

    /// Returns the order, which is by due time for live tickets unless another is chosen. Tickets that wait may
    /// have no timer that runs, so a list of them is by creation.
    fn order(&self) -> &str {
        match self.order.as_str() {
            "" if self.status().is_empty() && self.waiting.is_empty() => DUE,
            "" => NEWEST,
            chosen => chosen,
        }
    }

    /// Returns true if the list has only tickets with a timer that runs.
    pub(super) fn is_by_due(&self) -> bool {
        ORDERS.iter().any(|(word, _, sort, _)| *word == self.order() && *sort == Sort::Due)
    }

    /// Returns the query string of the address.
    pub(super) fn query(&self) -> String {
        serde_html_form::to_string(self).unwrap_or_default()
    }

    /// Returns the requested page, or all problems of the fields.
    pub(super) fn page(&self, reader: &Viewer) -> Result<PageQuery, Vec<Problem>> {
        let mut wrong = Wrong(Vec::new());
        let mut query = ListQuery::new();
        if self.status().is_empty() {
            query = query.with_statuses(Status::Open | Status::InProgress);
        } else if self.status == EVERY {
            // All of them.
        } else if let Some(status) =
            wrong.read("estado", &self.status, |it| explain_es(it.parse::<Status>()))
        {
            query = query.with_statuses(status);
        }
        if let Some(it) =
            wrong.read("prioridad", &self.priority, |it| explain_es(it.parse::<Priority>()))
        {
            query = query.with_priorities(it);
        }
        if let Some(category) =
            wrong.read("categoria", &self.category, |it| explain_es(Category::parse(it)))
        {
            query = query.with_category(category);
        }
        if self.assignee == NOBODY {
            query = query.unassigned();
        } else if let Some(admin) =
            wrong.read("asignado", &self.assignee, |it| explain_es(UserId::parse(it)))
        {
            query = query.with_assignee(admin);
        }
        if let Some(it) = wrong.read("solicitante", &self.requester, |it| explain_es(UserId::parse(it)))
        {
            query = query.with_requester(it);
        }
        if let Some(it) =
            wrong.read("espera", &self.waiting, |it| explain_es(it.parse::<WaitingFilter>()))
        {
            query = query.with_waiting(it);
        }
        if self.handoff == YES {
            query = query.handed_over();
        }
        if let Some(tag) = wrong.read("etiqueta", &self.tag, |it| explain_es(Tag::parse(it))) {
            query = query.with_tag(tag);
        }
        let about =
            |it: &str| about::parse(it).ok_or_else(|| "Escribe, por ejemplo: Pedido 1001.".to_owned());
        if let Some(about) = wrong.read("sobre", &self.about, about) {
            query = query.with_reference(about);
        }
        if let Some(from) = wrong.read("desde", &self.from, |it| beginning(day(it)?, reader)) {
            query = query.with_created_from(from);
        }
        // The last day is included.
        if let Some(before) = wrong.read("hasta", &self.until, |it| beginning(next(day(it)?), reader)) {
            query = query.with_created_before(before);
        }
        let order = |it: &str| {
            let found = ORDERS.into_iter().find(|(word, ..)| *word == it);
            found
                .map(|(.., sort, due)| (sort, due))
                .ok_or_else(|| "Elige un orden de la lista.".to_owned())
        };
        if let Some((sort, due)) = wrong.read("orden", self.order(), order) {
            query = due.into_iter().fold(query.with_sort(sort), ListQuery::with_due);
        }
        let page = match wrong.read("", &self.after, |it| explain_es(it.parse::<Cursor>())) {
            None => Some(query.first_page()),
            Some(cursor) => {
                wrong.read("", &self.after, |_| explain_es(query.clone().page_after(&cursor)))
            }
        };
        match page {
            Some(page) if wrong.0.is_empty() => Ok(page),
            _ => Err(wrong.0),
        }
    }
}

/// Problems of the fields that couldn't be read so far.
struct Wrong(Vec<Problem>);

impl Wrong {
    /// Parses a field's value; returns `None` if it is empty or can't be read.
    fn read<T>(
        &mut self,
        field: &'static str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if value.is_empty() {
            return None;
        }
        parse(value).map_err(|text| self.0.push(Problem::new(field, text))).ok()
    }
}
