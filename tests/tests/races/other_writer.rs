//! Concurrent changes through our handles and writes of another application, which follows no rule
//! and counts no version.
//!
//! A change stream lists every write in order. Each write of ours is then repeated by the domain
//! alone, on the ticket as it was stored just before.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bson::{Bson, DateTime, Document, doc};
use futures::TryStreamExt;
use mongodb::{
    Client, Collection,
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use rand::{RngExt, rngs::StdRng};
use tokio::task::JoinSet;
use ventanilla_service::{
    Change, HelpDesk, MessageText, Policy, Priority, Receipt, ServiceError, Status, TicketNumber,
    UserId,
    mongodb::{MongoOptions, MongoStore},
    settings::Reopen,
    testing::sla,
    ticket::Actor,
};
use ventanilla_tests::{Mongo, TestDatabase, rng, seed};

use super::{
    crowd::{ana, draft, is_change, person},
    replay::Replay,
};

/// Least number of tickets.
const TICKETS: usize = 500;
/// Most tickets: by then enough attempts must have met another write.
const MOST_TICKETS: usize = 10 * TICKETS;
/// Least number of attempts of ours that met another write between their read and their write.
const CONFLICTS: usize = TICKETS * EACH / 20;
/// Number of changes of ours, and of writes of theirs, to each ticket.
const EACH: usize = 20;
/// Number of tasks of ours that write to one ticket at the same time, beside one of theirs.
const WRITERS: usize = 2;
/// Number of tickets that are written to at the same time.
const AT_ONCE: usize = 16;
/// Statuses that the other application sets, mostly such in which we may write.
const STATUSES: [&str; 7] =
    ["OPEN", "OPEN", "IN_PROGRESS", "IN_PROGRESS", "RESOLVED", "RESOLVED", "CLOSED"];
/// Number of our first administrator: each change has an administrator of its own.
const FIRST_ADMIN: usize = 1_000_000;

/// Results of our changes, by their number.
pub(crate) type Answers = BTreeMap<usize, Result<Receipt, ServiceError>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_ours_rests_on_what_another_writer_has_changed() {
    let database = Mongo::shared().await.database().await;
    let (store, conflicts) = watched(&database).await;
    let raw = database.collection::<Document>("SupportTicket");
    let writes = raw.watch().await.unwrap();
    let desk = HelpDesk::builder(store).policy(policy()).build();

    let seed = seed();
    let (mut running, mut answers, mut pushed) = (JoinSet::new(), Answers::new(), Vec::new());
    let mut tickets = 0;
    loop {
        // How often writers meet depends on the machine, so they go on until it was often enough.
        let goes_on = tickets < TICKETS || conflicts.load(Ordering::Relaxed) < CONFLICTS;
        assert!(tickets < MOST_TICKETS || !goes_on, "hardly any attempt meets another write");
        if goes_on && running.len() < AT_ONCE {
            let random = rng(seed, tickets as u64);
            running.spawn(one_ticket(desk.clone(), raw.clone(), tickets, random));
            tickets += 1;
            continue;
        }
        let Some(done) = running.join_next().await else { break };
        let (ours, theirs) = done.unwrap();
        answers.extend(ours);
        pushed.extend(theirs);
    }
    assert_eq!(answers.len(), tickets * EACH);

    let last = raw.insert_one(doc! { "last": true }).await.unwrap().inserted_id;
    let replay = Replay::of(writes, &last, &policy()).await;
    replay.made_what_was_acknowledged(&answers);
    println!(
        "{} changes of ours to {tickets} tickets, {conflicts:?} attempts met another write",
        replay.changes()
    );
    assert!(replay.changes() > tickets * EACH / 3);
    raw.delete_one(doc! { "_id": last }).await.unwrap();
    let stored: Vec<Document> = raw.find(doc! {}).await.unwrap().try_collect().await.unwrap();
    assert_eq!(stored.len(), tickets);
    replay.led_to(&stored);
    each_text_is_stored_once(&stored, &answers, &pushed);
}

/// Opens a store, and counts its updates that find the ticket changed since it was read.
async fn watched(database: &TestDatabase) -> (MongoStore, Arc<AtomicUsize>) {
    let conflicts = Arc::new(AtomicUsize::new(0));
    let mut options = ClientOptions::parse(database.uri()).await.unwrap();
    let count = conflicts.clone();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Succeeded(done) = event
            && done.command_name == "update"
            && done.reply.get_i32("n").is_ok_and(|matched| matched == 0)
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let database = Client::with_options(options).unwrap().database(database.name());
    (MongoOptions::new().create_indexes().open(&database).await.unwrap(), conflicts)
}

fn policy() -> Policy {
    Policy { sla: Some(sla()), reopen: Reopen::Always, ..Policy::default() }
}

/// Opens a ticket and changes it as all writers at once; returns the results of our changes, and the
/// texts that the others have added.
async fn one_ticket(
    desk: HelpDesk,
    raw: Collection<Document>,
    ticket: usize,
    mut random: StdRng,
) -> (Answers, Vec<String>) {
    let number = desk.customer(ana()).create(draft()).await.unwrap().head.ticket_number;
    let mut ours = JoinSet::new();
    for writer in 0..WRITERS {
        let (desk, name) = (desk.clone(), number.clone());
        ours.spawn(async move {
            let mut answers = Answers::new();
            for at in (writer..EACH).step_by(WRITERS) {
                let asked = ticket * EACH + at;
                answers.insert(asked, ask(&desk, &name, asked).await);
            }
            answers
        });
    }
    let mut pushed = Vec::new();
    for at in 0..EACH {
        pushed.extend(write_past_us(&raw, &number, ticket * EACH + at, &mut random).await);
    }
    (ours.join_all().await.into_iter().flatten().collect(), pushed)
}

/// Returns the change of this number, and its actor.
pub(crate) fn asked(number: usize) -> (Actor, Change) {
    let text = || MessageText::parse(&format!("ours {number}")).unwrap();
    let (turn, round) = (number % 12, number / 12);
    let admin = || Actor::Admin(person(FIRST_ADMIN + number));
    match turn {
        0 | 1 => (admin(), Change::message(text())),
        2 => (admin(), Change::reply(text(), Status::Resolved)),
        3 => (admin(), Change::reply(text(), Status::InProgress)),
        4 | 5 => (Actor::Customer(ana()), Change::message(text())),
        6 => (Actor::Bot, Change::message(text())),
        7 => (admin(), Change::note(text())),
        8 => (admin(), Change::claim()),
        9 => (admin(), Change::assign((round % 2 == 0).then(|| person(round % 7)))),
        10 => (admin(), Change::priority(Priority::ALL[round % 4])),
        _ if round % 3 == 0 => (Actor::Customer(ana()), Change::status(Status::Closed)),
        _ => (admin(), Change::status(Status::ALL[round % 4])),
    }
}

/// Returns the number of the change that an administrator of ours asked for.
pub(crate) fn number_of(admin: &UserId) -> usize {
    usize::from_str_radix(&admin.as_str()[16..], 16).unwrap() - FIRST_ADMIN
}

async fn ask(desk: &HelpDesk, ticket: &TicketNumber, number: usize) -> Result<Receipt, ServiceError> {
    let text = format!("ours {number}");
    match asked(number) {
        (Actor::Admin(id), change) => desk.admin(id).change(ticket, change).await,
        (Actor::Customer(id), confirm) if confirm == Change::status(Status::Closed) => {
            desk.customer(id).confirm(ticket).await
        }
        (Actor::Customer(id), _) => desk.customer(id).reply(ticket, text).await,
        (Actor::Bot | Actor::System, _) => desk.bot().reply(ticket, text).await,
    }
}

/// Sets a field or adds a message as the other application does; returns the added text.
async fn write_past_us(
    raw: &Collection<Document>,
    ticket: &TicketNumber,
    at: usize,
    random: &mut StdRng,
) -> Option<String> {
    let text = format!("theirs {at}");
    let kind = random.random_range(0..8);
    let mut one = |words: &[&str]| words[random.random_range(0..words.len())].to_owned();
    let write = match kind {
        0..3 => {
            doc! { "$set": { "status": one(&STATUSES) } }
        }
        3 => doc! { "$set": { "priority": one(&["LOW", "MEDIUM", "HIGH", "URGENT"]) } },
        4 => doc! { "$set": { "assigneeId": bson::oid::ObjectId::new() } },
        5 => doc! { "$set": { "assigneeId": null } },
        _ => {
            let role = one(&["USER", "ADMIN", "SUPPORT_BOT"]);
            let message = doc! { "content": &text, "role": role, "createdAt": DateTime::now() };
            doc! { "$push": { "messages": message } }
        }
    };
    let adds = write.contains_key("$push");
    let written = raw.update_one(doc! { "ticketNumber": ticket.as_str() }, write).await.unwrap();
    assert_eq!(written.matched_count, 1);
    adds.then_some(text)
}

fn each_text_is_stored_once(stored: &[Document], answers: &Answers, pushed: &[String]) {
    let mut found: HashMap<&str, usize> = HashMap::new();
    for (list, field) in [("messages", "content"), ("notes", "text")] {
        let items = stored.iter().filter_map(|ticket| ticket.get_array(list).ok()).flatten();
        for item in items.filter_map(Bson::as_document) {
            *found.entry(item.get_str(field).unwrap()).or_default() += 1;
        }
    }
    let description = stored[0].get_str("description").unwrap();
    assert_eq!(found.remove(description), Some(stored.len()));
    for text in pushed {
        assert_eq!(found.remove(text.as_str()), Some(1), "{text}");
    }
    for number in answers.iter().filter(|(_, answer)| is_change(answer)).map(|(number, _)| number) {
        let adds_text = matches!(number % 12, 0..8);
        let expected = adds_text.then_some(1);
        assert_eq!(found.remove(format!("ours {number}").as_str()), expected, "ours {number}");
    }
    assert!(found.is_empty(), "texts that were not acknowledged: {found:?}");
}
