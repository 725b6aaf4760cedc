//! Live updates between two browsers.

use ventanilla_service::{Priority, Status};
use ventanilla_tests::{Setup, is_there};

use crate::{
    centre::{Centre, person},
    steps::{follow, opened},
};

/// Once a page listens, it fetches what was missed.
const LISTENS: &str = "return performance.getEntriesByType('resource').some((entry) => \
                       entry.initiatorType === 'fetch')";

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_the_other_sees_without_a_reload() {
    if !is_there("what_one_writes_the_other_sees_without_a_reload") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let phone = centre.window(Setup::PHONE, "Ana").await;
    let desktop = centre.window(Setup::DESKTOP, "Lucía").await;
    phone.go(&centre.at(&format!("/tickets/{number}"))).await;
    desktop.go(&centre.at(&format!("/admin/tickets/{number}"))).await;

    for window in [&phone, &desktop] {
        window.until(LISTENS).await;
    }
    // A text that is being written stays.
    desktop.fill("#nota", "Llamar mañana").await;
    phone.fill("#texto", "El segundo cargo es del martes.").await;
    follow(&phone, ".write button.primary").await;
    desktop.until("return document.querySelectorAll('.bubble').length === 2").await;
    assert_eq!(desktop.text(".bubble:last-child .text").await, "El segundo cargo es del martes.");
    assert_eq!(desktop.text(".bubble:last-child .who .badge").await, "Nuevo");
    let note = desktop.run("return document.getElementById('nota').value", vec![]).await;
    assert_eq!(note, "Llamar mañana");

    // The administrator has not begun an answer, so it is made for what is shown now.
    desktop.fill("#texto", "Ya está devuelto.").await;
    follow(&desktop, ".write button.primary").await;
    phone.until("return document.querySelectorAll('.bubble').length === 3").await;
    assert_eq!(phone.text(".bubble:last-child .text").await, "Ya está devuelto.");
    assert_eq!(phone.count(".bubble:nth-child(2) .who .badge").await, 0, "her own");

    let lucia = centre.desk.admin(person("Lucía"));
    lucia.set_status(&number, Status::Resolved).await.unwrap();
    for window in [&phone, &desktop] {
        window.until("return document.getElementById('estado-actual').innerText === 'Resuelto'").await;
    }
    phone.until("return !!document.querySelector('form.confirm')").await;
    phone.close().await;
    desktop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_what_has_changed() {
    if !is_there("a_list_shows_what_has_changed") {
        return;
    }
    let centre = Centre::start().await;
    let desktop = centre.window(Setup::DESKTOP, "Lucía").await;
    desktop.go(&centre.at("/admin")).await;
    desktop.until(LISTENS).await;
    let number = opened(&centre, "No me deja entrar").await;
    let row = format!("#lista a[href$='/{number}']");
    let admin = centre.desk.admin(person("Martín"));
    admin.set_priority(&number, Priority::Urgent).await.unwrap();
    desktop.until(&format!("return !!document.querySelector(\"{row} + .fresh\")")).await;

    // A claim by somebody else.
    admin.claim(&number).await.unwrap();
    let claimed =
        format!("return document.querySelector(\"{row}\").closest('li').innerText.includes('Martín')");
    desktop.until(&claimed).await;

    // Rows that are being chosen stay as they are.
    desktop.click("#lista input[type=checkbox]").await;
    admin.unassign(&number).await.unwrap();
    desktop.run_async("setTimeout(arguments[0], 600)").await;
    assert_eq!(desktop.run(&claimed, vec![]).await, true);
    desktop.close().await;

    let phone = centre.window(Setup::PHONE, "Ana").await;
    phone.go(&centre.at("/tickets")).await;
    phone.until(LISTENS).await;
    admin.reply(&number, "Prueba otra vez.").await.unwrap();
    phone.until(&format!("return !!document.querySelector(\"{row} .fresh\")")).await;
    phone.close().await;
}
