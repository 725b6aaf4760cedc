//! Sessions: the signed-in person of a request.
//!
//! **This is the place to plug in the host's own authentication.** The demo lets everybody choose who
//! they are. Replace [`signed_in`] by a function that returns the user of a request, and leave out
//! the page and the cookie; the extractors below it, and every handler, stay as they are.

use askama::Template;
use axum::{
    Router,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};
use serde::Deserialize;
use ventanilla_service::{
    UserId,
    view::{PersonDirectory, PersonRef, PersonView},
};

use crate::{
    App, Part, Someone,
    error::{Answer, Failure, page},
    fields::Posted,
};

const COOKIE: &str = "sesion";

/// Returns the user of a request.
fn signed_in(headers: &HeaderMap, app: &App) -> Option<Someone> {
    let jar = SignedCookieJar::from_headers(headers, app.key.clone());
    let id = UserId::parse(jar.get(COOKIE)?.value()).ok()?;
    app.people.get(&id).cloned()
}

/// Signed-in person, shown in the header of a page.
pub(crate) struct Me {
    pub(crate) person: PersonView,
    pub(crate) admin: bool,
}

/// Customer who is signed in, with their handle.
pub(crate) struct Customer {
    pub(crate) me: Me,
    pub(crate) desk: ventanilla_service::Customer,
}

/// Administrator who is signed in, with their handle.
pub(crate) struct Administrator {
    pub(crate) id: UserId,
    pub(crate) me: Me,
    pub(crate) desk: ventanilla_service::Admin,
}

impl FromRequestParts<App> for Customer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (id, me) = require_part(parts, app, Part::Customer)?;
        Ok(Self { me, desk: app.desk.customer(id) })
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (id, me) = require_part(parts, app, Part::Admin)?;
        Ok(Self { me, desk: app.desk.admin(id.clone()), id })
    }
}

fn require_part(parts: &Parts, app: &App, part: Part) -> Result<(UserId, Me), Failure> {
    let someone = signed_in(&parts.headers, app).ok_or(Failure::SignIn)?;
    if someone.part != part {
        return Err(Failure::NotForYou { part });
    }
    Ok((someone.id.clone(), Me::new(&someone, app)))
}

impl Me {
    fn new(someone: &Someone, app: &App) -> Self {
        let person = app.people.person(&someone.id);
        Self {
            person: person.map_or_else(|| PersonRef::new(&someone.id, &(), "").person, PersonView::from),
            admin: someone.part == Part::Admin,
        }
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/entrar", get(choose).post(sign_in))
        .route("/salir", post(sign_out))
}

async fn home(State(app): State<App>, headers: HeaderMap) -> Redirect {
    Redirect::to(home_of(signed_in(&headers, &app).as_ref()))
}

fn home_of(someone: Option<&Someone>) -> &'static str {
    match someone.map(|someone| someone.part) {
        None => "/entrar",
        Some(Part::Customer) => "/tickets",
        Some(Part::Admin) => "/admin",
    }
}

#[derive(Template)]
#[template(path = "entrar.html")]
struct SignInPage {
    me: Option<Me>,
    customers: Vec<PersonRef>,
    admins: Vec<PersonRef>,
    problem: Option<&'static str>,
}

impl SignInPage {
    fn new(app: &App, someone: Option<&Someone>, problem: Option<&'static str>) -> Self {
        Self {
            me: someone.map(|someone| Me::new(someone, app)),
            customers: app.people.choices(Part::Customer),
            admins: app.people.choices(Part::Admin),
            problem,
        }
    }
}

async fn choose(State(app): State<App>, headers: HeaderMap) -> Response {
    let someone = signed_in(&headers, &app);
    page(StatusCode::OK, &SignInPage::new(&app, someone.as_ref(), None))
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(rename = "persona", default)]
    who: String,
}

async fn sign_in(State(app): State<App>, headers: HeaderMap, Posted(chosen): Posted<Chosen>) -> Answer {
    let id = UserId::parse(&chosen.who).ok();
    let Some(someone) = id.and_then(|id| app.people.get(&id)) else {
        let again = SignInPage::new(&app, None, Some("Elige a una de las personas de la lista."));
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    };
    // Behind TLS a host adds `.secure(true)`.
    let cookie = Cookie::build((COOKIE, someone.id.to_string()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax);
    let jar = SignedCookieJar::from_headers(&headers, app.key.clone()).add(cookie);
    Ok((jar, Redirect::to(home_of(Some(someone)))).into_response())
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    let jar = SignedCookieJar::from_headers(&headers, app.key.clone());
    (jar.remove(Cookie::build(COOKIE).path("/")), Redirect::to("/entrar")).into_response()
}
