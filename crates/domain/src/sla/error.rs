//! What is wrong with a policy.

use std::time::Duration;

use super::SlaMetric;
use crate::{Explain, Locale, Priority, locale::say};

/// A policy that promises nothing, or too little: a target is zero, missing, given twice or longer
/// than ten years.
///
/// Its codes are `sla_target_zero`, `sla_target_missing`, `sla_target_repeated` and
/// `sla_target_too_long`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidSla(pub(super) Problem);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    Zero { metric: SlaMetric },
    TooLong { metric: SlaMetric, target: Duration },
    Missing { priority: Priority, metric: Option<SlaMetric> },
    Repeated { priority: Priority },
}

impl Explain for InvalidSla {
    fn code(&self) -> &'static str {
        match self.0 {
            Problem::Zero { .. } => "sla_target_zero",
            Problem::TooLong { .. } => "sla_target_too_long",
            Problem::Missing { .. } => "sla_target_missing",
            Problem::Repeated { .. } => "sla_target_repeated",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match &self.0 {
            Problem::Zero { metric } => {
                let metric = metric.label(locale);
                say!(locale, "El plazo es cero: {metric}.", "The target is zero: {metric}.")
            }
            Problem::TooLong { metric, target } => {
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
            Problem::Missing { priority, metric: None } => {
                let priority = priority.label(locale);
                say!(
                    locale,
                    "Faltan los plazos de la prioridad {priority}.",
                    "The targets of priority {priority} are missing."
                )
            }
            Problem::Missing { priority, metric: Some(metric) } => {
                let (priority, metric) = (priority.label(locale), metric.label(locale));
                say!(
                    locale,
                    "Falta un plazo de la prioridad {priority}: {metric}.",
                    "A target of priority {priority} is missing: {metric}."
                )
            }
            Problem::Repeated { priority } => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SlaTargets;

    #[test]
    fn one_millisecond_too_long_is_not_told_as_the_limit() {
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
