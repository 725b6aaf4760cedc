//! Concurrent tasks, and the tickets that they change.

use std::{future::Future, sync::Arc};

use tokio::{sync::Barrier, task::JoinSet};
use ventanilla_service::{
    Category, HelpDesk, HelpDeskBuilder, IdempotencyKey, MessageText, NewTicket, Receipt, ServiceError,
    TicketDetails, TicketNumber, UserId,
};

/// Number of tasks that do the same thing at the same time.
pub(crate) const CROWD: usize = 64;

/// Desk over an empty store of some kind.
pub(crate) trait Backend: 'static {
    /// Number of times that each race is run.
    const ROUNDS: usize;

    /// Number of tickets in the queue that administrators empty.
    const QUEUE: usize = 1_000;

    async fn desk() -> HelpDeskBuilder;
}

/// Starts all tasks at once, and collects their results in the order of their numbers.
pub(crate) async fn at_once<T, F>(people: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(people));
    let mut tasks = JoinSet::new();
    for number in 0..people {
        let (barrier, work) = (barrier.clone(), task(number));
        tasks.spawn(async move {
            barrier.wait().await;
            (number, work.await)
        });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Returns a user id that every store takes.
pub(crate) fn person(number: usize) -> UserId {
    UserId::parse(&format!("65a1f0c2c11e47e0{number:08x}")).expect("24 hexadecimal digits are an id")
}

/// Requester of the ticket.
pub(crate) fn ana() -> UserId {
    person(1_000)
}

pub(crate) fn draft() -> NewTicket {
    let text = MessageText::parse("Me cobraron dos veces").expect("a text");
    NewTicket::new(Category::PAGOS, text)
}

pub(crate) fn key() -> IdempotencyKey {
    IdempotencyKey::parse("envio-1").expect("a key")
}

/// Opens a ticket of Ana's.
pub(crate) async fn ticket(desk: &HelpDesk) -> TicketNumber {
    let receipt = desk.customer(ana()).create(draft()).await.expect("it is opened");
    receipt.head.ticket_number
}

/// Returns the ticket in its final state.
pub(crate) async fn view(desk: &HelpDesk, number: &TicketNumber) -> TicketDetails {
    desk.admin(person(0)).get(number).await.expect("it is there")
}

/// Returns true if the change was applied, rather than repeated or needless.
pub(crate) fn is_change(result: &Result<Receipt, ServiceError>) -> bool {
    result.as_ref().is_ok_and(|receipt| !receipt.repeated && !receipt.events.is_empty())
}
