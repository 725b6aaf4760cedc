//! Form of a [`PageQuery`] as parameters of a URL.

use std::{borrow::Borrow, fmt::Display, str::FromStr};

use ventanilla_domain::{EnumSet, EnumValue, Explain, Locale, excerpt};

use crate::{
    cursor::Cursor,
    page_query::PageQuery,
    page_size::PageSize,
    query::{AssigneeFilter, ListQuery},
};

/// Value that stands for an empty set of statuses or priorities and for unassigned tickets.
const NONE: &str = "none";

/// Marks an id that could be read as [`NONE`].
const LITERAL: char = '=';

/// Key of the cursor.
const AFTER: &str = "after";

/// Conversion from and to the parameters of a URL.
///
/// | key | value | without it |
/// |---|---|---|
/// | `status` | `OPEN`, `IN_PROGRESS`, `RESOLVED`, `CLOSED`: any of them, separated by commas, or `none` | every status |
/// | `priority` | `LOW`, `MEDIUM`, `HIGH`, `URGENT`: any of them, separated by commas, or `none` | every priority |
/// | `category` | a [`Category`](ventanilla_domain::Category), such as `PAGOS` | every category |
/// | `assignee` | the id of an administrator, or `none` for unassigned tickets | assigned or not |
/// | `requester` | the id of a customer | every requester |
/// | `created_from`, `created_before` | a [`Timestamp`](ventanilla_domain::Timestamp), such as `2026-03-02T12:00:00Z` | no bound |
/// | `due` | `at_risk` or `overdue` ([`DueFilter`](crate::DueFilter)) | no filter |
/// | `waiting` | `waiting` or `not_waiting` ([`WaitingFilter`](crate::WaitingFilter)) | no filter |
/// | `handed_over` | `true` or `false`; only the first is a filter | `false` |
/// | `about` | a [`Reference`](ventanilla_domain::Reference), such as `order:1001` | about anything |
/// | `tag` | a [`Tag`](ventanilla_domain::Tag), such as `vip` | any tags |
/// | `sort` | `newest_first`, `oldest_first`, `urgent_newest_first`, `urgent_oldest_first`, `low_newest_first`, `low_oldest_first` or `due` ([`Sort`](crate::Sort)) | `newest_first`; with `due`, `due` |
/// | `page_size` | a number from 1 to 100 | `20` |
/// | `after` | the [`Cursor`] that the page before gave as [`next`](crate::Page::next) | the first page |
///
/// Keys that aren't in the table are ignored, since a host may have parameters of its own; so a misspelt filter
/// (`prioritty=HIGH`) lists more tickets than were meant. A host that offers its API to strangers refuses them
/// first: [`KEYS`](Self::KEYS) has the keys of the table.
///
/// An assignee whose id is `none` or begins with `=` is written with another `=` before it.
impl PageQuery {
    /// Every key that [`from_params`](Self::from_params) reads, in the order of the table.
    ///
    /// ```
    /// use ventanilla_storage::PageQuery;
    ///
    /// let params = [("status", "OPEN"), ("prioritty", "HIGH"), ("tab", "2")];
    /// let is_known = |key: &str| PageQuery::KEYS.contains(&key) || key == "tab"; // a key of the host
    /// let unknown: Vec<&str> = params.iter().map(|(key, _)| *key).filter(|key| !is_known(key)).collect();
    /// assert_eq!(unknown, ["prioritty"]);
    /// ```
    pub const KEYS: &'static [&'static str] = &[
        "status",
        "priority",
        "category",
        "assignee",
        "requester",
        "created_from",
        "created_before",
        "due",
        "waiting",
        "handed_over",
        "about",
        "tag",
        "sort",
        "page_size",
        AFTER,
    ];

    /// Reads the filters, the order and the cursor of a page from decoded parameters, such as the pairs
    /// of a query string.
    ///
    /// The pairs can be a `&Vec<(String, String)>`, a `&HashMap<String, String>`, or any other iterator
    /// of pairs or of references to pairs. In axum, `Query<Vec<(String, String)>>` gives them.
    ///
    /// Keys that aren't among [`KEYS`](Self::KEYS), and empty values, are ignored. Statuses and priorities of
    /// repeated keys add up; of the other keys the last one counts.
    ///
    /// # Errors
    ///
    /// [`InvalidQuery`] for the first value that is not valid, also for a cursor of a list with other
    /// filters or another order.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use ventanilla_domain::{Explain, Priority, Status};
    /// use ventanilla_storage::{ListQuery, PageQuery, Sort};
    ///
    /// let params = vec![("status", "OPEN,IN_PROGRESS"), ("assignee", "none"), ("due", "overdue"), ("tab", "2")];
    /// let page = PageQuery::from_params(&params)?;
    /// let expected = ListQuery::new().with_statuses(Status::Open | Status::InProgress).unassigned().overdue();
    /// assert_eq!(page.query(), &expected);
    ///
    /// let params = HashMap::from([("priority".to_owned(), "ASAP".to_owned())]);
    /// let error = PageQuery::from_params(&params).unwrap_err();
    /// assert_eq!((error.key(), error.value()), ("priority", "ASAP"));
    ///
    /// let params = [("status", "OPEN"), ("after", "AUAAAAAAAAA")];
    /// assert_eq!(PageQuery::from_params(params).unwrap_err().code(), "cursor_malformed");
    /// # Ok::<(), ventanilla_storage::InvalidQuery>(())
    /// ```
    #[doc(alias = "query_string")]
    #[doc(alias = "filters")]
    pub fn from_params<K: AsRef<str>, V: AsRef<str>, P: Borrow<(K, V)>>(
        params: impl IntoIterator<Item = P>,
    ) -> Result<Self, InvalidQuery> {
        let (mut query, mut cursor) = (ListQuery::new(), None::<Cursor>);
        let (mut statuses, mut priorities, mut handed_over) = (None, None, false);
        for pair in params {
            let (key, value) = pair.borrow();
            let value = value.as_ref();
            if value.is_empty() {
                continue;
            }
            match key.as_ref() {
                "status" => add(&mut statuses, "status", value)?,
                "priority" => add(&mut priorities, "priority", value)?,
                "category" => query = query.with_category(InvalidQuery::parse("category", value)?),
                "assignee" if value == NONE => query = query.unassigned(),
                "assignee" => {
                    let id = value.strip_prefix(LITERAL).unwrap_or(value);
                    query = query.with_assignee(InvalidQuery::parse("assignee", id)?);
                }
                "requester" => query = query.with_requester(InvalidQuery::parse("requester", value)?),
                "created_from" => {
                    query = query.with_created_from(InvalidQuery::parse("created_from", value)?)
                }
                "created_before" => {
                    query = query.with_created_before(InvalidQuery::parse("created_before", value)?)
                }
                "due" => query = query.with_due(InvalidQuery::parse("due", value)?),
                "waiting" => query = query.with_waiting(InvalidQuery::parse("waiting", value)?),
                "handed_over" => handed_over = is_true("handed_over", value)?,
                "about" => query = query.with_reference(InvalidQuery::parse("about", value)?),
                "tag" => query = query.with_tag(InvalidQuery::parse("tag", value)?),
                "sort" => query = query.with_sort(InvalidQuery::parse("sort", value)?),
                "page_size" => query = query.with_page_size(InvalidQuery::parse("page_size", value)?),
                AFTER => cursor = Some(InvalidQuery::parse(AFTER, value)?),
                _ => {}
            }
        }
        if handed_over {
            query = query.handed_over();
        }
        query = statuses.into_iter().fold(query, ListQuery::with_statuses);
        query = priorities.into_iter().fold(query, ListQuery::with_priorities);
        match cursor {
            None => Ok(query.first_page()),
            Some(cursor) => query
                .page_after(&cursor)
                .map_err(|error| InvalidQuery::new(AFTER, &cursor.to_string(), &error)),
        }
    }

    /// Returns the parameters of the page, from which [`from_params`](Self::from_params) reads an equal
    /// one: those of [the query](ListQuery::to_params), and the cursor.
    ///
    /// Values are not encoded for a URL, and defaults are omitted.
    ///
    /// ```
    /// use ventanilla_domain::{Priority, Status};
    /// use ventanilla_storage::{ListQuery, PageQuery, Position};
    ///
    /// let first = ListQuery::new().with_statuses(Status::Open).first_page();
    /// let last = Position { key: 0, priority: Priority::Low, tiebreaker: [0; 12] };
    /// let next = first.cursor_after(&last); // in a host: `next` of the first page
    ///
    /// let second = first.query().clone().page_after(&next)?;
    /// assert_eq!(second.to_params(), [("status", "OPEN".into()), ("after", next.to_string())]);
    /// assert_eq!(PageQuery::from_params(second.to_params())?, second);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_params(&self) -> Vec<(&'static str, String)> {
        let mut params = self.query().to_params();
        params.extend(self.position().map(|last| (AFTER, self.cursor_after(last).to_string())));
        params
    }
}

