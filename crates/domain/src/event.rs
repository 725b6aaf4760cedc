//! Events of a ticket, which a change returns and the history keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Locale, Priority, Reference, Role, SlaMetric, Status, Tag, Timestamp, UserId, WaitingFor,
    locale::say,
};

/// Record of something that happened to a ticket.
///
/// A change returns its events, so that a host can send e-mails and webhooks. The history keeps all
/// but messages and notes, which are in the ticket themselves.
///
/// As JSON: `{"at", "by", "version", "event": "STATUS_CHANGED", "from": "OPEN", "to": "RESOLVED"}`.
///
/// ```
/// use ventanilla_domain::{Actor, Event, EventKind, Priority, Timestamp};
///
/// let event = Event {
///     at: Timestamp::from_millis(0)?,
///     by: Actor::System,
///     version: 3,
///     kind: EventKind::PriorityChanged { from: Priority::Low, to: Priority::High },
/// };
/// let json = serde_json::to_string(&event)?;
/// assert!(json.ends_with(r#""event":"PRIORITY_CHANGED","from":"LOW","to":"HIGH"}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Time of the event.
    pub at: Timestamp,
    /// The actor.
    pub by: Actor,
    /// Version of the ticket that it led to; 0 for creation, where it isn't known, and for readers
    /// other than the desk.
    #[serde(default, deserialize_with = "crate::util::null_is_absent")]
    pub version: u64,
    /// The kind of event, with its data.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// Returns the sentence for a history, without the actor; `name` turns an administrator's id
    /// into the name to show.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, Event, EventKind, Locale, Timestamp, UserId};
    ///
    /// let luis = UserId::parse("luis")?;
    /// let kind = EventKind::AssigneeChanged { from: None, to: Some(luis.clone()) };
    /// let event = Event { at: Timestamp::MIN, by: Actor::Admin(luis), version: 1, kind };
    /// assert_eq!(event.describe(Locale::Es, UserId::to_string), "Tomó el ticket");
    /// # Ok::<(), ventanilla_domain::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn describe(&self, locale: Locale, name: impl Fn(&UserId) -> String) -> String {
        match &self.kind {
            EventKind::AssigneeChanged { to: Some(to), .. } if self.by.user() == Some(to) => {
                locale.pick("Tomó el ticket", "Took the ticket").into()
            }
            kind => kind.describe(locale, name),
        }
    }
}

/// Kind of an event, with its data.
///
/// ```
/// use ventanilla_domain::{EventKind, Locale, Status, UserId};
///
/// let moved = EventKind::StatusChanged { from: Status::Open, to: Status::Resolved };
/// assert_eq!(moved.describe(Locale::Es, UserId::to_string), "Cambió el estado de Abierto a Resuelto");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum EventKind {
    /// The ticket was opened.
    Created,
    /// A message was added to the conversation.
    MessageAdded {
        /// The role of its author.
        role: Role,
    },
    /// An internal note was added.
    NoteAdded,
    /// The status changed.
    StatusChanged {
        /// The status before.
        from: Status,
        /// The status after.
        to: Status,
    },
    /// The priority changed.
    PriorityChanged {
        /// The priority before.
        from: Priority,
        /// The priority after.
        to: Priority,
    },
    /// The ticket was assigned, handed over or unassigned.
    AssigneeChanged {
        /// The assignee before.
        from: Option<UserId>,
        /// The assignee after.
        to: Option<UserId>,
    },
    /// A tag was added.
    TagAdded {
        /// The tag.
        tag: Tag,
    },
    /// A tag was removed.
    TagRemoved {
        /// The tag.
        tag: Tag,
    },
    /// A reference to what the ticket is about was added.
    ReferenceAdded {
        /// The reference.
        about: Reference,
    },
    /// A reference to what the ticket is about was removed.
    ReferenceRemoved {
        /// The reference.
        about: Reference,
    },
    /// The ticket began to wait, or its wait was changed.
    WaitingStarted {
        /// The party that is waited for.
        #[serde(rename = "for")]
        party: WaitingFor,
        /// Time at which the wait ends by itself, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A change ended the wait. A wait that ends by itself causes no event.
    WaitingEnded,
    /// The bot asked for a human.
    HandedOver,
    /// The bot proposed a reply.
    DraftAdded,
    /// An administrator discarded the proposed reply.
    DraftDiscarded,
    /// An SLA timer has come to be at risk. No change causes it: only streams of events have it.
    SlaAtRisk {
        /// The metric of the timer.
        metric: SlaMetric,
    },
    /// An SLA timer was breached. No change causes it: only streams of events have it.
    SlaBreached {
        /// The metric of the timer.
        metric: SlaMetric,
    },
    /// An event that this version doesn't know, such as one of a newer version.
    #[serde(untagged)]
    Other(OtherEvent),
}

