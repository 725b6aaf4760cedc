//! Cursors: positions at which a walk over pages continues.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use ventanilla_domain::{BusinessTime, Explain, Locale, Priority, TicketHead};

use crate::query::{ListQuery, Sort, due};

const VERSION: u8 = 1;
const POSITION: usize = 8 + 1 + 12;
const TAG: usize = 16;
const LENGTH: usize = 1 + POSITION + TAG;

/// Cursor of keyset pagination: opaque, safe in a URL and bound to its query.
///
/// It names the last row that was seen, so rows that are added or removed before it don't shift the
/// rest. It is no credential: access is decided by the query, for each page.
///
/// ```
/// use ventanilla_domain::Explain;
/// use ventanilla_storage::Cursor;
///
/// assert_eq!("no soy un cursor".parse::<Cursor>().unwrap_err().code(), "cursor_malformed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor([u8; LENGTH]);

/// Position of a row in a list.
///
/// ```
/// use ventanilla_domain::Priority;
/// use ventanilla_storage::{ListQuery, Position};
///
/// let last = Position { key: 1_772_452_800_000, priority: Priority::High, tiebreaker: [7; 12] };
/// let cursor = ListQuery::new().first_page().cursor_after(&last);
/// let next = ListQuery::new().page_after(&cursor)?;
/// assert_eq!(next.position(), Some(&last));
/// # Ok::<(), ventanilla_storage::InvalidCursor>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Sort key in milliseconds: the time of creation, or in a list by due time the business time at
    /// which the ticket is due.
    pub key: i64,
    /// Priority of the ticket.
    pub priority: Priority,
    /// Identity of the ticket in the store, which orders tickets with equal keys.
    pub tiebreaker: [u8; 12],
}

