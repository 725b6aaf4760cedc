//! Sample tickets of all kinds.

use std::time::Duration;

use ventanilla_domain::{
    Actor, Change, MessageText, Priority, Sla, Status, Ticket, TicketNumber, Timestamp,
};

use super::{TicketFixture, admin, customer, epoch, ticket, valid};

/// Returns a number of sample tickets of all kinds, the same ones on every call.
///
/// - Categories, statuses, priorities and assignees vary; conversations have one to four messages.
/// - Each ticket is created later than the one before, except every fourth, which is created in the
///   same millisecond.
/// - The number of [customers](super::customer) grows with the number of tickets, and most have
///   several; the [administrators](super::admin) are the first five.
/// - Every third has the tag `vip`, and every fifth is about one of three orders, `order:0` to `order:2`.
/// - Every eighth has a number of 16 digits, as other applications assign them.
///
/// ```
/// use ventanilla_domain::Status;
/// use ventanilla_storage::testing;
///
/// let closed = testing::sample_tickets(100).filter(|ticket| ticket.head().status == Status::Closed);
/// assert!(closed.count() > 10);
/// assert!(testing::sample_tickets(100).eq(testing::sample_tickets(100)));
/// ```
pub fn sample_tickets(count: usize) -> impl Iterator<Item = Ticket> {
    (0..count as u64).map(|place| nth(place).build())
}

/// Returns the same [sample tickets](sample_tickets), opened and changed under an SLA: each has timers, and live ones have
/// running timers.
///
/// ```
/// use ventanilla_storage::{Counts, CountsQuery, testing};
///
/// let sla = testing::sla();
/// let friday = "2026-01-09T17:00:00Z".parse()?;
/// let query = CountsQuery::new(testing::admin(0), friday).with_as_of(sla.business_time_at(friday));
/// let mut counts = Counts::default();
/// for ticket in testing::sample_tickets_with(&sla, 400) {
///     counts.add_ticket(ticket.head(), &query);
/// }
/// assert!(counts.overdue > 50 && counts.at_risk > 10);
/// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
/// ```
pub fn sample_tickets_with(sla: &Sla, count: usize) -> impl Iterator<Item = Ticket> {
    (0..count as u64).map(|place| nth(place).sla(sla).build())
}

/// Returns the sample ticket of this index.
fn nth(place: u64) -> TicketFixture {
    let mut random = SplitMix64(place);
    let created_at = epoch().plus(Duration::from_secs(7 * 60) * (place - place % 4 / 3) as u32);
    let (category, description) = random.pick(&OPENINGS);
    let requester = customer(random.below(place / 8 + 4) as u32);
    let luis = admin(random.below(5) as u32);
    let mut fixture = ticket(number(place, created_at))
        .requester(requester)
        .category(category)
        .description(description)
        .created_at(created_at)
        .priority(random.pick(&Priority::ALL));
    if place.is_multiple_of(3) {
        fixture = fixture.tag("cliente nuevo").tag("vip");
    }
    if place.is_multiple_of(5) {
        fixture = fixture.about("payment:7").about(&format!("order:{}", place / 5 % 3));
    }
    if random.below(3) > 0 {
        fixture = fixture.assignee(luis.clone());
    }
    if random.below(2) > 0 {
        fixture = fixture.message(random.pick(&QUESTIONS));
    }
    if random.below(2) > 0 {
        fixture = fixture.reply(luis.clone(), random.pick(&REPLIES));
    }
    if random.below(4) > 0 {
        fixture =
            fixture.change(Actor::Bot, Change::message(valid::<MessageText>(random.pick(&GREETINGS))));
    }
    fixture.status(random.pick(&Status::ALL))
}

/// Returns the number of a sample ticket; no two are equal.
fn number(place: u64, created_at: Timestamp) -> TicketNumber {
    if place % 8 == 5 {
        return valid(format!("{:013}{:03}", created_at.as_millis(), place % 1_000));
    }
    let scattered = place.wrapping_mul(387_420_489);
    TicketNumber::from_entropy(&[25, 20, 15, 10, 5, 0].map(|shift| (scattered >> shift) as u8))
}

/// Generator of pseudo-random numbers: `SplitMix64`, seeded by the index of a ticket.
struct SplitMix64(u64);

impl SplitMix64 {
    /// Returns a number below a limit.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

const OPENINGS: [(&str, &str); 8] = [
    ("PAGOS", "Me cobraron dos veces la cuota de enero."),
    ("PAGOS", "La factura no lleva el NIF de mi empresa. ¿Me la podéis corregir?"),
    ("CUENTA", "No puedo entrar en mi cuenta desde que cambié la contraseña."),
    ("CUENTA", "Quiero cambiar la dirección de correo con la que me registré."),
    ("BUG", "La página se queda en blanco al guardar.\nPasa en el móvil y en el ordenador."),
    ("BUG", "El buscador no encuentra palabras con «ñ»."),
    ("GENERAL", "¿Hasta qué hora atendéis por teléfono?"),
    ("ENVÍOS", "El paquete llegó abierto y falta una pieza."),
];

const QUESTIONS: [&str; 3] =
    ["¿Hay novedades?", "Adjunto la captura que me pedisteis.", "Sigue igual esta mañana."];

const REPLIES: [&str; 3] = [
    "Gracias por escribirnos. Lo estamos mirando.",
    "Ya está corregido. ¿Puedes comprobarlo?",
    "¿Nos dices desde qué dispositivo entras?",
];

const GREETINGS: [&str; 2] =
    ["¡Hola! Hemos recibido tu consulta.", "Te respondemos de lunes a viernes, de 9 a 18 h."];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn samples_are_of_all_kinds() {
        let samples: Vec<Ticket> = sample_tickets(400).collect();
        let distinct = |of: fn(&Ticket) -> String| samples.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|ticket| ticket.head().ticket_number.to_string()), 400);
        assert_eq!(distinct(|ticket| ticket.head().created_at.to_string()), 300);
        assert_eq!(distinct(|ticket| ticket.head().category.to_string()), 5);
        assert_eq!(distinct(|ticket| format!("{:?}", ticket.head().assignee)), 6);
        assert_eq!(distinct(|ticket| ticket.messages().len().to_string()), 4);
        let statuses_and_priorities =
            distinct(|ticket| format!("{} {}", ticket.head().status, ticket.head().priority));
        assert_eq!(statuses_and_priorities, 16);
        assert!((20..55).contains(&distinct(|ticket| ticket.head().requester.to_string())));
    }
}
