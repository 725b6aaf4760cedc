//! Files attached to messages: who may upload, attach and download what, and when.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use common::{draft, id, now, number, policy, storing, text};
use futures::stream;
use ventanilla_service::{
    Admin, Change, Customer, Explain, HelpDesk, Locale, MemoryStore, Policy, Priority, Receipt,
    ServiceError, Status, TimeZone,
    attachments::{AttachmentStore, FileBody},
    settings::{AttachmentPolicy, ManualClock},
    ticket::{Attachment, AttachmentId, MediaType, NewMessage},
    view::{InputState, Viewer},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nbytes";

struct Case {
    desk: HelpDesk,
    clock: std::sync::Arc<ManualClock>,
    ana: Customer,
    eva: Customer,
    luis: Admin,
}

fn case() -> Case {
    let clock = std::sync::Arc::new(ManualClock::new(now()));
    let desk = HelpDesk::builder(MemoryStore::new())
        .clock(std::sync::Arc::clone(&clock))
        .policy(policy())
        .attachments(AttachmentStore::in_memory())
        .build();
    let (ana, eva) = (desk.customer(id("ana")), desk.customer(id("eva")));
    let luis = desk.admin(id("luis"));
    Case { desk, clock, ana, eva, luis }
}

fn with(words: &str, files: Vec<Attachment>) -> NewMessage {
    NewMessage::parse(words).unwrap().with_attachments(files)
}

fn code<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> &'static str {
    result.unwrap_err().code()
}

/// Every reader, for a file of Ana's ticket, one of Eva's, and those that aren't in a ticket.
#[tokio::test]
async fn each_reader_downloads_what_they_may_see_and_nothing_else() {
    let Case { desk, ana, eva, luis, clock } = case();
    let hers = ana.upload("de ana.png", PNG.to_vec()).await.unwrap();
    let ana_ticket =
        ana.create(draft().with_attachments(vec![hers.clone()])).await.unwrap().head.ticket_number;
    let evas = eva.upload("de eva.png", PNG.to_vec()).await.unwrap();
    let eva_ticket =
        eva.create(draft().with_attachments(vec![evas.clone()])).await.unwrap().head.ticket_number;
    let pending = ana.upload("pendiente.png", PNG.to_vec()).await.unwrap();
    let swept = ana.upload("borrado.png", PNG.to_vec()).await.unwrap();
    let missing = AttachmentId::from_bytes([0; 16]);
    clock.advance(Duration::from_secs(25 * 3600));
    let done = desk.system().sweep_uploads().await.unwrap();
    assert_eq!((done.deleted, done.attached), (2, 2));
    let pending = ana.upload("pendiente.png", PNG.to_vec()).await.map(|_| pending.id).unwrap();

    let mut seen = BTreeMap::new();
    for (file, attachment) in [
        ("hers", hers.id),
        ("evas", evas.id),
        ("pending", pending),
        ("swept", swept.id),
        ("missing", missing),
    ] {
        for (ticket, number) in
            [("ana's", &ana_ticket), ("eva's", &eva_ticket), ("none", &number("TKT-NADA22"))]
        {
            for (reader, found) in [
                ("ana", ana.download(number, attachment).await),
                ("eva", eva.download(number, attachment).await),
                ("luis", luis.download(number, attachment).await),
                ("bot", desk.bot().download(number, attachment).await),
            ] {
                let code = found.map_or_else(|error| error.code(), |_| "found");
                seen.insert((file, ticket, reader), code);
            }
        }
    }
    for ((file, ticket, reader), code) in seen {
        let is_theirs = match reader {
            "ana" => ticket == "ana's",
            "eva" => ticket == "eva's",
            _ => ticket != "none",
        };
        let is_there = (file, ticket) == ("hers", "ana's") || (file, ticket) == ("evas", "eva's");
        let expected = match (is_theirs, is_there) {
            (true, true) => "found",
            (true, false) => "attachment_not_found",
            (false, _) => "ticket_not_found",
        };
        assert_eq!(code, expected, "{file} of {ticket} ticket by {reader}");
    }
}

#[tokio::test]
async fn only_the_uploader_attaches_a_file_and_only_for_a_time() {
    let Case { desk, ana, eva, luis, clock } = case();
    let number = ana.create(draft()).await.unwrap().head.ticket_number;
    let evas = eva.create(draft()).await.unwrap().head.ticket_number;
    let file = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    assert_eq!(ana.uploads(&[file.id]).await.unwrap(), std::slice::from_ref(&file));
    assert_eq!(code(eva.uploads(&[file.id]).await), "attachment_not_found");
    assert_eq!(code(luis.uploads(&[file.id]).await), "attachment_not_found");

    // Whatever a host passes on, such as an attachment that a customer's JSON described.
    let stolen = || with("Mío", vec![file.clone()]);
    assert_eq!(code(eva.reply(&evas, stolen()).await), "attachment_not_found");
    assert_eq!(code(luis.reply(&number, stolen()).await), "attachment_not_found");
    assert_eq!(code(desk.bot().reply(&number, stolen()).await), "attachment_not_found");
    let opened = eva.create(draft().with_attachments(vec![file.clone()])).await;
    assert_eq!(code(opened), "attachment_not_found");
    let bulk = luis.change_each([number.as_str()], &Change::message(stolen())).await;
    assert_eq!(bulk.items[0].result.as_ref().unwrap_err().code(), "attachment_not_found");
    let mut changed = file.clone();
    changed.media_type = MediaType::PDF;
    assert_eq!(code(ana.reply(&number, with("x", vec![changed])).await), "attachment_not_found");

    clock.advance(Duration::from_secs(23 * 3600 + 1));
    assert_eq!(code(ana.uploads(&[file.id]).await), "attachment_not_found");
    assert_eq!(code(ana.reply(&number, stolen()).await), "attachment_not_found");
    assert_eq!(ana.get(&number).await.unwrap().messages.len(), 1);
}

