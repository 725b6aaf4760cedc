//! Files attached to messages: upload, download and sweep.

use std::{ops::Range, time::Duration};

use tracing::instrument;
use ventanilla_domain::{
    Actor, Attachment, AttachmentId, Audience, Author, MessageRange, TicketNumber, Timestamp,
};
use ventanilla_storage::attachments::{AttachmentStore, FileBody, NewUpload, SweptUploads, UploadError};

use crate::{
    Admin, Bot, Customer, HelpDeskBuilder, ServiceError, System,
    core::Core,
    observe::{observed, record},
};

/// Time after which an upload that no ticket names is deleted.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Time within which an upload can be attached. The difference is more than a change may take.
const ATTACHABLE: Duration = Duration::from_secs(23 * 3600);

/// Attachment whose bytes can be read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Download {
    /// The attachment.
    pub attachment: Attachment,
    files: AttachmentStore,
}

impl Download {
    /// Reads all bytes.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`]: [`StoreError::FileMissing`](crate::error::StoreError::FileMissing) if they
    /// aren't there any more.
    pub async fn read(&self) -> Result<FileBody, ServiceError> {
        Ok(self.files.read(&self.attachment, None).await?)
    }

    /// Reads the bytes of a range, as far as it lies within the file.
    ///
    /// # Errors
    ///
    /// The errors of [`read`](Self::read).
    pub async fn read_range(&self, range: Range<u64>) -> Result<FileBody, ServiceError> {
        Ok(self.files.read(&self.attachment, Some(range)).await?)
    }
}

impl HelpDeskBuilder {
    /// Sets where the desk keeps files attached to messages; without it there are none.
    ///
    /// Limits are those of [`Policy::attachments`](field@crate::Policy::attachments). A scheduled job must
    /// [sweep](System::sweep_uploads). The guide [`attachments`](crate::guide::attachments) shows how to
    /// serve files safely.
    ///
    /// ```
    /// use ventanilla_service::{
    ///     Category, HelpDesk, MemoryStore, MessageText, NewTicket, UserId, attachments::AttachmentStore,
    ///     ticket::NewMessage,
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let desk = HelpDesk::builder(MemoryStore::new()).attachments(AttachmentStore::in_memory()).build();
    /// let (ana, luis) = (desk.customer(UserId::parse("ana")?), desk.admin(UserId::parse("luis")?));
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = ana.create(new_ticket).await?.head.ticket_number;
    ///
    /// // The form uploads the file, and later sends its id with the message.
    /// let uploaded = ana.upload("captura.png", b"\x89PNG\r\n\x1a\n...".to_vec()).await?;
    /// let files = ana.uploads(&[uploaded.id]).await?;
    /// ana.reply(&number, NewMessage::parse("Así se ve")?.with_attachments(files)).await?;
    ///
    /// let seen = &luis.get(&number).await?.messages[1].attachments[0];
    /// let download = luis.download(&number, seen.id).await?;
    /// assert_eq!(download.attachment.name.as_str(), "captura.png");
    /// assert_eq!(download.read().await?.into_bytes().await?.len(), 11);
    ///
    /// let eva = desk.customer(UserId::parse("eva")?);
    /// assert!(eva.download(&number, seen.id).await.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn attachments(mut self, files: AttachmentStore) -> Self {
        self.0.files = Some(files);
        self
    }
}

