//! Sessions: the signed-in person of a request.
//!
//! **This is the place to plug in the host's own authentication.** The demo lets everybody choose who
//! they are. Replace [`signed_in`] by a function that returns the user of a request, and leave out
//! the page and the cookie; the extractors below it, and every handler, stay as they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use askama::Template;
use axum::{
    Router,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use ventanilla_service::{
    TimeZone, Timestamp, UserId,
    view::{AdminPages, CustomerPages, PersonRef, PersonView, Viewer},
};

use crate::{
    App, Part, Someone,
    error::{Answer, Failure, page},
    fields::{Asked, Posted, fresh_key},
    refused::{After, Refused, RefusedForms},
};

const COOKIE: &str = "sesion";

/// Cookie of the desk's list that was shown last: its query string.
const LIST: &str = "lista";

/// Cookie that names the change that was made last, until a page has shown it.
const DONE: &str = "hecho";

/// Time after which a session ends by itself.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Maximum number of sessions of one person; one more ends the oldest.
const MAX_SESSIONS: usize = 20;

/// Sessions by the random ids in the cookies. They are kept in memory, so they end with the process.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

struct Session {
    who: UserId,
    ends: Timestamp,
    refused: RefusedForms,
}

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a session and returns its id.
    fn start(&self, who: &UserId, now: Timestamp) -> String {
        let mut all = self.all();
        all.retain(|_, session| session.ends > now);
        let theirs = || all.iter().filter(|(_, session)| session.who == *who);
        if theirs().count() >= MAX_SESSIONS {
            let oldest = theirs().min_by_key(|(_, session)| session.ends).map(|(id, _)| id.clone());
            oldest.and_then(|id| all.remove(&id));
        }
        let id = fresh_key();
        all.insert(
            id.clone(),
            Session { who: who.clone(), ends: now.plus(LIFE), refused: RefusedForms::default() },
        );
        id
    }

    fn who(&self, id: &str, now: Timestamp) -> Option<UserId> {
        self.all().get(id).filter(|session| session.ends > now).map(|session| session.who.clone())
    }

    fn end(&self, id: &str) {
        self.all().remove(id);
    }

    /// Keeps a refused form of a page.
    pub(crate) fn keep(&self, id: &str, page: &str, refused: Refused, now: Timestamp) {
        if let Some(session) = self.all().get_mut(id) {
            session.refused.keep(page, refused, now);
        }
    }

    /// Returns the refused forms of a page, the oldest first.
    pub(crate) fn refused(&self, id: &str, page: &str, now: Timestamp) -> Vec<Refused> {
        self.all().get(id).map_or_else(Vec::new, |session| session.refused.of(page, now))
    }

    /// Forgets that a form of a page was refused: it was sent.
    pub(crate) fn forget(&self, id: &str, page: &str, form: &str) {
        if let Some(session) = self.all().get_mut(id) {
            session.refused.forget(page, form);
        }
    }
}

/// Returns the user of a request.
pub(crate) fn signed_in(headers: &HeaderMap, app: &App) -> Option<Someone> {
    let jar = CookieJar::from_headers(headers);
    let id = app.sessions.who(jar.get(COOKIE)?.value(), app.now())?;
    app.people.get(&id).cloned()
}

/// Returns the id of the session of a request; empty if it has none.
fn session_id(headers: &HeaderMap) -> String {
    let jar = CookieJar::from_headers(headers);
    jar.get(COOKIE).map_or_else(String::new, |cookie| cookie.value().to_owned())
}

/// Signed-in person, shown in the header of a page.
#[derive(Clone)]
pub(crate) struct Me {
    pub(crate) id: UserId,
    pub(crate) person: PersonView,
    pub(crate) admin: bool,
    /// Their language and time zone, which is that of their browser.
    pub(crate) reader: Viewer,
}

/// Customer who is signed in, with their handle.
pub(crate) struct Customer {
    pub(crate) me: Me,
    pub(crate) desk: ventanilla_service::Customer,
    /// Id of the session.
    pub(crate) session: String,
}

/// Administrator who is signed in, with their handle.
pub(crate) struct Administrator {
    pub(crate) id: UserId,
    pub(crate) me: Me,
    pub(crate) desk: ventanilla_service::Admin,
    /// Id of the session.
    pub(crate) session: String,
    /// Query string of the list that was shown last.
    pub(crate) list: String,
    /// Name of the change that was made last, if no page has shown it.
    pub(crate) done: String,
}

