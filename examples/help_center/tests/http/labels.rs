//! Tags of tickets, and references to what they are about.

use ventanilla_service::{TicketNumber, ticket::Tag};

use crate::site::{ANA, BRUNO, LUCIA, Site, id};

async fn labels(site: &Site, number: &TicketNumber) -> (Vec<String>, Vec<String>) {
    let head = site.desk.admin(id(LUCIA)).get(number).await.unwrap().head;
    let tags = head.tags.iter().map(|tag| tag.as_str().to_owned()).collect();
    (tags, head.about.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_form_is_about_an_order_of_the_customers_own() {
    let site = Site::new();
    let ana = site.browser(ANA).await;
    let page = ana.get("/ayuda").await;
    page.is(200, "¿Sobre qué pedido?").is(200, "<option value=\"1002\">Pedido 1002</option>");
    assert!(!page.body.contains("Pedido 1003"), "that is Bruno's");

    for foreign in ["1003", "9999", "order:1001", "%00"] {
        let form = format!("categoria=BUG&descripcion=No+lleg%C3%B3&clave=k1&pedido={foreign}");
        let seen = ana.refused("/ayuda", &form).await;
        seen.is(200, "Elige uno de tus pedidos.").is(200, "\nNo llegó</textarea>");
        assert_eq!(seen.hidden("clave"), "k1");
    }
    let seen = ana.refused("/ayuda", "categoria=BUG&descripcion=&pedido=1003").await;
    seen.is(200, "Cuéntanos qué pasó.").is(200, "Elige uno de tus pedidos.");
    let seen = ana.refused("/ayuda", "categoria=BUG&descripcion=&pedido=1001").await;
    seen.is(200, "<option value=\"1001\" selected>");
    assert_eq!(site.count().await, 0);

    let thanks = ana.post("/ayuda", "categoria=BUG&descripcion=No+lleg%C3%B3&pedido=1001").await;
    let number: TicketNumber = thanks.location().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(labels(&site, &number).await.1, ["order:1001"]);
    ana.get("/tickets").await.is(200, "<bdi>Pedido 1001</bdi>");
    ana.get(&format!("/tickets/{number}")).await.is(200, "Sobre: <bdi>Pedido 1001</bdi>");
    let lucia = site.browser(LUCIA).await;
    lucia.get("/admin").await.is(200, "<bdi>Pedido 1001</bdi>");
    ana.post("/ayuda", "categoria=BUG&descripcion=Otra+cosa&pedido=").await;
    assert_eq!(site.count().await, 2);
}

#[tokio::test]
async fn the_desk_adds_and_removes_tags_and_a_customer_never_sees_them() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    for tag in ["Zafiro", "zafiro", "caso+raro"] {
        lucia.post(&format!("{page}/etiqueta"), &format!("valor={tag}")).await.goes_to(&page);
    }
    assert_eq!(labels(&site, &number).await.0, ["zafiro", "caso raro"]);
    lucia
        .get(&page)
        .await
        .is(200, "<bdi>zafiro</bdi>")
        .is(200, "Quitar<span class=\"hidden\"> la etiqueta zafiro</span>");
    lucia.get("/admin").await.is(200, "<span class=\"tag\"><bdi>zafiro</bdi></span>");
    let ana = site.browser(ANA).await;
    for path in ["/tickets", &format!("/tickets/{number}")] {
        let seen = ana.get(path).await;
        seen.is(200, "Me cobraron");
        assert!(!seen.body.contains("zafiro") && !seen.body.contains("caso raro"), "{}", seen.body);
    }

    for (bad, text) in
        [("", "Falta la etiqueta"), ("valor=a%2Cb", "la etiqueta"), ("valor=+", "etiqueta")]
    {
        let seen = lucia.refused(&format!("{page}/etiqueta"), bad).await;
        seen.is(200, text).is(200, "href=\"#etiqueta\"");
    }
    let remove = "valor=zafiro&accion=quitar";
    lucia.post(&format!("{page}/etiqueta"), remove).await.goes_to(&page);
    assert_eq!(labels(&site, &number).await.0, ["caso raro"]);
    assert_eq!(ana.post(&format!("{page}/etiqueta"), remove).await.status, 403);
    lucia.get(&format!("{page}/etiqueta")).await.goes_to(&page);
    for end in ["etiqueta", "referencia"] {
        for form in ["valor=vip", "valor=order:1001", ""] {
            let missing = format!("/admin/tickets/TKT-N0T0NE/{end}");
            assert_eq!(lucia.post(&missing, form).await.status, 404, "{end} {form}");
        }
    }
}

#[tokio::test]
async fn the_desk_sets_only_orders_of_the_requester() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let seen = lucia.get(&page).await;
    seen.is(200, "<option value=\"order:1001\">Pedido 1001</option>");
    assert!(!seen.body.contains("Pedido 1003"), "that is Bruno's");
    for foreign in ["order:1003", "payment:1001", "1001", ""] {
        let seen = lucia.refused(&format!("{page}/referencia"), &format!("valor={foreign}")).await;
        seen.is(200, "Elige uno de los pedidos del cliente.").is(200, "href=\"#referencia\"");
    }
    for _ in 0..2 {
        lucia.post(&format!("{page}/referencia"), "valor=order:1001").await.goes_to(&page);
    }
    assert_eq!(labels(&site, &number).await.1, ["order:1001"]);
    let seen = lucia.get(&page).await;
    assert!(!seen.body.contains("<option value=\"order:1001\">"), "it is set");
    let remove = "valor=order:1001&accion=quitar";
    lucia.post(&format!("{page}/referencia"), remove).await.goes_to(&page);
    assert_eq!(labels(&site, &number).await.1, Vec::<String>::new());
}

#[tokio::test]
async fn tags_and_orders_filter_the_list() {
    let site = Site::new();
    let (ana, bruno) = (site.ticket(ANA, "Uno").await, site.ticket(BRUNO, "Dos").await);
    let admin = site.desk.admin(id(LUCIA));
    admin.add_tag(&ana, &Tag::parse("vip").unwrap()).await.unwrap();
    admin.add_reference(&bruno, &"order:1003".parse().unwrap()).await.unwrap();
    let lucia = site.browser(LUCIA).await;
    for (filter, listed, other) in [
        ("etiqueta=VIP", &ana, &bruno),
        ("sobre=order:1003", &bruno, &ana),
        ("sobre=pedido+1003", &bruno, &ana),
    ] {
        let seen = lucia.get(&format!("/admin?{filter}")).await;
        seen.is(200, listed.as_str());
        assert!(!seen.body.contains(other.as_str()), "{filter}");
    }
    lucia.get("/admin?sobre=order:1003").await.is(200, "name=\"sobre\" value=\"Pedido 1003\"");
    lucia.get("/admin?etiqueta=a%2Cb").await.is(422, "id=\"etiqueta-error\"");
    lucia.get("/admin?sobre=1003").await.is(422, "Escribe, por ejemplo: Pedido 1001.");
    let page = format!("/admin/tickets/{ana}");
    lucia.get(&page).await.is(200, "href=\"/admin?etiqueta=vip\"");
}
