//! Files of the reference: uploads in order of arrival, each with its bytes.

use std::{ops::Range, sync::LazyLock};

use serde_json::json;
use sha2::{Digest, Sha256};
use ventanilla_service::{
    Timestamp,
    error::Refusal,
    ticket::{Actor, Attachment, AttachmentId, Author, MediaType},
};

use super::{
    answer::Answer,
    naive_calendar::HOUR,
    reference::{Ticket, World},
    step::{Altered, Files, Handing, What},
};

/// File that somebody uploads.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    /// Name under which it is kept.
    clean: &'static str,
    /// Media type of its bytes; `None` if they have none.
    media_type: Option<&'static str>,
    pub(crate) bytes: &'static [u8],
    /// True if the connection is lost at the end.
    pub(crate) breaks_off: bool,
}

const fn sample(
    name: &'static str,
    clean: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
) -> Sample {
    Sample { name, clean, media_type: Some(media_type), bytes, breaks_off: false }
}

/// Files of up to 24 bytes are allowed, PNG and text: the first five, of which the first two have the same
/// bytes.
pub(crate) static SAMPLES: [Sample; 11] = [
    sample("nota", "nota.txt", "text/plain", b"hola"),
    sample("otra.txt", "otra.txt", "text/plain", b"hola"),
    sample("nota.txt", "nota.txt", "text/plain", b"dice"),
    sample("captura.png", "captura.png", "image/png", b"\x89PNG\r\n\x1a\n...!"),
    sample("../b.PNG", "b.PNG", "image/png", b"\x89PNG\r\n\x1a\n0123456789abcdef"),
    sample("grande.png", "", "image/png", b"\x89PNG\r\n\x1a\n0123456789abcdefg"),
    sample("nota.txt", "", "application/pdf", b"%PDF-1.7"),
    sample("grande.pdf", "", "application/pdf", b"%PDF-1.7 0123456789abcdefg"),
    Sample { media_type: None, ..sample("vacio.png", "", "", b"") },
    Sample { breaks_off: true, ..sample("captura.png", "", "image/png", b"\x89PNG\r\n\x1a\n...!") },
    Sample { breaks_off: true, ..sample("nota.txt", "", "application/pdf", b"%PDF-1.7") },
];

/// Upload that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) by: Actor,
    pub(crate) at: Timestamp,
    pub(crate) sample: &'static Sample,
    /// Attachment under which it is named.
    attachment: Attachment,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No sweep has decided yet.
    Pending,
    /// A sweep has found it in a ticket.
    Kept,
    Deleted,
}

impl Upload {
    /// Returns true while its uploader can attach it: for 23 hours.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.fate == Fate::Pending && now.as_millis() - self.at.as_millis() <= 23 * HOUR
    }
}

/// Returns the id by which the model names an upload.
pub(crate) fn id_of(place: usize) -> AttachmentId {
    AttachmentId::from_bytes([u8::try_from(place).unwrap(); 16])
}

/// Returns an attachment that was never uploaded, as it may be forged.
pub(crate) fn forged() -> Attachment {
    static FORGED: LazyLock<Attachment> = LazyLock::new(|| {
        attachment(AttachmentId::from_bytes([0xff; 16]), "nada.png", "image/png", b"???")
    });
    FORGED.clone()
}

fn attachment(id: AttachmentId, name: &str, media_type: &str, bytes: &[u8]) -> Attachment {
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let json = json!({
        "id": id, "name": name, "mediaType": media_type, "bytes": bytes.len(), "sha256": sha256,
    });
    serde_json::from_value(json).unwrap()
}

/// Changes what is said of a file.
pub(crate) fn alter(mut file: Attachment, altered: Altered) -> Attachment {
    match altered {
        Altered::Smaller => file.bytes = 1,
        Altered::Larger => file.bytes = 25,
        Altered::OtherType => file.media_type = MediaType::PDF,
        Altered::OtherKnownType if file.media_type == MediaType::TEXT => {
            file.media_type = MediaType::PNG
        }
        Altered::OtherKnownType => file.media_type = MediaType::TEXT,
    }
    file
}

