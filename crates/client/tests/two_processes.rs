//! A task is submitted by one process, written down, and continued by another.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "the second process is told by its environment what to do"
)]

mod common;

use std::process::Command;

use common::{endpoint, no_filter};
use session_export::{Client, Iam, IamPassword, TaskRef, TokenAuthenticator, TokenScope, WaitPolicy};
use session_export_emulator::Emulator;

const BASE: &str = "TWO_PROCESSES_BASE";
const PROJECT: &str = "TWO_PROCESSES_PROJECT";
const PASSWORD: &str = "TWO_PROCESSES_PASSWORD";
const FILE: &str = "TWO_PROCESSES_FILE";

fn client(base: &str, project: &str, password: &str) -> Client {
    let scope = TokenScope::project_id(project.parse().unwrap());
    let transport = common::transport();
    let login = IamPassword::new(
        Iam::new(transport, base.parse().unwrap()),
        "emulator-user",
        password,
        "emulator-domain",
        scope,
    );
    Client::builder(endpoint(base), project.parse().unwrap())
        .authenticator(TokenAuthenticator::new(login))
        .build()
        .unwrap()
}

/// Not a test: the first process of the test below.
#[tokio::test]
#[ignore = "run by the test below, as a process of its own"]
async fn the_process_that_submits() {
    let variable = |name| std::env::var(name).unwrap();
    let client = client(&variable(BASE), &variable(PROJECT), &variable(PASSWORD));
    let task = client.export_sessions(no_filter()).submit().await.unwrap();
    std::fs::write(variable(FILE), serde_json::to_string(&task.to_ref()).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_one_process_submitted_is_continued_by_another() {
    let emulator = Emulator::builder()
        .password("planted-password")
        .start()
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("task.json");
    let mut submits = Command::new(std::env::current_exe().unwrap());
    submits
        .args(["--exact", "the_process_that_submits", "--ignored"])
        .env(BASE, emulator.base_url())
        .env(PROJECT, emulator.project_id())
        .env(PASSWORD, "planted-password")
        .env(FILE, &file);
    let ended = tokio::task::spawn_blocking(move || submits.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stdout)
    );

    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with(r#"{"version":1,"#) && !text.contains("planted"),
        "{text}"
    );
    let task: TaskRef = serde_json::from_str(&text).unwrap();
    let client = client(&emulator.base_url(), emulator.project_id(), "planted-password");
    let ready = client
        .resume(task)
        .unwrap()
        .wait(WaitPolicy::default())
        .await
        .unwrap();
    let received = ready
        .download()
        .to_path(directory.path().join("x.xlsx"))
        .await
        .unwrap();
    assert!(received.bytes > 20_000, "{received:?}");
}
