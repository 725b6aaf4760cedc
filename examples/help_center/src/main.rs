//! `cargo run -p help_center`, or over a real server
//! `MONGODB_URI=mongodb://localhost/app?replicaSet=rs0 cargo run -p help_center`
//!
//! The port is that of `--port N` or `PORT`, by default 8080; 0 takes a free one. `SECRET` signs the
//! sessions, so that they outlive the process.

use std::{env, error::Error, net::Ipv4Addr, sync::Arc};

use help_center::{App, app, plant, policy};
use tokio::net::TcpListener;
use ventanilla_service::{Clock, HelpDesk, MemoryStore, MongoOptions, SystemClock, TicketStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = port()?;
    let store = store().await?;
    plant(&store, SystemClock.now()).await?;

    let desk = HelpDesk::builder(store).policy(policy()?).build();
    let mut state = App::new(desk, SystemClock);
    if let Ok(secret) = env::var("SECRET") {
        state = state.with_secret(&secret)?;
    }

    // Loopback alone: whoever reaches this demo may sign in as anybody.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    let interrupted = async {
        // Without a way to hear of it, the process ends at once when interrupted, which is as well.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, app(state)).with_graceful_shutdown(interrupted).await?;
    Ok(())
}

/// The database that `MONGODB_URI` names; else the memory.
async fn store() -> Result<Arc<dyn TicketStore>, Box<dyn Error>> {
    Ok(match env::var("MONGODB_URI") {
        Ok(uri) => Arc::new(MongoOptions::new().create_indexes().connect(&uri).await?),
        Err(_) => Arc::new(MemoryStore::new()),
    })
}

fn port() -> Result<u16, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(env::var("PORT").map_or(Ok(8080), |port| port.parse())?),
        (Some("--port"), Some(port)) => Ok(port.parse()?),
        _ => Err("usage: help_center [--port N]".into()),
    }
}
