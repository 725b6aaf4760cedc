//! Who may do what: one table of every use case and everybody.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::{
    NUMBER, admin, anas_ticket, code, customer, desk_over, id, number, offer, run, storing, use_cases,
};
use ventanilla_service::{
    Admin, Bot, Category, Customer, EventKind, Explain, HelpDesk, ListQuery, Locale, MyTickets,
    ServiceError, Status, System, TimeZone,
    error::Refusal,
    list::Counted,
    testing,
    ticket::{Actor, MessageRange},
    view::{ErrorView, Viewer},
};

/// What everybody gets who tries a use case on Ana's ticket, on a missing one, or on none: `ok`, the
/// error's code without `ticket_`, or `-` where their handle has no such method.
///
/// Eva is another customer, Luis an administrator; in the column `ana*`, Ana is one too.
const TABLE: &str = "
use case      ticket   ana        eva            luis       ana*       bot        system
create        none     ok         ok             -          -          -          -
create_for    none     -          -              ok         ok         -          -
list          none     ok         ok             ok         ok         -          -
list_due      none     -          -              ok         ok         -          -
count         none     ok         ok             ok         ok         -          -
counts        none     -          -              ok         ok         -          -
report        none     -          -              ok         ok         -          -
get           hers     ok         not_found      ok         ok         ok         -
get           missing  not_found  not_found      not_found  not_found  not_found  -
get_range     hers     ok         not_found      ok         ok         -          -
get_range     missing  not_found  not_found      not_found  not_found  -          -
find          hers     ok         not_found      ok         ok         -          -
find          missing  not_found  not_found      not_found  not_found  -          -
reply         hers     ok         not_found      ok         ok         ok         -
reply         missing  not_found  not_found      not_found  not_found  not_found  -
follow_up     hers     ok         not_permitted  -          -          -          -
follow_up     missing  ok         not_permitted  -          -          -          -
confirm       hers     ok         not_found      -          -          -          -
confirm       missing  not_found  not_found      -          -          -          -
add_note      hers     -          -              ok         ok         -          -
add_note      missing  -          -              not_found  not_found  -          -
set_status    hers     -          -              ok         ok         -          -
set_status    missing  -          -              not_found  not_found  -          -
set_priority  hers     -          -              ok         ok         -          -
set_priority  missing  -          -              not_found  not_found  -          -
assign        hers     -          -              ok         ok         -          -
assign        missing  -          -              not_found  not_found  -          -
unassign      hers     -          -              ok         ok         -          -
unassign      missing  -          -              not_found  not_found  -          -
claim         hers     -          -              ok         ok         -          -
claim         missing  -          -              not_found  not_found  -          -
wait          hers     -          -              ok         ok         -          -
wait          missing  -          -              not_found  not_found  -          -
end_wait      hers     -          -              ok         ok         -          -
end_wait      missing  -          -              not_found  not_found  -          -
discard_draft hers     -          -              ok         ok         -          -
discard_draft missing  -          -              not_found  not_found  -          -
add_tag          hers     -          -              ok         ok         -          -
add_tag          missing  -          -              not_found  not_found  -          -
remove_tag       hers     -          -              ok         ok         -          -
remove_tag       missing  -          -              not_found  not_found  -          -
add_reference    hers     -          -              ok         ok         -          -
add_reference    missing  -          -              not_found  not_found  -          -
remove_reference hers     -          -              ok         ok         -          -
remove_reference missing  -          -              not_found  not_found  -          -
claim_next    none     -          -              ok         ok         -          -
turn          hers     -          -              -          -          ok         -
turn          missing  -          -              -          -          not_found  -
change        hers     -          -              ok         ok         -          -
change        missing  -          -              not_found  not_found  -          -
change_each   hers     -          -              ok         ok         -          -
change_each   missing  -          -              not_found  not_found  -          -
close         hers     -          -              -          -          -          ok
close         missing  -          -              -          -          -          not_found
close_resolved hers    -          -              -          -          -          ok
close_resolved missing -          -              -          -          -          ok
sla_alerts    none     -          -              -          -          -          ok
upload        none     ok         ok             ok         ok         -          -
uploads       none     ok         ok             ok         ok         -          -
download      hers     ok         not_found      ok         ok         ok         -
download      missing  not_found  not_found      not_found  not_found  not_found  -
sweep_uploads none     -          -              -          -          -          ok
";

