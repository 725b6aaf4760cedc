//! Encoding and decoding of SLA timers.

use std::time::Duration;

use bson::{Bson, Document, RawBsonRef, doc};
use ventanilla_domain::{
    BusinessTime, Priority, SlaInstant, SlaMetric, SlaPause, SlaStop, SlaTable, SlaTargets, SlaTimer,
    SlaTimers,
};

use super::{
    decode::{
        DecodeError, Fields, decode_error, nested, optional, optional_part, read_bool, read_date,
        read_whole, readable, required,
    },
    encode::{EARLIER, date},
    ids::UserIdEncoding,
};
use crate::StoreError;

/// Encoding of timers.
impl UserIdEncoding {
    pub(super) fn encode_timers(self, timers: &SlaTimers) -> Result<Bson, StoreError> {
        let mut document = doc! { "targets": targets(&timers.targets) };
        for metric in SlaMetric::ALL {
            if let Some(timer) = timers.of(metric) {
                document.insert(name(metric), self.encode_timer(timer)?);
            }
        }
        let mut derived = |name: &str, value: Option<Bson>| {
            if let Some(value) = value {
                document.insert(name, value);
            }
        };
        derived("due", timers.due().map(business_time));
        derived("risk", timers.at_risk_from().map(business_time));
        derived("lastStop", timers.last_stop().map(date));
        Ok(document.into())
    }

    /// Encodes the timers of earlier responses, of which there may be hundreds: they are stored in a
    /// separate field that no list of tickets reads.
    pub(super) fn encode_earlier(self, timers: &SlaTimers) -> Result<Vec<Bson>, StoreError> {
        timers.earlier_responses.iter().map(|timer| self.encode_timer(timer)).collect()
    }

    pub(super) fn encode_timer(self, timer: &SlaTimer) -> Result<Bson, StoreError> {
        let mut document = doc! {
            "since": date(timer.since),
            "start": business_time(timer.start),
            "due": business_time(timer.due),
        };
        if let Some(pause) = &timer.pause {
            document.insert("pause", encode_pause(pause));
        }
        if let Some(stop) = &timer.stop {
            let mut stopped = doc! { "at": date(stop.at), "reading": business_time(stop.business_time) };
            if let Some(by) = &stop.by {
                stopped.insert("by", self.write(by)?);
            }
            if stop.cancelled {
                stopped.insert("cancelled", true);
            }
            document.insert("stop", stopped);
        }
        Ok(document.into())
    }
}

/// Decoding of timers.
impl UserIdEncoding {
    pub(super) fn read_timers<'a>(
        self,
        value: RawBsonRef<'a>,
        document: impl Fields<'a>,
    ) -> Result<Box<SlaTimers>, DecodeError> {
        let timers = nested(value, "sla")?;
        let timer =
            |value: RawBsonRef<'_>| self.read_timer(value).map_err(|problem| problem.to_string());
        Ok(Box::new(SlaTimers {
            targets: required(timers, "targets", |value| {
                read_targets(value).map_err(|problem| problem.to_string())
            })?,
            first_response: required(timers, name(SlaMetric::FirstResponse), timer)?,
            next_response: optional(timers, name(SlaMetric::NextResponse), timer)?,
            resolution: required(timers, name(SlaMetric::Resolution), timer)?,
            // Unreadable earlier responses are skipped.
            earlier_responses: readable(document, EARLIER, |value| self.read_timer(value))
                .unwrap_or_default(),
        }))
    }

    fn read_timer(self, value: RawBsonRef<'_>) -> Result<SlaTimer, DecodeError> {
        let timer = nested(value, "sla")?;
        let stop = |value: RawBsonRef<'_>| self.read_stop(value).map_err(|problem| problem.to_string());
        Ok(SlaTimer {
            since: required(timer, "since", read_date)?,
            start: required(timer, "start", read_business_time)?,
            due: required(timer, "due", read_business_time)?,
            pause: optional_part(timer, "pause", |pause| {
                read_pause(pause).map_err(|problem| problem.to_string())
            }),
            stop: optional(timer, "stop", stop)?,
        })
    }

    fn read_stop(self, value: RawBsonRef<'_>) -> Result<SlaStop, DecodeError> {
        let stop = nested(value, "stop")?;
        Ok(SlaStop {
            at: required(stop, "at", read_date)?,
            business_time: required(stop, "reading", read_business_time)?,
            by: optional(stop, "by", |id| self.read(id))?,
            cancelled: optional(stop, "cancelled", read_bool)?.unwrap_or_default(),
        })
    }
}

