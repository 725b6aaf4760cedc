use bytes::Bytes;
use futures::{TryStreamExt, stream};
use ventanilla_domain::{Explain, UserId};

use super::*;
use crate::{MemoryStore, TicketStore, testing};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const KIB: usize = 1024;

fn ana() -> Actor {
    Actor::Customer(testing::customer(0))
}

fn at(hours: u32) -> Timestamp {
    testing::epoch().plus(std::time::Duration::from_secs(3600) * hours)
}

fn picture(bytes: usize) -> Vec<u8> {
    let noise = (0..bytes).map(|at| (at % 251) as u8);
    PNG.iter().copied().chain(noise).take(bytes).collect()
}

async fn upload(files: &AttachmentStore, bytes: Vec<u8>) -> Result<Attachment, UploadError> {
    upload_body(files, bytes.into()).await
}

async fn upload_body(files: &AttachmentStore, body: FileBody) -> Result<Attachment, UploadError> {
    let policy = AttachmentPolicy { file_bytes: 1024 * KIB as u64, ..AttachmentPolicy::default() };
    files.upload(NewUpload { by: &ana(), at: at(0), name: "captura.png" }, body, &policy).await
}

async fn all(files: &AttachmentStore, file: &Attachment) -> Vec<u8> {
    files.read(file, None).await.unwrap().into_bytes().await.unwrap()
}

/// Returns the paths of all objects.
async fn paths(files: &AttachmentStore) -> Vec<String> {
    let all: Vec<_> = files.objects.list(None).try_collect().await.unwrap();
    let mut paths: Vec<String> = all.into_iter().map(|object| object.location.to_string()).collect();
    paths.sort();
    paths
}

/// Stores of both kinds, and the directory of one of them.
fn stores() -> ([AttachmentStore; 2], tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let local = AttachmentStore::in_directory(directory.path().join("new/files")).unwrap();
    ([AttachmentStore::in_memory(), local], directory)
}

#[tokio::test]
async fn a_file_of_any_size_in_any_chunks_comes_back_whole() {
    let (stores, _directory) = stores();
    for files in stores {
        for bytes in [8, 9, 8 * KIB, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, 256 * KIB, 1024 * KIB] {
            for chunk in [1000, 128 * KIB, 1024 * KIB] {
                let sent = picture(bytes);
                let chunks: Vec<_> = sent
                    .chunks(chunk)
                    .map(|chunk| Ok::<_, BoxError>(Bytes::copy_from_slice(chunk)))
                    .collect();
                let file =
                    upload_body(&files, FileBody::from_stream(stream::iter(chunks))).await.unwrap();
                assert_eq!((file.bytes, &file.media_type), (bytes as u64, &MediaType::PNG));
                assert_eq!(file.sha256.to_string(), hex::encode(Hasher::digest(&sent)));
                assert!(all(&files, &file).await == sent, "{bytes} in chunks of {chunk}");
            }
        }
    }
}

#[tokio::test]
async fn a_range_is_read_alone() {
    let (stores, _directory) = stores();
    for files in stores {
        let sent = picture(300 * KIB);
        let file = upload(&files, sent.clone()).await.unwrap();
        for range in [0..1, 0..307_200, 131_071..131_073, 307_199..307_200, 307_199..u64::MAX] {
            let body = files.read(&file, Some(range.clone())).await.unwrap();
            let end = range.end.min(file.bytes) as usize;
            assert!(body.into_bytes().await.unwrap() == sent[range.start as usize..end], "{range:?}");
        }
        for outside in [0..0, 307_200..307_201, u64::MAX..u64::MAX] {
            let body = files.read(&file, Some(outside)).await.unwrap();
            assert_eq!(body.into_bytes().await.unwrap(), b"");
        }
    }
}

#[tokio::test]
async fn what_is_refused_or_breaks_off_leaves_nothing() {
    let (stores, _directory) = stores();
    for files in stores {
        let endless = stream::repeat_with(|| Ok::<_, BoxError>(Bytes::from(picture(64 * KIB))));
        let error = upload_body(&files, FileBody::from_stream(endless)).await.unwrap_err();
        assert!(matches!(&error, UploadError::Refused(refusal) if refusal.code() == "file_too_large"));
        for html in [b"<html><script>".to_vec(), Vec::new(), vec![0; 20 * KIB]] {
            let error = upload(&files, html).await.unwrap_err();
            assert!(
                matches!(&error, UploadError::Refused(refusal) if refusal.code() == "media_type_not_allowed")
            );
        }
        for before in [0, 10 * KIB, 300 * KIB] {
            let chunks = [Ok(Bytes::from(picture(before))), Err(BoxError::from("connection lost"))];
            let error =
                upload_body(&files, FileBody::from_stream(stream::iter(chunks))).await.unwrap_err();
            assert!(matches!(error, UploadError::BrokenOff { .. }), "{error:?}");
        }
        assert_eq!(paths(&files).await, [""; 0]);
    }
}

