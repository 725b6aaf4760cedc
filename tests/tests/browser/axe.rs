//! Checks every page with axe-core.

use ventanilla_service::{
    Priority, Status, TicketNumber,
    ticket::{NewMessage, Wait, WaitingFor},
};
use ventanilla_tests::{Axe, Setup, Window, is_there};

use crate::{
    attachments::{PNG, choose_file, files},
    centre::{Centre, person},
    steps::{choose, follow, lose_connection, opened, sign_in, ticket_of},
};

#[tokio::test(flavor = "multi_thread")]
async fn customers_pages_are_accessible() {
    let Some(mut check) = Check::ready("customers_pages_are_accessible").await else { return };
    let centre = Centre::start().await;
    check.at(&centre, "/entrar", "¿Quién eres hoy?").await;

    sign_in(&centre, &check.window, "Élida").await;
    check.page("No tienes tickets pendientes.").await;
    sign_in(&centre, &check.window, "Ana").await;
    check.at(&centre, "/tickets?cerrados=1", "Ocultar los cerrados").await;
    let mut closed = None;
    for (status, text) in [
        (Status::InProgress, "En progreso"),
        (Status::Resolved, "¿Quedó solucionado?"),
        (Status::Closed, "¿Qué sigue pasando?"),
    ] {
        // A closed one may be followed up already.
        let number = match status {
            Status::Closed => opened(&centre, "No carga").await,
            _ => ticket_of(&centre, "Ana", status).await,
        };
        if status == Status::Closed {
            let lucia = centre.desk.admin(person("Lucía"));
            lucia.set_status(&number, status).await.expect("a change");
        }
        check.at(&centre, &format!("/tickets/{number}"), text).await;
        closed = Some(number);
    }
    let closed = closed.expect("the last one");
    let number = with_files(&centre).await;
    check.at(&centre, &format!("/tickets/{number}"), "captura.png").await;
    let folder = files(&[("factura.png", &PNG), ("mala.html", b"<html>")]);
    choose_file(&check.window, folder.path(), "factura.png").await;
    choose_file(&check.window, folder.path(), "mala.html").await;
    check.window.sees("factura.png").await;
    check.page("mala.html: No se admite este tipo de archivo").await;
    check.window.go(&centre.at(&format!("/tickets/{closed}"))).await;
    check.window.fill("#texto", "   ").await;
    follow(&check.window, ".read-only button").await;
    check.page("Falta el texto").await;

    check.at(&centre, "/ayuda", "¿Qué ha pasado?").await;
    choose(&check.window, "#categoria", "Pagos").await;
    check.window.fill("#descripcion", "   ").await;
    follow(&check.window, "main form button").await;
    check.page("Revisa estos datos").await;
    check.window.fill("#descripcion", "Me cobraron dos veces").await;
    follow(&check.window, "main form button").await;
    check.page("¡Gracias! Ya lo tenemos").await;
    check.at(&centre, "/tickets/TKT-N0T0NE", "No encontramos lo que buscas").await;
    check.at(&centre, "/admin", "Esta página es para el equipo de soporte.").await;
    check.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desks_pages_are_accessible() {
    let Some(mut check) = Check::ready("the_desks_pages_are_accessible").await else { return };
    let centre = Centre::start().await;
    sign_in(&centre, &check.window, "Lucía").await;
    check.page("Vencidos").await;
    check.at(&centre, "/admin?estado=x&desde=x", "No existe el estado").await;
    check.at(&centre, "/admin?orden=vencidos", "de retraso").await;
    check.window.click(".check").await;
    choose(&check.window, "#accion", "Urgente").await;
    follow(&check.window, ".bulk button").await;
    check.page("Hecho en 1 de 1 ticket.").await;

    check.at(&centre, "/admin?traspaso=si", "Necesita una persona").await;
    let number = ticket_of(&centre, "Bruno", Status::Open).await;
    let bot = centre.desk.bot();
    bot.turn(&number).await.expect("it is there").draft("Hola").await.expect("nobody has written");
    bot.turn(&number).await.expect("it is there").hand_over("Pide ayuda").await.expect("likewise");
    check.at(&centre, &format!("/admin/tickets/{number}"), "Respuesta propuesta").await;
    centre
        .desk
        .admin(person("Martín"))
        .wait(&number, Wait::new(WaitingFor::Customer))
        .await
        .expect("a wait");
    check.at(&centre, &format!("/admin/tickets/{number}"), "Terminar la espera").await;
    let number = ticket_of(&centre, "Ana", Status::InProgress).await;
    check.at(&centre, &format!("/admin/tickets/{number}"), "Nota interna").await;
    lose_connection(&check.window).await;
    let martin = centre.desk.admin(person("Martín"));
    martin.set_priority(&number, Priority::Urgent).await.expect("a change");
    follow(&check.window, "#estado button").await;
    check.page("El ticket ha cambiado mientras tanto").await;
    let number = ticket_of(&centre, "Ana", Status::Closed).await;
    check.at(&centre, &format!("/admin/tickets/{number}"), "solo admite notas internas").await;
    let number = with_files(&centre).await;
    check.at(&centre, &format!("/admin/tickets/{number}"), "captura.png").await;
    check.at(&centre, "/admin/informe", "Cumplimiento").await;
    check.at(&centre, "/admin/informe?desde=x", "Escribe la fecha").await;
    check.end().await;
}

/// Opens a ticket of Ana's with a picture and a text.
async fn with_files(centre: &Centre) -> TicketNumber {
    let (ana, mut uploads) = (centre.desk.customer(person("Ana")), Vec::new());
    for (name, bytes) in [("captura.png", PNG.to_vec()), ("registro.log", b"Error 500".to_vec())] {
        uploads.push(ana.upload(name, bytes).await.expect("an upload"));
    }
    let number = opened(centre, "No carga").await;
    let message = NewMessage::parse("Así se ve").expect("a text").with_attachments(uploads);
    ana.reply(&number, message).await.expect("a message");
    number
}

/// Window whose pages are checked, and the violations so far.
struct Check {
    axe: Axe,
    window: Window,
    found: Vec<String>,
}

impl Check {
    async fn ready(test: &str) -> Option<Self> {
        let axe = is_there(test).then(|| Axe::fetch(test))??;
        Some(Self { axe, window: Window::open(Setup::DESKTOP).await, found: Vec::new() })
    }

    async fn at(&mut self, centre: &Centre, path: &str, text: &str) {
        self.window.go(&centre.at(path)).await;
        self.page(text).await;
    }

    /// Checks the page that shows this text: on a desktop and on a phone, by day and by night.
    async fn page(&mut self, text: &str) {
        let page = self.window.text("body").await;
        assert!(page.contains(text), "{text} isn't to be seen: {page}");
        for (width, height) in [(1280, 900), (390, 844)] {
            self.window.resize(width, height).await;
            for dark in [false, true] {
                self.window.prefer_dark(dark).await;
                let found = self.axe.findings(&self.window).await;
                let name = |line| format!("{text} ({width} px, dark: {dark}): {line}");
                self.found.extend(found.into_iter().map(name));
            }
        }
        self.window.resize(1280, 900).await;
    }

    async fn end(self) {
        self.window.close().await;
        assert!(self.found.is_empty(), "{}", self.found.join("\n"));
    }
}
