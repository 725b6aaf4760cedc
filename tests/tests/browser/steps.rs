//! Steps that several tests share.

use ventanilla_service::{Category, ListQuery, MessageText, NewTicket, Status, TicketNumber};
use ventanilla_tests::Window;

use crate::centre::{Centre, person};

/// Once a page listens, it fetches what was missed.
pub(crate) const LISTENS: &str = "return performance.getEntriesByType('resource').some((entry) => \
                       entry.initiatorType === 'fetch')";

/// Signs in as another person.
pub(crate) async fn sign_in(centre: &Centre, window: &Window, name: &str) {
    window.go(&centre.at("/entrar")).await;
    follow(window, &format!("button[name=persona][value='{}']", person(name))).await;
}

/// Clicks on a link or button that loads a page, and waits for that.
pub(crate) async fn follow(window: &Window, css: &str) {
    window.run("document.documentElement.dataset.before = ''", vec![]).await;
    window.click(css).await;
    let arrived = "return !('before' in document.documentElement.dataset) \
                   && document.readyState === 'complete'";
    window.until(arrived).await;
}

/// Lets a page miss what changes from now on, as one that has lost its connection. The next page doesn't.
pub(crate) async fn lose_connection(window: &Window) {
    window.run("window.fetch = () => Promise.reject(new Error('offline'))", vec![]).await;
}

/// Chooses the option with this text.
pub(crate) async fn choose(window: &Window, css: &str, text: &str) {
    let field = window.find(css).await;
    field.select_by_label(text).await.unwrap_or_else(|error| panic!("{css}: {text}: {error}"));
}

/// Returns the visible texts of all elements of a selector.
pub(crate) async fn texts(window: &Window, css: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(arguments[0])].map(it => it.innerText.trim())";
    let found = window.run(script, vec![css.into()]).await;
    serde_json::from_value(found).expect("texts")
}

/// Opens a new ticket of Ana's.
pub(crate) async fn opened(centre: &Centre, text: &str) -> TicketNumber {
    let text = MessageText::parse(text).expect("a text");
    let ana = centre.desk.customer(person("Ana"));
    let created = ana.create(NewTicket::new(Category::PAGOS, text)).await.expect("it is opened");
    created.head.ticket_number
}

/// Returns the newest ticket of a person in a status.
pub(crate) async fn ticket_of(centre: &Centre, name: &str, status: Status) -> TicketNumber {
    let desk = centre.desk.admin(person("Lucía"));
    let query = ListQuery::new().with_requester(person(name)).with_statuses(status);
    let found = desk.list(query.first_page()).await.expect("a list").rows;
    found
        .first()
        .unwrap_or_else(|| panic!("{name} has none that is {status}"))
        .head
        .ticket_number
        .clone()
}
