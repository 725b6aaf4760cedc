//! Assignment strategies: pure functions that choose a person for a ticket.
//!
//! A host that assigns tickets keeps its team and calls one of them:
//!
//! ```
//! use ventanilla_service::{
//!     Category, HelpDesk, MemoryStore, MessageText, NewTicket, UserId, assignment::least_loaded,
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let desk = HelpDesk::new(MemoryStore::new());
//! let team = [UserId::parse("luis")?, UserId::parse("marta")?];
//! let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
//! let opened = desk.customer(UserId::parse("ana")?).create(new_ticket).await?;
//!
//! let mut loads = Vec::new();
//! for person in &team {
//!     loads.push((person, desk.admin(person.clone()).counts().await?.mine));
//! }
//! if let Some(person) = least_loaded(loads) {
//!     desk.admin(team[0].clone()).assign(&opened.head.ticket_number, person).await?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

use ventanilla_domain::UserId;

/// Returns the person with the fewest tickets, of several the first; `None` if there is nobody.
///
/// ```
/// use ventanilla_service::{UserId, assignment::least_loaded};
///
/// let [luis, marta] = ["luis", "marta"].map(|id| UserId::parse(id).unwrap());
/// assert_eq!(least_loaded([(&luis, 3), (&marta, 2)]), Some(&marta));
/// assert_eq!(least_loaded([(&luis, 2), (&marta, 2)]), Some(&luis));
/// ```
#[must_use]
pub fn least_loaded<'a>(loads: impl IntoIterator<Item = (&'a UserId, u64)>) -> Option<&'a UserId> {
    loads.into_iter().min_by_key(|(_, tickets)| *tickets).map(|(person, _)| person)
}

/// Returns the person after the last one who got a ticket, in a circle; the first if there is no last
/// one, or they have left the team; `None` if there is nobody.
///
/// ```
/// use ventanilla_service::{UserId, assignment::round_robin};
///
/// let team = ["luis", "marta"].map(|id| UserId::parse(id).unwrap());
/// assert_eq!(round_robin(&team, None), Some(&team[0]));
/// assert_eq!(round_robin(&team, Some(&team[0])), Some(&team[1]));
/// assert_eq!(round_robin(&team, Some(&team[1])), Some(&team[0]));
/// ```
#[must_use]
pub fn round_robin<'a>(team: &'a [UserId], last: Option<&UserId>) -> Option<&'a UserId> {
    let last = last.and_then(|last| team.iter().position(|person| person == last));
    team.get(last.map_or(0, |last| last + 1)).or(team.first())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn team(size: usize) -> Vec<UserId> {
        (0..size).map(|nth| UserId::parse(&format!("admin-{nth}")).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn round_robin_gives_everybody_one_ticket_a_round(size in 1..20_usize, rounds in 1..5_usize) {
            let team = team(size);
            let mut last = None;
            let mut got = vec![0; size];
            for _ in 0..size * rounds {
                last = round_robin(&team, last);
                let person = last.expect("somebody");
                got[team.iter().position(|other| other == person).unwrap()] += 1;
            }
            prop_assert!(got.iter().all(|tickets| *tickets == rounds));
        }

        #[test]
        fn least_loaded_levels_any_loads(loads in prop::collection::vec(0..9_u64, 1..20)) {
            let (team, mut loads) = (team(loads.len()), loads);
            let highest = *loads.iter().max().unwrap();
            for _ in 0..loads.iter().map(|load| highest - load).sum() {
                let person = least_loaded(team.iter().zip(loads.iter().copied())).unwrap();
                loads[team.iter().position(|other| other == person).unwrap()] += 1;
            }
            prop_assert!(loads.iter().all(|load| *load == highest));
        }
    }

    #[test]
    fn nobody_is_chosen_of_nobody_and_somebody_who_left_is_forgotten() {
        assert_eq!((least_loaded([]), round_robin(&[], None)), (None, None));
        let left = UserId::parse("eva").unwrap();
        assert_eq!(round_robin(&team(2), Some(&left)), team(2).first());
    }
}
