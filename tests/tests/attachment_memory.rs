//! Memory of an upload, counted by the allocator, in a process of its own.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use std::convert::Infallible;

use futures::stream;
use tempfile::tempdir;
use ventanilla_service::{
    HelpDesk, MemoryStore, UserId,
    attachments::{AttachmentStore, FileBody},
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn ten_mebibytes_are_uploaded_and_read_with_less_than_one() {
    let folder = tempdir().unwrap();
    let files = AttachmentStore::in_directory(folder.path()).unwrap();
    let desk = HelpDesk::builder(MemoryStore::new()).attachments(files).build();
    let ana = desk.customer(UserId::parse("ana").unwrap());
    // The chunks of a request are of this size.
    let chunk = |at: usize| {
        let mut bytes = vec![at as u8; 16 * 1024];
        if at == 0 {
            bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
        }
        Ok::<_, Infallible>(bytes.into())
    };
    let body = FileBody::from_stream(stream::iter((0..640).map(chunk)));

    let profiler = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get().curr_bytes;
    let file = ana.upload("captura.png", body).await.unwrap();
    let peak = dhat::HeapStats::get().max_bytes - before;
    drop(profiler);
    assert_eq!(file.bytes, 10 * MIB as u64);
    println!("an upload of 10 MiB took {} KiB", peak / 1024);
    assert!(peak < MIB, "{peak} bytes");
}
