//! How pages look: pictures in `target/screenshots`, nothing wider than the screen, styles by day and
//! by night.

use std::{env, fs, path::Path};

use ventanilla_service::Status;
use ventanilla_tests::{Setup, Window, is_there};

use crate::{
    centre::Centre,
    steps::{sign_in, ticket_of},
};

const WIDTHS: [(u32, u32); 4] = [(320, 640), (390, 844), (768, 1024), (1280, 900)];

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_its_screen() {
    if !is_there("no_page_is_wider_than_its_screen") {
        return;
    }
    let centre = Centre::start().await;
    let window = Window::open(Setup::DESKTOP).await;
    let long = centre.desk.customer(crate::centre::person("Ana"));
    let text = format!("{} https://ventanilla.example/{}", "W".repeat(300), "a".repeat(300));
    let form = ventanilla_service::Form { category: "PAGOS", description: &text, ..Default::default() };
    let Ok(ventanilla_service::Screened::Genuine(draft)) = centre.desk.screen(&form) else {
        panic!("it is a person's")
    };
    let long = long.create(draft).await.expect("it is opened").head.ticket_number;
    let (resolved, closed) = (
        ticket_of(&centre, "Ana", Status::Resolved).await,
        ticket_of(&centre, "Ana", Status::Closed).await,
    );

    let mut wide = Vec::new();
    wide.extend(too_wide(&centre, &window, "/entrar").await);
    sign_in(&centre, &window, "Ana").await;
    for path in ["/ayuda", "/tickets", "/tickets?cerrados=1", "/ninguna", "/admin"] {
        wide.extend(too_wide(&centre, &window, path).await);
    }
    for number in [&long, &resolved, &closed] {
        wide.extend(too_wide(&centre, &window, &format!("/tickets/{number}")).await);
    }
    sign_in(&centre, &window, "Lucía").await;
    for path in ["/admin", "/admin?estado=x&desde=x", "/admin/informe"] {
        wide.extend(too_wide(&centre, &window, path).await);
    }
    for number in [&long, &resolved, &closed] {
        wide.extend(too_wide(&centre, &window, &format!("/admin/tickets/{number}")).await);
    }
    window.close().await;
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// The widths at which a page can be scrolled sideways.
async fn too_wide(centre: &Centre, window: &Window, path: &str) -> Vec<String> {
    window.go(&centre.at(path)).await;
    let mut wide = Vec::new();
    for (width, height) in WIDTHS {
        window.resize(width, height).await;
        // A phone would rather show everything smaller than let one scroll.
        let script = "return [innerWidth, document.documentElement.scrollWidth]";
        let found = window.run(script, vec![]).await;
        let fits = |part: &serde_json::Value| part.as_u64().is_some_and(|found| found <= width.into());
        if !found.as_array().is_some_and(|both| both.iter().all(fits)) {
            wide.push(format!("{path} at {width} px: {found}"));
        }
    }
    wide
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_look_as_in_the_pictures() {
    if !is_there("pages_look_as_in_the_pictures") {
        return;
    }
    let centre = Centre::start().await;
    let window = Window::open(Setup::DESKTOP).await;
    let number = ticket_of(&centre, "Ana", Status::InProgress).await;
    for (name, pages) in [
        ("Ana", vec![("ayuda", "/ayuda".to_owned()), ("chat", format!("/tickets/{number}"))]),
        (
            "Lucía",
            vec![
                ("tablero", "/admin?orden=urgentes".to_owned()),
                ("ticket", format!("/admin/tickets/{number}")),
                ("informe", "/admin/informe".to_owned()),
            ],
        ),
    ] {
        sign_in(&centre, &window, name).await;
        for (page, path) in pages {
            let mut grounds = Vec::new();
            for (device, (width, height), dark) in [
                ("phone", (390, 844), false),
                ("phone-dark", (390, 844), true),
                ("desktop", (1280, 900), false),
                ("desktop-dark", (1280, 900), true),
            ] {
                window.resize(width, height).await;
                window.prefer_dark(dark).await;
                window.go(&centre.at(&path)).await;
                keep(&format!("{page}-{device}.png"), &window.picture().await);
                let ground = "return getComputedStyle(document.body).backgroundColor";
                grounds.push((dark, window.run(ground, vec![]).await));
            }
            let nothing = "rgba(0, 0, 0, 0)";
            assert!(grounds.iter().all(|(_, ground)| ground != nothing), "{path}: {grounds:?}");
            assert_eq!(grounds[0], grounds[2], "{path}");
            assert_eq!(grounds[1], grounds[3], "{path}");
            assert_ne!(grounds[0].1, grounds[1].1, "{path}: it is as light by night");
        }
    }
    window.close().await;
}

fn keep(name: &str, picture: &[u8]) {
    let test = env::current_exe().expect("a test's binary");
    let marked = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let folder = marked.map_or_else(env::temp_dir, Path::to_path_buf).join("screenshots");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(name), picture))
        .expect("it is kept");
}
