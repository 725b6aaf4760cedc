//! Form for a new ticket, and the page that thanks for it.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use ventanilla_service::{
    Category, Explain, Form, Locale, Screened, ServiceError, TicketNumber, view::Label,
};

use crate::{
    App,
    error::{Answer, Draft, Failure, Problem, page, status},
    fields::{Number, Posted, path, sent},
    session::{Customer, Me},
};

#[derive(Template)]
#[template(path = "ayuda.html")]
struct HelpPage {
    me: Option<Me>,
    categories: Vec<Label>,
    chosen: String,
    draft: Draft,
    problems: Vec<Problem>,
}

impl HelpPage {
    fn problem(&self, field: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == field)
    }
}

#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(rename = "categoria", default)]
    category: String,
    #[serde(rename = "descripcion", default)]
    description: String,
    /// Honeypot field.
    #[serde(rename = "sitio_web", default)]
    honeypot: String,
    #[serde(rename = "clave", default)]
    key: String,
}

pub(super) async fn form(State(app): State<App>, customer: Customer) -> Response {
    show(&app, customer.me, StatusCode::OK, String::new(), Draft::fresh(), Vec::new())
}

pub(super) async fn open(
    State(app): State<App>,
    customer: Customer,
    Posted(request): Posted<Request>,
) -> Answer {
    let form = Form {
        category: &request.category,
        description: &request.description,
        honeypot: &request.honeypot,
        key: Some(&request.key),
    };
    let opened = match app.desk.screen(&form) {
        Ok(Screened::Spam { decoy }) => return Ok(thank(&decoy, &request.key)),
        Ok(Screened::Genuine(new_ticket)) => customer.desk.create(new_ticket).await,
        Err(error) => Err(error.into()),
    };
    match opened {
        Ok(receipt) => Ok(thank(&receipt.head.ticket_number, &request.key)),
        Err(error) => {
            let problems = problems(&error);
            let draft = Draft::again(request.description, request.key, &error);
            Ok(show(&app, customer.me, status(&error), request.category, draft, problems))
        }
    }
}

#[derive(Template)]
#[template(path = "gracias.html")]
struct ThanksPage {
    me: Option<Me>,
    number: String,
}

/// Renders the page of thanks, without a look-up: a decoy's page is like any other. It shows only what may
/// be a number of ours, not any text of the address.
pub(super) async fn thanks(customer: Customer, Number(number): Number) -> Answer {
    let code = number.as_str().strip_prefix(TicketNumber::PREFIX).ok_or(Failure::NotFound)?;
    let is_ours = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !(6..=12).contains(&code.len()) || !code.bytes().all(is_ours) {
        return Err(Failure::NotFound);
    }
    Ok(page(StatusCode::OK, &ThanksPage { me: Some(customer.me), number: number.to_string() }))
}

fn thank(number: &TicketNumber, key: &str) -> Response {
    sent(&path("/ayuda/gracias", number), key)
}

fn show(
    app: &App,
    me: Me,
    status: StatusCode,
    chosen: String,
    draft: Draft,
    problems: Vec<Problem>,
) -> Response {
    let label = |category: &Category| Label::new(category.as_str(), category.label(Locale::Es));
    let categories = app.desk.categories().iter().map(label).collect();
    page(status, &HelpPage { me: Some(me), categories, chosen, draft, problems })
}

/// Explains an invalid form field by field, and any other error at the description.
fn problems(error: &ServiceError) -> Vec<Problem> {
    let ServiceError::InvalidForm(form) = error else {
        return vec![Problem::of(error, "descripcion")];
    };
    let problem = |(field, error): (&str, &dyn Explain)| match field {
        "category" => Problem::new("categoria", "Elige una categoría de la lista."),
        "description" if error.code() == "text_empty" => {
            Problem::new("descripcion", "Cuéntanos qué pasó.")
        }
        "description" => Problem::new("descripcion", error.explain(Locale::Es)),
        _ => Problem::new("", error.explain(Locale::Es)),
    };
    form.fields().map(problem).collect()
}
