//! The chat page and the list rows: all that a page shows, worked out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use common::{NUMBER, id, ready, text};
use ventanilla_service::{
    Category, Change, HelpDesk, Locale, MemoryStore, Policy, Priority, Status, TimeZone, UserId,
    settings::{Days, Limits, Reopen},
    store::Ticket,
    testing,
    ticket::{Actor, Audience, MessageRange},
    view::{
        ChatView, InputState, Label, MessageSide, Person, PersonDirectory, PersonView, TicketRow, Viewer,
    },
};

static MADRID: LazyLock<Viewer> =
    LazyLock::new(|| Viewer::new(TimeZone::named("Europe/Madrid").unwrap()));
static ENGLISH: LazyLock<Viewer> = LazyLock::new(|| Viewer { locale: Locale::En, ..*MADRID });
const MINUTE: Duration = Duration::from_secs(60);

/// Ana's ticket, created on 5 January 2026 at nine o'clock UTC.
fn ticket() -> testing::TicketFixture {
    testing::ticket(NUMBER)
        .requester("ana")
        .category(Category::PAGOS)
        .description("Me cobraron dos veces")
}

/// A desk at a time after that.
fn desk(after: Duration, policy: Policy) -> HelpDesk {
    HelpDesk::builder(MemoryStore::new())
        .clock(move || testing::epoch().plus(after))
        .policy(policy)
        .build()
}

/// The page of somebody who has that ticket open, under the default policy.
fn chat(
    ticket: &Ticket,
    window: MessageRange,
    reader: &Viewer,
    directory: &impl PersonDirectory,
) -> ChatView {
    let ana = desk(MINUTE, Policy::default()).customer(id("ana"));
    let view = ticket.details(&Audience::Requester(id("ana")), window).unwrap();
    ready(ana.pages(*reader, directory).chat(&view))
}

fn row(ticket: &Ticket, reader: &Viewer, directory: &impl PersonDirectory) -> TicketRow {
    let luis = desk(MINUTE, Policy::default()).admin(id("luis"));
    ready(luis.pages(*reader, directory).rows(&[ticket.summary()])).remove(0)
}

fn texts(chat: &ChatView) -> Vec<&str> {
    chat.messages.iter().map(|bubble| bubble.text.as_str()).collect()
}

fn people() -> HashMap<UserId, Person> {
    let luis = Person { avatar_url: Some("/luis.png".into()), ..Person::named("Luis Paz") };
    HashMap::from([(id("ana"), Person::named("Ana Gómez")), (id("luis"), luis)])
}

/// A conversation in which everybody speaks, Ana also as an administrator.
fn conversation() -> Ticket {
    ticket()
        .reply("luis", "Lo miramos.")
        .reply("marta", "Seguimos.")
        .change(Actor::Bot, Change::message(text("Un momento.")))
        .reply("ana", "Me contesto yo.")
        .build()
}

#[test]
fn the_user_stands_on_the_right_and_everybody_else_on_the_left_by_name() {
    let chat = chat(&conversation(), MessageRange::All, &MADRID, &people());
    let bubbles = chat.messages.iter().map(|bubble| {
        let PersonView { name, initial, avatar_url, .. } = &bubble.author;
        (bubble.side, bubble.role.code.as_str(), name.as_str(), initial.as_str(), avatar_url.as_deref())
    });
    let expected = [
        (MessageSide::Right, "USER", "Ana Gómez", "A", None),
        (MessageSide::Left, "ADMIN", "Luis Paz", "L", Some("/luis.png")),
        (MessageSide::Left, "ADMIN", "Soporte", "S", None),
        (MessageSide::Left, "SUPPORT_BOT", "Asistente virtual", "A", None),
        (MessageSide::Left, "ADMIN", "Ana Gómez", "A", None),
    ];
    assert!(bubbles.eq(expected), "{:#?}", chat.messages);
}

#[test]
fn people_that_the_directory_does_not_know_are_named_by_their_part() {
    for (reader, names) in [
        (*MADRID, ["Usuario", "Soporte", "Soporte", "Asistente virtual", "Soporte"]),
        (*ENGLISH, ["User", "Support", "Support", "Virtual assistant", "Support"]),
    ] {
        let chat = chat(&conversation(), MessageRange::All, &reader, &());
        assert!(chat.messages.iter().map(|bubble| bubble.author.name.as_str()).eq(names));
        assert!(chat.messages.iter().all(|bubble| bubble.author.name == bubble.role.text));
    }
    let (free, taken) = (ticket().build(), ticket().assignee("marta").build());
    for (ticket, reader, requester, assignee) in [
        (&free, *MADRID, "Usuario", "Sin asignar"),
        (&free, *ENGLISH, "User", "Unassigned"),
        (&taken, *MADRID, "Usuario", "Soporte"),
        (&taken, *ENGLISH, "User", "Support"),
    ] {
        let row = row(ticket, &reader, &());
        assert_eq!((row.requester.name.as_str(), row.assignee_text.as_str()), (requester, assignee));
        let named = ticket.head().assignee.as_ref().map(|_| assignee);
        assert_eq!(row.assignee.as_ref().map(|badge| badge.name.as_str()), named);
    }
}

