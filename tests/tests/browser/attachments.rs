//! Files in a browser: chosen, dropped, with and without scripts, and from both sides.

use std::path::Path;

use tempfile::{TempDir, tempdir};
use ventanilla_service::TicketNumber;
use ventanilla_tests::{Setup, Window, is_there};

use crate::{
    centre::{Centre, person},
    steps::{follow, opened, texts},
};

/// Picture of 4 by 3 pixels.
pub(crate) const PNG: [u8; 73] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x03, 0x08, 0x02, 0x00, 0x00, 0x00, 0x3b, 0x96, 0x39,
    0x91, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x50, 0x48, 0x58, 0x00,
    0x47, 0x0c, 0x38, 0x39, 0x00, 0x01, 0x76, 0x0d, 0x81, 0x76, 0x04, 0xd8, 0x65, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Folder with files to choose.
pub(crate) fn files(of: &[(&str, &[u8])]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (name, content) in of {
        std::fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

/// Chooses a file as a person does.
pub(crate) async fn choose_file(window: &Window, folder: &Path, name: &str) {
    let path = folder.join(name);
    window
        .find("#archivos")
        .await
        .send_keys(path.to_str().expect("a path"))
        .await
        .expect("it is chosen");
}

/// Returns the bytes and headers of the file to which the last link of a page leads.
async fn downloaded(window: &Window) -> serde_json::Value {
    let script = "const done = arguments[arguments.length - 1]; \
                  const link = [...document.querySelectorAll('.attached a')].at(-1); \
                  fetch(link.href).then(async (answer) => done({ \
                      kind: answer.headers.get('content-type'), \
                      how: answer.headers.get('content-disposition'), \
                      bytes: (await answer.arrayBuffer()).byteLength }))";
    window.run_async(script).await
}

async fn names(centre: &Centre, number: &TicketNumber) -> Vec<String> {
    let lucia = centre.desk.admin(person("Lucía"));
    let messages = lucia.get(number).await.expect("a ticket").messages;
    let files = messages.into_iter().flat_map(|message| message.attachments);
    files.map(|file| file.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_file_is_uploaded_with_progress_and_the_other_side_sees_it_at_once() {
    if !is_there("a_chosen_file_is_uploaded_with_progress_and_the_other_side_sees_it_at_once") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "No carga").await;
    let phone = centre.window(Setup::PHONE, "Ana").await;
    let desktop = centre.window(Setup::DESKTOP, "Lucía").await;
    phone.go(&centre.at(&format!("/tickets/{number}"))).await;
    desktop.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    let large = [&PNG[..], &vec![7; 8 << 20]].concat();
    let folder = files(&[("captura.png", &PNG), ("grande.png", &large), ("mala.html", b"<html>")]);

    // What the bars have shown.
    let watch = "window.shown = []; new MutationObserver(() => { \
                 for (const bar of document.querySelectorAll('.files progress')) shown.push(bar.getAttribute('aria-label')) \
                 }).observe(document.body, { childList: true, subtree: true })";
    phone.run(watch, vec![]).await;
    choose_file(&phone, folder.path(), "grande.png").await;
    phone.until("return document.querySelectorAll('.files .chip input:checked').length === 1").await;
    let shown = phone.run("return shown[0]", vec![]).await;
    assert_eq!(shown, "Subiendo grande.png");
    assert_eq!(texts(&phone, ".files .chip .hint").await, ["8 MB"]);
    choose_file(&phone, folder.path(), "captura.png").await;
    phone.until("return document.querySelectorAll('.files .chip input:checked').length === 2").await;
    choose_file(&phone, folder.path(), "mala.html").await;
    phone.sees("No se admite este tipo de archivo").await;
    assert_eq!(texts(&phone, ".files .chip bdi").await, ["grande.png", "captura.png"]);
    // One is left out again, and no text is needed.
    phone.click(".files .chip:first-child input").await;
    follow(&phone, ".write button.primary").await;
    phone.until("return document.querySelectorAll('.attached img').length === 1").await;
    phone.until("return document.querySelector('.attached img').naturalWidth === 4").await;
    assert_eq!(names(&centre, &number).await, ["captura.png"]);

    desktop.until("return document.querySelectorAll('.bubble').length === 2").await;
    desktop.until("return document.querySelector('.attached img').naturalWidth === 4").await;
    assert_eq!(desktop.text(".bubble:last-child .text").await, "Adjunto: captura.png");
    let file = downloaded(&desktop).await;
    assert_eq!((&file["kind"], &file["bytes"]), (&"image/png".into(), &PNG.len().into()));
    assert_eq!(file["how"], "attachment; filename*=UTF-8''captura%2Epng");
    phone.close().await;
    desktop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_is_uploaded_and_a_form_waits_for_it() {
    if !is_there("a_dropped_file_is_uploaded_and_a_form_waits_for_it") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "No carga").await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    window.fill("#texto", "Sigue estos pasos").await;
    // The upload ends only after the form was sent for the first time.
    let drop = "const send = XMLHttpRequest.prototype.send; \
                XMLHttpRequest.prototype.send = function (body) { setTimeout(() => send.call(this, body), 500) }; \
                const files = new DataTransfer(); \
                files.items.add(new File(['Paso 1'], 'pasos.txt')); \
                const event = (kind) => new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }); \
                const target = document.getElementById('texto'); \
                target.dispatchEvent(event('dragover')); \
                const over = document.querySelector('.files').classList.contains('over'); \
                target.dispatchEvent(event('drop')); \
                return over";
    assert_eq!(window.run(drop, vec![]).await, true);
    follow(&window, ".write button.primary").await;
    window.until("return document.querySelectorAll('.bubble').length === 2").await;
    assert_eq!(window.text(".bubble:last-child .text").await, "Sigue estos pasos");
    assert_eq!(texts(&window, ".attached bdi").await, ["pasos.txt"]);
    assert_eq!(names(&centre, &number).await, ["pasos.txt"]);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_the_form_without_scripts() {
    if !is_there("files_go_with_the_form_without_scripts") {
        return;
    }
    let centre = Centre::start().await;
    let window = centre.window(Setup::PHONE.without_scripts(), "Ana").await;
    let folder = files(&[("captura.png", &PNG), ("mala.html", b"<html>")]);
    window.go(&centre.at("/ayuda")).await;
    window.find("#categoria").await.select_by_label("Pagos").await.expect("a category");
    window.fill("#descripcion", "Me cobraron dos veces").await;
    choose_file(&window, folder.path(), "captura.png").await;
    choose_file(&window, folder.path(), "mala.html").await;
    window.click("main form button").await;
    // What was good is kept, and the text with it.
    window.sees("No se admite este tipo de archivo").await;
    assert_eq!(texts(&window, ".files .chip bdi").await, ["captura.png"]);
    window.click("main form button").await;
    window.sees("¡Gracias! Ya lo tenemos").await;
    window.click("main a.button").await;
    window.find(".attached img").await;
    let src = window.find(".attached a").await.attr("href").await.expect("an address").expect("a file");
    assert!(src.starts_with("/tickets/TKT-"), "{src}");
    let file = downloaded(&window).await;
    assert_eq!((&file["kind"], &file["bytes"]), (&"image/png".into(), &PNG.len().into()));
    window.close().await;
}
