//! A runtime that is dropped in mid-flight leaves nothing behind: no thread, no task, no connection, no file; and the
//! client goes on in another one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use common::{PROJECT, TASK, endpoint, guarded, names, no_filter, static_token};
use session_export::{Client, TaskQuery, Transport, WaitPolicy};
use session_export_testkit::server::{Connection, Gate, Server};
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;
use tokio::runtime::{Builder, Runtime};

/// What is under way when the runtime is dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Submit,
    /// The second look of a wait: the pause before it has passed too.
    Look,
    /// Part of the file is on disk.
    Download,
}

/// Opened by the server: a request hangs; its connection has been closed.
#[derive(Clone, Default)]
struct Gates {
    hangs: Gate,
    is_closed: Gate,
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn whole(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn task(status: &str) -> String {
    whole(&format!(
        r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"{status}"}}]}}"#
    ))
}

/// Answers until the request comes that is to hang, and from then on is a server like any other.
async fn serve(mut connection: Connection, stage: Stage, gates: Gates) {
    let mut looks = 0;
    while let Some(request) = connection.request().await {
        let answer = if request.target.ends_with("/export") {
            (stage != Stage::Submit).then(|| whole(&format!(r#"{{"task_id":"{TASK}"}}"#)))
        } else if request.target.ends_with("/download") {
            None
        } else if request.target.contains("task_id=") {
            looks += 1;
            match (stage, looks) {
                (Stage::Look, 1) => Some(task("CREATING")),
                (Stage::Look, _) => None,
                _ => Some(task("SUCCESS")),
            }
        } else {
            Some(whole(r#"{"count":0,"export_tasks":[]}"#))
        };
        if let Some(answer) = answer {
            connection.write(answer).await;
            continue;
        }
        if stage == Stage::Download {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 1000000\r\n\r\n";
            connection.write(head.to_owned() + &"id\n".repeat(1000)).await;
        }
        gates.hangs.open();
        connection.closed().await;
        gates.is_closed.open();
        return;
    }
}

async fn export(client: Client, path: PathBuf) {
    let task = client.export_sessions(no_filter()).submit().await.unwrap();
    let policy = WaitPolicy::default().first_pause(std::time::Duration::from_millis(1));
    let ready = task.wait(policy).await.unwrap();
    ready.download().to_path(path).await.unwrap();
    panic!("the service never ended this");
}

/// Tells when it is dropped, with the future that holds it.
struct Dropped(Gate);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// How many threads this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[cfg(not(target_os = "linux"))]
fn threads() -> usize {
    1
}

/// Waits, in a bounded loop, until a number is not above `most`: a thread that was joined may be seen for a moment.
async fn falls_to(most: usize, what: &str, mut count: impl FnMut() -> usize) {
    guarded(async {
        while count() > most {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(count() <= most, "{what}");
}

async fn until_a_part_is_written(directory: &std::path::Path) {
    let has_bytes = || {
        let mut files = std::fs::read_dir(directory).unwrap();
        files.any(|file| file.unwrap().metadata().is_ok_and(|data| data.len() > 0))
    };
    while !has_bytes() {
        tokio::task::yield_now().await;
    }
}

fn leaves_nothing(stage: Stage, transport: Arc<dyn Transport>) {
    let outside = runtime();
    let gates = Gates::default();
    let script = gates.clone();
    let server = outside.block_on(Server::plain(move |connection| {
        serve(connection, stage, script.clone())
    }));
    let client = Client::builder(
        endpoint(&format!("http://{}", server.address())),
        PROJECT.parse().unwrap(),
    )
    .transport(transport)
    .authenticator(static_token())
    .build()
    .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let before = threads();

    let inside = runtime();
    let dropped = Gate::new();
    let guard = Dropped(dropped.clone());
    let work: Box<dyn Future<Output = ()> + Send> =
        Box::new(export(client.clone(), directory.path().join("x")));
    inside.spawn(async move {
        let _guard = guard;
        Box::into_pin(work).await;
    });
    outside.block_on(guarded(async {
        gates.hangs.passed().await;
        if stage == Stage::Download {
            until_a_part_is_written(directory.path()).await;
        }
    }));
    assert!(
        !gates.is_closed.is_open() && !dropped.is_open(),
        "{stage:?}: it is under way"
    );
    drop(inside);

    assert!(dropped.is_open(), "{stage:?}: the task is still there");
    assert_eq!(
        names(directory.path()),
        [""; 0],
        "{stage:?}: a file stayed behind"
    );
    outside.block_on(async {
        guarded(gates.is_closed.passed()).await;
        falls_to(before, &format!("{stage:?}: a thread stayed behind"), threads).await;
    });
    // The server answers lists; the connection that hung is not used for it.
    let tasks = runtime()
        .block_on(guarded(client.list_tasks(&TaskQuery::new())))
        .unwrap();
    assert_eq!(tasks.count, Some(0), "{stage:?}");
}

/// One test, so that nobody else starts threads meanwhile.
#[test]
fn a_runtime_that_is_dropped_in_mid_flight_leaves_nothing_behind() {
    for stage in [Stage::Submit, Stage::Look, Stage::Download] {
        leaves_nothing(stage, Arc::new(ReqwestTransport::new().unwrap()));
        leaves_nothing(stage, Arc::new(HyperTransport::new().unwrap()));
    }
}
