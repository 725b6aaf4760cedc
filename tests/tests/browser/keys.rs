//! Shortcuts, and the choice of all tickets.

use ventanilla_tests::{Axe, Setup, is_there};

use crate::{centre::Centre, steps::opened};

#[tokio::test(flavor = "multi_thread")]
async fn keys_send_move_and_search() {
    let test = "keys_send_move_and_search";
    if !is_there(test) {
        return;
    }
    let Some(axe) = Axe::fetch(test) else { return };
    let centre = Centre::start().await;
    let number = opened(&centre, "Me cobraron dos veces").await;
    let window = centre.window(Setup::DESKTOP, "Lucía").await;
    let press = "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', \
                 {key: arguments[0], ctrlKey: arguments[1] === true, bubbles: true, cancelable: true}))";
    let focused =
        "return [...document.querySelectorAll('.desk-rows a.number')].indexOf(document.activeElement)";
    window.go(&centre.at("/admin")).await;
    for (key, at) in [("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)] {
        window.run(press, vec![key.into()]).await;
        assert_eq!(window.run(focused, vec![]).await, at, "{key}");
    }
    window.run(press, vec!["/".into()]).await;
    window.until("return document.activeElement.id === 'numero'").await;
    // A letter that is typed is none.
    window.run(press, vec!["?".into()]).await;
    assert_eq!(window.count("dialog[open]").await, 0);
    window.run("document.activeElement.blur()", vec![]).await;
    window.run(press, vec!["?".into()]).await;
    assert!(window.text("dialog[open]").await.contains("Atajos de teclado"));
    let found = axe.findings(&window).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    // They can be switched off.
    window.click("#atajos-activos").await;
    window.click("dialog button").await;
    window.run("document.activeElement.blur()", vec![]).await;
    window.run(press, vec!["?".into()]).await;
    assert_eq!(window.count("dialog[open]").await, 0);

    let chosen = "return [document.querySelectorAll('input[name=ticket]').length, \
                  document.querySelectorAll('input[name=ticket]:checked').length]";
    window.click("#elegir-todos").await;
    let all = window.run(chosen, vec![]).await;
    assert!(all[0] == all[1] && all[0] != 0, "{all}");
    window.click(".check").await;
    let one_less = "return document.querySelector('#elegir-todos').checked";
    assert_eq!(window.run(one_less, vec![]).await, false);

    window.go(&centre.at(&format!("/admin/tickets/{number}"))).await;
    window.fill("#texto", "Ya está devuelto.").await;
    window.run("document.querySelector('#texto').focus()", vec![]).await;
    window.run(press, vec!["Enter".into(), true.into()]).await;
    window.until("return document.querySelector('#m2 .text')?.innerText === 'Ya está devuelto.'").await;
    window.close().await;
}
