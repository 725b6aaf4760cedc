//! SLA targets, by priority and category.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Category, Days, Explain, Locale, Priority, locale::say};

/// SLA targets in business time, by priority and, for some categories, of their own.
///
/// Every priority has every target. As JSON, in milliseconds: `{"targets": {"LOW":
/// {"firstResponse", "nextResponse", "resolution"}, ...}, "categories": {...}}`.
///
/// ```
/// use ventanilla_domain::{Category, Priority, SlaPolicy, SlaTargets};
///
/// let usual = [
///     (Priority::Urgent, SlaTargets::hours(1, 1, 4)?),
///     (Priority::High, SlaTargets::hours(2, 4, 16)?),
///     (Priority::Medium, SlaTargets::hours(4, 8, 40)?),
///     (Priority::Low, SlaTargets::hours(8, 16, 80)?),
/// ];
/// let payments = usual.map(|(priority, _)| (priority, SlaTargets::hours(1, 2, 8).unwrap()));
/// let policy = SlaPolicy::new(usual)?.category(Category::PAGOS, payments)?;
/// assert_eq!(policy.targets(&Category::BUG).of(Priority::High), SlaTargets::hours(2, 4, 16)?);
/// # Ok::<(), ventanilla_domain::InvalidSla>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlaPolicy {
    targets: SlaTable,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    categories: BTreeMap<Category, SlaTable>,
}

impl SlaPolicy {
    /// Creates a policy with these targets, one for each priority.
    ///
    /// # Errors
    ///
    /// [`InvalidSla`] if a priority is missing or given twice.
    pub fn new(targets: impl IntoIterator<Item = (Priority, SlaTargets)>) -> Result<Self, InvalidSla> {
        Ok(Self { targets: SlaTable::new(targets)?, categories: BTreeMap::new() })
    }

    /// Sets other targets for the tickets of a category.
    ///
    /// # Errors
    ///
    /// The errors of [`SlaPolicy::new`].
    pub fn category(
        mut self,
        category: Category,
        targets: impl IntoIterator<Item = (Priority, SlaTargets)>,
    ) -> Result<Self, InvalidSla> {
        self.categories.insert(category, SlaTable::new(targets)?);
        Ok(self)
    }

    /// Returns the targets for tickets of a category.
    #[must_use]
    pub fn targets(&self, category: &Category) -> &SlaTable {
        self.categories.get(category).unwrap_or(&self.targets)
    }
}

/// SLA targets of each priority.
///
/// ```
/// use ventanilla_domain::{Priority, SlaTable, SlaTargets};
///
/// let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// assert!(SlaTable::new(same).is_ok());
/// assert!(SlaTable::new(same.into_iter().skip(1)).is_err(), "one is missing");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Priority, TargetsJson>", into = "BTreeMap<Priority, TargetsJson>")]
pub struct SlaTable([SlaTargets; Priority::ALL.len()]);

impl SlaTable {
    /// Creates a table of these targets, one for each priority.
    ///
    /// # Errors
    ///
    /// [`InvalidSla`] if a priority is missing or given twice.
    pub fn new(targets: impl IntoIterator<Item = (Priority, SlaTargets)>) -> Result<Self, InvalidSla> {
        let mut given = [None; Priority::ALL.len()];
        for (priority, targets) in targets {
            if given[priority as usize].replace(targets).is_some() {
                return Err(InvalidSla(SlaProblem::Repeated { priority }));
            }
        }
        let mut table = [SlaTargets { millis: [0; SlaMetric::ALL.len()] }; Priority::ALL.len()];
        for priority in Priority::ALL {
            let missing = InvalidSla(SlaProblem::Missing { priority, metric: None });
            table[priority as usize] = given[priority as usize].ok_or(missing)?;
        }
        Ok(Self(table))
    }

    /// Returns the targets of a priority.
    #[must_use]
    pub const fn of(&self, priority: Priority) -> SlaTargets {
        self.0[priority as usize]
    }
}

/// SLA targets of one priority: the business time for each metric.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::{Explain, SlaMetric, SlaTargets};
///
/// let targets = SlaTargets::hours(1, 2, 8)?;
/// assert_eq!(targets.of(SlaMetric::Resolution), Duration::from_secs(8 * 3600));
/// assert_eq!(SlaTargets::hours(0, 2, 8).unwrap_err().code(), "sla_target_zero");
/// # Ok::<(), ventanilla_domain::InvalidSla>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaTargets {
    millis: [i64; SlaMetric::ALL.len()],
}

impl SlaTargets {
    /// The longest target: 3,650 days.
    pub const LONGEST: Duration = Days(3650).duration();

