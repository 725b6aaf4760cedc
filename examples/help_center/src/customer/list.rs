//! A customer's tickets.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use ventanilla_service::{
    Explain, Locale, MyTickets, ServiceError,
    list::{Counted, Cursor, PageSize},
    view::TicketRow,
};

use crate::{
    App, COUNTED,
    error::{Answer, Failure, page, status},
    fields::{Asked, path},
    session::{Customer, Me},
};

/// Number of tickets on a page of the list, which fit beside a chat.
const ROWS: u32 = 10;

/// List of tickets, on a page of its own or beside a chat.
pub(super) struct TicketList {
    pub(super) rows: Vec<TicketRow>,
    /// Ticket of the chat beside the list.
    pub(super) current: String,
    /// True if closed tickets are listed too.
    pub(super) closed: bool,
    pub(super) next: Option<String>,
    /// Number of tickets on all pages, in words.
    pub(super) total: Option<String>,
    /// True if there are earlier pages.
    pub(super) further: bool,
    pub(super) problem: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Which {
    #[serde(rename = "cerrados")]
    closed: String,
    #[serde(rename = "despues")]
    after: String,
}

#[derive(Template)]
#[template(path = "tickets.html")]
struct TicketsPage {
    me: Option<Me>,
    list: TicketList,
}

pub(super) async fn tickets(
    State(app): State<App>,
    customer: Customer,
    Asked(which): Asked<Which>,
) -> Answer {
    let closed = which.closed == "1";
    let (status, list) = match list(&app, &customer, closed, &which.after).await {
        Ok(list) => (StatusCode::OK, list),
        Err(error @ ServiceError::InvalidCursor(_)) => {
            (status(&error), TicketList::broken(closed, error.explain(Locale::Es)))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(page(status, &TicketsPage { me: Some(customer.me), list }))
}

/// Returns a page of the list.
pub(super) async fn list(
    app: &App,
    customer: &Customer,
    closed: bool,
    after: &str,
) -> Result<TicketList, ServiceError> {
    let mut which = if closed { MyTickets::all() } else { MyTickets::not_closed() };
    which = which.with_page_size(PageSize::new(ROWS)?);
    if !after.is_empty() {
        which = which.with_cursor(after.parse::<Cursor>()?);
    }
    let found = customer.desk.list(which.clone()).await?;
    let counted = match found.next {
        // The page is the whole list.
        None if after.is_empty() => Counted::Exactly(found.rows.len() as u64),
        _ => customer.desk.count(&which, COUNTED).await?,
    };
    let closed_too = if closed { "cerrados=1&" } else { "" };
    Ok(TicketList {
        rows: customer.pages(app).rows(&found.rows).await,
        current: String::new(),
        closed,
        total: Some(customer.pages(app).total(counted).text),
        next: found.next.map(|cursor| format!("/tickets?{closed_too}despues={cursor}")),
        further: !after.is_empty(),
        problem: None,
    })
}

impl TicketList {
    /// Returns an empty list with the problem, for a page that can't be read.
    fn broken(closed: bool, problem: String) -> Self {
        Self {
            rows: Vec::new(),
            current: String::new(),
            closed,
            next: None,
            total: None,
            further: true,
            problem: Some(problem),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "numero", default)]
    number: String,
}

/// Redirects to the ticket whose number was chosen in a phone's selector, or typed.
pub(super) async fn find(customer: Customer, Asked(wanted): Asked<Wanted>) -> Answer {
    match customer.desk.find(&wanted.number).await {
        Ok(ticket) => Ok(Redirect::to(&path("/tickets", &ticket.head.ticket_number)).into_response()),
        Err(ServiceError::InvalidNumber(_)) => Err(Failure::NotFound),
        Err(error) => Err(error.into()),
    }
}
