//! Uploads that may not have been attached yet, and their sweep.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ventanilla_domain::{Actor, Attachment, AttachmentId, Ticket, TicketNumber, Timestamp};

use super::{AttachmentStore, file_path, local, store_error};
use crate::{StoreError, TicketStore};

/// Record of an upload, at `pending/<id>.upload`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PendingUpload {
    pub(super) by: Actor,
    /// Time at which it began.
    pub(super) at: Timestamp,
    /// `None` until its bytes are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attachment: Option<Attachment>,
}

/// Result of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SweptUploads {
    /// Number of uploads that no ticket names, which were deleted.
    pub deleted: u64,
    /// Number of uploads that a ticket names, which are kept for good.
    pub attached: u64,
    /// Number of uploads whose ticket can't be read, which were left as they are.
    pub undecided: u64,
}

const PENDING: &str = "pending";
const UPLOAD: &str = "upload";
const FOR: &str = "for-";

impl AttachmentStore {
    /// Returns an upload by its uploader that began at that time or later; `None` if there is none, which
    /// hides those of others.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] and [`StoreError::Failed`].
    pub async fn uploaded(
        &self,
        id: AttachmentId,
        by: &Actor,
        since: Timestamp,
    ) -> Result<Option<Attachment>, StoreError> {
        let Some(pending) = self.pending(id).await? else { return Ok(None) };
        Ok(pending.attachment.filter(|_| pending.by == *by && pending.at >= since))
    }

    /// Records that a ticket is about to name an upload. It must be done before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] and [`StoreError::Failed`].
    pub async fn record_use(&self, id: AttachmentId, by: &TicketNumber) -> Result<(), StoreError> {
        // A number can be longer than the name of a file.
        let digest = hex::encode(&Sha256::digest(by.as_str())[..16]);
        let path = pending_path(id, &format!("{FOR}{digest}"));
        let number = by.as_str().as_bytes().to_vec();
        self.objects.put(&path, number.into()).await.map_err(store_error)?;
        Ok(())
    }

    /// Deletes the uploads that began before a time and that no ticket names, and forgets which began
    /// before it and are attached.
    ///
    /// It may be ended at any moment, and started again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] and [`StoreError::Failed`] of the object store.
    pub async fn sweep(
        &self,
        before: Timestamp,
        tickets: &dyn TicketStore,
    ) -> Result<SweptUploads, StoreError> {
        let mut swept = SweptUploads::default();
        for (id, uses) in self.pending_uploads().await? {
            let Some(pending) = self.pending(id).await? else {
                // A sweep that was ended has decided this one.
                self.remove_uses(&uses).await?;
                continue;
            };
            if pending.at >= before {
                continue;
            }
            match self.is_named(id, &uses, tickets).await {
                Ok(true) => {
                    self.remove_pending(id).await?;
                    swept.attached += 1;
                }
                Ok(false) => {
                    self.remove_upload(id).await?;
                    swept.deleted += 1;
                }
                Err(_) => {
                    swept.undecided += 1;
                    continue;
                }
            }
            self.remove_uses(&uses).await?;
        }
        if let Some(directory) = &self.directory {
            local::remove_unfinished_before(directory.join(PENDING), before).await?;
        }
        Ok(swept)
    }

    pub(super) async fn put_pending(
        &self,
        id: AttachmentId,
        pending: &PendingUpload,
    ) -> Result<(), StoreError> {
        let json =
            serde_json::to_vec(pending).map_err(|error| StoreError::Failed { source: error.into() })?;
        self.objects.put(&pending_path(id, UPLOAD), json.into()).await.map_err(store_error)?;
        Ok(())
    }

    /// Removes an upload, first its bytes: while it is known, it can be swept.
    pub(super) async fn remove_upload(&self, id: AttachmentId) -> Result<(), StoreError> {
        if let Some(directory) = &self.directory {
            local::remove_unfinished(directory.join("files"), id).await?;
        }
        self.remove(&file_path(id)).await?;
        self.remove_pending(id).await
    }

    async fn pending(&self, id: AttachmentId) -> Result<Option<PendingUpload>, StoreError> {
        let json = self.content(&pending_path(id, UPLOAD)).await?;
        let read = json.map(|json| serde_json::from_slice(&json)).transpose();
        read.map_err(|error| StoreError::Failed { source: error.into() })
    }

    /// Returns all pending uploads with the numbers of the tickets that may name them.
    async fn pending_uploads(&self) -> Result<BTreeMap<AttachmentId, Vec<Path>>, StoreError> {
        let mut uploads: BTreeMap<AttachmentId, Vec<Path>> = BTreeMap::new();
        let mut objects = self.objects.list(Some(&Path::from(PENDING)));
        while let Some(object) = objects.try_next().await.map_err(store_error)? {
            let name = object.location.filename().unwrap_or_default();
            let Some((id, what)) = name.split_once('.') else { continue };
            let Ok(id) = AttachmentId::parse(id) else { continue };
            let is_use = what.starts_with(FOR);
            let uses = uploads.entry(id).or_default();
            uses.extend(Some(object.location).filter(|_| is_use));
        }
        Ok(uploads)
    }

    async fn remove_pending(&self, id: AttachmentId) -> Result<(), StoreError> {
        self.remove(&pending_path(id, UPLOAD)).await
    }

    async fn remove_uses(&self, uses: &[Path]) -> Result<(), StoreError> {
        for path in uses {
            self.remove(path).await?;
        }
        Ok(())
    }

    async fn remove(&self, path: &Path) -> Result<(), StoreError> {
        match self.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Returns whether one of the tickets for which an upload was meant names it.
    async fn is_named(
        &self,
        id: AttachmentId,
        uses: &[Path],
        tickets: &dyn TicketStore,
    ) -> Result<bool, StoreError> {
        for path in uses {
            let Some(number) = self.content(path).await? else { continue };
            let Ok(number) = TicketNumber::try_from(number.as_slice()) else { continue };
            if tickets.ticket(&number).await?.is_some_and(|ticket| names(&ticket, id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn content(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let found = match self.objects.get(path).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(content) => Ok(Some(content.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }
}

fn pending_path(id: AttachmentId, what: &str) -> Path {
    Path::from_iter([PENDING, &format!("{id}.{what}")])
}

fn names(ticket: &Ticket, id: AttachmentId) -> bool {
    let mut files = ticket.messages().iter().flat_map(|message| &message.attachments);
    files.any(|file| file.id == id)
}
