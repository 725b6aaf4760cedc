//! Stores that handle an unreadable ticket wrongly.

use async_trait::async_trait;
use ventanilla_domain::{
    Actor, Audience, Command, MessageRange, Outcome, Ticket, TicketDetails, TicketLookup, TicketNumber,
    TicketSummary,
};

use super::failed;
use crate::{
    Counted, Counts, CountsQuery, InsertOutcome, MemoryStore, Page, PageQuery, StoreError, TicketStore,
    Unreadable,
    conformance::check_unreadable,
    store::{default_count, default_get},
    testing,
};

#[tokio::test]
async fn a_store_that_handles_an_unreadable_ticket_wrongly_fails_at_no_other_case() {
    for (fault, cases) in [
        (Fault::None, [].as_slice()),
        (Fault::FailsReadsOfOthers, &["other_customers_find_nothing"]),
        (Fault::FailsChangesOfOthers, &["other_customers_change_nothing"]),
        (Fault::HidesItFromTheDesk, &["the_desk_gets_an_error", "its_number_stays_taken"]),
        (Fault::NamesAnother, &["the_desk_gets_an_error"]),
        (Fault::LeavesItOut, &["lists_report_it_and_continue"]),
        (Fault::LeavesOutTheRest, &["lists_report_it_and_continue"]),
        (
            Fault::FailsLists,
            &["lists_report_it_and_continue", "a_count_of_a_list_includes_it", "sums_leave_it_out"],
        ),
        (Fault::CountsOnlyTheRest, &["a_count_of_a_list_includes_it"]),
        (Fault::FailsCounts, &["sums_leave_it_out"]),
        (Fault::OverwritesIt, &["its_number_stays_taken"]),
    ] {
        let store = Damaged { store: MemoryStore::new(), fault };
        for number in [DAMAGED, "TKT-OTHER1"] {
            let ticket = testing::ticket(number).build();
            store.store.insert(&ticket).await.expect("memory never fails");
        }
        assert_eq!(failed(check_unreadable(&store, &damaged())).await, cases, "{fault:?}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    FailsReadsOfOthers,
    FailsChangesOfOthers,
    HidesItFromTheDesk,
    NamesAnother,
    LeavesItOut,
    LeavesOutTheRest,
    FailsLists,
    FailsCounts,
    CountsOnlyTheRest,
    OverwritesIt,
}

const DAMAGED: &str = "TKT-ABC123";

fn damaged() -> TicketNumber {
    TicketNumber::parse(DAMAGED).expect("a valid number")
}

/// Store with one unreadable ticket.
struct Damaged {
    store: MemoryStore,
    fault: Fault,
}

impl Damaged {
    fn unreadable(&self) -> StoreError {
        let number = if self.fault == Fault::NamesAnother { "TKT-OTHER1" } else { DAMAGED };
        StoreError::Unreadable { number: number.into(), source: "damaged".into() }
    }
}

#[async_trait]
impl TicketStore for Damaged {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        if self.fault == Fault::OverwritesIt && ticket.head().ticket_number == damaged() {
            return Ok(InsertOutcome::Stored);
        }
        self.store.insert(ticket).await
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        match self.store.ticket(number).await? {
            Some(_) if *number == damaged() => Err(self.unreadable()),
            other => Ok(other),
        }
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        if self.fault == Fault::None {
            return default_get(self, lookup, audience, range).await;
        }
        let whole = self.store.get(lookup, &Audience::Desk, range).await?;
        if whole.is_none_or(|view| view.head.ticket_number != damaged()) {
            return self.store.get(lookup, audience, range).await;
        }
        let seen = self.store.get(lookup, audience, range).await?;
        match self.fault {
            Fault::FailsReadsOfOthers => Err(self.unreadable()),
            Fault::HidesItFromTheDesk => Ok(None),
            _ if seen.is_none() => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        if *number != damaged() {
            return self.store.update(number, command).await;
        }
        match (self.fault, command.actor()) {
            (Fault::FailsChangesOfOthers, _) => Err(self.unreadable()),
            (Fault::HidesItFromTheDesk, _) => Ok(Outcome::NotFound),
            (_, Actor::Customer(id)) if *id != testing::customer(0) => Ok(Outcome::NotFound),
            _ => Err(self.unreadable()),
        }
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let mut page = self.store.list(page).await?;
        let all = page.rows.len();
        page.rows.retain(|row| row.head.ticket_number != damaged());
        if page.rows.len() < all {
            match self.fault {
                Fault::FailsLists => return Err(self.unreadable()),
                Fault::LeavesItOut => return Ok(page),
                Fault::LeavesOutTheRest => page.rows.clear(),
                _ => {}
            }
            let ticket_number = DAMAGED.into();
            page.unreadable.push(Unreadable { ticket_number, problem: "damaged".into() });
        }
        Ok(page)
    }

    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        Ok(match default_count(self, list, up_to).await? {
            Counted::Exactly(found) if self.fault == Fault::CountsOnlyTheRest => {
                Counted::Exactly(found - 1)
            }
            counted => counted,
        })
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        if self.fault == Fault::FailsCounts {
            return Err(self.unreadable());
        }
        self.store.counts(query).await
    }
}
