//! Counts the commands of each use case; `--nocapture` shows them in tables.

use std::sync::atomic::{AtomicUsize, Ordering};

use ventanilla_service::{
    Category, Change, IdempotencyKey, ListQuery, MessageText, MyTickets, NewTicket, Priority, Status,
    TicketNumber,
    list::{Direction, PageSize, Sort},
    settings::NumberSource,
    testing::{TicketFixture, admin, customer},
    ticket::{MessageRange, NewMessage},
};

use super::command_log::CommandLog;

const WORDS: &str = "Me cobraron dos veces.";

#[tokio::test]
async fn reads_of_customers_bot_and_system_are_one_command_and_changes_two() {
    let mut log = CommandLog::new().await;
    let desk = log.desk().build();
    let (ana, bot, system) = (desk.customer(customer(0)), desk.bot(), desk.system());
    log.fill(220).await;

    log.enter("customer: create", ana.create(draft())).await;
    log.enter("customer: create, with a key", ana.create(draft().with_key(key()))).await;
    let number = log.ticket(closed).await;
    let offer = ana.follow_up_offer(&ana.get(&number).await.unwrap()).unwrap();
    log.enter("customer: follow up", ana.create(offer.ticket(MessageText::parse(WORDS).unwrap()))).await;

    let number = log.ticket(open).await;
    log.enter("customer: view", ana.get(&number)).await;
    log.enter("customer: view the end", ana.get_range(&number, MessageRange::Last(1))).await;
    let typed = format!(" #{number} ").to_lowercase();
    log.enter("customer: find", ana.find(&typed)).await;
    log.enter("customer: my tickets", ana.list(MyTickets::all())).await;
    let mine = MyTickets::not_closed();
    log.enter("customer: my tickets, not closed", ana.list(mine)).await;
    log.enter("customer: message", ana.reply(&number, WORDS)).await;
    log.enter("customer: message, with a key", ana.reply(&number, keyed(WORDS))).await;
    let number = log.ticket(resolved).await;
    log.enter("customer: message that reopens", ana.reply(&number, WORDS)).await;
    let number = log.ticket(resolved).await;
    log.enter("customer: confirm", ana.confirm(&number)).await;

    let number = log.ticket(open).await;
    log.enter("bot: view", bot.get(&number)).await;
    log.enter("bot: message", bot.reply(&number, WORDS)).await;
    let number = log.ticket(resolved).await;
    log.enter("system: close", system.close(&number)).await;

    log.is_all_at_least_cost("ok", 6);
}

#[tokio::test]
async fn reads_of_administrators_are_one_command_and_changes_two() {
    let mut log = CommandLog::new().await;
    let luis = log.desk().build().admin(admin(0));
    let number = log.ticket(open).await;

    log.enter("admin: create for a customer", luis.create_for(&customer(0), draft())).await;
    log.enter("admin: view", luis.get(&number)).await;
    log.enter("admin: find", luis.find(number.as_str())).await;
    log.enter("admin: message", luis.reply(&number, WORDS)).await;
    log.enter("admin: message, with a key", luis.reply(&number, keyed(WORDS))).await;
    let reply = luis.reply(&number, WORDS).status(Status::Resolved);
    log.enter("admin: reply and resolve", reply).await;
    log.enter("admin: transition", luis.set_status(&number, Status::InProgress)).await;
    log.enter("admin: priority", luis.set_priority(&number, Priority::Urgent)).await;
    log.enter("admin: note", luis.add_note(&number, WORDS)).await;
    log.enter("admin: claim", luis.claim(&number)).await;
    log.enter("admin: hand over", luis.assign(&number, &admin(1))).await;
    log.enter("admin: unassign", luis.unassign(&number)).await;
    log.enter("admin: assign", luis.assign(&number, &admin(1))).await;
    let seen = luis.get(&number).await.unwrap().head.version;
    let change = Change::priority(Priority::High).expecting(seen);
    log.enter("admin: change of a version", luis.change(&number, change)).await;
    log.enter("admin: counts", luis.counts()).await;

    log.is_all_at_least_cost("ok", 11);
}