macro_rules! uploader {
    ($handle:ident, $actor:literal, $audience:expr) => {
        impl $handle {
            /// Stores a file, which this person alone can attach to a message or a new ticket within 23 hours.
            /// The media type is that of its bytes, the name is cleaned.
            ///
            /// The body is a `Vec<u8>`, `Bytes` or [`FileBody`], which takes a stream. It is stored as it comes,
            /// with little memory.
            ///
            /// # Errors
            ///
            /// [`ServiceError::UploadRefused`] if the policy doesn't allow its size or its type;
            /// [`ServiceError::UploadBrokenOff`] if the body ends with an error;
            /// [`ServiceError::NoAttachments`]; [`ServiceError::Store`].
            #[instrument(name = "ventanilla.upload", skip_all, fields(actor = $actor, file, outcome))]
            pub async fn upload(
                &self,
                name: &str,
                body: impl Into<FileBody>,
            ) -> Result<Attachment, ServiceError> {
                observed(self.core.upload(&self.actor, name, body.into()).await)
            }

            /// Returns this person's uploads with these ids, to be attached to a message
            /// ([`NewMessage::with_attachments`](crate::ticket::NewMessage::with_attachments)) or a new ticket
            /// ([`NewTicket::with_attachments`](crate::NewTicket::with_attachments)).
            ///
            /// # Errors
            ///
            /// [`ServiceError::AttachmentNotFound`] for the first that isn't there, is somebody else's or too
            /// old; [`ServiceError::NoAttachments`], unless none is asked for; [`ServiceError::Store`].
            #[instrument(name = "ventanilla.uploads", skip_all, fields(actor = $actor, outcome))]
            pub async fn uploads(&self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, ServiceError> {
                observed(self.core.uploads(&self.actor, ids).await)
            }
        }

        downloader!($handle, $actor, $audience);
    };
}

macro_rules! downloader {
    ($handle:ident, $actor:literal, $audience:expr) => {
        impl $handle {
            /// Finds an attachment of a ticket that this handle may see.
            ///
            /// A page that serves it must send it as an attachment, with `X-Content-Type-Options: nosniff`.
            ///
            /// # Errors
            ///
            /// [`ServiceError::NotFound`] as for reading the ticket; [`ServiceError::AttachmentNotFound`] if
            /// no message names it; [`ServiceError::NoAttachments`]; [`ServiceError::Store`].
            #[instrument(name = "ventanilla.download", skip_all, fields(actor = $actor, %number, %file, outcome))]
            pub async fn download(
                &self,
                number: &TicketNumber,
                file: AttachmentId,
            ) -> Result<Download, ServiceError> {
                let audience: fn(&Self) -> &Audience = $audience;
                observed(self.core.download(audience(self), number, file).await)
            }
        }
    };
}

uploader!(Customer, "CUSTOMER", |customer| &customer.audience);
uploader!(Admin, "ADMIN", |_| &Audience::Desk);
downloader!(Bot, "BOT", |_| &Audience::Bot);

impl System {
    /// Deletes uploads older than a day that no ticket names.
    ///
    /// A host runs it as often as it likes, such as every hour. It reads one ticket for each upload of the
    /// last day, and can be ended at any moment.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoAttachments`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.sweep_uploads", skip_all, fields(actor = "SYSTEM", outcome))]
    pub async fn sweep_uploads(&self) -> Result<SweptUploads, ServiceError> {
        observed(self.core.sweep_uploads().await)
    }
}

impl Core {
    async fn upload(&self, by: &Actor, name: &str, body: FileBody) -> Result<Attachment, ServiceError> {
        let new = NewUpload { by, at: self.now(), name };
        let uploaded = self.files()?.upload(new, body, &self.policy.attachments).await?;
        record("file", uploaded.id);
        Ok(uploaded)
    }

    async fn uploads(&self, by: &Actor, ids: &[AttachmentId]) -> Result<Vec<Attachment>, ServiceError> {
        let mut found = Vec::new();
        for id in ids {
            let upload = self.files()?.uploaded(*id, by, self.attachable_since()).await?;
            found.push(upload.ok_or(ServiceError::AttachmentNotFound { id: *id })?);
        }
        Ok(found)
    }

    async fn download(
        &self,
        audience: &Audience,
        number: &TicketNumber,
        id: AttachmentId,
    ) -> Result<Download, ServiceError> {
        let files = self.files()?.clone();
        let ticket = self.try_get(&number.into(), audience, MessageRange::All).await?;
        let mut named = ticket.messages.into_iter().flat_map(|message| message.attachments);
        let attachment = named.find(|file| file.id == id);
        let attachment = attachment.ok_or(ServiceError::AttachmentNotFound { id })?;
        Ok(Download { attachment, files })
    }

    async fn sweep_uploads(&self) -> Result<SweptUploads, ServiceError> {
        Ok(self.files()?.sweep(self.now().minus(KEPT), &*self.store).await?)
    }

    /// Checks that the files to be attached are uploads of the actor, whatever the host says of them, and
    /// records that the ticket is about to name them. A request that may be a repeated one can also have
    /// those that the actor has attached to the ticket before.
    pub(crate) async fn record_files(
        &self,
        by: &Actor,
        number: &TicketNumber,
        attached: &[Attachment],
        may_repeat: bool,
    ) -> Result<(), ServiceError> {
        for file in attached {
            let files = self.files()?;
            let upload = files.uploaded(file.id, by, self.attachable_since()).await?;
            if upload.as_ref() == Some(file) {
                files.record_use(file.id, number).await?;
            } else if !may_repeat || !self.is_attached(by, number, file).await? {
                return Err(ServiceError::AttachmentNotFound { id: file.id });
            }
        }
        Ok(())
    }

    /// Returns whether the actor has attached a file to the ticket before: a repeated request.
    async fn is_attached(
        &self,
        by: &Actor,
        number: &TicketNumber,
        file: &Attachment,
    ) -> Result<bool, ServiceError> {
        let Some(ticket) = self.store.ticket(number).await? else { return Ok(false) };
        let is_theirs = |author: &Author| match by {
            Actor::Customer(id) => *author == Author::Requester && ticket.head().requester == *id,
            Actor::Admin(id) => *author == Author::Admin(Some(id.clone())),
            Actor::Bot | Actor::System => false,
        };
        let theirs = ticket.messages().iter().filter(|message| is_theirs(&message.author));
        // The first message is the requester's, also if an administrator has opened the ticket.
        let openers = [ticket.opener(), ticket.creation_key().map(|key| &key.by)];
        let has_opened = matches!(by, Actor::Admin(id) if openers.contains(&Some(id)));
        let first = ticket.messages().first().filter(|_| has_opened);
        Ok(theirs.chain(first).any(|message| message.attachments.contains(file)))
    }

    fn files(&self) -> Result<&AttachmentStore, ServiceError> {
        self.files.as_ref().ok_or(ServiceError::NoAttachments)
    }

    fn attachable_since(&self) -> Timestamp {
        self.now().minus(ATTACHABLE)
    }
}

impl From<UploadError> for ServiceError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Refused(refusal) => ServiceError::UploadRefused { refusal },
            UploadError::BrokenOff { source } => ServiceError::UploadBrokenOff { source },
            UploadError::Store(error) => error.into(),
        }
    }
}