impl World {
    pub(crate) fn upload(&mut self, by: &Actor, sample: &'static Sample) -> Answer {
        let (bytes, limit) = (sample.bytes.len() as u64, self.policy.attachments.file_bytes);
        if bytes > limit {
            return Answer::NotUploaded(Refusal::FileTooLarge { bytes, limit });
        }
        if sample.breaks_off {
            return Answer::Invalid("upload_broken_off");
        }
        let found = sample.media_type.map(|found| found.parse::<MediaType>().unwrap());
        if let Some(refusal) = self.refuses_type(found.as_ref()) {
            return Answer::NotUploaded(refusal);
        }
        let id = id_of(self.uploads.len());
        let media_type = sample.media_type.expect("it has bytes");
        let attachment = attachment(id, sample.clean, media_type, sample.bytes);
        let answer = Answer::Uploaded(attachment.clone());
        let (by, at) = (by.clone(), self.now);
        self.uploads.push(Upload { by, at, sample, attachment, fate: Fate::Pending });
        answer
    }

    /// Decides the uploads that are older than a day.
    pub(crate) fn sweep(&mut self) -> Answer {
        let (mut deleted, mut attached) = (0, 0);
        for place in 0..self.uploads.len() {
            let is_named = self.tickets.iter().any(|ticket| ticket.names(id_of(place)));
            let upload = &mut self.uploads[place];
            let is_old = self.now.as_millis() - upload.at.as_millis() > 24 * HOUR;
            if is_old && upload.fate == Fate::Pending {
                upload.fate = if is_named { Fate::Kept } else { Fate::Deleted };
                *(if is_named { &mut attached } else { &mut deleted }) += 1;
            }
        }
        Answer::Swept { deleted, attached }
    }

    pub(crate) fn download(
        &self,
        place: usize,
        by: &Actor,
        file: usize,
        range: Option<&Range<u64>>,
    ) -> Answer {
        let Some(ticket) = self.tickets.get(place).filter(|ticket| ticket.is_visible_to(by)) else {
            return self.not_found(place);
        };
        let Some(upload) = self.uploads.get(file).filter(|_| ticket.names(id_of(file))) else {
            return self.file_not_found(file);
        };
        let bytes = upload.sample.bytes;
        let range = range.map_or(0..bytes.len(), |range| {
            let [start, end] = [range.start, range.end].map(|at| bytes.len().min(at as usize));
            start..end
        });
        Answer::Downloaded(self.attachment(file), bytes[range].to_vec())
    }

    /// Returns the files that are handed to the desk, as they are said to be.
    pub(crate) fn handed(&self, files: &Files) -> Vec<Attachment> {
        let file = |place: &usize| match files.handing {
            Handing::LookedUp | Handing::PassedOn => self.attachment(*place),
            Handing::Altered(altered) => alter(self.attachment(*place), altered),
        };
        files.places.iter().map(file).collect()
    }

    /// Looks up the files of a form, and returns the answer if one of them isn't there.
    pub(crate) fn look_up(&self, by: &Actor, files: &Files) -> Option<Answer> {
        // The others have no uploads to be looked up.
        let looks = matches!(by, Actor::Customer(_) | Actor::Admin(_));
        let missing = files.places.iter().find(|place| !self.may_attach(by, **place));
        let missing = missing.filter(|_| looks && files.handing == Handing::LookedUp);
        missing.map(|place| self.file_not_found(*place))
    }

    /// Returns the answer if one of the files is neither an upload of the actor nor in the ticket by them.
    pub(crate) fn finds_files(
        &self,
        by: &Actor,
        ticket: Option<&Ticket>,
        files: &Files,
    ) -> Option<Answer> {
        let handed = self.handed(files);
        let missing = files.places.iter().zip(&handed).find(|(place, file)| {
            let is_theirs = self.may_attach(by, **place) && self.attachment(**place) == **file;
            let was_attached = ticket.is_some_and(|ticket| ticket.has_attached(by, file));
            !is_theirs && !was_attached
        });
        missing.map(|(place, _)| self.file_not_found(*place))
    }

