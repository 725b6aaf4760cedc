//! The table of transitions, written down a second time and compared with what commands do.

mod common;

use common::*;
use ventanilla_domain::{Status::*, *};

/// By whom a status (row) may be set to another (column), in the order of `Status::ALL`: an Admin,
/// a Customer, the System. That the requester reopens a resolved ticket by writing is no setting.
const TABLE: [[&str; 4]; 4] =
    [["-", "A", "A", "A"], ["A", "-", "A", "A"], ["", "A", "-", "ACS"], ["", "", "", "-"]];

/// Long after every window and wait of the default policy.
const LATER: i64 = 100 * DAY;

fn allowed(from: Status, to: Status, by: ActorKind) -> bool {
    TABLE[from as usize][to as usize].contains(&by.as_str()[..1])
}

fn pairs() -> impl Iterator<Item = (Status, Status)> {
    Status::ALL.into_iter().flat_map(|from| Status::ALL.map(|to| (from, to)))
}

fn cases() -> impl Iterator<Item = (Status, Status, ActorKind)> {
    pairs().flat_map(|(from, to)| ActorKind::ALL.map(|by| (from, to, by)))
}

/// A ticket that another application resolved: no `resolvedAt`, last changed at that time.
fn resolved_elsewhere(updated: i64, policy: Policy) -> Case {
    let mut case = Case::in_status(Resolved, policy);
    let record = TicketRecord { resolved_at: None, updated_at: at(updated), ..case.ticket.into() };
    case.ticket = record.into();
    case
}

#[test]
fn a_status_is_set_as_the_table_says_and_not_otherwise() {
    for (from, to, by) in cases() {
        let mut case = Case::in_status(from, Policy::default());
        let ever = Status::ALL.into_iter().any(|from| allowed(from, to, by));
        let expected = if !ever {
            Answer::Refused(Refusal::NotPermitted { by })
        } else if from == to {
            Answer::Unchanged
        } else if allowed(from, to, by) {
            Answer::Applied(vec![moved(from, to)])
        } else {
            Answer::Refused(Refusal::Transition { from, to, by })
        };
        let arrives = matches!(expected, Answer::Applied(_));
        assert_eq!(case.does(&actor(by), LATER, Change::status(to)), expected, "{from} {to} {by}");
        assert_eq!(case.head().status, if arrives { to } else { from });
    }
}

#[test]
fn what_a_page_offers_is_what_the_table_allows() {
    for (from, to, by) in cases() {
        let allowed = allowed(from, to, by);
        assert_eq!(from.next_for(by).contains(to), allowed, "{from} {to} {by}");
        assert_eq!(to.reachable_from(by).contains(from), allowed, "{from} {to} {by}");
    }
}

#[test]
fn a_move_stamps_when_it_was_resolved_and_closed() {
    for (from, to, by) in cases().filter(|(from, to, by)| allowed(*from, *to, *by)) {
        let mut case = Case::in_status(from, Policy::default());
        case.must(&actor(by), LATER, Change::status(to));
        let resolved = match (from, to) {
            (_, Open | InProgress) => None,
            // It was resolved before it was closed, and stays so.
            (Resolved, Closed) => Some(at(0)),
            (_, Resolved | Closed) => Some(at(LATER)),
        };
        let closed = (to == Closed).then_some(at(LATER));
        assert_eq!((case.head().resolved_at, case.head().closed_at), (resolved, closed), "{from} {to}");
    }
}

#[test]
fn only_the_requesters_message_reopens_and_closed_takes_none() {
    let policies = [Reopen::Within(Days(1)), Reopen::Always, Reopen::Never];
    for (from, by, reopen) in Status::ALL.into_iter().flat_map(|from| {
        ActorKind::ALL.into_iter().flat_map(move |by| policies.map(|reopen| (from, by, reopen)))
    }) {
        let mut case = Case::in_status(from, Policy { reopen, ..Policy::default() });
        let resolved_at = case.head().resolved_at;
        let answer = case.does(&actor(by), 5, message("Hola"));
        let role = actor(by).author().map(|author| author.role());
        let reopens = by == ActorKind::Customer && from == Resolved;
        let expected = match (from, role) {
            (_, None) => Answer::Refused(Refusal::NotPermitted { by }),
            (Closed, _) => Answer::Refused(Refusal::Closed { by }),
            (_, Some(role)) if !reopens => Answer::Applied(vec![added(role)]),
            _ if reopen == Reopen::Never => {
                Answer::Refused(Refusal::ReopenOver { resolved_at: at(0), policy: reopen })
            }
            (_, Some(role)) => Answer::Applied(vec![added(role), moved(Resolved, Open)]),
        };
        assert_eq!(answer, expected, "{from} {by} {reopen:?}");
        let reopened = reopens && reopen != Reopen::Never;
        assert_eq!(case.head().status, if reopened { Open } else { from });
        assert_eq!(case.head().resolved_at, resolved_at.filter(|_| !reopened));
    }
}

