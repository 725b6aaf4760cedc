//! The desk's pages.

use std::{sync::Arc, time::Duration};

use help_center::seed;
use ventanilla_service::{MemoryStore, Priority, Status, store::TicketStore};

use crate::site::{ANA, BRUNO, LUCIA, MARTIN, Site, id};

#[tokio::test]
async fn a_change_is_made_for_the_version_that_was_seen() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let seen = lucia.get(&page).await;
    assert_eq!(seen.hidden("version"), "0");
    seen.is(200, "Empezar a atender")
        .is(200, "Tomar el ticket")
        .is(200, "Primera respuesta")
        .is(200, "Tiempo restante: 8 h");
    site.desk.admin(id(MARTIN)).set_priority(&number, Priority::High).await.unwrap();

    for (end, form, kept) in [
        ("respuesta", "texto=Ya+est%C3%A1&estado=RESOLVED&clave=k1", "\nYa está</textarea>"),
        ("estado", "estado=CLOSED&confirmado=1", "Abierto"),
    ] {
        let seen = lucia.refused(&format!("{page}/{end}"), &format!("{form}&version=0")).await;
        seen.is(200, "Martín Ríos</bdi>: Cambió la prioridad de Media a Alta").is(200, kept);
        seen.is(200, "Revisa lo nuevo y envía otra vez.");
        assert_eq!(seen.hidden("version"), "1", "to be looked at and sent again");
    }
    let seen = lucia.refused(&format!("{page}/respuesta"), "texto=x&estado=RESOLVED&version=0").await;
    seen.is(200, "<option value=\"RESOLVED\" selected>");

    for _ in 0..2 {
        let form = "texto=Ya+est%C3%A1&estado=RESOLVED&clave=k1&version=1";
        lucia.post(&format!("{page}/respuesta"), form).await.goes_to(&page);
    }
    assert_eq!(site.messages(&number).await, ["Me cobraron dos veces", "Ya está"]);
    lucia.get(&page).await.is(200, "Cumplido");
    lucia.post(&format!("{page}/nota"), "nota=Todo+claro").await.goes_to(&page);
    lucia.get(&page).await.is(200, "Todo claro").is(200, "Cambió el estado de Abierto a Resuelto");
    assert!(
        !site.browser(ANA).await.get(&format!("/tickets/{number}")).await.body.contains("Todo claro")
    );
}

#[tokio::test]
async fn new_messages_are_marked_and_notes_do_not_conflict() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let seen = lucia.get(&page).await;
    assert!(!seen.body.contains("Nuevo"), "nothing is new");
    site.desk.admin(id(MARTIN)).set_priority(&number, Priority::High).await.unwrap();
    for text in ["Es el lote 5521", "¿Hay novedades?"] {
        site.desk.customer(id(ANA)).reply(&number, text).await.unwrap();
    }
    let form = |seen: &crate::site::Seen| {
        format!("texto=Ya+est%C3%A1&clave={}&version={}", seen.hidden("clave"), seen.hidden("version"))
    };
    let again = lucia.refused(&format!("{page}/respuesta"), &form(&seen)).await;
    again.is(200, "Ana Gómez</bdi>: Escribió un mensaje").is(200, "\nYa está</textarea>");
    let bubbles: Vec<_> = again.body.split("<li class=\"bubble").skip(1).collect();
    let marked: Vec<_> = bubbles.iter().map(|bubble| bubble.contains(">Nuevo<")).collect();
    assert_eq!(marked, [false, true, true]);
    // The form of this page can be sent.
    lucia.post(&format!("{page}/respuesta"), &form(&again)).await.goes_to(&page);
    lucia.get(&format!("{page}/respuesta")).await.goes_to(&page);

    for (end, form) in [
        ("nota", "nota=Para+m%C3%AD"),
        ("prioridad", "prioridad=LOW"),
        ("asignacion", &format!("accion=asignar&persona={LUCIA}")),
    ] {
        lucia.post(&format!("{page}/{end}"), &format!("{form}&version=0")).await.goes_to(&page);
    }
}