    /// Creates the targets for the first response, each further response, and the resolution;
    /// fractions of a millisecond are cut off.
    ///
    /// # Errors
    ///
    /// [`InvalidSla`] unless each is between a millisecond and 3,650 days.
    pub fn new(
        first_response: Duration,
        next_response: Duration,
        resolution: Duration,
    ) -> Result<Self, InvalidSla> {
        let mut millis = [0; SlaMetric::ALL.len()];
        for (metric, target) in
            SlaMetric::ALL.into_iter().zip([first_response, next_response, resolution])
        {
            millis[metric as usize] = match i64::try_from(target.as_millis()) {
                Ok(0) => return Err(InvalidSla(SlaProblem::Zero { metric })),
                Ok(millis) if target <= Self::LONGEST => millis,
                _ => return Err(InvalidSla(SlaProblem::TooLong { metric, target })),
            };
        }
        Ok(Self { millis })
    }

    /// Creates targets in whole hours.
    ///
    /// # Errors
    ///
    /// The errors of [`SlaTargets::new`].
    pub fn hours(first_response: u32, next_response: u32, resolution: u32) -> Result<Self, InvalidSla> {
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 60 * 60);
        Self::new(hours(first_response), hours(next_response), hours(resolution))
    }

    /// Returns the target of a metric.
    #[must_use]
    pub const fn of(&self, metric: SlaMetric) -> Duration {
        Duration::from_millis(self.millis[metric as usize].unsigned_abs())
    }
}

crate::vocabulary::vocabulary! {
    /// Metric that a timer measures.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, SlaMetric};
    ///
    /// assert_eq!(SlaMetric::NextResponse.label(Locale::Es), "Siguiente respuesta");
    /// ```
    SlaMetric, UnknownSlaMetric, "unknown_sla_metric", "No existe la medida", "There is no metric";
    /// From the opening to the first public message of an administrator who isn't the requester.
    FirstResponse = "FIRST_RESPONSE", "Primera respuesta", "First response";
    /// From the requester's oldest unanswered message to the next such answer.
    NextResponse = "NEXT_RESPONSE", "Siguiente respuesta", "Next response";
    /// From the opening until it is resolved, without the time for which it was resolved before.
    Resolution = "RESOLUTION", "Resolución", "Resolution";
}

/// Error of an SLA policy: a target is zero, missing, given twice or longer than ten years.
///
/// Its codes are `sla_target_zero`, `sla_target_missing`, `sla_target_repeated` and
/// `sla_target_too_long`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidSla(SlaProblem);

#[derive(Debug, Clone, PartialEq, Eq)]
enum SlaProblem {
    Zero { metric: SlaMetric },
    TooLong { metric: SlaMetric, target: Duration },
    Missing { priority: Priority, metric: Option<SlaMetric> },
    Repeated { priority: Priority },
}

impl Explain for InvalidSla {
    fn code(&self) -> &'static str {
        match self.0 {
            SlaProblem::Zero { .. } => "sla_target_zero",
            SlaProblem::TooLong { .. } => "sla_target_too_long",
            SlaProblem::Missing { .. } => "sla_target_missing",
            SlaProblem::Repeated { .. } => "sla_target_repeated",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match &self.0 {
            SlaProblem::Zero { metric } => {
                let metric = metric.label(locale);
                say!(locale, "El plazo es cero: {metric}.", "The target is zero: {metric}.")
            }
            SlaProblem::TooLong { metric, target } => {
                let (metric, days) = (metric.label(locale), target.as_secs() / 86_400);
                // Whole days alone would show a target just over the limit as the limit itself.
                let more = *target > Duration::from_secs(days * 86_400);
                let more = if more { locale.pick("más de ", "more than ") } else { "" };
                say!(
                    locale,
                    "El plazo supera 3650 días: {metric}, {more}{days} días.",
                    "The target is longer than 3650 days: {metric}, {more}{days} days."
                )
            }
            SlaProblem::Missing { priority, metric: None } => {
                let priority = priority.label(locale);
                say!(
                    locale,
                    "Faltan los plazos de la prioridad {priority}.",
                    "The targets of priority {priority} are missing."
                )
            }
            SlaProblem::Missing { priority, metric: Some(metric) } => {
                let (priority, metric) = (priority.label(locale), metric.label(locale));
                say!(
                    locale,
                    "Falta un plazo de la prioridad {priority}: {metric}.",
                    "A target of priority {priority} is missing: {metric}."
                )
            }
            SlaProblem::Repeated { priority } => {
                let priority = priority.label(locale);
                say!(
                    locale,
                    "Los plazos de la prioridad {priority} están dos veces.",
                    "The targets of priority {priority} are given twice."
                )
            }
        }
    }
}

/// The JSON form of [`SlaTargets`], in milliseconds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetsJson {
    first_response: Option<u64>,
    next_response: Option<u64>,
    resolution: Option<u64>,
}

impl TryFrom<BTreeMap<Priority, TargetsJson>> for SlaTable {
    type Error = InvalidSla;

