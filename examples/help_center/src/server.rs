//! Server with time limits.

use std::{io, net::TcpListener, time::Duration};

use axum::Router;
use axum_server::Handle;

/// Time that requests have to end after the process was interrupted.
const GRACE: Duration = Duration::from_secs(10);

/// Serves the pages until the process is interrupted. A connection is closed if its client doesn't send the
/// head of its next request within `head_time`.
///
/// # Errors
///
/// The errors of the listener.
pub async fn serve(listener: TcpListener, pages: Router, head_time: Duration) -> io::Result<()> {
    let handle = Handle::new();
    let interrupted = handle.clone();
    tokio::spawn(async move {
        // Without a way to hear of it, the process ends at once when interrupted, which is as well.
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.graceful_shutdown(Some(GRACE));
        }
    });
    let mut server = axum_server::from_tcp(listener)?.http1_only();
    server.http_builder().http1().header_read_timeout(head_time);
    server.handle(handle).serve(pages.into_make_service()).await
}
