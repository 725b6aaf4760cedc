//! Changes to one ticket, built option by option.

use std::{marker::PhantomData, pin::Pin};

use tracing::{Instrument, Span};
use ventanilla_domain::{
    Actor, Change, IdempotencyKey, NewMessage, SeenConversation, Status, TicketNumber, Wait,
};

use crate::{
    Receipt, ServiceError,
    core::Core,
    observe::{checked, record},
};

/// Change to one ticket; `.await` makes it.
///
/// Methods that make a request of a text take `&str`, `&String`, `String`, `&[u8]`,
/// [`MessageText`](crate::MessageText) or [`NewMessage`]; one that isn't valid fails when it is awaited.
/// Each option takes a value, or an `Option` as a form gives it. Which options there are depends on `K`:
///
/// | `K` | made by | [`status`](Self::status) or [`wait`](Self::wait) | [`key`](Self::key) | [`expecting`](Self::expecting) |
/// |---|---|---|---|---|
/// | [`Reply`] | a reply of an administrator | yes | yes | yes |
/// | [`Text`] | a note; a [`Reply`] with its status or wait | | yes | yes |
/// | [`Update`] | other changes of an administrator; closing by the system | | | yes |
/// | [`Keyed`] | a message of a customer; a message or hand-over of the bot | | yes | |
/// | [`Plain`] | a confirmation of a customer; a draft of the bot | | | |
///
/// Customers and the bot see no versions, so their requests expect none.
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
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
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
    then: Option<Then>,
    key: Option<IdempotencyKey>,
    expected: Option<u64>,
    seen: Option<SeenConversation>,
    kind: PhantomData<K>,
}

/// Kind of a [`Request`]: a message of an administrator, with [`status`](Request::status) or
/// [`wait`](Request::wait), [`key`](Request::key) and [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Reply {}

/// Kind of a [`Request`]: a note, or a message with its status or wait, of an administrator; with
/// [`key`](Request::key) and [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Text {}

/// Kind of a [`Request`]: a change without a text, with [`expecting`](Request::expecting).
#[derive(Debug, Clone, Copy)]
pub enum Update {}

/// Kind of a [`Request`]: a text of a customer or of the bot, who see no versions, with
/// [`key`](Request::key).
///
/// ```
/// # use ventanilla_service::{HelpDesk, IdempotencyKey, MemoryStore, TicketNumber, UserId};
/// # let desk = HelpDesk::new(MemoryStore::new());
/// let (ana, number) = (desk.customer(UserId::parse("ana")?), TicketNumber::parse("TKT-ABC123")?);
/// let request = ana.reply(&number, "Hola").key(IdempotencyKey::parse("k1")?);
/// # drop(request);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0599
/// # use ventanilla_service::{HelpDesk, IdempotencyKey, MemoryStore, TicketNumber, UserId};
/// # let desk = HelpDesk::new(MemoryStore::new());
/// let (ana, number) = (desk.customer(UserId::parse("ana")?), TicketNumber::parse("TKT-ABC123")?);
/// let request = ana.reply(&number, "Hola").expecting(1); // there is no such method
/// # drop(request);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Keyed {}

/// Kind of a [`Request`]: a change of a customer or of the bot, without options.
///
/// ```compile_fail,E0599
/// # use ventanilla_service::{HelpDesk, MemoryStore, TicketNumber, UserId};
/// # let desk = HelpDesk::new(MemoryStore::new());
/// let (ana, number) = (desk.customer(UserId::parse("ana")?), TicketNumber::parse("TKT-ABC123")?);
/// let request = ana.confirm(&number).expecting(1); // there is no such method
/// # drop(request);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Plain {}

/// Options of the kinds. It is sealed.
mod options {
    /// Kind of a text, which takes a key.
    pub trait HasKey {}
    /// Kind that takes an expected version.
    pub trait HasVersion {}

    impl HasKey for super::Reply {}
    impl HasKey for super::Text {}
    impl HasKey for super::Keyed {}
    impl HasVersion for super::Reply {}
    impl HasVersion for super::Text {}
    impl HasVersion for super::Update {}
}

#[derive(Debug)]
enum Draft {
    Message(NewMessage),
    Note(NewMessage),
    HandOver(NewMessage),
    Change(Change),
}

/// Change that is made with a message.
#[derive(Debug)]
enum Then {
    Status(Status),
    Wait(Wait),
}