    fn try_from(rows: BTreeMap<Priority, TargetsJson>) -> Result<Self, InvalidSla> {
        let read = |(priority, json): (Priority, TargetsJson)| {
            let given = |metric, millis: Option<u64>| {
                let missing = SlaProblem::Missing { priority, metric: Some(metric) };
                millis.map(Duration::from_millis).ok_or(InvalidSla(missing))
            };
            let targets = SlaTargets::new(
                given(SlaMetric::FirstResponse, json.first_response)?,
                given(SlaMetric::NextResponse, json.next_response)?,
                given(SlaMetric::Resolution, json.resolution)?,
            )?;
            Ok((priority, targets))
        };
        let targets: Vec<_> = rows.into_iter().map(read).collect::<Result<_, InvalidSla>>()?;
        Self::new(targets)
    }
}

impl From<SlaTable> for BTreeMap<Priority, TargetsJson> {
    fn from(table: SlaTable) -> Self {
        let json = |targets: SlaTargets| {
            let [first_response, next_response, resolution] =
                targets.millis.map(|millis| Some(millis.unsigned_abs()));
            TargetsJson { first_response, next_response, resolution }
        };
        Priority::ALL.into_iter().map(|priority| (priority, json(table.of(priority)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(hours: u32) -> SlaTargets {
        SlaTargets::hours(hours, 2 * hours, 10 * hours).unwrap()
    }

    #[test]
    fn every_target_must_be_given_once_and_be_more_than_nothing() {
        let four = Priority::ALL.map(|priority| (priority, targets(4)));
        assert!(SlaPolicy::new(four).is_ok());
        let code = |result: Result<SlaPolicy, InvalidSla>| result.unwrap_err().code();
        assert_eq!(code(SlaPolicy::new([])), "sla_target_missing");
        assert_eq!(code(SlaPolicy::new(four.into_iter().chain([four[0]]))), "sla_target_repeated");
        let policy = SlaPolicy::new(four).unwrap();
        assert_eq!(code(policy.category(Category::BUG, four[1..].to_vec())), "sla_target_missing");

        let hour = Duration::from_secs(3600);
        for (first, next, resolution, code) in [
            (Duration::ZERO, hour, hour, "sla_target_zero"),
            (hour, Duration::from_nanos(999_999), hour, "sla_target_zero"),
            (hour, hour, Days(3651).duration(), "sla_target_too_long"),
            (hour, hour, Duration::MAX, "sla_target_too_long"),
        ] {
            let error = SlaTargets::new(first, next, resolution).unwrap_err();
            assert_eq!(error.code(), code);
            let [es, en] = Locale::ALL.map(|locale| error.explain(locale));
            assert!(es != en && !es.is_empty());
        }
    }

    #[test]
    fn a_policy_goes_through_json_and_a_bad_one_says_what_is_wrong() {
        let four = Priority::ALL.map(|priority| (priority, targets(1 + priority as u32)));
        let policy = SlaPolicy::new(four).unwrap().category(Category::PAGOS, four).unwrap();
        let json = serde_json::to_value(&policy).unwrap();
        assert_eq!(json["targets"]["LOW"]["firstResponse"], 3_600_000);
        assert_eq!(serde_json::from_value::<SlaPolicy>(json.clone()).unwrap(), policy);

        let problem = |edit: &dyn Fn(&mut serde_json::Value)| {
            let mut json = json.clone();
            edit(&mut json);
            serde_json::from_value::<SlaPolicy>(json).unwrap_err().to_string()
        };
        let zero = problem(&|json| json["targets"]["LOW"]["resolution"] = 0.into());
        assert!(zero.starts_with("The target is zero: Resolution"), "{zero}");
        let missing = problem(&|json| json["targets"]["HIGH"]["nextResponse"] = serde_json::Value::Null);
        assert!(missing.contains("High is missing: Next response"), "{missing}");
        let gone = problem(&|json| {
            json["categories"]["PAGOS"].as_object_mut().unwrap().remove("URGENT");
        });
        assert!(gone.contains("Urgent are missing"), "{gone}");
    }

    #[test]
    fn a_target_one_millisecond_too_long_is_not_shown_as_the_limit() {
        let (hour, day, longest) =
            (Duration::from_secs(3600), Duration::from_secs(86_400), SlaTargets::LONGEST);
        assert!(SlaTargets::new(hour, hour, longest).is_ok());
        for (length, es, en) in [
            (longest + Duration::from_millis(1), "más de 3650 días", "more than 3650 days"),
            (longest + day - Duration::from_millis(1), "más de 3650 días", "more than 3650 days"),
            (longest + day, "3651 días", "3651 days"),
            (longest + day + Duration::from_nanos(1), "más de 3651 días", "more than 3651 days"),
        ] {
            let error = SlaTargets::new(hour, hour, length).unwrap_err();
            let texts = Locale::ALL.map(|locale| error.explain(locale));
            assert!(
                texts.contains(&format!("El plazo supera 3650 días: Resolución, {es}.")),
                "{texts:?}"
            );
            let en = format!("The target is longer than 3650 days: Resolution, {en}.");
            assert!(texts.contains(&en), "{texts:?}");
        }
    }
}
