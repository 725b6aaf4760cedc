//! Waits of a ticket for somebody outside the desk.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

crate::vocabulary::vocabulary! {
    /// The party that a ticket waits for.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, WaitingFor};
    ///
    /// assert_eq!(WaitingFor::Customer.label(Locale::Es), "Esperando al cliente");
    /// ```
    #[non_exhaustive]
    WaitingFor, UnknownWaitingFor, "unknown_waiting_for", "No existe el tipo de espera", "There is no kind of wait";
    /// The requester, who was asked something.
    Customer = "CUSTOMER", "Esperando al cliente", "Waiting for the customer";
    /// Somebody else, such as a supplier.
    ThirdParty = "THIRD_PARTY", "Esperando a un tercero", "Waiting for a third party";
}

/// A wait to be begun: for whom, and until when at the latest.
///
/// ```
/// use ventanilla_domain::{Wait, WaitingFor};
///
/// let monday = "2026-03-09T08:00:00Z".parse()?;
/// let snooze = Wait::new(WaitingFor::ThirdParty).until(monday);
/// assert_eq!(snooze.end(), Some(monday));
/// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub(crate) party: WaitingFor,
    pub(crate) until: Option<Timestamp>,
}

impl Wait {
    /// Creates a wait that lasts until the requester writes or an administrator ends it.
    #[must_use]
    pub const fn new(party: WaitingFor) -> Self {
        Self { party, until: None }
    }

    /// Sets the time at which the wait ends by itself, or removes it.
    #[must_use]
    pub fn until(mut self, end: impl Into<Option<Timestamp>>) -> Self {
        self.until = end.into();
        self
    }

    /// Returns the party that is waited for.
    #[must_use]
    pub const fn party(&self) -> WaitingFor {
        self.party
    }

    /// Returns the time at which the wait ends by itself.
    #[must_use]
    pub const fn end(&self) -> Option<Timestamp> {
        self.until
    }

    /// Returns the wait with its beginning, before which it doesn't end: a clock that went back may
    /// have given an earlier end.
    pub(crate) fn since(self, since: Timestamp) -> Waiting {
        let until = self.until.map(|until| until.max(since));
        Waiting { since, until, party: self.party }
    }
}

/// Wait of a ticket, during which its resolution timer is paused.
///
/// It ends when the requester writes, when an administrator ends it, when the status changes, and at
/// `until` by itself: nothing has to run at that time.
///
/// As JSON: `{"since", "until", "for": "CUSTOMER"}`, without `until` if it has no end.
///
/// ```
/// use ventanilla_domain::{Timestamp, Waiting, WaitingFor};
///
/// let [ten, noon] = ["2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z"].map(|at| at.parse().unwrap());
/// let waiting = Waiting { since: ten, until: Some(noon), party: WaitingFor::Customer };
/// assert!(waiting.is_on(ten) && !waiting.is_on(noon));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Time of its beginning.
    pub since: Timestamp,
    /// Time from which the ticket no longer waits; `None` if only a change ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The party that is waited for.
    #[serde(rename = "for")]
    pub party: WaitingFor,
}

impl Waiting {
    /// Returns whether the ticket still waits at this time.
    #[must_use]
    pub fn is_on(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// Returns whether it is the wait asked for.
    pub(crate) fn is(&self, wait: Wait) -> bool {
        *self == wait.since(self.since)
    }

    /// Ends it at this time, if it would last longer.
    pub(crate) fn end_by(&mut self, at: Timestamp) {
        self.until = Some(self.until.map_or(at, |until| until.min(at)));
    }
}
