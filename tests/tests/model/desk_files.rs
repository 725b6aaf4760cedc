//! Files at the desk under test, whose ids are drawn: the model names them by their place.

use std::ops::Range;

use axum::body::Bytes;
use futures::stream;
use ventanilla_service::{
    MessageText, ServiceError,
    attachments::{Download, FileBody},
    error::InvalidText,
    ticket::{Actor, Attachment, AttachmentId, NewMessage},
};

use super::{
    answer::Answer,
    desk::Desk,
    files::{Sample, alter, forged, id_of},
    people::Typed,
    step::{Files, Handing, Words},
};

impl Desk {
    pub(super) async fn upload(&mut self, by: &Actor, sample: &Sample) -> Answer {
        let body = if sample.breaks_off {
            let lost = std::io::Error::other("connection lost");
            FileBody::from_stream(stream::iter([Ok(Bytes::from_static(sample.bytes)), Err(lost)]))
        } else {
            sample.bytes.to_vec().into()
        };
        let uploaded = match by {
            Actor::Customer(id) => self.desk.customer(id.clone()).upload(sample.name, body).await,
            Actor::Admin(id) => self.desk.admin(id.clone()).upload(sample.name, body).await,
            Actor::Bot | Actor::System => unreachable!("they upload nothing"),
        };
        match uploaded {
            Ok(file) => {
                self.files.push(file.clone());
                Answer::Uploaded(self.file(file))
            }
            Err(error) => self.failed(error),
        }
    }

    pub(super) async fn sweep(&self) -> Answer {
        let swept = self.desk.system().sweep_uploads().await.unwrap();
        assert_eq!(swept.undecided, 0, "every ticket can be read");
        Answer::Swept { deleted: swept.deleted, attached: swept.attached }
    }

    pub(super) async fn download(
        &self,
        ticket: usize,
        by: &Actor,
        file: usize,
        range: Option<&Range<u64>>,
    ) -> Answer {
        let (number, id) = (&self.number(ticket), self.real_file(file).id);
        let found = match by {
            Actor::Customer(by) => self.desk.customer(by.clone()).download(number, id).await,
            Actor::Admin(by) => self.desk.admin(by.clone()).download(number, id).await,
            Actor::Bot | Actor::System => self.desk.bot().download(number, id).await,
        };
        match self.downloaded(found, range).await {
            Ok(answer) => answer,
            Err(error) => self.failed(error),
        }
    }

    async fn downloaded(
        &self,
        found: Result<Download, ServiceError>,
        range: Option<&Range<u64>>,
    ) -> Result<Answer, ServiceError> {
        let download = found?;
        let body = match range {
            Some(range) => download.read_range(range.clone()).await?,
            None => download.read().await?,
        };
        Ok(Answer::Downloaded(self.file(download.attachment), body.into_bytes().await.unwrap()))
    }

    /// Returns the files of a request as its host has them.
    pub(super) async fn handed(
        &self,
        by: &Actor,
        files: &Files,
    ) -> Result<Vec<Attachment>, ServiceError> {
        let handed: Vec<Attachment> = files.places.iter().map(|place| self.real_file(*place)).collect();
        let ids: Vec<AttachmentId> = handed.iter().map(|file| file.id).collect();
        match (files.handing, by) {
            (Handing::LookedUp, Actor::Customer(id)) => {
                self.desk.customer(id.clone()).uploads(&ids).await
            }
            (Handing::LookedUp, Actor::Admin(id)) => self.desk.admin(id.clone()).uploads(&ids).await,
            (Handing::Altered(altered), _) => {
                Ok(handed.into_iter().map(|file| alter(file, altered)).collect())
            }
            (Handing::LookedUp | Handing::PassedOn, _) => Ok(handed),
        }
    }

    /// Returns an attachment under the id by which the model names it.
    pub(super) fn file(&self, mut file: Attachment) -> Attachment {
        file.id = id_of(self.place_of(file.id));
        file
    }

    /// Returns the place of an upload.
    pub(super) fn place_of(&self, id: AttachmentId) -> usize {
        self.files.iter().position(|known| known.id == id).unwrap_or_else(|| {
            assert_eq!(id, forged().id, "a file that was never uploaded");
            self.files.len()
        })
    }

    fn real_file(&self, place: usize) -> Attachment {
        self.files.get(place).cloned().unwrap_or_else(forged)
    }
}

/// Words with the files that are sent with them.
pub(super) struct Sent<'a> {
    pub(super) words: &'a Words,
    pub(super) files: &'a [Attachment],
}

impl TryFrom<Sent<'_>> for NewMessage {
    type Error = InvalidText;

    fn try_from(Sent { words, files }: Sent<'_>) -> Result<Self, InvalidText> {
        let message = message(words.text, files)?;
        Ok(match &words.key {
            Some(key) => message.with_key(key.clone()),
            None => message,
        })
    }
}

/// Returns a text with files, without a key.
pub(super) fn message(text: &Typed, files: &[Attachment]) -> Result<NewMessage, InvalidText> {
    Ok(NewMessage::from(MessageText::parse(text.raw)?).with_attachments(files.to_vec()))
}
