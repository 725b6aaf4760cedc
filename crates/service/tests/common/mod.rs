//! What the tests of the service share: people, a desk at a fixed time, and every use case by name.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use ventanilla_service::{
    Admin, Bot, Category, Change, Customer, Explain, HelpDesk, HelpDeskBuilder, IdempotencyKey,
    ListQuery, MemoryStore, MessageText, MyTickets, NewTicket, Policy, Priority, ServiceError, Status,
    System, TicketNumber, Timestamp, UserId,
    settings::{Days, Reopen},
    sla::{BusinessCalendar, Period, Sla, SlaPolicy, SlaTargets},
    store::{InsertOutcome, Ticket, TicketStore},
    testing,
    ticket::{Actor, Audience, FollowUp, MessageRange, Reference, Tag, TicketHead, Wait, WaitingFor},
};

/// What somebody writes in every use case that takes a text.
pub(crate) const WORDS: &str = "Me cobraron dos veces: es un secreto";

/// The number of the ticket on which the use cases are tried.
pub(crate) const NUMBER: &str = "TKT-ABC123";

pub(crate) fn id(name: &str) -> UserId {
    UserId::parse(name).expect("a user id")
}

pub(crate) fn text(value: &str) -> MessageText {
    MessageText::parse(value).expect("a text")
}

pub(crate) fn number(value: &str) -> TicketNumber {
    TicketNumber::parse(value).expect("a number")
}

pub(crate) fn key(value: &str) -> IdempotencyKey {
    IdempotencyKey::parse(value).expect("a key")
}

pub(crate) fn customer(name: &str) -> Actor {
    Actor::Customer(id(name))
}

pub(crate) fn admin(name: &str) -> Actor {
    Actor::Admin(id(name))
}

pub(crate) fn draft() -> NewTicket {
    NewTicket::new(Category::PAGOS, text(WORDS))
}

/// Returns the output of a future that doesn't wait, such as a page with a directory in memory.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// One of each handle; the customer is Ana, whose ticket it is.
pub(crate) fn everybody() -> [Actor; 4] {
    [customer("ana"), admin("luis"), Actor::Bot, Actor::System]
}

/// The time of every desk here: three weeks after the tickets of [`testing`] begin.
pub(crate) fn now() -> Timestamp {
    testing::epoch().plus(Days(21).duration())
}

/// The three weeks before that.
pub(crate) fn period() -> Period {
    Period::new(testing::epoch(), now()).expect("it ends after it starts")
}

/// Targets of 4, 8 and 40 hours, by this calendar.
pub(crate) fn sla(calendar: BusinessCalendar) -> Sla {
    let targets = SlaTargets::hours(4, 8, 40).expect("targets");
    let same = SlaPolicy::new(Priority::ALL.map(|priority| (priority, targets)));
    Sla::new(same.expect("one for each priority"), calendar)
}

/// Around the clock, and a resolved ticket can be reopened.
pub(crate) fn policy() -> Policy {
    let sla = Some(sla(BusinessCalendar::always()));
    Policy { reopen: Reopen::Always, sla, ..Policy::default() }
}

/// A desk at that time, by that policy.
pub(crate) fn desk_over(store: impl TicketStore + 'static) -> HelpDesk {
    with_files(HelpDesk::builder(store)).clock(now).policy(policy()).build()
}

/// A desk at that time that promises nothing.
pub(crate) fn desk_without_sla(store: impl TicketStore + 'static) -> HelpDesk {
    with_files(HelpDesk::builder(store)).clock(now).policy(Policy { sla: None, ..policy() }).build()
}

/// With a store of files, where the crate has them.
pub(crate) fn with_files(builder: HelpDeskBuilder) -> HelpDeskBuilder {
    #[cfg(feature = "attachments")]
    let builder = builder.attachments(ventanilla_service::attachments::AttachmentStore::in_memory());
    builder
}

/// Ana's ticket, resolved three weeks ago, on which every use case can succeed.
pub(crate) fn anas_ticket() -> Ticket {
    testing::ticket(NUMBER)
        .requester("ana")
        .policy(policy())
        .category(Category::PAGOS)
        .attach(testing::attachment(1))
        .note("luis", "Una nota que Ana no ve.")
        .status(Status::Resolved)
        .build()
}

/// A head as customers see it: without clocks, which this one has.
pub(crate) fn public(head: TicketHead) -> TicketHead {
    assert!(head.sla.is_some(), "it has timers");
    head.for_requester()
}

