//! Tickets that a store is filled with: copies of some hundred templates, each with its own number,
//! requester and time.

use std::time::Duration;

use ventanilla_service::{
    Status, TicketNumber, Timestamp, UserId,
    store::{Ticket, TicketRecord},
    testing,
};

/// Number of tickets that are not closed, at every size.
pub(crate) const LIVE: u64 = 2_000;

const REQUESTERS_TICKETS: u64 = 20;

/// Templates of live and of closed tickets.
pub(crate) struct Templates {
    pub(crate) live: Vec<Ticket>,
    pub(crate) closed: Vec<Ticket>,
}

impl Templates {
    pub(crate) fn new() -> Self {
        let sla = testing::sla();
        let of = |wanted: fn(Status) -> bool| {
            let all = testing::sample_tickets_with(&sla, 2_000);
            all.filter(move |ticket| wanted(ticket.head().status)).take(200).collect()
        };
        Self { live: of(Status::is_live), closed: of(|status| status == Status::Closed) }
    }

    /// Returns the template of the ticket at this index.
    pub(crate) fn of<'a, T>(place: u64, live: &'a [T], closed: &'a [T]) -> &'a T {
        let templates = if place < LIVE { live } else { closed };
        &templates[place as usize % templates.len()]
    }
}

/// Returns the ticket at this index.
pub(crate) fn ticket(templates: &Templates, place: u64) -> Ticket {
    let template = Templates::of(place, &templates.live, &templates.closed).clone();
    let record = TicketRecord::from(template);
    let (ticket_number, user_id) = (number(place), requester(place));
    Ticket::from(TicketRecord { ticket_number, user_id, created_at: created_at(place), ..record })
}

/// Returns a number of seven characters, spread over the range of all such numbers. Numbers that the
/// desk draws have six, so none collides.
pub(crate) fn number(place: u64) -> TicketNumber {
    let scattered = place.wrapping_mul(387_420_489);
    TicketNumber::from_entropy(&[30, 25, 20, 15, 10, 5, 0].map(|shift| (scattered >> shift) as u8))
}

pub(crate) fn requester(place: u64) -> UserId {
    testing::customer((place / REQUESTERS_TICKETS) as u32)
}

pub(crate) fn created_at(place: u64) -> Timestamp {
    testing::epoch().plus(Duration::from_secs(7 * place))
}

/// Returns the time at which half of the live tickets are overdue.
pub(crate) fn now() -> Timestamp {
    testing::epoch().plus(Duration::from_secs(7 * 60 * 2_000 / 2))
}