/// The longest page is one that the server would send in two parts, unless it knows the end.
#[tokio::test]
async fn a_page_of_any_list_and_length_is_one_command() {
    let mut log = CommandLog::new().await;
    let luis = log.desk().build().admin(admin(0));
    log.fill(220).await;
    for (name, order) in [
        ("newest first", Sort::Created(Direction::NewestFirst)),
        ("oldest first", Sort::Created(Direction::OldestFirst)),
        ("urgent and newest first", Sort::UrgentFirst(Direction::NewestFirst)),
        ("urgent and oldest first", Sort::UrgentFirst(Direction::OldestFirst)),
        ("low and newest first", Sort::LowFirst(Direction::NewestFirst)),
        ("low and oldest first", Sort::LowFirst(Direction::OldestFirst)),
    ] {
        for rows in [20, PageSize::MAX] {
            let query = ListQuery::new().with_sort(order).with_page_size(PageSize::new(rows).unwrap());
            let first = luis.list(query.clone());
            let first = log.enter(format!("admin: {name}, {rows} rows"), first).await.unwrap();
            let next = luis.list(query.page_after(&first.next.unwrap()).unwrap());
            log.enter(format!("admin: {name}, {rows} more"), next).await;
        }
    }
    log.is_all("ok", 1);
}

#[tokio::test]
async fn a_change_without_effect_costs_one_read() {
    let mut log = CommandLog::new().await;
    let desk = log.desk().build();
    let (ana, luis) = (desk.customer(customer(0)), desk.admin(admin(0)));

    let number = log.ticket(open).await;
    log.enter("the same status", luis.set_status(&number, Status::Open)).await;
    log.enter("the same priority", luis.set_priority(&number, Priority::Medium)).await;
    log.enter("unassign what nobody has", luis.unassign(&number)).await;
    luis.claim(&number).await.unwrap();
    log.enter("the same assignee", luis.assign(&number, &admin(0))).await;
    log.enter("claim one's own", luis.claim(&number)).await;
    let number = log.ticket(closed).await;
    log.enter("confirm what is closed", ana.confirm(&number)).await;

    let number = log.ticket(open).await;
    ana.reply(&number, keyed(WORDS)).await.unwrap();
    log.enter("the same message by key", ana.reply(&number, keyed(WORDS))).await;
    ana.create(draft().with_key(key())).await.unwrap();
    log.enter("the same ticket by key", ana.create(draft().with_key(key()))).await;

    log.is_all("ok", 2);
    // Of a creation the server tells that the key is in use.
    let (creation, changes) = log.entries.split_last().unwrap();
    assert_eq!(creation.commands, ["insert", "find"]);
    assert!(changes.iter().all(|entry| entry.commands == ["find"]), "{log}");
}

#[tokio::test]
async fn a_refusal_costs_one_read() {
    let mut log = CommandLog::new().await;
    let desk = log.desk().build();
    let (ana, luis, system) = (desk.customer(customer(0)), desk.admin(admin(0)), desk.system());

    let number = log.ticket(open).await;
    log.enter("close what isn't resolved", system.close(&number)).await;
    log.enter("confirm what isn't resolved", ana.confirm(&number)).await;
    let change = Change::priority(Priority::High).expecting(99);
    log.enter("change another version", luis.change(&number, change)).await;
    let number = log.ticket(closed).await;
    log.enter("write in a closed one", ana.reply(&number, WORDS)).await;
    log.enter("reopen a closed one", luis.set_status(&number, Status::Open)).await;
    let number = log.ticket(|ticket| ticket.assignee(admin(1))).await;
    log.enter("claim another's", luis.claim(&number)).await;
    let number = log.ticket(full).await;
    log.enter("write in a full one", ana.reply(&number, WORDS)).await;

    let number = log.ticket(open).await;
    ana.reply(&number, keyed(WORDS)).await.unwrap();
    let other = keyed("Otra cosa.");
    log.enter("another message by the same key", ana.reply(&number, other)).await;
    ana.create(draft().with_key(key())).await.unwrap();
    let other = NewTicket::new(Category::BUG, MessageText::parse(WORDS).unwrap()).with_key(key());
    log.enter("another ticket by the same key", ana.create(other)).await;

    println!("{log}");
    let answers: Vec<&str> = log.entries.iter().map(|entry| entry.answer).collect();
    let codes = [
        "transition_refused",
        "transition_refused",
        "version_conflict",
        "ticket_closed",
        "transition_refused",
        "already_assigned",
        "conversation_full",
        "key_conflict",
        "key_conflict",
    ];
    assert_eq!(answers, codes);
    let (creation, changes) = log.entries.split_last().unwrap();
    assert_eq!(creation.commands, ["insert", "find"]);
    assert!(changes.iter().all(|entry| entry.commands == ["find"]), "{log}");
}