fn encode_pause(pause: &SlaPause) -> Document {
    let instant = |instant: SlaInstant| {
        doc! { "at": date(instant.at), "businessTime": business_time(instant.business_time) }
    };
    let mut document = doc! { "start": instant(pause.start) };
    document.extend(pause.end.map(|end| ("end".to_owned(), instant(end).into())));
    document
}

fn read_pause(value: RawBsonRef<'_>) -> Result<SlaPause, DecodeError> {
    let pause = nested(value, "pause")?;
    let instant = |value: RawBsonRef<'_>| read_instant(value).map_err(|problem| problem.to_string());
    Ok(SlaPause { start: required(pause, "start", instant)?, end: optional(pause, "end", instant)? })
}

fn read_instant(value: RawBsonRef<'_>) -> Result<SlaInstant, DecodeError> {
    let instant = nested(value, "pause")?;
    Ok(SlaInstant {
        at: required(instant, "at", read_date)?,
        business_time: required(instant, "businessTime", read_business_time)?,
    })
}

fn targets(table: &SlaTable) -> Document {
    let of = |targets: SlaTargets, metric| (name(metric).to_owned(), millis(targets.of(metric)));
    let row = |priority| SlaMetric::ALL.map(|metric| of(table.of(priority), metric));
    let rows = Priority::ALL.map(|priority| (priority.as_str().to_owned(), row(priority)));
    rows.into_iter().map(|(priority, row)| (priority, Document::from_iter(row).into())).collect()
}

fn read_targets(value: RawBsonRef<'_>) -> Result<SlaTable, DecodeError> {
    let table = nested(value, "targets")?;
    let rows = Priority::ALL.map(|priority| {
        let row =
            nested(table.get(priority.as_str()).ok().flatten().unwrap_or(RawBsonRef::Null), "targets")?;
        let target = |metric| required(row, name(metric), read_target);
        let [first, next, resolution] = SlaMetric::ALL.map(target);
        let targets = SlaTargets::new(first?, next?, resolution?);
        targets
            .map(|targets| (priority, targets))
            .map_err(|problem| problem.to_string())
            .map_err(|problem| decode_error("targets", problem))
    });
    let rows: Vec<_> = rows.into_iter().collect::<Result<_, DecodeError>>()?;
    SlaTable::new(rows).map_err(|problem| decode_error("targets", problem.to_string()))
}

fn read_target(value: RawBsonRef<'_>) -> Result<Duration, String> {
    u64::try_from(read_whole(value)?).map(Duration::from_millis).map_err(|error| error.to_string())
}

fn read_business_time(value: RawBsonRef<'_>) -> Result<BusinessTime, String> {
    let millis = read_whole(value)?;
    let is_valid = BUSINESS_TIMES.contains(&millis);
    is_valid
        .then_some(BusinessTime::from_millis(millis))
        .ok_or_else(|| format!("the business time {millis} is out of range"))
}

/// Valid business times: more than any calendar has, and few enough that no sum overflows.
const BUSINESS_TIMES: std::ops::RangeInclusive<i64> = -(1 << 53)..=1 << 53;

pub(super) fn business_time(time: BusinessTime) -> Bson {
    Bson::Int64(time.as_millis())
}

fn millis(length: Duration) -> Bson {
    Bson::Int64(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

pub(super) const fn name(metric: SlaMetric) -> &'static str {
    match metric {
        SlaMetric::FirstResponse => "firstResponse",
        SlaMetric::NextResponse => "nextResponse",
        SlaMetric::Resolution => "resolution",
    }
}