/// Parameters of a URL.
impl ListQuery {
    /// Returns the parameters of the first page of the query, from which [`PageQuery::from_params`]
    /// reads it again; its table lists them. Values are not encoded for a URL, and defaults are omitted.
    ///
    /// ```
    /// use ventanilla_domain::Status;
    /// use ventanilla_storage::{Direction, ListQuery, Sort};
    ///
    /// let sort = Sort::UrgentFirst(Direction::OldestFirst);
    /// let query = ListQuery::new().with_statuses(Status::Open).unassigned().with_sort(sort);
    /// let params: Vec<String> = query.to_params().iter().map(|(key, value)| format!("{key}={value}")).collect();
    /// assert_eq!(params.join("&"), "status=OPEN&assignee=none&sort=urgent_oldest_first");
    /// ```
    #[must_use]
    pub fn to_params(&self) -> Vec<(&'static str, String)> {
        let (from, before) = self.created();
        let assignee = self.assignee().map(|assignee| match assignee {
            AssigneeFilter::Unassigned => NONE.to_owned(),
            AssigneeFilter::To(id) if id.as_str() == NONE || id.as_str().starts_with(LITERAL) => {
                format!("{LITERAL}{id}")
            }
            AssigneeFilter::To(id) => id.to_string(),
        });
        let rows = Some(self.page_size()).filter(|rows| *rows != PageSize::default().get());
        let params = [
            ("status", set(self.statuses())),
            ("priority", set(self.priorities())),
            ("category", self.category().map(ToString::to_string)),
            ("assignee", assignee),
            ("requester", self.requester().map(ToString::to_string)),
            ("created_from", from.map(|time| time.to_string())),
            ("created_before", before.map(|time| time.to_string())),
            ("due", self.due().map(|due| due.to_string())),
            ("waiting", self.waiting().map(|waiting| waiting.to_string())),
            ("handed_over", self.is_handed_over().then(|| true.to_string())),
            ("about", self.about().map(ToString::to_string)),
            ("tag", self.tag().map(ToString::to_string)),
            ("sort", self.explicit_sort().map(|sort| sort.to_string())),
            ("page_size", rows.map(|rows| rows.to_string())),
        ];
        params.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

/// Returns the words of a set; `None` for the set of all values.
fn set<T: EnumValue + Display>(values: EnumSet<T>) -> Option<String> {
    if values.len() == T::VALUES.len() {
        return None;
    }
    let words: Vec<String> = values.iter().map(|value| value.to_string()).collect();
    Some(if words.is_empty() { NONE.into() } else { words.join(",") })
}

/// Adds the words of a parameter to a set.
fn add<T: EnumValue + std::str::FromStr<Err: Explain>>(
    values: &mut Option<EnumSet<T>>,
    key: &'static str,
    words: &str,
) -> Result<(), InvalidQuery> {
    let mut sum = values.unwrap_or_else(EnumSet::empty);
    if words != NONE {
        for word in words.split(',') {
            sum = sum | InvalidQuery::parse::<T>(key, word)?;
        }
    }
    *values = Some(sum);
    Ok(())
}

fn is_true(key: &'static str, value: &str) -> Result<bool, InvalidQuery> {
    value.parse().map_err(|_| {
        let value = excerpt(value);
        let texts = ["Debe ser true o false", "It must be true or false"];
        let reason = texts.map(|text| format!("{text}: {value:?}.").into());
        InvalidQuery { key, value, code: None, reason }
    })
}

/// Parameter of a [`PageQuery`] that is not valid.
///
/// Its code is that of the error of the value, such as `unknown_sort`, and `invalid_query` if the value has
/// no type of its own: `handed_over`. Its text names the key and the value. A host answers `cursor_foreign` with
/// the first page.
///
/// ```
/// use ventanilla_domain::{Explain, Locale};
/// use ventanilla_storage::PageQuery;
///
/// let error = PageQuery::from_params([("sort", "latest")]).unwrap_err();
/// assert_eq!((error.key(), error.code()), ("sort", "unknown_sort"));
/// assert_eq!(error.reason(Locale::Es), "No existe el orden: \"latest\".");
/// let text = error.explain(Locale::Es);
/// assert_eq!(text, "El parámetro sort no es válido. No existe el orden: \"latest\".");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidQuery {
    key: &'static str,
    value: Box<str>,
    /// Code of the error of the value.
    code: Option<&'static str>,
    /// Texts of the reason, in Spanish and English.
    reason: [Box<str>; 2],
}

impl InvalidQuery {
    /// Creates the error of a parameter, from its value and the error of the value. For parameters that a
    /// host has besides those of a [`PageQuery`].
    ///
    /// ```
    /// use ventanilla_domain::{Explain, TimeZone};
    /// use ventanilla_storage::{InvalidQuery, Period};
    ///
    /// let month = "2026-13";
    /// let period = Period::parse_month(month, TimeZone::UTC);
    /// let error = period.map_err(|error| InvalidQuery::new("month", month, &error)).unwrap_err();
    /// assert_eq!((error.key(), error.code()), ("month", "unknown_period"));
    /// ```
    #[must_use]
    pub fn new(key: &'static str, value: &str, error: &impl Explain) -> Self {
        let reason = [Locale::Es, Locale::En].map(|locale| error.explain(locale).into());
        Self { key, value: excerpt(value), code: Some(error.code()), reason }
    }

