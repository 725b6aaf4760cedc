//! Media types, found in the bytes of files.

use ventanilla_domain::MediaType;

/// Finds the media type of a file by its first bytes, whatever it is called; `None` if it is unknown.
///
/// A file without a known signature is plain text if it is UTF-8 without control characters.
pub(super) fn media_type_of(head: &[u8]) -> Option<MediaType> {
    match infer::get(head) {
        Some(kind) => MediaType::parse(kind.mime_type()).ok(),
        None => is_text(head).then_some(MediaType::TEXT),
    }
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_the_type() {
        for (head, expected) in [
            (b"\x89PNG\r\n\x1a\n".as_slice(), Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
            (b"GIF89a\x01\0\x01\0", Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"%PDF-1.7\n", Some("application/pdf")),
            (b"PK\x03\x04\x14\0", Some("application/zip")),
            ("Línea\r\n\tñ".as_bytes(), Some("text/plain")),
            (&"añ".as_bytes()[..2], Some("text/plain")),
            (b"<!DOCTYPE html><script>alert(1)</script>", Some("text/html")),
            (b"<html><body>", Some("text/html")),
            (b"<?xml version=\"1.0\"?><svg onload=\"x\">", Some("text/xml")),
            (b"#!/bin/sh\nrm -rf /", Some("text/x-shellscript")),
            (b"MZ\x90\0", Some("application/vnd.microsoft.portable-executable")),
            (&[b"\x7fELF".as_slice(), &[1; 60]].concat(), Some("application/x-executable")),
            (b"", None),
            (b"a\0b", None),
            (b"\xf1\xe1", None),
        ] {
            let found = media_type_of(head);
            assert_eq!(found.as_ref().map(MediaType::as_str), expected, "{head:?}");
        }
    }
}
