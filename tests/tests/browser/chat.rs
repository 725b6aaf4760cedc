//! A ticket as a chat.

use serde_json::{Value, json};
use ventanilla_service::{MessageText, MyTickets, NewTicket, Status, TicketNumber};
use ventanilla_tests::{Setup, Window, is_there};

use crate::centre::{Centre, person};

const SEND: &str = ".write button.primary";

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_reads_as_a_chat() {
    if !is_there("a_conversation_reads_as_a_chat") {
        return;
    }
    let centre = Centre::start().await;
    let ana = centre.desk.customer(person("Ana"));
    let theirs = ana.list(MyTickets::all()).await.unwrap().rows;
    let paid_twice = theirs.iter().find(|ticket| ticket.excerpt.as_str().contains("dos cargos"));
    let number = paid_twice.unwrap().head.ticket_number.clone();
    for setup in [Setup::DESKTOP, Setup::PHONE] {
        let window = centre.window(setup, "Ana").await;
        window.go(&centre.at(&format!("/tickets/{number}"))).await;
        assert_eq!(window.text("h1").await, format!("Ticket #{number}"));
        assert_eq!(window.text("#estado-actual").await, "En progreso");
        assert_eq!(window.text("a.back").await, "← Mis tickets");

        let read = "const log = document.querySelector('.bubbles').getBoundingClientRect(); \
                    return [...document.querySelectorAll('.bubble')].map((bubble) => { \
                      const said = bubble.querySelector('.said').getBoundingClientRect(); \
                      const face = bubble.querySelector('.avatar').getBoundingClientRect(); \
                      const middle = (log.left + log.right) / 2; \
                      const right = face.left > middle && said.right <= face.left; \
                      const left = face.right < middle && said.left >= face.right; \
                      return [bubble.querySelector('.who').innerText, left ? 'left' : right ? 'right' : '']; })";
        let bubbles: Vec<(String, String)> =
            serde_json::from_value(window.run(read, vec![]).await).expect("bubbles");
        for (who, side) in
            [("Ana Gómez", "right"), ("Asistente virtual", "left"), ("Lucía Paz Soporte", "left")]
        {
            let mut theirs = bubbles.iter().filter(|bubble| bubble.0 == who).peekable();
            assert!(theirs.peek().is_some(), "{who} is not in {bubbles:?}");
            assert!(theirs.all(|bubble| bubble.1 == side), "{who}: {bubbles:?}");
        }
        let times = "return [...document.querySelectorAll('.bubble time')].every((time) => \
                     !isNaN(Date.parse(time.dateTime)) && /\\d:\\d\\d/.test(time.innerText))";
        assert_eq!(window.run(times, vec![]).await, true);

        let field = window.find("#texto").await;
        assert_eq!(field.attr("placeholder").await.unwrap().as_deref(), Some("Escribe tu mensaje…"));
        assert_eq!(window.text(".files summary").await, "Adjuntar archivos");
        window.click(".files summary").await;
        window.sees("Hasta 8 archivos de 10 MB cada uno").await;
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    if !is_there("the_keyboard_is_enough") {
        return;
    }
    const TAB: &str = "\u{E004}";
    const ENTER: &str = "\u{E007}";
    let centre = Centre::start().await;
    let number = open(&centre, "Me cobraron dos veces").await;
    let window = centre.window(Setup::DESKTOP, "Ana").await;
    window.go(&centre.at(&format!("/tickets/{number}"))).await;
    window.press(TAB).await;
    assert_eq!(focused(&window, "innerText").await, "Ir al contenido");
    let seen = "return document.activeElement.getBoundingClientRect().top >= 0";
    window.until(seen).await;
    window.press(ENTER).await;
    window.until("return document.activeElement.tagName === 'MAIN'").await;
    let mut presses = 0;
    while focused(&window, "id").await != "texto" {
        presses += 1;
        assert!(presses < 25, "the field is not reached");
        window.press(TAB).await;
    }
    window.press("¿Hay novedades?").await;
    window.press(TAB).await;
    assert_eq!(focused(&window, "innerText").await, "Adjuntar archivos");
    for is_open in [true, false] {
        window.press(ENTER).await;
        let open = window.run("return document.querySelector('.files details').open", vec![]).await;
        assert_eq!(open, is_open);
    }
    window.press(TAB).await;
    assert_eq!(focused(&window, "innerText").await, "Enviar");
    window.press(ENTER).await;
    assert_eq!(window.text("#m2 .text").await, "¿Hay novedades?");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_is_only_text() {
    if !is_there("any_text_is_only_text") {
        return;
    }
    const EVIL: &str = "<script>alert(1)</script> \u{202e}abc \u{2067}x 😀👩🏽‍💻 \
                        \"'><img src=x onerror=alert(2)>\n{{ 7 }} </textarea> &lt;b&gt;";
    let centre = Centre::start().await;
    let number = open(&centre, EVIL).await;
    let window = centre.window(Setup::DESKTOP, "Ana").await;
    window.go(&centre.at(&format!("/tickets/{number}"))).await;
    // `WebDriver` can't type emoji as keys.
    window.run("document.getElementById('texto').value = arguments[0]", vec![json!(EVIL)]).await;
    window.click(SEND).await;
    window.find("#m2").await;
    let texts = "return [...document.querySelectorAll('.bubble .text')].map((text) => text.textContent)";
    assert_eq!(window.run(texts, vec![]).await, json!([EVIL, EVIL]));
    let excerpt = window.text("[aria-current=page] .excerpt").await;
    assert!(excerpt.starts_with("<script>alert(1)</script>"), "{excerpt}");
    let strange =
        "return document.querySelectorAll('script:not([src]), [onerror], main img:not(.avatar)').length";
    assert_eq!(window.run(strange, vec![]).await, 0);
    let order = "return getComputedStyle(document.querySelector('.bubble .text')).unicodeBidi";
    assert_eq!(window.run(order, vec![]).await, "isolate", "marks end with the text");

    // In a field as well.
    let long = format!("{EVIL}{}", "ñ".repeat(9_000));
    window.run("document.getElementById('texto').value = arguments[0]", vec![json!(long)]).await;
    window.click(SEND).await;
    window.sees("supera la longitud máxima").await;
    assert_eq!(focused(&window, "role").await, "alert");
    let typed = "return document.getElementById('texto').value";
    assert_eq!(window.run(typed, vec![]).await, json!(long));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn support_answers_and_the_customer_has_the_last_word() {
    if !is_there("support_answers_and_the_customer_has_the_last_word") {
        return;
    }
    let centre = Centre::start().await;
    let lucia = centre.desk.admin(person("Lucía"));
    for setup in [Setup::DESKTOP, Setup::PHONE.without_scripts()] {
        let number = open(&centre, "Me cobraron dos veces").await;
        let window = centre.window(setup, "Ana").await;
        window.go(&centre.at(&format!("/tickets/{number}"))).await;
        assert_eq!(window.text("#estado-actual").await, "Abierto");
        if setup.scripts {
            window.run("window.stayed = true; document.getElementById('texto').focus()", vec![]).await;
        }
        lucia.reply(&number, "Ya está devuelto.").status(Status::Resolved).await.unwrap();
        if !setup.scripts {
            window.reload().await;
        }
        assert_eq!(window.text("[role=log][aria-live=polite] #m2 .text").await, "Ya está devuelto.");
        assert_eq!(window.text("#estado-actual").await, "Resuelto");
        window.sees("¿Quedó solucionado?").await;
        if setup.scripts {
            assert_eq!(window.run("return window.stayed", vec![]).await, true, "the page stayed");
            assert_eq!(focused(&window, "id").await, "texto", "and who was about to write can");
        }

        window.fill("#texto", "Todavía no lo veo.").await;
        window.click(SEND).await;
        window.find("#m3").await;
        let reopened = window.text("#estado-actual").await;
        assert!(["Abierto", "En progreso"].contains(&reopened.as_str()), "{reopened}");
        assert_eq!(window.count(".confirm").await, 0);

        lucia.set_status(&number, Status::Resolved).await.unwrap();
        window.reload().await;
        window.click(".confirm button").await;
        window.sees("Este ticket está cerrado").await;
        assert_eq!(window.text("#estado-actual").await, "Cerrado");
        assert_eq!(window.count(".write, .confirm").await, 0);
        assert_eq!(window.text(".read-only button").await, "Abrir ticket de seguimiento");
        window.fill("#texto", "Volvió a pasar.").await;
        window.click(".read-only button").await;
        window.sees(&format!("Continuación de {number}")).await;
        assert_eq!(window.text("#estado-actual").await, "Abierto");
        assert_eq!(window.text("#m1 .text").await, "Volvió a pasar.");
        window.click(&format!(".meta a[href='/tickets/{number}']")).await;
        window.sees("Este ticket está cerrado").await;
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_message_stands_above_the_input() {
    if !is_there("the_newest_message_stands_above_the_input") {
        return;
    }
    let centre = Centre::start().await;
    let lucia = centre.desk.admin(person("Lucía"));
    let small = Setup { size: (320, 640), ..Setup::PHONE };
    // A desktop whose pages are zoomed to 200 %.
    let zoomed = Setup { size: (640, 450), ..Setup::DESKTOP };
    for setup in [Setup::DESKTOP, Setup::PHONE, small, zoomed, Setup::PHONE.without_scripts()] {
        let number = open(&centre, "Me cobraron dos veces").await;
        for at in 2..=30 {
            lucia.reply(&number, format!("mensaje {at}\n\nSeguimos.")).await.unwrap();
        }
        let window = centre.window(setup, "Ana").await;
        window.go(&centre.at(&format!("/tickets/{number}"))).await;
        let in_view = "return [...arguments].every((css) => { \
                         const box = document.querySelector(css)?.getBoundingClientRect(); \
                         return box && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight + 1; })";
        let end = |at: u32| vec![json!(format!("#m{at} .when")), json!("#texto"), json!(SEND)];
        assert_eq!(window.run(in_view, end(30)).await, true, "{setup:?}: on arrival");
        if setup == Setup::DESKTOP {
            let fits = "return document.documentElement.scrollHeight <= innerHeight";
            assert_eq!(window.run(fits, vec![]).await, true, "only the parts scroll");
        }
        if setup.scripts {
            lucia.reply(&number, "mensaje 31").await.unwrap();
            window.find("#m31").await;
            assert_eq!(window.run(in_view, end(31)).await, true, "{setup:?}: what comes in");
        } else {
            lucia.reply(&number, "mensaje 31").await.unwrap();
        }
        window.fill("#texto", "Gracias").await;
        window.click(SEND).await;
        window.find("#m32").await;
        assert_eq!(window.run(in_view, end(32)).await, true, "{setup:?}: what is sent");
        lucia.reply(&number, "mensaje 33").await.unwrap();
        window.reload().await;
        window.find("#m33").await;
        assert_eq!(window.run(in_view, end(33)).await, true, "{setup:?}: loaded again");
        window.close().await;
    }
}

/// Opens a ticket of Ana's.
async fn open(centre: &Centre, text: &str) -> TicketNumber {
    let ana = centre.desk.customer(person("Ana"));
    let text = MessageText::parse(text).expect("a text");
    let draft = NewTicket::new("PAGOS".parse().expect("a category"), text);
    ana.create(draft).await.expect("it is opened").head.ticket_number
}

/// Returns a property of the element that has the focus.
async fn focused(window: &Window, property: &str) -> Value {
    window.run("return document.activeElement[arguments[0]]", vec![json!(property)]).await
}
