//! What becomes of a task as its clock goes on, and of the emulator as it starts and stops.

use std::time::Duration;

use serde_json::json;
use session_export_emulator::{Emulator, EmulatorError, ExportOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rig::Rig;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_task_is_created_succeeds_and_expires() {
    let rig = Rig::start(|builder| builder.retention(DAY)).await;
    let id = rig.submit(&json!({})).await;
    rig.advance(Duration::from_millis(1_499));
    let task = rig.task(&id).await;
    assert_eq!(task["status"], "CREATING");
    assert_eq!(task["create_time"], "2024-03-01T10:00:00.000Z");
    assert!(task.get("end_time").is_none() && task.get("fail_reason").is_none());
    assert_eq!(rig.download(&id).await.error(), (400, "WKS.00010032".to_owned()));

    rig.advance(Duration::from_millis(1));
    let task = rig.task(&id).await;
    assert_eq!(
        (&task["status"], &task["end_time"]),
        (&json!("SUCCESS"), &json!("2024-03-01T10:00:01.500Z"))
    );
    assert_eq!(rig.download(&id).await.status, 200);

    rig.advance(DAY - Duration::from_secs(60));
    assert_eq!(rig.task(&id).await["status"], "SUCCESS");
    let rig2 = Rig::start(|builder| builder.retention(Duration::from_secs(60))).await;
    let id = rig2.submit(&json!({})).await;
    rig2.advance(Duration::from_millis(61_499));
    assert_eq!(rig2.task(&id).await["status"], "SUCCESS");
    rig2.advance(Duration::from_millis(1));
    assert_eq!(rig2.task(&id).await["status"], "EXPIRED");
    assert_eq!(rig2.download(&id).await.error(), (400, "WKS.00010032".to_owned()));
}

#[tokio::test]
async fn a_task_fails_or_expires_when_told_so() {
    for (outcome, status) in [(ExportOutcome::Fail, "FAIL"), (ExportOutcome::Expired, "EXPIRED")] {
        let rig = Rig::start(|builder| builder.export_outcome(outcome)).await;
        let id = rig.submit(&json!({})).await;
        assert_eq!(rig.task(&id).await["status"], "CREATING");
        rig.advance(Duration::from_millis(1_500));
        let task = rig.task(&id).await;
        assert_eq!(task["status"], status);
        assert_eq!(task.get("fail_reason").is_some(), status == "FAIL");
        assert_eq!(task.get("error_code").is_some(), status == "FAIL");
        assert_eq!(rig.download(&id).await.status, 400);
        assert_eq!(rig.task(&id).await["is_download"], false);
    }
}

#[tokio::test]
async fn options_outside_their_bounds_are_refused() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let error = Emulator::builder()
            .listen(address.parse().unwrap())
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, EmulatorError::NotLoopback(_)), "{error}");
    }
    let forever = Duration::MAX;
    for (builder, expected) in [
        (Emulator::builder().sessions(2_000_001), "sessions"),
        (Emulator::builder().days(0), "days"),
        (Emulator::builder().days(u32::MAX), "days"),
        (Emulator::builder().export_delay(forever), "export_delay"),
        (Emulator::builder().retention(forever), "retention"),
        (Emulator::builder().token_ttl(forever), "token_ttl"),
        (Emulator::builder().project_id("a/b"), "project_id"),
        (Emulator::builder().user_name(""), "user_name"),
        (Emulator::builder().password(""), "password"),
        (Emulator::builder().domain_name(""), "domain_name"),
        (
            Emulator::builder().domain_name("emulator-agency-domain"),
            "domain_name",
        ),
        (Emulator::builder().agency(""), "agency"),
        (Emulator::builder().key_ttl(forever), "key_ttl"),
        (Emulator::builder().password_lock(forever), "password_lock"),
        (Emulator::builder().totp_passcode(""), "totp_passcode"),
        (Emulator::builder().access_key("", "secret"), "access_key"),
        (Emulator::builder().access_key("A,K", "secret"), "access_key"),
        (Emulator::builder().access_key("AK", ""), "access_key"),
    ] {
        let error = builder.start().await.unwrap_err();
        assert!(
            matches!(error, EmulatorError::InvalidOption { option, .. } if option == expected),
            "{error}"
        );
    }
    let rig = Rig::start(|builder| builder).await;
    for id in [rig.emulator.sub_project_id(), rig.emulator.agency_project_id()] {
        let error = Emulator::builder().project_id(id).start().await.unwrap_err();
        assert!(matches!(error, EmulatorError::InvalidOption { .. }), "{error}");
    }
    let address = rig
        .emulator
        .base_url()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let error = Emulator::builder().listen(address).start().await.unwrap_err();
    assert!(matches!(error, EmulatorError::Listen { .. }));
}

#[test]
fn a_runtime_is_needed() {
    let mut future = std::pin::pin!(Emulator::builder().start());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let result = Future::poll(future.as_mut(), &mut context);
    assert!(matches!(
        result,
        std::task::Poll::Ready(Err(EmulatorError::NoRuntime))
    ));
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let builder = Emulator::builder()
        .password("hunter-2-password")
        .access_key("AKEXAMPLE", "hunter-2-key")
        .totp_passcode("hunter-2-code")
        .sessions(1);
    assert!(!format!("{builder:?}").contains("hunter-2"));
    let emulator = builder.start().await.unwrap();
    assert_eq!(emulator.password(), "hunter-2-password");
    assert_eq!(emulator.access_key_id(), "AKEXAMPLE");
    assert_eq!(emulator.secret_access_key(), "hunter-2-key");
    assert_eq!(emulator.totp_passcode(), Some("hunter-2-code"));
    assert!(!format!("{emulator:?}").contains("hunter-2"));
}

/// Whether the address still accepts a connection, asked until it does not or some seconds have passed.
async fn closes(address: &str) -> bool {
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_err() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn it_stops_on_shutdown_on_drop_and_when_a_future_resolves() {
    for way in ["shutdown", "drop", "until"] {
        let emulator = Emulator::builder().sessions(1).start().await.unwrap();
        let address = emulator.base_url().trim_start_matches("http://").to_owned();
        // A kept-alive connection and one that never said a word must not hold it up.
        let mut idle = TcpStream::connect(&address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        assert!(idle.read(&mut [0; 16]).await.unwrap() > 0);
        let mut silent = TcpStream::connect(&address).await.unwrap();
        let stopping = async {
            match way {
                "shutdown" => emulator.shutdown().await,
                "drop" => drop(emulator),
                _ => emulator.serve_until(async {}).await,
            }
        };
        tokio::time::timeout(Duration::from_secs(4), stopping)
            .await
            .expect(way);
        assert!(closes(&address).await, "{way}");
        let mut rest = Vec::new();
        idle.read_to_end(&mut rest).await.unwrap();
        let _ = silent.read_to_end(&mut rest).await;
    }
}
