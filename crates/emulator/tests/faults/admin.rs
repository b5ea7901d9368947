//! The admin address: its requests, and what it refuses.

use std::net::SocketAddr;

use serde_json::{Value, json};
use session_export_emulator::{Emulator, EmulatorError, FaultOperation};

use crate::socket::{Came, Socket};
use crate::stage::Stage;

use FaultOperation::{ExportSessions, ListExportTasks, ListSessions, Metadata};

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

async fn start() -> Stage {
    Stage::start(|builder| builder.admin(SocketAddr::from(ANY_PORT))).await
}

async fn ask(stage: &Stage, method: &str, target: &str, body: &str) -> Came {
    let mut socket = Socket::connect(stage.emulator.admin_url().unwrap()).await;
    socket.send(method, target, &[], body.as_bytes()).await
}

async fn value(stage: &Stage, method: &str, target: &str, body: &str) -> Value {
    let came = ask(stage, method, target, body).await;
    assert_eq!(came.status(), Some(200), "{came:?}");
    came.json()
}

#[tokio::test]
async fn scripts_are_read_replaced_and_taken_away() {
    let stage = start().await;
    let empty = json!({ "seed": 0, "faults": [] });
    assert_eq!(value(&stage, "GET", "/faults", "").await, empty);
    let script = r#"{"faults": [{"operation": "list_sessions", "fault": {"status": {"status": 500}}}]}"#;
    let set = value(&stage, "PUT", "/faults", script).await;
    assert_eq!(set["faults"][0]["fault"]["status"]["status"], 500);
    assert_eq!(stage.call(ListSessions).await.status(), Some(500));
    let refused = ask(
        &stage,
        "PUT",
        "/faults",
        r#"{"faults": [{"fault": {"status": {"status": 9}}}]}"#,
    )
    .await;
    assert_eq!(refused.status(), Some(400));
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .contains("faults[0].fault.status.status")
    );
    assert_eq!(
        value(&stage, "GET", "/faults", "").await,
        set,
        "the old script stays"
    );
    assert_eq!(value(&stage, "DELETE", "/faults", "").await, empty);
    assert_eq!(stage.call(ListSessions).await.status(), Some(200));
}

#[tokio::test]
async fn the_journal_is_read_from_a_number_on_and_cleared() {
    let stage = start().await;
    stage.call(ListSessions).await;
    let id = stage.submit().await;
    let journal = value(&stage, "GET", "/journal", "").await;
    let [first, second] = journal["entries"].as_array().unwrap().as_slice() else {
        panic!("{journal}")
    };
    assert_eq!(first["operation"], "list_sessions");
    assert_eq!(
        (&second["task_ids"], &second["status"]),
        (&json!([id]), &json!(200))
    );
    assert_eq!(
        second["credential"],
        json!({ "kind": "token", "id": stage.emulator.user_name() })
    );
    let after = format!("/journal?after={}", first["sequence"]);
    assert_eq!(value(&stage, "GET", &after, "").await["entries"], json!([second]));
    assert_eq!(
        ask(&stage, "GET", "/journal?after=x", "").await.status(),
        Some(400)
    );
    assert_eq!(ask(&stage, "DELETE", "/journal", "").await.status(), Some(204));
    let empty = json!({ "entries": [], "dropped": 0 });
    assert_eq!(value(&stage, "GET", "/journal", "").await, empty);
}

#[tokio::test]
async fn credentials_are_revoked() {
    let stage = start().await;
    assert_eq!(stage.call(Metadata).await.status(), Some(200));
    assert_eq!(ask(&stage, "POST", "/keys/revoke", "").await.status(), Some(204));
    assert_eq!(stage.call(ListSessions).await.status(), Some(200));
    assert_eq!(
        ask(&stage, "POST", "/tokens/revoke", "").await.status(),
        Some(204)
    );
    assert_eq!(stage.call(ListSessions).await.status(), Some(401));
}