    /// Returns the refusal of files that no ticket can take.
    pub(crate) fn refuses_files(&self, files: &Files) -> Option<Refusal> {
        let handed = self.handed(files);
        if handed.len() > 8 {
            return Some(Refusal::TooManyAttachments { files: handed.len() as u32, limit: 8 });
        }
        let limit = self.policy.attachments.file_bytes;
        handed.iter().find_map(|file| match file.bytes {
            bytes if bytes > limit => Some(Refusal::FileTooLarge { bytes, limit }),
            _ => self.refuses_type(Some(&file.media_type)),
        })
    }

    /// Returns the refusal of the files of a change.
    pub(crate) fn refuses_files_of(&self, what: &What) -> Option<Refusal> {
        let files = what.files()?;
        match what {
            What::Write(..) => self.refuses_files(files),
            _ if files.places.is_empty() => None,
            _ => Some(Refusal::TooManyAttachments { files: files.places.len() as u32, limit: 0 }),
        }
    }

    pub(crate) fn attachment(&self, place: usize) -> Attachment {
        self.uploads.get(place).map_or_else(forged, |upload| upload.attachment.clone())
    }

    fn may_attach(&self, by: &Actor, place: usize) -> bool {
        self.uploads.get(place).is_some_and(|upload| upload.by == *by && upload.is_fresh(self.now))
    }

    fn refuses_type(&self, found: Option<&MediaType>) -> Option<Refusal> {
        let allowed = &self.policy.attachments.media_types;
        if allowed.iter().any(|allowed| found == Some(allowed)) {
            return None;
        }
        Some(Refusal::MediaTypeNotAllowed { found: found.cloned(), allowed: allowed.to_vec() })
    }

    pub(crate) fn not_found(&self, place: usize) -> Answer {
        Answer::NotFound(place.min(self.tickets.len()))
    }

    fn file_not_found(&self, place: usize) -> Answer {
        Answer::FileNotFound(place.min(self.uploads.len()))
    }
}

impl Ticket {
    pub(crate) fn files(&self) -> impl Iterator<Item = &Attachment> {
        self.messages.iter().flat_map(|message| &message.attachments)
    }

    pub(crate) fn names(&self, id: AttachmentId) -> bool {
        self.files().any(|file| file.id == id)
    }

    /// Returns true if a request of the actor, perhaps this one, has attached the file.
    fn has_attached(&self, by: &Actor, file: &Attachment) -> bool {
        let opened = self.key.as_ref().is_some_and(|(opener, _)| Some(opener) == by.user());
        self.messages.iter().enumerate().any(|(place, message)| {
            let is_theirs = match (by, &message.author) {
                (Actor::Customer(id), Author::Requester) => *id == self.head.requester,
                (Actor::Admin(id), Author::Admin(author)) => author.as_ref() == Some(id),
                (Actor::Admin(_), Author::Requester) => place == 0 && opened,
                _ => false,
            };
            is_theirs && message.attachments.contains(file)
        })
    }

    /// Returns the refusal of files for which it has no room.
    pub(crate) fn is_full_of_files(&self, added: &[Attachment], limit: u64) -> Option<Refusal> {
        let bytes = self.files().map(|file| file.bytes).sum();
        let adding = added.iter().map(|file| file.bytes).sum();
        let is_full = adding > 0 && bytes + adding > limit;
        is_full.then_some(Refusal::AttachmentsFull { bytes, adding, limit })
    }
}

/// Returns true for files of the same names and contents in the same order, uploaded once more perhaps.
pub(crate) fn are_alike(some: &[Attachment], others: &[Attachment]) -> bool {
    let content = |file: &Attachment| (file.name.clone(), file.sha256, file.bytes);
    some.iter().map(content).eq(others.iter().map(content))
}
