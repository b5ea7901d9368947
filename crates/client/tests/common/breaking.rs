//! A server whose downloads break off as a script says, and a clock under which every back-off passes at once.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use session_export::{
    Client, Clock, Download, Error, ErrorKind, FileReceipt, Pause, ReadyExport, Sleep, TransportErrorKind,
};
use session_export_testkit::server::{Connection, Received, Server};
use sha2::{Digest, Sha256};

use super::{NOW, PROJECT, TASK, endpoint, guarded, names, seconds, static_token, transport};

/// A clock under which every back-off passes at once, and no limit ever does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brisk(pub(crate) Arc<Mutex<Vec<Duration>>>);

impl Clock for Brisk {
    fn now(&self) -> DateTime<Utc> {
        NOW.parse().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if duration > seconds(10) {
            return Box::pin(std::future::pending());
        }
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

/// 300 KiB in which no 16 bytes are alike.
pub(crate) fn file() -> Vec<u8> {
    let mut bytes = b"id,name\r\n".to_vec();
    bytes.extend((0..19_200_u32).flat_map(|row| format!("{row:015}\n").into_bytes()));
    bytes
}

/// One answer to a download: a head, and how much of a body before the connection closes.
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    reset: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, headers: &[(&str, String)], body: &[u8]) -> Self {
        let mut head = format!("HTTP/1.1 {status} Some Reason\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let body = body.to_vec();
        Self {
            head: head + "\r\n",
            body,
            reset: false,
        }
    }

    pub(crate) fn reset(mut self) -> Self {
        self.reset = true;
        self
    }
}

pub(crate) const TAG: &str = r#""v1""#;

/// The whole file under a tag, of which `sent` bytes arrive.
pub(crate) fn whole(tag: &str, sent: usize) -> Reply {
    let file = file();
    let headers = [
        ("etag", tag.to_owned()),
        ("content-length", file.len().to_string()),
    ];
    Reply::new(200, &headers, &file[..sent])
}

/// The same without anything that could validate it.
pub(crate) fn untagged(sent: usize) -> Reply {
    let file = file();
    Reply::new(200, &[("content-length", file.len().to_string())], &file[..sent])
}

/// Chunked: nobody says how long it is.
pub(crate) fn chunked(sent: usize) -> Reply {
    let mut body = format!("{sent:x}\r\n").into_bytes();
    body.extend(&file()[..sent]);
    let headers = [
        ("etag", TAG.to_owned()),
        ("transfer-encoding", "chunked".to_owned()),
    ];
    Reply::new(200, &headers, &body)
}

/// Bytes `from` up to before `to`, of which `sent` arrive.
pub(crate) fn part(from: usize, to: usize, sent: usize) -> Reply {
    part_of(
        TAG,
        &format!("bytes {from}-{}/{}", to - 1, file().len()),
        from,
        to,
        sent,
    )
}

pub(crate) fn part_of(tag: &str, range: &str, from: usize, to: usize, sent: usize) -> Reply {
    let headers = [
        ("etag", tag.to_owned()),
        ("content-range", range.to_owned()),
        ("content-length", (to - from).to_string()),
    ];
    Reply::new(206, &headers, &file()[from..from + sent])
}

async fn serve(mut connection: Connection, replies: Arc<Mutex<VecDeque<Reply>>>) {
    let Some(request) = connection.request().await else {
        return;
    };
    if !request.target.ends_with("/download") {
        let body = format!(r#"{{"count":1,"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write(head + &body).await;
        return;
    }
    let next = replies.lock().unwrap().pop_front();
    // One request more than the script has is answered with nothing, and counted.
    let Some(reply) = next else { return };
    connection.write(reply.head).await;
    connection.write(&reply.body).await;
    if reply.reset {
        connection.reset();
    }
}

pub(crate) struct Rig {
    server: Server,
    pub(crate) ready: ReadyExport,
    pub(crate) clock: Brisk,
    /// What the client told of its pauses.
    pub(crate) pauses: Arc<Mutex<Vec<Pause>>>,
    pub(crate) directory: tempfile::TempDir,
}

impl Rig {
    pub(crate) async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let server = Server::plain(move |connection| serve(connection, Arc::clone(&replies))).await;
        let clock = Brisk::default();
        let pauses = Arc::<Mutex<Vec<Pause>>>::default();
        let told = Arc::clone(&pauses);
        let client = Client::builder(
            endpoint(&format!("http://{}", server.address())),
            PROJECT.parse().unwrap(),
        )
        .transport(transport())
        .authenticator(static_token())
        .clock(clock.clone())
        .on_pause(move |pause| told.lock().unwrap().push(pause.clone()))
        .build()
        .unwrap();
        let ready = guarded(client.task(TASK.parse().unwrap()).ready()).await.unwrap();
        Self {
            server,
            ready,
            clock,
            pauses,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) async fn to_path(
        &self,
        change: impl FnOnce(Download) -> Download,
    ) -> Result<FileReceipt, Error> {
        let download = change(self.ready.download());
        guarded(download.to_path(self.directory.path().join("x"))).await
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        let all = self.server.requests().into_iter();
        all.filter(|request| request.target.ends_with("/download"))
            .collect()
    }

    /// `Range` and `If-Range` of each request.
    pub(crate) fn ranges(&self) -> Vec<Option<(String, String)>> {
        let text = |request: &Received, name| request.value(name).map(str::to_owned);
        let requests = self.requests();
        let pair = |request| Some((text(request, "range")?, text(request, "if-range")?));
        requests.iter().map(pair).collect()
    }

    /// The file is there, whole, and nothing else.
    pub(crate) fn assert_whole(&self, outcome: Result<FileReceipt, Error>) {
        let receipt = outcome.unwrap();
        let bytes = std::fs::read(self.directory.path().join("x")).unwrap();
        assert!(bytes == file(), "another file: {} bytes", bytes.len());
        assert_eq!(receipt.bytes, bytes.len() as u64);
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(receipt.sha256.unwrap().as_bytes(), &sha256);
        assert_eq!(names(self.directory.path()), ["x"]);
    }

    pub(crate) fn assert_nothing(&self) {
        assert!(names(self.directory.path()).is_empty(), "something stayed behind");
    }
}

pub(crate) fn after(byte: usize) -> Option<(String, String)> {
    Some((format!("bytes={byte}-"), TAG.to_owned()))
}

pub(crate) fn as_it_is(download: Download) -> Download {
    download
}

pub(crate) fn is_incomplete(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Transport {
            kind: TransportErrorKind::BodyIncomplete,
            ..
        }
    )
}
