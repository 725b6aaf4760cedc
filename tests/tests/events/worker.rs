//! Worker that reads a stream and keeps its token, in a process of its own.

use std::{
    fmt,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use rand::{RngExt, rngs::StdRng};
use tokio::time::sleep;
use ventanilla_service::event::{EventToken, TicketEvents};
use ventanilla_tests::Process;

use super::{place::Place, stored::Stored};

/// Longest time without an item while there are some.
const PATIENCE: Duration = Duration::from_secs(90);

/// Reads items from the stored token on, and stores the token after each, until the process is killed.
pub(crate) async fn work(folder: &Path) {
    let folder = Folder(folder.to_owned());
    let desk = Place::parse(&folder.read("place")).desk().await;
    // What a killed process has left of a line isn't a line; its item comes again.
    let whole = complete(&folder.read("log")).len() as u64;
    let mut log = File::options().append(true).create(true).open(folder.file("log")).unwrap();
    log.set_len(whole).unwrap();
    let token: EventToken = folder.read("token").parse().unwrap();
    let mut stream = desk.events(token).await.unwrap();
    while let Some(item) = stream.next().await {
        let line = Line::of(&item.unwrap());
        log.write_all(format!("{line}\n").as_bytes()).unwrap();
        folder.store_token(stream.token());
    }
}

/// Returns the lines of a log that have been written to their end.
fn complete(log: &str) -> &str {
    log.rfind('\n').map_or("", |end| &log[..=end])
}

/// Folder with what a worker keeps: the place of its store, its token and its log.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes it for a worker that starts at a token.
    pub(crate) fn new(folder: &Path, place: &Place, token: &EventToken) -> Self {
        let folder = Self(folder.to_owned());
        fs::write(folder.file("place"), place.text()).unwrap();
        fs::write(folder.file("log"), "").unwrap();
        folder.store_token(token);
        folder
    }

    pub(crate) fn log(&self) -> Vec<Line> {
        complete(&self.read("log")).lines().map(|line| line.parse().unwrap()).collect()
    }

    fn store_token(&self, token: &EventToken) {
        fs::write(self.file("token.new"), token.as_str()).unwrap();
        fs::rename(self.file("token.new"), self.file("token")).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }
}

/// Line of the log: an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) version: Option<u64>,
    /// Messages and notes.
    pub(crate) texts: Vec<String>,
}

impl Line {
    fn of(item: &TicketEvents) -> Self {
        let messages = item.messages.iter().map(|message| message.text.to_string());
        let texts = messages.chain(item.notes.iter().map(|note| note.text.to_string())).collect();
        assert!(item.id.starts_with(&format!("{}/", item.head.ticket_number)));
        Self { id: item.id.clone(), version: item.version, texts }
    }

    pub(crate) fn number(&self) -> &str {
        self.id.split_once('/').unwrap().0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.map_or("-".to_owned(), |version| version.to_string());
        write!(f, "{} {version} {}", self.id, self.texts.join(" "))
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(id), Some(version)) = (words.next(), words.next()) else {
            return Err(line.to_owned());
        };
        Ok(Self { id, version: version.parse().ok(), texts: words.collect() })
    }
}

/// Worker of a test, which is killed and started again at its token.
pub(crate) struct Worker {
    test: &'static str,
    folder: Folder,
    random: StdRng,
}

impl Worker {
    pub(crate) fn new(test: &'static str, folder: Folder, random: StdRng) -> Self {
        Self { test, folder, random }
    }

    /// Starts the process, and kills it after a random number of items, or before the first one.
    pub(crate) async fn run_and_kill(&mut self) {
        let items = self.random.random_range(0..40);
        if items == 0 {
            let mut process = self.start();
            sleep(Duration::from_millis(self.random.random_range(0..200))).await;
            return process.kill();
        }
        let enough = self.items() + items;
        let moment = Duration::from_micros(self.random.random_range(0..2_000));
        self.run_until("more items", |worker| worker.items() >= enough, moment).await;
    }

    /// Runs one process while something happens, and kills it.
    pub(crate) async fn run_during(&self, happens: impl Future<Output = ()>) {
        let mut process = self.start();
        happens.await;
        assert!(!process.has_ended(), "the worker ended by itself");
        process.kill();
    }

    /// Runs the process until its log has every change of these tickets.
    pub(crate) async fn run_until_it_has(&mut self, stored: &Stored) {
        let what = format!("{} changes", stored.changes());
        self.run_until(&what, |worker| stored.missing(&worker.log()).is_none(), Duration::ZERO).await;
    }

    pub(crate) fn log(&self) -> Vec<Line> {
        self.folder.log()
    }

    async fn run_until(&self, what: &str, done: impl Fn(&Self) -> bool, moment: Duration) {
        let mut process = self.start();
        let (mut items, mut last) = (self.items(), Instant::now());
        while !done(self) {
            assert!(!process.has_ended(), "the worker ended by itself");
            if self.items() > items {
                (items, last) = (self.items(), Instant::now());
            }
            assert!(
                last.elapsed() < PATIENCE,
                "the worker waits for {what} in vain, after {items} items"
            );
            sleep(Duration::from_millis(2)).await;
        }
        sleep(moment).await;
        process.kill();
    }

    fn start(&self) -> Process {
        Process::start(self.test, &self.folder.0)
    }

    fn items(&self) -> usize {
        fs::read(self.folder.file("log")).unwrap().iter().filter(|byte| **byte == b'\n').count()
    }
}
