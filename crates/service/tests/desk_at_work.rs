//! Turns of the bot, waits, and the next ticket of a queue.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::HashSet, sync::Arc, time::Duration};

use common::{
    NUMBER, WORDS, code, desk_over, draft, id, key, number, only, order, policy, storing, text, vip,
};
use ventanilla_service::{
    EventKind, HelpDesk, ListQuery, MemoryStore, MyTickets, Policy, Priority, ServiceError, Status,
    TicketNumber, TimeZone,
    error::Refusal,
    list::{Direction, Sort, WaitingFilter},
    settings::{BotPolicy, ManualClock},
    testing,
    ticket::{Reference, Role, Tag, Wait, WaitingFor},
    view::Viewer,
};

async fn desk() -> (HelpDesk, TicketNumber) {
    let open = testing::ticket(NUMBER).requester("ana").policy(policy()).build();
    (desk_over(storing([open]).await), number(NUMBER))
}

#[tokio::test]
async fn a_turn_that_was_overtaken_changes_nothing_and_says_what_came() {
    let (desk, number) = desk().await;
    let (ana, luis, bot) = (desk.customer(id("ana")), desk.admin(id("luis")), desk.bot());
    let turn = bot.turn(&number).await.unwrap();
    ana.reply(&number, "Y tampoco en el móvil").await.unwrap();
    luis.set_status(&number, Status::InProgress).await.unwrap();
    let before = luis.get(&number).await.unwrap();
    for result in [turn.reply(WORDS).await, turn.hand_over(WORDS).await, turn.draft(WORDS).await] {
        let Err(ServiceError::Refused {
            refusal: Refusal::ConversationChanged { added, changes, .. },
            ..
        }) = result
        else {
            panic!("it was overtaken")
        };
        let kinds: Vec<EventKind> = changes.into_iter().map(|event| event.kind).collect();
        let moved = EventKind::StatusChanged { from: Status::Open, to: Status::InProgress };
        assert_eq!((added, kinds), (1, vec![EventKind::MessageAdded { role: Role::User }, moved]));
    }
    assert_eq!(luis.get(&number).await.unwrap(), before);
}

#[tokio::test]
async fn a_ticket_is_listed_and_shown_by_its_tags_and_by_what_it_is_about() {
    let (desk, open) = desk().await;
    let (ana, luis, reader) =
        (desk.customer(id("ana")), desk.admin(id("luis")), Viewer::new(TimeZone::UTC));
    luis.add_tag(&open, &vip()).await.unwrap();
    let added = luis.add_reference(&open, &order()).await.unwrap();
    assert_eq!(added.events[0].kind, EventKind::ReferenceAdded { about: order() });
    for query in [ListQuery::new().with_tag(vip()), ListQuery::new().with_reference(order())] {
        let row = only(luis.pages(reader, &()).rows(&luis.list(query).await.unwrap().rows).await);
        assert_eq!((row.tags, row.about), (vec![vip()], vec![order()]));
    }
    let page = luis.pages(reader, &()).ticket(&luis.get(&open).await.unwrap()).await;
    assert_eq!((&page.tags.tags, &page.about.references), (&vec![vip()], &vec![order()]));
    assert_eq!(page.tags.add.as_deref(), Some("Añadir etiqueta"));
    assert_eq!(page.about.remove.as_deref(), Some("Quitar"));
    assert_eq!(page.history.last().unwrap().what, "Añadió la referencia order:1001");

    // A customer sees what it is about, and no tag.
    let seen = ana.pages(reader, &()).chat(&ana.get(&open).await.unwrap()).await;
    assert_eq!(seen.about, [order()]);
    let listed = ana.list(MyTickets::all()).await.unwrap().rows;
    let row = only(ana.pages(reader, &()).rows(&listed).await);
    assert_eq!((row.about, row.tags), (vec![order()], vec![]));

    luis.remove_tag(&open, &vip()).await.unwrap();
    luis.remove_reference(&open, &order()).await.unwrap();
    let page = luis.pages(reader, &()).ticket(&luis.get(&open).await.unwrap()).await;
    assert_eq!((page.tags.remove, page.about.remove), (None, None));
}