#[test]
fn an_initial_is_the_first_letter_or_digit_in_capitals() {
    for (name, initial) in [
        ("Ana", "A"),
        ("  élida Ruiz", "É"),
        ("ñandú", "Ñ"),
        ("¡Óscar!", "Ó"),
        ("7 Leguas", "7"),
        ("😀 paz", "P"),
        ("\u{202e}ana", "A"),
        ("李", "李"),
        ("ßeta", "SS"),
        ("¿?", "?"),
        ("", "?"),
    ] {
        let badge = PersonView::from(Person::named(name));
        assert_eq!((badge.initial.as_str(), badge.name.as_str()), (initial, name));
    }
}

#[test]
fn labels_are_in_the_readers_language_with_stable_codes() {
    for (reader, status, priority, categories) in [
        (
            *MADRID,
            ["Abierto", "En progreso", "Resuelto", "Cerrado"],
            ["Baja", "Media", "Alta", "Urgente"],
            ["Error técnico", "Pagos", "Cuenta", "Consulta general", "ENVÍOS"],
        ),
        (
            *ENGLISH,
            ["Open", "In progress", "Resolved", "Closed"],
            ["Low", "Medium", "High", "Urgent"],
            ["Technical problem", "Payments", "Account", "General question", "ENVÍOS"],
        ),
    ] {
        for (to, label) in Status::ALL.into_iter().zip(status) {
            let ticket = ticket().status(to).build();
            let expected = Label::new(to.as_str(), label);
            assert_eq!(chat(&ticket, MessageRange::All, &reader, &()).status, expected);
            assert_eq!(row(&ticket, &reader, &()).status, expected);
        }
        for (to, label) in Priority::ALL.into_iter().zip(priority) {
            let row = row(&ticket().priority(to).build(), &reader, &());
            assert_eq!(row.priority, Label::new(to.as_str(), label));
        }
        let own = Category::parse("ENVÍOS").unwrap();
        for (category, label) in Category::KNOWN.into_iter().chain([own]).zip(categories) {
            let expected = Label::new(category.as_str(), label);
            let ticket = ticket().category(category).build();
            assert_eq!(chat(&ticket, MessageRange::All, &reader, &()).category, expected);
            assert_eq!(row(&ticket, &reader, &()).category, expected);
        }
    }
}

#[test]
fn dates_and_times_are_those_of_the_readers_zone() {
    let evening = "2026-03-28T23:30:00Z".parse().unwrap();
    let ticket = ticket().created_at(evening).at(evening.plus(2 * 60 * MINUTE)).message("Hola").build();
    for (reader, created, updated) in [
        (*MADRID, "29 de marzo de 2026, 0:30", "29 de marzo de 2026, 3:30"),
        (*ENGLISH, "29 March 2026, 0:30", "29 March 2026, 3:30"),
        (
            Viewer::new(TimeZone::named("America/Bogota").unwrap()),
            "28 de marzo de 2026, 18:30",
            "28 de marzo de 2026, 20:30",
        ),
        (
            Viewer::new(TimeZone::named("Asia/Kathmandu").unwrap()),
            "29 de marzo de 2026, 5:15",
            "29 de marzo de 2026, 7:15",
        ),
    ] {
        let (chat, row) = (chat(&ticket, MessageRange::All, &reader, &()), row(&ticket, &reader, &()));
        assert_eq!(
            [&chat.created_at.text, &chat.messages[0].at.text, &row.created_at.text],
            [created; 3]
        );
        assert_eq!([&chat.messages[1].at.text, &row.updated_at.text], [updated; 2]);
    }
}

#[test]
fn bubbles_stand_in_order_of_time_and_ties_in_order_of_arrival() {
    let (early, late) = (testing::epoch().plus(MINUTE), testing::epoch().plus(10 * MINUTE));
    let ticket =
        ticket().at(late).message("Uno").at(late).message("Dos").at(early).reply("luis", "Antes");
    let chat = chat(&ticket.build(), MessageRange::All, &MADRID, &());
    assert_eq!(texts(&chat), ["Me cobraron dos veces", "Antes", "Uno", "Dos"]);
}

