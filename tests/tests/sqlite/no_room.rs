//! SQLite file on a full disk.

use std::path::Path;

use futures::future::join_all;
use tempfile::tempdir;
use ventanilla_service::{Explain, HelpDesk, TicketNumber, error::WriteOutcome};
use ventanilla_tests::Process;

use super::work::{Acknowledged, check, desk, open, person};

/// Size limit of the file and its log, in blocks of 512 bytes.
const ROOM: u32 = 1_200;
const WRITERS: usize = 4;
const FAILURES: usize = 3;

#[tokio::test]
async fn a_write_that_finds_no_room_is_not_made_and_loses_nothing() {
    if let Some(file) = Process::given_path() {
        return write_until_full(&file).await;
    }
    let folder = tempdir().unwrap();
    let file = folder.path().join("tickets.db");
    drop(desk(&file).await);
    let name = "no_room::a_write_that_finds_no_room_is_not_made_and_loses_nothing";
    let mut process = Process::start_within(ROOM, name, &file);
    let (mut acknowledged, mut refused) = (Acknowledged::new(), Vec::new());
    while let Some(line) = process.next_line() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["no", number, text] => refused.push((number.parse().unwrap(), text.to_owned())),
            [number, text] => acknowledged.entry(number.parse().unwrap()).or_default().push(text.into()),
            _ => panic!("{line}"),
        }
    }
    let refused: Vec<(TicketNumber, String)> = refused;
    let texts: usize = acknowledged.values().map(Vec::len).sum();
    assert!(texts > 2 * WRITERS, "{texts} made");
    assert_eq!(refused.len(), WRITERS * FAILURES);

    let desk = desk(&file).await;
    check(&desk, &acknowledged, 0).await;
    let admin = desk.admin(person("luis"));
    for (number, text) in refused {
        let ticket = admin.get(&number).await.unwrap();
        assert!(ticket.messages.iter().all(|message| message.text.as_str() != text), "{number} {text}");
        admin.reply(&number, text.as_str()).await.unwrap();
    }
}

/// Writes on several tickets at once until each writer has failed some times, and reports the applied
/// and the failed writes.
async fn write_until_full(file: &Path) {
    let desk = desk(file).await;
    join_all((0..WRITERS).map(|writer| write(&desk, writer))).await;
}

async fn write(desk: &HelpDesk, writer: usize) {
    let number = open(desk, &format!("abre-{writer}")).await.unwrap();
    Process::say(&format!("{number} abre-{writer}"));
    let customer = desk.customer(person("ana"));
    let mut failures = 0;
    for message in 0.. {
        let text = format!("{message}-{}", "x".repeat(2_000));
        match customer.reply(&number, text.as_str()).await {
            Ok(_) => Process::say(&format!("{number} {text}")),
            Err(error) => {
                assert_eq!(
                    (error.code(), error.write_outcome()),
                    ("store_failed", WriteOutcome::NotApplied),
                    "{error:?}"
                );
                Process::say(&format!("no {number} {text}"));
                failures += 1;
            }
        }
        if failures == FAILURES {
            break;
        }
    }
}
