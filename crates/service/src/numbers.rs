//! Sources of ticket numbers.

use rand::Rng;
use sha2::{Digest, Sha512};
use ventanilla_domain::{CreationKey, TicketNumber};

/// Source of randomness for ticket numbers. A test can inject its own.
///
/// It isn't used for a ticket with an idempotency key, whose number is derived from the author and the
/// key: the same request always leads to the same ticket. Nor for a follow-up, whose number is derived
/// from the requester and the number of the old ticket.
///
/// A number that is taken is drawn again, after three collisions with one more character, up to 60
/// characters. If all are taken, creation fails with
/// [`ServiceError::NumbersExhausted`](crate::ServiceError::NumbersExhausted).
///
/// ```
/// use ventanilla_service::{HelpDesk, MemoryStore, settings::NumberSource};
///
/// struct Sevens;
///
/// impl NumberSource for Sevens {
///     fn random_bytes(&self, bytes: &mut [u8]) {
///         bytes.fill(7);
///     }
/// }
///
/// let desk = HelpDesk::builder(MemoryStore::new()).numbers(Sevens).build();
/// ```
pub trait NumberSource: Send + Sync {
    /// Fills the bytes, one for each character of a number. The low five bits of each are used.
    fn random_bytes(&self, bytes: &mut [u8]);
}

/// Cryptographic generator seeded by the system. Numbers can't be guessed from one another.
///
/// ```
/// use ventanilla_service::settings::{NumberSource, RandomNumbers};
///
/// let [mut a, mut b] = [[0; 16]; 2];
/// RandomNumbers.random_bytes(&mut a);
/// RandomNumbers.random_bytes(&mut b);
/// assert_ne!(a, b);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomNumbers;

impl NumberSource for RandomNumbers {
    fn random_bytes(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Returns the numbers to try for one ticket, in order: three of each length, from the shortest on.
///
/// With a creation key they are derived from it, so that a repeated request tries the same numbers
/// and finds the ticket that it opened. No other index than that of the numbers is needed.
pub(crate) fn candidates(
    source: &dyn NumberSource,
    key: Option<&CreationKey>,
) -> impl Iterator<Item = TicketNumber> {
    const TRIES_OF_A_LENGTH: usize = 3;
    let lengths = TicketNumber::FIRST_LENGTH..=TicketNumber::MAX_LENGTH;
    let lengths = lengths.flat_map(|length| std::iter::repeat_n(length, TRIES_OF_A_LENGTH));
    lengths.enumerate().map(move |(attempt, length)| match key {
        Some(key) => derived(key, attempt as u64, length),
        None => draw(source, length),
    })
}

/// Derives a number from a creation key by SHA-512, whose 64 bytes are enough for the longest number.
fn derived(key: &CreationKey, attempt: u64, length: usize) -> TicketNumber {
    let mut hash = Sha512::new_with_prefix("ventanilla creation key");
    for part in [key.by.as_str(), key.key.as_str()] {
        // Their lengths keep different pairs apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(attempt.to_be_bytes());
    TicketNumber::from_entropy(&hash.finalize()[..length])
}

/// Draws a number with this many characters after the prefix.
pub(crate) fn draw(source: &dyn NumberSource, length: usize) -> TicketNumber {
    let mut bytes = [0; TicketNumber::MAX_LENGTH];
    source.random_bytes(&mut bytes[..length]);
    TicketNumber::from_entropy(&bytes[..length])
}
