//! What a type promises to those who embed it: threads, sizes, and what `Debug` keeps to itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Debug;

use common::{
    PROJECT, TOKEN, client, clock, emulator_client, endpoint, guarded, login, no_filter, static_token,
    wide_window,
};
use session_export::{
    Client, Download, DownloadStream, Endpoint, Error, ErrorKind, Export, ExportTask, FileReceipt,
    ListSessions, ReadyExport, Receipt, SessionStream, SystemClock, TaskQuery, TaskRef, WaitPolicy,
};
use session_export_emulator::Emulator;
use session_export_transport::test_util::MockTransport;

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}
fn is_static_and_shared<T: Send + Sync + Debug + 'static>() {}
fn send<T: Send>(future: T) -> T {
    future
}

#[test]
fn handles_can_be_shared_and_streams_can_be_sent() {
    is_static_and_shared::<Client>();
    is_static_and_shared::<Error>();
    is_static_and_shared::<Endpoint>();
    is_static_and_shared::<Export>();
    is_static_and_shared::<ExportTask>();
    is_static_and_shared::<ReadyExport>();
    is_static_and_shared::<Download>();
    is_static_and_shared::<ListSessions>();
    is_send_and_sync::<(WaitPolicy, TaskRef, Receipt, FileReceipt, SystemClock)>();
    is_send::<SessionStream>();
    is_send::<DownloadStream>();
}

#[test]
fn an_error_is_one_pointer_in_size() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[test]
fn futures_can_be_sent_and_are_of_reasonable_size() {
    let client = client(MockTransport::new(), &clock());
    let task = client.task(common::TASK.parse().unwrap());
    let (query, ids) = (
        TaskQuery::new(),
        session_export::TaskIds::new([common::TASK.parse().unwrap()]).unwrap(),
    );
    let list = client.list_sessions(wide_window());
    let mut sessions = client.list_sessions(wide_window()).stream();
    for (name, size) in [
        (
            "submit",
            size_of_val(&send(client.export_sessions(no_filter()).submit())),
        ),
        ("list_tasks", size_of_val(&send(client.list_tasks(&query)))),
        ("delete_tasks", size_of_val(&send(client.delete_tasks(&ids)))),
        ("check", size_of_val(&send(task.check()))),
        ("ready", size_of_val(&send(task.ready()))),
        ("wait", size_of_val(&send(task.wait(WaitPolicy::default())))),
        ("page", size_of_val(&send(list.page(0)))),
        ("next", size_of_val(&send(sessions.next()))),
    ] {
        assert!(size < 4096, "{name} takes {size} bytes");
    }
}

#[tokio::test]
async fn the_futures_of_a_download_can_be_sent_and_are_of_reasonable_size() {
    let emulator = Emulator::builder()
        .sessions(5)
        .export_delay(common::seconds(0))
        .start()
        .await
        .unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    let ready = guarded(async {
        let task = client.export_sessions(no_filter()).submit().await.unwrap();
        task.ready().await.unwrap()
    })
    .await;
    let (download, mut bytes) = (ready.download(), Vec::new());
    let stream = ready.download().into_stream();
    for (name, size) in [
        ("to_path", size_of_val(&send(download.to_path("x")))),
        ("to_directory", size_of_val(&send(download.to_directory("x")))),
        ("to_writer", size_of_val(&send(download.to_writer(&mut bytes)))),
        ("into_stream", size_of_val(&send(stream))),
    ] {
        assert!(size < 8192, "{name} takes {size} bytes");
    }
}

#[tokio::test]
async fn debug_shows_neither_token_nor_password() {
    let emulator = Emulator::builder()
        .sessions(5)
        .password("planted-password")
        .start()
        .await
        .unwrap();
    let logged_in = emulator_client(&emulator).build().unwrap();
    guarded(logged_in.list_tasks(&TaskQuery::new())).await.unwrap();
    let given = common::socket_client("http://127.0.0.1:1");
    let builder = Client::builder(endpoint("http://127.0.0.1:1"), PROJECT.parse().unwrap())
        .authenticator(static_token());
    for text in [
        format!("{logged_in:?}"),
        format!("{:?}", emulator_client(&emulator)),
        format!("{:?}", login(&emulator)),
        format!("{given:#?}"),
        format!("{builder:?}"),
        format!("{:?}", given.export_sessions(no_filter())),
        format!("{:?}", given.list_sessions(wide_window())),
        format!("{:?}", given.task(common::TASK.parse().unwrap())),
    ] {
        assert!(!text.contains("planted") && !text.contains(TOKEN), "{text}");
        assert!(text.len() > 40, "{text}");
    }
    assert!(format!("{given:?}").contains(PROJECT));
}

#[test]
fn a_client_without_an_authenticator_is_refused_with_the_remedy() {
    let error = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(MockTransport::new())
        .build()
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration { .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "the client has no authenticator; give one with ClientBuilder::authenticator"
    );
}

#[test]
fn a_user_agent_that_no_header_carries_is_refused() {
    for product in ["a\r\nx-evil: 1", "程序/1", "\u{0}", "", " "] {
        let error = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
            .transport(MockTransport::new())
            .authenticator(static_token())
            .user_agent(product)
            .build()
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Configuration { .. }),
            "{error:?}"
        );
    }
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn reqwest_is_taken_where_no_transport_is_given() {
    let emulator = Emulator::builder().sessions(5).start().await.unwrap();
    let client = Client::builder(
        endpoint(&emulator.base_url()),
        emulator.project_id().parse().unwrap(),
    )
    .authenticator(login(&emulator))
    .build()
    .unwrap();
    guarded(client.list_tasks(&TaskQuery::new())).await.unwrap();
    assert!(format!("{client:?}").contains("transport: ReqwestTransport"));
}

#[cfg(not(feature = "reqwest"))]
#[test]
fn without_any_transport_the_remedy_is_named() {
    let error = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .authenticator(static_token())
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("ClientBuilder::transport"), "{error}");
}

#[test]
fn one_client_serves_one_runtime_after_another() {
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let emulator = server.block_on(Emulator::builder().sessions(5).start()).unwrap();
    let client = Client::builder(
        endpoint(&emulator.base_url()),
        emulator.project_id().parse().unwrap(),
    )
    .transport(common::transport())
    .authenticator(login(&emulator))
    .build()
    .unwrap();
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let tasks = runtime
            .block_on(guarded(client.list_tasks(&TaskQuery::new())))
            .unwrap();
        assert_eq!(tasks.count, Some(0));
    }
}

#[tokio::test]
async fn many_calls_at_once_share_one_log_in() {
    let emulator = Emulator::builder().sessions(250).start().await.unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    let queries: Vec<_> = (0..20).map(|_| TaskQuery::new()).collect();
    let calls = queries.iter().map(|query| client.list_tasks(query));
    for outcome in guarded(futures_util::future::join_all(calls)).await {
        outcome.unwrap();
    }
    let log_ins = emulator
        .requests_seen()
        .iter()
        .filter(|seen| seen.path().ends_with("/tokens"))
        .count();
    assert_eq!(log_ins, 1);
}