/// The offer to follow up a closed ticket of Ana's.
pub(crate) fn offer(number: &TicketNumber) -> FollowUp {
    let closed = testing::ticket(number.as_str()).requester("ana").status(Status::Closed).build();
    Policy::default()
        .follow_up(&closed.details(&Audience::Desk, MessageRange::Last(0)).unwrap(), now())
        .expect("a closed ticket offers one")
}

/// A store in memory that holds these.
pub(crate) async fn storing(tickets: impl IntoIterator<Item = Ticket>) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    for ticket in tickets {
        assert_eq!(store.insert(&ticket).await.expect("memory never fails"), InsertOutcome::Stored);
    }
    store
}

/// The errors under an error, in words.
pub(crate) fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.map(ToString::to_string).collect()
}

/// A result without its value: `ok`, or the error's code.
pub(crate) fn code<T>(result: &Result<T, ServiceError>) -> &'static str {
    result.as_ref().err().map_or("ok", Explain::code)
}

/// Every use case, by the name of its method; `list_due` is a list by due time.
const USE_CASES: [&str; 37] = [
    "create",
    "create_for",
    "follow_up",
    "list",
    "list_due",
    "count",
    "counts",
    "report",
    "get",
    "get_range",
    "find",
    "reply",
    "add_note",
    "confirm",
    "close",
    "close_resolved",
    "set_status",
    "set_priority",
    "assign",
    "unassign",
    "claim",
    "change",
    "change_each",
    "wait",
    "end_wait",
    "discard_draft",
    "add_tag",
    "remove_tag",
    "add_reference",
    "remove_reference",
    "claim_next",
    "turn",
    "sla_alerts",
    "upload",
    "uploads",
    "download",
    "sweep_uploads",
];

/// Use cases of the feature `attachments`.
const OF_FILES: [&str; 4] = ["upload", "uploads", "download", "sweep_uploads"];

/// Every use case that the features allow.
pub(crate) fn use_cases() -> impl Iterator<Item = &'static str> {
    let allowed = |name: &&str| cfg!(feature = "attachments") || !OF_FILES.contains(name);
    USE_CASES.into_iter().filter(allowed)
}

/// Carries out a use case as somebody; `None` where their handle has no such method.
pub(crate) async fn run(
    desk: &HelpDesk,
    who: &Actor,
    use_case: &str,
    number: &TicketNumber,
) -> Option<Result<(), ServiceError>> {
    if OF_FILES.contains(&use_case) {
        return on_files(desk, who, use_case, number).await;
    }
    match who {
        Actor::Customer(id) => as_customer(&desk.customer(id.clone()), use_case, number).await,
        Actor::Admin(id) => as_admin(&desk.admin(id.clone()), use_case, number).await,
        Actor::Bot => as_bot(&desk.bot(), use_case, number).await,
        Actor::System => match use_case {
            "close" => Some(desk.system().close(number).await.map(drop)),
            "close_resolved" => Some(close_resolved(&desk.system()).await),
            "sla_alerts" => Some(desk.system().sla_alerts(testing::epoch()).await.map(drop)),
            _ => None,
        },
    }
}

#[cfg(feature = "attachments")]
async fn on_files(
    desk: &HelpDesk,
    who: &Actor,
    use_case: &str,
    number: &TicketNumber,
) -> Option<Result<(), ServiceError>> {
    // The name of a file may tell as much as a message.
    let (name, bytes, id) = (WORDS, WORDS.as_bytes().to_vec(), testing::attachment(1).id);
    Some(match (who, use_case) {
        (Actor::Customer(ana), "upload") => {
            desk.customer(ana.clone()).upload(name, bytes).await.map(drop)
        }
        (Actor::Admin(luis), "upload") => desk.admin(luis.clone()).upload(name, bytes).await.map(drop),
        (Actor::Customer(ana), "uploads") => desk.customer(ana.clone()).uploads(&[]).await.map(drop),
        (Actor::Admin(luis), "uploads") => desk.admin(luis.clone()).uploads(&[]).await.map(drop),
        (Actor::Customer(ana), "download") => {
            desk.customer(ana.clone()).download(number, id).await.map(drop)
        }
        (Actor::Admin(luis), "download") => {
            desk.admin(luis.clone()).download(number, id).await.map(drop)
        }
        (Actor::Bot, "download") => desk.bot().download(number, id).await.map(drop),
        (Actor::System, "sweep_uploads") => desk.system().sweep_uploads().await.map(drop),
        _ => return None,
    })
}

#[cfg(not(feature = "attachments"))]
async fn on_files(
    _: &HelpDesk,
    _: &Actor,
    _: &str,
    _: &TicketNumber,
) -> Option<Result<(), ServiceError>> {
    None
}

