//! Stores that break a promise must fail, and the suite must say at what.

use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use futures::FutureExt;
use ventanilla_domain::{
    BusinessTime, Outcome, Plan, Scope, Ticket, TicketLookup, TicketNumber, TicketRecord, TicketSummary,
    TicketView, UserId, Window,
};

use super::{check, message};
use crate::{Counts, Inserted, MemoryStore, Page, PageQuery, StoreError, TicketStore};

#[tokio::test]
async fn a_broken_promise_is_named() {
    for (fault, case) in [
        (Fault::StoresNothing, "a_new_ticket_is_read_back_whole"),
        (Fault::ForgetsKeys, "a_key_sent_again_opens_one_ticket"),
        (Fault::ShowsForeignTickets, "a_foreign_ticket_is_none"),
        (Fault::PrefersFoldedNumbers, "what_was_typed_literally_wins"),
        (Fault::RepeatsUpdates, "every_one_of_many_messages_is_kept"),
        (Fault::LosesRows, "pages_of_every_size_make_the_same_list"),
        (Fault::NeverEnds, "each_filter_in_each_order"),
        (Fault::CountsNothing, "counts_are_those_of_the_tickets"),
        (Fault::IsNeverThere, "keys_are_literal: the store failed: Unavailable"),
    ] {
        let faulty = check(async || Faulty { store: MemoryStore::new(), fault });
        let panic = AssertUnwindSafe(faulty).catch_unwind().await.expect_err("a promise is broken");
        assert!(message(&*panic).contains(&format!("\n- {case}")), "{fault:?}: {}", message(&*panic));
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    StoresNothing,
    ForgetsKeys,
    ShowsForeignTickets,
    PrefersFoldedNumbers,
    RepeatsUpdates,
    LosesRows,
    NeverEnds,
    CountsNothing,
    IsNeverThere,
}

struct Faulty {
    store: MemoryStore,
    fault: Fault,
}

#[async_trait]
impl TicketStore for Faulty {
    async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let mut record = TicketRecord::from(ticket.clone());
        match self.fault {
            Fault::StoresNothing => return Ok(Inserted::Stored),
            Fault::IsNeverThere => return Err(StoreError::Unavailable { source: "no network".into() }),
            Fault::ForgetsKeys => record.creation_key = None,
            _ => {}
        }
        self.store.insert(&record.into()).await
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError> {
        let last = lookup.candidates()[lookup.candidates().len() - 1].clone().into();
        match self.fault {
            Fault::ShowsForeignTickets => self.store.get(lookup, &Scope::All, window).await,
            Fault::PrefersFoldedNumbers => self.store.get(&last, scope, window).await,
            _ => self.store.get(lookup, scope, window).await,
        }
    }

    async fn update(&self, number: &TicketNumber, plan: &Plan) -> Result<Outcome, StoreError> {
        if self.fault == Fault::RepeatsUpdates {
            self.store.update(number, plan).await?;
        }
        self.store.update(number, plan).await
    }

    async fn list(&self, query: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let mut page = self.store.list(query).await?;
        match self.fault {
            Fault::LosesRows if page.next.is_some() => {
                page.rows.pop();
            }
            Fault::NeverEnds => {
                page.next = page.next.or_else(|| Some(query.cursor_after(query.position()?)));
            }
            _ => {}
        }
        Ok(page)
    }

    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError> {
        match self.fault {
            Fault::CountsNothing => Ok(Counts::default()),
            _ => self.store.counts(mine, as_of).await,
        }
    }
}
