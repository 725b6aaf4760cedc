//! A connection that loses replies.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    try_join,
};

/// Proxy between a client and one server, on the runtime of the test that made it.
#[derive(Debug)]
pub struct Proxy {
    uri: String,
    losses: Losses,
    connections: JoinHandle<()>,
}

/// Number of replies that are still to be lost, and the command whose replies they are.
type Losses = Arc<Mutex<(u32, String)>>;

impl Proxy {
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port");
        let losses = Losses::default();
        let connections = tokio::spawn(listen(listener, server, losses.clone()));
        Self { uri: format!("mongodb://{address}/?directConnection=true"), losses, connections }
    }

    /// Returns the connection string of the server behind.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Loses the replies to the next so many commands of this name, such as `update`: the connection
    /// breaks after the server has carried the command out.
    pub fn lose_replies(&self, times: u32, command: &str) {
        *self.losses.lock().unwrap() = (times, command.to_owned());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.connections.abort();
    }
}

async fn listen(listener: TcpListener, server: String, losses: Losses) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (server, losses) = (server.clone(), losses.clone());
        // A connection ends by an error of its client, or by one that a test asked for.
        connections.spawn(async move { pass(client, TcpStream::connect(server).await?, losses).await });
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, losses: Losses) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let doomed = AtomicBool::new(false);
    let mut requests = async || -> io::Result<()> {
        loop {
            let request = message(&mut from_client).await?;
            doomed.store(is_lost(&request, &losses), Ordering::SeqCst);
            to_server.write_all(&request).await?;
        }
    };
    let mut replies = async || -> io::Result<()> {
        loop {
            let reply = message(&mut from_server).await?;
            if doomed.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            to_client.write_all(&reply).await?;
        }
    };
    try_join!(requests(), replies()).map(|_| ())
}

/// Reads one message of the wire protocol, which begins with its length.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = from.read_u32_le().await?;
    let mut message = length.to_le_bytes().to_vec();
    from.take(u64::from(length).saturating_sub(4)).read_to_end(&mut message).await?;
    Ok(message)
}

/// Returns true if the reply is to be lost, and counts that loss.
fn is_lost(request: &[u8], losses: &Losses) -> bool {
    let (times, command) = &mut *losses.lock().unwrap();
    // The header, the flags and the kind of section; then a document, whose first field is the command.
    let first_field = request.get(16 + 4 + 1 + 4 + 1..).unwrap_or_default();
    let lost = *times > 0 && first_field.starts_with(format!("{command}\0").as_bytes());
    *times -= u32::from(lost);
    lost
}
