//! Worker that tells another service of every change, by webhooks as the Standard Webhooks
//! specification (<https://www.standardwebhooks.com>) has them: signed, and sent again until they are taken.
//!
//! `cargo run --example webhooks`
//!
//! The receiver is in the same process, and refuses every other delivery at first. The worker is stopped in the
//! middle and started again: nothing is missed, and the receiver knows what it had before by its id.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode},
    routing::post,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, time::sleep};
use ventanilla_service::{
    Category, HelpDesk, MemoryStore, MessageText, NewTicket, Status, Timestamp, UserId,
    event::{EventToken, TicketEvents},
    settings::{Clock, SystemClock},
    ticket::Audience,
};

/// Secret that both sides know. A real one is random, and stands in the configuration.
const SECRET: &str = "whsec_dmVudGFuaWxsYS1kZW1vLXNlY3JldC0wMDE=";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (receiver, address) = Receiver::start().await?;
    let desk = HelpDesk::new(MemoryStore::new());
    let folder = std::env::temp_dir().join(format!("ventanilla-webhooks-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let worker = Worker::new(desk.clone(), &address, folder.join("token"))?;

    // The position is kept before the first change, so that none is missed.
    worker.keep(desk.events(None).await?.token())?;
    let ana = desk.customer(UserId::parse("ana")?);
    let luis = desk.admin(UserId::parse("luis")?);
    let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    let number = ana.create(new_ticket).await?.head.ticket_number;
    luis.add_note(&number, "Es la tercera vez.").await?;
    worker.deliver(1).await?;
    println!("the worker is stopped and started again");
    luis.reply(&number, "Ya está devuelto.").status(Status::Resolved).await?;
    ana.reply(&number, "Gracias.").await?;
    // The note is the desk's own, and tells nobody.
    worker.deliver(2).await?;

    fs::remove_dir_all(&folder)?;
    let taken = receiver.taken();
    println!("taken: {}", taken.join(", "));
    assert_eq!(taken.len(), 3, "each change that isn't the desk's own, once");
    Ok(())
}

/// Worker of one endpoint. A host runs it in a process or a task of its own.
struct Worker {
    desk: HelpDesk,
    endpoint: String,
    signer: Webhook,
    http: Client<HttpConnector, Body>,
    /// File with the position after the last change that was delivered; a host may have a table.
    token: PathBuf,
}

impl Worker {
    fn new(desk: HelpDesk, endpoint: &str, token: PathBuf) -> Result<Self, Box<dyn Error>> {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { desk, endpoint: endpoint.into(), signer: Webhook::new(SECRET)?, http, token })
    }

    /// Delivers so many changes from where the last worker was; a real one goes on for ever.
    async fn deliver(&self, count: usize) -> Result<(), Box<dyn Error>> {
        let after: EventToken = fs::read_to_string(&self.token)?.parse()?;
        let mut events = self.desk.events(after).await?;
        let mut delivered = 0;
        while delivered < count {
            let Some(change) = events.next().await.transpose()? else { break };
            if let Some((id, body)) = webhook(change) {
                self.send(&id, &body).await?;
                delivered += 1;
            }
            // Only now: a worker that is killed before sends the last change again.
            self.keep(events.token())?;
        }
        Ok(())
    }

    fn keep(&self, token: &EventToken) -> Result<(), Box<dyn Error>> {
        let new = self.token.with_extension("new");
        fs::write(&new, token.as_str())?;
        Ok(fs::rename(&new, &self.token)?)
    }

    /// Sends a webhook until the receiver takes it, at intervals that grow to an hour. The changes after it
    /// wait, so that they come in order.
    async fn send(&self, id: &str, body: &str) -> Result<(), Box<dyn Error>> {
        let mut pause = Duration::from_millis(100);
        loop {
            let seconds = SystemClock.now().as_millis().div_euclid(1000);
            let signature = self.signer.sign(id, seconds, body.as_bytes())?;
            let request = Request::post(&self.endpoint)
                .header("content-type", "application/json")
                .header("webhook-id", id)
                .header("webhook-timestamp", seconds)
                .header("webhook-signature", signature)
                .body(Body::from(body.to_owned()))?;
            match self.http.request(request).await.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => return Ok(()),
                Ok(status) => println!("{id}: {status}, again in {pause:?}"),
                Err(error) => println!("{id}: {error}, again in {pause:?}"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(3600));
        }
    }
}

/// Returns the id and the body for a change; `None` for one that only the desk may see, and for an alert.
///
/// Another service gets what the requester may see. The id is the desk's, which is the same each time.
fn webhook(change: TicketEvents) -> Option<(String, String)> {
    let id = change.id.clone();
    let seen = change.for_audience(&Audience::Bot)?;
    let at: Timestamp = seen.events.first().map_or(seen.head.updated_at, |event| event.at);
    let texts: Vec<&str> = seen.messages.iter().map(|message| message.text.as_str()).collect();
    let data = json!({ "ticket": seen.head, "events": seen.events, "messages": texts });
    let body = json!({ "type": "ticket.changed", "timestamp": at, "data": data });
    Some((id, body.to_string()))
}

/// Service that takes webhooks: the other side.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Inbox>>);

#[derive(Default)]
struct Inbox {
    attempts: usize,
    ids: BTreeSet<String>,
}

impl Receiver {
    /// Starts it, and returns the address for webhooks.
    async fn start() -> Result<(Self, String), Box<dyn Error>> {
        let receiver = Self::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}/webhooks", listener.local_addr()?);
        let router = Router::new().route("/webhooks", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((receiver, address))
    }

    fn taken(&self) -> Vec<String> {
        let inbox = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inbox.ids.iter().cloned().collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is_signed = Webhook::new(SECRET).and_then(|secret| secret.verify(&body, &headers)).is_ok();
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let (true, Some(id)) = (is_signed, id) else { return StatusCode::UNAUTHORIZED };
    let mut inbox = receiver.0.lock().unwrap_or_else(PoisonError::into_inner);
    inbox.attempts += 1;
    if inbox.attempts % 2 == 1 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    // What was taken before is taken again, and changes nothing.
    inbox.ids.insert(id.to_owned());
    StatusCode::NO_CONTENT
}
