//! What a ticket still tells of the changes that led to its version.

use std::iter;

use crate::{Actor, ActorKind, Author, Event, EventKind, Facts, Message, UserId};

/// What led to one version.
struct Step<'a> {
    version: u64,
    message: Option<Sent<'a>>,
    recorded: &'a [Event],
}

/// A message and who sent it.
#[derive(Clone, Copy)]
struct Sent<'a> {
    message: &'a Message,
    requester: &'a UserId,
}

/// What happened after a version, in order, as far as the ticket tells and such an actor may know:
/// the history is the desk's own.
pub(crate) fn seen_since(version: u64, facts: &Facts<'_>, by: ActorKind) -> Vec<Event> {
    let mut steps: Vec<Step<'_>> = backwards(facts).take_while(|step| step.version > version).collect();
    steps.reverse();
    let events = steps.into_iter().flat_map(Step::events);
    match by {
        ActorKind::Admin | ActorKind::System => events.collect(),
        ActorKind::Customer | ActorKind::Bot => {
            events.filter(|event| matches!(event.kind, EventKind::MessageAdded { .. })).collect()
        }
    }
}

/// The version that a message with this one's key led to; 0 where the ticket no longer tells.
pub(crate) fn version_of(message: &Message, facts: &Facts<'_>) -> u64 {
    let is_it =
        |sent: Sent<'_>| sent.message.key == message.key && sent.message.author == message.author;
    let step = backwards(facts).find(|step| step.message.is_some_and(is_it));
    step.map_or(0, |step| step.version)
}

/// The steps to the present version, the last one first.
///
/// A message doesn't say which version it led to. But each version has either its events in the
/// history, or a message and nothing else; and a message that came with a status has its author and
/// time, as two changes of one person within a millisecond may have, too. It ends where the history was cut off: before that, a version without events may have lost
/// them.
fn backwards<'a>(facts: &Facts<'a>) -> impl Iterator<Item = Step<'a>> + use<'a> {
    let Facts { head, messages, history, .. } = *facts;
    let requester = &head.requester;
    // The first led to no version, and neither did those of another application, which alone
    // leaves out which administrator wrote.
    let sent = messages.iter().skip(1).filter(|message| message.author != Author::Admin(None));
    let mut sent = sent.map(move |message| Sent { message, requester }).rev().peekable();
    let (mut version, mut left) = (head.version, history);
    iter::from_fn(move || {
        if sent.peek().is_none() {
            version = version.min(left.last()?.version);
        }
        if version == 0 {
            return None;
        }
        let earlier = left.iter().rposition(|event| event.version < version).map_or(0, |at| at + 1);
        let (earlier, recorded) = left.split_at(earlier);
        let message = match recorded.first() {
            Some(event) => sent.next_if(|sent| sent.came_with(event)),
            None if earlier.is_empty() && !history.is_empty() => return None,
            None => sent.next(),
        };
        let step = Step { version, message, recorded };
        (version, left) = (version - 1, earlier);
        Some(step)
    })
}

impl<'a> Step<'a> {
    fn events(self) -> impl Iterator<Item = Event> + use<'a> {
        let message = self.message.and_then(|sent| {
            let kind = EventKind::MessageAdded { role: sent.message.author.role() };
            Some(Event { at: sent.message.created_at, by: sent.by()?, version: self.version, kind })
        });
        message.into_iter().chain(self.recorded.iter().cloned())
    }
}

