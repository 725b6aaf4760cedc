//! Tags of tickets, and the orders that they are about.

use ventanilla_service::ListQuery;
use ventanilla_tests::{Axe, Setup, is_there};

use crate::{
    centre::{Centre, person},
    steps::{choose, follow, texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_has_an_order_and_tags_also_without_scripts() {
    let test = "a_ticket_has_an_order_and_tags_also_without_scripts";
    if !is_there(test) {
        return;
    }
    let Some(axe) = Axe::fetch(test) else { return };
    let centre = Centre::start().await;
    for setup in [Setup::DESKTOP, Setup::PHONE, Setup::PHONE.without_scripts()] {
        let ana = centre.window(setup, "Ana").await;
        ana.go(&centre.at("/ayuda")).await;
        choose(&ana, "#categoria", "Pagos").await;
        choose(&ana, "#pedido", "Pedido 1002").await;
        ana.fill("#descripcion", "El pedido llegó incompleto.").await;
        follow(&ana, "main form button").await;
        let newest = ListQuery::new().with_requester(person("Ana"));
        let lucia = centre.desk.admin(person("Lucía"));
        let number = lucia.list(newest).await.expect("a list").rows[0].head.ticket_number.clone();
        ana.go(&centre.at(&format!("/tickets/{number}"))).await;
        assert_eq!(ana.text(".about").await, "Sobre: Pedido 1002");
        let mut found = Vec::new();
        if setup.scripts {
            found.extend(axe.findings(&ana).await);
        }
        ana.close().await;

        let window = centre.window(setup, "Lucía").await;
        let page = centre.at(&format!("/admin/tickets/{number}"));
        window.go(&page).await;
        for tag in ["VIP", "pedido incompleto"] {
            window.fill("#etiqueta", tag).await;
            follow(&window, "form:has(#etiqueta) button").await;
        }
        let chips = "section[aria-labelledby=h-etiquetas] .chip a";
        assert_eq!(texts(&window, chips).await, ["vip", "pedido incompleto"]);
        assert_eq!(texts(&window, "section[aria-labelledby=h-sobre] .chip a").await, ["Pedido 1002"]);
        if setup.scripts {
            found.extend(axe.findings(&window).await);
        }
        follow(&window, &format!("{chips}[href$='=vip']")).await;
        assert!(texts(&window, ".desk-rows a.number").await.contains(&number.to_string()));
        let row = format!("li:has(input[value='{number}'])");
        assert_eq!(texts(&window, &format!("{row} .tag")).await, ["vip", "pedido incompleto"]);
        if setup.scripts {
            found.extend(axe.findings(&window).await);
        }
        window.go(&page).await;
        follow(&window, "form[action$='/etiqueta'] button[value=quitar]").await;
        follow(&window, "form[action$='/referencia'] button[value=quitar]").await;
        assert_eq!(texts(&window, ".chip a").await, ["pedido incompleto"]);
        assert!(found.is_empty(), "{}", found.join("\n"));
        window.close().await;
    }
}