impl Customer {
    pub(crate) fn pages<'a>(&'a self, app: &'a App) -> CustomerPages<'a> {
        self.desk.pages(self.me.reader, &*app.people)
    }
}

impl Administrator {
    pub(crate) fn pages<'a>(&'a self, app: &'a App) -> AdminPages<'a> {
        self.desk.pages(self.me.reader, &*app.people)
    }
}

/// Returns the cookie that names the change that was made; an empty name removes it.
pub(crate) fn done_cookie(name: &'static str) -> Cookie<'static> {
    let mut cookie = desk_cookie(DONE, name.into());
    if name.is_empty() {
        cookie.make_removal();
    }
    cookie
}

/// Returns the cookie of the desk's list, to which the pages of its tickets link back.
pub(crate) fn list_cookie(query: &str) -> Cookie<'static> {
    desk_cookie(LIST, query.to_owned())
}

fn desk_cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value)).path("/admin").http_only(true).same_site(SameSite::Lax).build()
}

/// Returns the reader, with the time zone that a script of the browser put into a cookie.
fn reader(headers: &HeaderMap, app: &App) -> Viewer {
    let jar = CookieJar::from_headers(headers);
    let zone = jar.get("zona").and_then(|cookie| TimeZone::named(cookie.value()).ok());
    zone.map_or(app.reader, Viewer::new)
}

impl FromRequestParts<App> for Customer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (id, me) = require_part(parts, app, Part::Customer)?;
        Ok(Self { me, desk: app.desk.customer(id), session: session_id(&parts.headers) })
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (id, me) = require_part(parts, app, Part::Admin)?;
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |name| jar.get(name).map_or_else(String::new, |it| it.value().to_owned());
        Ok(Self {
            me,
            desk: app.desk.admin(id.clone()),
            session: session_id(&parts.headers),
            id,
            list: cookie(LIST),
            done: cookie(DONE),
        })
    }
}

fn require_part(parts: &Parts, app: &App, part: Part) -> Result<(UserId, Me), Failure> {
    let someone = signed_in(&parts.headers, app).ok_or(Failure::SignIn)?;
    if someone.part != part {
        return Err(Failure::NotForYou { part });
    }
    Ok((someone.id.clone(), Me::new(&someone, &parts.headers, app)))
}

impl Me {
    pub(crate) fn new(someone: &Someone, headers: &HeaderMap, app: &App) -> Self {
        Self {
            id: someone.id.clone(),
            person: someone.shown().into(),
            admin: someone.part == Part::Admin,
            reader: reader(headers, app),
        }
    }

    /// Returns the city of the time zone of all times on the page.
    pub(crate) fn zone(&self) -> String {
        let name = self.reader.time_zone.name();
        name.rsplit('/').next().unwrap_or(name).replace('_', " ")
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
    fn new(app: &App, me: Option<Me>, problem: Option<&'static str>) -> Self {
        Self {
            me,
            customers: app.people.choices(Part::Customer),
            admins: app.people.choices(Part::Admin),
            problem,
        }
    }
}

async fn choose(State(app): State<App>, headers: HeaderMap, Asked(after): Asked<After>) -> Response {
    let me = signed_in(&headers, &app).map(|someone| Me::new(&someone, &headers, &app));
    let problem = after.is_refused().then_some("Elige a una de las personas de la lista.");
    page(StatusCode::OK, &SignInPage::new(&app, me, problem))
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(rename = "persona", default)]
    who: String,
}

async fn sign_in(State(app): State<App>, headers: HeaderMap, Posted(chosen): Posted<Chosen>) -> Answer {
    let id = UserId::parse(&chosen.who).ok();
    let Some(someone) = id.and_then(|id| app.people.get(&id)) else {
        return Ok(Redirect::to("/entrar?rechazado=1").into_response());
    };
    end_session(&headers, &app);
    let cookie = Cookie::build((COOKIE, app.sessions.start(&someone.id, app.now())))
        .path("/")
        .http_only(true)
        .secure(app.tls)
        .same_site(SameSite::Lax);
    Ok((CookieJar::new().add(cookie), Redirect::to(home_of(Some(someone)))).into_response())
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    end_session(&headers, &app);
    let jar = CookieJar::from_headers(&headers).remove(Cookie::build(COOKIE).path("/"));
    (jar, Redirect::to("/entrar")).into_response()
}

/// Ends the session of a request, so that its cookie is worth nothing from now on.
fn end_session(headers: &HeaderMap, app: &App) {
    if let Some(cookie) = CookieJar::from_headers(headers).get(COOKIE) {
        app.sessions.end(cookie.value());
    }
}
