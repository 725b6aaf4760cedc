//! One server process.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use bson::Document;
use mongodb::{Client, error::Result, options::ClientOptions};
use tokio::time::{sleep, timeout};

use super::{
    binary,
    server_supervisor::{Order, ServerSupervisor},
    wait_until::TIME_LIMIT,
};

/// Ports of servers, below those that systems give to outgoing connections, so that a server that is
/// down for a while finds its own free again.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Arguments that keep a server small: by default it takes half of the memory and 5 % of the disk,
/// and records figures every second.
const FIXED: [&str; 14] = [
    "--bind_ip",
    "127.0.0.1",
    "--nounixsocket",
    "--quiet",
    "--wiredTigerCacheSizeGB",
    "0.25",
    "--oplogSize",
    "512",
    "--setParameter",
    "diagnosticDataCollectionEnabled=false",
    "--setParameter",
    // Sixteen threads would be woken to apply each of the small writes of tests.
    "replWriterThreadCount=1",
    // Two journal files of 100 MB each would be written in advance.
    "--wiredTigerEngineConfigString",
    "log=(prealloc=false)",
];

/// Free space that several replica sets at the same time leave unused.
const ROOM: u64 = 4 << 30;

/// Returns the folder for data: that of `TMPDIR` if it is set; else in memory if that has room, since
/// servers mostly wait for the disk. A killed process loses nothing there.
fn data_folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let has_room = || fs4::available_space(memory).is_ok_and(|free| free >= ROOM);
    if env::var_os("TMPDIR").is_none() && has_room() { memory.to_owned() } else { env::temp_dir() }
}

/// Server on a loopback port, with a directory of its own.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    directory: PathBuf,
    process: Mutex<Process>,
}

#[derive(Debug)]
struct Process {
    supervisor: ServerSupervisor,
    id: u32,
    /// The last order to the process.
    last: Order,
}

impl Server {
    /// Starts a server with further arguments, and waits until it listens.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        loop {
            let server = Self::new(rand::random_range(PORTS), arguments);
            if server.listens(0).await {
                return server;
            }
        }
    }

    fn new(port: u16, arguments: &[&str]) -> Self {
        let mongod = binary::mongod();
        let directory = tempfile::Builder::new().prefix("ventanilla-mongod-").tempdir_in(data_folder());
        let directory = directory.unwrap().keep();
        let port_text = port.to_string();
        let place: [&OsStr; 4] =
            ["--dbpath".as_ref(), directory.as_ref(), "--port".as_ref(), port_text.as_ref()];
        let mut command = vec![mongod.as_os_str()];
        command.extend(place);
        command.extend(FIXED.iter().chain(arguments).map(OsStr::new));
        let mut supervisor = ServerSupervisor::new(&directory, &command);
        let id = supervisor.order(Order::Start);
        Self { port, directory, process: Mutex::new(Process { supervisor, id, last: Order::Start }) }
    }

    /// Waits until the server listens, by its log from there on; returns false if the port is taken.
    async fn listens(&self, from: usize) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < TIME_LIMIT {
            let log = fs::read(self.log()).unwrap_or_default();
            let news = String::from_utf8_lossy(log.get(from..).unwrap_or_default());
            if news.contains("Waiting for connections") {
                return true;
            }
            if news.contains("Address already in use") {
                return false;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the server doesn't start:\n{}", self.end_of_log());
    }

    /// Sends an order to the process.
    pub(crate) fn order(&self, order: Order) {
        let mut process = self.process.lock().unwrap();
        let fits = match order {
            Order::Start => process.last == Order::Kill,
            Order::Kill => process.last != Order::Kill,
            Order::Pause => matches!(process.last, Order::Start | Order::Resume),
            Order::Resume => process.last == Order::Pause,
        };
        assert!(fits, "{order:?} doesn't go after {:?}", process.last);
        process.id = process.supervisor.order(order);
        process.last = order;
    }

    /// Starts it again, with its data, and waits until it listens.
    pub(crate) async fn restart(&self) {
        let before = fs::metadata(self.log()).map_or(0, |log| log.len() as usize);
        self.order(Order::Start);
        assert!(self.listens(before).await, "port {} was taken meanwhile", self.port);
    }

    /// Returns true if it was neither killed nor paused.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.process.lock().unwrap().last, Order::Start | Order::Resume)
    }

    /// Returns its address, such as `127.0.0.1:27017`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.lock().unwrap().id
    }

    /// Runs an administrator's command on this very server.
    pub(crate) async fn command(&self, command: Document) -> Result<Document> {
        let uri = format!("mongodb://{}/?directConnection=true", self.address());
        let mut options = ClientOptions::parse(uri).await?;
        options.server_selection_timeout = Some(Duration::from_secs(5));
        let client = Client::with_options(options)?;
        let admin = client.database("admin");
        let answer = timeout(TIME_LIMIT, admin.run_command(command)).await;
        answer.unwrap_or_else(|_| panic!("no answer from {}:\n{}", self.address(), self.end_of_log()))
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// Returns the last lines of the server's log.
    fn end_of_log(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_noticed() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::new(taken.local_addr().unwrap().port(), &[]);
        assert!(!server.listens(0).await);
    }
}
