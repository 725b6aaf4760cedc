//! A ticket as a chat.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use ventanilla_service::{
    Locale, MessageText, MyTickets, Receipt, ServiceError, Status, TicketNumber,
    error::Refusal,
    list::PageSize,
    ticket::{ActorKind, MessageRange},
    view::{ChatView, ErrorView, InputState, MessageSide},
};

use super::list::{TicketList, list};
use crate::{
    App,
    attachments::{FileField, Uploader, WithFiles, message},
    error::{Answer, Draft, Failure, Problem, log, page},
    fields::{Asked, Number, SHOWN, Written, follow_up_of, messages, path, sent},
    refused::{After, Refused, refuse},
    session::{Customer, Me},
};

/// Name of the form for a text among the refused ones, and its field.
const TEXT: &str = "texto";

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
    files: Option<FileField>,
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
    Asked(after): Asked<After>,
) -> Answer {
    let refused = after.refused(&app, &customer.session, &path("/tickets", &number));
    let problem = Refused::problem(&refused);
    let shown = read(&app, customer, &number, messages(how.from), refused).await;
    let shown = shown.map_err(|error| Failure::after(error, problem))?;
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
    form: WithFiles<Written>,
) -> Answer {
    let (form, mut uploads) = form.written();
    let replied = async {
        let message = message(&form.text, customer.desk.uploads(uploads.all()?).await?)?;
        customer.desk.reply(&number, message).key(form.key()?).await
    };
    match replied.await {
        Ok(receipt) => Ok(written(&app, &customer, &number, &receipt, &form.key)),
        Err(error) => refused(&app, &customer, &number, error, TEXT, form).await,
    }
}

pub(super) async fn follow_up(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
    form: WithFiles<Written>,
) -> Answer {
    let (form, mut uploads) = form.written();
    let old = match customer.desk.get_range(&number, MessageRange::Last(0)).await {
        Ok(old) => old,
        Err(error) => return refused(&app, &customer, &number, error, TEXT, form).await,
    };
    // A page offers this where the rules allow it; since then the ticket may have been reopened.
    let Some(offer) = customer.desk.follow_up_offer(&old) else {
        let problem = Problem::new(TEXT, "En este ticket todavía se puede escribir: envíalo aquí.");
        let draft = Draft { text: form.text, files: form.files, ..Draft::fresh() };
        let refused = Refused { draft, ..Refused::new(TEXT, vec![problem]) };
        return Ok(refuse(&app, &customer.session, &path("/tickets", &number), refused));
    };
    // Follow-ups of earlier versions have other creation keys, so the library doesn't know them.
    match continued_in(&customer, &number).await {
        Ok(None) => {}
        Ok(Some(next)) => return again(&app, &customer, &number, &next, form).await,
        Err(error) => return refused(&app, &customer, &number, error, TEXT, form).await,
    }
    let opened = async {
        let new_ticket = offer.ticket(MessageText::parse(&form.text)?).with_key(form.key()?);
        customer
            .desk
            .create(new_ticket.with_attachments(customer.desk.uploads(uploads.all()?).await?))
            .await
    };
    match opened.await {
        Ok(receipt) => Ok(written(&app, &customer, &number, &receipt, &form.key)),
        Err(ServiceError::Refused { number: next, refusal: Refusal::FollowUpExists }) => {
            again(&app, &customer, &number, &next, form).await
        }
        Err(error) => refused(&app, &customer, &number, error, TEXT, form).await,
    }
}

/// Refuses a second follow-up of a ticket, with a link to the one that continues it. The same text sent twice
/// leads there.
async fn again(
    app: &App,
    customer: &Customer,
    number: &TicketNumber,
    next: &TicketNumber,
    form: Written,
) -> Answer {
    let present = customer.desk.get_range(next, MessageRange::Last(0)).await?;
    if MessageText::parse(&form.text).is_ok_and(|text| text == present.description) {
        app.sessions.forget(&customer.session, &path("/tickets", number), TEXT);
        return Ok(sent(&path("/tickets", next), &form.key));
    }
    let problem = Problem::new("", "Ya abriste un ticket que continúa este. Puedes enviarlo allí:");
    let refused = Refused {
        draft: Draft { text: form.text, ..Draft::fresh() },
        ..Refused::new(TEXT, vec![problem.with_ticket(next.clone())])
    };
    Ok(refuse(app, &customer.session, &path("/tickets", number), refused))
}

pub(super) async fn confirm(
    State(app): State<App>,
    customer: Customer,
    Number(number): Number,
) -> Answer {
    match customer.desk.confirm(&number).await {
        Ok(receipt) => Ok(Redirect::to(&path("/tickets", &receipt.head.ticket_number)).into_response()),
        Err(error) => refused(&app, &customer, &number, error, "confirmar", Written::nothing()).await,
    }
}

/// Redirects after a text was sent.
fn written(
    app: &App,
    customer: &Customer,
    number: &TicketNumber,
    receipt: &Receipt,
    key: &str,
) -> Response {
    app.sessions.forget(&customer.session, &path("/tickets", number), TEXT);
    sent(&path("/tickets", &receipt.head.ticket_number), key)
}

/// Redirects to the page with the typed text and the reason why it was not sent. A ticket that isn't theirs
/// has none.
async fn refused(
    app: &App,
    customer: &Customer,
    number: &TicketNumber,
    error: ServiceError,
    name: &'static str,
    form: Written,
) -> Answer {
    let ticket = customer.desk.get_range(number, MessageRange::Last(0)).await;
    if let (Err(ServiceError::NotFound { .. }), _) | (_, ServiceError::NotFound { .. }) =
        (ticket, &error)
    {
        return Err(Failure::NotFound);
    }
    log(&error);
    let refused = Refused {
        draft: Draft::again(form, &error),
        // A conversation may have room for a shorter message only.
        follow_up: ErrorView::new(&error, Locale::Es).offers_follow_up,
        ..Refused::new(name, vec![Problem::of(&error, TEXT)])
    };
    Ok(refuse(app, &customer.session, &path("/tickets", number), refused))
}

async fn read(
    app: &App,
    customer: Customer,
    number: &TicketNumber,
    window: MessageRange,
    refused: Vec<Refused>,
) -> Result<ChatPage, ServiceError> {
    let ticket = customer.desk.get_range(number, window).await?;
    let closed = ticket.head.status == Status::Closed;
    let mut list = list(app, &customer, closed, "").await?;
    list.current = number.to_string();
    let chat = customer.pages(app).chat(&ticket).await;
    let mut follow_up = match &chat.input {
        InputState::ReadOnly { follow_up, .. } => follow_up.clone(),
        InputState::Writable { .. } => None,
    };
    if refused.last().is_some_and(|refused| refused.follow_up) {
        follow_up.get_or_insert("Abrir ticket de seguimiento".into());
    }
    let problem = Refused::problem(&refused);
    let written = refused.into_iter().find(|refused| refused.form == TEXT);
    let draft = written.map_or_else(Draft::fresh, |refused| refused.draft);
    let input = customer.pages(app).file_input();
    let files = FileField::new(input, &draft.files, &Uploader::Customer(customer.desk.clone())).await;
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
        files,
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