#[tokio::test]
async fn invalid_changes_are_explained_at_their_fields() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    for (end, form, text) in [
        ("respuesta", "texto=", "Falta el texto."),
        ("respuesta", "texto=Hola&estado=ABIERTO", "No existe el estado"),
        ("respuesta", "texto=Hola&clave=a+b", "\nHola</textarea>"),
        ("nota", "nota=%00", "carácter"),
        ("nota", "", "Falta el texto."),
        ("estado", "estado=", "No existe el estado"),
        ("estado", "", "No existe el estado"),
        ("prioridad", "prioridad=Alta", "No existe la prioridad"),
        ("asignacion", "accion=asignar&persona=nadie", "Elige a alguien del equipo."),
        ("asignacion", &format!("accion=asignar&persona={BRUNO}"), "Elige a alguien"),
        ("asignacion", "", "Elige a alguien del equipo."),
    ] {
        lucia.refused(&format!("{page}/{end}"), &format!("{form}&version=0")).await.is(200, text);
        if !["respuesta", "estado"].contains(&end) {
            continue;
        }
        // Without a version, or with none, the form can't be read.
        for bad in [form.to_owned(), format!("{form}&version=x"), format!("{form}&version=-1")] {
            lucia.post(&format!("{page}/{end}"), &bad).await.is(422, "no se puede leer");
        }
    }
    site.desk.admin(id(MARTIN)).claim(&number).await.unwrap();
    let seen = lucia.refused(&format!("{page}/asignacion"), "accion=tomar&version=1").await;
    seen.is(200, "Otra persona ya atiende").is(200, "Martín Ríos").is(200, "Reasignar");
    let offered = |who| seen.body.contains(&format!("<option value=\"{who}\">"));
    assert!(offered(LUCIA) && !offered(MARTIN) && offered(""), "who has it is no choice");
    let nobody = lucia.refused(&format!("{page}/asignacion"), "accion=asignar&persona=").await;
    nobody.is(200, "Elige a alguien del equipo.");
    let form = format!("accion=asignar&persona={LUCIA}&version=1");
    lucia.post(&format!("{page}/asignacion"), &form).await.goes_to(&page);
    site.desk.admin(id(LUCIA)).set_status(&number, Status::Closed).await.unwrap();
    let seen = lucia.get(&page).await;
    seen.is(200, "solo admite notas internas").is(200, "Guardar nota");
    assert!(!seen.body.contains("name=\"persona\""));
    for gone in ["/respuesta\"", "/estado\"", "/prioridad\"", "value=\"dejar\"", "value=\"tomar\""] {
        assert!(!seen.body.contains(gone), "{gone} is offered on a closed ticket");
    }
    let version = site.desk.admin(id(LUCIA)).get(&number).await.unwrap().head.version;
    let form = format!("texto=Hola&version={version}");
    let seen = lucia.refused(&format!("{page}/respuesta"), &form).await;
    seen.is(200, "solo admite notas");
}

#[tokio::test]
async fn bulk_changes_show_their_results() {
    let site = Site::new();
    let (a, b) = (site.ticket(ANA, "Uno").await, site.ticket(BRUNO, "Dos").await);
    let lucia = site.browser(LUCIA).await;
    let form = format!("accion=estado%3AIN_PROGRESS&ticket={a}&ticket=TKT-N0T0NE&ticket={b}&ticket={a}");
    let seen = lucia.post("/admin/lote?estado=OPEN", &form).await;
    seen.is(200, "Hecho en 2 de 3 tickets.").is(200, "No encontramos el ticket TKT-N0T0NE.");
    seen.is(200, "No hay tickets con estos filtros.");
    lucia.post("/admin/lote", &form).await.is(200, "Ya estaba así");
    lucia.post("/admin/lote", "accion=tomar").await.is(200, "No se ha elegido ningún ticket.");
    lucia.post("/admin/lote", &format!("accion=prioridad:URGENT&ticket={b}")).await.is(200, "Cambiado");
    for bad in
        ["", "accion=", "accion=borrar", "accion=estado:X", "accion=prioridad:", "accion=otra:OPEN"]
    {
        lucia.refused("/admin/lote", &format!("{bad}&ticket={a}")).await.is(200, "role=\"alert\"");
    }
}

