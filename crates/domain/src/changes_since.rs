//! The changes that led from one version of a ticket to the present one.

use crate::{Actor, ActorKind, Author, Event, EventKind, Message, Note, UserId, command::State};

/// Returns what happened after a version, in order, as far as the ticket still holds it and such an
/// actor may know: customers and the bot learn of messages only.
///
/// Messages of another application carry no version and aren't among them.
pub(crate) fn changes_since(version: u64, ticket: &State<'_>, by: ActorKind) -> Vec<Event> {
    let requester = &ticket.head.requester;
    let messages = ticket.messages.iter().filter(|message| message.version > version);
    let mut events: Vec<Event> = messages.filter_map(|message| written(message, requester)).collect();
    if matches!(by, ActorKind::Admin | ActorKind::System) {
        events.extend(ticket.notes.iter().filter(|note| note.version > version).map(noted));
        events.extend(ticket.history.iter().filter(|event| event.version > version).cloned());
    }
    // Stable: of one change the message comes before the status that it set.
    events.sort_by_key(|event| event.version);
    events
}

fn written(message: &Message, requester: &UserId) -> Option<Event> {
    let by = match &message.author {
        Author::Requester => Actor::Customer(requester.clone()),
        Author::Admin(id) => Actor::Admin(id.clone()?),
        Author::Bot => Actor::Bot,
    };
    let kind = EventKind::MessageAdded { role: message.author.role() };
    Some(Event { at: message.created_at, by, version: message.version, kind })
}

fn noted(note: &Note) -> Event {
    let by = Actor::Admin(note.by.clone());
    Event { at: note.created_at, by, version: note.version, kind: EventKind::NoteAdded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageText, Role, Scope, Status, Ticket, TicketRecord, Timestamp, Window};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn luis() -> UserId {
        UserId::parse("luis").unwrap()
    }

    fn message(author: Author, ms: i64, version: u64) -> Message {
        Message::new(author, MessageText::parse("Hola").unwrap(), at(ms)).with_version(version)
    }

    fn event(ms: i64, version: u64, kind: EventKind) -> Event {
        Event { at: at(ms), by: Actor::Admin(luis()), version, kind }
    }

    fn resolved() -> EventKind {
        EventKind::StatusChanged { from: Status::Open, to: Status::Resolved }
    }

    /// Written out of order in time, with a message of another application in between.
    fn ticket() -> Ticket {
        let json = r#"{"ticketNumber": "TKT-ABC123", "userId": "ana", "category": "BUG",
            "description": "No carga", "createdAt": "1970-01-01T00:00:00Z",
            "updatedAt": "1970-01-01T00:00:00Z", "version": 4}"#;
        let mut record: TicketRecord = serde_json::from_str(json).unwrap();
        record.messages = vec![
            message(Author::Requester, 0, 0),
            message(Author::Requester, 9, 1),
            message(Author::Admin(None), 5, 0),
            message(Author::Admin(Some(luis())), 7, 3),
        ];
        let text = MessageText::parse("Ojo").unwrap();
        record.notes = vec![crate::Note { text, by: luis(), created_at: at(8), version: 2 }];
        record.history = vec![event(7, 3, resolved()), event(4, 4, EventKind::Created)];
        record.into()
    }

    fn seen(version: u64, by: ActorKind) -> Vec<(u64, EventKind)> {
        let view = ticket().view(&Scope::All, Window::All).unwrap();
        let events = changes_since(version, &view.state(), by);
        events.into_iter().map(|event| (event.version, event.kind)).collect()
    }

    #[test]
    fn they_come_in_order_of_version_and_a_message_before_the_status_that_it_set() {
        let wrote = |role| EventKind::MessageAdded { role };
        let all = [
            (1, wrote(Role::User)),
            (2, EventKind::NoteAdded),
            (3, wrote(Role::Admin)),
            (3, resolved()),
            (4, EventKind::Created),
        ];
        for (version, from) in [(0, 0), (1, 1), (2, 2), (3, 4), (4, 5), (99, 5)] {
            assert_eq!(seen(version, ActorKind::Admin), all[from..], "since {version}");
        }
        assert_eq!(seen(0, ActorKind::System), all);
    }

    #[test]
    fn customers_and_the_bot_learn_of_messages_only() {
        for by in [ActorKind::Customer, ActorKind::Bot] {
            let versions: Vec<u64> = seen(0, by).into_iter().map(|(version, _)| version).collect();
            assert_eq!(versions, [1, 3]);
        }
    }
}