fn columns() -> [Actor; 6] {
    [customer("ana"), customer("eva"), admin("luis"), admin("ana"), Actor::Bot, Actor::System]
}

/// A desk whose only ticket is Ana's, or one without any.
async fn desk(stored: bool) -> HelpDesk {
    desk_over(storing(stored.then(anas_ticket)).await)
}

fn cell(answer: Option<Result<(), ServiceError>>) -> &'static str {
    match answer {
        None => "-",
        Some(Ok(())) => "ok",
        Some(Err(error)) => error.code().trim_start_matches("ticket_"),
    }
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says() {
    let mut named = BTreeSet::new();
    for row in TABLE.trim().lines().skip(1) {
        let mut words = row.split_whitespace();
        let [use_case, ticket] = [words.next().unwrap(), words.next().unwrap()];
        if use_cases().all(|allowed| allowed != use_case) {
            continue;
        }
        let mut answers = Vec::new();
        for who in columns() {
            let desk = desk(ticket != "missing").await;
            answers.push(cell(run(&desk, &who, use_case, &number(NUMBER)).await));
        }
        assert_eq!(answers, words.collect::<Vec<_>>(), "{use_case} on {ticket}");
        named.insert(use_case);
    }
    assert_eq!(named, use_cases().collect(), "the table names every use case");
}

/// A method that a handle lacks. Were it to gain one, that one would be meant and this file would
/// not compile.
macro_rules! lacks {
    ($($method:ident)+) => {
        trait Lacks { $(fn $method(&self) -> &'static str { stringify!($method) })+ }
        impl Lacks for Customer {}
        impl Lacks for Admin {}
        impl Lacks for Bot {}
        impl Lacks for System {}
    };
}
lacks!(create create_for follow_up_offer list count counts report get get_range find
    reply add_note confirm close close_resolved set_status set_priority assign unassign claim change change_each
    wait end_wait discard_draft add_tag remove_tag add_reference remove_reference claim_next turn sla_alerts
    upload uploads download sweep_uploads);

#[tokio::test]
async fn what_a_handle_may_not_do_it_cannot_name() {
    macro_rules! lacking {
        ($handle:expr, $($method:ident)+) => {
            BTreeSet::from([$($handle.$method()),+])
        };
    }
    let desk = desk(true).await;
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));
    let lacking = [
        lacking!(ana, create_for counts report add_note close close_resolved set_status set_priority
            assign unassign claim change change_each wait end_wait discard_draft add_tag remove_tag add_reference remove_reference claim_next turn sla_alerts
            sweep_uploads),
        lacking!(luis, create follow_up_offer confirm close close_resolved turn sla_alerts sweep_uploads),
        lacking!(desk.bot(), create create_for follow_up_offer list count counts report get_range find
            add_note confirm close close_resolved set_status set_priority assign unassign claim change
            change_each wait end_wait discard_draft add_tag remove_tag add_reference remove_reference claim_next
            sla_alerts upload uploads sweep_uploads),
        lacking!(desk.system(), create create_for follow_up_offer list count counts report get get_range
            find reply add_note confirm set_status set_priority assign unassign claim change
            change_each wait end_wait discard_draft add_tag remove_tag add_reference remove_reference claim_next turn
            upload uploads download),
    ];
    for (who, lacking) in common::everybody().iter().zip(lacking) {
        // These two are not the names of methods.
        for use_case in use_cases().filter(|name| !["list_due", "follow_up"].contains(name)) {
            let named = run(&desk, who, use_case, &number(NUMBER)).await.is_some();
            assert_ne!(named, lacking.contains(use_case), "{who:?}: {use_case}");
        }
    }
}

#[tokio::test]
async fn a_foreign_ticket_and_a_missing_one_are_the_same() {
    let mut tried = 0;
    for use_case in use_cases() {
        let [foreign, missing] = [desk(true).await, desk(false).await];
        let foreign = run(&foreign, &customer("eva"), use_case, &number(NUMBER)).await;
        let missing = run(&missing, &customer("eva"), use_case, &number(NUMBER)).await;
        let (Some(Err(foreign)), Some(Err(missing))) = (foreign, missing) else { continue };
        assert_eq!(format!("{foreign:?}"), format!("{missing:?}"), "{use_case}");
        assert_eq!(foreign.to_string(), missing.to_string(), "{use_case}");
        for locale in Locale::ALL {
            assert_eq!(foreign.explain(locale), missing.explain(locale), "{use_case}");
        }
        tried += 1;
    }
    let of_files = usize::from(cfg!(feature = "attachments"));
    assert_eq!(tried, 6 + of_files, "get, get_range, find, reply, follow_up, confirm, download");
}

