//! SLA timers of tickets to which the other application writes, which doesn't know them.

use bson::{Document, doc};
use ventanilla_service::{
    Category, Change, ListQuery, NewTicket, Policy, Priority, Status, TicketNumber,
    sla::{Period, SlaMetric, SlaState},
    store::{Command, CountsQuery, InsertOutcome, Outcome, ReportQuery, TicketStore},
    ticket::Actor,
};

use super::{
    raw::{Beside, DAY, after, date, person, said, text, theirs, user},
    timer_generators::round_the_clock,
};

/// Opens a ticket of ours when the tests begin: its first response is due after a day and a half, its
/// resolution after three.
async fn opened() -> (Beside, Document) {
    let beside = Beside::new().await;
    let draft = NewTicket::new(Category::PAGOS, text("Me cobraron dos veces"));
    let number = TicketNumber::from_entropy(b"timers");
    let ticket = draft.open(number, &user(0), &Actor::Customer(user(0)), after(0), &policy()).unwrap();
    assert_eq!(beside.store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
    let document = beside.raw.find_one(doc! {}).await.unwrap().unwrap();
    (beside, document)
}

fn policy() -> Policy {
    Policy { sla: Some(round_the_clock()), ..Policy::default() }
}

impl Beside {
    async fn they_write(&self, document: &Document, write: Document) {
        let before = self.read(document).await;
        self.raw.update_one(doc! { "_id": document.get("_id") }, write).await.unwrap();
        assert_eq!(self.read(document).await.get("sla"), before.get("sla"));
    }

    async fn we_change(&self, document: &Document, change: Change, ms: i64) {
        let command = Command::new(&Actor::Admin(user(2)), after(ms), &policy(), change).unwrap();
        let outcome = self.store.update(&super::raw::number(document), &command).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }

    /// Counts the overdue tickets, by a list and by `counts`.
    async fn overdue(&self, ms: i64) -> u64 {
        let now = round_the_clock().business_time_at(after(ms));
        let page = ListQuery::new().overdue().first_page().with_as_of(now);
        let listed = self.store.list(&page).await.unwrap().rows.len() as u64;
        let query = CountsQuery::new(user(2), after(ms)).with_as_of(now);
        assert_eq!(self.store.counts(&query).await.unwrap().overdue, listed);
        listed
    }

    /// Counts the breached timers of a metric, by a report.
    async fn breached(&self, metric: SlaMetric, ms: i64) -> u64 {
        let period = Period::new(after(-DAY), after(ms)).unwrap();
        let query = ReportQuery::new(period, &round_the_clock(), after(ms));
        let report = self.store.report(&query).await.unwrap();
        report.overall.of(metric).breached
    }
}

#[tokio::test]
async fn their_answer_counts_in_views_and_reports_and_in_lists_with_our_next_change() {
    let (beside, ticket) = opened().await;
    assert_eq!(beside.overdue(2 * DAY).await, 1);
    assert_eq!(beside.breached(SlaMetric::FirstResponse, 2 * DAY).await, 1);

    let answer = doc! { "$push": { "messages": said("ADMIN", "Lo miramos", DAY) } };
    beside.they_write(&ticket, answer).await;
    let head = beside.view(&ticket).await.unwrap().unwrap().head;
    let timers = head.timers(&round_the_clock()).unwrap();
    let now = round_the_clock().business_time_at(after(2 * DAY));
    assert_eq!(timers.first_response.state(now), SlaState::Met);
    assert_eq!(beside.breached(SlaMetric::FirstResponse, 2 * DAY).await, 0);
    assert_eq!(beside.overdue(2 * DAY).await, 1, "the list goes by the timer");

    beside.we_change(&ticket, Change::message(text("Ya está")), 2 * DAY).await;
    assert_eq!(beside.overdue(2 * DAY).await, 0);
    assert_eq!(beside.overdue(4 * DAY).await, 1, "for its resolution");
}

#[tokio::test]
async fn tickets_that_they_resolve_leave_the_lists_at_once() {
    let (beside, ticket) = opened().await;
    for status in ["RESOLVED", "CLOSED"] {
        let fields = doc! { "status": status, "resolvedAt": date(DAY), "updatedAt": date(DAY) };
        beside.they_write(&ticket, doc! { "$set": fields }).await;
        assert_eq!(beside.overdue(9 * DAY).await, 0);
        assert_eq!(beside.breached(SlaMetric::Resolution, 9 * DAY).await, 0);
    }
    assert_eq!(beside.store.reconcile(None, 10).await.unwrap().repaired, 1);
    assert_eq!(beside.read(&ticket).await.get("sla"), ticket.get("sla"));

    let reopened = doc! { "status": "OPEN", "resolvedAt": null, "updatedAt": date(2 * DAY) };
    beside.they_write(&ticket, doc! { "$set": reopened }).await;
    assert_eq!(beside.overdue(9 * DAY).await, 1, "its timers have run all the time");
    beside.we_change(&ticket, Change::status(Status::Resolved), 2 * DAY).await;
    assert_eq!(beside.overdue(9 * DAY).await, 0);
    assert!(!beside.read(&ticket).await.get_document("sla").unwrap().contains_key("due"));
}

#[tokio::test]
async fn tickets_that_they_open_have_no_timers_and_get_none() {
    let beside = Beside::new().await;
    let ticket = theirs();
    beside.write(&ticket).await;
    beside.we_change(&ticket, Change::message(text("Lo miramos")), DAY).await;
    beside.we_change(&ticket, Change::priority(Priority::Urgent), DAY).await;
    beside.we_change(&ticket, Change::assign(Some(user(3))), DAY).await;
    let now = beside.read(&ticket).await;
    assert_eq!(now.get_object_id("assigneeId").unwrap(), person(3));
    assert_eq!(now.get("sla"), None);
    assert_eq!(beside.overdue(99 * DAY).await, 0);
}