#[tokio::test]
async fn a_ticket_is_closed_only_when_that_is_confirmed() {
    let site = Site::new();
    let (a, b) = (site.ticket(ANA, "Uno").await, site.ticket(BRUNO, "Dos").await);
    let lucia = site.browser(LUCIA).await;
    let closed = async || site.desk.admin(id(LUCIA)).counts().await.unwrap().with_status(Status::Closed);
    let (page, bulk) = (format!("/admin/tickets/{a}"), "/admin/lote?estado=OPEN");
    for (place, form, question) in [
        (
            format!("{page}/estado"),
            "estado=CLOSED&version=0".to_owned(),
            format!("¿Cerrar el ticket {a}?"),
        ),
        (
            format!("{page}/respuesta"),
            "texto=%3CYa+est%C3%A1%3E&clave=k1&estado=CLOSED&version=0".to_owned(),
            format!("¿Cerrar el ticket {a}?"),
        ),
        (
            bulk.to_owned(),
            format!("accion=estado:CLOSED&ticket={a}&ticket={b}&ticket={a}"),
            "¿Cerrar 2 tickets?".into(),
        ),
    ] {
        let seen = lucia.post(&place, &form).await;
        seen.is(200, &question).is(200, "definitivo").is(200, &format!("action=\"{place}\""));
        // The form of this page sends the same again.
        assert_eq!(seen.hidden("confirmado"), "1");
        for field in form.split('&') {
            let (name, _) = field.split_once('=').unwrap();
            seen.is(200, &format!("name=\"{name}\" value=\""));
        }
        if place.ends_with("respuesta") {
            assert_eq!(seen.hidden("texto"), "&#60;Ya está&#62;");
        }
    }
    assert_eq!(closed().await, 0);
    let form = "texto=Ya+est%C3%A1&estado=CLOSED&version=0&confirmado=1";
    lucia.post(&format!("{page}/respuesta"), form).await.goes_to(&page);
    assert_eq!(closed().await, 1);
    let form = format!("accion=estado:CLOSED&ticket={a}&ticket={b}&confirmado=1");
    lucia.post(bulk, &form).await.is(200, "Hecho en 2 de 2 tickets.");
    assert_eq!(closed().await, 2);
    lucia.post(bulk, "accion=estado:CLOSED").await.is(200, "No se ha elegido ningún ticket.");
}

#[tokio::test]
async fn a_bulk_change_has_a_limit() {
    let site = Site::new();
    let a = site.ticket(ANA, "Uno").await;
    let lucia = site.browser(LUCIA).await;
    let many: String = (0..199).map(|at| format!("&ticket=TKT-{at:06}")).collect();
    let form = format!("accion=prioridad:HIGH&ticket={a}&ticket={a}{many}");
    lucia.post("/admin/lote", &form).await.is(200, "Hecho en 1 de 200 tickets.");
    let form = format!("accion=prioridad:LOW&ticket=TKT-200000&ticket={a}{many}");
    lucia.refused("/admin/lote", &form).await.is(200, "Elige hasta 200 tickets: son 201.");
    let head = site.desk.admin(id(LUCIA)).get(&a).await.unwrap().head;
    assert_eq!(head.priority, Priority::High);
}

