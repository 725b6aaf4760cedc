//! Changes that led from one version of a ticket to the present one.

use crate::{
    Actor, ActorKind, Author, Event, EventKind, Message, Note, SeenConversation, UserId, command::State,
    util::count,
};

/// Returns the events after a version, in order, as far as the ticket still has them and such an
/// actor may see them: customers and the bot see messages only.
///
/// Messages of another application have no version and are left out.
pub(crate) fn changes_since(version: u64, ticket: &State<'_>, by: ActorKind) -> Vec<Event> {
    let requester = &ticket.head.requester;
    let messages = ticket.messages.iter().filter(|message| message.version > version);
    let mut events: Vec<Event> = messages.filter_map(|message| written(message, requester)).collect();
    if matches!(by, ActorKind::Admin | ActorKind::System) {
        events.extend(ticket.notes.iter().filter(|note| note.version > version).map(noted));
        events.extend(ticket.history.iter().filter(|event| event.version > version).cloned());
    }
    // Stable: a message comes before the status that the same change set.
    events.sort_by_key(|event| event.version);
    events
}

/// Returns the messages that were added to a conversation since it was read, and the changes of the
/// status since, in order, as far as the ticket still has them.
///
/// Messages without a version are told apart by their times: details have them in that order.
pub(crate) fn conversation_changes(seen: SeenConversation, ticket: &State<'_>) -> Vec<Event> {
    let requester = &ticket.head.requester;
    let is_later = |version: u64| seen.version.is_some_and(|seen| version > seen);
    let (mut added, mut others): (Vec<&Message>, Vec<&Message>) =
        ticket.messages.iter().partition(|message| is_later(message.version));
    others.retain(|message| message.version == 0 || seen.version.is_none());
    others.sort_by_key(|message| message.created_at);
    let more = ticket.message_count.saturating_sub(seen.messages).saturating_sub(count(added.len()));
    added.extend(&others[others.len().saturating_sub(more as usize)..]);
    let moved = ticket.history.iter().filter(|event| {
        is_later(event.version) && matches!(event.kind, EventKind::StatusChanged { .. })
    });
    let messages = added.into_iter().filter_map(|message| written(message, requester));
    let mut events: Vec<Event> = messages.chain(moved.cloned()).collect();
    // Stable: messages of another application, which have no version, come first.
    events.sort_by_key(|event| event.version);
    events
}

pub(crate) fn written(message: &Message, requester: &UserId) -> Option<Event> {
    let by = match &message.author {
        Author::Requester => Actor::Customer(requester.clone()),
        Author::Admin(id) => Actor::Admin(id.clone()?),
        Author::Bot => Actor::Bot,
    };
    let kind = EventKind::MessageAdded { role: message.author.role() };
    Some(Event { at: message.created_at, by, version: message.version, kind })
}

