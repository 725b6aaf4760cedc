//! Tests of the suite: faulty stores must fail at the cases of their fault.

mod events;
mod handles;
mod races;
mod unreadable;

use std::{panic::AssertUnwindSafe, time::Duration};

use async_trait::async_trait;
use futures::FutureExt;
use ventanilla_domain::{
    Audience, BusinessTime, Command, MessageRange, Outcome, SlaTimers, Ticket, TicketDetails,
    TicketLookup, TicketNumber, TicketRecord, TicketSummary, Timestamp,
};

use super::{check, message, support::MILLISECOND};
use crate::{
    Counted, Counts, CountsQuery, DueFilter, EventStream, EventToken, InsertOutcome, ListQuery,
    MemoryStore, Page, PageQuery, Period, Report, ReportBuilder, ReportQuery, Sort, StoreError,
    TicketStore,
    store::{default_count, forward},
    testing,
};

#[tokio::test]
async fn a_faulty_store_fails_at_the_case_of_its_fault() {
    for (fault, case) in [
        (Fault::StoresNothing, "a_new_ticket_is_read_back_whole"),
        (Fault::ForgetsKeys, "a_key_sent_again_opens_one_ticket"),
        (Fault::ShowsTicketsOfOthers, "the_ticket_of_another_requester_is_none"),
        (Fault::PrefersFoldedNumbers, "a_literal_match_wins"),
        (Fault::RepeatsUpdates, "every_one_of_many_messages_is_kept"),
        (Fault::LosesRows, "pages_of_every_size_make_the_same_list"),
        (Fault::NeverEnds, "each_filter_in_each_order"),
        (Fault::CountsNothing, "counts_are_those_of_the_tickets"),
        (Fault::ForgetsTimers, "timers_are_read_back_whole"),
        (Fault::ShowsTimersToEverybody, "only_the_desk_sees_the_timers"),
        (Fault::NeverStopsTimers, "the_first_response_stops_at_a_message_of_the_desk"),
        (Fault::IsOverdueAtOnce, "a_ticket_is_overdue_only_after_its_due_time"),
        (Fault::ListsOverdueAsAtRisk, "each_list_by_due_time_with_each_filter"),
        (Fault::CountsNoneOverdue, "counts_as_of_a_business_time"),
        (Fault::ForgetsWaits, "a_message_of_the_requester_ends_a_wait"),
        (Fault::ForgetsHandOvers, "a_hand_over_lasts_until_an_administrator_answers"),
        (Fault::ForgetsFiles, "files_are_read_back_with_their_messages"),
        (Fault::ForgetsDrafts, "a_draft_lasts_until_somebody_writes"),
        (Fault::FindsResolvedTooLate, "a_ticket_is_found_from_its_time_of_resolution_on"),
        (
            Fault::ReportsOnlyStoppedTimers,
            "a_running_timer_is_breached_from_the_millisecond_after_its_due_time",
        ),
        (Fault::IgnoresThePeriod, "the_bounds_of_a_period_are_exact_to_the_millisecond"),
        (Fault::IsUnavailable, "keys_are_literal: the store failed: Unavailable"),
    ] {
        let faulty = check(async || Faulty { store: MemoryStore::new(), fault });
        let panic = AssertUnwindSafe(faulty).catch_unwind().await.expect_err("the store is faulty");
        assert!(message(&*panic).contains(&format!("\n- {case}")), "{fault:?}: {}", message(&*panic));
    }
}

