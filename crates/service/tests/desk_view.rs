//! The desk's own page: it offers what the rules take, and shows whom and what it has.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use common::{NUMBER, id, number, ready, storing, text};
use ventanilla_service::{
    Change, HelpDesk, Locale, MemoryStore, Policy, Priority, Status, TimeZone, UserId,
    error::InvalidLimit,
    settings::Limits,
    store::Ticket,
    testing,
    ticket::{ActorKind, Audience, MessageRange},
    view::{Assignment, DeskView, InputState, Label, Person, PersonDirectory, Viewer},
};

static MADRID: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));
static ENGLISH: LazyLock<Viewer> = LazyLock::new(|| Viewer { locale: Locale::En, ..*MADRID });
const MINUTE: Duration = Duration::from_secs(60);

fn ticket() -> testing::TicketFixture {
    testing::ticket(NUMBER).requester("ana").description("Me cobraron dos veces")
}

fn people() -> HashMap<UserId, Person> {
    let named = |(key, name)| (id(key), Person::named(name));
    HashMap::from([("ana", "Ana Gómez"), ("luis", "Luis Paz"), ("marta", "Marta Sol")].map(named))
}

fn desk(policy: Policy) -> HelpDesk {
    HelpDesk::builder(MemoryStore::new()).clock(common::now).policy(policy).build()
}

/// Luis's page.
fn page(ticket: &Ticket, reader: &Viewer, directory: &dyn PersonDirectory) -> DeskView {
    let view = ticket.details(&Audience::Desk, MessageRange::All).unwrap();
    ready(desk(Policy::default()).admin(id("luis")).pages(*reader, directory).ticket(&view))
}

/// Every status, with nobody, Luis and Marta as the assignee.
fn kinds() -> Vec<Ticket> {
    let mut kinds = Vec::new();
    for status in Status::ALL {
        kinds.push(ticket().status(status).build());
        for assignee in ["luis", "marta"] {
            kinds.push(ticket().assignee(assignee).status(status).build());
        }
    }
    kinds
}

