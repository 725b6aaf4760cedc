//! A store that fails.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Arc,
};

use ventanilla_service::{TicketNumber, error::StoreError, store::MockTicketStore};

use crate::site::{ANA, LUCIA, Site};

fn unavailable() -> StoreError {
    StoreError::Unavailable { source: "away".into() }
}

fn unknown() -> StoreError {
    let number = TicketNumber::parse("TKT-ABC123").unwrap();
    StoreError::OutcomeUnknown { number, source: "lost".into() }
}

#[tokio::test]
async fn an_unavailable_store_is_explained_and_nothing_is_lost() {
    let mut store = MockTicketStore::new();
    store.expect_insert().returning(|_| Err(unavailable()));
    store.expect_update().returning(|_, _| Err(unavailable()));
    store.expect_get().returning(|_, _, _| Err(unavailable()));
    store.expect_list().returning(|_| Err(unavailable()));
    store.expect_counts().returning(|_| Err(unavailable()));
    let site = Site::over(Arc::new(store));
    let (ana, lucia) = (site.browser(ANA).await, site.browser(LUCIA).await);
    for path in ["/tickets", "/tickets/TKT-ABC123", "/tickets/buscar?numero=TKT-ABC123"] {
        ana.get(path).await.is(503, "Ahora mismo no podemos atenderte");
    }
    for path in ["/admin", "/admin/tickets/TKT-ABC123", "/admin/buscar?numero=TKT-ABC123"] {
        lucia.get(path).await.is(503, "Ahora mismo no podemos atenderte");
    }
    let seen = ana.refused("/ayuda", "categoria=BUG&descripcion=No+carga&clave=k1").await;
    seen.is(200, "\nNo carga</textarea>").is(200, "<option value=\"BUG\" selected>");
    assert_eq!(seen.hidden("clave"), "k1", "the next try is the same request");
    for end in ["mensajes", "confirmar", "seguimiento"] {
        ana.refused(&format!("/tickets/TKT-ABC123/{end}"), "texto=Hola").await.is(503, "no podemos");
    }
    for (end, form) in
        [("respuesta", "texto=Hola"), ("estado", "estado=RESOLVED"), ("asignacion", "accion=tomar")]
    {
        let seen = lucia
            .refused(&format!("/admin/tickets/TKT-ABC123/{end}"), &format!("{form}&version=0"))
            .await;
        seen.is(503, "no podemos");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_explained() {
    let mut store = MockTicketStore::new();
    store.expect_insert().returning(|_| Err(unknown()));
    store.expect_update().returning(|_, _| Err(unknown()));
    store.expect_get().returning(|_, _, _| Err(unavailable()));
    let site = Site::over(Arc::new(store));
    let ana = site.browser(ANA).await;
    let seen = ana.refused("/ayuda", "categoria=BUG&descripcion=No+carga&clave=k1").await;
    seen.is(200, "No sabemos si").is(200, "\nNo carga</textarea>");
    assert_eq!(seen.hidden("clave"), "k1", "sent again it is done once");
    let seen = ana.refused("/tickets/TKT-ABC123/mensajes", "texto=Hola&clave=k1").await;
    // The page can't be read either.
    seen.is(503, "No sabemos si");
}

#[tokio::test]
async fn a_text_survives_an_outage() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use ventanilla_service::{testing, ticket::Audience};
    static AWAY: AtomicBool = AtomicBool::new(true);
    let ticket = testing::ticket("TKT-ABC123").requester(ANA).build();
    let mut store = MockTicketStore::new();
    store.expect_update().returning(|_, _| Err(unavailable()));
    store.expect_get().returning(move |_, _, range| match AWAY.load(Ordering::Relaxed) {
        true => Err(unavailable()),
        false => Ok(ticket.details(&Audience::Desk, range)),
    });
    store.expect_list().returning(|_| {
        Ok(ventanilla_service::list::Page { rows: Vec::new(), next: None, unreadable: Vec::new() })
    });
    let site = Site::over(Arc::new(store));
    for (who, page, end, form) in [
        (ANA, "/tickets/TKT-ABC123", "mensajes", "texto=Hola&clave=k1"),
        (LUCIA, "/admin/tickets/TKT-ABC123", "respuesta", "texto=Hola&clave=k1&version=0"),
    ] {
        AWAY.store(true, Ordering::Relaxed);
        let browser = site.browser(who).await;
        browser.refused(&format!("{page}/{end}"), form).await.is(503, "no podemos");
        AWAY.store(false, Ordering::Relaxed);
        let seen = browser.get(&format!("{page}?rechazado=1")).await;
        seen.is(200, "\nHola</textarea>").is(200, "role=\"alert\"");
        assert_eq!(seen.hidden("clave"), "k1", "the next try is the same request");
    }
}

#[tokio::test]
async fn a_report_that_fails_says_so() {
    for (error, status, text) in [
        (StoreError::Failed { source: "broken".into() }, 500, "Algo ha fallado"),
        (unavailable(), 503, "Ahora mismo no podemos atenderte"),
    ] {
        let mut store = MockTicketStore::new();
        store.expect_report().times(1).return_once(|_| Err(error));
        let site = Site::over(Arc::new(store));
        site.browser(LUCIA).await.get("/admin/informe").await.is(status, text);
    }
}

#[tokio::test]
async fn an_error_is_logged_with_its_cause_and_its_ticket() {
    let mut store = MockTicketStore::new();
    store.expect_get().returning(|_, _, _| Err(unavailable()));
    store.expect_update().returning(|_, _| Err(unavailable()));
    let site = Site::over(Arc::new(store));
    let lucia = site.browser(LUCIA).await;
    // For all tests: a subscriber of one thread may miss what another thread has met before.
    let _ = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).try_init();
    LOG.take();
    lucia.get("/admin/tickets/TKT-ABC123").await.is(503, "no podemos");
    lucia.refused("/admin/tickets/TKT-ABC124/nota", "nota=Hola&version=0").await.is(503, "no podemos");
    let log = String::from_utf8(LOG.take()).unwrap();
    for number in ["TKT-ABC123", "TKT-ABC124"] {
        let logged =
            |line: &str| line.contains("ERROR") && line.contains(number) && line.contains("away");
        assert!(log.lines().any(logged), "{number}: {log}");
    }
}

thread_local! {
    /// Log of this thread, which is that of one test.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
