//! Static files, embedded in the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::error::Failure;

const FILES: [(&str, &str, &str); 8] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../static/style.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../static/app.js")),
    ("attach.js", "text/javascript; charset=utf-8", include_str!("../static/attach.js")),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../static/live.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_str!("../static/keys.js")),
    ("icono.svg", "image/svg+xml", include_str!("../static/icono.svg")),
    ("ana.svg", "image/svg+xml", include_str!("../static/ana.svg")),
    ("soporte.svg", "image/svg+xml", include_str!("../static/soporte.svg")),
];

pub(crate) async fn file(
    name: Result<Path<String>, axum::extract::rejection::PathRejection>,
    request: HeaderMap,
) -> Response {
    let found = name.ok().and_then(|Path(name)| FILES.into_iter().find(|file| file.0 == name));
    let Some((_, kind, content)) = found else { return Failure::NotFound.into_response() };
    let etag = etag(content);
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let headers = [(header::CACHE_CONTROL, "public, max-age=600"), (header::ETAG, &etag)];
    if known.is_some_and(|tags| tags == "*" || tags.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, kind)], content).into_response()
}

/// Returns the version of a file, weak because it is the same however the file is compressed.
fn etag(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}
