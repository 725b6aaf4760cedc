//! The table of transitions, written a second time and compared with the effects of commands.

mod common;

use common::*;
use ventanilla_domain::{Status::*, *};

/// Actors who may set a status (row) to another (column), in the order of `Status::ALL`: Admin,
/// Customer, System. Reopening by a message of the requester is not part of it.
const TABLE: [[&str; 4]; 4] =
    [["-", "A", "A", "A"], ["A", "-", "A", "A"], ["", "A", "-", "ACS"], ["", "", "", "-"]];

/// Later than all periods of the default policy.
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
fn a_status_is_set_exactly_as_the_table_allows() {
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
fn the_statuses_offered_are_those_of_the_table() {
    for (from, to, by) in cases() {
        let allowed = allowed(from, to, by);
        assert_eq!(from.next_for(by).contains(to), allowed, "{from} {to} {by}");
        assert_eq!(to.reachable_from(by).contains(from), allowed, "{from} {to} {by}");
    }
}

#[test]
fn a_transition_sets_resolved_at_and_closed_at() {
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
fn only_the_requesters_message_reopens_and_a_closed_ticket_refuses_it() {
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
fn the_time_for_reopening_is_exact_to_the_millisecond() {
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
        // Changes after it was resolved move `updatedAt`, and not the end of reopening.
        let mut ours = Case::in_status(Resolved, policy.clone());
        ours.must(&Actor::Bot, 7, message("¿Todo bien?"));
        for (since, mut case) in [(0, ours), (7, resolved_elsewhere(7, policy))] {
            let offer = case.policy.follow_up(&case.page(), at(since + elapsed));
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
fn the_system_waits_exactly_before_closing_and_people_do_not() {
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
fn a_reply_and_its_status_are_made_both_or_neither() {
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
            // Setting resolved again doesn't restart the time for reopening.
            assert_eq!(case.head().resolved_at, resolved_at);
        }
    }
}

fn waiting() -> EventKind {
    EventKind::WaitingStarted { party: WaitingFor::Customer, until: None }
}

#[test]
fn waiting_sets_in_progress_and_every_change_of_the_status_ends_it() {
    let wait = Wait::new(WaitingFor::Customer);
    for (from, by, replies) in Status::ALL.into_iter().flat_map(|from| {
        ActorKind::ALL.into_iter().flat_map(move |by| [false, true].map(|replies| (from, by, replies)))
    }) {
        let mut case = Case::in_status(from, Policy::default());
        let change = match replies {
            true => Change::reply_and_wait(text("¿Cuál?"), wait),
            false => Change::wait(wait),
        };
        let reply = replies.then_some(added(Role::Admin));
        let moves = (from != InProgress).then_some(moved(from, InProgress));
        let expected = match (by, from) {
            (ActorKind::Admin, Closed) => Answer::Refused(Refusal::Closed { by }),
            (ActorKind::Admin, _) => {
                Answer::Applied(reply.into_iter().chain(moves).chain([waiting()]).collect())
            }
            _ => Answer::Refused(Refusal::NotPermitted { by }),
        };
        assert_eq!(case.does(&actor(by), 1, change), expected, "{from} {by} {replies}");
        if !matches!(expected, Answer::Applied(_)) {
            continue;
        }
        assert_eq!((case.head().status, case.head().resolved_at), (InProgress, None));
        for to in InProgress.next_for(by).iter() {
            let mut case = case.clone();
            let ended = Answer::Applied(vec![EventKind::WaitingEnded, moved(InProgress, to)]);
            assert_eq!(case.does(&actor(by), 2, Change::status(to)), ended);
            assert_eq!(case.head().waiting, None);
        }
    }
}

#[test]
fn the_bot_hands_over_live_tickets_and_proposes_replies_until_they_are_closed() {
    for from in Status::ALL {
        let case = Case::in_status(from, Policy::default());
        let closed = Answer::Refused(Refusal::Closed { by: ActorKind::Bot });
        let barred = Refusal::BotNotAllowed { status: from, first_response_at: None, handoff_at: None };
        let handed_over = match from {
            Open | InProgress => Answer::Applied(vec![EventKind::NoteAdded, EventKind::HandedOver]),
            Resolved => Answer::Refused(barred),
            Closed => Answer::Refused(Refusal::Closed { by: ActorKind::Bot }),
        };
        let proposed =
            if from == Closed { closed } else { Answer::Applied(vec![EventKind::DraftAdded]) };
        let hand_over = Change::hand_over(text("Urge"));
        assert_eq!(case.clone().does(&Actor::Bot, 1, hand_over), handed_over, "{from}");
        assert_eq!(case.clone().does(&Actor::Bot, 1, Change::draft(text("Ya va"))), proposed, "{from}");
    }
}
