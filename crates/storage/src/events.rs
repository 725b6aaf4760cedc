//! Streams of the events of all tickets.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Stream, StreamExt, stream::BoxStream};
use ventanilla_domain::TicketEvents;

use crate::{EventToken, StoreError};

/// Stream of the events of all tickets, one item for each change, which never ends by itself.
///
/// - Every change is there at least once, in the order in which the changes of its ticket were made.
/// - An item has the same [`id`](TicketEvents::id) each time.
/// - Started at [`token`](Self::token), another stream goes on after the last item of this one.
///
/// An error is an item too. After some the stream goes on, such as after that of an unreadable ticket
/// ([`StoreError::Unreadable`]); after others it ends, so that [`next`](Self::next) returns `None`, and can be
/// started again at its token.
pub struct EventStream {
    steps: BoxStream<'static, Result<EventStep, StoreError>>,
    token: EventToken,
}

/// Step of a store through its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStep {
    /// The position after the step.
    pub token: EventToken,
    /// The events of a change; `None` if only the position has moved.
    pub events: Option<TicketEvents>,
}

impl EventStream {
    /// Creates a stream that begins at a position, for stores.
    #[must_use]
    pub fn new(
        start: EventToken,
        steps: impl Stream<Item = Result<EventStep, StoreError>> + Send + 'static,
    ) -> Self {
        Self { steps: steps.boxed(), token: start }
    }

    /// Waits for the next item; `None` once an error has ended the stream. Cancelling loses no item.
    pub async fn next(&mut self) -> Option<Result<TicketEvents, StoreError>> {
        StreamExt::next(self).await
    }

    /// Returns the remaining steps, for a stream that adds items of its own to those of a store.
    pub fn into_steps(self) -> impl Stream<Item = Result<EventStep, StoreError>> + Send + use<> {
        self.steps
    }

    /// Returns the position after the last item; before the first one that at which the stream was started.
    ///
    /// It moves without items too: a store keeps positions for a limited time.
    #[must_use]
    pub const fn token(&self) -> &EventToken {
        &self.token
    }
}

impl Stream for EventStream {
    type Item = Result<TicketEvents, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::task::ready!(self.steps.poll_next_unpin(context)) {
                Some(Ok(EventStep { token, events })) => {
                    self.token = token;
                    if let Some(events) = events {
                        return Poll::Ready(Some(Ok(events)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("token", &self.token).finish_non_exhaustive()
    }
}
