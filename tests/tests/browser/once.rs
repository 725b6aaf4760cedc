//! Checks that a form sent twice has one effect.

use serde_json::json;
use ventanilla_service::{MessageText, MyTickets, NewTicket};
use ventanilla_tests::{Setup, Window, is_there};

use crate::{
    centre::{Centre, person},
    steps::{LISTENS, follow, opened},
};

/// Checks this with and without scripts: with scripts the button is disabled while the form is sent;
/// without, only the idempotency key protects.
const SETUPS: [Setup; 2] = [Setup::DESKTOP, Setup::PHONE.without_scripts()];

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_twice_is_added_once() {
    if !is_there("a_message_sent_twice_is_added_once") {
        return;
    }
    for setup in SETUPS {
        let centre = Centre::start().await;
        let ana = centre.desk.customer(person("Ana"));
        let text = MessageText::parse("Me cobraron dos veces").expect("a text");
        let draft = NewTicket::new("PAGOS".parse().expect("a category"), text);
        let number = ana.create(draft).await.expect("it is opened").head.ticket_number;
        let said = async || ana.get(&number).await.expect("it is there").messages.len();

        let window = centre.window(setup, "Ana").await;
        window.go(&centre.at(&format!("/tickets/{number}"))).await;
        let form = Form { field: "#texto", button: ".write button.primary" };
        let key = form.key(&window).await;
        window.fill(form.field, "¿Hay novedades?").await;
        window.double_click(form.button).await;
        window.find("#m2").await;
        assert_eq!(said().await, 2, "a double click");

        window.reload().await;
        window.find("#m2").await;
        assert_eq!(said().await, 2, "loaded again");

        window.back().await;
        form.is_as_it_was_or_new(&window, &key).await;
        form.send_as_before(&window, &key, "¿Hay novedades?").await;
        window.find("#m2").await;
        assert_eq!(said().await, 2, "sent again");
        assert_eq!(window.count(".bubble").await, 2);

        window.fill(form.field, "¿Hay novedades?").await;
        window.click(form.button).await;
        window.find("#m3").await;
        assert_eq!(said().await, 3, "whoever writes the same again means it");
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_sent_twice_is_opened_once() {
    if !is_there("a_ticket_sent_twice_is_opened_once") {
        return;
    }
    for setup in SETUPS {
        let centre = Centre::start().await;
        let elida = centre.desk.customer(person("Élida"));
        let opened = async || elida.list(MyTickets::all()).await.expect("a list").rows.len();

        let window = centre.window(setup, "Élida").await;
        window.go(&centre.at("/ayuda")).await;
        let form = Form { field: "#descripcion", button: "main button.primary" };
        let key = form.key(&window).await;
        window.click("#categoria option[value=BUG]").await;
        window.fill(form.field, "No me deja pagar").await;
        window.double_click(form.button).await;
        let number = window.text("main .number").await;
        assert_eq!(opened().await, 1, "a double click");

        window.reload().await;
        assert_eq!(window.text("main .number").await, number);
        assert_eq!(opened().await, 1, "loaded again");

        window.back().await;
        form.is_as_it_was_or_new(&window, &key).await;
        window.click("#categoria option[value=BUG]").await;
        form.send_as_before(&window, &key, "No me deja pagar").await;
        assert_eq!(window.text("main .number").await, number, "the same thanks");
        assert_eq!(opened().await, 1, "sent again");
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_text_is_loaded_again_and_not_sent_again() {
    if !is_there("a_refused_text_is_loaded_again_and_not_sent_again") {
        return;
    }
    for setup in SETUPS {
        let centre = Centre::start().await;
        let ana = centre.desk.customer(person("Ana"));
        let number = opened(&centre, "Me cobraron dos veces").await;
        let said = async || ana.get(&number).await.expect("it is there").messages.len();
        let window = centre.window(setup, "Ana").await;
        window.go(&centre.at(&format!("/tickets/{number}"))).await;
        let form = Form { field: "#texto", button: ".write button.primary" };
        let (first, key) = ("¿Hay novedades?", form.key(&window).await);
        window.fill(form.field, first).await;
        follow(&window, form.button).await;
        form.send_as_before(&window, &key, "Otra cosa").await;
        window.sees("Ya habías enviado otro texto").await;
        let offered = form.key(&window).await;
        let typed = "return document.getElementById('texto').value";

        window.reload().await;
        window.sees("Ya habías enviado otro texto").await;
        assert_eq!(window.run(typed, vec![]).await, "Otra cosa");
        assert_eq!((said().await, form.key(&window).await), (2, offered));
        if setup.scripts {
            // What was written since then stays as well, even if it is nothing.
            for text in ["Otra cosa más", ""] {
                let write = "const field = document.getElementById('texto'); \
                             field.value = arguments[0]; \
                             field.dispatchEvent(new Event('input', { bubbles: true }))";
                window.run(write, vec![json!(text)]).await;
                window.reload().await;
                window.sees("Ya habías enviado otro texto").await;
                assert_eq!(window.run(typed, vec![]).await, text);
            }
        }
        if setup.scripts {
            // Until the page has looked for news, an empty form may be replaced.
            window.until(LISTENS).await;
        }
        window.fill(form.field, "Otra cosa, por fin").await;
        follow(&window, form.button).await;
        assert_eq!(window.text("#m3 .text").await, "Otra cosa, por fin");
        assert_eq!(window.run(typed, vec![]).await, "");
        assert_eq!(said().await, 3);
        window.close().await;
    }
}

struct Form {
    field: &'static str,
    button: &'static str,
}

impl Form {
    async fn key(&self, window: &Window) -> String {
        self.find(window).await;
        let key = window.run("return document.querySelector('[name=clave]').value", vec![]).await;
        key.as_str().expect("a text").to_owned()
    }

    /// Asserts that a text that was sent has its old key, since with a new one another click would
    /// send it twice.
    async fn is_as_it_was_or_new(&self, window: &Window, sent: &str) {
        self.find(window).await;
        let text = "return document.querySelector(arguments[0]).value";
        let text = window.run(text, vec![json!(self.field)]).await;
        assert!(text == "" || self.key(window).await == sent, "{text} would be sent twice");
    }

    /// Submits the very same form, as a browser does that keeps the state of pages.
    async fn send_as_before(&self, window: &Window, key: &str, text: &str) {
        let set = "document.querySelector('[name=clave]').value = arguments[0];";
        window.run(set, vec![json!(key)]).await;
        window.fill(self.field, text).await;
        window.click(self.button).await;
    }

    async fn find(&self, window: &Window) {
        window.find(self.button).await;
    }
}