#[tokio::test]
async fn only_the_desk_sees_notes_and_history() {
    let desk = desk(true).await;
    let (ana, number) = (desk.customer(id("ana")), number(NUMBER));
    let whole = desk.admin(id("luis")).get(&number).await.unwrap();
    assert!(!whole.notes.is_empty() && !whole.history.is_empty());

    for view in [
        ana.get(&number).await.unwrap(),
        ana.get_range(&number, MessageRange::Last(1)).await.unwrap(),
        ana.find(NUMBER).await.unwrap(),
        desk.bot().get(&number).await.unwrap(),
    ] {
        assert!(view.notes.is_empty() && view.history.is_empty(), "{view:?}");
        assert!(!format!("{view:?}").contains("Una nota"));
        assert_eq!(view.messages, whole.messages);
    }
}

#[tokio::test]
async fn only_an_administrator_has_the_desks_page() {
    let desk = desk(true).await;
    let (ana, reader, number) = (desk.customer(id("ana")), Viewer::new(TimeZone::UTC), number(NUMBER));

    // Ana is an administrator too: her own ticket shows her everything in that part only.
    for name in ["luis", "ana"] {
        let admin = desk.admin(id(name));
        let page = admin.pages(reader, &()).ticket(&admin.get(&number).await.unwrap()).await;
        assert_eq!(page.notes[0].text, "Una nota que Ana no ve.");
        assert!(page.history.iter().any(|entry| entry.kind == EventKind::NoteAdded));
    }
    let hers = ana.get(&number).await.unwrap();
    let chat = serde_json::to_string(&ana.pages(reader, &()).chat(&hers).await).unwrap();
    assert!(!chat.contains("nota") && !chat.contains("luis"), "{chat}");
    // What a customer read holds nothing more, whoever makes a page of it.
    let page = desk.admin(id("luis")).pages(reader, &()).ticket(&hers).await;
    assert!(page.notes.is_empty());
    assert!(page.history.iter().all(|entry| matches!(entry.kind, EventKind::MessageAdded { .. })));
}

#[tokio::test]
async fn a_customers_list_holds_their_own_tickets_only() {
    let evas = testing::ticket("TKT-EVA123").requester("eva").build();
    let desk = desk_over(storing([anas_ticket(), evas]).await);
    for (name, expected) in [("ana", vec![NUMBER]), ("eva", vec!["TKT-EVA123"]), ("pau", vec![])] {
        let page = desk.customer(id(name)).list(MyTickets::all()).await.unwrap();
        let listed: Vec<_> = page.rows.iter().map(|row| row.head.ticket_number.as_str()).collect();
        assert_eq!(listed, expected);
        let counted = desk.customer(id(name)).count(&MyTickets::all(), 10).await.unwrap();
        assert_eq!(counted, Counted::Exactly(expected.len() as u64));
    }
    let open = MyTickets::all().with_statuses(Status::Open);
    let counted = desk.customer(id("ana")).count(&open, 10).await.unwrap();
    assert_eq!(counted, Counted::Exactly(0), "hers is resolved");
    let counted = desk.admin(id("luis")).count(ListQuery::new(), 1).await.unwrap();
    assert_eq!(counted, Counted::MoreThan(1));
}

#[tokio::test]
async fn an_offer_serves_its_requester_alone_whoever_takes_it_up() {
    let store = storing([anas_ticket()]).await;
    let desk = desk_over(store.clone());
    let (eva, luis, offer) = (desk.customer(id("eva")), desk.admin(id("luis")), offer(&number(NUMBER)));
    let draft = || offer.ticket(common::text("Hola"));
    for refused in [eva.create(draft()).await, luis.create_for(&id("eva"), draft()).await] {
        let error = refused.unwrap_err();
        assert!(matches!(error, ServiceError::NotOpened { refusal: Refusal::NotPermitted { .. } }));
        assert_eq!(store.len(), 1);
    }
    let receipt = luis.create_for(&id("ana"), draft()).await.unwrap();
    assert_eq!(receipt.head.follow_up_of, Some(number(NUMBER)));
}