impl Position {
    /// Returns the position of a ticket in a list of this order.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// use ventanilla_storage::{Position, Sort};
    ///
    /// # let ana = UserId::parse("ana")?;
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let (number, policy) = (TicketNumber::from_entropy(b"example"), Policy::default());
    /// # let by = Actor::Customer(ana.clone());
    /// # let ticket = new_ticket.open(number, &ana, &by, Timestamp::MIN, &policy)?;
    /// let place = Position::of(Sort::default(), ticket.head(), [0; 12]);
    /// assert_eq!(place.key, ticket.head().created_at.as_millis());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(order: Sort, head: &TicketHead, tiebreaker: [u8; 12]) -> Self {
        let key = match order {
            Sort::Created(_) | Sort::UrgentFirst(_) | Sort::LowFirst(_) => head.created_at.as_millis(),
            Sort::Due => due(head).map_or(i64::MAX, BusinessTime::as_millis),
        };
        Self { key, priority: head.priority, tiebreaker }
    }

    /// Returns the tiebreaker of a ticket that the store identifies by a number.
    #[must_use]
    pub const fn tiebreaker_from(id: u64) -> [u8; 12] {
        let [a, b, c, d, e, f, g, h] = id.to_be_bytes();
        [0, 0, 0, 0, a, b, c, d, e, f, g, h]
    }

    /// Returns the number from which [`tiebreaker_from`](Self::tiebreaker_from) made the tiebreaker.
    ///
    /// ```
    /// use ventanilla_domain::Priority;
    /// use ventanilla_storage::Position;
    ///
    /// let last = Position { key: 0, priority: Priority::High, tiebreaker: Position::tiebreaker_from(42) };
    /// assert_eq!(last.id(), 42);
    /// ```
    #[must_use]
    pub const fn id(&self) -> u64 {
        let [_, _, _, _, a, b, c, d, e, f, g, h] = self.tiebreaker;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Text that is no cursor of this query. Nothing was read; the walk starts again at the first page.
///
/// Its code is `cursor_malformed` if the text is no cursor at all, and `cursor_foreign` if the cursor
/// does not belong to this query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} ({value})", self.explain(Locale::En))]
pub struct InvalidCursor {
    value: String,
    problem: CursorProblem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CursorProblem {
    Malformed,
    Foreign,
}

impl Cursor {
    pub(crate) fn encode(query: &ListQuery, last: &Position) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[0] = VERSION;
        bytes[1..=POSITION].copy_from_slice(&last.to_bytes());
        bytes[1 + POSITION..].copy_from_slice(&tag(query, &last.to_bytes()));
        Self(bytes)
    }

    pub(crate) fn decode(&self, query: &ListQuery) -> Result<Position, InvalidCursor> {
        let position = &self.0[1..=POSITION];
        if self.0[0] != VERSION || self.0[1 + POSITION..] != tag(query, position) {
            return Err(self.invalid(CursorProblem::Foreign));
        }
        Position::from_bytes(position).ok_or_else(|| self.invalid(CursorProblem::Foreign))
    }

    fn invalid(&self, problem: CursorProblem) -> InvalidCursor {
        InvalidCursor { value: self.to_string(), problem }
    }
}

/// Returns a digest of a position and its query, which detects a cursor that belongs to another query.
fn tag(query: &ListQuery, position: &[u8]) -> [u8; TAG] {
    let query = serde_json::to_vec(&query.with_explicit_sort()).unwrap_or_default();
    let digest = Sha256::new().chain_update(position).chain_update(query).finalize();
    std::array::from_fn(|at| digest[at])
}

impl Position {
    fn to_bytes(self) -> [u8; POSITION] {
        let mut bytes = [0; POSITION];
        bytes[..8].copy_from_slice(&self.key.to_be_bytes());
        bytes[8] = self.priority as u8;
        bytes[9..].copy_from_slice(&self.tiebreaker);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            key: i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?),
            priority: *Priority::ALL.get(usize::from(*bytes.get(8)?))?,
            tiebreaker: bytes.get(9..)?.try_into().ok()?,
        })
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(value: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(|| InvalidCursor {
            value: value.chars().take(64).collect(),
            problem: CursorProblem::Malformed,
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl InvalidCursor {
    /// Returns the start of the offending text, at most 64 characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidCursor {
    fn code(&self) -> &'static str {
        match self.problem {
            CursorProblem::Malformed => "cursor_malformed",
            CursorProblem::Foreign => "cursor_foreign",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let text = match self.problem {
            CursorProblem::Malformed => locale.pick(
                "La dirección de esta página no es válida. Vuelve al principio de la lista.",
                "The address of this page is not valid. Go back to the beginning of the list.",
            ),
            CursorProblem::Foreign => locale.pick(
                "Esta página pertenece a otra lista. Vuelve al principio.",
                "This page belongs to another list. Go back to the beginning.",
            ),
        };
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ventanilla_domain::{Status, Timestamp};

    use super::*;
    use crate::WaitingFilter;

    fn position() -> impl Strategy<Value = Position> {
        (any::<i64>(), prop::sample::select(Priority::ALL.to_vec()), any::<[u8; 12]>())
            .prop_map(|(key, priority, tiebreaker)| Position { key, priority, tiebreaker })
    }

    proptest! {
        #[test]
        fn cursors_round_trip(last in position()) {
            let cursor = Cursor::encode(&ListQuery::new(), &last);
            let read: Cursor = cursor.to_string().parse().unwrap();
            prop_assert_eq!(read.decode(&ListQuery::new()).unwrap(), last);
        }

        #[test]
        fn a_changed_byte_is_refused(last in position(), at in 0..LENGTH, flip in 1..=u8::MAX) {
            let mut cursor = Cursor::encode(&ListQuery::new(), &last);
            cursor.0[at] ^= flip;
            prop_assert_eq!(cursor.decode(&ListQuery::new()).unwrap_err().code(), "cursor_foreign");
        }

        #[test]
        fn a_cursor_of_another_query_is_refused(last in position()) {
            let cursor = Cursor::encode(&ListQuery::new(), &last);
            for other in [
                ListQuery::new().with_statuses(Status::Open),
                ListQuery::new().unassigned(),
                ListQuery::new().with_created_from(Timestamp::MIN),
                ListQuery::new().with_sort(crate::Sort::UrgentFirst(crate::Direction::NewestFirst)),
                ListQuery::new().with_sort(crate::Sort::Due),
                ListQuery::new().overdue(),
                ListQuery::new().with_waiting(WaitingFilter::Waiting),
                ListQuery::new().with_waiting(WaitingFilter::NotWaiting),
                ListQuery::new().handed_over(),
                ListQuery::new().with_reference("order:1".parse().unwrap()),
                ListQuery::new().with_tag("vip".parse().unwrap()),
                ListQuery::new().overdue().with_sort(crate::Sort::default()),
            ] {
                prop_assert!(cursor.decode(&other).is_err());
            }
        }

        #[test]
        fn a_cursor_of_the_default_order_belongs_to_the_same_order_set_explicitly(last in position()) {
            let overdue = ListQuery::new().overdue();
            let cursor = Cursor::encode(&overdue, &last);
            prop_assert_eq!(cursor.decode(&overdue.clone().with_sort(crate::Sort::Due)).unwrap(), last);
            prop_assert!(cursor.decode(&overdue.with_sort(crate::Sort::default())).is_err());
        }

        #[test]
        fn no_text_panics(value in any::<String>()) {
            if let Err(error) = value.parse::<Cursor>() {
                prop_assert_eq!(error.code(), "cursor_malformed");
            }
        }
    }
}