#[tokio::test]
async fn a_page_offers_no_ninth_tag_and_a_closed_ticket_none() {
    let (desk, open) = desk().await;
    let (luis, reader) = (desk.admin(id("luis")), Viewer::new(TimeZone::UTC));
    // The first ones have the names that a view tries.
    for nth in 0..8 {
        luis.add_tag(&open, &Tag::parse(&nth.to_string()).unwrap()).await.unwrap();
        luis.add_reference(&open, &Reference::new("x", &nth.to_string()).unwrap()).await.unwrap();
        let page = luis.pages(reader, &()).ticket(&luis.get(&open).await.unwrap()).await;
        assert_eq!((page.tags.add.is_some(), page.about.add.is_some()), (nth < 7, nth < 7), "{nth}");
    }
    assert_eq!(code(&luis.add_tag(&open, &vip()).await), "too_many_tags");
    assert_eq!(code(&luis.add_reference(&open, &order()).await), "too_many_references");
    luis.set_status(&open, Status::Closed).await.unwrap();
    let page = luis.pages(reader, &()).ticket(&luis.get(&open).await.unwrap()).await;
    assert_eq!((page.tags.add, page.tags.remove), (None, None));
    assert_eq!((page.about.add, page.about.remove), (None, None));
}

#[tokio::test]
async fn a_follow_up_is_about_the_same() {
    let (desk, open) = desk().await;
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
    let many = (0..9).map(|nth| Reference::new("order", &nth.to_string()).unwrap());
    let refused = ana.create(draft().with_references(many)).await;
    assert_eq!(code(&refused), "too_many_references");
    let opened =
        ana.create(draft().with_references([order(), order()]).with_tags([vip()])).await.unwrap();
    assert_eq!((opened.head.about, opened.head.tags), (vec![order()], vec![]), "tags are the desk's");

    luis.add_reference(&open, &order()).await.unwrap();
    luis.set_status(&open, Status::Closed).await.unwrap();
    let offer = ana.follow_up_offer(&ana.get(&open).await.unwrap()).unwrap();
    let next = ana.create(offer.ticket(text(WORDS))).await.unwrap();
    assert_eq!(next.head.about, [order()]);
}

#[tokio::test]
async fn a_turn_is_answered_once_and_notes_dont_disturb_it() {
    let (desk, number) = desk().await;
    let (luis, bot) = (desk.admin(id("luis")), desk.bot());
    let turn = bot.turn(&number).await.unwrap();
    luis.add_note(&number, "Ojo").await.unwrap();
    luis.set_priority(&number, Priority::High).await.unwrap();
    luis.claim(&number).await.unwrap();
    let first = turn.reply("Prueba a reiniciar.").key(key("t")).await.unwrap();
    assert_eq!((first.repeated, first.head.version), (false, 0));
    assert!(turn.reply("Prueba a reiniciar.").key(key("t")).await.unwrap().repeated);
    assert_eq!(code(&turn.reply("¿Y bien?").await), "conversation_changed");
    assert_eq!(luis.get(&number).await.unwrap().messages.len(), 2);
}

#[tokio::test]
async fn a_handed_over_ticket_waits_for_a_human_and_silences_the_bot() {
    let (desk, number) = desk().await;
    let (luis, bot) = (desk.admin(id("luis")), desk.bot());
    let turn = bot.turn(&number).await.unwrap();
    turn.hand_over("Pide hablar con una persona").key(key("h")).await.unwrap();
    assert!(turn.hand_over("Pide hablar con una persona").key(key("h")).await.unwrap().repeated);

    let page =
        luis.pages(Viewer::new(TimeZone::UTC), &()).ticket(&luis.get(&number).await.unwrap()).await;
    assert_eq!(page.handoff.unwrap().text, "Necesita una persona");
    let note = only(page.notes);
    assert_eq!(
        (note.author.name.as_str(), note.text.as_str()),
        ("Asistente virtual", "Pide hablar con una persona")
    );
    let lines: Vec<_> =
        page.history.iter().map(|entry| (entry.who.name.as_str(), entry.what.as_str())).collect();
    assert!(lines.contains(&("Asistente virtual", "Pidió que atienda una persona")), "{lines:?}");

    let turn = bot.turn(&number).await.unwrap();
    assert_eq!(turn.writable().err(), None, "the requester's details don't tell");
    assert_eq!(code(&turn.reply(WORDS).await), "bot_not_allowed");
    luis.reply(&number, "Dime.").await.unwrap();
    assert!(luis.get(&number).await.unwrap().head.handoff_at.is_none());
    assert_eq!(code(&bot.turn(&number).await.unwrap().reply(WORDS).await), "ok");
}

