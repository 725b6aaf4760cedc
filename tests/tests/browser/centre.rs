//! Help centre that serves one test.

use std::{net::Ipv4Addr, sync::Arc};

use help_center::{App, People, app, policy, seed};
use tokio::net::TcpListener;
use ventanilla_service::{
    HelpDesk, MemoryStore, UserId,
    attachments::AttachmentStore,
    settings::{Clock, SystemClock},
    store::TicketStore,
};
use ventanilla_tests::{Setup, Window};

/// Help centre over a store in memory, with the demo's tickets, which ends with the test's runtime.
pub(crate) struct Centre {
    address: String,
    pub(crate) desk: HelpDesk,
}

impl Centre {
    pub(crate) async fn start() -> Self {
        let store: Arc<dyn TicketStore> = Arc::new(MemoryStore::new());
        seed(&store, SystemClock.now()).await.expect("the demo's tickets");
        let desk = HelpDesk::builder(store)
            .policy(policy().expect("the demo's policy"))
            .attachments(AttachmentStore::in_memory())
            .build();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let pages = app(App::new(desk.clone(), SystemClock));
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Self { address, desk }
    }

    /// Returns the address of a page.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Opens a window of a person who has signed in.
    pub(crate) async fn window(&self, setup: Setup, name: &str) -> Window {
        let window = Window::open(setup).await;
        window.go(&self.at("/entrar")).await;
        window.click(&format!("button[name=persona][value='{}']", person(name))).await;
        window.find("form[action='/salir']").await;
        window
    }
}

/// Returns the id of a person of the demo, by the beginning of their name.
pub(crate) fn person(name: &str) -> UserId {
    let people = People::demo();
    let parts = [help_center::Part::Customer, help_center::Part::Admin];
    let found = parts.into_iter().flat_map(|part| people.of(part).collect::<Vec<_>>());
    let mut named = found.filter(|someone| someone.name.starts_with(name));
    named.next().unwrap_or_else(|| panic!("{name} is none of the demo's people")).id.clone()
}