pub(crate) fn noted(note: &Note) -> Event {
    let by = note.by.clone().map_or(Actor::Bot, Actor::Admin);
    Event { at: note.created_at, by, version: note.version, kind: EventKind::NoteAdded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageText, Status, Ticket, TicketRecord, Timestamp};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn id(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn luis() -> Actor {
        Actor::Admin(id("luis"))
    }

    fn message(author: Author, ms: i64, version: u64) -> Message {
        Message::new(author, MessageText::parse("Hola").unwrap(), at(ms)).with_version(version)
    }

    fn note(ms: i64, version: u64) -> Note {
        Note::new(id("luis"), MessageText::parse("Ojo").unwrap(), at(ms)).with_version(version)
    }

    fn event(by: Actor, ms: i64, version: u64, kind: EventKind) -> Event {
        Event { at: at(ms), by, version, kind }
    }

    fn wrote(by: Actor, ms: i64, version: u64) -> Event {
        let role = by.author().unwrap().role();
        event(by, ms, version, EventKind::MessageAdded { role })
    }

    fn moved(by: Actor, ms: i64, version: u64) -> Event {
        let kind = EventKind::StatusChanged { from: Status::Open, to: Status::Resolved };
        event(by, ms, version, kind)
    }

    /// A ticket of Ana's, with a message of version 0 at 0 before the others.
    fn ticket(messages: Vec<Message>, notes: Vec<Note>, history: Vec<Event>) -> Ticket {
        let json = r#"{"ticketNumber": "TKT-ABC123", "userId": "ana", "category": "BUG",
            "description": "No carga", "createdAt": "1970-01-01T00:00:00Z",
            "updatedAt": "1970-01-01T00:00:00Z", "version": 6}"#;
        let mut record: TicketRecord = serde_json::from_str(json).unwrap();
        record.messages = [vec![message(Author::Requester, 0, 0)], messages].concat();
        (record.notes, record.history) = (notes, history);
        record.into()
    }

    fn since(version: u64, ticket: &Ticket, by: ActorKind) -> Vec<Event> {
        changes_since(version, &ticket.state(), by)
    }

    /// A ticket with a change of each kind, of which the timers of several servers disagree, and
    /// with messages of another application in between; and its changes in order.
    fn busy() -> (Ticket, [Event; 7]) {
        let by_luis = || Author::Admin(Some(id("luis")));
        let messages = vec![
            message(Author::Requester, 9, 1),
            message(Author::Admin(None), 5, 0),
            message(by_luis(), 7, 3),
            message(Author::Requester, 5, 0),
            message(Author::Bot, 1, 5),
            message(Author::Requester, 3, 6),
        ];
        let created = event(Actor::Customer(id("ana")), 0, 0, EventKind::Created);
        let assigned = EventKind::AssigneeChanged { from: None, to: Some(id("eva")) };
        let assigned = event(luis(), 4, 4, assigned);
        let history = vec![created, moved(luis(), 7, 3), assigned.clone()];
        let changes = [
            wrote(Actor::Customer(id("ana")), 9, 1),
            event(luis(), 8, 2, EventKind::NoteAdded),
            wrote(luis(), 7, 3),
            moved(luis(), 7, 3),
            assigned,
            wrote(Actor::Bot, 1, 5),
            wrote(Actor::Customer(id("ana")), 3, 6),
        ];
        (ticket(messages, vec![note(8, 2)], history), changes)
    }

    #[test]
    fn events_are_in_order_of_version_and_a_message_precedes_the_status_it_set() {
        let (ticket, changes) = busy();
        for by in [ActorKind::Admin, ActorKind::System] {
            for (version, from) in [(0, 0), (1, 1), (2, 2), (3, 4), (4, 5), (5, 6), (6, 7), (99, 7)] {
                assert_eq!(since(version, &ticket, by), changes[from..], "since {version}");
            }
        }
        assert_eq!(since(u64::MAX, &ticket, ActorKind::Admin), []);
    }

    #[test]
    fn customers_and_the_bot_see_messages_only() {
        let (ticket, changes) = busy();
        let written = |event: &&Event| matches!(event.kind, EventKind::MessageAdded { .. });
        let messages: Vec<Event> = changes.iter().filter(written).cloned().collect();
        assert_eq!(messages.len(), 4);
        for by in [ActorKind::Customer, ActorKind::Bot] {
            assert_eq!(since(0, &ticket, by), messages);
            assert_eq!(since(1, &ticket, by), messages[1..]);
        }
    }

    #[test]
    fn events_without_a_version_are_left_out() {
        let messages = vec![message(Author::Admin(None), 1, 0), message(Author::Bot, 2, 0)];
        let ticket = ticket(messages, vec![note(3, 0)], vec![moved(luis(), 4, 0)]);
        assert_eq!(since(0, &ticket, ActorKind::Admin), []);
    }

    #[test]
    fn a_message_stays_where_the_history_has_dropped_its_status() {
        let reply = message(Author::Admin(Some(id("luis"))), 1, 1);
        let ticket = ticket(vec![reply], Vec::new(), vec![moved(luis(), 2, 2)]);
        let changes = [wrote(luis(), 1, 1), moved(luis(), 2, 2)];
        assert_eq!(since(0, &ticket, ActorKind::Admin), changes);
    }

    #[test]
    fn a_message_of_an_unknown_administrator_is_left_out() {
        let ticket = ticket(vec![message(Author::Admin(None), 1, 1)], Vec::new(), Vec::new());
        assert_eq!(since(0, &ticket, ActorKind::Admin), []);
    }
}
