//! Tickets that older versions of these crates stored.

use ventanilla_domain::{Change, NewMessage, Outcome, Priority, SlaTimers, Status, Ticket};

use super::{
    cases,
    listing::walk,
    support::{
        Mirror, admin, answer, customer, fill, hour, luis, marta, message, note, number, parsed, view,
    },
};
use crate::{InsertOutcome, ListQuery, TicketStore, testing};

cases![a_ticket_of_version_0_1_is_kept, a_ticket_of_version_0_1_is_changed];

/// Ticket with every field, as version 0.1 wrote it: messages and notes have no version.
const VERSION_0_1: &str = include_str!("ticket_0_1.json");

async fn a_ticket_of_version_0_1_is_kept(store: &dyn TicketStore) {
    let ticket = older();
    fill(store, std::slice::from_ref(&ticket)).await;
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let texts: Vec<&str> = stored.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Me cobraron dos veces",
            "¡Hola! Hemos recibido tu consulta.",
            "¿Nos envías el recibo?",
            "Aquí está.",
            "Gracias.",
            "¿Hay novedades?",
            "Ya está devuelto.",
        ]
    );
    let notes: Vec<_> = stored.notes.iter().map(|note| (note.text.as_str(), &note.by)).collect();
    let (luis, marta) = (Some(luis()), Some(marta()));
    assert_eq!(notes, [("Es la tercera vez este mes.", &luis), ("Avisado por teléfono.", &marta)]);
    let versions: Vec<u64> = stored.history.iter().map(|event| event.version).collect();
    assert_eq!(versions, [0, 2, 5, 8]);
    assert_eq!((stored.head.status, stored.head.version), (Status::Resolved, 8));
    let earlier = stored.head.sla.map(|timers| timers.earlier_responses.len());
    assert_eq!(earlier, Some(1));
    assert_eq!(walk(store, &ListQuery::new()).await, [ticket.summary()]);
}

async fn a_ticket_of_version_0_1_is_changed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, older()).await;
    // Its keys are still recognised.
    let again = testing::ticket("TKT-ABC123").opened_by(marta()).category("PAGOS");
    let again = again.description("Me cobraron dos veces").key("formulario-1").build();
    let repeated = answer(store.insert(&again).await);
    assert!(matches!(repeated, InsertOutcome::Repeated(_)), "{repeated:?}");
    let again = Change::message(parsed::<NewMessage>("Aquí está.").with_key(parsed("envio-1")));
    let outcome = mirror.timed(again, &customer(), hour(2)).await;
    assert!(matches!(outcome, Outcome::Repeated { .. }), "{outcome:?}");
    for (version, (change, by)) in (9..).zip([
        (note("Lo abrió la versión anterior."), admin()),
        (message("Sigue igual."), customer()),
        (Change::priority(Priority::Low).expecting(10), admin()),
        (Change::status(Status::Closed), admin()),
    ]) {
        let outcome = mirror.timed(change, &by, hour(2)).await;
        let Outcome::Applied { head, .. } = outcome else { panic!("version {version}: {outcome:?}") };
        assert_eq!(head.version, version);
    }
}

fn older() -> Ticket {
    let ticket: Ticket = serde_json::from_str(VERSION_0_1).expect("older tickets stay readable");
    let timers = ticket.head().sla.as_deref().map(SlaTimers::all);
    assert_eq!(timers.map(Iterator::count), Some(4));
    ticket
}
