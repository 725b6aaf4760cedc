//! The bot: hand-overs, drafts, and replies that nobody has overtaken.

use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, NewMessage, Outcome, Refusal, SeenConversation, Status,
};

use super::{
    cases,
    listing::{names, walk},
    support::{
        Mirror, admin, ana, answer, customer, head, hour, luis, marta, message, note, number, parsed,
        view,
    },
};
use crate::{CountsQuery, ListQuery, TicketStore, testing};

cases![
    a_hand_over_lasts_until_an_administrator_answers,
    a_hand_over_lasts_until_the_ticket_is_assigned,
    a_draft_lasts_until_somebody_writes,
    only_the_desk_sees_hand_overs_and_drafts,
    a_reply_is_refused_once_the_conversation_has_changed,
];

fn hand_over() -> Change {
    Change::hand_over(parsed::<NewMessage>("No sé responder a esto."))
}

fn draft(text: &str) -> Change {
    Change::draft(parsed(text))
}

/// Returns whether a list and the counts have the ticket as handed over.
async fn is_handed_over(store: &dyn TicketStore) -> bool {
    let listed = names(&walk(store, &ListQuery::new().handed_over()).await);
    let counted = answer(store.counts(&CountsQuery::new(luis(), hour(9))).await).handed_over;
    assert_eq!(listed.len() as u64, counted, "{listed:?}");
    assert_eq!(counted == 1, head(store, &number()).await.handoff_at.is_some());
    counted == 1
}

async fn a_hand_over_lasts_until_an_administrator_answers(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    mirror.insert(testing::ticket("TKT-ABC124").build()).await;
    assert!(!is_handed_over(store).await);
    mirror.change(hand_over(), &Actor::Bot, hour(1)).await;
    let stored = view(store, &number()).await.expect("the ticket is stored");
    assert_eq!(stored.notes.iter().map(|note| &note.by).collect::<Vec<_>>(), [&None]);
    assert_eq!(stored.head.handoff_at, Some(hour(1)));
    for (change, by) in [
        (message("¿Hay alguien?"), customer()),
        (note("Lo miro yo."), admin()),
        (Change::status(Status::InProgress), admin()),
    ] {
        mirror.change(change, &by, hour(2)).await;
        assert!(is_handed_over(store).await);
    }
    mirror.change(message("Soy Luis, dime."), &admin(), hour(3)).await;
    assert!(!is_handed_over(store).await);
}

async fn a_hand_over_lasts_until_the_ticket_is_assigned(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for change in
        [Change::assign(Some(marta())), Change::status(Status::Resolved), Change::status(Status::Closed)]
    {
        let outcome = mirror.change(hand_over(), &Actor::Bot, hour(1)).await;
        if matches!(outcome, Outcome::Applied { .. }) {
            assert!(is_handed_over(store).await);
        }
        mirror.change(change, &admin(), hour(2)).await;
        assert!(!is_handed_over(store).await);
    }
}

async fn a_draft_lasts_until_somebody_writes(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let stored = async || {
        let draft = view(store, &number()).await.expect("the ticket is stored").draft;
        draft.map(|draft| draft.text.as_str().to_owned())
    };
    mirror.change(draft("Prueba a reiniciar."), &Actor::Bot, hour(1)).await;
    mirror.change(draft("Prueba otra vez."), &Actor::Bot, hour(1)).await;
    mirror.change(note("Buena idea."), &admin(), hour(2)).await;
    assert_eq!(stored().await.as_deref(), Some("Prueba otra vez."));
    mirror.change(message("Ya lo he probado."), &customer(), hour(3)).await;
    assert_eq!(stored().await, None);
    mirror.change(draft("Entonces, espera."), &Actor::Bot, hour(4)).await;
    assert!(stored().await.is_some());
    mirror.change(Change::discard_draft(), &admin(), hour(5)).await;
    assert_eq!(stored().await, None);
    mirror.change(draft("Entonces, espera."), &Actor::Bot, hour(6)).await;
    mirror.change(Change::status(Status::Closed), &admin(), hour(7)).await;
    assert_eq!(stored().await, None);
}

async fn only_the_desk_sees_hand_overs_and_drafts(store: &dyn TicketStore) {
    let fixture = testing::ticket("TKT-ABC123").hand_over("No sé responder.").draft("Espera.");
    let ticket = fixture.build();
    Mirror::of(store, ticket.clone()).await;
    for audience in [Audience::Requester(ana()), Audience::Bot] {
        let seen = answer(store.get(&(&number()).into(), &audience, MessageRange::All).await);
        let seen = seen.expect("it may see the ticket");
        assert_eq!((&seen.draft, seen.head.handoff_at), (&None, None), "{audience:?}");
        assert!(seen.notes.is_empty() && seen.history.is_empty(), "{audience:?}");
    }
    let seen = view(store, &number()).await;
    assert_eq!(seen, ticket.details(&Audience::Desk, MessageRange::All));
}

async fn a_reply_is_refused_once_the_conversation_has_changed(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let seen = async || {
        let read = view(store, &number()).await.expect("the ticket is stored");
        SeenConversation::of(&read)
    };
    for (change, by, is_refused) in [
        (note("Lo miro yo."), admin(), false),
        (message("Y tampoco en el móvil."), customer(), true),
        (Change::status(Status::InProgress), admin(), true),
    ] {
        let read = seen().await;
        mirror.change(change.clone(), &by, hour(1)).await;
        let reply = message("Prueba a reiniciar.").unless_overtaken(read);
        let outcome = mirror.change(reply, &Actor::Bot, hour(2)).await;
        let refused = matches!(outcome, Outcome::Refused(Refusal::ConversationChanged { .. }));
        assert_eq!(refused, is_refused, "after {change:?}: {outcome:?}");
    }
}
