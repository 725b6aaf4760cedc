//! Form of a [`ListQuery`] as parameters of a URL.

use std::fmt::Display;

use ventanilla_domain::{EnumSet, EnumValue, Explain, Locale};

use crate::{
    page_size::PageSize,
    query::{AssigneeFilter, ListQuery},
};

/// Value that stands for an empty set of statuses or priorities and for unassigned tickets.
const NONE: &str = "none";

/// Marks an id that could be read as [`NONE`].
const LITERAL: char = '=';

/// Conversion from and to the parameters of a URL.
///
/// | key | value |
/// |---|---|
/// | `status` | words of [`Status`](ventanilla_domain::Status), separated by commas, or `none` |
/// | `priority` | words of [`Priority`](ventanilla_domain::Priority), separated by commas, or `none` |
/// | `category` | a [`Category`](ventanilla_domain::Category) |
/// | `assignee` | an id, or `none` for unassigned tickets |
/// | `requester` | an id |
/// | `created_from`, `created_before` | a [`Timestamp`](ventanilla_domain::Timestamp) |
/// | `due` | a word of [`DueFilter`](crate::DueFilter) |
/// | `waiting` | a word of [`WaitingFilter`](crate::WaitingFilter) |
/// | `handed_over` | `true` or `false`; only the first is a filter |
/// | `sort` | a word of [`Sort`](crate::Sort) |
/// | `page_size` | a number from 1 to 100 |
///
/// An assignee whose id is `none` or begins with `=` is written with another `=` before it.
impl ListQuery {
    /// Reads a query from decoded parameters, such as the pairs of a query string.
    ///
    /// Other keys and empty values are ignored. Statuses and priorities of repeated keys add up; of the
    /// other keys the last one counts. In axum, `Query<Vec<(String, String)>>` gives the pairs.
    ///
    /// # Errors
    ///
    /// [`InvalidQuery`] for the first value that is not valid.
    ///
    /// ```
    /// use ventanilla_domain::{Explain, Priority, Status};
    /// use ventanilla_storage::{ListQuery, Sort};
    ///
    /// let params = [("status", "OPEN,IN_PROGRESS"), ("assignee", "none"), ("due", "overdue"), ("tab", "2")];
    /// let query = ListQuery::from_params(params)?;
    /// assert_eq!(query, ListQuery::new().with_statuses(Status::Open | Status::InProgress).unassigned().overdue());
    ///
    /// let error = ListQuery::from_params([("priority", "ASAP")]).unwrap_err();
    /// assert_eq!((error.key(), error.value()), ("priority", "ASAP"));
    /// # Ok::<(), ventanilla_storage::InvalidQuery>(())
    /// ```
    pub fn from_params<K: AsRef<str>, V: AsRef<str>>(
        params: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, InvalidQuery> {
        let mut query = Self::new();
        let (mut statuses, mut priorities, mut handed_over) = (None, None, false);
        for (key, value) in params {
            let value = value.as_ref();
            if value.is_empty() {
                continue;
            }
            match key.as_ref() {
                "status" => add(&mut statuses, "status", value)?,
                "priority" => add(&mut priorities, "priority", value)?,
                "category" => query = query.with_category(parse("category", value)?),
                "assignee" if value == NONE => query = query.unassigned(),
                "assignee" => {
                    let id = value.strip_prefix(LITERAL).unwrap_or(value);
                    query = query.with_assignee(parse("assignee", id)?);
                }
                "requester" => query = query.with_requester(parse("requester", value)?),
                "created_from" => query = query.with_created_from(parse("created_from", value)?),
                "created_before" => query = query.with_created_before(parse("created_before", value)?),
                "due" => query = query.with_due(parse("due", value)?),
                "waiting" => query = query.with_waiting(parse("waiting", value)?),
                "handed_over" => handed_over = is_true("handed_over", value)?,
                "sort" => query = query.with_sort(parse("sort", value)?),
                "page_size" => query = query.with_page_size(page_size(value)?),
                _ => {}
            }
        }
        if handed_over {
            query = query.handed_over();
        }
        query = statuses.into_iter().fold(query, Self::with_statuses);
        Ok(priorities.into_iter().fold(query, Self::with_priorities))
    }

    /// Returns the parameters of the query, from which [`from_params`](Self::from_params) reads an equal
    /// one. Values are not encoded for a URL, and defaults are omitted.
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
            sum = sum | parse::<T>(key, word)?;
        }
    }
    *values = Some(sum);
    Ok(())
}

