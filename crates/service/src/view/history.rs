//! Who did what with a ticket, and when.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    Actor, ActorKind, Author, Event, EventKind, Locale, Message, Note, Role, TicketDetails, Timestamp,
    UserId,
};

use super::{Label, LocalTime, PersonDirectory, PersonView, Viewer};

/// Who did what with a ticket, and when.
///
/// Messages and notes stand in a history too, without their texts.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
/// # desk.bot().add_message(&number, "Hemos recibido tu consulta.").await?;
/// # luis.set_status(&number, Status::Resolved).await?;
/// let page = luis.desk_view(&luis.view(&number).await?, &Viewer::new(TimeZone::UTC), &());
/// let told = page.history.iter().map(|entry| format!("{}: {}", entry.who.name, entry.what));
/// assert_eq!(told.collect::<Vec<_>>(), [
///     "Soporte: Abrió el ticket",
///     "Usuario: Escribió un mensaje",
///     "Asistente virtual: Escribió un mensaje",
///     "Soporte: Cambió el estado de Abierto a Resuelto",
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// When.
    pub at: LocalTime,
    /// Who did it: a person, `Asistente virtual` or `Sistema`.
    pub who: PersonView,
    /// In what part they did it: `CUSTOMER`, `ADMIN`, `BOT` or `SYSTEM`.
    pub part: Label,
    /// What they did, as a sentence without who: `Cambió el estado de Abierto a Resuelto`.
    pub what: String,
    /// What they did, for an icon or a filter; as JSON
    /// `{"event": "STATUS_CHANGED", "from": "OPEN", "to": "RESOLVED"}`.
    pub kind: EventKind,
}

/// Everything that happened, in order of time, and of one instant: the opening, what was written,
/// what was changed.
pub(crate) fn history(
    ticket: &TicketDetails,
    reader: &Viewer,
    directory: &(impl PersonDirectory + ?Sized),
) -> Vec<HistoryEntry> {
    let requester = &ticket.head.requester;
    let mut deeds: Vec<HistoryItem> = (ticket.history.iter().map(HistoryItem::of_event))
        .chain(ticket.messages.iter().map(|message| HistoryItem::of_message(message, requester)))
        .chain(ticket.notes.iter().map(HistoryItem::of_note))
        .collect();
    deeds.sort_by_key(|deed| (deed.at, deed.is_change()));
    deeds.into_iter().map(|deed| deed.entry(reader, directory)).collect()
}

/// An event whose author may be unknown, as another application's administrators are.
struct HistoryItem {
    at: Timestamp,
    by: Option<Actor>,
    part: ActorKind,
    kind: EventKind,
}

impl HistoryItem {
    fn of_event(event: &Event) -> Self {
        let Event { at, by, kind, .. } = event.clone();
        Self { at, part: by.kind(), by: Some(by), kind }
    }

    fn of_message(message: &Message, requester: &UserId) -> Self {
        let (part, by) = match &message.author {
            Author::Requester => (ActorKind::Customer, Some(Actor::Customer(requester.clone()))),
            Author::Admin(id) => (ActorKind::Admin, id.clone().map(Actor::Admin)),
            Author::Bot => (ActorKind::Bot, Some(Actor::Bot)),
        };
        let kind = EventKind::MessageAdded { role: message.author.role() };
        Self { at: message.created_at, by, part, kind }
    }

    fn of_note(note: &Note) -> Self {
        let by = Some(Actor::Admin(note.by.clone()));
        Self { at: note.created_at, by, part: ActorKind::Admin, kind: EventKind::NoteAdded }
    }

    /// Whether it changed what stood there, and didn't only write or open.
    const fn is_change(&self) -> bool {
        !matches!(self.kind, EventKind::Created | EventKind::MessageAdded { .. } | EventKind::NoteAdded)
    }

    fn entry(self, reader: &Viewer, directory: &(impl PersonDirectory + ?Sized)) -> HistoryEntry {
        let (locale, at) = (reader.locale, LocalTime::new(self.at, reader));
        let part = part_text(self.part, locale);
        let who = PersonView::of(self.by.as_ref().and_then(Actor::user), directory, part);
        let name = |id: &UserId| PersonView::of(Some(id), directory, Role::Admin.label(locale)).name;
        let what = match &self.by {
            Some(by) => Event { at: self.at, by: by.clone(), version: 0, kind: self.kind.clone() }
                .describe(locale, name),
            None => self.kind.describe(locale, name),
        };
        HistoryEntry { at, who, part: Label::new(self.part.as_str(), part), what, kind: self.kind }
    }
}

