//! A ticket's life, from the form to the follow-up, as a person would read it.
//!
//! `cargo run --example quickstart`, or on a real server
//! `MONGODB_URI=mongodb://localhost/app?replicaSet=rs0 cargo run --features mongodb --example quickstart`

use std::{collections::HashMap, error::Error, time::Duration};

use serde::Deserialize;
use ventanilla_service::{
    Customer, Explain, Form, HelpDesk, ListQuery, Locale, MemoryStore, MessageText, Priority, Receipt,
    Screened, ServiceError, Status, TicketNumber, TimeZone, UserId,
    list::{Direction, Sort},
    settings::{Clock, ManualClock, SystemClock},
    store::TicketStore,
    view::{ChatView, InputState, MessageSide, Person, Viewer},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let script: Script = serde_json::from_str(include_str!("tickets.json"))?;
    let [story, other_story] = script.tickets;
    let [ana_id, bruno_id] = script.customers;
    let people = &script.people;
    let reader = Viewer::new(TimeZone::named("America/Argentina/Buenos_Aires")?);

    // A host would write `HelpDesk::new(store)`; here days pass in a moment.
    let clock = ManualClock::new("2026-03-02T12:04:00Z".parse()?);
    let desk = HelpDesk::builder(store().await?).clock(clock.clone()).build();
    let (ana, bruno) = (desk.customer(ana_id), desk.customer(bruno_id));
    let lucia = desk.admin(script.admin);

    heading("Dos personas abren un ticket");
    let number = open(&desk, &ana, &story).await?;
    clock.advance(minutes(3));
    let other = open(&desk, &bruno, &other_story).await?;
    for number in [&number, &other] {
        desk.bot().reply(number, script.greeting.as_str()).await?;
    }
    clock.advance(minutes(9));
    ana.reply(&number, story.followed_by.as_str()).await?;
    bruno.reply(&other, other_story.followed_by.as_str()).await?;

    heading("Un robot rellena el campo oculto");
    let Spam { category, description, website } = &script.spam;
    match desk.screen(&Form { category, description, honeypot: website, key: None })? {
        Screened::Spam { decoy } => {
            println!("Se le dan las gracias con el número {decoy}. No se guarda nada.");
        }
        Screened::Genuine(_) => println!("No se ha detectado."),
    }
    println!("Tickets en el sistema: {}", lucia.counts().await?.total());

    heading("Bruno prueba con el ticket de Ana");
    show_refusal(bruno.get(&number).await.err());

    heading("Lucía mira la cola: lo urgente primero");
    lucia.set_priority(&number, Priority::High).await?;
    let queue = ListQuery::new()
        .with_statuses(Status::Open)
        .unassigned()
        .with_sort(Sort::UrgentFirst(Direction::OldestFirst));
    let queue = lucia.list(queue).await?.rows;
    for row in lucia.pages(reader, people).rows(&queue).await {
        println!(
            "{}  {:8} {:7} {:10} {}",
            row.ticket_number, row.priority.text, row.category.text, row.requester.name, row.excerpt,
        );
    }

    heading("Lo atiende, lo resuelve, y Ana lo reabre");
    clock.advance(minutes(25));
    tell(lucia.claim(&number).await?, people);
    tell(lucia.set_status(&number, Status::InProgress).await?, people);
    tell(lucia.reply(&number, story.answer.as_str()).status(Status::Resolved).await?, people);
    clock.advance(minutes(7 * 24 * 60));
    tell(ana.reply(&number, story.reopened_by.as_str()).await?, people);
    clock.advance(minutes(42));
    tell(lucia.add_note(&number, story.note.as_str()).await?, people);
    tell(lucia.reply(&number, story.final_answer.as_str()).status(Status::Resolved).await?, people);
    clock.advance(minutes(95));
    tell(ana.reply(&number, story.thanks.as_str()).await?, people);
    tell(lucia.set_status(&number, Status::Resolved).await?, people);
    tell(ana.confirm(&number).await?, people);

    heading("Lo cerrado no se reabre");
    show_refusal(lucia.set_status(&number, Status::Open).await.err());
    show_refusal(ana.reply(&number, story.reopened_by.as_str()).await.err());

    let ticket = ana.get(&number).await?;
    if let Some(offer) = ana.follow_up_offer(&ticket) {
        let follow_up = ana.create(offer.ticket(MessageText::parse(&story.reopened_by)?)).await?.head;
        println!("Ana abre {}, que sigue a {}.", follow_up.ticket_number, offer.follows());
    }

    show_chat(&ana.pages(reader, people).chat(&ticket).await);
    Ok(())
}

