//! Waits for changes of state that servers make by themselves.

use std::{
    fmt::Display,
    future::Future,
    time::{Duration, Instant},
};

use tokio::time::sleep;

/// Time limit of every wait, long enough for a busy machine.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Asks repeatedly until there is an answer, and panics with the last error after [`TIME_LIMIT`].
pub(crate) async fn wait_until<T, E, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    let begin = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(why) if begin.elapsed() > TIME_LIMIT => panic!("{what} takes too long: {why}"),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}