/// Name and data of an event that this version doesn't know.
///
/// Its JSON is that of the stored event, so a copied ticket keeps it.
///
/// ```
/// use ventanilla_domain::EventKind;
///
/// let json = r#"{"event":"MERGED","tag":"vip","place":2}"#;
/// let EventKind::Other(event) = serde_json::from_str(json)? else { panic!("an unknown event") };
/// assert_eq!(event.name(), "MERGED");
/// assert_eq!(serde_json::to_value(&event)?["tag"], "vip");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherEvent {
    event: Box<str>,
    #[serde(flatten)]
    data: BTreeMap<Box<str>, Data>,
}

impl OtherEvent {
    /// Returns the name of its kind, such as `MERGED`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.event
    }
}

/// Any JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Data {
    Null,
    Bool(bool),
    Unsigned(u64),
    Integer(i64),
    Float(Float),
    Text(Box<str>),
    List(Vec<Data>),
    Map(BTreeMap<Box<str>, Data>),
}

/// The bits of a floating point number, which have an equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
struct Float(u64);

impl From<f64> for Float {
    fn from(number: f64) -> Self {
        Self(number.to_bits())
    }
}

impl From<Float> for f64 {
    fn from(Float(bits): Float) -> Self {
        f64::from_bits(bits)
    }
}

