//! Processes that upload, attach and sweep, and are killed at random moments.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};

use rand::{RngExt, rngs::StdRng};
use tempfile::tempdir;
use tokio::{task::JoinSet, time::sleep};
use ventanilla_service::{
    Category, Explain, HelpDesk, MessageText, NewTicket, ServiceError, TicketNumber, Timestamp, UserId,
    attachments::AttachmentStore,
    list::PageSize,
    sqlite::SqliteStore,
    ticket::{AttachmentId, NewMessage},
};
use ventanilla_tests::{Process, rng, seed};

/// Number of times that the process is killed; `VENTANILLA_UPLOAD_KILLS` sets another number.
const KILLS: u32 = 100;
const WRITERS: u64 = 4;

/// The clock stands still in a round, so that a slow machine makes no upload too old, and an hour passes
/// before the next: what a round leaves is swept 24 rounds later.
const ROUND: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_attached_is_lost_and_nothing_else_stays() {
    if let Some(folder) = Process::given_path() {
        return work(&folder).await;
    }
    let set = std::env::var("VENTANILLA_UPLOAD_KILLS").ok();
    let kills = set.map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("log"), "").unwrap();
    let mut random = rng(seed(), 0);
    for round in 0..kills {
        fs::write(folder.join("round"), round.to_string()).unwrap();
        let test = "killed::nothing_attached_is_lost_and_nothing_else_stays";
        let mut process = Process::start(test, folder);
        while process.next_line().is_some_and(|line| line != "ready") {}
        sleep(Duration::from_millis(random.random_range(5..200))).await;
        assert!(!process.has_ended(), "it ended by itself in round {round}");
        process.kill();
    }
    // Later than the file system's own clock, by which the sweep knows what is half written.
    let desk = desk(folder, "2100-01-01T00:00:00Z".parse().unwrap()).await;
    let swept = desk.system().sweep_uploads().await.unwrap();
    assert_eq!(swept.undecided, 0);

    let named = every_file(&desk).await;
    let acknowledged: BTreeSet<(TicketNumber, AttachmentId)> =
        fs::read_to_string(folder.join("log")).unwrap().lines().filter_map(parsed).collect();
    assert!(acknowledged.is_subset(&named), "{:?}", acknowledged.difference(&named));
    let stored: BTreeSet<String> = names(&folder.join("files/files"));
    let expected: BTreeSet<String> = named.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(stored, expected, "exactly the files that a message names");
    assert_eq!(names(&folder.join("files/pending")), BTreeSet::new());
    println!(
        "killed {kills}: {} files attached, {} of them acknowledged; the last sweep deleted {}",
        named.len(),
        acknowledged.len(),
        swept.deleted
    );
    assert!(acknowledged.len() > kills as usize, "{} are too few to be killed in", acknowledged.len());
}

/// Reads every file that a message names, checks it, and returns them.
async fn every_file(desk: &HelpDesk) -> BTreeSet<(TicketNumber, AttachmentId)> {
    let luis = desk.admin(UserId::parse("luis").unwrap());
    let mut named = BTreeSet::new();
    let query = ventanilla_service::ListQuery::new().with_page_size(PageSize::LARGEST);
    let mut next = Some(query.clone().first_page());
    while let Some(page) = next {
        let page = luis.list(page).await.unwrap();
        next = page.next.map(|cursor| query.clone().page_after(&cursor).unwrap());
        for row in page.rows {
            let number = row.head.ticket_number;
            for file in luis.get(&number).await.unwrap().messages.into_iter().flat_map(|m| m.attachments)
            {
                let body = luis.download(&number, file.id).await.unwrap().read().await.unwrap();
                let bytes = body.into_bytes().await.unwrap();
                assert_eq!(bytes.len() as u64, file.bytes);
                assert_eq!(sha256(&bytes), file.sha256.to_string(), "{number} {}", file.id);
                named.insert((number.clone(), file.id));
            }
        }
    }
    named
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn names(directory: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(directory) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Parses a line of the log; a process that was killed may have left a part of one.
fn parsed(line: &str) -> Option<(TicketNumber, AttachmentId)> {
    let (number, id) = line.split_once(' ')?;
    Some((number.parse().ok()?, id.parse().ok()?))
}

async fn desk(folder: &Path, now: Timestamp) -> HelpDesk {
    let store = SqliteStore::open(folder.join("tickets.db")).await.unwrap();
    let files = AttachmentStore::in_directory(folder.join("files")).unwrap();
    HelpDesk::builder(store).clock(move || now).attachments(files).build()
}

/// Uploads, attaches and sweeps until the process is killed.
async fn work(folder: &Path) {
    let round: u32 = fs::read_to_string(folder.join("round")).unwrap().parse().unwrap();
    let now = "2026-03-02T12:00:00Z".parse::<Timestamp>().unwrap().plus(ROUND * round);
    let desk = desk(folder, now).await;
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let log = File::options().append(true).open(folder.join("log")).unwrap();
        tasks.spawn(write(desk.clone(), rng(u64::from(round), writer), log));
    }
    Process::say("ready");
    tasks.spawn(async move {
        loop {
            desk.system().sweep_uploads().await.unwrap();
        }
    });
    tasks.join_next().await.unwrap().unwrap();
}

async fn write(desk: HelpDesk, mut random: StdRng, mut log: File) {
    let ana = desk.customer(UserId::parse("ana").unwrap());
    let mut number = None;
    loop {
        let size = random.random_range(8..300_000);
        let bytes = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![random.random(); size]].concat();
        let file = ana.upload("captura.png", bytes).await.unwrap();
        if random.random_bool(0.3) {
            continue;
        }
        let files = vec![file.clone()];
        let done = match number.as_ref().filter(|_| random.random_bool(0.8)) {
            None => {
                let text = MessageText::parse("Mira").unwrap();
                ana.create(NewTicket::new(Category::BUG, text).with_attachments(files)).await
            }
            Some(number) => {
                ana.reply(number, NewMessage::parse("Mira").unwrap().with_attachments(files)).await
            }
        };
        match done {
            Ok(receipt) => {
                let ticket = number.insert(receipt.head.ticket_number);
                log.write_all(format!("{ticket} {}\n", file.id).as_bytes()).unwrap();
            }
            Err(ServiceError::Refused { refusal, .. }) if refusal.code() == "attachments_full" => {
                number = None;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}
