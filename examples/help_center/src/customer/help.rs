//! Form for a new ticket, and the page that thanks for it.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use ventanilla_service::{
    Category, Explain, Form, Locale, Screened, ServiceError, TicketNumber, ticket::Reference,
    view::Label,
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
    chosen: Chosen,
    /// The orders of the person.
    orders: Vec<Reference>,
    draft: Draft,
    problems: Vec<Problem>,
}

/// Options that were chosen in the form.
#[derive(Default)]
struct Chosen {
    category: String,
    order: String,
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
    /// Number of an order; empty for none.
    #[serde(rename = "pedido", default)]
    order: String,
    #[serde(rename = "descripcion", default)]
    description: String,
    /// Honeypot field.
    #[serde(rename = "sitio_web", default)]
    honeypot: String,
    #[serde(rename = "clave", default)]
    key: String,
}

pub(super) async fn form(State(app): State<App>, customer: Customer) -> Response {
    show(&app, customer.me, StatusCode::OK, Chosen::default(), Draft::fresh(), Vec::new())
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
    let order = order(&app, &customer.me, &request.order);
    let opened = match (app.desk.screen(&form), &order) {
        (Ok(Screened::Spam { decoy }), _) => return Ok(thank(&decoy, &request.key)),
        (Ok(Screened::Genuine(new_ticket)), Ok(order)) => {
            customer.desk.create(new_ticket.with_references(order.clone())).await.map_err(Some)
        }
        (Ok(Screened::Genuine(_)), Err(_)) => Err(None),
        (Err(error), _) => Err(Some(error.into())),
    };
    let error = match opened {
        Ok(receipt) => return Ok(thank(&receipt.head.ticket_number, &request.key)),
        Err(error) => error,
    };
    let mut all = error.as_ref().map_or_else(Vec::new, problems);
    all.extend(order.err());
    let chosen = Chosen { category: request.category, order: request.order };
    let (status, draft) = match &error {
        Some(error) => (status(error), Draft::again(request.description, request.key, error)),
        // Nothing was tried, so the form keeps its key.
        None => {
            let draft = Draft { text: request.description, key: request.key };
            (StatusCode::UNPROCESSABLE_ENTITY, draft)
        }
    };
    Ok(show(&app, customer.me, status, chosen, draft, all))
}

/// Returns the order that was chosen, if any. Only one of the person's own is accepted.
fn order(app: &App, me: &Me, number: &str) -> Result<Option<Reference>, Problem> {
    if number.is_empty() {
        return Ok(None);
    }
    let found = app.people.orders(&me.id).into_iter().find(|order| order.id() == number);
    found.map(Some).ok_or_else(|| Problem::new("pedido", "Elige uno de tus pedidos."))
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
    chosen: Chosen,
    draft: Draft,
    problems: Vec<Problem>,
) -> Response {
    let label = |category: &Category| Label::new(category.as_str(), category.label(Locale::Es));
    let categories = app.desk.categories().iter().map(label).collect();
    let orders = app.people.orders(&me.id);
    page(status, &HelpPage { me: Some(me), categories, chosen, orders, draft, problems })
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
