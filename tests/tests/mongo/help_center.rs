//! The help centre over MongoDB, whose user ids are `ObjectId`s, with ids that are none.

use axum::{Router, body::Body};
use help_center::{App, Part, People, app, desk};
use http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use ventanilla_service::{
    Category, MessageText, NewTicket, mongodb::MongoOptions, settings::SystemClock,
};
use ventanilla_tests::Mongo;

#[tokio::test]
async fn an_id_that_the_store_cannot_hold_is_explained() {
    let database = Mongo::of_one().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let desk = desk(store).unwrap().build();
    let people = People::demo();
    let (ana, lucia) =
        (people.of(Part::Customer).next().unwrap(), people.of(Part::Admin).next().unwrap());
    let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Hola").unwrap());
    let number = desk.customer(ana.id.clone()).create(new_ticket).await.unwrap().head.ticket_number;
    let pages = app(App::new(desk, SystemClock));

    let signed_in = ask(&pages, "POST", "/entrar", "", &format!("persona={}", lucia.id)).await;
    let cookie = signed_in.cookie.split(';').next().unwrap();
    let ticket = format!("/admin/tickets/{number}");
    for id in ["abc", "65A1F0C2E4B0A1B2C3D4E5F6", "65a1f0c2e4b0a1b2c3d4e5ff"] {
        for (method, path, form, text) in [
            ("GET", format!("/admin?asignado={id}"), String::new(), "Elige una opción"),
            ("GET", format!("/admin?solicitante={id}"), String::new(), "Elige una opción"),
            ("POST", format!("/admin/siguiente?solicitante={id}"), String::new(), "Elige una opción"),
            (
                "POST",
                format!("/admin/lote?asignado={id}"),
                format!("accion=tomar&ticket={number}"),
                "Elige una opción",
            ),
            (
                "POST",
                format!("{ticket}/asignacion"),
                format!("accion=asignar&persona={id}&version=1"),
                "Elige a alguien del equipo.",
            ),
            ("POST", "/entrar".into(), format!("persona={id}"), "Elige a una de las personas"),
        ] {
            let mut seen = ask(&pages, method, &path, cookie, &form).await;
            // A refused form leads to its page; a list by a filter that isn't offered is refused itself.
            if seen.status == 303 {
                seen = ask(&pages, "GET", &seen.location, cookie, "").await;
            }
            let Seen { status, body, .. } = seen;
            let is_list = path.contains("asignado=") || path.contains("solicitante=");
            assert_eq!(status, if is_list { 422 } else { 200 }, "{path} {form}: {body}");
            assert!(body.contains(text), "{path} {form}: {body}");
        }
    }
    for known in
        [format!("/admin?solicitante={}", ana.id), ticket, format!("/admin?asignado={}", lucia.id)]
    {
        assert_eq!(ask(&pages, "GET", &known, cookie, "").await.status, 200, "{known}");
    }
    for odd in ["abc", "%00", "65a1f0c2e4b0a1b2c3d4e5ff"] {
        for path in [format!("/admin/tickets/{odd}"), format!("/admin/buscar?numero={odd}")] {
            assert_eq!(ask(&pages, "GET", &path, cookie, "").await.status, 404, "{path}");
        }
    }
}

/// Response of the help centre.
struct Seen {
    status: u16,
    cookie: String,
    location: String,
    body: String,
}

async fn ask(pages: &Router, method: &str, path: &str, cookie: &str, form: &str) -> Seen {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie);
    let request = request.body(Body::from(form.to_owned())).unwrap();
    let (parts, body) = pages.clone().oneshot(request).await.unwrap().into_parts();
    let text = |name| {
        parts.headers.get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    let body = body.collect().await.unwrap().to_bytes();
    Seen {
        status: parts.status.as_u16(),
        cookie: text(header::SET_COOKIE),
        location: text(header::LOCATION),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