#[tokio::test]
async fn a_store_with_one_fault_fails_at_no_other_case() {
    for (fault, cases) in [
        (Fault::CountsOverdueAtOnce, ["a_ticket_is_overdue_only_after_its_due_time"].as_slice()),
        (Fault::IsOverdueAtOnce, &["a_ticket_is_overdue_only_after_its_due_time"]),
        (
            Fault::RoundsCreationInDueLists,
            &["creation_bounds_are_exact_to_the_millisecond_in_lists_by_due_time"],
        ),
        (
            Fault::ForgetsOlderNotes,
            &["a_ticket_of_version_0_1_is_kept", "a_ticket_of_version_0_1_is_changed"],
        ),
        (Fault::SortsWholeConversations, &["a_whole_ticket_equals_the_one_changed_by_the_domain"]),
        (Fault::DropsDueFilters, &["each_due_filter_in_each_order_with_each_filter"]),
        (
            Fault::DropsLabelFilters,
            &[
                "each_filter_in_each_order",
                "each_two_filters_together",
                "filters_that_no_ticket_passes",
                "each_list_by_due_time_with_each_filter",
                "each_due_filter_in_each_order_with_each_filter",
                "filters_that_no_ticket_passes_in_lists_by_due_time",
                "each_waiting_filter_in_each_order_with_each_filter",
                "labels_are_added_and_removed",
                "a_new_ticket_is_listed_by_its_labels",
                "a_ticket_has_no_more_labels_than_allowed",
                "a_list_by_label_is_walked_in_pages",
            ],
        ),
        (
            Fault::DropsWaitingFilters,
            &[
                "waits_are_filtered_until_their_end",
                "each_waiting_filter_in_each_order_with_each_filter",
            ],
        ),
        (
            Fault::ListsEndedWaits,
            &[
                "waits_are_filtered_until_their_end",
                "each_waiting_filter_in_each_order_with_each_filter",
            ],
        ),
        (Fault::CountsEndedWaits, &["waits_and_hand_overs_are_counted"]),
        (Fault::CountsOnePage, &["each_list_is_counted_up_to_a_limit"]),
        (Fault::CountsTheLimit, &["each_list_is_counted_up_to_a_limit", "a_count_follows_every_change"]),
        (Fault::CountsTheRestOfAPage, &["each_list_is_counted_up_to_a_limit"]),
        (Fault::FailsEmptyDueLists, &["filters_that_no_ticket_passes_in_lists_by_due_time"]),
    ] {
        let checked = check(async || Faulty { store: MemoryStore::new(), fault });
        assert_eq!(failed(checked).await, cases, "{fault:?}");
    }
}

/// Returns the names of the cases that failed.
async fn failed<T>(checked: impl Future<Output = T>) -> Vec<String> {
    let Err(panic) = AssertUnwindSafe(checked).catch_unwind().await else { return Vec::new() };
    let cases = message(&*panic).lines().filter_map(|line| line.strip_prefix("- "));
    cases.filter_map(|case| Some(case.split_once(':')?.0.to_owned())).collect()
}

#[test]
fn case_names_are_unique() {
    let suite = super::suite();
    let names: Vec<&str> = suite.iter().map(|case| case.name).chain(super::events::names()).collect();
    let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len());
}

#[tokio::test]
async fn one_case_fails_alone() {
    let faulty = async || Faulty { store: MemoryStore::new(), fault: Fault::ForgetsKeys };
    super::check_case(faulty, "the_ticket_of_another_requester_is_none").await;
    super::check_case(async || MemoryStore::new(), "tokens_of_another_database_are_refused").await;
    let checked = super::check_case(faulty, "a_key_sent_again_opens_one_ticket");
    assert!(AssertUnwindSafe(checked).catch_unwind().await.is_err(), "the store forgets keys");
}

/// Store that implements only the required methods.
struct Small(MemoryStore);

impl TicketStore for Small {
    forward!(|this| this.0; insert, ticket, update, list, counts);
}

#[tokio::test]
#[should_panic(expected = "there is no case \"nothing\"; there are: a_new_ticket_is_read_back_whole,")]
async fn an_unknown_case_is_answered_with_all_names() {
    super::check_case(async || MemoryStore::new(), "nothing").await;
}

#[tokio::test]
async fn the_default_methods_conform() {
    let summary = check(async || Small(MemoryStore::new())).await;
    assert_eq!(summary.skipped(), super::events::names().collect::<Vec<_>>());
    for name in summary.skipped() {
        assert!(summary.to_string().contains(name), "{summary}");
    }
    let complete = AssertUnwindSafe(async { summary.assert_complete() }).catch_unwind().await;
    assert!(complete.is_err(), "it has no events");
}

