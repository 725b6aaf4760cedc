//! One set of tickets behind several handles, and one that outlives its handle.

use std::collections::BTreeSet;

use futures::future::join_all;
use ventanilla_domain::{
    Actor, Change, NewMessage, Outcome, Scope, Status, Ticket, TicketNumber, Window,
};

use super::desk::{
    Twin, admin, answer, command, customer, eva, fill, hour, luis, marta, message, number, parsed, view,
};
use crate::{Inserted, TicketStore, testing};

/// Tries two handles on the same empty tickets: two clients, or two processes' ends of one database.
///
/// What one writes the other reads, and where both write at once nothing is lost and nothing doubled.
///
/// ```
/// use std::sync::Arc;
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = Arc::new(MemoryStore::new());
/// conformance::check_shared(&store, &Arc::clone(&store)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If the two don't keep the contract together.
pub async fn check_shared(one: &dyn TicketStore, other: &dyn TicketStore) {
    fill(one, &[testing::ticket("TKT-ABC123").build()]).await;
    assert!(view(other, &number()).await.is_some(), "what one stores the other reads");
    let taken = testing::ticket("TKT-ABC123").requester(testing::customer(1)).build();
    assert_eq!(answer(other.insert(&taken).await), Inserted::NumberTaken);

    let text = |at: u32| format!("Mensaje {at}");
    let both = [one, other];
    let writes = (0..32_u32).flat_map(|at| {
        let say = Change::message(parsed::<NewMessage>(text(at).as_str()));
        let note = Change::note(parsed(text(at).as_str()));
        [(at, command(say, &customer(), hour(1))), (at + 1, command(note, &admin(), hour(1)))]
    });
    let writes: Vec<_> = writes.collect();
    let number = number();
    let outcomes = join_all(writes.iter().map(|(at, write)| {
        let store = both[*at as usize % 2];
        let number = &number;
        async move { answer(store.update(number, write).await) }
    }));
    for outcome in outcomes.await {
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }
    for store in both {
        let seen = view(store, &number).await.expect("it is stored");
        let said: BTreeSet<&str> = seen.messages.iter().map(|message| message.text.as_str()).collect();
        assert!((0..32).all(|at| said.contains(text(at).as_str())), "{said:?}");
        assert_eq!((seen.notes.len(), seen.head.version), (32, 64));
    }

    let claims = [luis(), marta()].map(|who| command(Change::claim(), &Actor::Admin(who), hour(2)));
    let claimed = join_all([one.update(&number, &claims[0]), other.update(&number, &claims[1])]).await;
    let won = claimed.into_iter().map(answer).filter(|won| matches!(won, Outcome::Applied { .. }));
    assert_eq!(won.count(), 1, "one claim wins");

    let once = parsed::<NewMessage>("Una vez").with_key(parsed("envio-1"));
    let once = command(Change::message(once), &customer(), hour(3));
    let sent = join_all([one.update(&number, &once), other.update(&number, &once)]).await;
    let added = sent.into_iter().map(answer).filter(|sent| matches!(sent, Outcome::Applied { .. }));
    assert_eq!(added.count(), 1, "a key holds for both");
}

/// Tries a store that outlives its handle: `open` gives the same tickets each time, none at first.
///
/// ```
/// use std::sync::Arc;
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let tickets = Arc::new(MemoryStore::new());
/// conformance::check_reopened(async || Arc::clone(&tickets)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If something that was acknowledged is gone or changed after reopening.
pub async fn check_reopened<S: TicketStore>(open: impl AsyncFn() -> S) {
    let tickets: Vec<Ticket> = testing::tickets_with(&testing::sla(), 24).collect();
    let keyed = testing::ticket("TKT-ABC123").key("formulario-1").build();
    {
        let store = open().await;
        fill(&store, &tickets).await;
        let mut twin = Twin::of(&store, keyed.clone()).await;
        let once = parsed::<NewMessage>("Una vez").with_key(parsed("envio-1"));
        twin.change(Change::message(once), &customer(), hour(1)).await;
        twin.change(Change::note(parsed("Ojo")), &admin(), hour(2)).await;
        twin.change(Change::status(Status::Resolved), &admin(), hour(3)).await;
    }
    let store = open().await;
    for ticket in &tickets {
        let stored = view(&store, &ticket.head().ticket_number).await;
        assert_eq!(stored, ticket.view(&Scope::All, Window::All));
    }
    let seen = view(&store, &number()).await.expect("it was acknowledged");
    assert_eq!((seen.messages.len(), seen.notes.len(), seen.head.version), (2, 1, 3));
    let again = parsed::<NewMessage>("Una vez").with_key(parsed("envio-1"));
    let again = command(Change::message(again), &customer(), hour(4));
    let outcome = answer(store.update(&number(), &again).await);
    assert!(matches!(outcome, Outcome::Repeated { .. }), "{outcome:?}");
    let again = testing::ticket("TKT-ABC124").key("formulario-1").build();
    let inserted = answer(store.insert(&again).await);
    assert!(matches!(inserted, Inserted::Repeated(_)), "{inserted:?}");
}

/// Tries a ticket that is stored and can't be read: for its desk it is an error, and for anybody but
/// its requester it isn't there.
///
/// # Panics
///
/// If a stranger could tell it from a missing one, or the desk isn't told.
pub async fn check_unreadable(store: &dyn TicketStore, number: &TicketNumber) {
    let stranger = Scope::Owner(eva());
    assert_eq!(answer(store.get(&number.into(), &stranger, Window::All).await), None);
    let write = command(message("Hola"), &Actor::Customer(eva()), hour(1));
    assert_eq!(answer(store.update(number, &write).await), Outcome::NotFound);
    assert!(store.get(&number.into(), &Scope::All, Window::All).await.is_err());
    let note = command(Change::note(parsed("Ojo")), &admin(), hour(1));
    assert!(store.update(number, &note).await.is_err());
}
