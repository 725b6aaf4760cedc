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
    attachments::{FileField, Uploader, WithFiles},
    error::{Answer, Draft, Failure, Problem, log, page},
    fields::{Asked, Number, Written, path, sent},
    refused::{After, Refused, refuse},
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
    files: Option<FileField>,
    problems: Vec<Problem>,
}

/// Options that were chosen in the form.
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

/// Page of the form, to which a refused one is redirected.
const PAGE: &str = "/ayuda";

/// Name of the form among the refused ones.
const FORM: &str = "descripcion";

pub(super) async fn form(
    State(app): State<App>,
    customer: Customer,
    Asked(after): Asked<After>,
) -> Response {
    let mut refused = after.refused(&app, &customer.session, PAGE);
    let refused = refused.pop().unwrap_or_else(|| Refused::new(FORM, Vec::new()));
    let chosen = Chosen { category: refused.chosen("categoria"), order: refused.chosen("pedido") };
    show(&app, customer, chosen, refused.draft, refused.problems).await
}

pub(super) async fn open(
    State(app): State<App>,
    customer: Customer,
    form: WithFiles<Request>,
) -> Answer {
    let WithFiles { form: request, mut uploads } = form;
    let form = Form {
        category: &request.category,
        description: &request.description,
        honeypot: &request.honeypot,
        key: Some(&request.key),
    };
    let order = order(&app, &customer.me, &request.order);
    let opened = match (app.desk.screen(&form), &order) {
        (Ok(Screened::Spam { decoy }), _) => {
            return Ok(thank(&app, &customer, &decoy, &request.key));
        }
        (Ok(Screened::Genuine(new_ticket)), Ok(order)) => {
            let opened = async {
                let files = customer.desk.uploads(uploads.all()?).await?;
                let new_ticket = new_ticket.with_references(order.clone());
                customer.desk.create(new_ticket.with_attachments(files)).await
            };
            opened.await.map_err(Some)
        }
        (Ok(Screened::Genuine(_)), Err(_)) => Err(None),
        (Err(error), _) => Err(Some(error.into())),
    };
    let error = match opened {
        Ok(receipt) => {
            return Ok(thank(&app, &customer, &receipt.head.ticket_number, &request.key));
        }
        Err(error) => error,
    };
    let mut all = error.as_ref().map_or_else(Vec::new, problems);
    all.extend(order.err());
    error.iter().for_each(log);
    let draft = match &error {
        Some(error) => {
            let (text, key, files) = (request.description, request.key, uploads.ids);
            Draft::again(Written { text, key, files }, error)
        }
        // Nothing was tried, so the form keeps its key.
        None => Draft { text: request.description, key: request.key, files: uploads.ids },
    };
    let chosen = vec![("categoria", request.category), ("pedido", request.order)];
    let refused = Refused { draft, chosen, ..Refused::new(FORM, all) };
    Ok(refuse(&app, &customer.session, PAGE, refused))
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

fn thank(app: &App, customer: &Customer, number: &TicketNumber, key: &str) -> Response {
    app.sessions.forget(&customer.session, PAGE, FORM);
    sent(&path("/ayuda/gracias", number), key)
}

async fn show(
    app: &App,
    customer: Customer,
    chosen: Chosen,
    draft: Draft,
    problems: Vec<Problem>,
) -> Response {
    let label = |category: &Category| Label::new(category.as_str(), category.label(Locale::Es));
    let categories = app.desk.categories().iter().map(label).collect();
    let input = customer.pages(app).file_input();
    let files = FileField::new(input, &draft.files, &Uploader::Customer(customer.desk.clone())).await;
    let (me, orders) = (Some(customer.me.clone()), app.people.orders(&customer.me.id));
    page(StatusCode::OK, &HelpPage { me, categories, chosen, orders, draft, files, problems })
}

/// Explains an invalid form field by field, and any other error at the description.
fn problems(error: &ServiceError) -> Vec<Problem> {
    let ServiceError::InvalidForm(form) = error else {
        return vec![Problem::of(error, "descripcion")];
    };
    let problem = |(field, error): (&str, &dyn Explain)| match field {
        "category" => Problem::new("categoria", "Elige una categoría de la lista."),
        "description" => Problem::new("descripcion", error.explain(Locale::Es)),
        _ => Problem::new("", error.explain(Locale::Es)),
    };
    form.fields().map(problem).collect()
}
