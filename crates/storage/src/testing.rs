//! Tickets for tests: single ones, step by step, or many samples of all kinds.
//!
//! They are opened and changed by the business rules of the domain, so every one is a ticket that can
//! exist. Times are fixed and begin at [`epoch`].
//!
//! ```
//! use ventanilla_domain::Status;
//! use ventanilla_storage::testing;
//!
//! let ticket = testing::ticket("TKT-ABC123")
//!     .requester("ana")
//!     .description("Me cobraron dos veces")
//!     .reply("luis", "Ya está devuelto.")
//!     .status(Status::Resolved)
//!     .build();
//! assert_eq!(ticket.head().status, Status::Resolved);
//! assert_eq!(ticket.messages().len(), 2);
//! ```

mod fixture;
mod sample_tickets;

use std::fmt::Debug;

use ventanilla_domain::{
    Attachment, AttachmentId, BusinessCalendar, FileName, Hours, MediaType, Priority, Sha256, Sla,
    SlaPolicy, SlaTargets, TimeZone, Timestamp, UserId, Week,
};

pub use fixture::{TicketFixture, ticket};
pub use sample_tickets::{sample_tickets, sample_tickets_with};

/// Returns the id of a sample customer: 24 hexadecimal digits, which every store accepts.
///
/// ```
/// use ventanilla_storage::testing;
///
/// assert_ne!(testing::customer(0), testing::customer(1));
/// assert_eq!(testing::customer(0).as_str().len(), 24);
/// ```
#[must_use]
pub fn customer(number: u32) -> UserId {
    valid(format!("65a1f0c2c11e47e0{number:08x}"))
}

/// Returns the id of a sample administrator, of the same form as a [`customer`]'s.
///
/// ```
/// use ventanilla_storage::testing;
///
/// assert_ne!(testing::admin(0), testing::customer(0));
/// ```
#[must_use]
pub fn admin(number: u32) -> UserId {
    valid(format!("65a1f0c2ad314000{number:08x}"))
}

/// Time at which the first sample ticket is created: 9:00 UTC on the first Monday of 2026.
///
/// ```
/// assert_eq!(ventanilla_storage::testing::epoch().to_string(), "2026-01-05T09:00:00.000Z");
/// ```
#[must_use]
pub fn epoch() -> Timestamp {
    Timestamp::from_millis(1_767_603_600_000).expect("2026 is between the years 1 and 9999")
}

/// Returns a sample SLA, with business hours from 9:00 to 17:00 UTC, Monday to Friday.
///
/// | priority | first response | next response | resolution |
/// |---|---|---|---|
/// | low | 8 h | 16 h | 80 h |
/// | medium | 4 h | 8 h | 40 h |
/// | high | 2 h | 4 h | 16 h |
/// | urgent | 1 h | 1 h | 4 h |
///
/// ```
/// use ventanilla_domain::SlaState;
/// use ventanilla_storage::testing;
///
/// let sla = testing::sla();
/// let ticket = testing::ticket("TKT-ABC123").sla(&sla).build();
/// let timers = ticket.head().sla.as_deref().expect("it was opened under an SLA");
/// let evening = sla.business_time_at("2026-01-05T20:00:00Z".parse()?);
/// assert_eq!(timers.first_response.state(evening), SlaState::Breached, "it was due at 13:00");
/// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
/// ```
#[must_use]
pub fn sla() -> Sla {
    let due = |priority, [first, next, resolution]: [u32; 3]| {
        (priority, SlaTargets::hours(first, next, resolution).expect("no target is zero"))
    };
    let targets = SlaPolicy::new([
        due(Priority::Low, [8, 16, 80]),
        due(Priority::Medium, [4, 8, 40]),
        due(Priority::High, [2, 4, 16]),
        due(Priority::Urgent, [1, 1, 4]),
    ]);
    let hours: Hours = "09:00-17:00".parse().expect("the office closes after it opens");
    let office = BusinessCalendar::new(TimeZone::UTC, Week::weekdays(hours));
    Sla::new(targets.expect("each priority has targets"), office.expect("it opens on Mondays"))
}

/// Returns a sample attachment: a picture of 1,000 bytes more than its number.
///
/// ```
/// use ventanilla_storage::testing;
///
/// let ticket = testing::ticket("TKT-ABC123").attach(testing::attachment(1)).build();
/// assert_eq!(ticket.messages()[0].attachments[0].name.as_str(), "captura 1.png");
/// ```
#[must_use]
pub fn attachment(number: u8) -> Attachment {
    Attachment::new(
        AttachmentId::from_bytes([number; 16]),
        FileName::clean(&format!("captura {number}"), &MediaType::PNG),
        MediaType::PNG,
        1_000 + u64::from(number),
        Sha256::from_bytes([number; 32]),
    )
}

fn valid<T>(value: impl TryInto<T, Error: Debug>) -> T {
    value.try_into().expect("the values of a fixture are valid")
}
