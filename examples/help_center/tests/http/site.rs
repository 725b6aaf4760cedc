//! Help centre under test, without a browser.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode, header},
};
use help_center::{App, app, desk};
use http_body_util::BodyExt;
use tower::ServiceExt;
use ventanilla_service::{
    Category, HelpDesk, MemoryStore, MessageText, NewTicket, Policy, TicketNumber, UserId,
    attachments::AttachmentStore,
    settings::{Limits, ManualClock},
    store::TicketStore,
};

pub(crate) const ANA: &str = "65a1f0c2e4b0a1b2c3d4e5f6";
pub(crate) const BRUNO: &str = "65a1f0c2e4b0a1b2c3d4e5f7";
pub(crate) const LUCIA: &str = "65b2a1d3f5c1b2c3d4e5f6a7";
pub(crate) const MARTIN: &str = "65b2a1d3f5c1b2c3d4e5f6a8";

pub(crate) struct Site {
    router: Router,
    pub(crate) desk: HelpDesk,
    pub(crate) clock: ManualClock,
}

/// Response of the help centre.
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Browser of a person: a cookie, or none.
pub(crate) struct Browser<'a> {
    site: &'a Site,
    cookie: Option<String>,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn over(store: Arc<dyn TicketStore>) -> Self {
        let clock = ManualClock::new("2026-03-02T12:00:00Z".parse().unwrap());
        let files = AttachmentStore::in_memory();
        let desk = desk(store).unwrap().attachments(files).clock(clock.clone()).build();
        let state = App::new(desk.clone(), clock.clone()).with_hosts(["ayuda.example"]);
        Self { router: app(state), desk, clock }
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let clock = ManualClock::new("2026-03-02T12:00:00Z".parse().unwrap());
        let policy = Policy { limits, ..help_center::policy().unwrap() };
        let desk = desk(MemoryStore::new()).unwrap().policy(policy).clock(clock.clone()).build();
        let state = App::new(desk.clone(), clock.clone()).with_hosts(["ayuda.example"]);
        Self { router: app(state), desk, clock }
    }

    /// Serves the pages over TLS.
    pub(crate) fn behind_tls() -> Self {
        let site = Self::new();
        let state = App::new(site.desk.clone(), site.clock.clone()).with_hosts(["ayuda.example"]);
        Self { router: app(state.behind_tls()), ..site }
    }

    pub(crate) fn nobody(&self) -> Browser<'_> {
        Browser { site: self, cookie: None }
    }

    /// Signs in as the page would.
    pub(crate) async fn browser(&self, who: &str) -> Browser<'_> {
        let seen = self.nobody().post("/entrar", &format!("persona={who}")).await;
        let set = seen.headers[header::SET_COOKIE].to_str().unwrap();
        Browser { site: self, cookie: set.split(';').next().map(Into::into) }
    }

    pub(crate) fn holding(&self, cookie: impl Into<String>) -> Browser<'_> {
        Browser { site: self, cookie: Some(cookie.into()) }
    }

    /// Opens a ticket of a customer by the use case.
    pub(crate) async fn ticket(&self, who: &str, text: &str) -> TicketNumber {
        let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse(text).unwrap());
        self.desk.customer(id(who)).create(new_ticket).await.unwrap().head.ticket_number
    }

    pub(crate) async fn messages(&self, number: &TicketNumber) -> Vec<String> {
        let view = self.desk.bot().get(number).await.unwrap();
        view.messages.iter().map(|message| message.text.as_str().to_owned()).collect()
    }

    pub(crate) async fn count(&self) -> u64 {
        self.desk.admin(id(LUCIA)).counts().await.unwrap().total()
    }

    /// Returns an answer before its body is there.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let answer = self.answer(request).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Seen { status: parts.status, headers: parts.headers, body }
    }
}

impl Browser<'_> {
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.ask("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Seen {
        self.ask("POST", path, &[("content-type", "application/x-www-form-urlencoded")], form).await
    }

    /// Posts a form that is refused, and follows to the page that shows it, as a browser does.
    #[track_caller]
    pub(crate) fn refused(&self, path: &str, form: &str) -> impl Future<Output = Seen> {
        let place = std::panic::Location::caller();
        async move {
            let seen = self.post(path, form).await;
            let to = seen.location();
            assert!(seen.status == 303 && to.contains("rechazado=1"), "{place}: {to} {}", seen.body);
            self.get(to).await
        }
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Seen {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "ayuda.example");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.site.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

impl Seen {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, text: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(self.body.contains(text), "{text:?} is not in {}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn is_without(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} is in {}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn goes_to(&self, place: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.location()), (303, place), "{}", self.body);
        self
    }

    /// Returns the value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let before = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&before).expect("a hidden field");
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

pub(crate) fn id(who: &str) -> UserId {
    UserId::parse(who).unwrap()
}