/// What stands on the buttons to claim, to assign and to unassign; nothing where there is none.
fn buttons(of: &Assignment) -> [&str; 3] {
    [&of.claim, &of.assign, &of.unassign].map(|button| button.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_is_offered_succeeds_and_what_is_not_is_refused_or_so_already() {
    async fn works(ticket: &Ticket, change: Change) -> bool {
        let desk = HelpDesk::builder(storing([ticket.clone()]).await).clock(common::now).build();
        let receipt = desk.admin(id("luis")).change(&number(NUMBER), change).await;
        receipt.is_ok_and(|receipt| !receipt.events.is_empty())
    }
    for ticket in kinds() {
        let page = page(&ticket, &MADRID, &());
        let head = ticket.head();
        let moves: Vec<&str> =
            page.status_actions.iter().map(|step| step.status.code.as_str()).collect();
        let rules = head.status.next_for(ActorKind::Admin);
        assert!(moves.iter().copied().eq(rules.iter().map(Status::as_str)), "{head:?}");
        for to in Status::ALL {
            assert_eq!(
                works(&ticket, Change::status(to)).await,
                moves.contains(&to.as_str()),
                "{head:?}"
            );
            let reply = Change::reply(text("Hola"), to);
            assert!(works(&ticket, reply).await || !moves.contains(&to.as_str()), "{head:?}");
        }
        for to in Priority::ALL {
            let offered = page.priorities.iter().find(|choice| choice.code == to.as_str());
            assert_eq!(offered.map(|choice| choice.selected), offered.map(|_| to == head.priority));
            let other = offered.is_some_and(|choice| !choice.selected);
            assert_eq!(works(&ticket, Change::priority(to)).await, other, "{head:?}");
        }
        let Assignment { claim, assign, unassign, .. } = page.assignment;
        assert_eq!(works(&ticket, Change::claim()).await, claim.is_some(), "{head:?}");
        let pau = Change::assign(Some(id("pau")));
        assert_eq!(works(&ticket, pau).await, assign.is_some(), "{head:?}");
        assert_eq!(works(&ticket, Change::assign(None)).await, unassign.is_some(), "{head:?}");
    }
}

#[test]
fn whoever_has_it_there_is_a_button_for_each_thing_that_can_be_done() {
    for (reader, take, give, hand_over, put_back, nobody, support) in [
        (
            *MADRID,
            "Tomar el ticket",
            "Asignar",
            "Reasignar",
            "Dejar sin asignar",
            "Sin asignar",
            "Soporte",
        ),
        (*ENGLISH, "Take it", "Assign", "Reassign", "Unassign", "Unassigned", "Support"),
    ] {
        let of = |ticket: testing::TicketFixture| page(&ticket.build(), &reader, &people()).assignment;
        let free = of(ticket());
        assert_eq!((&free.assignee, free.text.as_str()), (&None, nobody));
        assert_eq!(buttons(&free), [take, give, ""]);
        for (assignee, name) in [("luis", "Luis Paz"), ("marta", "Marta Sol"), ("pau", support)] {
            let taken = of(ticket().assignee(assignee));
            assert_eq!(buttons(&taken), ["", hand_over, put_back]);
            let badge = taken.assignee.unwrap();
            assert_eq!((badge.id.as_str(), badge.person.name.as_str()), (assignee, name));
            assert_eq!(taken.text, name);
        }
        for closed in [ticket(), ticket().assignee("luis")] {
            assert_eq!(buttons(&of(closed.status(Status::Closed))), [""; 3]);
        }
    }
}

#[test]
fn moves_and_priorities_have_texts_in_each_language() {
    for (reader, actions, priorities) in [
        (
            *MADRID,
            ["Volver a «Abierto»", "Empezar a atender", "Marcar como resuelto", "Cerrar"],
            ["Baja", "Media", "Alta", "Urgente"],
        ),
        (
            *ENGLISH,
            ["Back to “Open”", "Start working on it", "Mark as resolved", "Close"],
            ["Low", "Medium", "High", "Urgent"],
        ),
    ] {
        let mut seen = HashMap::new();
        for ticket in kinds() {
            let page = page(&ticket, &reader, &());
            for step in page.status_actions {
                seen.insert(step.status.code, (step.status.text, step.text));
            }
            assert_eq!(page.chat.status.text, ticket.head().status.label(reader.locale));
        }
        for (to, action) in Status::ALL.into_iter().zip(actions) {
            assert_eq!(seen[to.as_str()], (to.label(reader.locale).into(), action.into()));
        }
        let urgent = page(&ticket().priority(Priority::Urgent).build(), &reader, &());
        assert_eq!(urgent.priority, Label::new("URGENT", priorities[3]));
        assert!(urgent.priorities.iter().map(|choice| choice.text.as_str()).eq(priorities));
        assert!(urgent.priorities.iter().map(|choice| choice.selected).eq([false, false, false, true]));
    }
}

#[tokio::test]
async fn what_the_page_posts_is_made_for_the_version_that_it_showed() {
    let store = storing([ticket().build()]).await;
    let luis = HelpDesk::new(store).admin(id("luis"));
    let seen = luis.pages(*MADRID, &()).ticket(&luis.get(&number(NUMBER)).await.unwrap()).await;
    let change = || Change::claim().expecting(seen.version);
    luis.set_status(&number(NUMBER), Status::InProgress).await.unwrap();
    assert_eq!(common::code(&luis.change(&number(NUMBER), change()).await), "version_conflict");
    let seen = luis.pages(*MADRID, &()).ticket(&luis.get(&number(NUMBER)).await.unwrap()).await;
    let change = Change::claim().expecting(seen.version);
    assert_eq!(common::code(&luis.change(&number(NUMBER), change).await), "ok");
}

#[test]
fn notes_stand_in_order_of_time_as_they_were_written() {
    let (early, late) = (testing::epoch().plus(MINUTE), testing::epoch().plus(9 * MINUTE));
    let markup = "<b>Ojo</b> &amp; \u{202e}cuidado";
    let ticket = ticket().at(late).note("pau", "Después").at(early).note("luis", markup).build();
    let page = page(&ticket, &MADRID, &people());
    let notes: Vec<_> = page
        .notes
        .iter()
        .map(|note| (note.author.name.as_str(), note.text.as_str(), note.at.time.as_str()))
        .collect();
    assert_eq!(notes, [("Luis Paz", markup, "10:01"), ("Soporte", "Después", "10:09")]);
}

#[test]
fn a_note_can_be_written_where_the_rules_take_it() {
    let limits = |with: fn(Limits) -> Result<Limits, InvalidLimit>| with(Limits::default()).unwrap();
    let full = limits(|limits| limits.with_notes(1));
    let short = limits(|limits| limits.with_text_bytes(99));
    let tiny = limits(|limits| limits.with_conversation_bytes(50));
    let noted = || ticket().note("luis", "Nota");
    for (ticket, limits, expected) in [
        (noted(), Limits::default(), Ok(16_384)),
        (noted().status(Status::Closed), Limits::default(), Ok(16_384)),
        (noted(), short, Ok(99)),
        (noted(), tiny, Ok(50)),
        (noted(), full, Err("notes_full")),
        (ticket(), full, Ok(16_384)),
    ] {
        let admin = desk(Policy { limits, ..Policy::default() }).admin(id("luis"));
        let view = ticket.build().details(&Audience::Desk, MessageRange::All).unwrap();
        for (reader, hint, button, reason) in [
            (
                *MADRID,
                "Escribe una nota interna…",
                "Guardar nota",
                "El ticket ha alcanzado su máximo de notas (1).",
            ),
            (
                *ENGLISH,
                "Write an internal note…",
                "Save note",
                "The ticket has reached its greatest number of notes (1).",
            ),
        ] {
            let input = ready(admin.pages(reader, &()).ticket(&view)).note_input;
            let expected = match expected {
                Ok(max_bytes) => {
                    InputState::Writable { placeholder: hint.into(), send: button.into(), max_bytes }
                }
                Err(code) => {
                    InputState::ReadOnly { code: code.into(), reason: reason.into(), follow_up: None }
                }
            };
            assert_eq!(input, expected);
        }
    }
}

#[test]
fn the_chat_is_the_administrators_and_the_requester_has_an_id() {
    let ticket = ticket().status(Status::Closed).build();
    let view = ticket.details(&Audience::Desk, MessageRange::All).unwrap();
    let luis = desk(Policy::default()).admin(id("luis"));
    let page = ready(luis.pages(*MADRID, &people()).ticket(&view));
    assert_eq!(page.chat, ready(luis.pages(*MADRID, &people()).chat(&view)));
    assert_eq!((page.requester.id.as_str(), page.requester.person.name.as_str()), ("ana", "Ana Gómez"));
    let page = ready(luis.pages(*ENGLISH, &()).ticket(&view));
    assert_eq!(page.requester.person.name, "User");
}

#[test]
fn a_directory_may_be_shared_borrowed_or_boxed() {
    let ticket = ticket().build();
    let shared: Arc<dyn PersonDirectory + Send + Sync> = Arc::new(people());
    let boxed: Box<dyn PersonDirectory + Send + Sync> = Box::new(Arc::clone(&shared));
    let names = [
        page(&ticket, &MADRID, &people()),
        page(&ticket, &MADRID, &&people()),
        page(&ticket, &MADRID, &shared),
        page(&ticket, &MADRID, &*shared),
        page(&ticket, &MADRID, &boxed),
        page(&ticket, &MADRID, &Arc::new(people())),
    ]
    .map(|page| page.requester.person.name);
    assert_eq!(names, ["Ana Gómez"; 6]);
}
