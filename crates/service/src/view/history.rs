//! History of a ticket.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{
    Actor, ActorKind, Author, Event, EventKind, Locale, Message, Note, Role, TicketDetails, Timestamp,
    UserId,
};

use super::{Label, LocalTime, PageContext, PersonView};

/// Entry of a ticket's history. Messages and notes have entries too, without their texts.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Status, TimeZone, UserId, view::Viewer};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
/// # desk.bot().reply(&number, "Hemos recibido tu consulta.").await?;
/// # luis.set_status(&number, Status::Resolved).await?;
/// let pages = luis.pages(Viewer::new(TimeZone::UTC), &());
/// let page = pages.ticket(&luis.get(&number).await?).await;
/// let lines = page.history.iter().map(|entry| format!("{}: {}", entry.who.name, entry.what));
/// assert_eq!(lines.collect::<Vec<_>>(), [
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
    /// Time of the event.
    pub at: LocalTime,
    /// The actor: a person, `Asistente virtual` or `Sistema`.
    pub who: PersonView,
    /// The kind of actor: `CUSTOMER`, `ADMIN`, `BOT` or `SYSTEM`.
    pub actor: Label,
    /// The event as a sentence without the actor: `Cambió el estado de Abierto a Resuelto`.
    pub what: String,
    /// The event, for an icon or a filter; as JSON
    /// `{"event": "STATUS_CHANGED", "from": "OPEN", "to": "RESOLVED"}`.
    pub kind: EventKind,
}

/// Returns the history in order of time; of one instant, creation comes first, then messages and
/// notes, then other changes.
pub(crate) fn history(page: &PageContext<'_>, ticket: &TicketDetails) -> Vec<HistoryEntry> {
    let requester = &ticket.head.requester;
    let mut items: Vec<HistoryItem> = (ticket.history.iter().map(HistoryItem::of_event))
        .chain(ticket.messages.iter().map(|message| HistoryItem::of_message(message, requester)))
        .chain(ticket.notes.iter().map(HistoryItem::of_note))
        .collect();
    items.sort_by_key(|item| (item.at, item.is_change()));
    items.into_iter().map(|item| item.entry(page)).collect()
}

/// Returns the events that a requester may see.
pub(crate) fn public(events: &[Event]) -> Vec<Event> {
    events.iter().filter(|event| is_public(event)).cloned().collect()
}

/// Returns whether a requester may see an event: none that is internal, and none with the id of an
/// administrator.
pub(crate) fn is_public(event: &Event) -> bool {
    match event.kind {
        EventKind::AssigneeChanged { .. } => false,
        _ => !event.kind.is_internal(),
    }
}

/// Returns events in the order in which they are given.
pub(crate) fn entries(page: &PageContext<'_>, events: &[Event]) -> Vec<HistoryEntry> {
    events.iter().map(|event| HistoryItem::of_event(event).entry(page)).collect()
}

/// Event whose actor may be unknown, as are the administrators of another application.
struct HistoryItem {
    at: Timestamp,
    by: Option<Actor>,
    kind_of_actor: ActorKind,
    kind: EventKind,
}

impl HistoryItem {
    fn of_event(event: &Event) -> Self {
        let Event { at, by, kind, .. } = event.clone();
        Self { at, kind_of_actor: by.kind(), by: Some(by), kind }
    }

    fn of_message(message: &Message, requester: &UserId) -> Self {
        let (kind_of_actor, by) = match &message.author {
            Author::Requester => (ActorKind::Customer, Some(Actor::Customer(requester.clone()))),
            Author::Admin(id) => (ActorKind::Admin, id.clone().map(Actor::Admin)),
            Author::Bot => (ActorKind::Bot, Some(Actor::Bot)),
        };
        let kind = EventKind::MessageAdded { role: message.author.role() };
        Self { at: message.created_at, by, kind_of_actor, kind }
    }

