//! Live updates between two browsers.

use ventanilla_service::{Priority, Status};
use ventanilla_tests::{Setup, is_there};

use crate::{
    centre::{Centre, person},
    steps::{LISTENS, follow, opened},
};

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
async fn a_colleague_who_writes_a_reply_is_seen_without_a_reload() {
    if !is_there("a_colleague_who_writes_a_reply_is_seen_without_a_reload") {
        return;
    }
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let page = centre.at(&format!("/admin/tickets/{number}"));
    let lucia = centre.window(Setup::DESKTOP, "Lucía").await;
    let martin = centre.window(Setup { size: (1200, 800), ..Setup::DESKTOP }, "Martín").await;
    let plain = centre.window(Setup::PHONE.without_scripts(), "Martín").await;
    for window in [&lucia, &martin] {
        window.go(&page).await;
        window.until(LISTENS).await;
    }
    plain.go(&page).await;
    let line = "return document.getElementById('escribiendo').textContent";
    let shown = format!("{line} === 'Lucía Paz está respondiendo…'");
    assert_eq!(martin.run(line, vec![]).await, "");
    martin.run("window.stayed = true", vec![]).await;

    lucia.fill("#texto", "Ya está dev").await;
    martin.until(&shown).await;
    assert_eq!(lucia.run(line, vec![]).await, "", "she knows");
    assert_eq!(plain.run(line, vec![]).await, "");
    plain.reload().await;
    assert_eq!(plain.run(&shown, vec![]).await, true);

    lucia.fill("#texto", "Ya está devuelto.").await;
    let signals = "return performance.getEntriesByType('resource') \
                   .filter((entry) => entry.name.endsWith('/escribiendo')).length";
    let sent = lucia.run(signals, vec![]).await.as_u64().unwrap();
    assert!((1..10).contains(&sent), "{sent}: not for each letter");
    follow(&lucia, ".write button.primary").await;
    martin.until(&format!("{line} === ''")).await;
    assert_eq!(martin.text(".bubble:last-child .text").await, "Ya está devuelto.");
    assert_eq!(martin.run("return window.stayed", vec![]).await, true);
    for window in [lucia, martin, plain] {
        window.close().await;
    }
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
