//! The help centre's form.

use crate::site::{ANA, BRUNO, Site};

#[tokio::test]
async fn a_form_opens_one_ticket_however_often_it_is_sent() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let key = ana.get("/ayuda").await.hidden("clave");
    assert_ne!(key, ana.get("/ayuda").await.hidden("clave"), "each form has its own");
    let form = format!("categoria=PAGOS&descripcion=Me+cobraron+dos+veces&sitio_web=&clave={key}");
    let first = ana.post("/ayuda", &form).await;
    assert!(first.location().starts_with("/ayuda/gracias/TKT-"));
    ana.post("/ayuda", &form).await.goes_to(first.location());
    assert_eq!(site.count().await, 1);
    let number = first.location().rsplit('/').next().unwrap();
    ana.get(first.location()).await.is(200, number);
    ana.get("/tickets").await.is(200, "Me cobraron dos veces");
    site.browser(BRUNO).await.get("/tickets").await.is(200, "No tienes tickets pendientes");
    // The same key is Ana's alone, and for another text a conflict that can be sent again.
    let seen = ana.refused("/ayuda", &form.replace("dos", "tres")).await;
    seen.is(200, "Me cobraron tres veces");
    assert_ne!(seen.hidden("clave"), key);
    assert_eq!(site.browser(BRUNO).await.post("/ayuda", &form).await.status, 303);
    assert_eq!(site.count().await, 2);
}

#[tokio::test]
async fn problems_are_shown_at_their_fields_and_nothing_is_lost() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let long = "ñ".repeat(9_000);
    for (form, texts) in [
        ("", ["Elige una categoría de la lista.", "Cuéntanos qué pasó."]),
        ("categoria=BUG&descripcion=+%0A", ["solo hay espacios", "id=\"descripcion-error\""]),
        ("categoria=BUG&descripcion=a%00b", ["(U+0000): bórralo.", "aria-invalid=\"true\""]),
        ("categoria=ENV%C3%8DOS&descripcion=Hola", ["Elige una categoría", "\nHola</textarea>"]),
        ("categoria=%00&descripcion=Hola", ["Elige una categoría", "\nHola</textarea>"]),
        ("categoria=BUG&descripcion=Hola&clave=con+espacio", ["clave de envío", "\nHola</textarea>"]),
        (
            &format!("categoria=BUG&descripcion={long}"),
            ["supera la longitud máxima: quita 1616 caracteres.", &long],
        ),
    ] {
        let seen = ana.refused("/ayuda", form).await;
        for text in texts {
            seen.is(200, text);
        }
    }
    let seen = ana.post("/ayuda", &format!("categoria=BUG&descripcion={}", "x".repeat(70_000))).await;
    seen.is(413, "demasiado largo").is(413, "acórtalo");
    let seen = ana.refused("/ayuda", "categoria=BUG&descripcion=").await;
    seen.is(200, "<option value=\"BUG\" selected>").is(200, "href=\"#descripcion\"");
    for (kind, body) in
        [("text/plain", "descripcion=Hola"), ("application/json", "{}"), ("multipart/form-data", "")]
    {
        ana.ask("POST", "/ayuda", &[("content-type", kind)], body).await.is(415, "no se puede leer");
    }
    ana.ask("POST", "/ayuda", &[], "categoria=BUG").await.is(415, "no se puede leer");
    let seen = ana.post("/ayuda", "categoria=BUG&categoria=PAGOS&descripcion=Hola").await;
    assert!(seen.status.is_client_error(), "{}", seen.status);
    assert_eq!(ana.ask("PUT", "/ayuda", &[], "").await.status, 405);
    assert_eq!(site.count().await, 0);
}

#[tokio::test]
async fn a_bot_is_thanked_like_everybody() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let page = ana.get("/ayuda").await;
    page.is(200, "<div hidden>").is(200, "deja este campo vacío");
    page.is(200, "name=\"sitio_web\" type=\"text\" tabindex=\"-1\" autocomplete=\"off\"");
    let person = ana.post("/ayuda", "categoria=BUG&descripcion=Hola&sitio_web=").await;
    for form in [
        "categoria=GENERAL&descripcion=SEO&sitio_web=http://x.example",
        "sitio_web=+.",
        "categoria=X&sitio_web=1",
    ] {
        let bot = ana.post("/ayuda", form).await;
        assert_eq!((bot.status, bot.body.as_str()), (person.status, person.body.as_str()));
        assert_eq!(bot.location().len(), person.location().len());
        assert_eq!(bot.headers.len(), person.headers.len());
        let (bots, persons) = (bot.location().rsplit('/').next(), person.location().rsplit('/').next());
        let (bots, persons) = (bots.unwrap(), persons.unwrap());
        let thanks = ana.get(bot.location()).await;
        assert_eq!(thanks.body.replace(bots, persons), ana.get(person.location()).await.body);
    }
    assert_eq!(site.count().await, 1);
    ana.post("/ayuda", "categoria=BUG&descripcion=Hola&sitio_web=+").await;
    assert_eq!(site.count().await, 2, "white space is not filled in");
}

#[tokio::test]
async fn the_page_of_thanks_shows_only_what_may_be_a_number() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    ana.get("/ayuda/gracias/TKT-ABC123").await.is(200, "TKT-ABC123");
    for text in
        ["Llama+al+555", "TKT-llama", "TKT-ABC12", "TKT-LLAMA AL 555", "TKT-ABCDEFABCDEF0", "ABC123"]
    {
        let path = format!("/ayuda/gracias/{}", text.replace(' ', "%20"));
        ana.get(&path).await.is(404, "No encontramos");
    }
}