    fn of_note(note: &Note) -> Self {
        let by = note.by.clone().map_or(Actor::Bot, Actor::Admin);
        let (at, kind_of_actor) = (note.created_at, by.kind());
        Self { at, by: Some(by), kind_of_actor, kind: EventKind::NoteAdded }
    }

    /// Returns whether it is neither the creation nor a text.
    const fn is_change(&self) -> bool {
        !matches!(self.kind, EventKind::Created | EventKind::MessageAdded { .. } | EventKind::NoteAdded)
    }

    fn entry(self, page: &PageContext<'_>) -> HistoryEntry {
        let (locale, at) = (page.viewer.locale, page.time(self.at));
        let label = actor_label(self.kind_of_actor, locale);
        let who = page.person(self.by.as_ref().and_then(Actor::user), label);
        let name = |id: &UserId| page.person(Some(id), Role::Admin.label(locale)).name;
        let what = match &self.by {
            Some(by) => Event { at: self.at, by: by.clone(), version: 0, kind: self.kind.clone() }
                .describe(locale, name),
            None => self.kind.describe(locale, name),
        };
        let actor = Label::new(self.kind_of_actor.as_str(), label);
        HistoryEntry { at, who, actor, what, kind: self.kind }
    }
}

/// Returns the label of a kind of actor; of a customer, that of the chat.
const fn actor_label(kind: ActorKind, locale: Locale) -> &'static str {
    match kind {
        ActorKind::Customer => Role::User.label(locale),
        kind => kind.label(locale),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        pin::pin,
        sync::LazyLock,
        task::{Context, Poll, Waker},
        time::Duration,
    };

    use ventanilla_domain::{
        Audience, Change, MessageRange, MessageText, Policy, Priority, Status, Ticket, TimeZone,
    };
    use ventanilla_storage::testing;

    use super::*;
    use crate::view::{PageSource, Person, PersonDirectory, Viewer, people_of};

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

    fn of(ticket: &Ticket, viewer: &Viewer, people: &dyn PersonDirectory) -> Vec<HistoryEntry> {
        let policy = Policy::default();
        let source = PageSource::new(&policy, testing::epoch(), *viewer, false, people);
        let ticket = ticket.details(&Audience::Desk, MessageRange::All).unwrap();
        let page = source.build(people_of::desk(&ticket), |page| history(page, &ticket));
        let Poll::Ready(history) = pin!(page).poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("the directory waits")
        };
        history
    }

    fn lines(history: &[HistoryEntry]) -> Vec<String> {
        history.iter().map(|entry| format!("{}: {}", entry.who.name, entry.what)).collect()
    }

    #[test]
    fn history_has_actors_messages_and_notes_in_order_of_time() {
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
            "Luis Paz: Tomó el ticket",
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
        assert_eq!(lines(&es), expected);
        let times: Vec<&str> = es.iter().map(|entry| entry.at.time.as_str()).collect();
        assert_eq!(times[..8], ["10:00", "10:00", "10:01", "10:02", "10:03", "10:04", "10:04", "10:05"]);
        let parts: Vec<&str> = es.iter().map(|entry| entry.actor.code.as_str()).collect();
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
        assert_eq!(lines(&en), expected);
        assert!(en.iter().all(|entry| entry.who.name == entry.actor.text));
    }

    #[test]
    fn of_one_instant_creation_comes_first_then_texts_then_changes() {
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
            "Soporte: Tomó el ticket",
            "Usuario: Abrió el ticket",
            "Usuario: Escribió un mensaje",
            "Soporte: Escribió un mensaje",
            "Soporte: Añadió una nota interna",
            "Soporte: Cambió la prioridad de Media a Baja",
        ];
        assert_eq!(lines(&of(&ticket.build(), &MADRID, &())), expected);
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
        assert_eq!(lines(&of(&ticket, &MADRID, &people())), ["Soporte: Escribió un mensaje"]);
    }
}
