//! Help centre in a browser: all code that a host writes to use Ventanilla, ready to copy.
//!
//! `cargo run -p help_center`
//!
//! Handlers translate between HTTP and the use cases; templates show view models and decide nothing.
//!
//! ```
//! use help_center::{App, app, desk};
//! use ventanilla_service::{MemoryStore, attachments::AttachmentStore, settings::SystemClock};
//!
//! let desk = desk(MemoryStore::new())?.attachments(AttachmentStore::in_memory()).build();
//! let router = app(App::new(desk, SystemClock));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod about;
mod admin;
mod attachments;
mod customer;
mod error;
mod fields;
mod files;
mod live;
mod people;
mod refused;
mod replies;
mod security;
mod seed;
mod server;
mod session;
mod typing;

use std::{error::Error, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::get};
use tower_http::{
    compression::CompressionLayer,
    timeout::TimeoutLayer,
    trace::{DefaultMakeSpan, TraceLayer},
};
use tracing::Level;
use ventanilla_service::{
    HelpDesk, HelpDeskBuilder, Policy, Priority, TimeZone, Timestamp, UserId,
    settings::Clock,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets},
    store::TicketStore,
    view::Viewer,
};

use live::Live;
pub use people::{Part, People, Someone};
use replies::CannedReply;
pub use seed::seed;
pub use server::serve;
use session::Sessions;
use typing::Typing;

/// Size limit of a request: the longest text in the widest encoding of a form, and some room.
const MAX_BODY: usize = 64 * 1024;

/// Time limit of a request, from its head to the answer; a client that sends its form slower is refused.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Time limit of a request with files, which a slow line takes longer for.
const MAX_UPLOAD_TIME: Duration = Duration::from_secs(10 * 60);

/// Number of tickets up to which a list says how many it has.
const COUNTED: u32 = 1_000;

/// State that the handlers share.
#[derive(Clone)]
pub struct App {
    desk: HelpDesk,
    people: Arc<People>,
    canned: Arc<[CannedReply]>,
    reader: Viewer,
    clock: Arc<dyn Clock>,
    sessions: Sessions,
    live: Live,
    typing: Typing,
    hosts: Vec<String>,
    tls: bool,
}

impl App {
    /// Creates the pages of a desk, with the demo's people, for the host names of the loopback interface.
    /// The clock should be the desk's own.
    #[must_use]
    pub fn new(desk: HelpDesk, clock: impl Clock + 'static) -> Self {
        let zone = TimeZone::named("America/Argentina/Buenos_Aires").expect("an IANA time zone");
        Self {
            desk,
            people: Arc::new(People::demo()),
            canned: replies::canned(),
            reader: Viewer::new(zone),
            clock: Arc::new(clock),
            sessions: Sessions::default(),
            live: Live::default(),
            typing: Typing::default(),
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(Into::into).into(),
            tls: false,
        }
    }

    /// Adds host names, without ports, by which the pages may be reached. A request for any other is
    /// refused, so that no other site's name can be made to lead here (DNS rebinding).
    #[must_use]
    pub fn with_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Sets that a proxy serves the pages over TLS, so that browsers send the session's cookie over TLS
    /// only.
    #[must_use]
    pub fn behind_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Returns every route of the help centre.
pub fn app(state: App) -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new().level(Level::INFO));
    let within = |time| TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time);
    let forms_with_files = customer::forms_with_files().merge(admin::forms_with_files());
    let slow = forms_with_files.merge(attachments::routes()).layer(within(MAX_UPLOAD_TIME));
    let pages = customer::routes().merge(admin::routes()).layer(within(MAX_TIME));
    let others = session::routes().merge(live::routes()).route("/static/{file}", get(files::file));
    Router::new()
        .merge(security::rate_limited(pages.merge(slow), &state))
        .merge(others.layer(within(MAX_TIME)))
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(state.clone(), security::guard))
        .layer(CompressionLayer::new())
        .layer(trace)
        .with_state(state)
}

/// Starts the demo's desk over a store.
///
/// # Errors
///
/// The errors of [`policy`].
pub fn desk(store: impl TicketStore + 'static) -> Result<HelpDeskBuilder, Box<dyn Error>> {
    let people = People::demo();
    let assignable = move |id: &UserId| people.is_admin(id);
    Ok(HelpDesk::builder(store).policy(policy()?).assignable(assignable))
}

/// Returns the policy of the demo's desk.
///
/// Its business calendar never closes, so that the seeded tickets are overdue or at risk whenever the
/// demo is started; a real desk sets its business hours here.
///
/// # Errors
///
/// None with these figures.
pub fn policy() -> Result<Policy, Box<dyn Error>> {
    let targets = SlaPolicy::new([
        (Priority::Urgent, SlaTargets::hours(1, 2, 8)?),
        (Priority::High, SlaTargets::hours(4, 4, 24)?),
        (Priority::Medium, SlaTargets::hours(8, 12, 72)?),
        (Priority::Low, SlaTargets::hours(24, 48, 240)?),
    ])?;
    Ok(Policy { sla: Some(Sla::new(targets, BusinessCalendar::always())), ..Policy::default() })
}
