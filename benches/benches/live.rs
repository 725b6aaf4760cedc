//! Measures the live updates of the help centre: the delay from the answer of a form to the event at each reader
//! who may see the change, events a second, and the resident memory of a reader.
//!
//! `cargo bench -p ventanilla-benches --features mongodb --bench live -- [memory|sqlite|mongodb]`, by default all
//! three. The help centre is a process of its own on a loopback port, which is built first. Half of the readers
//! are customers, the others administrators. `--test` measures a few.

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader as Lines},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

type Failure = Box<dyn Error + Send + Sync>;

/// People of the help centre's demo.
const CUSTOMERS: [&str; 4] = [
    "65a1f0c2e4b0a1b2c3d4e5f6",
    "65a1f0c2e4b0a1b2c3d4e5f7",
    "65a1f0c2e4b0a1b2c3d4e5f8",
    "65a1f0c2e4b0a1b2c3d4e5f9",
];
const ADMINS: [&str; 2] = ["65b2a1d3f5c1b2c3d4e5f6a7", "65b2a1d3f5c1b2c3d4e5f6a8"];

/// Sessions that the help centre allows one person. Further readers share them.
const SESSIONS: usize = 20;

/// Longest wait for an event.
const PATIENCE: Duration = Duration::from_secs(30);

/// Extent of one measurement.
#[derive(Clone, Copy)]
struct Extent {
    readers: usize,
    changes: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    const ALL: &[&str] = &["memory", "sqlite", "mongodb"];
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let named: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|name| !name.starts_with('-')).collect();
    let extent =
        if is_test { Extent { readers: 8, changes: 6 } } else { Extent { readers: 100, changes: 50 } };
    let binary = build()?;
    for name in if named.is_empty() { ALL } else { &named[..] } {
        match *name {
            "memory" => measure(name, &Server::start(&binary, None)?, extent).await?,
            "sqlite" => {
                let folder = tempfile::tempdir()?;
                let file = folder.path().join("tickets.db").display().to_string();
                measure(name, &Server::start(&binary, Some(&file))?, extent).await?;
            }
            "mongodb" => {
                let database = ventanilla_tests::Mongo::shared().await.database().await;
                let uri = database.uri().replacen("/?", &format!("/{}?", database.name()), 1);
                measure(name, &Server::start(&binary, Some(&uri))?, extent).await?;
            }
            other => return Err(format!("no store {other:?}; there are: {}", ALL.join(", ")).into()),
        }
    }
    Ok(())
}

/// Builds the help centre in the profile of this program, and returns its path.
fn build() -> Result<PathBuf, Failure> {
    let this = env::current_exe()?;
    // The program is in `target/release/deps`.
    let profile = this.parent().and_then(Path::parent).ok_or("the program is in a target directory")?;
    let target = profile.parent().ok_or("the profile is in a target directory")?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "-p", "help_center", "--bin", "help_center", "--target-dir"]);
    cargo.arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status()?.success() {
        return Err("the help centre can't be built".into());
    }
    Ok(profile.join("help_center"))
}

/// Running help centre, which is ended with this value.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts it on a free port over a store; without a database in memory.
    fn start(binary: &Path, database: Option<&str>) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        for name in ["PORT", "DATABASE_URL", "MONGODB_URI", "FILES", "HOSTS", "BEHIND_TLS"] {
            command.env_remove(name);
        }
        command.args(["--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        let mut process = command.spawn()?;
        let output = process.stdout.take().ok_or("its output is piped")?;
        // The address is that of nobody until the line is there.
        let mut server = Self { process, address: ([127, 0, 0, 1], 0).into() };
        let mut line = String::new();
        Lines::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix("http://").ok_or("the help centre ended at once")?;
        server.address = address.parse()?;
        Ok(server)
    }

    /// Returns the resident memory in KiB.
    fn resident(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmRSS")?;
        Ok(kib.trim().parse()?)
    }

    /// Sends a request on a new connection, and returns the connection.
    async fn send(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        form: &str,
    ) -> Result<BufReader<TcpStream>, Failure> {
        let mut connection = TcpStream::connect(self.address).await?;
        connection.set_nodelay(true)?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            self.address,
            form.len()
        );
        connection.write_all(request.as_bytes()).await?;
        Ok(BufReader::new(connection))
    }

    /// Posts a form, which must be accepted, and returns the headers of the answer.
    async fn post(&self, path: &str, cookie: &str, form: &str) -> Result<Vec<String>, Failure> {
        let mut answer = self.send("POST", path, cookie, form).await?;
        let (status, headers) = head(&mut answer).await?;
        let refused = header(&headers, "location").is_none_or(|to| to.contains("rechazado"));
        if status != 303 || refused {
            return Err(format!("{path}: {status}, {headers:?}").into());
        }
        Ok(headers)
    }

    /// Signs a person in, and returns the cookie of the session.
    async fn sign_in(&self, person: &str) -> Result<String, Failure> {
        let headers = self.post("/entrar", "", &format!("persona={person}")).await?;
        let cookie = header(&headers, "set-cookie").and_then(|cookie| cookie.split(';').next());
        Ok(cookie.ok_or("a session has a cookie")?.to_owned())
    }
}

/// Reads the status and the headers of an answer.
async fn head(answer: &mut BufReader<TcpStream>) -> Result<(u16, Vec<String>), Failure> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = answer.read_line(&mut line).await?;
        match line.trim_end() {
            "" if read == 0 => return Err("the answer ended early".into()),
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let status = lines.first().and_then(|line| line.split(' ').nth(1)).ok_or("no status")?.parse()?;
    Ok((status, lines))
}