fn parse<T: std::str::FromStr<Err: Explain>>(key: &'static str, value: &str) -> Result<T, InvalidQuery> {
    value.parse().map_err(|error: T::Err| InvalidQuery::new(key, value, |locale| error.explain(locale)))
}

fn is_true(key: &'static str, value: &str) -> Result<bool, InvalidQuery> {
    value.parse().map_err(|_| {
        InvalidQuery::new(key, value, |locale| {
            locale.pick("Debe ser «true» o «false».", "It must be “true” or “false”.").into()
        })
    })
}

fn page_size(value: &str) -> Result<PageSize, InvalidQuery> {
    let size = value.parse().ok().and_then(|rows| PageSize::new(rows).ok());
    size.ok_or_else(|| {
        InvalidQuery::new("page_size", value, |locale| {
            let text = locale
                .pick("Una página tiene entre 1 y 100 filas.", "A page has between 1 and 100 rows.");
            text.into()
        })
    })
}

/// Parameter of a [`ListQuery`] that is not valid; its code is `invalid_query`.
///
/// ```
/// use ventanilla_domain::{Explain, Locale};
/// use ventanilla_storage::ListQuery;
///
/// let error = ListQuery::from_params([("page_size", "1000")]).unwrap_err();
/// let text = error.explain(Locale::Es);
/// assert_eq!(text, "El valor «1000» de «page_size» no es válido. Una página tiene entre 1 y 100 filas.");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidQuery {
    key: &'static str,
    value: Box<str>,
    /// Texts of the reason, in Spanish and English.
    reason: [Box<str>; 2],
}

impl InvalidQuery {
    fn new(key: &'static str, value: &str, reason: impl Fn(Locale) -> String) -> Self {
        let reason = [Locale::Es, Locale::En].map(|locale| reason(locale).into());
        Self { key, value: value.chars().take(64).collect(), reason }
    }

    /// Returns the key of the parameter.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Returns the start of the offending value, at most 64 characters.
    #[must_use]
    pub const fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidQuery {
    fn code(&self) -> &'static str {
        "invalid_query"
    }

    fn explain(&self, locale: Locale) -> String {
        let Self { key, value, reason: [es, en] } = self;
        match locale {
            Locale::Es => format!("El valor «{value}» de «{key}» no es válido. {es}"),
            Locale::En => format!("The value “{value}” of “{key}” is not valid. {en}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};
    use ventanilla_domain::{Category, Priority, Status, Timestamp, UserId};

    use super::*;
    use crate::{DueFilter, Sort, WaitingFilter};

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
            sort.into_iter().fold(query, ListQuery::with_sort)
        }
    }

    proptest! {
        #[test]
        fn queries_round_trip(query in query()) {
            prop_assert_eq!(ListQuery::from_params(query.to_params()).unwrap(), query);
        }

        #[test]
        fn no_value_panics(key in select(KEYS.to_vec()), value in any::<String>()) {
            if let Err(error) = ListQuery::from_params([(key, &value)]) {
                prop_assert_eq!(error.key(), key);
                prop_assert!(error.value().chars().count() <= 64);
            }
        }
    }

    const KEYS: [&str; 12] = [
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
        "sort",
        "page_size",
    ];

    #[test]
    fn invalid_values_are_named_with_their_key() {
        for (key, value, code) in [
            ("status", "OPEN,", "status"),
            ("priority", "none,LOW", "priority"),
            ("created_from", "ayer", "created_from"),
            ("due", "soon", "due"),
            ("waiting", "WAITING", "waiting"),
            ("handed_over", "yes", "handed_over"),
            ("sort", "newestFirst", "sort"),
            ("page_size", "0", "page_size"),
            ("page_size", "-1", "page_size"),
        ] {
            let error = ListQuery::from_params([(key, value)]).unwrap_err();
            assert_eq!((error.key(), error.code()), (code, "invalid_query"));
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn sets_add_up_and_other_keys_and_empty_values_are_ignored() {
        let params =
            [("status", "OPEN"), ("page", "7"), ("status", "CLOSED"), ("category", ""), ("sort", "due")];
        let query = ListQuery::from_params(params).unwrap();
        assert_eq!(
            query,
            ListQuery::new().with_statuses(Status::Open | Status::Closed).with_sort(Sort::Due)
        );
        assert_eq!(ListQuery::from_params::<&str, &str>([]).unwrap(), ListQuery::new());
        let none = ListQuery::from_params([("status", "none")]).unwrap();
        assert!(none.statuses().is_empty());
    }
}