    /// Parses the value of a parameter, or of a field of a JSON body; an error names its key.
    ///
    /// # Errors
    ///
    /// The error of [`new`](Self::new) from that of the value.
    ///
    /// ```
    /// use ventanilla_storage::{InvalidQuery, PageSize};
    ///
    /// assert_eq!(InvalidQuery::parse("rows", "20"), Ok(PageSize::new(20).unwrap()));
    /// assert_eq!(InvalidQuery::parse::<PageSize>("rows", "0").unwrap_err().key(), "rows");
    /// ```
    pub fn parse<T: FromStr<Err: Explain>>(key: &'static str, value: &str) -> Result<T, Self> {
        value.parse().map_err(|error| Self::new(key, value, &error))
    }

    /// Returns the key of the parameter.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Returns the start of the offending value: 64 characters, and `…` if it is longer.
    #[must_use]
    pub const fn value(&self) -> &str {
        &self.value
    }

    /// Returns the text of the value's error, which doesn't name the key: to be shown beside a field.
    #[must_use]
    pub const fn reason(&self, locale: Locale) -> &str {
        let [es, en] = &self.reason;
        match locale {
            Locale::Es => es,
            Locale::En => en,
        }
    }
}

impl Explain for InvalidQuery {
    fn code(&self) -> &'static str {
        self.code.unwrap_or("invalid_query")
    }

