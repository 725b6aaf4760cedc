//! Static files, embedded in the program.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::error::Failure;

const FILES: [(&str, &str, &str); 5] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../static/style.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../static/app.js")),
    ("icono.svg", "image/svg+xml", include_str!("../static/icono.svg")),
    ("ana.svg", "image/svg+xml", include_str!("../static/ana.svg")),
    ("soporte.svg", "image/svg+xml", include_str!("../static/soporte.svg")),
];

pub(crate) async fn file(
    name: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Response {
    let found = name.ok().and_then(|Path(name)| FILES.into_iter().find(|file| file.0 == name));
    let Some((_, kind, content)) = found else { return Failure::NotFound.into_response() };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=600")];
    (headers, content).into_response()
}