impl EventKind {
    /// Returns whether a ticket's history keeps such events. Messages and notes are in the ticket
    /// themselves, and risks and breaches are states of its timers.
    ///
    /// ```
    /// use ventanilla_domain::EventKind;
    ///
    /// assert!(EventKind::Created.is_recorded());
    /// assert!(!EventKind::NoteAdded.is_recorded());
    /// ```
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        match self {
            EventKind::MessageAdded { .. }
            | EventKind::NoteAdded
            | EventKind::SlaAtRisk { .. }
            | EventKind::SlaBreached { .. } => false,
            EventKind::Created
            | EventKind::StatusChanged { .. }
            | EventKind::PriorityChanged { .. }
            | EventKind::AssigneeChanged { .. }
            | EventKind::TagAdded { .. }
            | EventKind::TagRemoved { .. }
            | EventKind::ReferenceAdded { .. }
            | EventKind::ReferenceRemoved { .. }
            | EventKind::WaitingStarted { .. }
            | EventKind::WaitingEnded
            | EventKind::HandedOver
            | EventKind::DraftAdded
            | EventKind::DraftDiscarded
            | EventKind::Other(_) => true,
        }
    }

    /// Returns whether only the desk may see such events: notes, tags, waits, the bot's hand-overs and
    /// drafts, risks and breaches of SLA timers, and events of unknown kinds.
    ///
    /// ```
    /// use ventanilla_domain::{EventKind, Role};
    ///
    /// assert!(EventKind::NoteAdded.is_internal());
    /// assert!(!EventKind::MessageAdded { role: Role::Admin }.is_internal());
    /// ```
    #[must_use]
    pub const fn is_internal(&self) -> bool {
        match self {
            EventKind::NoteAdded
            | EventKind::TagAdded { .. }
            | EventKind::TagRemoved { .. }
            | EventKind::WaitingStarted { .. }
            | EventKind::WaitingEnded
            | EventKind::HandedOver
            | EventKind::DraftAdded
            | EventKind::DraftDiscarded
            | EventKind::SlaAtRisk { .. }
            | EventKind::SlaBreached { .. }
            | EventKind::Other(_) => true,
            EventKind::Created
            | EventKind::MessageAdded { .. }
            | EventKind::StatusChanged { .. }
            | EventKind::PriorityChanged { .. }
            | EventKind::AssigneeChanged { .. }
            | EventKind::ReferenceAdded { .. }
            | EventKind::ReferenceRemoved { .. } => false,
        }
    }

    /// Returns the sentence for a history, whoever the actor is; `name` turns an administrator's id
    /// into the name to show.
    ///
    /// ```
    /// use ventanilla_domain::{EventKind, Locale, UserId};
    ///
    /// let claimed = EventKind::AssigneeChanged { from: None, to: Some(UserId::parse("luis")?) };
    /// assert_eq!(claimed.describe(Locale::Es, |_| "Luis Paz".into()), "Asignó el ticket a Luis Paz");
    /// # Ok::<(), ventanilla_domain::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn describe(&self, locale: Locale, name: impl Fn(&UserId) -> String) -> String {
        match self {
            EventKind::Created => locale.pick("Abrió el ticket", "Opened the ticket").into(),
            EventKind::MessageAdded { .. } => {
                locale.pick("Escribió un mensaje", "Wrote a message").into()
            }
            EventKind::NoteAdded => {
                locale.pick("Añadió una nota interna", "Added an internal note").into()
            }
            EventKind::StatusChanged { from, to } => {
                let (from, to) = (from.label(locale), to.label(locale));
                say!(
                    locale,
                    "Cambió el estado de {from} a {to}",
                    "Changed the status from {from} to {to}"
                )
            }
            EventKind::PriorityChanged { from, to } => {
                let (from, to) = (from.label(locale), to.label(locale));
                say!(
                    locale,
                    "Cambió la prioridad de {from} a {to}",
                    "Changed the priority from {from} to {to}"
                )
            }
            EventKind::AssigneeChanged { from, to: Some(to) } => match (from, name(to)) {
                (None, to) => say!(locale, "Asignó el ticket a {to}", "Assigned the ticket to {to}"),
                (Some(from), to) => {
                    let from = name(from);
                    say!(
                        locale,
                        "Pasó el ticket de {from} a {to}",
                        "Handed the ticket over from {from} to {to}"
                    )
                }
            },
            EventKind::AssigneeChanged { to: None, .. } => {
                locale.pick("Dejó el ticket sin asignar", "Left the ticket unassigned").into()
            }
            EventKind::TagAdded { tag } => {
                say!(locale, "Añadió la etiqueta «{tag}»", "Added the tag “{tag}”")
            }
            EventKind::TagRemoved { tag } => {
                say!(locale, "Quitó la etiqueta «{tag}»", "Removed the tag “{tag}”")
            }
            EventKind::ReferenceAdded { about } => {
                say!(locale, "Añadió la referencia {about}", "Added the reference {about}")
            }
            EventKind::ReferenceRemoved { about } => {
                say!(locale, "Quitó la referencia {about}", "Removed the reference {about}")
            }
            EventKind::WaitingStarted { party: WaitingFor::Customer, .. } => locale
                .pick("Dejó el ticket esperando al cliente", "Set the ticket to wait for the customer")
                .into(),
            EventKind::WaitingStarted { party: WaitingFor::ThirdParty, .. } => locale
                .pick(
                    "Dejó el ticket esperando a un tercero",
                    "Set the ticket to wait for a third party",
                )
                .into(),
            EventKind::WaitingEnded => locale.pick("Terminó la espera", "Ended the wait").into(),
            EventKind::HandedOver => {
                locale.pick("Pidió que atienda una persona", "Asked for a human").into()
            }
            EventKind::DraftAdded => locale.pick("Propuso una respuesta", "Proposed a reply").into(),
            EventKind::DraftDiscarded => {
                locale.pick("Descartó la respuesta propuesta", "Discarded the proposed reply").into()
            }
            EventKind::SlaAtRisk { metric } => {
                let metric = metric.label(locale);
                say!(locale, "Plazo en riesgo: {metric}", "Target at risk: {metric}")
            }
            EventKind::SlaBreached { metric } => {
                let metric = metric.label(locale);
                say!(locale, "Plazo vencido: {metric}", "Target breached: {metric}")
            }
            EventKind::Other(_) => locale
                .pick("Hizo un cambio de tipo desconocido", "Made a change of an unknown kind")
                .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_texts_and_json_both_ways() {
        let [ana, luis] = ["ana", "luis"].map(|id| UserId::parse(id).unwrap());
        for kind in [
            EventKind::Created,
            EventKind::MessageAdded { role: Role::Admin },
            EventKind::NoteAdded,
            EventKind::StatusChanged { from: Status::Resolved, to: Status::Open },
            EventKind::PriorityChanged { from: Priority::Low, to: Priority::High },
            EventKind::AssigneeChanged { from: None, to: Some(ana.clone()) },
            EventKind::AssigneeChanged { from: Some(ana.clone()), to: Some(luis) },
            EventKind::AssigneeChanged { from: Some(ana.clone()), to: None },
            EventKind::TagAdded { tag: Tag::parse("vip").unwrap() },
            EventKind::TagRemoved { tag: Tag::parse("vip").unwrap() },
            EventKind::ReferenceAdded { about: Reference::new("order", "1").unwrap() },
            EventKind::ReferenceRemoved { about: Reference::new("order", "1").unwrap() },
            EventKind::WaitingStarted { party: WaitingFor::Customer, until: None },
            EventKind::WaitingStarted { party: WaitingFor::ThirdParty, until: Some(Timestamp::MAX) },
            EventKind::WaitingEnded,
            EventKind::HandedOver,
            EventKind::DraftAdded,
            EventKind::DraftDiscarded,
            EventKind::SlaAtRisk { metric: SlaMetric::FirstResponse },
            EventKind::SlaBreached { metric: SlaMetric::Resolution },
            serde_json::from_str(r#"{"event":"MERGED","tag":"vip"}"#).unwrap(),
        ] {
            let [es, en] = Locale::ALL.map(|locale| kind.describe(locale, UserId::to_string));
            assert!(!es.is_empty() && es != en, "{kind:?}");
            for by in [Actor::System, Actor::Admin(ana.clone())] {
                let event = Event { at: Timestamp::MIN, by, version: 7, kind: kind.clone() };
                let json = serde_json::to_string(&event).unwrap();
                assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event, "{json}");
                for untold in ["", r#""version":null,"#] {
                    let json = json.replace(r#""version":7,"#, untold);
                    let event = Event { version: 0, ..event.clone() };
                    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event, "{json}");
                }
            }
        }
    }

    #[test]
    fn an_alert_is_internal_and_no_history_keeps_it() {
        let metric = SlaMetric::NextResponse;
        for (kind, json) in [
            (EventKind::SlaAtRisk { metric }, r#"{"event":"SLA_AT_RISK","metric":"NEXT_RESPONSE"}"#),
            (EventKind::SlaBreached { metric }, r#"{"event":"SLA_BREACHED","metric":"NEXT_RESPONSE"}"#),
        ] {
            assert!(kind.is_internal() && !kind.is_recorded());
            assert_eq!(serde_json::to_string(&kind).unwrap(), json);
        }
    }

    #[test]
    fn an_event_of_an_unknown_kind_keeps_its_data() {
        let json = serde_json::json!({
            "at": "2026-03-02T12:00:00.000Z", "by": {"kind": "SYSTEM"}, "version": 3,
            "event": "MERGED", "none": null, "yes": true, "count": u64::MAX, "below": i64::MIN,
            "ratio": 0.5, "list": [1, "x", null], "map": {"a": {"b": []}},
        });
        let event: Event = serde_json::from_value(json.clone()).unwrap();
        assert!(matches!(&event.kind, EventKind::Other(other) if other.name() == "MERGED"));
        assert!(event.kind.is_internal() && event.kind.is_recorded());
        assert_eq!(serde_json::to_value(&event).unwrap(), json);
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }

    #[test]
    fn a_known_kind_with_unknown_values_is_kept_as_other() {
        let json = r#"{"event":"STATUS_CHANGED","from":"OPEN","to":"ON_HOLD"}"#;
        let kind: EventKind = serde_json::from_str(json).unwrap();
        assert!(matches!(&kind, EventKind::Other(other) if other.name() == "STATUS_CHANGED"));
        assert_eq!(serde_json::to_string(&kind).unwrap(), json);
    }

    #[test]
    fn an_event_without_a_kind_is_an_error() {
        assert!(serde_json::from_str::<EventKind>(r#"{"from":"OPEN"}"#).is_err());
    }
}
