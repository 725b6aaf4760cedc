//! Security checks of every request, and headers of every response.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_governor::{
    GovernorError, GovernorLayer, governor::GovernorConfigBuilder, key_extractor::KeyExtractor,
};
use ventanilla_service::UserId;

use crate::{
    App,
    error::{Failure, FailurePage},
    session::{Me, signed_in},
};

/// Content security policy: nothing from other sites, no inline script or style, and no frame around
/// the page.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses requests for another host's name and forms of other sites' pages, renders the pages of
/// failures, and adds the headers to every response.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    if !is_ours(headers, uri, &app.hosts) {
        // Without the menu: nobody signs in under a foreign name.
        return with_headers(FailurePage::of(Failure::ForeignHost).with_me(None));
    }
    let me = signed_in(headers, &app).map(|someone| Me::new(&someone, headers, &app));
    let same_site = request.method().is_safe() || is_same_site(headers, uri);
    let mut response =
        if same_site { next.run(request).await } else { Failure::CrossSite.into_response() };
    if let Some(failure) = response.extensions_mut().remove::<FailurePage>() {
        response = failure.with_me(me);
    }
    with_headers(response)
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Returns whether the request is for one of the hosts, with any port, and for no other.
fn is_ours(headers: &HeaderMap, uri: &Uri, hosts: &[String]) -> bool {
    let named = headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes);
    let mut named =
        named.chain(uri.authority().map(|authority| authority.as_str().as_bytes())).peekable();
    named.peek().is_some()
        && named.all(|name| {
            let name = Authority::try_from(name);
            name.is_ok_and(|name| hosts.iter().any(|host| host.eq_ignore_ascii_case(name.host())))
        })
}

/// Returns false if the browser says that another site's page sent the request.
///
/// A request without these headers comes from an old browser or from none; the cookie's `SameSite`
/// protects there.
fn is_same_site(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = text(header::HOST).or(uri.authority().map(Authority::as_str));
    let sender = origin.split_once("://").map(|(_, sender)| sender);
    sender.is_some() && sender == host
}

/// Number of forms that one person may send at once.
const BURST: u32 = 60;

/// Limits the forms that one person sends: [`BURST`] at once, then one a second.
pub(crate) fn rate_limited(pages: Router<App>, app: &App) -> Router<App> {
    let config = GovernorConfigBuilder::default()
        .per_second(1)
        .burst_size(BURST)
        .methods(vec![Method::POST])
        .key_extractor(PersonKey(app.clone()))
        .finish()
        .expect("neither figure is zero");
    pages.route_layer(GovernorLayer::new(config).error_handler(|_| Failure::TooMany.into_response()))
}

/// Counts by person. Those who haven't signed in share a count: they are only sent to sign in.
#[derive(Clone)]
struct PersonKey(App);

impl KeyExtractor for PersonKey {
    type Key = Option<UserId>;

    fn extract<T>(&self, request: &axum::http::Request<T>) -> Result<Self::Key, GovernorError> {
        Ok(signed_in(request.headers(), &self.0).map(|someone| someone.id))
    }
}