#[tokio::test]
async fn a_draft_is_offered_to_the_desk_until_somebody_writes() {
    let (desk, number) = desk().await;
    let (luis, bot) = (desk.admin(id("luis")), desk.bot());
    let turn = bot.turn(&number).await.unwrap();
    turn.draft("Borra la caché.").await.unwrap();
    turn.draft("Borra la caché y reinicia.").await.unwrap();
    let ticket = luis.get(&number).await.unwrap();
    let page = luis.pages(Viewer::new(TimeZone::UTC), &()).ticket(&ticket).await;
    let draft = page.draft.unwrap();
    assert_eq!(draft.text, "Borra la caché y reinicia.");
    assert_eq!(ticket.messages.len(), 1);

    luis.discard_draft(&number).await.unwrap();
    assert!(luis.discard_draft(&number).await.unwrap().events.is_empty(), "there is none");
    turn.draft(&draft.text).await.unwrap();
    luis.reply(&number, draft.text).await.unwrap();
    let sent = luis.get(&number).await.unwrap();
    assert_eq!((sent.draft, sent.messages.len()), (None, 2));
    assert_eq!(sent.messages[1].author.role(), Role::Admin);
}

#[tokio::test]
async fn the_policy_of_the_bot_ends_with_the_first_response() {
    let bot = BotPolicy { statuses: Status::Open.into(), until_first_response: true };
    let policy = Policy { bot, ..policy() };
    let open = testing::ticket(NUMBER).requester("ana").build();
    let desk = HelpDesk::builder(storing([open]).await).clock(common::now).policy(policy).build();
    let (luis, bot, number) = (desk.admin(id("luis")), desk.bot(), number(NUMBER));
    assert!(bot.turn(&number).await.unwrap().writable().is_ok());
    bot.reply(&number, "Recibido.").await.unwrap();
    luis.set_status(&number, Status::InProgress).await.unwrap();
    assert_eq!(code(&bot.reply(&number, WORDS).await), "bot_not_allowed");
    luis.set_status(&number, Status::Open).await.unwrap();
    luis.reply(&number, "Lo miro.").await.unwrap();
    assert!(bot.turn(&number).await.unwrap().writable().is_err());
    assert_eq!(code(&bot.reply(&number, WORDS).await), "bot_not_allowed");
}

#[tokio::test]
async fn a_wait_is_shown_until_it_ends_by_itself() {
    let clock = Arc::new(ManualClock::new(common::now()));
    let open = testing::ticket(NUMBER).requester("ana").policy(policy()).build();
    let desk = HelpDesk::builder(storing([open]).await).clock(clock.clone()).policy(policy()).build();
    let (luis, number) = (desk.admin(id("luis")), number(NUMBER));
    let hour = Duration::from_secs(3600);
    let wait = Wait::new(WaitingFor::Customer).until(common::now().plus(hour));
    luis.reply(&number, "¿Nos envías el recibo?").wait(wait).await.unwrap();

    let page = async || {
        let ticket = luis.get(&number).await.unwrap();
        luis.pages(Viewer::new(TimeZone::UTC), &()).ticket(&ticket).await
    };
    let waiting = page().await;
    assert_eq!(waiting.wait.party.unwrap().text, "Esperando al cliente");
    assert_eq!(waiting.wait.end.as_deref(), Some("Terminar la espera"));
    assert_eq!(waiting.chat.status.code, "IN_PROGRESS");
    let resolution = waiting.sla.iter().find(|timer| timer.metric.code == "RESOLUTION").unwrap();
    assert_eq!(resolution.state.code, "BREACHED", "it was before");

    clock.advance(hour);
    let over = page().await;
    assert_eq!((over.wait.party, over.wait.end), (None, None));
    let again = luis.wait(&number, wait).await;
    assert_eq!(code(&again), "wait_over");
}