#[tokio::test]
async fn a_store_with_faulty_events_fails_as_a_whole() {
    struct Silent(MemoryStore);

    #[async_trait]
    impl TicketStore for Silent {
        forward!(|this| this.0; insert, ticket, update, list, counts);

        async fn events(&self, _: Option<EventToken>) -> Result<EventStream, StoreError> {
            Err(StoreError::Failed { source: "no stream".into() })
        }
    }

    let failed = failed(check(async || Silent(MemoryStore::new()))).await;
    assert_eq!(failed, super::events::names().collect::<Vec<_>>());
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    StoresNothing,
    ForgetsKeys,
    ShowsTicketsOfOthers,
    PrefersFoldedNumbers,
    RepeatsUpdates,
    LosesRows,
    NeverEnds,
    CountsNothing,
    ForgetsTimers,
    ShowsTimersToEverybody,
    NeverStopsTimers,
    IsOverdueAtOnce,
    ListsOverdueAsAtRisk,
    CountsNoneOverdue,
    FindsResolvedTooLate,
    ReportsOnlyStoppedTimers,
    IgnoresThePeriod,
    IsUnavailable,
    CountsOverdueAtOnce,
    RoundsCreationInDueLists,
    ForgetsOlderNotes,
    SortsWholeConversations,
    FailsEmptyDueLists,
    DropsDueFilters,
    ForgetsWaits,
    ForgetsFiles,
    ForgetsHandOvers,
    ForgetsDrafts,
    DropsWaitingFilters,
    DropsLabelFilters,
    ListsEndedWaits,
    CountsEndedWaits,
    CountsOnePage,
    /// A list that is longer than the limit is as long as the limit.
    CountsTheLimit,
    /// The pages before don't count.
    CountsTheRestOfAPage,
}

struct Faulty {
    store: MemoryStore,
    fault: Fault,
}

#[async_trait]
impl TicketStore for Faulty {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let mut record = TicketRecord::from(ticket.clone());
        match self.fault {
            Fault::StoresNothing => return Ok(InsertOutcome::Stored),
            Fault::IsUnavailable => return Err(StoreError::Unavailable { source: "no network".into() }),
            Fault::ForgetsKeys => record.creation_key = None,
            Fault::ForgetsTimers => record.sla = None,
            Fault::ForgetsOlderNotes => record.notes.retain(|note| note.version > 0),
            _ => {}
        }
        self.store.insert(&record.into()).await
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        let ticket = self.store.ticket(number).await?;
        if self.fault != Fault::SortsWholeConversations {
            return Ok(ticket);
        }
        Ok(ticket.map(TicketRecord::from).map(|mut record| {
            record.messages.sort_by_key(|message| message.created_at);
            record.into()
        }))
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        let last = lookup.candidates()[lookup.candidates().len() - 1].clone().into();
        match self.fault {
            Fault::ShowsTicketsOfOthers => self.store.get(lookup, &Audience::Desk, range).await,
            Fault::ShowsTimersToEverybody => {
                let whole = self.store.get(lookup, &Audience::Desk, range).await?;
                let sla = whole.and_then(|view| view.head.sla);
                let seen = self.store.get(lookup, audience, range).await?;
                Ok(seen.map(|mut view| {
                    view.head.sla = sla;
                    view
                }))
            }
            Fault::PrefersFoldedNumbers => self.store.get(&last, audience, range).await,
            _ => self.store.get(lookup, audience, range).await,
        }
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        if self.fault == Fault::RepeatsUpdates {
            self.store.update(number, command).await?;
        }
        let outcome = self.store.update(number, command).await?;
        if let Some(stored) = self.store.stored(number) {
            let mut record = TicketRecord::from(stored);
            match self.fault {
                Fault::ForgetsWaits => record.waiting = None,
                Fault::ForgetsHandOvers => record.handoff_at = None,
                Fault::ForgetsDrafts => record.draft = None,
                Fault::ForgetsFiles => {
                    record.messages.iter_mut().for_each(|message| message.attachments.clear())
                }
                _ => {}
            }
            self.store.overwrite(&record.into());
        }
        Ok(match outcome {
            Outcome::Applied { mut head, events } if self.fault == Fault::NeverStopsTimers => {
                head.sla = head.sla.map(|timers| Box::new(running(*timers)));
                Outcome::Applied { head, events }
            }
            outcome => outcome,
        })
    }

    async fn list(&self, query: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        if self.fault == Fault::DropsDueFilters && query.query().sort() != Sort::Due {
            let unfiltered = query.query().without_due().first_page();
            let Page { rows, unreadable, .. } = self.store.list(&unfiltered).await?;
            if query.query().due().is_some() {
                return Ok(Page { rows, next: None, unreadable });
            }
        }
        let asked = self.late(query);
        let mut page = self.store.list(&asked).await?;
        // Its cursors must belong to the query that it was given.
        let position =
            page.next.map(|next| next.decode(asked.query()).expect("the cursor belongs to this query"));
        page.next = position.map(|position| query.cursor_after(&position));
        let is_due = query.query().uses_due_time();
        let is_empty = query.query().statuses().is_empty() || query.query().priorities().is_empty();
        if self.fault == Fault::FailsEmptyDueLists && is_due && is_empty {
            return Err(StoreError::Failed { source: "no ranges to merge".into() });
        }
        match self.fault {
            Fault::ListsOverdueAsAtRisk if query.query().due() == Some(DueFilter::AtRisk) => {
                let overdue = query.query().clone().overdue().first_page().with_as_of(query.as_of());
                page.rows.extend(self.store.list(&overdue).await?.rows);
            }
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

    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        let counted = default_count(self, list, up_to).await?;
        Ok(match (self.fault, counted) {
            (Fault::CountsOnePage, _) => {
                let rows = self.store.list(&list.clone().at_start()).await?.rows.len();
                Counted::new(rows as u64, up_to)
            }
            (Fault::CountsTheLimit, Counted::MoreThan(limit)) => Counted::Exactly(limit),
            (Fault::CountsTheRestOfAPage, Counted::Exactly(_)) if list.position().is_some() => {
                Counted::Exactly(self.store.list(list).await?.rows.len() as u64)
            }
            (_, counted) => counted,
        })
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        let as_of = |as_of| query.clone().with_as_of(as_of);
        match self.fault {
            Fault::CountsNothing => Ok(Counts::default()),
            Fault::CountsNoneOverdue => self.store.counts(&as_of(None)).await,
            Fault::CountsOverdueAtOnce => self.store.counts(&as_of(query.as_of().map(after))).await,
            Fault::CountsEndedWaits => {
                let begun = CountsQuery::new(query.mine().clone(), Timestamp::MIN);
                self.store.counts(&begun.with_as_of(query.as_of())).await
            }
            _ => self.store.counts(query).await,
        }
    }

    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let late = Duration::from_millis(u64::from(self.fault == Fault::FindsResolvedTooLate));
        self.store.resolved_until(latest.minus(late), limit).await
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        match self.fault {
            Fault::ReportsOnlyStoppedTimers => {
                let mut tally = ReportBuilder::default();
                for row in self.store.list(&ListQuery::new().into()).await?.rows {
                    let timers = row.head.sla.iter().flat_map(|timers| timers.all());
                    if timers.into_iter().all(|(_, timer)| !timer.is_running()) {
                        tally.add_ticket(query, &row.head);
                    }
                }
                Ok(tally.report())
            }
            Fault::IgnoresThePeriod => {
                let ever = Period::new(Timestamp::MIN, Timestamp::MAX).expect("it ends after it starts");
                self.store.report(&ReportQuery::new(ever, &testing::sla(), Timestamp::MAX)).await
            }
            _ => self.store.report(query).await,
        }
    }
}

