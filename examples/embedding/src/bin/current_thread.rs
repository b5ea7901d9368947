//! One thread for everything: a current-thread runtime, and several exports at once on it.

#![allow(clippy::print_stdout, reason = "a program says what it did")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use session_export::{Client, Error, ReqwestTransport, SessionFilter, WaitPolicy};
use session_export_example_embedding::{Outcome, SESSIONS, check, client, emulator, filter, sessions_in};

// region: exports
/// The library needs no thread of its own: eight exports are eight futures, polled by whoever awaits them.
async fn eight_exports(client: &Client, filter: &SessionFilter) -> Result<Vec<Vec<u8>>, Error> {
    try_join_all((0..8).map(|_| async {
        let task = client.export_sessions(filter.clone()).submit().await?;
        let policy = WaitPolicy::default().first_pause(Duration::from_millis(20));
        let ready = task.wait(policy).await?;
        let mut file = Vec::new();
        ready.download().to_writer(&mut file).await?;
        Ok(file)
    }))
    .await
}

fn on_one_thread<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?
        .block_on(work)
}
// endregion: exports

fn main() -> Outcome {
    on_one_thread(async {
        let emulator = emulator().start().await?;
        let transport = Arc::new(ReqwestTransport::new()?);
        // Three at a time; the others wait for a place in the order in which they came.
        let client = client(&emulator, transport)?.exports_in_flight(3).build()?;
        let files = eight_exports(&client, &filter()?).await?;
        for file in &files {
            check(
                sessions_in(file) == SESSIONS,
                format!("{} sessions", sessions_in(file)),
            )?;
        }
        println!("{} exports on one thread", files.len());
        Ok(())
    })
}