#[tokio::test]
async fn a_follow_up_names_its_predecessor_and_its_requester() {
    let closed = testing::ticket(NUMBER).requester("ana").category(Category::PAGOS);
    let ana = desk_over(storing([closed.status(Status::Closed).build()]).await).customer(id("ana"));
    let offer = ana.follow_up_offer(&ana.get(&number(NUMBER)).await.unwrap()).unwrap();
    let receipt = ana.create(offer.ticket(common::text("Vuelve a pasar"))).await.unwrap();
    let opened = ana.get(&receipt.head.ticket_number).await.unwrap();
    assert_eq!(opened.head, receipt.head);
    assert_eq!(opened.head.follow_up_of, Some(number(NUMBER)));
    assert_eq!((opened.head.requester, opened.head.category), (id("ana"), Category::PAGOS));
    assert_eq!(opened.description.as_str(), "Vuelve a pasar");
}

#[tokio::test]
async fn a_ticket_has_one_follow_up_whoever_opens_it_and_with_any_key() {
    let store = storing([anas_ticket()]).await;
    let desk = desk_over(store.clone());
    let (ana, luis, offer) = (desk.customer(id("ana")), desk.admin(id("luis")), offer(&number(NUMBER)));
    let draft = |text: &str| offer.ticket(common::text(text));
    let first = ana.create(draft("Vuelve a pasar").with_key(common::key("k"))).await.unwrap();
    for key in [Some(common::key("k")), Some(common::key("k2")), None] {
        let again = ana.create(draft("Vuelve a pasar").with_key(key.clone())).await.unwrap();
        assert_eq!((again.repeated, &again.head), (true, &first.head));
        let by_luis = draft("Vuelve a pasar").with_key(key.clone());
        for refused in [
            ana.create(draft("Otra cosa").with_key(key)).await,
            luis.create_for(&id("ana"), by_luis).await,
        ] {
            let Err(error @ ServiceError::Refused { .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(error.code(), "follow_up_exists");
            let view = ErrorView::new(&error, Locale::Es);
            assert_eq!(view.follow_up.as_ref(), Some(&first.head.ticket_number));
            assert!(!view.offers_follow_up);
        }
    }
    assert_eq!(store.len(), 2);

    // The key of a follow-up is free for other requests, and another ticket has a follow-up of its own.
    let other = ana.create(common::draft().with_key(common::key("k"))).await.unwrap();
    luis.set_status(&other.head.ticket_number, Status::Closed).await.unwrap();
    let offer = ana.follow_up_offer(&ana.get(&other.head.ticket_number).await.unwrap()).unwrap();
    let second = ana.create(offer.ticket(common::text("Vuelve a pasar"))).await.unwrap();
    assert_eq!((second.repeated, store.len()), (false, 4));
}

#[tokio::test]
async fn a_follow_up_of_an_administrator_is_repeated_by_them_alone() {
    let store = storing([anas_ticket()]).await;
    let desk = desk_over(store.clone());
    let (ana, luis, offer) = (desk.customer(id("ana")), desk.admin(id("luis")), offer(&number(NUMBER)));
    let draft = || offer.ticket(common::text("Vuelve a pasar"));
    let first = luis.create_for(&id("ana"), draft()).await.unwrap();
    let again = luis.create_for(&id("ana"), draft()).await.unwrap();
    assert_eq!((again.repeated, &again.events), (true, &first.events));
    for refused in
        [ana.create(draft()).await, desk.admin(id("marta")).create_for(&id("ana"), draft()).await]
    {
        assert_eq!(code(&refused), "follow_up_exists");
    }
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn an_open_ticket_offers_no_follow_up() {
    let open = testing::ticket(NUMBER).requester("ana").build();
    let ana = desk_over(storing([open]).await).customer(id("ana"));
    assert_eq!(ana.follow_up_offer(&ana.get(&number(NUMBER)).await.unwrap()), None);
}

#[tokio::test]
async fn an_administrator_opens_a_ticket_in_the_customers_name() {
    let desk = desk(false).await;
    let draft = common::draft().with_key(common::key("k"));
    let receipt = desk.admin(id("luis")).create_for(&id("ana"), draft).await.unwrap();
    assert_eq!(receipt.head.requester, id("ana"));
    assert_eq!(receipt.events[0].by, admin("luis"));
    assert!(desk.customer(id("ana")).get(&receipt.head.ticket_number).await.is_ok());
}
