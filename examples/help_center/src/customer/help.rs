//! The help centre: a form, and thanks with a number.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use ventanilla_service::{
    Category, Explain, Form, InvalidForm, Label, Locale, Screened, ServiceError, TicketNumber,
};

use crate::{
    App,
    error::{Answer, Draft, Problem, page, status},
    fields::{Number, Posted, path},
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

/// The categories that the form offers, and takes.
fn categories() -> Vec<Label> {
    let label = |category: &Category| Label::new(category.as_str(), category.label(Locale::Es));
    Category::KNOWN.iter().map(label).collect()
}

#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(rename = "categoria", default)]
    category: String,
    #[serde(rename = "descripcion", default)]
    description: String,
    /// The field that people don't see.
    #[serde(rename = "sitio_web", default)]
    honeypot: String,
    #[serde(rename = "clave", default)]
    key: String,
}

pub(super) async fn form(customer: Customer) -> Response {
    show(customer.me, StatusCode::OK, String::new(), Draft::fresh(), Vec::new())
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
        Ok(Screened::Spam { decoy }) => return Ok(thank(&decoy)),
        Ok(Screened::Genuine(_)) if !is_offered(&request.category) => {
            let problems = vec![not_offered()];
            let draft = Draft { text: request.description, key: request.key };
            return Ok(show(
                customer.me,
                StatusCode::UNPROCESSABLE_ENTITY,
                String::new(),
                draft,
                problems,
            ));
        }
        Ok(Screened::Genuine(draft)) => customer.desk.create(draft).await,
        Err(error) => Err(error.into()),
    };
    match opened {
        Ok(receipt) => Ok(thank(&receipt.head.ticket_number)),
        Err(error) => {
            let problems = problems(&error, &request.category);
            let draft = Draft::again(request.description, request.key, &error);
            Ok(show(customer.me, status(&error), request.category, draft, problems))
        }
    }
}

#[derive(Template)]
#[template(path = "gracias.html")]
struct ThanksPage {
    me: Option<Me>,
    number: String,
}

/// Nothing is looked up: a decoy's page is like any other.
pub(super) async fn thanks(customer: Customer, Number(number): Number) -> Response {
    page(StatusCode::OK, &ThanksPage { me: Some(customer.me), number: number.to_string() })
}

fn thank(number: &TicketNumber) -> Response {
    Redirect::to(&path("/ayuda/gracias", number)).into_response()
}

fn show(me: Me, status: StatusCode, chosen: String, draft: Draft, problems: Vec<Problem>) -> Response {
    page(status, &HelpPage { me: Some(me), categories: categories(), chosen, draft, problems })
}

fn is_offered(category: &str) -> bool {
    Category::KNOWN.iter().any(|known| known.as_str() == category)
}

fn not_offered() -> Problem {
    Problem::new("categoria", "Elige una categoría de la lista.")
}

/// Field by field where the form says so.
fn problems(error: &ServiceError, category: &str) -> Vec<Problem> {
    let ServiceError::InvalidForm(form) = error else {
        return vec![Problem::of(error, "descripcion")];
    };
    let InvalidForm { description, key, .. } = &**form;
    let category = (!is_offered(category)).then(not_offered);
    let description =
        description.as_ref().map(|error| Problem::new("descripcion", error.explain(Locale::Es)));
    let key = key.as_ref().map(|error| Problem::new("", error.explain(Locale::Es)));
    [category, description, key].into_iter().flatten().collect()
}