#[test]
fn the_window_for_reopening_holds_to_the_millisecond() {
    for (reopen, elapsed, reopens) in [
        (Reopen::Within(Days(2)), -1, true),
        (Reopen::Within(Days(2)), 2 * DAY - 1, true),
        (Reopen::Within(Days(2)), 2 * DAY, true),
        (Reopen::Within(Days(2)), 2 * DAY + 1, false),
        (Reopen::Within(Days(0)), 0, true),
        (Reopen::Within(Days(0)), 1, false),
        (Reopen::Always, 9_999 * DAY, true),
        (Reopen::Never, 0, false),
    ] {
        let policy = Policy { reopen, ..Policy::default() };
        // What happens after it was resolved moves `updatedAt`, and not the window.
        let mut ours = Case::in_status(Resolved, policy.clone());
        ours.must(&Actor::Bot, 7, message("¿Todo bien?"));
        for (since, mut case) in [(0, ours), (7, resolved_elsewhere(7, policy))] {
            let offer = case.policy.follow_up(case.head(), at(since + elapsed));
            assert_eq!(offer.is_none(), reopens, "{reopen:?} {elapsed}");
            let answer = case.does(&customer("ana"), since + elapsed, message("Sigue igual"));
            let expected = if reopens {
                Answer::Applied(vec![added(Role::User), moved(Resolved, Open)])
            } else {
                Answer::Refused(Refusal::ReopenOver { resolved_at: at(since), policy: reopen })
            };
            assert_eq!(answer, expected, "{reopen:?} {elapsed}");
        }
    }
}

#[test]
fn the_system_waits_to_the_millisecond_and_people_do_not() {
    for (days, elapsed, closes) in
        [(2, 0, false), (2, 2 * DAY - 1, false), (2, 2 * DAY, true), (0, -1, false), (0, 0, true)]
    {
        let policy = Policy { close_after: Days(days), ..Policy::default() };
        let mut ours = Case::in_status(Resolved, policy.clone());
        ours.must(&Actor::Bot, 7, message("¿Todo bien?"));
        for (since, case) in [(0, ours), (7, resolved_elsewhere(7, policy))] {
            for by in [ActorKind::System, ActorKind::Customer, ActorKind::Admin] {
                let expected = if closes || by != ActorKind::System {
                    Answer::Applied(vec![moved(Resolved, Closed)])
                } else {
                    let closes_at = at(since + i64::from(days) * DAY);
                    Answer::Refused(Refusal::TooEarlyToClose { resolved_at: at(since), closes_at })
                };
                let answer = case.clone().does(&actor(by), since + elapsed, Change::status(Closed));
                assert_eq!(answer, expected, "{by} {days} {elapsed}");
            }
        }
    }
}

#[test]
fn a_reply_sets_the_status_or_is_refused_whole() {
    for (from, to, by) in cases() {
        let mut case = Case::in_status(from, Policy::default());
        let resolved_at = case.head().resolved_at;
        let expected = if by != ActorKind::Admin {
            Answer::Refused(Refusal::NotPermitted { by })
        } else if from == Closed {
            Answer::Refused(Refusal::Closed { by })
        } else if from == to {
            Answer::Applied(vec![added(Role::Admin)])
        } else if allowed(from, to, by) {
            Answer::Applied(vec![added(Role::Admin), moved(from, to)])
        } else {
            Answer::Refused(Refusal::Transition { from, to, by })
        };
        let answer = case.does(&actor(by), LATER, Change::reply(text("Hecho"), to));
        assert_eq!(answer, expected, "{from} {to} {by}");
        if from == to {
            // To say once more that it is resolved doesn't begin the window anew.
            assert_eq!(case.head().resolved_at, resolved_at);
        }
    }
}