#[tokio::test]
async fn each_taken_number_costs_one_command_more() {
    /// Draws number 1; numbers 1 and 2; numbers 1, 2 and 3.
    struct Drawn(AtomicUsize);

    impl NumberSource for Drawn {
        fn random_bytes(&self, bytes: &mut [u8]) {
            bytes.fill([1, 1, 2, 1, 2, 3][self.0.fetch_add(1, Ordering::Relaxed)]);
        }
    }

    let mut log = CommandLog::new().await;
    let ana = log.desk().numbers(Drawn(AtomicUsize::new(0))).build().customer(customer(0));
    for request in ["a free number", "a number once taken", "numbers twice taken"] {
        log.enter(request, ana.create(draft())).await;
    }
    log.is_all("ok", 3);
    let commands: Vec<usize> = log.entries.iter().map(|entry| entry.commands.len()).collect();
    assert_eq!(commands, [1, 2, 3]);
}

/// Checks that the cost of an answer doesn't reveal whether somebody else has such a ticket.
#[tokio::test]
async fn a_foreign_ticket_costs_what_a_missing_one_costs() {
    let mut log = CommandLog::new().await;
    let desk = log.desk().build();
    let (owner, eva) = (desk.customer(customer(0)), desk.customer(customer(1)));
    let foreign = log.ticket(resolved).await;
    let missing = TicketNumber::parse("TKT-ZZZZZZ").unwrap();
    assert!(owner.get(&foreign).await.is_ok());
    for number in [&foreign, &missing] {
        log.enter("view", eva.get(number)).await;
        log.enter("view the end", eva.get_range(number, MessageRange::Last(1))).await;
        log.enter("find", eva.find(number.as_str())).await;
        log.enter("message", eva.reply(number, WORDS)).await;
        log.enter("message, with a key", eva.reply(number, keyed(WORDS))).await;
        log.enter("confirm", eva.confirm(number)).await;
    }
    log.is_all("ticket_not_found", 2);
    let commands: Vec<_> = log.entries.iter().map(|entry| &entry.commands).collect();
    let (foreign, missing) = commands.split_at(commands.len() / 2);
    assert_eq!(foreign, missing);
}

fn open(ticket: TicketFixture) -> TicketFixture {
    ticket
}

fn resolved(ticket: TicketFixture) -> TicketFixture {
    ticket.status(Status::Resolved)
}

fn closed(ticket: TicketFixture) -> TicketFixture {
    ticket.status(Status::Closed)
}

fn full(ticket: TicketFixture) -> TicketFixture {
    (1..1_000).fold(ticket, |ticket, _| ticket.message("¿Hola?"))
}

fn draft() -> NewTicket {
    NewTicket::new(Category::PAGOS, MessageText::parse(WORDS).unwrap())
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse("envio-7").unwrap()
}

fn keyed(text: &str) -> NewMessage {
    NewMessage::parse(text).unwrap().with_key(key())
}