#[tokio::test]
async fn an_upload_is_swept_only_once_it_is_a_day_old() {
    let Case { desk, ana, clock, .. } = case();
    ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    for (hours, deleted) in [(23, 0), (1, 0), (1, 1)] {
        clock.advance(Duration::from_secs(hours * 3600));
        assert_eq!(desk.system().sweep_uploads().await.unwrap().deleted, deleted);
    }
}

#[tokio::test]
async fn a_message_sent_again_is_the_same_even_after_a_sweep() {
    let Case { desk, ana, clock, luis, .. } = case();
    let key = || common::key("k");
    let file = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    let create = || draft().with_attachments(vec![file.clone()]).with_key(key());
    let number = ana.create(create()).await.unwrap().head.ticket_number;
    let second = luis.upload("otra.png", PNG.to_vec()).await.unwrap();
    let reply = || luis.reply(&number, with("Mira", vec![second.clone()])).key(key());
    let first: Receipt = reply().await.unwrap();
    assert!(!first.repeated);
    let third = luis.upload("tercera.png", PNG.to_vec()).await.unwrap();
    let eva = id("eva");
    let open = || luis.create_for(&eva, draft().with_attachments(vec![third.clone()]).with_key(key()));
    assert!(!open().await.unwrap().repeated);
    for hours in [0, 25] {
        clock.advance(Duration::from_secs(hours * 3600));
        desk.system().sweep_uploads().await.unwrap();
        assert!(reply().await.unwrap().repeated, "after {hours} hours");
        assert!(ana.create(create()).await.unwrap().repeated, "after {hours} hours");
        assert!(open().await.unwrap().repeated, "after {hours} hours");
    }
    let messages = ana.get(&number).await.unwrap().messages;
    assert_eq!(messages.iter().map(|message| message.attachments.len()).collect::<Vec<_>>(), [1, 1]);
    // Uploaded once more, it is the same file.
    let again = luis.upload("otra.png", PNG.to_vec()).await.unwrap();
    assert!(luis.reply(&number, with("Mira", vec![again])).key(key()).await.unwrap().repeated);
    for file in [&messages[0].attachments[0], &messages[1].attachments[0]] {
        let body = ana.download(&number, file.id).await.unwrap().read().await.unwrap();
        assert_eq!(body.into_bytes().await.unwrap(), PNG);
    }
}

/// Files are looked for before the ticket, which a mistyped number doesn't name.
#[tokio::test]
async fn a_bulk_change_with_files_finds_tickets_by_mistyped_numbers() {
    let Case { desk, ana, clock, luis, .. } = case();
    let number = ana.create(draft()).await.unwrap().head.ticket_number;
    let file = luis.upload("captura.png", PNG.to_vec()).await.unwrap();
    let message = with("Mira", vec![file]).with_key(common::key("k"));
    assert!(!luis.reply(&number, message.clone()).await.unwrap().repeated);
    clock.advance(Duration::from_secs(25 * 3600));
    desk.system().sweep_uploads().await.unwrap();
    let mistyped = number.as_str().replace("TKT-", "tkt ");
    let numbers = [mistyped.as_str(), number.as_str(), "TKT-NADA22"];
    let outcome = luis.change_each(numbers, &Change::message(message)).await;
    let [repeated, missing] = &outcome.items[..] else { panic!("{outcome:?}") };
    assert!(repeated.result.as_ref().unwrap().repeated);
    assert_eq!(missing.result.as_ref().unwrap_err().code(), "ticket_not_found");

    let others = with("Mira", vec![ana.upload("de ana.png", PNG.to_vec()).await.unwrap()]);
    let outcome = luis.change_each(numbers, &Change::message(others)).await;
    let codes: Vec<_> = outcome.items.iter().map(|item| common::code(&item.result)).collect();
    assert_eq!(codes, ["attachment_not_found", "ticket_not_found"]);
}

