//! Races for a place in the conversation.

use std::collections::BTreeSet;

use ventanilla_service::{
    Explain, HelpDesk, Policy, Receipt, ServiceError, TicketDetails, TicketNumber, settings::Limits,
    ticket::NewMessage,
};

use super::crowd::{Backend, CROWD, ana, at_once, is_change, key, person, ticket, view};

pub(crate) async fn every_reply_arrives_once<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| write(&desk, &number, who, format!("{who}"))).await;

    assert!(results.iter().all(is_change));
    let ticket = view(&desk, &number).await;
    assert_eq!(ticket.messages.len(), 1 + CROWD);
    assert_eq!(ticket.messages.len(), 1 + CROWD);
    assert_eq!(texts(&ticket), (0..CROWD).map(|who| format!("{who}")).collect());
}

pub(crate) async fn a_conversation_is_filled_to_its_limit_and_no_further<B: Backend>() {
    const REPLIES: usize = 3;
    const LIMIT: u32 = 100;
    let limits = Limits::default().with_messages(LIMIT).expect("a lower limit");
    let desk = B::desk().await.policy(Policy { limits, ..Policy::default() }).build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| {
        let (desk, number) = (desk.clone(), number.clone());
        async move {
            let mut results = Vec::new();
            for reply in 0..REPLIES {
                results.push(write(&desk, &number, who, format!("{who}:{reply}")).await);
            }
            results
        }
    })
    .await;

    let (written, refused): (Vec<_>, Vec<_>) = results.into_iter().flatten().partition(is_change);
    assert_eq!(written.len(), LIMIT as usize - 1, "the description is the first message");
    for result in refused {
        assert_eq!(result.expect_err("there is no room").code(), "conversation_full");
    }
    let ticket = view(&desk, &number).await;
    assert_eq!(ticket.head.message_count, Some(LIMIT));
    assert_eq!(texts(&ticket).len(), written.len());
}

pub(crate) async fn one_key_is_one_message<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |_| {
        let (ana, number) = (desk.customer(ana()), number.clone());
        let message = NewMessage::parse("¿Hay novedades?").expect("a text").with_key(key());
        async move { ana.reply(&number, message).await }
    })
    .await;

    let receipts: Vec<Receipt> = results.into_iter().map(|result| result.expect("it is sent")).collect();
    assert_eq!(receipts.iter().filter(|receipt| receipt.repeated).count(), CROWD - 1);
    assert!(receipts.iter().all(|receipt| receipt.events == receipts[0].events));
    assert_eq!(view(&desk, &number).await.messages.len(), 2);
}

/// Writes in turn as the customer, the bot and administrators.
fn write(
    desk: &HelpDesk,
    number: &TicketNumber,
    who: usize,
    text: String,
) -> impl Future<Output = Result<Receipt, ServiceError>> + Send + use<> {
    let (desk, number) = (desk.clone(), number.clone());
    async move {
        match who % 3 {
            0 => desk.customer(ana()).reply(&number, text).await,
            1 => desk.bot().reply(&number, text).await,
            _ => desk.admin(person(who)).reply(&number, text).await,
        }
    }
}

/// Returns the texts of the messages other than the description.
fn texts(ticket: &TicketDetails) -> BTreeSet<String> {
    let written = ticket.messages.iter().filter(|message| message.text != ticket.description);
    written.map(|message| message.text.to_string()).collect()
}
