//! What `doctor` says, taken apart.

use std::process::Command;

use tokio::runtime::Runtime;

use super::emulator::Emulator;
use super::server::TOKEN;
use super::{Done, Running};

/// An emulator whose clock can be set off.
pub(crate) fn emulator() -> Emulator {
    Emulator::start(&[
        "--export-delay-ms",
        "0",
        "--sessions",
        "5",
        "--admin",
        "127.0.0.1:0",
    ])
}

/// What a server of a test runs in.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A command whose three endpoints are one URL, with a token.
pub(crate) fn at(url: &str, args: &[&str]) -> Command {
    let mut command = super::server::at(url, args);
    command.env("SESSION_EXPORT_TOKEN", TOKEN);
    command
}

pub(crate) fn finish(command: Command, code: i32) -> Done {
    Running::start(command).finish().expect(code)
}

/// The lines of a check: its own, and what belongs to it.
#[track_caller]
pub(crate) fn said(done: &Done, check: &str) -> String {
    let out = done.out();
    let is_its = |line: &&str| {
        line.get(9..).is_some_and(|rest| {
            rest.starts_with(&format!("{check}:")) || rest.starts_with(&format!("{check} of "))
        }) && !line.starts_with(' ')
    };
    let mut lines = out.lines().skip_while(|line| !is_its(line));
    let mut said = lines
        .next()
        .unwrap_or_else(|| panic!("nothing of {check}: {out}"))
        .to_owned();
    for line in lines.take_while(|line| line.starts_with("         ")) {
        said.push('\n');
        said.push_str(line);
    }
    said
}

/// The checks that failed, by their names.
pub(crate) fn failed(done: &Done) -> Vec<String> {
    let out = done.out();
    out.lines()
        .filter_map(|line| line.strip_prefix("failed   "))
        .map(|rest| rest.split(':').next().unwrap().to_owned())
        .collect()
}

/// Sets the emulator's clock off through its admin address.
pub(crate) fn set_clock(admin: &str, seconds: i64) {
    use std::io::{Read, Write};
    let body = format!(r#"{{"offset_seconds": {seconds}}}"#);
    let host = admin.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "PUT /clock HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
