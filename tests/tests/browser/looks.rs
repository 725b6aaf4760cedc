//! Checks the look of pages.
//!
//! Takes pictures into `target/screenshots`, and checks that nothing is wider than the screen and
//! that styles apply by day and by night.

use std::{env, fs, path::Path};

use ventanilla_service::{ListQuery, Status, TicketNumber};
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

/// Returns the widths at which a page can be scrolled sideways.
async fn too_wide(centre: &Centre, window: &Window, path: &str) -> Vec<String> {
    let mut wide = Vec::new();
    for (width, height) in WIDTHS {
        window.resize(width, height).await;
        window.go(&centre.at(path)).await;
        // As it is, with letters twice as large, and with names of 68 letters.
        let letters = "document.documentElement.style.fontSize = '200%'";
        let names = "document.documentElement.style.fontSize = ''; \
                     for (const name of document.querySelectorAll('bdi, .me-name, .person span, #persona option')) \
                     name.textContent = 'W'.repeat(68)";
        for change in ["", letters, names] {
            window.run(change, vec![]).await;
            // A phone scales the page down rather than scroll.
            let script = "return [innerWidth, document.documentElement.scrollWidth]";
            let found = window.run(script, vec![]).await;
            let fits =
                |part: &serde_json::Value| part.as_u64().is_some_and(|found| found <= width.into());
            if !found.as_array().is_some_and(|both| both.iter().all(fits)) {
                wide.push(format!("{path} at {width} px {change}: {found}"));
            }
        }
    }
    wide
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_follow_the_preference_and_pictures_are_kept() {
    if !is_there("colours_follow_the_preference_and_pictures_are_kept") {
        return;
    }
    let centre = Centre::start().await;
    let window = Window::open(Setup::DESKTOP).await;
    let number = ticket_of(&centre, "Ana", Status::InProgress).await;
    let drafted = drafted(&centre).await;
    for (name, pages) in [
        ("Ana", vec![("ayuda", "/ayuda".to_owned()), ("chat", format!("/tickets/{number}"))]),
        (
            "Lucía",
            vec![
                ("tablero", "/admin?orden=urgentes".to_owned()),
                ("ticket", format!("/admin/tickets/{number}")),
                ("borrador", format!("/admin/tickets/{drafted}")),
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
                let script = "const style = getComputedStyle(document.body); \
                    return [style.backgroundColor, style.color]";
                grounds.push(window.run(script, vec![]).await);
            }
            let [phone, phone_dark, desktop, desktop_dark] = &grounds[..] else { unreachable!() };
            assert_eq!((phone, phone_dark), (desktop, desktop_dark), "{path}");
            assert!(grounds.iter().all(|ground| ground[0] != "rgba(0, 0, 0, 0)"), "{path}: {grounds:?}");
            assert!(grounds.iter().all(|ground| ground[0] != ground[1]), "{path}: {grounds:?}");
            assert_ne!(phone[0], phone_dark[0], "{path}: the background is as light by night");
            assert_ne!(phone[1], phone_dark[1], "{path}: the text is as dark by night");
        }
    }
    window.close().await;
}

/// Returns a ticket for which the bot proposes a reply.
async fn drafted(centre: &Centre) -> TicketNumber {
    let lucia = centre.desk.admin(crate::centre::person("Lucía"));
    let open = ListQuery::new().with_statuses(Status::Open);
    for row in lucia.list(open).await.expect("a list").rows {
        let number = row.head.ticket_number;
        if lucia.get(&number).await.expect("it is there").draft.is_some() {
            return number;
        }
    }
    panic!("the demo has a draft")
}

fn keep(name: &str, picture: &[u8]) {
    let test = env::current_exe().expect("a test's binary");
    let marked = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let folder = marked.map_or_else(env::temp_dir, Path::to_path_buf).join("screenshots");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(name), picture))
        .expect("it is kept");
}
