//! Processes that are killed while they write.

use std::{path::Path, thread, time::Duration};

use rand::{RngExt, rngs::StdRng};
use tempfile::tempdir;
use ventanilla_tests::{Process, rng, seed};

use super::work::{Acknowledged, check, desk, open, person};

const ROUNDS: usize = 100;
const WRITERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_acknowledged_before_a_kill_are_stored_once() {
    if let Some(file) = Process::given_path() {
        return write_until_killed(&file).await;
    }
    let folder = tempdir().unwrap();
    let file = folder.path().join("tickets.db");
    let (mut all, mut changes) = (Acknowledged::new(), 0);
    let mut random = rng(seed(), 0);
    for round in 0..ROUNDS {
        let acknowledged = write_and_kill(&file, &mut random);
        changes += acknowledged.values().map(Vec::len).sum::<usize>();
        check(&desk(&file).await, &acknowledged, 0).await;
        for (number, texts) in acknowledged {
            assert!(all.insert(number, texts).is_none(), "round {round}");
        }
    }
    check(&desk(&file).await, &all, 0).await;
    println!("killed {ROUNDS}, {changes} changes acknowledged on {} tickets", all.len());
    assert!(changes > 5 * ROUNDS, "{changes} changes are too few to be killed in");
}

/// Runs a process that writes, kills it after a random number of changes, and returns its
/// acknowledged changes.
fn write_and_kill(file: &Path, random: &mut StdRng) -> Acknowledged {
    let name = "killed::changes_acknowledged_before_a_kill_are_stored_once";
    let mut process = Process::start(name, file);
    let (mut acknowledged, mut left) = (Acknowledged::new(), random.random_range(0..60_u32));
    thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
    loop {
        if left == 0 {
            process.kill();
        }
        left = left.saturating_sub(1);
        let Some(line) = process.next_line() else { return acknowledged };
        let (number, text) = line.split_once(' ').unwrap();
        acknowledged.entry(number.parse().unwrap()).or_default().push(text.to_owned());
    }
}

/// Opens tickets and writes on them, and reports each change once it is acknowledged.
async fn write_until_killed(file: &Path) {
    let desk = desk(file).await;
    let process = std::process::id();
    let nonce: u32 = rand::rng().random();
    let writers = (0..WRITERS).map(|writer| {
        let desk = desk.clone();
        tokio::spawn(async move {
            let customer = desk.customer(person("ana"));
            for ticket in 0.. {
                let text = |of: &str| format!("{process}-{nonce}-{writer}-{ticket}-{of}");
                let number = open(&desk, &text("abre")).await.unwrap();
                Process::say(&format!("{number} {}", text("abre")));
                for message in 0..4 {
                    let text = text(&message.to_string());
                    customer.reply(&number, text.as_str()).await.unwrap();
                    Process::say(&format!("{number} {text}"));
                }
            }
        })
    });
    futures::future::join_all(writers).await;
}
