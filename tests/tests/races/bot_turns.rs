//! Races between bots that answer what they read, and humans who write meanwhile.

use ventanilla_service::{
    Explain, HelpDesk, Receipt, ServiceError, TicketNumber,
    ticket::{Author, Message},
};

use super::crowd::{Backend, CROWD, ana, at_once, is_change, person, ticket, view};

/// Turns of each task.
const TURNS: usize = 15;

/// Each message of a bot says how many messages the bot had read.
pub(crate) async fn no_bot_writes_after_a_message_that_it_has_not_read<B: Backend>() {
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    let results = at_once(CROWD, |who| {
        let (desk, number) = (desk.clone(), number.clone());
        async move {
            let mut results = Vec::new();
            for turn in 0..TURNS {
                results.push(match who % 4 {
                    0 => desk.customer(ana()).reply(&number, format!("{who}:{turn}")).await,
                    1 => desk.admin(person(who)).reply(&number, format!("{who}:{turn}")).await,
                    _ => answer(&desk, &number).await,
                });
            }
            results
        }
    })
    .await;

    let (written, refused): (Vec<_>, Vec<_>) = results.into_iter().flatten().partition(is_change);
    for result in refused {
        assert_eq!(result.expect_err("it was overtaken").code(), "conversation_changed");
    }
    let mut messages = view(&desk, &number).await.messages;
    assert_eq!(messages.len(), 1 + written.len(), "nobody's message is lost");
    // In order of arrival, whatever the clock said.
    messages.sort_by_key(|message| message.version);
    let bots = |(place, message): (usize, &Message)| {
        (message.author == Author::Bot).then(|| (message.text.to_string(), place.to_string()))
    };
    let answers: Vec<(String, String)> = messages.iter().enumerate().filter_map(bots).collect();
    assert!(!answers.is_empty(), "a bot speaks at times");
    for (read, place) in answers {
        assert_eq!(read, place, "a bot wrote after a message that it had not read");
    }
}

async fn answer(desk: &HelpDesk, number: &TicketNumber) -> Result<Receipt, ServiceError> {
    let bot = desk.bot();
    let turn = bot.turn(number).await?;
    // A model thinks.
    tokio::task::yield_now().await;
    turn.reply(turn.ticket().messages.len().to_string()).await
}
