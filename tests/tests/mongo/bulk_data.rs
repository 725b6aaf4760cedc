//! Very many tickets, as the other application writes them, with the assignees of ours.

use std::time::Duration;

use bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use mongodb::{Collection, Database, options::WriteConcern};
use rand::{RngExt, rngs::StdRng};
use ventanilla_service::{
    Category, Timestamp, UserId,
    testing::{admin, customer, epoch, sla},
};
use ventanilla_tests::rng;

use super::command_monitor::TICKETS;

/// Number of tickets that share a millisecond.
pub(crate) const TIES: u64 = 4;

/// Stores so many tickets, distributed as at a desk after years: most are closed, few urgent, a third
/// unassigned, a twentieth of one customer, and hardly any of the category `RARA`.
pub(crate) async fn store(database: &Database, count: u64) {
    const BATCH: usize = 5_000;
    let tickets: Collection<Document> = database.collection(TICKETS);
    for first in (0..count).step_by(BATCH) {
        let batch: Vec<Document> = (first..count).take(BATCH).map(ticket).collect();
        let insertion = tickets.insert_many(batch).ordered(false);
        insertion.write_concern(WriteConcern::nodes(1)).await.unwrap();
    }
}

/// Removes the status of some tickets, the priority of some, and both of some.
pub(crate) async fn forget_some(database: &Database) {
    let tickets: Collection<Document> = database.collection(TICKETS);
    for (digits, field) in [("3.$", "status"), ("5$", "priority")] {
        let some = doc! { "ticketNumber": { "$regex": digits } };
        tickets.update_many(some, doc! { "$unset": { field: "" } }).await.unwrap();
    }
}

/// Returns the creation time of the ticket at this place.
pub(crate) fn created_at(place: u64) -> Timestamp {
    epoch().plus(Duration::from_secs(place / TIES * 60))
}

fn ticket(place: u64) -> Document {
    const TEXT: &str = "Me cobraron dos veces la cuota de enero, y en la factura sólo aparece una.";
    // The numbers depend on nothing but the place.
    let mut random = rng(place, 0);
    let requester =
        if random.random_range(0..20) == 0 { 0 } else { 1 + random.random_range(0..=place / 10) };
    let assignee = match random.random_range(0..30_u32) {
        0..9 => None,
        9 => Some(Bson::Null),
        busy => Some(oid(&admin(busy % 10))),
    };
    let category = match random.random_range(0..5_000_usize) {
        0 => "RARA",
        common => ["PAGOS", "PAGOS", "CUENTA", "BUG", "GENERAL"][common % 5],
    };
    let created = DateTime::from_millis(created_at(place).as_millis());
    let mut ticket = doc! {
        "_id": ObjectId::new(),
        "userId": oid(&customer(requester as u32)),
        "ticketNumber": number(place),
        "description": TEXT,
        "category": category,
        "status": match random.random_range(0..100) {
            0..6 => "OPEN",
            6..12 => "IN_PROGRESS",
            12..20 => "RESOLVED",
            _ => "CLOSED",
        },
        "priority": match random.random_range(0..100) {
            0..30 => "LOW",
            30..80 => "MEDIUM",
            80..95 => "HIGH",
            _ => "URGENT",
        },
        "messages": [
            { "content": TEXT, "role": "USER", "createdAt": created },
            { "content": "Ya está devuelto.", "role": "ADMIN", "createdAt": created },
        ],
        "createdAt": created,
        "updatedAt": created,
    };
    ticket.extend(assignee.map(|assignee| ("assigneeId".to_owned(), assignee)));
    ticket.insert("sla", timers(place, &ticket, &mut random));
    mark(&mut ticket, place);
    label(&mut ticket, place);
    ticket
}

/// Gives a fifth of the tickets two tags, one of them common, and a fiftieth an order, of which one is of
/// many.
fn label(ticket: &mut Document, place: u64) {
    let mut random = rng(place, 2);
    if random.random_range(0..5) == 0 {
        let rare = ["rara", "otra", "cliente nuevo"][random.random_range(0..500_usize).min(2)];
        ticket.insert("tags", vec![rare, "vip"]);
    }
    if random.random_range(0..50) == 0 {
        let order = random.random_range(0..=20_u32).saturating_sub(10);
        let order = doc! { "kind": "order", "id": order.to_string() };
        ticket.insert("about", vec![order, doc! { "kind": "payment", "id": place.to_string() }]);
    }
}

/// Lets a twentieth of the tickets in progress wait, half of them without an end and a quarter until
/// later than the last ticket is created, and hands a twentieth of the open ones over.
fn mark(ticket: &mut Document, place: u64) {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let mut random = rng(place, 1);
    let since = created_at(place).as_millis();
    let marked = random.random_range(0..20) == 0;
    match ticket.get_str("status") {
        Ok("OPEN") if marked => {
            ticket.insert("handoffAt", DateTime::from_millis(since));
        }
        Ok("IN_PROGRESS") if marked => {
            let mut waiting = doc! { "since": DateTime::from_millis(since) };
            let days = [None, None, Some(1), Some(365 * 100)][random.random_range(0..4_usize)];
            let until = days.map(|days| DateTime::from_millis(since + days * DAY));
            waiting.extend(until.map(|until| ("until".to_owned(), Bson::from(until))));
            waiting.insert("for", "CUSTOMER");
            ticket.insert("waiting", waiting);
        }
        _ => {}
    }
}

/// Returns the SLA timers of a ticket: those of live tickets run, the others have stopped.
///
/// Of 50,000 tickets a fifth is overdue, and fewer are at risk, when the last is created.
fn timers(place: u64, ticket: &Document, random: &mut StdRng) -> Document {
    const HOUR: i64 = 60 * 60 * 1000;
    let hours = |most: i64, random: &mut StdRng| HOUR * random.random_range(1..=most);
    let start = created_at(place).as_millis();
    let since = DateTime::from_millis(start);
    let timer = |due: i64| doc! { "since": since, "start": start, "due": due };
    let stopped = |due: i64, at: i64| {
        let stop = doc! { "at": DateTime::from_millis(at), "reading": at, "by": oid(&admin(0)) };
        let mut timer = timer(due);
        timer.insert("stop", stop);
        timer
    };
    let answered = start + hours(6, random);
    let first = stopped(start + 4 * HOUR, answered);
    let is_live = ["OPEN", "IN_PROGRESS"].contains(&ticket.get_str("status").unwrap());
    let mut timers = doc! { "targets": targets(), "firstResponse": first };
    if is_live {
        let due = start + hours(480, random);
        let risk = due - (due - start).div_euclid(4);
        timers.extend(doc! { "resolution": timer(due), "due": due, "risk": risk });
        timers.insert("lastStop", DateTime::from_millis(answered));
    } else {
        let resolved = answered + hours(40, random);
        timers.insert("resolution", stopped(start + 40 * HOUR, resolved));
        timers.insert("lastStop", DateTime::from_millis(resolved));
    }
    timers
}

fn targets() -> Document {
    bson::serialize_to_document(sla().policy().targets(&Category::BUG)).unwrap()
}

/// Returns the number of the ticket at this place.
pub(crate) fn number(place: u64) -> String {
    format!("{:016}", 1_733_333_333_000_000 + place)
}

fn oid(id: &UserId) -> Bson {
    ObjectId::parse_str(id.as_str()).unwrap().into()
}