#[tokio::test]
async fn a_refused_message_leaves_the_upload_and_another_can_have_it() {
    let Case { desk, ana, luis, .. } = case();
    let number = ana.create(draft()).await.unwrap().head.ticket_number;
    let file = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    luis.set_status(&number, Status::Closed).await.unwrap();
    let refused = ana.reply(&number, with("Mira", vec![file.clone()])).await;
    assert_eq!(code(refused), "ticket_closed");
    let offer = ana.follow_up_offer(&ana.get(&number).await.unwrap()).unwrap();
    let files = ana.uploads(&[file.id]).await.unwrap();
    let new = ana.create(offer.ticket(text("Sigue")).with_attachments(files)).await.unwrap();
    assert!(ana.download(&new.head.ticket_number, file.id).await.is_ok());
    let note = luis.upload("nota.png", PNG.to_vec()).await.unwrap();
    let refused = luis.add_note(&number, with("Ojo", vec![note])).await;
    assert_eq!(code(refused), "too_many_attachments");
    drop(desk);
}

#[tokio::test]
async fn the_policy_and_broken_bodies_are_told_in_words() {
    let attachments = AttachmentPolicy { file_bytes: 20, ..AttachmentPolicy::default() };
    let desk = HelpDesk::builder(MemoryStore::new())
        .policy(Policy { attachments, ..Policy::default() })
        .attachments(AttachmentStore::in_memory())
        .build();
    let ana = desk.customer(id("ana"));
    let large = ana.upload("a.png", [PNG, &[0; 20]].concat()).await.unwrap_err();
    assert_eq!(large.code(), "file_too_large");
    assert_eq!(large.explain(Locale::Es), "El archivo es demasiado grande: se admiten hasta 20 bytes.");
    let html = ana.upload("a.png", b"<html>".to_vec()).await.unwrap_err();
    assert_eq!(
        html.explain(Locale::Es),
        "No se admite este tipo de archivo. Se admiten: PNG, JPEG, GIF, WebP, PDF, texto."
    );
    let chunks = [Ok(Bytes::from(PNG)), Err(std::io::Error::other("connection reset"))];
    let broken = ana.upload("a.png", FileBody::from_stream(stream::iter(chunks))).await.unwrap_err();
    assert_eq!((broken.code(), broken.is_retryable()), ("upload_broken_off", false));
}

#[tokio::test]
async fn a_desk_without_files_says_so() {
    let desk = HelpDesk::new(storing([]).await);
    let ana = desk.customer(id("ana"));
    let number = ana.create(draft()).await.unwrap().head.ticket_number;
    let file = case().ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    assert_eq!(code(ana.upload("a.png", PNG.to_vec()).await), "no_attachments");
    assert_eq!(code(ana.uploads(&[file.id]).await), "no_attachments");
    assert_eq!(ana.uploads(&[]).await.unwrap(), []);
    assert_eq!(code(ana.download(&number, file.id).await), "no_attachments");
    assert_eq!(code(ana.reply(&number, with("Mira", vec![file])).await), "no_attachments");
    assert_eq!(code(desk.system().sweep_uploads().await), "no_attachments");
    let chat = ana.pages(Viewer::new(TimeZone::UTC), &()).chat(&ana.get(&number).await.unwrap()).await;
    assert_eq!(chat.file_input, None);
    assert_eq!(
        code(desk.admin(id("luis")).set_priority(&common::number("TKT-NADA22"), Priority::Low).await),
        "ticket_not_found"
    );
}

#[tokio::test]
async fn pages_show_files_and_the_input_for_them() {
    let Case { ana, luis, .. } = case();
    let file = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    let number =
        ana.create(draft().with_attachments(vec![file.clone()])).await.unwrap().head.ticket_number;
    let pages = ana.pages(Viewer::new(TimeZone::UTC), &());
    let chat = pages.chat(&ana.get(&number).await.unwrap()).await;
    let shown = serde_json::to_value(&chat.messages[0].attachments).unwrap();
    let expected = serde_json::json!([{
        "id": file.id.to_string(), "name": "captura.png",
        "mediaType": {"code": "image/png", "text": "PNG"}, "size": "13 bytes", "bytes": 13, "isImage": true,
    }]);
    assert_eq!(shown, expected);
    let input = serde_json::to_value(chat.file_input.as_ref().unwrap()).unwrap();
    let accept = "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/plain,\
                  .png,.jpg,.jpeg,.gif,.webp,.pdf,.txt,.log,.csv,.md";
    let expected = serde_json::json!({
        "label": "Adjuntar archivos",
        "hint": "Hasta 8 archivos de 10 MB cada uno: PNG, JPEG, GIF, WebP, PDF, texto.",
        "accept": accept, "maxFiles": 8, "maxBytes": 10_485_760,
    });
    assert_eq!(input, expected);
    assert_eq!(pages.file_input(), chat.file_input);
    let english = luis.pages(Viewer::new(TimeZone::UTC).with_locale(Locale::En), &());
    assert_eq!(english.file_input().unwrap().label, "Attach files");

    luis.set_status(&number, Status::Closed).await.unwrap();
    let chat = pages.chat(&ana.get(&number).await.unwrap()).await;
    assert!(matches!(chat.input, InputState::ReadOnly { .. }) && chat.file_input.is_none());
}