impl Faulty {
    fn late(&self, page: &PageQuery) -> PageQuery {
        match (self.fault, page.query().uses_due_time()) {
            (Fault::IsOverdueAtOnce, _) => page.clone().with_as_of(after(page.as_of())),
            (Fault::RoundsCreationInDueLists, true) if page.query().created() != (None, None) => {
                rounded(page)
            }
            (Fault::DropsLabelFilters, _) => with_query(page, page.query().without_labels()),
            (Fault::DropsWaitingFilters, _) => with_query(page, page.query().without_waiting()),
            (Fault::ListsEndedWaits, _) => page.clone().with_now(Timestamp::MIN),
            _ => page.clone(),
        }
    }
}

/// Returns the time a millisecond later.
fn after(time: BusinessTime) -> BusinessTime {
    time.plus(MILLISECOND)
}

/// Returns the page with wider bounds of creation.
fn rounded(page: &PageQuery) -> PageQuery {
    let mut query = page.query().clone();
    if let (Some(from), _) = query.created() {
        query = query.with_created_from(from.minus(MILLISECOND));
    }
    if let (_, Some(before)) = query.created() {
        query = query.with_created_before(before.plus(MILLISECOND));
    }
    with_query(page, query)
}

/// Returns the page of another query at the same position and time.
fn with_query(page: &PageQuery, query: ListQuery) -> PageQuery {
    let first = query.clone().first_page();
    let cursor = page.position().map(|position| first.cursor_after(position));
    let other = cursor
        .map_or(first, |cursor| query.page_after(&cursor).expect("the cursor belongs to this query"));
    other.with_as_of(page.as_of()).with_now(page.now())
}

fn running(mut timers: SlaTimers) -> SlaTimers {
    timers.first_response.stop = None;
    timers
}
