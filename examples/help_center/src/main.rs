//! `cargo run -p help_center`
//!
//! Tickets are kept where `--database`, else `DATABASE_URL`, else `MONGODB_URI` says: in a file
//! (`tickets.db`, `sqlite:tickets.db`) or in MongoDB (`mongodb://localhost/app?replicaSet=rs0`); in memory
//! where nothing does. Files of messages are kept in the directory of `--files` or `FILES`, else in memory.
//!
//! The port is that of `--port N` or `PORT`, by default 8080; 0 takes a free one. A proxy in front that is
//! reached by other names than those of the loopback interface needs them in `HOSTS`, separated by commas, and
//! `BEHIND_TLS=1` if it serves TLS.

use std::{
    env,
    error::Error,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::Duration,
};

use help_center::{App, app, desk, seed, serve};
use ventanilla_service::{
    MemoryStore, System,
    attachments::AttachmentStore,
    mongodb::MongoOptions,
    settings::{Clock, SystemClock},
    sqlite::SqliteStore,
    store::TicketStore,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let Options { port, database, files } = Options::read()?;
    let store = store(database).await?;
    let files = match files {
        Some(directory) => AttachmentStore::in_directory(directory)?,
        None => AttachmentStore::in_memory(),
    };
    seed(&store, SystemClock.now()).await?;

    let desk = desk(store)?.attachments(files).build();
    tokio::spawn(sweep(desk.system()));
    let mut state = App::new(desk, SystemClock);
    if let Ok(hosts) = env::var("HOSTS") {
        state = state.with_hosts(hosts.split(',').map(str::trim));
    }
    if env::var("BEHIND_TLS").is_ok_and(|value| value == "1") {
        state = state.behind_tls();
    }

    // Loopback alone: whoever reaches this demo may sign in as anybody.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("http://{}", listener.local_addr()?);
    serve(listener, app(state), Duration::from_secs(20)).await?;
    Ok(())
}

/// Opens a MongoDB database, a file, or where none is named a store in memory.
async fn store(database: Option<String>) -> Result<Arc<dyn TicketStore>, Box<dyn Error>> {
    let Some(database) = database else { return Ok(Arc::new(MemoryStore::new())) };
    if database.starts_with("mongodb:") || database.starts_with("mongodb+srv:") {
        return Ok(Arc::new(MongoOptions::new().create_indexes().connect(&database).await?));
    }
    let path = database.strip_prefix("sqlite:").unwrap_or(&database);
    Ok(Arc::new(SqliteStore::open(path).await?))
}

/// Deletes uploads that were never sent with a message, every hour.
async fn sweep(system: System) {
    loop {
        if let Err(error) = system.sweep_uploads().await {
            tracing::error!(error = &error as &dyn Error, "uploads can't be swept");
        }
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    }
}

const USAGE: &str = "usage: help_center [--port N] [--database PATH|URI] [--files DIRECTORY]";

struct Options {
    port: u16,
    database: Option<String>,
    files: Option<String>,
}

impl Options {
    /// Reads the arguments, and from the environment what they leave open.
    fn read() -> Result<Self, Box<dyn Error>> {
        let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
        let database = env::var("DATABASE_URL").or_else(|_| env::var("MONGODB_URI")).ok();
        let mut options = Self { port, database, files: env::var("FILES").ok() };
        let mut arguments = env::args().skip(1);
        while let Some(option) = arguments.next() {
            match (option.as_str(), arguments.next()) {
                ("--port", Some(port)) => options.port = port.parse()?,
                ("--database", Some(database)) => options.database = Some(database),
                ("--files", Some(files)) => options.files = Some(files),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}
