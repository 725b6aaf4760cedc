//! Administrators who are writing a reply, so that their colleagues know. Customers never see it.
//!
//! The page of a ticket says from time to time that somebody types. That is kept in memory, in each process
//! for itself: a host with several processes keeps it where all of them read it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{extract::State, http::StatusCode};
use ventanilla_service::{TicketNumber, Timestamp, UserId, view::PersonView};

use crate::{App, fields::Number, session::Administrator};

/// Time for which somebody counts as writing after their page has said so. The page says it again every ten
/// seconds.
const LASTS: Duration = Duration::from_secs(30);

/// Administrators who are writing, by ticket, each with the time until which they count as writing.
#[derive(Clone, Default)]
pub(crate) struct Typing(Arc<Mutex<BTreeMap<(TicketNumber, UserId), Timestamp>>>);

/// Colleagues who are writing a reply to a ticket.
pub(crate) struct Typists {
    /// Their names; nobody's if it is empty.
    pub(crate) people: Vec<PersonView>,
    /// Milliseconds until the first of them no longer counts as writing.
    pub(crate) millis: i64,
}

impl Typing {
    fn with_all<T>(&self, f: impl FnOnce(&mut BTreeMap<(TicketNumber, UserId), Timestamp>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that somebody writes, and returns true if they didn't before. Those who no longer write are
    /// forgotten.
    fn begin(&self, number: &TicketNumber, who: &UserId, now: Timestamp) -> bool {
        self.with_all(|all| {
            all.retain(|_, until| *until > now);
            all.insert((number.clone(), who.clone()), now.plus(LASTS)).is_none()
        })
    }

    /// Notes that somebody no longer writes, and returns true if they did.
    fn end(&self, number: &TicketNumber, who: &UserId) -> bool {
        self.with_all(|all| all.remove(&(number.clone(), who.clone())).is_some())
    }

    /// Returns those who are writing a reply to a ticket, with the time until which each counts as writing.
    fn of(&self, number: &TicketNumber, now: Timestamp) -> Vec<(UserId, Timestamp)> {
        self.with_all(|all| {
            let theirs = all.iter().filter(|((ticket, _), until)| ticket == number && **until > now);
            theirs.map(|((_, who), until)| (who.clone(), *until)).collect()
        })
    }
}

impl Typists {
    /// Returns the colleagues of an administrator who are writing a reply to a ticket.
    pub(crate) fn beside(me: &UserId, number: &TicketNumber, app: &App) -> Self {
        let now = app.now();
        let (mut people, mut millis) = (Vec::new(), 0);
        for (who, until) in app.typing.of(number, now) {
            let Some(someone) = app.people.get(&who).filter(|_| who != *me) else { continue };
            let left = until.as_millis() - now.as_millis();
            millis = if people.is_empty() { left } else { left.min(millis) };
            people.push(someone.shown().into());
        }
        Self { people, millis }
    }
}

/// Forgets that an administrator was writing: they have sent their reply.
pub(crate) fn sent(app: &App, number: &TicketNumber, who: &UserId) {
    if app.typing.end(number, who) {
        app.live.typing_changed(number, who);
    }
}

/// Takes the signal of a page on which an administrator types.
pub(crate) async fn types(
    State(app): State<App>,
    admin: Administrator,
    Number(number): Number,
) -> StatusCode {
    if app.typing.begin(&number, &admin.id, app.now()) {
        app.live.typing_changed(&number, &admin.id);
    }
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_counts_for_a_while_and_no_longer() {
        let (typing, start) = (Typing::default(), Timestamp::MIN);
        let [a, b] = ["A", "B"].map(|number| TicketNumber::parse(number).unwrap());
        let [lucia, martin] = ["lucia", "martin"].map(|who| UserId::parse(who).unwrap());
        let after = |seconds| start.plus(Duration::from_secs(seconds));
        assert!(typing.begin(&a, &lucia, start));
        assert!(!typing.begin(&a, &lucia, after(20)), "it is the same reply");
        assert!(typing.begin(&a, &martin, after(25)));
        let who = |number, at| {
            typing.of(number, after(at)).into_iter().map(|(who, _)| who).collect::<Vec<_>>()
        };
        assert_eq!(who(&a, 49), [lucia.clone(), martin.clone()]);
        assert_eq!(who(&a, 50), std::slice::from_ref(&martin));
        assert_eq!(who(&b, 49), []);
        assert!(typing.begin(&a, &lucia, after(50)), "she begins again");
        assert!(typing.end(&a, &martin) && !typing.end(&a, &martin));
        assert_eq!(who(&a, 51), [lucia]);
        typing.begin(&b, &martin, after(100));
        assert_eq!(typing.with_all(|all| all.len()), 1, "nothing is kept for ever");
    }
}
