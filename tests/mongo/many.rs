//! Very many tickets, in the shape of the other application and with the fields of ours.

use bson::{DateTime, Document, doc, oid::ObjectId};
use mongodb::{Collection, Database, options::WriteConcern};
use ventanilla_service::{Timestamp, UserId, testing};

use super::sent::TICKETS;

/// Stores so many. They are spread as those of a desk are after years: most of them closed, few
/// urgent, a third with nobody, some without a status or a priority; four share a millisecond.
pub(crate) async fn store(database: &Database, count: u64) {
    const BATCH: u64 = 5_000;
    let tickets: Collection<Document> = database.collection(TICKETS);
    for first in (0..count).step_by(BATCH as usize) {
        let batch: Vec<Document> = (first..count.min(first + BATCH)).map(ticket).collect();
        let insertion = tickets.insert_many(batch).ordered(false);
        insertion.write_concern(WriteConcern::builder().w(1).build()).await.unwrap();
    }
}

/// When the ticket at this place was created.
pub(crate) fn created_at(place: u64) -> Timestamp {
    testing::start().plus(std::time::Duration::from_secs(place / 4 * 60))
}

/// The customer of a twentieth of all tickets; others have ten each.
pub(crate) fn busy_customer() -> UserId {
    testing::customer(0)
}

fn ticket(place: u64) -> Document {
    let mut dice = Dice(place);
    let customer = match dice.below(20) {
        0 => 0,
        _ => 1 + dice.below(1 + place / 10),
    };
    let created = DateTime::from_millis(created_at(place).as_millis());
    let text = "Me cobraron dos veces la cuota de enero, y en la factura sólo aparece una.";
    let mut ticket = doc! {
        "_id": ObjectId::new(),
        "userId": oid(&testing::customer(customer as u32)),
        "ticketNumber": format!("{:016}", 1_733_333_333_000_000 + place),
        "description": text,
        "category": dice.pick(&["PAGOS", "PAGOS", "PAGOS", "CUENTA", "CUENTA", "BUG", "GENERAL"]),
        "messages": [
            { "content": text, "role": "USER", "createdAt": created },
            { "content": "Ya está devuelto. ¿Puedes comprobarlo?", "role": "ADMIN", "createdAt": created },
        ],
        "createdAt": created,
        "updatedAt": created,
    };
    if dice.below(5_000) == 0 {
        ticket.insert("category", "RARA");
    }
    match dice.below(100) {
        0 => None,
        1..=6 => ticket.insert("status", "OPEN"),
        7..=12 => ticket.insert("status", "IN_PROGRESS"),
        13..=20 => ticket.insert("status", "RESOLVED"),
        _ => ticket.insert("status", "CLOSED"),
    };
    match dice.below(100) {
        0 => None,
        1..=30 => ticket.insert("priority", "LOW"),
        31..=80 => ticket.insert("priority", "MEDIUM"),
        81..=95 => ticket.insert("priority", "HIGH"),
        _ => ticket.insert("priority", "URGENT"),
    };
    match dice.below(30) {
        0..=8 => None,
        9 => ticket.insert("assigneeId", bson::Bson::Null),
        other => ticket.insert("assigneeId", oid(&testing::admin(other as u32 % 10))),
    };
    ticket
}

fn oid(id: &UserId) -> ObjectId {
    ObjectId::parse_str(id.as_str()).unwrap()
}

/// Throws that depend on nothing but the place: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}
