//! One client, two runtimes: a plugin system, or a service with a runtime of its own for background work.

#![allow(clippy::print_stdout, reason = "a program says what it did")]

use std::sync::Arc;

use session_export::{Client, ReqwestTransport, TaskQuery};
use session_export_example_embedding::{Outcome, check, client, emulator};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

// region: runtimes
/// A client belongs to no runtime. Connections belong to the runtime that opened them, and the bundled transports keep a
/// pool for each, so that none is used from the other side; the token is shared.
fn both(first: Runtime, second: &Runtime, client: &Client) -> Outcome<[Option<u32>; 3]> {
    let call = |client: Client| async move { client.list_tasks(&TaskQuery::new()).await };
    let one = first.spawn(call(client.clone()));
    let other = second.spawn(call(client.clone()));
    let one = first.block_on(one)??;
    let other = second.block_on(other)??;
    // In mid-flight: the call that was under way ends with its runtime, and with nothing else.
    let lost = first.spawn(call(client.clone()));
    first.shutdown_background();
    drop(lost);
    let after = second.block_on(call(client.clone()))?;
    Ok([one.count, other.count, after.count])
}
// endregion: runtimes

fn main() -> Outcome {
    let server = runtime()?;
    let emulator = server.block_on(emulator().start())?;
    let client = client(&emulator, Arc::new(ReqwestTransport::new()?))?.build()?;
    let counts = both(runtime()?, &runtime()?, &client)?;
    check(counts == [Some(0); 3], format!("tasks: {counts:?}"))?;
    let log_ins = emulator.requests_seen();
    let log_ins = log_ins
        .iter()
        .filter(|seen| seen.path().ends_with("/tokens"))
        .count();
    check(log_ins == 1, format!("{log_ins} log-ins"))?;
    println!("one log-in served both, and the other runtime went on");
    Ok(())
}