/// With the feature `mongodb`, the database that `MONGODB_URI` names; else the memory.
async fn store() -> Result<Box<dyn TicketStore>, Box<dyn Error>> {
    #[cfg(feature = "mongodb")]
    if let Ok(uri) = std::env::var("MONGODB_URI") {
        return Ok(Box::new(
            ventanilla_service::mongodb::MongoOptions::new().create_indexes().connect(&uri).await?,
        ));
    }
    Ok(Box::new(MemoryStore::new()))
}

/// Sends the form as the page of a help centre would.
async fn open(
    desk: &HelpDesk,
    customer: &Customer,
    story: &Story,
) -> Result<TicketNumber, Box<dyn Error>> {
    // The page puts a fresh key into each form: sent twice, it opens one ticket.
    let key = format!("formulario-{}", SystemClock.now().as_millis());
    let Story { category, description, .. } = story;
    let form = Form { category, description, honeypot: "", key: Some(&key) };
    let Screened::Genuine(new_ticket) = desk.screen(&form)? else {
        return Err("a person's form was taken for a bot's".into());
    };
    let head = customer.create(new_ticket).await?.head;
    let (category, status) = (head.category.label(Locale::Es), head.status.label(Locale::Es));
    println!("{}  {category}, {status}", head.ticket_number);
    Ok(head.ticket_number)
}

/// Prints the text that a host would send by e-mail or webhook for each event.
fn tell(receipt: Receipt, people: &HashMap<UserId, Person>) {
    let name = |id: &UserId| people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone());
    for event in receipt.events {
        let who = event.by.user().map_or_else(|| event.by.kind().label(Locale::Es).into(), name);
        println!("{who}: {}", event.describe(Locale::Es, name));
    }
}

fn show_refusal(error: Option<ServiceError>) {
    match error {
        Some(error) => println!("[{}] {}", error.code(), error.explain(Locale::Es)),
        None => println!("No se ha rechazado."),
    }
}

fn show_chat(chat: &ChatView) {
    heading(&format!("{} · {} · {}", chat.title, chat.category.text, chat.status.text));
    for bubble in &chat.messages {
        let margin = match bubble.side {
            MessageSide::Left => "",
            MessageSide::Right => "            ",
        };
        println!("{margin}{} · {}", bubble.author.name, bubble.at.text);
        for line in bubble.text.lines() {
            println!("{margin}  {line}");
        }
        println!();
    }
    match &chat.input {
        InputState::Writable { placeholder, .. } => println!("[ {placeholder} ]"),
        InputState::ReadOnly { reason, .. } => println!("[ {reason} ]"),
    }
}

fn heading(text: &str) {
    println!("\n── {text} ──\n");
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

#[derive(Deserialize)]
struct Script {
    #[serde(deserialize_with = "named")]
    people: HashMap<UserId, Person>,
    customers: [UserId; 2],
    admin: UserId,
    greeting: String,
    tickets: [Story; 2],
    spam: Spam,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Story {
    category: String,
    description: String,
    followed_by: String,
    answer: String,
    reopened_by: String,
    final_answer: String,
    note: String,
    thanks: String,
}

#[derive(Deserialize)]
struct Spam {
    category: String,
    description: String,
    website: String,
}

fn named<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<HashMap<UserId, Person>, D::Error> {
    let names = HashMap::<UserId, String>::deserialize(deserializer)?;
    Ok(names.into_iter().map(|(id, name)| (id, Person::named(name))).collect())
}
