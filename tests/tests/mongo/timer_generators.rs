//! Generates SLA timers, by a calendar that never closes and by one with business hours.

use std::time::Duration;

use bson::{Bson, Document, doc};
use proptest::{collection::vec, option, prelude::*};
use ventanilla_service::{
    Category, Priority, TimeZone,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets, Week},
};

use super::{
    generators::{field, times},
    raw::{DAY, HOUR, after, date, person, with},
};

/// Targets of days, like the times, so that timers are often stopped to the millisecond.
pub(crate) fn round_the_clock() -> Sla {
    sla(BusinessCalendar::always(), DAY)
}

/// Targets of business days: business time stands still from the evening until each of the times, and
/// is the same at them and the millisecond before.
pub(crate) fn office() -> Sla {
    let week = Week::weekdays("09:00-17:00".parse().unwrap());
    sla(BusinessCalendar::new(TimeZone::UTC, week).unwrap(), 8 * HOUR)
}

fn sla(calendar: BusinessCalendar, day: i64) -> Sla {
    let day = Duration::from_millis(day.unsigned_abs());
    let targets = Priority::ALL.map(|priority| {
        let days = 4 - priority as u32;
        (priority, SlaTargets::new(days * day / 2, days * day / 4, days * day).unwrap())
    });
    Sla::new(SlaPolicy::new(targets).unwrap(), calendar)
}

/// Generates the fields of a ticket that has timers.
pub(crate) fn timers(sla: &Sla) -> impl Strategy<Value = Document> + use<> {
    let targets = bson::serialize_to_document(sla.policy().targets(&Category::BUG)).unwrap();
    let timer = || timer(sla, field("stop", stop(sla)));
    // A timer that was followed by another had stopped.
    let earlier = vec(self::timer(sla, stop(sla).prop_map(|stop| doc! { "stop": stop })), 0..2);
    (timer(), option::of(timer()), timer(), earlier).prop_map(
        move |(first, next, resolution, earlier)| {
            let mut sla = doc! { "targets": targets.clone(), "firstResponse": first };
            sla.insert("resolution", resolution);
            sla.extend(next.map(|next| ("nextResponse".to_owned(), next)));
            doc! { "sla": sla, "earlierResponses": earlier }
        },
    )
}

fn timer(sla: &Sla, stop: impl Strategy<Value = Document> + 'static) -> BoxedStrategy<Bson> {
    let reading = reading(sla);
    // Now and then a target whose quarter is not an integer.
    let odd = prop_oneof![3 => Just(0_i64), 1 => 1..4_i64];
    let drawn =
        (times(), times(), times(), odd, stop).prop_map(move |(since, start, due, odd, stop)| {
            let (start, due) = (reading(start), reading(due) + odd);
            with(doc! { "since": date(since), "start": start, "due": due }, stop).into()
        });
    drawn.boxed()
}

fn stop(sla: &Sla) -> impl Strategy<Value = Bson> + use<> {
    let by = field("by", (2..5_u8).prop_map(|number| Bson::from(person(number))));
    let cancelled = field("cancelled", any::<bool>().prop_map(Bson::from));
    let reading = reading(sla);
    (times(), by, cancelled).prop_map(move |(at, by, cancelled)| {
        let stop = doc! { "at": date(at), "reading": reading(at) };
        [by, cancelled].into_iter().fold(stop, with).into()
    })
}

fn reading(sla: &Sla) -> impl Fn(i64) -> i64 + use<> {
    let sla = sla.clone();
    move |ms| sla.business_time_at(after(ms)).as_millis()
}
