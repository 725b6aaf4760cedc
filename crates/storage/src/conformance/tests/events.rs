//! Faulty streams of events.

use async_trait::async_trait;
use futures::{StreamExt, stream};
use ventanilla_domain::TicketEvents;

use super::failed;
use crate::{
    EventStep, EventStream, EventToken, MemoryStore, StoreError, TicketStore,
    conformance::{Results, events},
    store::forward,
};

#[tokio::test]
async fn a_faulty_stream_fails_at_the_case_of_its_fault() {
    for (fault, cases) in [
        (
            Fault::DropsAnItem,
            ["every_change_has_its_events", "two_streams_have_the_same_events"].as_slice(),
        ),
        (Fault::RepeatsWithAnotherId, &["every_change_has_its_events"]),
        (Fault::SwapsItems, &["concurrent_changes_are_all_there_in_the_order_of_each_ticket"]),
        (Fault::ForgetsNotes, &["every_change_has_its_events"]),
        (
            Fault::SkipsAfterAToken,
            &["a_stream_starts_after_a_token", "a_token_moves_before_the_first_item"],
        ),
        (Fault::MovesItsTokenTooFar, &["a_stream_starts_after_a_token"]),
        (Fault::KeepsItsToken, &["a_stream_starts_after_a_token"]),
        (Fault::StartsAtTheBeginning, &["a_stream_without_a_token_starts_now"]),
        (
            Fault::TakesTokensOfOthers,
            &["a_token_of_another_store_is_refused", "tokens_of_another_database_are_refused"],
        ),
    ] {
        let mut results = Results::default();
        for name in events::names() {
            results.run(name, events::run(&async || Faulty::new(fault).await, name)).await;
        }
        let failed = failed(async { results.all_passed() }).await;
        let passed = cases.iter().find(|case| !failed.iter().any(|name| name == *case));
        assert_eq!(passed, None, "{fault:?} fails only at {failed:?}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    DropsAnItem,
    RepeatsWithAnotherId,
    SwapsItems,
    ForgetsNotes,
    /// A worker that starts again misses an item.
    SkipsAfterAToken,
    /// The token is already that of the next item.
    MovesItsTokenTooFar,
    /// The token stays that of the start.
    KeepsItsToken,
    StartsAtTheBeginning,
    TakesTokensOfOthers,
}

struct Faulty {
    store: MemoryStore,
    begin: EventToken,
    fault: Fault,
}

#[async_trait]
impl TicketStore for Faulty {
    forward!(|this| this.store; insert, ticket, update, list, counts);

    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        let fault = self.fault;
        let skipped = usize::from(fault == Fault::SkipsAfterAToken && after.is_some());
        let after = match self.store.events(after.clone()).await {
            Err(StoreError::EventsLost { .. }) if fault == Fault::TakesTokensOfOthers => None,
            _ if fault == Fault::StartsAtTheBeginning => after.or_else(|| Some(self.begin.clone())),
            _ => after,
        };
        let inner = self.store.events(after).await?;
        let start = inner.token().clone();
        let steps = stream::unfold(inner, async |mut inner| {
            let events = inner.next().await?;
            let token = inner.token().clone();
            Some((events.map(|events| (token, events)), inner))
        });
        let first = start.clone();
        let parts = steps.skip(skipped).map(move |step| match step {
            Ok((token, events)) => fault.steps(&first, token, events).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        let steps = parts.flat_map(stream::iter);
        Ok(match fault {
            Fault::SwapsItems => EventStream::new(start, swapped(steps)),
            _ => EventStream::new(start, steps),
        })
    }
}

impl Faulty {
    async fn new(fault: Fault) -> Self {
        let store = MemoryStore::new();
        let begin = store.events(None).await.expect("it has events").token().clone();
        Self { store, begin, fault }
    }
}

impl Fault {
    fn steps(self, start: &EventToken, token: EventToken, mut events: TicketEvents) -> Vec<EventStep> {
        let step = |token, events| EventStep { token, events: Some(events) };
        let is_fifth = events.version == Some(5);
        match self {
            Self::DropsAnItem if is_fifth => vec![EventStep { token, events: None }],
            Self::RepeatsWithAnotherId if is_fifth => {
                let mut again = events.clone();
                again.id.push_str("-2");
                vec![step(token.clone(), events), step(token, again)]
            }
            Self::ForgetsNotes => {
                events.notes.clear();
                vec![step(token, events)]
            }
            Self::MovesItsTokenTooFar => vec![step(after(&token), events)],
            Self::KeepsItsToken => vec![step(start.clone(), events)],
            _ => vec![step(token, events)],
        }
    }
}

/// Returns the token of the next change of a store in memory.
fn after(token: &EventToken) -> EventToken {
    let (store, position) = token.as_str().split_once('-').expect("it is of a store in memory");
    let position: u64 = position.parse().expect("it is a number");
    EventToken::from_ascii(format!("{store}-{}", position + 1))
}

/// Swaps the items of the fifth and the sixth version of a ticket.
fn swapped(
    steps: impl futures::Stream<Item = Result<EventStep, StoreError>> + Send,
) -> impl futures::Stream<Item = Result<EventStep, StoreError>> + Send {
    let mut held = Vec::new();
    steps.flat_map(move |step| {
        let version = |step: &Result<EventStep, StoreError>| {
            step.as_ref().ok().and_then(|step| step.events.as_ref()?.version)
        };
        let parts = match version(&step) {
            Some(5) => {
                held.push(step);
                Vec::new()
            }
            _ => std::iter::once(step).chain(std::mem::take(&mut held)).collect(),
        };
        stream::iter(parts)
    })
}
