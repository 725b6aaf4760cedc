//! Help centre in a browser: all code that a host writes to use Ventanilla, ready to copy.
//!
//! `cargo run -p help_center`
//!
//! Handlers translate between HTTP and the use cases; templates show view models and decide nothing.
//!
//! ```
//! use help_center::{App, app, desk};
//! use ventanilla_service::{MemoryStore, settings::SystemClock};
//!
//! let desk = desk(MemoryStore::new())?.build();
//! let router = app(App::new(desk, SystemClock));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admin;
mod customer;
mod error;
mod fields;
mod files;
mod people;
mod security;
mod seed;
mod session;

use std::{error::Error, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use axum_extra::extract::cookie::Key;
use ventanilla_service::{
    HelpDesk, HelpDeskBuilder, Policy, Priority, TimeZone, Timestamp, UserId,
    settings::Clock,
    sla::{BusinessCalendar, Sla, SlaPolicy, SlaTargets},
    store::TicketStore,
    view::Viewer,
};

pub use people::{Part, People, Someone};
pub use seed::seed;

/// Size limit of a request: the longest text in the widest encoding of a form, and some room.
const MAX_BODY: usize = 64 * 1024;

/// State that the handlers share.
#[derive(Clone)]
pub struct App {
    desk: HelpDesk,
    people: Arc<People>,
    reader: Viewer,
    clock: Arc<dyn Clock>,
    key: Key,
}

impl App {
    /// The pages of a desk, with the demo's people. The clock should be the desk's own; sessions end
    /// with the process.
    #[must_use]
    pub fn new(desk: HelpDesk, clock: impl Clock + 'static) -> Self {
        let zone = TimeZone::named("America/Argentina/Buenos_Aires").expect("an IANA time zone");
        Self {
            desk,
            people: Arc::new(People::demo()),
            reader: Viewer::new(zone),
            clock: Arc::new(clock),
            key: Key::generate(),
        }
    }

    /// The same with sessions signed by a secret, so that they outlive the process.
    ///
    /// # Errors
    ///
    /// If the secret has fewer than 32 bytes.
    pub fn with_secret(mut self, secret: &str) -> Result<Self, Box<dyn Error>> {
        if secret.len() < 32 {
            return Err("SECRET needs 32 bytes or more".into());
        }
        self.key = Key::derive_from(secret.as_bytes());
        Ok(self)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Returns every route of the help centre.
pub fn app(state: App) -> Router {
    Router::new()
        .merge(session::routes())
        .merge(customer::routes())
        .merge(admin::routes())
        .route("/static/{file}", get(files::file))
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(security::guard))
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