/// The first failure stands for all.
async fn close_resolved(system: &System) -> Result<(), ServiceError> {
    let batch = system.close_resolved(100).await?;
    batch.failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

async fn as_customer(
    ana: &Customer,
    use_case: &str,
    number: &TicketNumber,
) -> Option<Result<(), ServiceError>> {
    Some(match use_case {
        "create" => ana.create(draft()).await.map(drop),
        "follow_up" => ana.create(offer(number).ticket(text(WORDS))).await.map(drop),
        "list" => ana.list(MyTickets::all()).await.map(drop),
        "count" => ana.count(&MyTickets::all(), 10).await.map(drop),
        "get" => ana.get(number).await.map(drop),
        "get_range" => ana.get_range(number, MessageRange::Last(1)).await.map(drop),
        "find" => ana.find(number.as_str()).await.map(drop),
        "reply" => ana.reply(number, WORDS).await.map(drop),
        "confirm" => ana.confirm(number).await.map(drop),
        _ => return None,
    })
}

async fn as_admin(
    luis: &Admin,
    use_case: &str,
    number: &TicketNumber,
) -> Option<Result<(), ServiceError>> {
    Some(match use_case {
        "create_for" => luis.create_for(&id("ana"), draft()).await.map(drop),
        "list" => luis.list(ListQuery::new()).await.map(drop),
        "list_due" => luis.list(ListQuery::new().overdue()).await.map(drop),
        "count" => luis.count(ListQuery::new(), 10).await.map(drop),
        "report" => luis.report(period()).await.map(drop),
        "counts" => luis.counts().await.map(drop),
        "get" => luis.get(number).await.map(drop),
        "get_range" => luis.get_range(number, MessageRange::Last(1)).await.map(drop),
        "find" => luis.find(number.as_str()).await.map(drop),
        "reply" => luis.reply(number, WORDS).status(Status::Resolved).await.map(drop),
        "add_note" => luis.add_note(number, WORDS).await.map(drop),
        "set_status" => luis.set_status(number, Status::InProgress).await.map(drop),
        "set_priority" => luis.set_priority(number, Priority::High).await.map(drop),
        "assign" => luis.assign(number, &id("marta")).await.map(drop),
        "unassign" => luis.unassign(number).await.map(drop),
        "claim" => luis.claim(number).await.map(drop),
        "change" => luis.change(number, Change::note(text(WORDS))).await.map(drop),
        "wait" => luis.wait(number, Wait::new(WaitingFor::Customer)).await.map(drop),
        "end_wait" => luis.end_wait(number).await.map(drop),
        "discard_draft" => luis.discard_draft(number).await.map(drop),
        "add_tag" => luis.add_tag(number, &vip()).await.map(drop),
        "remove_tag" => luis.remove_tag(number, &vip()).await.map(drop),
        "add_reference" => luis.add_reference(number, &order()).await.map(drop),
        "remove_reference" => luis.remove_reference(number, &order()).await.map(drop),
        "claim_next" => luis.claim_next(&ListQuery::new()).await.map(drop),
        "change_each" => {
            let changes = luis.change_each([number], &Change::note(text(WORDS))).await;
            only(changes.items).result.map(drop)
        }
        _ => return None,
    })
}

async fn as_bot(bot: &Bot, use_case: &str, number: &TicketNumber) -> Option<Result<(), ServiceError>> {
    Some(match use_case {
        "get" => bot.get(number).await.map(drop),
        "reply" => bot.reply(number, WORDS).await.map(drop),
        "turn" => bot.turn(number).await.map(drop),
        _ => return None,
    })
}

pub(crate) fn vip() -> Tag {
    Tag::parse("vip").expect("a tag")
}

pub(crate) fn order() -> Reference {
    Reference::new("order", "1001").expect("a reference")
}

/// The only one of a list.
pub(crate) fn only<T: std::fmt::Debug>(list: Vec<T>) -> T {
    let [only] = list.try_into().expect("one alone");
    only
}

/// Every use case of every handle.
pub(crate) async fn possible() -> Vec<(Actor, &'static str)> {
    let desk = desk_over(MemoryStore::new());
    let mut possible = Vec::new();
    for who in everybody() {
        for use_case in use_cases() {
            if run(&desk, &who, use_case, &number(NUMBER)).await.is_some() {
                possible.push((who.clone(), use_case));
            }
        }
    }
    let of_files = if cfg!(feature = "attachments") { 3 + 3 + 1 + 1 } else { 0 };
    assert_eq!(possible.len(), 9 + 26 + 3 + 3 + of_files);
    possible
}