#[test]
fn a_window_shows_its_part_and_says_how_many_came_before() {
    let ticket = ticket().message("1").message("2").message("3").message("4").build();
    let from = |first, count| MessageRange::From { first, count };
    for (window, earlier, expected) in [
        (MessageRange::All, 0, vec!["Me cobraron dos veces", "1", "2", "3", "4"]),
        (MessageRange::Last(2), 3, vec!["3", "4"]),
        (MessageRange::Last(0), 5, vec![]),
        (MessageRange::Last(9), 0, vec!["Me cobraron dos veces", "1", "2", "3", "4"]),
        (from(1, 2), 1, vec!["1", "2"]),
        (from(4, 2), 4, vec!["4"]),
        (from(9, 2), 5, vec![]),
    ] {
        let chat = chat(&ticket, window, &MADRID, &());
        assert_eq!((chat.earlier_messages, texts(&chat)), (earlier, expected), "{window:?}");
    }
}

#[test]
fn a_message_can_be_written_where_the_rules_take_it_and_only_customers_are_offered_a_follow_up() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let (always, never) = (Reopen::Always, Reopen::Never);
    let within = Reopen::Within(Days(14));
    let full = Limits::default().with_messages(1).unwrap();
    let by_bytes = Limits::default().with_conversation_bytes(21).unwrap();
    let free = Limits::default();
    // A ticket in this status is resolved a minute after its creation, if at all.
    for (status, after, reopen, limits, customer, admin) in [
        (Status::Open, MINUTE, within, free, "writable", "writable"),
        (Status::InProgress, 99 * DAY, never, free, "writable", "writable"),
        (Status::Resolved, 14 * DAY + MINUTE, within, free, "writable", "writable"),
        (Status::Resolved, 14 * DAY + 2 * MINUTE, within, free, "reopen_over +", "writable"),
        (Status::Resolved, 99 * DAY, always, free, "writable", "writable"),
        (Status::Resolved, MINUTE, never, free, "reopen_over +", "writable"),
        (Status::Closed, MINUTE, always, free, "ticket_closed +", "ticket_closed"),
        (Status::Open, MINUTE, within, full, "conversation_full +", "conversation_full"),
        (Status::Open, MINUTE, within, by_bytes, "conversation_full +", "conversation_full"),
        (Status::Closed, MINUTE, within, full, "ticket_closed +", "ticket_closed"),
    ] {
        let desk = desk(after, Policy { reopen, limits, ..Policy::default() });
        let view =
            ticket().status(status).build().details(&Audience::Desk, MessageRange::Last(0)).unwrap();
        for reader in [*MADRID, *ENGLISH] {
            let state = |chat: ChatView| match chat.input {
                InputState::Writable { max_bytes, placeholder, send } => {
                    assert_eq!(max_bytes, limits.text_bytes());
                    assert_eq!(
                        placeholder,
                        reader.locale.pick("Escribe tu mensaje…", "Write your message…")
                    );
                    assert_eq!(send, reader.locale.pick("Enviar", "Send"));
                    "writable".into()
                }
                InputState::ReadOnly { code, reason, follow_up: None } if !reason.is_empty() => code,
                InputState::ReadOnly { code, follow_up: Some(button), .. } => {
                    let text =
                        reader.locale.pick("Abrir ticket de seguimiento", "Open a follow-up ticket");
                    assert_eq!(button, text);
                    code + " +"
                }
                other => panic!("{other:?}"),
            };
            let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
            let theirs = ready(ana.pages(reader, &()).chat(&view));
            assert_eq!(state(theirs), customer, "{status}");
            assert_eq!(state(ready(luis.pages(reader, &()).chat(&view))), admin, "{status}");
        }
    }
}

#[test]
fn what_was_written_is_shown_as_it_came() {
    for text in
        ["<script>alert('1')</script> &amp;", "\u{202e}derecha\u{202c} \u{200f}!", "👩‍👩‍👧 ¡ñ!", "a\n\n\tb"]
    {
        let ticket = ticket().description(text).message(text).build();
        let people = HashMap::from([(id("ana"), Person::named(text))]);
        let chat = chat(&ticket, MessageRange::All, &MADRID, &people);
        assert_eq!(texts(&chat), [text; 2]);
        assert_eq!(chat.messages[0].author.name, text);
        assert_eq!(row(&ticket, &MADRID, &()).excerpt, text.replace(['\n', '\t'], " "));
    }
}