/// What somebody of this kind is called: a customer as in the chat.
const fn part_text(kind: ActorKind, locale: Locale) -> &'static str {
    match kind {
        ActorKind::Customer => Role::User.label(locale),
        kind => kind.label(locale),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::LazyLock, time::Duration};

    use ventanilla_domain::{
        Audience, Change, MessageRange, MessageText, Priority, Status, Ticket, TimeZone,
    };
    use ventanilla_storage::testing;

    use super::*;
    use crate::Person;

    static MADRID: LazyLock<Viewer> =
        LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));
    static ENGLISH: LazyLock<Viewer> = LazyLock::new(|| Viewer { locale: Locale::En, ..*MADRID });

    fn id(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn admin(name: &str) -> Actor {
        Actor::Admin(id(name))
    }

    fn text(text: &str) -> MessageText {
        MessageText::parse(text).unwrap()
    }

    fn ticket() -> testing::TicketFixture {
        testing::ticket("TKT-ABC123").requester("ana")
    }

    fn people() -> HashMap<UserId, Person> {
        let named = |(key, name)| (id(key), Person::named(name));
        HashMap::from([("ana", "Ana Gómez"), ("luis", "Luis Paz"), ("marta", "Marta Sol")].map(named))
    }

    fn of(ticket: &Ticket, reader: &Viewer, directory: &impl PersonDirectory) -> Vec<HistoryEntry> {
        history(&ticket.details(&Audience::Desk, MessageRange::All).unwrap(), reader, directory)
    }

    fn told(history: &[HistoryEntry]) -> Vec<String> {
        history.iter().map(|entry| format!("{}: {}", entry.who.name, entry.what)).collect()
    }

    #[test]
    fn the_history_tells_who_did_what_when_with_messages_and_notes_in_order_of_time() {
        let everything = ticket()
            .change(Actor::Bot, Change::message(text("Un momento.")))
            .change(admin("luis"), Change::claim())
            .note("luis", "Cliente de siempre.")
            .change(admin("luis"), Change::reply(text("Devuelto."), Status::Resolved))
            .message("No me llega.")
            .priority(Priority::High)
            .change(admin("luis"), Change::assign(Some(id("marta"))))
            .change(admin("marta"), Change::assign(None))
            .status(Status::Resolved)
            .at(testing::epoch().plus(Duration::from_secs(30 * 24 * 60 * 60)))
            .change(Actor::System, Change::status(Status::Closed))
            .build();
        let es = of(&everything, &MADRID, &people());
        let expected = [
            "Ana Gómez: Abrió el ticket",
            "Ana Gómez: Escribió un mensaje",
            "Asistente virtual: Escribió un mensaje",
            "Luis Paz: Se asignó el ticket",
            "Luis Paz: Añadió una nota interna",
            "Luis Paz: Escribió un mensaje",
            "Luis Paz: Cambió el estado de Abierto a Resuelto",
            "Ana Gómez: Escribió un mensaje",
            "Ana Gómez: Cambió el estado de Resuelto a Abierto",
            "Soporte: Cambió la prioridad de Media a Alta",
            "Luis Paz: Pasó el ticket de Luis Paz a Marta Sol",
            "Marta Sol: Dejó el ticket sin asignar",
            "Soporte: Cambió el estado de Abierto a Resuelto",
            "Sistema: Cambió el estado de Resuelto a Cerrado",
        ];
        assert_eq!(told(&es), expected);
        let times: Vec<&str> = es.iter().map(|entry| entry.at.time.as_str()).collect();
        assert_eq!(times[..8], ["10:00", "10:00", "10:01", "10:02", "10:03", "10:04", "10:04", "10:05"]);
        let parts: Vec<&str> = es.iter().map(|entry| entry.part.code.as_str()).collect();
        assert_eq!((parts[0], parts[2], parts[3], parts[13]), ("CUSTOMER", "BOT", "ADMIN", "SYSTEM"));

        let en = of(&everything, &ENGLISH, &());
        let expected = [
            "User: Opened the ticket",
            "User: Wrote a message",
            "Virtual assistant: Wrote a message",
            "Support: Took the ticket",
            "Support: Added an internal note",
            "Support: Wrote a message",
            "Support: Changed the status from Open to Resolved",
            "User: Wrote a message",
            "User: Changed the status from Resolved to Open",
            "Support: Changed the priority from Medium to High",
            "Support: Handed the ticket over from Support to Support",
            "Support: Left the ticket unassigned",
            "Support: Changed the status from Open to Resolved",
            "System: Changed the status from Resolved to Closed",
        ];
        assert_eq!(told(&en), expected);
        assert!(en.iter().all(|entry| entry.who.name == entry.part.text));
    }

    #[test]
    fn of_one_instant_the_opening_comes_first_then_what_was_written_then_what_was_changed() {
        let at = testing::epoch();
        let ticket = ticket()
            .at(at)
            .change(admin("luis"), Change::priority(Priority::Low))
            .at(at)
            .note("luis", "Una nota")
            .at(at)
            .reply("luis", "Hola")
            .at(at.minus(Duration::from_secs(60)))
            .change(admin("luis"), Change::claim());
        let expected = [
            "Soporte: Se asignó el ticket",
            "Usuario: Abrió el ticket",
            "Usuario: Escribió un mensaje",
            "Soporte: Escribió un mensaje",
            "Soporte: Añadió una nota interna",
            "Soporte: Cambió la prioridad de Media a Baja",
        ];
        assert_eq!(told(&of(&ticket.build(), &MADRID, &())), expected);
    }

    #[test]
    fn an_administrator_of_another_application_is_support_in_the_history() {
        let stored = serde_json::json!({
            "ticketNumber": "1", "userId": "ana", "category": "BUG", "description": "No carga",
            "status": "OPEN", "priority": "LOW", "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-02T00:00:00Z",
            "messages": [{ "content": "Lo miramos", "role": "ADMIN", "createdAt": "2026-01-02T00:00:00Z" }],
        });
        let ticket: Ticket = serde_json::from_value(stored).unwrap();
        assert_eq!(told(&of(&ticket, &MADRID, &people())), ["Soporte: Escribió un mensaje"]);
    }
}
