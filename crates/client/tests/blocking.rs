//! `Blocking`: the whole job from a plain thread, and what happens where there is a runtime already.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "the emulator lives on a thread of its own, as it would in another process"
)]

mod common;

use std::sync::mpsc;
use std::thread;

use common::{emulator_client, no_filter};
use session_export::{Blocking, Client, Error, ErrorKind, WaitPolicy};
use session_export_emulator::Emulator;
use tokio::sync::oneshot;

/// An emulator in a runtime of its own, a client of it, and what ends it.
fn emulator() -> (Client, oneshot::Sender<()>, thread::JoinHandle<()>) {
    let (clients, client) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let emulator = Emulator::builder().sessions(20).start().await.unwrap();
            clients.send(emulator_client(&emulator).build().unwrap()).unwrap();
            let _ = stopped.await;
        });
    });
    (client.recv().unwrap(), stop, thread)
}

fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Configuration { problem, .. } if problem.contains("await the future"))
}

#[test]
fn the_whole_job_runs_on_a_plain_thread_and_on_two_at_once() {
    let (client, stop, emulator) = emulator();
    let directory = tempfile::tempdir().unwrap();
    let blocking = Blocking::new().unwrap();
    let job = |name: &str| -> Result<u64, Error> {
        let task = blocking.run(client.export_sessions(no_filter()).submit())?;
        let ready = blocking.run(task.wait(WaitPolicy::default()))?;
        let file = blocking.run(ready.download().to_path(directory.path().join(name)))?;
        Ok(file.bytes)
    };
    assert!(job("a.xlsx").unwrap() > 0);
    thread::scope(|scope| {
        let other = scope.spawn(|| job("b.xlsx").unwrap());
        // Not of equal length: a workbook holds the time at which it was written.
        assert!(job("c.xlsx").unwrap() > 0 && other.join().unwrap() > 0);
    });
    assert_eq!(common::names(directory.path()), ["a.xlsx", "b.xlsx", "c.xlsx"]);

    // Several calls in one, with the error type of a program.
    let count = blocking.run(async {
        let tasks = client.list_tasks(&Default::default()).await?;
        Ok::<_, Box<dyn std::error::Error>>(tasks.export_tasks.len())
    });
    assert_eq!(count.unwrap(), 3);
    drop(blocking);
    stop.send(()).unwrap();
    emulator.join().unwrap();
}

#[test]
fn within_a_runtime_it_is_an_error_and_nothing_is_begun() {
    for runtime in [
        tokio::runtime::Builder::new_current_thread().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap(),
    ] {
        let mut begun = false;
        let error = runtime.block_on(async {
            // Made, used and dropped there: no panic.
            let blocking = Blocking::new().unwrap();
            blocking.run(async {
                begun = true;
                Ok::<_, Error>(())
            })
        });
        assert!(is_refused(&error.unwrap_err()) && !begun);
        let on_its_pool = runtime.block_on(runtime.spawn_blocking(|| {
            let blocking = Blocking::new().unwrap();
            blocking.run(async { Ok::<_, Error>(()) })
        }));
        assert!(is_refused(&on_its_pool.unwrap().unwrap_err()));
    }
}
