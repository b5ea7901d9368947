//! A server that answers what a test tells it to.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{STUCK, program};

pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "a-token-from-the-environment";

#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target: `GET /v2/…?limit=1`.
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then nothing more until the test is over.
    Hang(Vec<u8>),
    /// The connection is reset once the request has been read.
    Reset,
}

/// A whole response.
pub(crate) fn respond(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status} Some Reason\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

pub(crate) fn respond_json(status: u16, body: &str) -> Reply {
    respond(status, &[("Content-Type", "application/json")], body)
}

/// What the export centre lists for a task whose file is ready.
pub(crate) fn ready_task(id: &str) -> Reply {
    let task = format!(
        r#"{{"count":1,"export_tasks":[{{"task_id":"{id}","status":"SUCCESS","file_name":"sessions.csv"}}]}}"#
    );
    respond_json(200, &task)
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let (seen, stop) = (
            Arc::<Mutex<Vec<Request>>>::default(),
            Arc::<AtomicBool>::default(),
        );
        let (log, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let answer = Arc::new(answer);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let (log, stopped, answer) =
                            (Arc::clone(&log), Arc::clone(&stopped), Arc::clone(&answer));
                        std::thread::spawn(move || serve(stream, &log, &stopped, &*answer));
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
        Self {
            url,
            seen,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// A command against it, with a token.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = at(&self.url, args);
        command.env("SESSION_EXPORT_TOKEN", TOKEN);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))));
    }
}

/// A command whose three endpoints are one URL. It has no credentials.
pub(crate) fn at(url: &str, args: &[&str]) -> Command {
    let mut command = program(args);
    command.args(["--endpoint", url, "--export-endpoint", url, "--iam-endpoint", url]);
    command.args(["--project-id", PROJECT]);
    command
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    stop: &AtomicBool,
    answer: &dyn Fn(&Request) -> Reply,
) {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(STUCK)).unwrap();
    let Some(request) = read(&mut stream) else { return };
    log.lock().unwrap().push(request.clone());
    match answer(&request) {
        Reply::Bytes(bytes) => {
            // A client that has gone away is a subject of the tests.
            if stream.write_all(&bytes).is_ok() {
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read(&mut [0]);
            }
        }
        Reply::Hang(bytes) => {
            let _ = stream.write_all(&bytes);
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // The last byte of the body is left unread, and that makes the kernel answer with a reset.
        Reply::Reset => {}
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().unwrap())
        })
        .unwrap_or(0);
    // All but the last byte is taken out of the kernel's buffer; the last one is only looked at.
    let mut body = vec![0; length];
    if length > 0 {
        stream.read_exact(&mut body[..length - 1]).ok()?;
        let mut last = [0];
        stream.peek(&mut last).ok()?;
        body[length - 1] = last[0];
    }
    let line = head
        .lines()
        .next()
        .unwrap()
        .trim_end_matches(" HTTP/1.1")
        .to_owned();
    Some(Request { line, head, body })
}
