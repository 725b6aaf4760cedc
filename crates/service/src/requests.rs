//! Changes to one ticket, built option by option.

use std::{marker::PhantomData, pin::Pin};

use tracing::{Instrument, Span};
use ventanilla_domain::{Actor, Change, IdempotencyKey, NewMessage, Status, TicketNumber};

use crate::{
    Receipt, ServiceError,
    core::Core,
    observe::{checked, record},
};

/// Change to one ticket; `.await` makes it.
///
/// Each option takes a value, or an `Option` as a form gives it. Which options there are depends on
/// `K`: [`Reply`], [`Text`] or [`Update`].
///
/// ```
/// use ventanilla_service::{
///     Category, Explain, HelpDesk, IdempotencyKey, Locale, MemoryStore, MessageText, NewTicket,
///     Priority, Status, UserId,
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
/// let seen = luis.get(&number).await?.head.version;
/// luis.reply(&number, "Ya está arreglado.")
///     .status(Status::Resolved)
///     .expecting(seen)
///     .key(IdempotencyKey::parse("respuesta-1")?)
///     .await?;
///
/// // Somebody who looks at the older version changes nothing, and learns what happened since.
/// let error = luis.set_priority(&number, Priority::Low).expecting(seen).await.unwrap_err();
/// assert_eq!(error.code(), "version_conflict");
/// assert_eq!(
///     error.explain(Locale::Es),
///     "El ticket ha cambiado mientras tanto: escribió un mensaje y cambió el estado de Abierto a \
///      Resuelto. Vuelve a cargarlo y revisa tu cambio.",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a request does nothing until it is awaited"]
#[derive(Debug)]
pub struct Request<'a, K> {
    core: &'a Core,
    actor: &'a Actor,
    number: &'a TicketNumber,
    span: Span,
    draft: Result<Draft, ServiceError>,
    status: Option<Status>,
    key: Option<IdempotencyKey>,
    expected: Option<u64>,
    kind: PhantomData<K>,
}

/// Kind of a [`Request`]: a message of an administrator, with [`status`](Request::status),
/// [`key`](Request::key) and [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Reply {}

/// Kind of a [`Request`]: a message or a note, with [`key`](Request::key) and
/// [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Text {}

/// Kind of a [`Request`]: a change without a text, with [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Update {}

#[derive(Debug)]
enum Draft {
    Message(NewMessage),
    Note(NewMessage),
    Change(Change),
}

impl<K> Request<'_, K> {
    /// Makes the change only to this version of the ticket.
    ///
    /// For another version it is refused as
    /// [`Refusal::VersionConflict`](crate::error::Refusal::VersionConflict), which has the changes
    /// since.
    #[doc(alias = "if_match")]
    #[doc(alias = "version")]
    pub fn expecting(mut self, version: impl Into<Option<u64>>) -> Self {
        self.expected = version.into();
        self
    }
}

impl Request<'_, Reply> {
    /// Sets the status with the message, both or neither.
    ///
    /// A key stands for the message: sent again with the same text, it is the same request,
    /// whatever the status.
    #[doc(alias = "set_status")]
    pub fn status(mut self, to: impl Into<Option<Status>>) -> Self {
        self.status = to.into();
        self
    }

    /// Adds the message once, however often it is sent with this key by this author.
    #[doc(alias = "with_key")]
    #[doc(alias = "idempotency")]
    pub fn key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }
}

impl Request<'_, Text> {
    /// Adds the text once, however often it is sent with this key by this author.
    #[doc(alias = "with_key")]
    #[doc(alias = "idempotency")]
    pub fn key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }
}

impl<'a, K: Send + 'a> IntoFuture for Request<'a, K> {
    type Output = Result<Receipt, ServiceError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { core, actor, number, span, draft, status, key, expected, .. } = self;
        let with_key = |text: NewMessage| match key {
            Some(key) => text.with_key(key),
            None => text,
        };
        let run = async move {
            let change = match (checked(draft)?, status) {
                (Draft::Message(text), Some(status)) => {
                    record("status", status);
                    Change::reply(with_key(text), status)
                }
                (Draft::Message(text), None) => Change::message(with_key(text)),
                (Draft::Note(text), _) => Change::note(with_key(text)),
                (Draft::Change(change), _) => change,
            };
            let change = match expected {
                Some(version) => change.expecting(version),
                None => change,
            };
            core.change(actor, number, change).await
        };
        Box::pin(run.instrument(span))
    }
}

/// Handle and ticket for which requests are made.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) core: &'a Core,
    pub(crate) actor: &'a Actor,
    pub(crate) number: &'a TicketNumber,
}

impl<'a> Target<'a> {
    pub(crate) fn message<K>(
        self,
        span: Span,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, K> {
        let text = text.try_into().map_err(Into::into);
        self.request(span, text.map(Draft::Message))
    }

    pub(crate) fn note(
        self,
        span: Span,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Text> {
        let text = text.try_into().map_err(Into::into);
        self.request(span, text.map(Draft::Note))
    }

    pub(crate) fn update(self, span: Span, change: Change) -> Request<'a, Update> {
        self.request(span, Ok(Draft::Change(change)))
    }

    fn request<K>(self, span: Span, draft: Result<Draft, ServiceError>) -> Request<'a, K> {
        let Self { core, actor, number } = self;
        let (status, key, expected) = (None, None, None);
        Request { core, actor, number, span, draft, status, key, expected, kind: PhantomData }
    }
}