fn header<'a>(headers: &'a [String], name: &str) -> Option<&'a str> {
    let value = |line: &'a String| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    };
    headers.iter().find_map(value)
}

/// Person with sessions and a ticket.
struct Person {
    sessions: Vec<String>,
    /// The ticket of a customer.
    ticket: String,
}

/// Event at one reader.
struct Seen {
    ticket: String,
    at: Instant,
}

/// Reads the events of one connection until it ends.
async fn listen(mut stream: BufReader<TcpStream>, seen: UnboundedSender<Seen>) {
    let mut line = String::new();
    loop {
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
        if let Some(ticket) = line.trim_end().strip_prefix("data: ") {
            let event = Seen { ticket: ticket.to_owned(), at: Instant::now() };
            if seen.send(event).is_err() {
                return;
            }
        }
    }
}

async fn measure(name: &str, server: &Server, extent: Extent) -> Result<(), Failure> {
    let half = extent.readers / 2;
    let customers = people(server, &CUSTOMERS, half).await?;
    let admins = people(server, &ADMINS, half).await?;
    let before = server.resident()?;
    let (seen, mut events) = unbounded_channel();
    for (people, count) in [(&customers, half), (&admins, half)] {
        for reader in 0..count {
            let person = &people[reader % people.len()];
            let session = &person.sessions[reader / people.len() % person.sessions.len()];
            let mut stream = server.send("GET", "/novedades", session, "").await?;
            let (status, headers) = head(&mut stream).await?;
            if status != 200 {
                return Err(format!("no events: {status}, {headers:?}").into());
            }
            tokio::spawn(listen(stream, seen.clone()));
        }
    }
    let after = server.resident()?;

    // A customer's readers and the desk see a message, the desk alone a note.
    let theirs = |nth: usize| (0..half).filter(|reader| reader % customers.len() == nth).count();
    let make = |nth: usize| {
        let (of, by) = (nth % customers.len(), nth % admins.len());
        let ticket = &customers[of].ticket;
        let (path, session, field, readers) = if nth.is_multiple_of(2) {
            (
                format!("/tickets/{ticket}/mensajes"),
                &customers[of].sessions[0],
                "texto",
                half + theirs(of),
            )
        } else {
            (format!("/admin/tickets/{ticket}/nota"), &admins[by].sessions[0], "nota", half)
        };
        let form = format!("{field}=Sigue+igual+{nth}&clave=envio-{nth}");
        (path, session, form, readers)
    };
    let mut delays = Vec::new();
    for nth in 0..extent.changes {
        let (path, session, form, readers) = make(nth);
        server.post(&path, session, &form).await?;
        let answered = Instant::now();
        for _ in 0..readers {
            let at = next(&mut events, |ticket| path.contains(ticket)).await?;
            // An event may come before the answer.
            delays.push(at.saturating_duration_since(answered).as_secs_f64() * 1_000.0);
        }
    }

    let begun = Instant::now();
    let changes: Vec<_> = (extent.changes..2 * extent.changes).map(make).collect();
    let posts = changes.iter().map(|(path, session, form, _)| server.post(path, session, form));
    try_join_all(posts).await?;
    let items: usize = changes.iter().map(|(.., readers)| readers).sum();
    let mut last = begun;
    for _ in 0..items {
        let is_ours = |ticket: &str| customers.iter().any(|customer| customer.ticket == ticket);
        last = last.max(next(&mut events, is_ours).await?);
    }
    let rate = items as f64 / last.duration_since(begun).as_secs_f64();

    delays.sort_unstable_by(f64::total_cmp);
    let part = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize];
    let (readers, memory) = (extent.readers, after.saturating_sub(before));
    println!(
        "{name}: delay of {} events at {readers} readers, ms: p50 {:.1}, p99 {:.1}; {rate:.0} items a second, \
         of {items}; resident memory: {before} KiB before, {after} KiB after, {:.1} KiB a reader",
        delays.len(),
        part(0.5),
        part(0.99),
        memory as f64 / readers as f64
    );
    Ok(())
}

/// Signs people in, each as often as they have readers, and opens a ticket of each customer.
async fn people(server: &Server, ids: &[&str], readers: usize) -> Result<Vec<Person>, Failure> {
    let mut people = Vec::new();
    for id in ids {
        let count = readers.div_ceil(ids.len()).clamp(1, SESSIONS);
        let mut sessions = Vec::new();
        for _ in 0..count {
            sessions.push(server.sign_in(id).await?);
        }
        let mut ticket = String::new();
        if CUSTOMERS.contains(id) {
            let form = "categoria=BUG&descripcion=No+carga&clave=abrir-1";
            let headers = server.post("/ayuda", &sessions[0], form).await?;
            let thanks = header(&headers, "location").and_then(|path| path.rsplit('/').next());
            ticket = thanks.ok_or("the customer is thanked with the number")?.to_owned();
        }
        people.push(Person { sessions, ticket });
    }
    Ok(people)
}

/// Returns the next event of one of the tickets. An alert of one of the demo's tickets may come in between.
async fn next(
    events: &mut UnboundedReceiver<Seen>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Instant, Failure> {
    loop {
        let event = timeout(PATIENCE, events.recv()).await?.ok_or("a reader's stream ended")?;
        if is_wanted(&event.ticket) {
            return Ok(event.at);
        }
    }
}
