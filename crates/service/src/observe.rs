//! The tracing span of a use case.

use std::fmt;

use tracing::{Span, field::display};
use ventanilla_domain::Explain;

use crate::ServiceError;

/// Parses an argument, and records in the span if that fails.
pub(crate) fn parsed<T>(value: impl TryInto<T, Error: Into<ServiceError>>) -> Result<T, ServiceError> {
    checked(value.try_into())
}

/// Records an error in the span; of a success the use case records the outcome later.
pub(crate) fn checked<T>(result: Result<T, impl Into<ServiceError>>) -> Result<T, ServiceError> {
    result.or_else(|error| observed(Err(error.into())))
}

/// Records the outcome's code in the span.
pub(crate) fn observed<T>(result: Result<T, ServiceError>) -> Result<T, ServiceError> {
    record("outcome", result.as_ref().err().map_or("ok", Explain::code));
    result
}

/// Records a field in the span of the use case, and never in the host's where ours is disabled.
pub(crate) fn record(field: &str, value: impl fmt::Display) {
    let span = Span::current();
    if span.metadata().is_some_and(|metadata| metadata.target().starts_with(env!("CARGO_CRATE_NAME"))) {
        span.record(field, display(value));
    }
}

/// Creates the span of a use case on one ticket; further fields are recorded later.
macro_rules! use_case_span {
    ($name:literal, $actor:literal, $number:expr $(, $field:ident $(= $value:expr)?)*) => {
        tracing::info_span!(
            concat!("ventanilla.", $name),
            actor = $actor,
            number = %$number,
            $($field = $crate::observe::use_case_span!(@value $($value)?),)*
            outcome = tracing::field::Empty,
        )
    };
    (@value) => { tracing::field::Empty };
    (@value $value:expr) => { tracing::field::display($value) };
}
pub(crate) use use_case_span;
