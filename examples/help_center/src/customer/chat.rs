//! A ticket as a chat.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use ventanilla_service::{
    Locale, MessageText, MyTickets, ServiceError, Status, TicketNumber,
    list::PageSize,
    ticket::{ActorKind, MessageRange},
    view::{ChatView, ErrorView, InputState, MessageSide},
};

use super::list::{TicketList, list};
use crate::{
    App,
    error::{Answer, Draft, Failure, Problem, page, status},
    fields::{Asked, Number, Posted, SHOWN, Written, follow_up_of, messages, path, sent},
    session::{Customer, Me},
};

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage {
    me: Option<Me>,
    chat: ChatView,
    /// Number of messages before the first bubble.
    earlier: usize,
    /// Number of messages that aren't marked as new.
    seen: usize,
    confirm: bool,
    /// Label of the button for a follow-up, if a message can't be written or was refused for good.
    follow_up: Option<String>,
    /// The ticket that continues this one.
    continued_in: Option<TicketNumber>,
    draft: Draft,
    problem: Option<Problem>,
    list: TicketList,
}

impl ChatPage {
    /// Returns true if the ticket is on the page of the list beside it.
    fn is_listed(&self) -> bool {
        self.list.rows.iter().any(|row| row.ticket_number == self.list.current)
    }

    /// Returns true if the text was refused.
    fn is_text_wrong(&self) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == "texto")
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct How {
    #[serde(rename = "desde")]
    from: Option<u32>,
}

pub(super) async fn chat(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
    Asked(how): Asked<How>,
) -> Answer {
    let shown = read(&app, customer, &number, messages(how.from), Draft::fresh(), None).await?;
    Ok(page(StatusCode::OK, &shown))
}

/// Redirects the address of a form to its ticket, where the form is.
pub(super) async fn back(Number(number): Number) -> Redirect {
    Redirect::to(&path("/tickets", &number))
}

pub(super) async fn send(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
    Posted(form): Posted<Written>,
) -> Answer {
    let replied = async { customer.desk.reply(&number, &form.text).key(form.key()?).await };
    match replied.await {
        Ok(receipt) => Ok(sent(&path("/tickets", &receipt.head.ticket_number), &form.key)),
        Err(error) => refused(&app, customer, &number, error, form).await,
    }
}

pub(super) async fn follow_up(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
    Posted(form): Posted<Written>,
) -> Answer {
    let old = customer.desk.get_range(&number, MessageRange::Last(0)).await?;
    // A page offers this where the rules allow it; since then the ticket may have been reopened.
    let Some(offer) = customer.desk.follow_up_offer(&old) else {
        let problem = Problem::new("texto", "En este ticket todavía se puede escribir: envíalo aquí.");
        let draft = Draft { text: form.text, ..Draft::fresh() };
        let shown = read(&app, customer, &number, messages(None), draft, Some(problem)).await?;
        return Ok(page(StatusCode::CONFLICT, &shown));
    };
    let opened = async {
        let new_ticket = offer.ticket(MessageText::parse(&form.text)?).with_key(form.key()?);
        customer.desk.create(new_ticket).await
    };
    match opened.await {
        Ok(receipt) => Ok(sent(&path("/tickets", &receipt.head.ticket_number), &form.key)),
        Err(error) => refused(&app, customer, &number, error, form).await,
    }
}

pub(super) async fn confirm(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
) -> Answer {
    match customer.desk.confirm(&number).await {
        Ok(receipt) => Ok(Redirect::to(&path("/tickets", &receipt.head.ticket_number)).into_response()),
        Err(error) => {
            let nothing = Written { text: String::new(), key: String::new() };
            refused(&app, customer, &number, error, nothing).await
        }
    }
}

/// Renders the page with the typed text and the reason why it was not sent.
///
/// If the page can't be read either, the first error is shown.
async fn refused(
    app: &App,
    customer: Customer,
    number: &TicketNumber,
    error: ServiceError,
    form: Written,
) -> Answer {
    let problem = Problem::of(&error, "texto");
    let draft = Draft::again(form.text, form.key, &error);
    match read(app, customer, number, messages(None), draft, Some(problem)).await {
        Ok(mut shown) => {
            // A conversation may have room for a shorter message only.
            if ErrorView::new(&error, Locale::Es).offers_follow_up {
                shown.follow_up.get_or_insert("Abrir ticket de seguimiento".into());
            }
            Ok(page(status(&error), &shown))
        }
        Err(missing @ Failure::NotFound) => Err(missing),
        Err(_) => Err(error.into()),
    }
}

async fn read(
    app: &App,
    customer: Customer,
    number: &TicketNumber,
    window: MessageRange,
    draft: Draft,
    problem: Option<Problem>,
) -> Result<ChatPage, Failure> {
    let ticket = customer.desk.get_range(number, window).await?;
    let closed = ticket.head.status == Status::Closed;
    let mut list = list(app, &customer, closed, "").await?;
    list.current = number.to_string();
    let chat = customer.pages(app).chat(&ticket).await;
    let follow_up = match &chat.input {
        InputState::ReadOnly { follow_up, .. } => follow_up.clone(),
        InputState::Writable { .. } => None,
    };
    let continued_in = match &follow_up {
        Some(_) => continued_in(&customer, number).await?,
        None => None,
    };
    Ok(ChatPage {
        follow_up,
        continued_in,
        me: Some(customer.me),
        chat,
        earlier: ticket.earlier_messages as usize,
        seen: usize::MAX,
        confirm: ticket.head.status.next_for(ActorKind::Customer).contains(Status::Closed),
        draft,
        problem,
        list,
    })
}

/// Returns the newest follow-up of a ticket, among the person's newest hundred tickets.
async fn continued_in(
    customer: &Customer,
    number: &TicketNumber,
) -> Result<Option<TicketNumber>, ServiceError> {
    let newest = customer.desk.list(MyTickets::all().with_page_size(PageSize::LARGEST)).await?;
    Ok(follow_up_of(number, newest))
}
