//! Counts the commands of each use case at a desk with SLA targets.

use ventanilla_service::{
    Category, Change, ListQuery, MessageText, NewTicket, Priority, Status, TimeZone,
    list::{PageSize, Sort},
    settings::Days,
    sla::{Period, SlaMetric},
    store::TicketStore,
    testing::{TicketFixture, admin, customer, epoch, sla},
    view::Viewer,
};

use super::command_log::{CommandLog, is_counts};

const WORDS: &str = "Ya está devuelto.";

#[tokio::test]
async fn a_change_that_moves_timers_is_two_commands() {
    let mut log = CommandLog::new().await;
    let desk = log.desk_with_targets().build();
    let (ana, luis) = (desk.customer(customer(0)), desk.admin(admin(0)));
    let draft = NewTicket::new(Category::PAGOS, MessageText::parse(WORDS).unwrap());
    log.enter("customer: create", ana.create(draft)).await;

    let number = log.ticket(open).await;
    log.enter("admin: priority", luis.set_priority(&number, Priority::Urgent)).await;
    log.enter("admin: message", luis.reply(&number, WORDS)).await;
    log.enter("customer: message", ana.reply(&number, WORDS)).await;
    log.enter("admin: reply and resolve", luis.reply(&number, WORDS).status(Status::Resolved)).await;
    log.enter("customer: message that reopens", ana.reply(&number, WORDS)).await;
    log.enter("admin: close", luis.set_status(&number, Status::Closed)).await;
    let read = log.enter("admin: view, for its page", luis.get(&number)).await.unwrap();
    let timers = read.head.sla.clone().expect("it has timers");
    assert!(!timers.resolution.is_running() && timers.next_response.is_some());
    let _ = luis.pages(Viewer::new(TimeZone::UTC), &()).ticket(&read).await;
    log.is_all_at_least_cost("ok", 6);
}

/// Checks this also where the server would send an answer in parts.
#[tokio::test]
async fn a_list_by_due_time_and_a_report_are_one_command() {
    let mut log = CommandLog::new().await;
    let luis = log.desk_with_targets().build().admin(admin(0));
    log.fill(1_200).await;
    for (name, query) in [
        ("waiting", ListQuery::new().with_sort(Sort::Due)),
        ("overdue", ListQuery::new().overdue()),
        ("at risk", ListQuery::new().at_risk()),
        ("overdue, newest first", ListQuery::new().overdue().with_sort(Sort::default())),
    ] {
        for rows in [20, PageSize::MAX] {
            let query = query.clone().with_page_size(PageSize::new(rows).unwrap());
            let first = log.enter(format!("admin: {name}, {rows}"), luis.list(query.clone())).await;
            let Some(next) = first.unwrap().next else { continue };
            let next = luis.list(query.page_after(&next).unwrap());
            log.enter(format!("admin: {name}, {rows} more"), next).await;
        }
    }
    let month = Period::new(epoch(), epoch().plus(Days(28).duration())).unwrap();
    let report = log.enter("admin: report", luis.report(month)).await.unwrap();
    assert!(report.overall.of(SlaMetric::FirstResponse).count > 200);
    log.is_all("ok", 1);
}

#[tokio::test]
async fn a_dashboard_is_three_commands() {
    let mut log = CommandLog::new().await;
    let luis = log.desk_with_targets().build().admin(admin(0));
    log.fill(220).await;
    let page = async {
        let rows = luis.list(ListQuery::new().overdue()).await?.rows.len() as u64;
        let counts = luis.counts().await?;
        assert!(counts.overdue >= rows && rows == 20);
        Ok(())
    };
    log.enter("admin: dashboard", page).await;
    let commands = &log.entries[0].commands;
    assert!(commands[0] == "find" && is_counts(&commands[1..]), "{commands:?}");
}

#[tokio::test]
async fn a_list_by_due_time_goes_on_without_timers_too() {
    let log = CommandLog::new().await;
    log.fill(30).await;
    let query = ListQuery::new().with_sort(Sort::Due).with_page_size(PageSize::new(2).unwrap());
    let first = log.store.list(&query.clone().first_page()).await.unwrap();
    let untimed = log.store.list(&query.first_page().for_requester()).await.unwrap();
    assert!(first.next.is_some() && first.next == untimed.next);
}

#[tokio::test]
async fn rows_for_a_requester_have_nothing_that_only_the_desk_may_see() {
    let log = CommandLog::new().await;
    log.fill(30).await;
    let page = ListQuery::new().with_page_size(PageSize::new(30).unwrap()).first_page();
    let desk = log.store.list(&page).await.unwrap().rows;
    let theirs = log.store.list(&page.for_requester()).await.unwrap().rows;
    assert!(desk.iter().any(|row| row.head.sla.is_some()));
    assert!(desk.iter().any(|row| !row.head.tags.is_empty()));
    for (mut row, theirs) in desk.into_iter().zip(theirs) {
        (row.head.sla, row.head.tags) = (None, Vec::new());
        (row.head.waiting, row.head.handoff_at) = (None, None);
        assert_eq!(theirs, row);
    }
}

#[tokio::test]
async fn one_change_to_many_tickets_is_two_commands_each() {
    let mut log = CommandLog::new().await;
    let desk = log.desk_with_targets().build();
    let luis = desk.admin(admin(0));
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(log.ticket(open).await.to_string());
    }
    let change = Change::status(Status::Resolved);
    let each = async { Ok(luis.change_each(&numbers, &change).await) };
    let changes = log.enter("admin: resolve five", each).await.unwrap();
    assert_eq!((changes.done(), changes.failed()), (5, 0));
    assert_eq!(log.entries[0].commands, ["find", "update"].repeat(5));
}

#[tokio::test]
async fn closing_what_is_resolved_is_one_command_and_two_for_each() {
    let mut log = CommandLog::new().await;
    let desk = log.desk_with_targets().build();
    for _ in 0..3 {
        log.ticket(|ticket| open(ticket).status(Status::Resolved)).await;
    }
    let batch = log.enter("system: close", desk.system().close_resolved(100)).await.unwrap();
    assert_eq!((batch.closed.len(), batch.failed.len(), batch.is_last()), (3, 0, true));
    assert_eq!(log.entries[0].commands, [vec!["find"], ["find", "update"].repeat(3)].concat());
    let again = log.enter("system: close again", desk.system().close_resolved(100)).await.unwrap();
    assert!(again.closed.is_empty() && again.is_last());
    assert_eq!(log.entries[1].commands, ["find"]);
}

fn open(ticket: TicketFixture) -> TicketFixture {
    ticket.sla(&sla())
}