#[tokio::test]
async fn the_list_is_filtered_and_goes_on() {
    let site = Site::new();
    for at in 0..45 {
        site.clock.advance(Duration::from_secs(60));
        site.ticket(if at % 2 == 0 { ANA } else { BRUNO }, &format!("caso {at}.")).await;
    }
    let lucia = site.browser(LUCIA).await;
    let next = |body: &str| {
        let link = body.split("rel=\"next\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        link.map(|link| link.replace("&amp;", "&").replace("&#38;", "&"))
    };
    for (who, start, total) in [
        (LUCIA, "/admin", 45),
        (LUCIA, "/admin?orden=antiguos", 45),
        (LUCIA, &format!("/admin?estado=activos&asignado=nadie&solicitante={ANA}&orden=plazo"), 23),
        (ANA, "/tickets", 23),
        (ANA, "/tickets?cerrados=1", 23),
    ] {
        let browser = site.browser(who).await;
        let (mut found, mut place) = (0, Some(start.to_owned()));
        while let Some(path) = place {
            let seen = browser.get(&path).await;
            seen.is(200, "caso ");
            found += seen.body.matches("<p class=\"excerpt\"").count()
                + seen.body.matches("<span class=\"excerpt\"").count();
            place = next(&seen.body);
        }
        assert_eq!(found, total, "{start}");
    }
    let cursor = next(&lucia.get("/admin").await.body).unwrap();
    for (bad, text) in [
        ("estado=ABIERTO", "No existe el estado"),
        ("prioridad=x", "No existe la prioridad"),
        ("categoria=%20x", "categoría"),
        ("asignado=%20", "identificador"),
        ("solicitante=a%20b", "identificador"),
        ("desde=ayer", "Escribe la fecha"),
        ("hasta=2026-02-30", "Escribe la fecha"),
        ("desde=%2B262142-12-31", "demasiado lejos"),
        ("orden=x", "Elige un orden"),
        ("categoria=ENVIOS", "Elige una opción de la lista."),
        ("asignado=abc", "Elige una opción de la lista."),
        ("solicitante=abc", "Elige una opción de la lista."),
        (&format!("asignado={ANA}"), "Elige una opción de la lista."),
        ("traspaso=no", "Elige una opción de la lista."),
        ("despues=x", "id=\"problemas\""),
        ("estado=CLOSED&despues=CURSOR", "id=\"problemas\""),
    ] {
        let bad = bad.replace("CURSOR", cursor.split("despues=").nth(1).unwrap());
        lucia.get(&format!("/admin?{bad}")).await.is(422, text);
    }
    lucia
        .get("/admin?estado=x&desde=x")
        .await
        .is(422, "No existe el estado")
        .is(422, "Escribe la fecha");
    assert!(lucia.get("/admin?estado=OPEN&estado=CLOSED").await.status.is_client_error());
    lucia.get("/admin?desde=2026-03-02&hasta=2026-03-02&otra=1").await.is(200, "caso 0.");
    lucia.get("/admin?hasta=2026-03-01").await.is(200, "No hay tickets");
    site.browser(ANA).await.get("/tickets?despues=x").await.is(422, "Primera página");
    for (path, status) in [("numero=", 404), ("numero=%FF", 404), ("numero=tkt+n0t0ne", 404), ("", 404)]
    {
        let seen = lucia.get(&format!("/admin/buscar?{path}")).await;
        assert_eq!(seen.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn the_report_is_about_whole_days() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    site.clock.advance(Duration::from_secs(3_600));
    site.desk.admin(id(LUCIA)).reply(&number, "Ya está").status(Status::Resolved).await.unwrap();
    let lucia = site.browser(LUCIA).await;
    lucia.get("/admin/informe").await.is(200, "100 %").is(200, "<svg").is(200, "value=\"2026-02-01\"");
    lucia
        .get("/admin/informe?desde=2026-03-02&hasta=2026-03-02")
        .await
        .is(200, "Lucía Paz: Resolución, 100 % (1 de 1)")
        .is(200, "100 % <span class=\"hint\">(1 de 1)</span>")
        .is(200, "plazos cumplidos de los que");
    lucia.get("/admin/informe?desde=2026-03-03&hasta=2026-03-03").await.is(200, "No hay nada medido");
    for (bad, text) in [
        ("desde=x", "Escribe la fecha"),
        ("hasta=x", "Escribe la fecha"),
        ("desde=2026-03-02&hasta=2026-03-01", "anterior al primero"),
        ("hasta=%2B262142-12-31", "demasiado lejos"),
    ] {
        lucia.get(&format!("/admin/informe?{bad}")).await.is(422, text);
    }
}

#[tokio::test]
async fn an_empty_store_is_filled_once() {
    let store: Arc<dyn TicketStore> = Arc::new(MemoryStore::new());
    let now = "2026-03-02T12:00:00Z".parse().unwrap();
    let seeded = seed(&store, now).await.unwrap();
    assert_eq!(seed(&store, now).await.unwrap(), 0);
    let site = Site::over(store);
    let counts = site.desk.admin(id(LUCIA)).counts().await.unwrap();
    assert_eq!(counts.total(), seeded as u64);
    for (count, what) in [
        (counts.overdue, "overdue"),
        (counts.at_risk, "at risk"),
        (counts.unassigned, "unassigned"),
        (counts.mine, "Lucía's"),
        (counts.with_status(Status::Resolved), "resolved"),
        (counts.with_status(Status::Closed), "closed"),
    ] {
        assert!(count > 0, "none is {what}");
    }
    let lucia = site.browser(LUCIA).await;
    lucia.get("/admin?orden=vencidos").await.is(200, "de retraso");
    lucia.get("/admin?orden=riesgo").await.is(200, "Tiempo restante");
    lucia.get("/admin?estado=todos").await.is(200, "rel=\"next\"");
}

#[tokio::test]
async fn times_are_those_of_the_readers_zone_and_say_so() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    for (zone, time, city) in [
        ("", "2 de marzo de 2026, 9:00", "Buenos Aires"),
        ("; zona=Europe/Madrid", "2 de marzo de 2026, 13:00", "Madrid"),
        ("; zona=America/Mexico_City", "2 de marzo de 2026, 6:00", "Mexico City"),
        ("; zona=UTC", "2 de marzo de 2026, 12:00", "UTC"),
        ("; zona=Marte/Norte", "2 de marzo de 2026, 9:00", "Buenos Aires"),
    ] {
        let reader = site.holding(format!("{}{zone}", lucia.cookie()));
        reader.get(&page).await.is(200, time).is(200, &format!("Las horas son de {city}."));
    }
    // So are days.
    site.clock.set("2026-03-03T02:00:00Z".parse().unwrap());
    let late = site.ticket(ANA, "De noche").await;
    let lucia = site.browser(LUCIA).await;
    for (zone, listed) in [("", false), ("; zona=Europe/Madrid", true)] {
        let reader = site.holding(format!("{}{zone}", lucia.cookie()));
        let seen = reader.get("/admin?desde=2026-03-03").await;
        assert_eq!(seen.body.contains(late.as_str()), listed, "{zone}");
    }
}

#[tokio::test]
async fn notes_stand_among_the_messages_where_they_were_written() {
    let site = Site::new();
    let number = site.ticket(ANA, "texto 0").await;
    let (lucia, ana) = (site.desk.admin(id(LUCIA)), site.desk.customer(id(ANA)));
    for at in 1..=52 {
        site.clock.advance(Duration::from_secs(1));
        match at {
            1 | 51 | 52 => drop(lucia.add_note(&number, format!("texto {at}").as_str()).await.unwrap()),
            _ => drop(ana.reply(&number, format!("texto {at}").as_str()).await.unwrap()),
        }
    }
    let browser = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let shown = |body: &str| {
        let texts = body.split("<p class=\"text\" dir=\"auto\">texto ").skip(1);
        let numbers = texts.map(|text| text.split('<').next().unwrap().parse::<u32>().unwrap());
        numbers.collect::<Vec<_>>()
    };
    let seen = browser.get(&format!("{page}?desde=0")).await;
    assert_eq!(shown(&seen.body), Vec::from_iter(0..=52));
    assert_eq!(seen.body.matches("<li class=\"internal\"").count(), 3);
    assert_eq!(shown(&browser.get(&page).await.body), Vec::from_iter(0..=52), "fifty messages fit");
    site.clock.advance(Duration::from_secs(1));
    ana.reply(&number, "texto 53").await.unwrap();
    let last = browser.get(&page).await.body;
    assert_eq!(shown(&last), Vec::from_iter(2..=53), "with the first message goes the first note");
}

#[tokio::test]
async fn a_canned_reply_is_put_into_the_answer() {
    let site = Site::new();
    let number = site.ticket(ANA, "Me cobraron dos veces").await;
    let lucia = site.browser(LUCIA).await;
    let page = format!("/admin/tickets/{number}");
    let offered = lucia.get(&page).await;
    offered.is(200, "Respuestas guardadas").is(200, &format!("{page}?respuesta=3#texto"));
    lucia.get(&format!("{page}?respuesta=1")).await.is(200, "\n¿Nos envías el recibo o una captura");
    for unknown in ["0", "99"] {
        let seen = lucia.get(&format!("{page}?respuesta={unknown}")).await;
        assert!(seen.body.contains("\n</textarea>"), "{unknown}: nothing is put there");
    }
}