#[tokio::test]
async fn the_clock_is_read_and_set() {
    let stage = start().await;
    let right = json!({ "offset_seconds": 0, "now": "2024-03-01T10:00:00.000Z" });
    assert_eq!(value(&stage, "GET", "/clock", "").await, right);
    let off = json!({ "offset_seconds": -90, "now": "2024-03-01T09:58:30.000Z" });
    assert_eq!(
        value(&stage, "PUT", "/clock", r#"{"offset_seconds": -90}"#).await,
        off
    );
    assert_eq!(
        stage.call(ListSessions).await.header("date"),
        Some("Fri, 01 Mar 2024 09:58:30 GMT")
    );
    for body in [
        "",
        "{}",
        r#"{"offset_seconds": 1.5}"#,
        r#"{"offset_seconds": 315360001}"#,
        r#"{"offset_seconds": 1, "x": 1}"#,
    ] {
        assert_eq!(
            ask(&stage, "PUT", "/clock", body).await.status(),
            Some(400),
            "{body}"
        );
    }
    assert_eq!(stage.emulator.clock_offset(), -90);
}

#[tokio::test]
async fn tasks_are_shown_as_they_are() {
    let stage = start().await;
    let script =
        r#"{"faults": [{"operation": "export_sessions", "fault": {"task": {"fate": "invisible"}}}]}"#;
    value(&stage, "PUT", "/faults", script).await;
    let id = stage.submit().await;
    assert!(stage.task(&id).await.is_null());
    let all = value(&stage, "GET", "/tasks", "").await;
    let task = &all["tasks"][0];
    assert_eq!(
        (&task["task_id"], &task["status"], &task["listed"]),
        (&json!(id), &json!("SUCCESS"), &json!(false))
    );
    assert_eq!(task["fate"], "invisible");
    assert_eq!(task["project_id"], stage.emulator.project_id());
    assert_eq!(all["exports_created"], 1);
    assert_eq!(all["exports_created_by_project"][stage.emulator.project_id()], 1);
    assert_eq!(
        all["exports_created_by_project"][stage.emulator.sub_project_id()],
        0
    );
}

#[tokio::test]
async fn a_page_of_another_site_does_not_get_in() {
    let stage = start().await;
    let url = stage.emulator.admin_url().unwrap();
    let port = url.rsplit(':').next().unwrap();
    let evil = format!("evil.example:{port}");
    let local = format!("localhost:{port}");
    for (headers, status) in [
        (vec![("Host", local.as_str())], 200),
        (vec![("Host", "[::1]")], 200),
        (
            vec![("Host", local.as_str()), ("Origin", "http://localhost:3000")],
            200,
        ),
        (vec![("Host", evil.as_str())], 403),
        (vec![("Host", local.as_str()), ("Host", evil.as_str())], 403),
        (vec![], 403),
        (
            vec![("Host", local.as_str()), ("Origin", "http://evil.example")],
            403,
        ),
        (vec![("Host", local.as_str()), ("Origin", "null")], 403),
        (
            vec![
                ("Host", local.as_str()),
                ("Origin", "http://localhost.evil.example"),
            ],
            403,
        ),
        (
            vec![
                ("Host", local.as_str()),
                ("Origin", "http://localhost/@evil.example"),
            ],
            403,
        ),
    ] {
        let mut socket = Socket::connect(url).await;
        let mut request = "DELETE /faults HTTP/1.1\r\n".to_owned();
        for (name, value) in &headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("Content-Length: 0\r\n\r\n");
        socket.write(request.as_bytes()).await;
        assert_eq!(socket.read().await.status(), Some(status), "{headers:?}");
    }
}

#[tokio::test]
async fn what_it_does_not_know_is_refused() {
    let stage = start().await;
    assert_eq!(ask(&stage, "GET", "/", "").await.status(), Some(404));
    assert_eq!(ask(&stage, "GET", "/faults/", "").await.status(), Some(404));
    let refused = ask(&stage, "POST", "/faults", "").await;
    assert_eq!(
        (refused.status(), refused.header("allow")),
        (Some(405), Some("GET, PUT, DELETE"))
    );
    assert_eq!(ask(&stage, "GET", "/tokens/revoke", "").await.status(), Some(405));
    let long = " ".repeat(1024 * 1024 + 1);
    assert_eq!(ask(&stage, "PUT", "/faults", &long).await.status(), Some(413));
    let longest = format!("{{}}{}", " ".repeat(1024 * 1024 - 2));
    assert_eq!(ask(&stage, "PUT", "/faults", &longest).await.status(), Some(200));
    assert_eq!(
        stage.emulator.journal().entries().len(),
        0,
        "admin requests are no calls"
    );
    assert_eq!(stage.call(ListExportTasks).await.status(), Some(200));
    let admin_path = stage.socket().await.send("GET", "/faults", &[], b"").await;
    assert_eq!(
        admin_path.status(),
        Some(404),
        "the service's address has no admin requests"
    );
    stage.call(ExportSessions).await;
}

#[tokio::test]
async fn it_listens_on_loopback_and_only_when_asked_for() {
    let emulator = Emulator::builder().sessions(0).start().await.unwrap();
    assert_eq!(emulator.admin_url(), None);
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = Emulator::builder().admin(everywhere).start().await.unwrap_err();
    assert!(matches!(error, EmulatorError::NotLoopback(_)));
    let stage = start().await;
    let url = stage.emulator.admin_url().unwrap().to_owned();
    stage.emulator.shutdown().await;
    let host = url.strip_prefix("http://").unwrap().to_owned();
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(&host).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it still listens");
}