impl<K: options::HasVersion> Request<'_, K> {
    /// Makes the change only to this version of the ticket; with `None`, to any.
    ///
    /// Refused for another version as
    /// [`Refusal::VersionConflict`](crate::error::Refusal::VersionConflict), which has the changes
    /// since, unless nothing would change or the key shows that the request was carried out before:
    /// those are answered without an error.
    #[doc(alias = "if_match")]
    #[doc(alias = "version")]
    pub fn expecting(mut self, version: impl Into<Option<u64>>) -> Self {
        self.expected = version.into();
        self
    }
}

impl<K: options::HasKey> Request<'_, K> {
    /// Adds the text once, however often it is sent with this key by this author.
    ///
    /// It replaces the key of a [`NewMessage`]; with `None` the message keeps its own.
    #[doc(alias = "with_key")]
    #[doc(alias = "idempotency")]
    pub fn key(mut self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        self.key = key.into();
        self
    }
}

impl<'a> Request<'a, Reply> {
    /// Sets the status with the message, both or neither.
    ///
    /// A key stands for the message: sent again with the same text, it is the same request,
    /// whatever the status.
    #[doc(alias = "set_status")]
    pub fn status(self, to: impl Into<Option<Status>>) -> Request<'a, Text> {
        let to: Option<Status> = to.into();
        self.then(to.map(Then::Status))
    }

    /// Sets the ticket to wait with the message, both or neither. It is set in progress.
    ///
    /// ```
    /// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, Status, UserId};
    /// use ventanilla_service::ticket::{Wait, WaitingFor};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
    /// let question = luis.reply(&number, "¿Nos envías el recibo?").wait(Wait::new(WaitingFor::Customer));
    /// assert_eq!(question.await?.head.status, Status::InProgress);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn wait(self, wait: impl Into<Option<Wait>>) -> Request<'a, Text> {
        let wait: Option<Wait> = wait.into();
        self.then(wait.map(Then::Wait))
    }

    fn then(self, then: Option<Then>) -> Request<'a, Text> {
        let Self { core, actor, number, span, draft, key, expected, seen, .. } = self;
        Request { core, actor, number, span, draft, then, key, expected, seen, kind: PhantomData }
    }
}

impl<'a, K: Send + 'a> IntoFuture for Request<'a, K> {
    type Output = Result<Receipt, ServiceError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { core, actor, number, span, draft, then, key, expected, seen, .. } = self;
        let with_key = |text: NewMessage| match key {
            Some(key) => text.with_key(key),
            None => text,
        };
        let run = async move {
            let change = match (checked(draft)?, then) {
                (Draft::Message(text), Some(Then::Status(status))) => {
                    record("status", status);
                    Change::reply(with_key(text), status)
                }
                (Draft::Message(text), Some(Then::Wait(wait))) => {
                    record("status", Status::InProgress);
                    Change::reply_and_wait(with_key(text), wait)
                }
                (Draft::Message(text), None) => Change::message(with_key(text)),
                (Draft::Note(text), _) => Change::note(with_key(text)),
                (Draft::HandOver(reason), _) => Change::hand_over(with_key(reason)),
                (Draft::Change(change), _) => change,
            };
            let change = match (expected, seen) {
                (_, Some(seen)) => change.unless_overtaken(seen),
                (Some(version), None) => change.expecting(version),
                (None, None) => change,
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
    /// The conversation that a turn of the bot read.
    pub(crate) seen: Option<SeenConversation>,
}

impl<'a> Target<'a> {
    pub(crate) fn message<K>(
        self,
        span: Span,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, K> {
        self.text(span, text, Draft::Message)
    }

    pub(crate) fn note(
        self,
        span: Span,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Text> {
        self.text(span, text, Draft::Note)
    }

    pub(crate) fn hand_over(
        self,
        span: Span,
        reason: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Keyed> {
        self.text(span, reason, Draft::HandOver)
    }

    pub(crate) fn update<K>(self, span: Span, change: Change) -> Request<'a, K> {
        self.request(span, Ok(Draft::Change(change)))
    }

    pub(crate) fn change(
        self,
        span: Span,
        change: Result<Change, impl Into<ServiceError>>,
    ) -> Request<'a, Plain> {
        self.request(span, change.map(Draft::Change).map_err(Into::into))
    }

    fn text<K>(
        self,
        span: Span,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
        draft: impl FnOnce(NewMessage) -> Draft,
    ) -> Request<'a, K> {
        self.request(span, text.try_into().map(draft).map_err(Into::into))
    }

    fn request<K>(self, span: Span, draft: Result<Draft, ServiceError>) -> Request<'a, K> {
        let Self { core, actor, number, seen } = self;
        let (then, key, expected) = (None, None, None);
        Request { core, actor, number, span, draft, then, key, expected, seen, kind: PhantomData }
    }
}