impl Sent<'_> {
    fn by(self) -> Option<Actor> {
        match &self.message.author {
            Author::Requester => Some(Actor::Customer(self.requester.clone())),
            Author::Admin(id) => id.clone().map(Actor::Admin),
            Author::Bot => Some(Actor::Bot),
        }
    }

    /// Whether it may be a reply of which this is the status.
    fn came_with(self, event: &Event) -> bool {
        matches!(event.kind, EventKind::StatusChanged { .. })
            && event.at == self.message.created_at
            && self.by().as_ref() == Some(&event.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageText, Role, Status, Ticket, TicketRecord, Timestamp};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn luis() -> Actor {
        Actor::Admin(UserId::parse("luis").unwrap())
    }

    fn message(author: Option<Author>, ms: i64) -> Message {
        Message::new(author.unwrap(), MessageText::parse("Hola").unwrap(), at(ms))
    }

    fn wrote(by: Actor, ms: i64, version: u64) -> Event {
        let role = by.author().unwrap().role();
        Event { at: at(ms), by, version, kind: EventKind::MessageAdded { role } }
    }

    fn moved(by: Actor, ms: i64, version: u64) -> Event {
        let kind = EventKind::StatusChanged { from: Status::Open, to: Status::InProgress };
        Event { at: at(ms), by, version, kind }
    }

    /// A ticket of this version, with a message at 0.
    fn ticket(version: u64, messages: Vec<Message>, history: Vec<Event>) -> Ticket {
        let json = r#"{"ticketNumber": "TKT-ABC123", "userId": "ana", "category": "BUG",
            "description": "No carga", "createdAt": "1970-01-01T00:00:00Z",
            "updatedAt": "1970-01-01T00:00:00Z"}"#;
        let mut record: TicketRecord = serde_json::from_str(json).unwrap();
        record.messages = [vec![message(Some(Author::Requester), 0)], messages].concat();
        record.history = history;
        record.version = version;
        record.into()
    }

    fn told(version: u64, ticket: &Ticket) -> Vec<Event> {
        seen_since(version, &ticket.facts(), ActorKind::Admin)
    }

    #[test]
    fn a_message_leads_to_the_version_that_nothing_else_led_to() {
        let (by, bot) = (luis().author(), Actor::Bot.author());
        let messages = vec![message(bot, 1), message(by.clone(), 3), message(by, 4)];
        let events = [
            wrote(Actor::Bot, 1, 1),
            moved(Actor::System, 2, 2),
            wrote(luis(), 3, 3),
            moved(luis(), 3, 3),
            wrote(luis(), 4, 4),
        ];
        let ticket = ticket(4, messages, vec![events[1].clone(), events[3].clone()]);
        for (version, from) in [(2, 2), (3, 4), (4, 5), (9, 5)] {
            assert_eq!(told(version, &ticket), events[from..], "since {version}");
        }
        assert_eq!(told(0, &ticket), events[1..], "the history begins with version 2");
    }

    #[test]
    fn only_a_status_by_its_author_at_its_time_came_with_a_message() {
        let assigned =
            Event { kind: EventKind::AssigneeChanged { from: None, to: None }, ..moved(luis(), 1, 2) };
        for event in [moved(luis(), 2, 2), moved(Actor::System, 1, 2), assigned] {
            let ticket = ticket(2, vec![message(luis().author(), 1)], vec![event.clone()]);
            assert_eq!(told(1, &ticket), [event]);
        }
    }

    #[test]
    fn the_first_message_and_another_applications_led_to_no_version() {
        let foreign = message(Some(Author::Admin(None)), 2);
        let ticket = ticket(2, vec![message(Actor::Bot.author(), 1), foreign], Vec::new());
        assert_eq!(told(0, &ticket), [wrote(Actor::Bot, 1, 2)]);
    }

    #[test]
    fn a_version_of_which_little_is_known_is_no_long_way_back() {
        let last = moved(luis(), 5, u64::MAX - 7);
        let events = vec![moved(luis(), 1, 3), last.clone()];
        let ticket = ticket(u64::MAX, vec![message(Actor::Bot.author(), 6)], events.clone());
        let newest = wrote(Actor::Bot, 6, u64::MAX);
        assert_eq!(told(9, &ticket), [last, newest.clone()]);
        assert_eq!(told(0, &ticket), [events, vec![newest]].concat());
    }

    #[test]
    fn events_of_no_known_version_are_not_told() {
        let ticket = ticket(1, vec![message(Actor::Bot.author(), 1)], vec![moved(luis(), 1, 0)]);
        assert_eq!(told(0, &ticket), [wrote(Actor::Bot, 1, 1)]);
    }

    #[test]
    fn customers_and_the_bot_learn_of_messages_only() {
        let ticket = ticket(1, vec![message(luis().author(), 1)], vec![moved(luis(), 1, 1)]);
        let both = [wrote(luis(), 1, 1), moved(luis(), 1, 1)];
        assert_eq!(both[0].kind, EventKind::MessageAdded { role: Role::Admin });
        for (by, seen) in [
            (ActorKind::Admin, &both[..]),
            (ActorKind::System, &both),
            (ActorKind::Customer, &both[..1]),
            (ActorKind::Bot, &both[..1]),
        ] {
            assert_eq!(seen_since(0, &ticket.facts(), by), seen, "{by:?}");
        }
    }

    #[test]
    fn a_messages_version_is_found_by_its_key_and_author() {
        let keyed = |by: Actor, ms| {
            message(by.author(), ms).with_key(Some(crate::IdempotencyKey::parse("k").unwrap()))
        };
        let messages = vec![keyed(luis(), 1), keyed(Actor::Bot, 2), message(luis().author(), 3)];
        let whole = ticket(3, messages.clone(), Vec::new());
        let cut_off = ticket(4, messages.clone(), vec![moved(luis(), 4, 4)]);
        for (message, version) in [(&messages[0], 1), (&messages[1], 2)] {
            assert_eq!(version_of(message, &whole.facts()), version);
            assert_eq!(version_of(message, &cut_off.facts()), 0);
        }
    }
}