#[tokio::test]
async fn a_paused_timer_shows_the_time_that_is_left() {
    let clock = Arc::new(ManualClock::new(testing::epoch()));
    let desk = HelpDesk::builder(MemoryStore::new()).clock(clock.clone()).policy(policy()).build();
    let luis = desk.admin(id("luis"));
    let number = luis.create_for(&id("ana"), common::draft()).await.unwrap().head.ticket_number;
    let hours = |count: u64| Duration::from_secs(3600 * count);
    clock.advance(hours(4));
    luis.wait(&number, Wait::new(WaitingFor::ThirdParty)).await.unwrap();
    clock.advance(hours(1_000));
    let resolution = async || {
        let ticket = luis.get(&number).await.unwrap();
        luis.pages(Viewer::new(TimeZone::UTC), &()).ticket(&ticket).await.sla.remove(1)
    };
    let paused = resolution().await;
    assert_eq!((paused.state.text.as_str(), paused.due), ("En pausa", None));
    assert_eq!(paused.text, "En pausa; tiempo restante: 36 h");
    desk.customer(id("ana")).reply(&number, "Ya está").await.unwrap();
    clock.advance(hours(1));
    let runs = resolution().await;
    assert_eq!((runs.state.text.as_str(), runs.text.as_str()), ("En plazo", "Tiempo restante: 35 h"));
}

#[tokio::test]
async fn the_next_ticket_is_the_first_that_nobody_has() {
    let hour = |hour: u64| testing::epoch().plus(Duration::from_secs(3600 * hour));
    let open = |name: &str, at| testing::ticket(name).requester("ana").created_at(hour(at));
    let desk = desk_over(
        storing([
            open("UNO", 1).assignee("eva").build(),
            open("DOS", 2).status(Status::Resolved).build(),
            open("TRES", 3).build(),
            open("CUATRO", 4).priority(Priority::Urgent).build(),
            open("CINCO", 5).priority(Priority::Urgent).wait(Wait::new(WaitingFor::Customer)).build(),
        ])
        .await,
    );
    let luis = desk.admin(id("luis"));
    let queue = ListQuery::new().with_sort(Sort::UrgentFirst(Direction::OldestFirst));
    for expected in ["CUATRO", "TRES"] {
        let next = luis.claim_next(&queue).await.unwrap().unwrap();
        assert_eq!(next.head.ticket_number, number(expected));
        assert_eq!(next.head.assignee, Some(id("luis")));
    }
    assert_eq!(luis.claim_next(&queue).await.unwrap(), None);
    let waiting = queue.with_waiting(WaitingFilter::Waiting);
    let next = luis.claim_next(&waiting).await.unwrap().unwrap();
    assert_eq!(next.head.ticket_number, number("CINCO"));
    let no_sla = common::desk_without_sla(MemoryStore::new());
    assert_eq!(code(&no_sla.admin(id("luis")).claim_next(&ListQuery::new().overdue()).await), "no_sla");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_queue_is_emptied_without_a_double_or_a_skip() {
    let tickets =
        (0..300).map(|nth| testing::ticket(format!("N{nth}").as_str()).requester("ana").build());
    let desk = desk_over(storing(tickets).await);
    let mut workers = tokio::task::JoinSet::new();
    for nth in 0..64 {
        let luis = desk.admin(id(&format!("admin-{nth}")));
        workers.spawn(async move {
            let mut taken = Vec::new();
            while let Some(next) = luis.claim_next(&ListQuery::new()).await.unwrap() {
                taken.push(next.head.ticket_number);
            }
            taken
        });
    }
    let taken = workers.join_all().await.concat();
    assert_eq!((taken.len(), taken.iter().collect::<HashSet<_>>().len()), (300, 300));
}
