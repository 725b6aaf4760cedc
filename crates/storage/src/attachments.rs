//! Files attached to messages, kept in an object store.

mod body;
mod local;
mod media;
mod pending;

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use bytes::BytesMut;
use futures::StreamExt;
use object_store::{
    GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory,
    path::Path,
};
use sha2::{Digest, Sha256 as Hasher};
use ventanilla_domain::{
    Actor, Attachment, AttachmentId, AttachmentPolicy, FileName, MediaType, Refusal, Sha256, Timestamp,
};

use crate::{BoxError, StoreError};
use media::media_type_of;
use pending::PendingUpload;

pub use body::FileBody;
pub use pending::SweptUploads;

/// Files attached to messages, kept in an [`object_store`]: memory, a directory, S3 or another.
///
/// - **Upload:** the bytes are stored at `files/<id>`, and what is known of them at `pending/<id>.upload`
///   with the uploader, who alone can attach them.
/// - **Attach:** before a ticket names a file, `pending/<id>.for-<hash of its number>` is stored. Nothing is written
///   afterwards, so a crash leaves nothing half done.
/// - **Sweep:** once an upload is a day old, its ticket tells whether it was attached. If not, it is
///   deleted.
///
/// ```
/// use ventanilla_domain::{Actor, AttachmentPolicy, MediaType, Timestamp, UserId};
/// use ventanilla_storage::attachments::{AttachmentStore, NewUpload};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let files = AttachmentStore::in_memory();
/// let ana = Actor::Customer(UserId::parse("ana")?);
/// let upload = NewUpload { by: &ana, at: Timestamp::MIN, name: "captura.png" };
/// let bytes = b"\x89PNG\r\n\x1a\n...".to_vec();
/// let file = files.upload(upload, bytes.into(), &AttachmentPolicy::default()).await?;
/// assert_eq!((file.media_type, file.bytes), (MediaType::PNG, 11));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct AttachmentStore {
    objects: Arc<dyn ObjectStore>,
    part_bytes: usize,
    /// Directory in which a killed upload leaves a file that the object store doesn't list.
    directory: Option<PathBuf>,
}

/// Upload that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewUpload<'a> {
    /// The uploader.
    pub by: &'a Actor,
    /// The current time.
    pub at: Timestamp,
    /// The name of the file as it came.
    pub name: &'a str,
}

/// Error of an upload.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The policy refuses the file.
    #[error("the file is refused")]
    Refused(Refusal),
    /// The bytes ended with an error, such as a lost connection.
    #[error("the upload broke off")]
    BrokenOff {
        /// Error of the body.
        source: BoxError,
    },
    /// The file couldn't be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creation.
impl AttachmentStore {
    /// Part of an upload, and the minimum of S3.
    const PART_BYTES: usize = 5 * 1024 * 1024;
    const LOCAL_PART_BYTES: usize = 128 * 1024;

    /// Keeps files in an object store. An upload takes up to 5 MiB of memory, the smallest part that S3
    /// accepts.
    ///
    /// On S3 a rule of the bucket should end incomplete multipart uploads after a day: those of a process
    /// that was killed aren't listed.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, part_bytes: Self::PART_BYTES, directory: None }
    }

    /// Keeps files in memory, for tests and demonstrations.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { part_bytes: Self::LOCAL_PART_BYTES, ..Self::new(Arc::new(InMemory::new())) }
    }

    /// Keeps files in a directory, which is created if it doesn't exist. An upload takes up to 128 KiB
    /// of memory, and is on the disk when it ends.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if there is no such directory and it can't be created.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let directory = directory.into();
        let failed = |source: BoxError| StoreError::Failed { source };
        std::fs::create_dir_all(&directory).map_err(|error| failed(error.into()))?;
        let objects =
            LocalFileSystem::new_with_prefix(&directory).map_err(|error| failed(error.into()))?;
        let objects = objects.with_fsync(true);
        let part_bytes = Self::LOCAL_PART_BYTES;
        Ok(Self { objects: Arc::new(objects), part_bytes, directory: Some(directory) })
    }
}

/// Upload and download.
impl AttachmentStore {
    /// Stores a file for its uploader, who can attach it within a day. The media type is that of its
    /// bytes; the name is [cleaned](FileName::clean).
    ///
    /// # Errors
    ///
    /// [`UploadError::Refused`] if it is too large or of a type that the policy doesn't allow, as soon as
    /// that is known; [`UploadError::BrokenOff`] if the body ends with an error; [`UploadError::Store`].
    pub async fn upload(
        &self,
        new: NewUpload<'_>,
        body: FileBody,
        policy: &AttachmentPolicy,
    ) -> Result<Attachment, UploadError> {
        let id = AttachmentId::from_bytes(rand::random());
        let mut pending = PendingUpload { by: new.by.clone(), at: new.at, attachment: None };
        self.put_pending(id, &pending).await?;
        match self.store(id, new.name, body, policy).await {
            Ok(attachment) => {
                pending.attachment = Some(attachment.clone());
                self.put_pending(id, &pending).await?;
                Ok(attachment)
            }
            Err(error) => {
                // What can't be removed now is swept later.
                let _ = self.remove_upload(id).await;
                Err(error)
            }
        }
    }

