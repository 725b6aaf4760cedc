//! Live updates: the events of the desk, told to the open pages of everybody who may see them.
//!
//! One stream of the desk serves all readers of the process. A page learns which ticket has changed, and
//! fetches itself again. Administrators also learn that a colleague is writing a reply.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use futures::{Stream, stream};
use tokio::{
    sync::{
        OnceCell,
        broadcast::{self, Receiver, Sender, error::RecvError},
    },
    time::sleep,
};
use ventanilla_service::{
    Explain, HelpDesk, ServiceError, TicketNumber, UserId,
    event::{EventStream, TicketEvents},
    ticket::Audience,
};

use crate::{App, Part, error::Failure, session::signed_in};

/// Number of changes that a slow reader may be behind. One who is further behind is told to load all again.
const BEHIND: usize = 256;

/// Wait before a stream that ended with an error is started again.
const AGAIN: Duration = Duration::from_secs(1);

/// News for the open pages.
#[derive(Clone)]
enum Update {
    /// A ticket has changed.
    Ticket(Arc<TicketEvents>),
    /// An administrator has begun or ended a reply to a ticket.
    Typing { number: TicketNumber, who: UserId },
}

/// News for the readers of this process.
#[derive(Clone)]
pub(crate) struct Live {
    changes: Sender<Update>,
    started: Arc<OnceCell<()>>,
}

impl Default for Live {
    fn default() -> Self {
        Self { changes: broadcast::channel(BEHIND).0, started: Arc::default() }
    }
}

impl Live {
    /// Returns the changes from now on. The first reader starts the stream of the desk.
    async fn subscribe(&self, desk: &HelpDesk) -> Result<Receiver<Update>, ServiceError> {
        let start = async || {
            let stream = desk.events(None).await?;
            tokio::spawn(tell(desk.clone(), stream, self.changes.clone()));
            Ok::<_, ServiceError>(())
        };
        self.started.get_or_try_init(start).await?;
        Ok(self.changes.subscribe())
    }

    /// Tells the other administrators that one has begun or ended a reply to a ticket.
    pub(crate) fn typing_changed(&self, number: &TicketNumber, who: &UserId) {
        // Without readers there is nobody to tell.
        drop(self.changes.send(Update::Typing { number: number.clone(), who: who.clone() }));
    }
}

/// Tells the desk's changes for ever. After an error it goes on where it was.
async fn tell(desk: HelpDesk, mut stream: EventStream, changes: Sender<Update>) {
    loop {
        while let Some(item) = stream.next().await {
            match item {
                // Without readers there is nobody to tell.
                Ok(change) => drop(changes.send(Update::Ticket(Arc::new(change)))),
                Err(error) => tracing::warn!(code = error.code(), %error, "live updates"),
            }
        }
        let mut after = Some(stream.token().clone());
        stream = loop {
            sleep(AGAIN).await;
            match desk.events(after.clone()).await {
                Ok(stream) => break stream,
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "live updates");
                    // What was missed is on the pages when they are loaded again.
                    after = after.filter(|_| error.code() != "events_lost");
                }
            }
        };
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/novedades", get(updates))
}

/// Sends the number of each ticket that changes, as far as this person may see the change. The stream ends
/// with their session.
async fn updates(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let someone = signed_in(&headers, &app).ok_or(Failure::SignIn)?;
    let audience = match someone.part {
        Part::Admin => Audience::Desk,
        Part::Customer => Audience::Requester(someone.id.clone()),
    };
    let changes = app.live.subscribe(&app.desk).await?;
    let reader = Reader { app, headers, who: someone.id, audience, changes };
    let updates = stream::unfold(reader, async |mut reader| Some((Ok(reader.next().await?), reader)));
    Ok(Sse::new(updates).keep_alive(KeepAlive::default()))
}

struct Reader {
    app: App,
    headers: HeaderMap,
    who: UserId,
    audience: Audience,
    changes: Receiver<Update>,
}

impl Reader {
    /// Waits for the next update that the reader may see; `None` once their session has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let update = self.changes.recv().await;
            signed_in(&self.headers, &self.app).filter(|someone| someone.id == self.who)?;
            match update {
                Ok(Update::Ticket(change)) if change.is_visible_to(&self.audience) => {
                    let number = &change.head.ticket_number;
                    return Some(Event::default().event("ticket").data(number.as_str()));
                }
                Ok(Update::Typing { number, who })
                    if self.audience == Audience::Desk && who != self.who =>
                {
                    return Some(Event::default().event("typing").data(number.as_str()));
                }
                Ok(Update::Ticket(_) | Update::Typing { .. }) => {}
                Err(RecvError::Lagged(_)) => return Some(Event::default().event("all").data("-")),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
