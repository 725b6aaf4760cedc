//! Names, kinds and contents that try to be something else, each against every other.

use std::io::Write;

use tempfile::tempdir;
use ventanilla_service::{
    Category, Explain, HelpDesk, MemoryStore, MessageText, NewTicket, UserId,
    attachments::AttachmentStore, settings::AttachmentPolicy,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";

/// Contents by what they are, with the media type under which they are kept, if they are.
fn contents() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    vec![
        ("a picture", PNG.to_vec(), Some("image/png")),
        ("a picture that goes on as a page", [PNG, HTML].concat(), Some("image/png")),
        (
            "a picture that is a comment of a script",
            [b"GIF89a/*".as_slice(), b"*/=alert(1)"].concat(),
            Some("image/gif"),
        ),
        ("a page", HTML.to_vec(), None),
        ("a page after white space", [b"\r\n \t".as_slice(), HTML].concat(), None),
        ("a page in capitals", HTML.to_ascii_uppercase(), None),
        ("an XML drawing with a script", [b"<?xml version=\"1.0\"?>".as_slice(), SVG].concat(), None),
        // Kept as what it looks like in an editor, never as a drawing.
        ("a bare drawing with a script", SVG.to_vec(), Some("text/plain")),
        ("a text with a mark of order", "\u{feff}hola".into(), Some("text/plain")),
        ("a bomb", bomb(), None),
        ("a program of Windows", b"MZ\x90\0\x03\0\0\0".to_vec(), None),
        ("a script of a shell", b"#!/bin/sh\nid".to_vec(), None),
        ("a text in UTF-16", b"\xff\xfeh\0o\0".to_vec(), None),
        ("zeros", vec![0; 1000], None),
        ("nothing", Vec::new(), None),
    ]
}

const NAMES: [&str; 16] = [
    "captura.png",
    "../../../etc/passwd",
    "..\\..\\windows\\system.ini",
    "/etc/shadow",
    "C:\\autoexec.bat",
    "captura.png\0.html",
    "captura\u{202e}lmth.exe",
    "captura.html",
    "captura.svg",
    "a\r\nContent-Type: text/html\r\n\r\n<script>",
    "\"; filename=\"x.html",
    "con.png",
    ".htaccess",
    "",
    "   ",
    "%2e%2e%2fetc%2fpasswd",
];

/// Four kilobytes that unpack to four megabytes.
fn bomb() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("ceros", options).unwrap();
    archive.write_all(&vec![0; 4 << 20]).unwrap();
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn no_name_and_no_content_is_kept_as_something_else() {
    let folder = tempdir().unwrap();
    let files = AttachmentStore::in_directory(folder.path().join("files")).unwrap();
    let desk = HelpDesk::builder(MemoryStore::new()).attachments(files).build();
    let ana = desk.customer(UserId::parse("ana").unwrap());
    let (mut kept, mut refused) = (0, 0);
    for name in NAMES.iter().copied().chain([&*"ñ".repeat(16 * 1024)]) {
        for (what, bytes, media_type) in contents() {
            match (ana.upload(name, bytes.clone()).await, media_type) {
                (Ok(file), Some(media_type)) => {
                    assert_eq!(file.media_type.as_str(), media_type, "{what} as {name:?}");
                    let shown = file.name.as_str();
                    assert!(
                        !shown.contains(['/', '\\', '"', '\0', '\r', '\n', '\u{202e}']),
                        "{shown:?}"
                    );
                    let extension = shown.rsplit_once('.').unwrap().1.to_ascii_lowercase();
                    let known = file.media_type.extensions();
                    assert!(known.contains(&extension.as_str()), "{what} is called {shown:?}");
                    let text = MessageText::parse("Mira").unwrap();
                    let new_ticket =
                        NewTicket::new(Category::BUG, text).with_attachments(vec![file.clone()]);
                    let number = ana.create(new_ticket).await.unwrap().head.ticket_number;
                    let body = ana.download(&number, file.id).await.unwrap().read().await.unwrap();
                    assert_eq!(body.into_bytes().await.unwrap(), bytes);
                    kept += 1;
                }
                (Err(error), None) => {
                    assert_eq!(error.code(), "media_type_not_allowed", "{what} as {name:?}");
                    refused += 1;
                }
                (outcome, expected) => panic!("{what} as {name:?}: {outcome:?}, not {expected:?}"),
            }
        }
    }
    println!("{kept} kept, {refused} refused");
    let mut inside = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(inside.next().unwrap().unwrap().file_name(), "files");
    assert!(inside.next().is_none(), "nothing is written elsewhere");
    let stored = std::fs::read_dir(folder.path().join("files/files")).unwrap().count();
    assert_eq!(stored, kept, "a refused file isn't kept");
}

#[tokio::test]
async fn an_archive_is_kept_packed_where_a_policy_allows_it() {
    let zip = ventanilla_service::ticket::MediaType::ZIP;
    let policy = ventanilla_service::Policy {
        attachments: AttachmentPolicy::default().allowing([zip.clone()]),
        ..Default::default()
    };
    let desk =
        HelpDesk::builder(MemoryStore::new()).policy(policy).attachments(AttachmentStore::in_memory());
    let ana = desk.build().customer(UserId::parse("ana").unwrap());
    let file = ana.upload("bomba", bomb()).await.unwrap();
    assert_eq!(
        (file.media_type, file.name.as_str(), file.bytes),
        (zip, "bomba.zip", bomb().len() as u64)
    );
}