#[tokio::test]
async fn an_upload_is_its_uploaders_for_a_time() {
    let files = AttachmentStore::in_memory();
    let file = upload(&files, picture(9)).await.unwrap();
    let uploaded = async |by: &Actor, since| files.uploaded(file.id, by, since).await.unwrap();
    assert_eq!(uploaded(&ana(), at(0)).await.as_ref(), Some(&file));
    assert_eq!(uploaded(&ana(), at(1)).await, None);
    let same_id: UserId = testing::customer(0);
    for other in [Actor::Customer(testing::customer(1)), Actor::Admin(same_id), Actor::Bot] {
        assert_eq!(uploaded(&other, at(0)).await, None, "{other:?}");
    }
    let missing = AttachmentId::from_bytes([0; 16]);
    assert_eq!(files.uploaded(missing, &ana(), at(0)).await.unwrap(), None);
}

#[tokio::test]
async fn a_sweep_keeps_what_a_ticket_names() {
    let (stores, _directory) = stores();
    for files in stores {
        let tickets = MemoryStore::new();
        let [named, meant, unused] = [9, 10, 11].map(picture);
        let [named, meant, unused] =
            [upload(&files, named).await, upload(&files, meant).await, upload(&files, unused).await]
                .map(Result::unwrap);
        let ticket = testing::ticket("ñ".repeat(64).as_str()).attach(named.clone()).build();
        tickets.insert(&ticket).await.unwrap();
        for file in [&named, &meant] {
            for number in ["TKT-NADA22", ticket.head().ticket_number.as_str()] {
                files.record_use(file.id, &number.parse().unwrap()).await.unwrap();
            }
        }
        let early = files.sweep(at(0), &tickets).await.unwrap();
        assert_eq!(early, SweptUploads::default());
        let swept = files.sweep(at(1), &tickets).await.unwrap();
        assert_eq!(swept, SweptUploads { deleted: 2, attached: 1, undecided: 0 });
        assert_eq!(paths(&files).await, [format!("files/{}", named.id)]);
        assert_eq!(all(&files, &named).await, picture(9));
        for file in [meant, unused] {
            let error = files.read(&file, None).await.unwrap_err();
            assert!(matches!(error, StoreError::FileMissing { id } if id == file.id));
        }
        assert_eq!(files.sweep(at(9), &tickets).await.unwrap(), SweptUploads::default());
    }
}

#[tokio::test]
async fn an_upload_whose_ticket_cannot_be_read_is_kept() {
    let files = AttachmentStore::in_memory();
    let file = upload(&files, picture(9)).await.unwrap();
    files.record_use(file.id, &"TKT-ABC123".parse().unwrap()).await.unwrap();
    let mut tickets = crate::MockTicketStore::new();
    tickets.expect_ticket().returning(|_| Err(StoreError::Unavailable { source: "no network".into() }));
    let swept = files.sweep(at(1), &tickets).await.unwrap();
    assert_eq!(swept, SweptUploads { undecided: 1, ..SweptUploads::default() });
    assert_eq!(all(&files, &file).await, picture(9));
    // The next sweep decides.
    let swept = files.sweep(at(1), &MemoryStore::new()).await.unwrap();
    assert_eq!(swept, SweptUploads { deleted: 1, ..SweptUploads::default() });
}

/// Whatever a sweep that is ended leaves, the next one finishes, and no named file is lost.
#[tokio::test]
async fn a_sweep_that_was_ended_is_finished_by_the_next() {
    for is_named in [true, false] {
        for removed in 0..4 {
            let files = AttachmentStore::in_memory();
            let file = upload(&files, picture(9)).await.unwrap();
            let ticket = testing::ticket("TKT-ABC123").attach(file.clone()).build();
            let tickets = MemoryStore::new();
            if is_named {
                tickets.insert(&ticket).await.unwrap();
            }
            for number in ["TKT-ABC123", "TKT-NADA22"] {
                files.record_use(file.id, &number.parse().unwrap()).await.unwrap();
            }
            let (first, last): (Vec<String>, Vec<String>) =
                paths(&files).await.into_iter().partition(|path| !path.contains(".for-"));
            let in_order = first.into_iter().skip(usize::from(is_named)).chain(last);
            for path in in_order.take(removed) {
                files.objects.delete(&Path::from(path)).await.unwrap();
            }
            files.sweep(at(1), &tickets).await.unwrap();
            let left = if is_named { vec![format!("files/{}", file.id)] } else { Vec::new() };
            assert_eq!(paths(&files).await, left, "{is_named}, {removed}");
        }
    }
}

#[tokio::test]
async fn what_a_killed_process_left_half_written_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let files = AttachmentStore::in_directory(directory.path()).unwrap();
    let id = AttachmentId::from_bytes([7; 16]);
    let pending = PendingUpload { by: ana(), at: at(0), attachment: None };
    files.put_pending(id, &pending).await.unwrap();
    let unknown = AttachmentId::from_bytes([8; 16]);
    std::fs::create_dir_all(directory.path().join("files")).unwrap();
    for left in [format!("files/{id}#1"), format!("files/{id}#2"), format!("pending/{unknown}.upload#1")]
    {
        std::fs::write(directory.path().join(left), "half").unwrap();
    }
    let swept = files.sweep(Timestamp::MAX, &MemoryStore::new()).await.unwrap();
    assert_eq!(swept.deleted, 1);
    let below = |name: &str| std::fs::read_dir(directory.path().join(name)).map_or(0, Iterator::count);
    assert_eq!((below("files"), below("pending")), (0, 0));
}