    fn explain(&self, locale: Locale) -> String {
        let (key, reason) = (self.key, self.reason(locale));
        // The reasons of most values quote them.
        let quoted = format!("{:?}", self.value);
        let value = if reason.contains(&quoted) { String::new() } else { format!(": {quoted}") };
        match locale {
            Locale::Es => format!("El parámetro {key} no es válido{value}. {reason}"),
            Locale::En => format!("The parameter {key} is not valid{value}. {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, collections::HashMap};

    use proptest::{collection::vec, option, prelude::*, sample::select};
    use ventanilla_domain::{Category, Priority, Status, Timestamp, UserId};

    use super::*;
    use crate::{DueFilter, Position, Sort, WaitingFilter};

    fn id() -> impl Strategy<Value = UserId> {
        let special =
            select(vec!["none", "=none", "=", "==", "a,b", "a&b=c", " ñ", "65a1f0c2c11e47e000000000"]);
        special.prop_map(|id| UserId::parse(id).unwrap_or_else(|_| UserId::parse("ana").unwrap()))
    }

    fn time() -> impl Strategy<Value = Timestamp> {
        (Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis())
            .prop_map(|millis| Timestamp::from_millis(millis).unwrap())
    }

    prop_compose! {
        fn query()(
            statuses in option::of(vec(select(Status::ALL.to_vec()), 0..4)),
            priorities in option::of(vec(select(Priority::ALL.to_vec()), 0..4)),
            category in option::of(select(vec!["PAGOS", "ENVÍOS", "none", "a,b"])),
            assignee in option::of(option::of(id())),
            requester in option::of(id()),
            from in option::of(time()),
            before in option::of(time()),
            due in option::of(select(DueFilter::ALL.to_vec())),
            waiting in option::of(select(WaitingFilter::ALL.to_vec())),
            handed_over in any::<bool>(),
            labels in (option::of(select(vec!["order:1", "payment:a:b=&,"])), option::of(select(vec!["vip", "cliente nuevo"]))),
            sort in option::of(select(Sort::ALL.to_vec())),
            rows in 1..=PageSize::MAX,
        ) -> ListQuery {
            let mut query = ListQuery::new().with_page_size(PageSize::new(rows).unwrap());
            query = statuses.into_iter().fold(query, |query, set| {
                query.with_statuses(set.into_iter().collect::<EnumSet<_>>())
            });
            query = priorities.into_iter().fold(query, |query, set| {
                query.with_priorities(set.into_iter().collect::<EnumSet<_>>())
            });
            query = category.into_iter().fold(query, |query, it| query.with_category(Category::parse(it).unwrap()));
            query = match assignee {
                None => query,
                Some(None) => query.unassigned(),
                Some(Some(id)) => query.with_assignee(id),
            };
            query = requester.into_iter().fold(query, ListQuery::with_requester);
            query = from.into_iter().fold(query, ListQuery::with_created_from);
            query = before.into_iter().fold(query, ListQuery::with_created_before);
            query = due.into_iter().fold(query, ListQuery::with_due);
            query = waiting.into_iter().fold(query, ListQuery::with_waiting);
            query = if handed_over { query.handed_over() } else { query };
            let (about, tag) = labels;
            query = about.into_iter().fold(query, |query, it| query.with_reference(it.parse().unwrap()));
            query = tag.into_iter().fold(query, |query, it| query.with_tag(it.parse().unwrap()));
            sort.into_iter().fold(query, ListQuery::with_sort)
        }
    }

    fn position() -> impl Strategy<Value = Position> {
        (any::<i64>(), select(Priority::ALL.to_vec()), any::<[u8; 12]>())
            .prop_map(|(key, priority, tiebreaker)| Position { key, priority, tiebreaker })
    }

    fn page() -> impl Strategy<Value = PageQuery> {
        (query(), option::of(position())).prop_map(|(query, last)| match last {
            None => query.first_page(),
            Some(last) => {
                let cursor = query.clone().first_page().cursor_after(&last);
                query.page_after(&cursor).unwrap()
            }
        })
    }

    proptest! {
        #[test]
        fn queries_round_trip(page in page()) {
            let params = page.to_params();
            prop_assert_eq!(PageQuery::from_params(&params).unwrap(), page.clone());
            let by_key: HashMap<&str, String> = params.iter().cloned().collect();
            prop_assert_eq!(by_key.len(), params.len(), "each key once");
            prop_assert_eq!(PageQuery::from_params(&by_key).unwrap(), page.clone());
            let first = page.query().clone().first_page();
            prop_assert_eq!(PageQuery::from_params(page.query().to_params()).unwrap(), first);
        }

        #[test]
        fn a_cursor_belongs_to_the_other_parameters(page in page(), other in query(), last in position()) {
            let mut params = other.to_params();
            params.push(("after", page.cursor_after(&last).to_string()));
            // The size of pages may differ from page to page.
            let same = page.query().clone().with_page_size(PageSize::default()).with_explicit_sort()
                == other.with_page_size(PageSize::default()).with_explicit_sort();
            match PageQuery::from_params(params) {
                Ok(read) => prop_assert!(same && read.position() == Some(&last)),
                Err(error) => prop_assert!(!same && error.code() == "cursor_foreign" && error.key() == "after"),
            }
        }

        #[test]
        fn no_value_panics(key in select(PageQuery::KEYS.to_vec()), value in any::<String>()) {
            if let Err(error) = PageQuery::from_params([(key, &value)]) {
                prop_assert_eq!(error.key(), key);
                prop_assert!(error.value().chars().count() <= 65);
            }
        }
    }

    #[test]
    fn every_key_is_read_and_documented_and_no_other() {
        // No value of any key may have a control character, so a key that is read refuses it.
        let is_read = |key: &str| PageQuery::from_params([(key, "\u{7}")]).is_err();
        assert!(PageQuery::KEYS.iter().all(|key| is_read(key)));
        assert!(["", "Status", "statuses", "created", "cursor"].iter().all(|key| !is_read(key)));
        let table: Vec<&str> = include_str!("query_params.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("/// | `")?.split(" |").next())
            .flat_map(|cell| cell.trim_end_matches('`').split("`, `"))
            .collect();
        assert_eq!(table, PageQuery::KEYS);
    }

    #[test]
    fn params_are_taken_as_a_host_has_them() {
        let expected = ListQuery::new().with_statuses(Status::Open).unassigned().first_page();
        let owned =
            || vec![("status".to_owned(), "OPEN".to_owned()), ("assignee".into(), "none".into())];
        let pairs = owned();
        let sorted: std::collections::BTreeMap<_, _> = owned().into_iter().collect();
        for read in [
            PageQuery::from_params(&pairs),
            PageQuery::from_params(owned()),
            PageQuery::from_params(owned().iter()),
            PageQuery::from_params(owned().iter().map(|(key, value)| (key, value))),
            PageQuery::from_params(&owned().into_iter().collect::<HashMap<_, _>>()),
            PageQuery::from_params(owned().into_iter().collect::<HashMap<_, _>>()),
            PageQuery::from_params(&sorted),
            PageQuery::from_params([("status", "OPEN"), ("assignee", "none")]),
            PageQuery::from_params(&[("status", Cow::Borrowed("OPEN")), ("assignee", "none".into())]),
        ] {
            assert_eq!(read.unwrap(), expected);
        }
    }

    #[test]
    fn a_bad_cursor_keeps_its_code_and_names_its_key() {
        let foreign = ListQuery::new().first_page().cursor_after(&Position {
            key: 0,
            priority: Priority::Low,
            tiebreaker: [0; 12],
        });
        for (cursor, code) in
            [("página 2", "cursor_malformed"), (&foreign.to_string(), "cursor_foreign")]
        {
            let error = PageQuery::from_params([("status", "OPEN"), ("after", cursor)]).unwrap_err();
            assert_eq!((error.key(), error.code(), error.value()), ("after", code, cursor));
            for locale in Locale::ALL {
                assert!(error.explain(locale).contains("after"), "{error}");
            }
        }
    }

    #[test]
    fn invalid_values_are_named_with_their_key() {
        for (key, value, code) in [
            ("status", "OPEN,", "unknown_status"),
            ("priority", "none,LOW", "unknown_priority"),
            ("category", " ", "category_blank"),
            ("requester", "a b", "user_id_forbidden_character"),
            ("created_from", "ayer", "invalid_timestamp"),
            ("due", "soon", "unknown_due_filter"),
            ("waiting", "WAITING", "unknown_waiting_filter"),
            ("handed_over", "yes", "invalid_query"),
            ("about", "1001", "reference_id_empty"),
            ("tag", "a,b", "tag_forbidden_character"),
            ("sort", "newestFirst", "unknown_sort"),
            ("page_size", "0", "invalid_page_size"),
            ("page_size", "-1", "invalid_page_size"),
            ("page_size", "many", "invalid_page_size"),
        ] {
            let error = PageQuery::from_params([(key, value)]).unwrap_err();
            assert_eq!((error.key(), error.code()), (key, code));
            for locale in Locale::ALL {
                let text = error.explain(locale);
                assert!(text.contains(key) && text.ends_with(error.reason(locale)), "{text}");
                assert!(text.contains(&format!("{:?}", error.value())), "{text}");
                assert!(!text.contains(['«', '“']), "values are quoted in one style: {text}");
            }
        }
    }

    /// Returns the words in a cell of the table of parameters.
    fn documented(key: &str) -> Vec<String> {
        let row = include_str!("query_params.rs")
            .lines()
            .find(|line| line.starts_with(&format!("/// | `{key}` |")));
        let cell = row.unwrap().split('|').nth(2).unwrap();
        cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_table_has_every_word() {
        fn words<T: ToString>(all: &[T]) -> Vec<String> {
            all.iter().map(ToString::to_string).collect()
        }
        for (key, all) in [
            ("status", words(&Status::ALL)),
            ("priority", words(&Priority::ALL)),
            ("due", words(DueFilter::ALL)),
            ("waiting", words(WaitingFilter::ALL)),
            ("sort", words(Sort::ALL)),
        ] {
            let mut documented = documented(key);
            documented.retain(|word| !["none", "DueFilter", "WaitingFilter", "Sort"].contains(&&**word));
            documented.sort();
            let mut all = all;
            all.sort();
            assert_eq!(documented, all, "{key}");
        }
    }

    #[test]
    fn the_page_of_each_enum_has_every_word() {
        fn words<T: ToString>(all: &[T]) -> Vec<String> {
            all.iter().map(ToString::to_string).collect()
        }
        let documented: Vec<Vec<String>> = include_str!("query.rs")
            .split("/// Its words")
            .skip(1)
            .map(|text| {
                let sentence = text.split('.').next().unwrap();
                sentence.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
            })
            .collect();
        let all = [
            words(Sort::ALL),
            words(DueFilter::ALL),
            words(WaitingFilter::ALL),
            words(crate::Direction::ALL),
        ];
        assert_eq!(documented, all);
    }

    #[test]
    fn sets_add_up_and_other_keys_and_empty_values_are_ignored() {
        let params =
            [("status", "OPEN"), ("page", "7"), ("status", "CLOSED"), ("category", ""), ("sort", "due")];
        let read = |params: &[(&str, &str)]| PageQuery::from_params(params).unwrap().query().clone();
        assert_eq!(
            read(&params),
            ListQuery::new().with_statuses(Status::Open | Status::Closed).with_sort(Sort::Due)
        );
        assert_eq!(read(&[]), ListQuery::new());
        assert!(read(&[("status", "none")]).statuses().is_empty());
    }
}
