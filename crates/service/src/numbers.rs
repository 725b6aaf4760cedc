//! Where ticket numbers come from.

use rand::Rng;
use ventanilla_domain::TicketNumber;

/// Where a help desk takes the entropy of its ticket numbers from. A test injects its own.
///
/// A number that is taken is drawn again, and after three collisions one character longer, up to 60
/// characters: even a source that repeats itself gives distinct numbers for a while, and then an
/// error of its own.
///
/// ```
/// use ventanilla_service::{HelpDesk, MemoryStore, NumberSource};
///
/// struct Sevens;
///
/// impl NumberSource for Sevens {
///     fn fill(&self, bytes: &mut [u8]) {
///         bytes.fill(7);
///     }
/// }
///
/// let desk = HelpDesk::builder(MemoryStore::new()).numbers(Sevens).build();
/// ```
pub trait NumberSource: Send + Sync {
    /// Fills the bytes, one for each character of a number; their low five bits count.
    fn fill(&self, bytes: &mut [u8]);
}

/// A cryptographic generator, seeded by the system: numbers can't be guessed from one another.
///
/// ```
/// use ventanilla_service::{NumberSource, RandomNumbers};
///
/// let [mut a, mut b] = [[0; 16]; 2];
/// RandomNumbers.fill(&mut a);
/// RandomNumbers.fill(&mut b);
/// assert_ne!(a, b);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomNumbers;

impl NumberSource for RandomNumbers {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The numbers to try for one ticket, in order: three of each length, from the shortest on.
pub(crate) fn candidates(source: &dyn NumberSource) -> impl Iterator<Item = TicketNumber> {
    const TRIES_OF_A_LENGTH: usize = 3;
    let lengths = TicketNumber::FIRST_LENGTH..=TicketNumber::MAX_LENGTH;
    lengths
        .flat_map(|length| std::iter::repeat_n(length, TRIES_OF_A_LENGTH))
        .map(|length| draw(source, length))
}

/// One number with so many characters after the prefix.
pub(crate) fn draw(source: &dyn NumberSource, length: usize) -> TicketNumber {
    let mut bytes = [0; TicketNumber::MAX_LENGTH];
    source.fill(&mut bytes[..length]);
    TicketNumber::from_entropy(&bytes[..length])
}