    /// Reads the bytes of an attachment, or those of a range as far as it lies within.
    ///
    /// # Errors
    ///
    /// [`StoreError::FileMissing`] if they aren't there; [`StoreError::Unavailable`] and
    /// [`StoreError::Failed`].
    pub async fn read(
        &self,
        file: &Attachment,
        range: Option<Range<u64>>,
    ) -> Result<FileBody, StoreError> {
        let id = file.id;
        let range = range.map(|range| range.start..range.end.min(file.bytes));
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Vec::new().into());
        }
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found =
            self.objects.get_opts(&file_path(id), options).await.map_err(|error| match error {
                object_store::Error::NotFound { .. } => StoreError::FileMissing { id },
                error => store_error(error),
            })?;
        Ok(FileBody::from_stream(found.into_stream()))
    }

    /// Stores the bytes, and returns what they turned out to be.
    async fn store(
        &self,
        id: AttachmentId,
        name: &str,
        mut body: FileBody,
        policy: &AttachmentPolicy,
    ) -> Result<Attachment, UploadError> {
        let mut writer = Writer::new(self, id);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| UploadError::BrokenOff { source })?;
            writer.write(&chunk, policy).await?;
        }
        writer.finish(name, policy).await
    }
}

impl fmt::Debug for AttachmentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AttachmentStore").field(&self.objects.to_string()).finish()
    }
}

/// File that is being stored, in parts.
struct Writer<'a> {
    files: &'a AttachmentStore,
    id: AttachmentId,
    /// The bytes since the last part.
    part: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
    hasher: Hasher,
    bytes: u64,
    media_type: Option<MediaType>,
}

impl<'a> Writer<'a> {
    /// Number of bytes from which the media type is found; less than a part.
    const HEAD_BYTES: usize = 8 * 1024;

    fn new(files: &'a AttachmentStore, id: AttachmentId) -> Self {
        let (part, hasher) = (BytesMut::new(), Hasher::new());
        Self { files, id, part, parts: None, hasher, bytes: 0, media_type: None }
    }

    async fn write(&mut self, chunk: &[u8], policy: &AttachmentPolicy) -> Result<(), UploadError> {
        self.bytes = self.bytes.saturating_add(chunk.len() as u64);
        policy.check_bytes(self.bytes).map_err(UploadError::Refused)?;
        self.hasher.update(chunk);
        let mut rest = chunk;
        while !rest.is_empty() {
            let room = self.files.part_bytes - self.part.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.part.extend_from_slice(now);
            rest = later;
            if self.media_type.is_none() && self.part.len() >= Self::HEAD_BYTES {
                self.find_media_type(policy)?;
            }
            if self.part.len() == self.files.part_bytes {
                self.put_part().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self, name: &str, policy: &AttachmentPolicy) -> Result<Attachment, UploadError> {
        if self.media_type.is_none() {
            self.find_media_type(policy)?;
        }
        if self.parts.is_none() {
            let whole = std::mem::take(&mut self.part).freeze();
            self.files.objects.put(&file_path(self.id), whole.into()).await.map_err(store_error)?;
        } else {
            self.put_part().await?;
        }
        if let Some(parts) = &mut self.parts {
            parts.complete().await.map_err(store_error)?;
        }
        let media_type = self.media_type.unwrap_or(MediaType::TEXT);
        let name = FileName::clean(name, &media_type);
        let sha256 = Sha256::from_bytes(self.hasher.finalize().into());
        Ok(Attachment::new(self.id, name, media_type, self.bytes, sha256))
    }

    fn find_media_type(&mut self, policy: &AttachmentPolicy) -> Result<(), UploadError> {
        let found = media_type_of(&self.part);
        policy.check_media_type(found.as_ref()).map_err(UploadError::Refused)?;
        self.media_type = found;
        Ok(())
    }

    async fn put_part(&mut self) -> Result<(), StoreError> {
        let part = std::mem::take(&mut self.part).freeze();
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => {
                let path = file_path(self.id);
                let begun = self.files.objects.put_multipart(&path).await.map_err(store_error)?;
                none.insert(begun)
            }
        };
        if !part.is_empty() {
            parts.put_part(part.into()).await.map_err(store_error)?;
        }
        Ok(())
    }
}

fn file_path(id: AttachmentId) -> Path {
    Path::from_iter(["files", &id.to_string()])
}

fn store_error(error: object_store::Error) -> StoreError {
    let source = Box::new(error);
    match *source {
        // Errors of the network and of the disk, which object stores have tried again.
        object_store::Error::Generic { .. } | object_store::Error::JoinError { .. } => {
            StoreError::Unavailable { source }
        }
        _ => StoreError::Failed { source },
    }
}

#[cfg(test)]
mod tests;
