//! The export centre: the list of tasks, deletion, and what cannot be downloaded.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use session_export_emulator::{EmulatorBuilder, ExportFormat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rig::Rig;

async fn ids(rig: &Rig, query: &str) -> Vec<String> {
    let reply = rig.get(&format!("{}?{query}", rig.tasks_path())).await;
    assert_eq!(reply.status, 200, "{query}: {reply:?}");
    let id = |task: &Value| task["task_id"].as_str().unwrap().to_owned();
    reply.json()["export_tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(id)
        .collect()
}

/// Submits `count` exports, one second apart.
async fn submit(rig: &Rig, count: usize) -> Vec<String> {
    let mut submitted = Vec::new();
    for _ in 0..count {
        submitted.push(rig.submit(&json!({})).await);
        rig.advance(Duration::from_secs(1));
    }
    submitted
}

#[tokio::test]
async fn tasks_are_paged_and_sorted() {
    let rig = Rig::start(|builder| builder).await;
    let ascending = submit(&rig, 25).await;
    let descending: Vec<_> = ascending.iter().rev().cloned().collect();
    assert_eq!(ids(&rig, "").await, descending[..20]);
    assert_eq!(ids(&rig, "limit=100").await, descending);
    assert_eq!(
        ids(&rig, "limit=100&sort_field=create_time&sort_type=DESC").await,
        descending
    );
    assert_eq!(
        ids(&rig, "limit=10&offset=20&sort_field=create_time&sort_type=ASC").await,
        ascending[20..]
    );
    assert!(ids(&rig, "offset=25").await.is_empty());
    let page = rig.get(&format!("{}?limit=1", rig.tasks_path())).await.json();
    assert_eq!(page["count"], 25);
}

#[tokio::test]
async fn tasks_are_filtered() {
    let rig = Rig::start(|builder| builder.export_delay(Duration::from_secs(2))).await;
    let tasks = submit(&rig, 4).await;
    assert_eq!(ids(&rig, "status=CREATING").await, [tasks[3].clone()]);
    assert_eq!(
        ids(&rig, "status=SUCCESS&limit=2").await,
        [tasks[2].clone(), tasks[1].clone()]
    );
    assert!(ids(&rig, "status=FAIL").await.is_empty());
    assert!(ids(&rig, "task_id=unknown").await.is_empty());
    let name = rig.task(&tasks[1]).await["file_name"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ids(&rig, &format!("file_name={name}")).await, [tasks[1].clone()]);

    assert_eq!(rig.task(&tasks[0]).await["is_download"], false);
    assert_eq!(rig.download(&tasks[0]).await.status, 200);
    assert_eq!(rig.task(&tasks[0]).await["is_download"], true);
    assert_eq!(ids(&rig, "is_download=true").await, [tasks[0].clone()]);
    assert_eq!(ids(&rig, "is_download=false").await.len(), 3);
    assert_eq!(ids(&rig, "").await.len(), 4);
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let rig = Rig::start(|builder| builder).await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "offset=-1",
        "status=DONE",
        "status=",
        "status=success",
        "is_download=yes",
        "is_download=",
        "sort_field=create_time",
        "sort_type=ASC",
        "sort_field=file_name&sort_type=ASC",
        "sort_field=create_time&sort_type=asc",
        "task_id=%f",
        "limit=1&limit=1",
    ] {
        let reply = rig.get(&format!("{}?{query}", rig.tasks_path())).await;
        assert_eq!(reply.error(), (400, "WKS.00139901".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn deleted_tasks_are_gone_and_unknown_ones_do_not_matter() {
    let rig = Rig::start(|builder| builder).await;
    let tasks = submit(&rig, 3).await;
    let path = format!("{}/batch-delete", rig.tasks_path());
    let body = json!({ "task_ids": [tasks[0], tasks[2], "unknown"] });
    let reply = rig.post(&path, body.to_string().as_bytes()).await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("x-request-id").map(str::len), Some(32));
    assert_eq!(ids(&rig, "").await, [tasks[1].clone()]);
    assert_eq!(
        rig.download(&tasks[0]).await.error(),
        (400, "WKS.0202".to_owned())
    );

    let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    for body in [
        json!({}),
        json!([]),
        json!({ "task_ids": null }),
        json!({ "task_ids": "one" }),
        json!({ "task_ids": [] }),
        json!({ "task_ids": [1] }),
        json!({ "task_ids": [""] }),
        json!({ "task_ids": ["x".repeat(65)] }),
        json!({ "task_ids": ["same", "same"] }),
        json!({ "task_ids": many(201) }),
    ] {
        let (status, code) = rig.post(&path, body.to_string().as_bytes()).await.error();
        assert_eq!(status, 400, "{body}");
        assert!((8..=36).contains(&code.len()));
    }
    let body = json!({ "task_ids": many(200) });
    assert_eq!(rig.post(&path, body.to_string().as_bytes()).await.status, 200);
    assert_eq!(ids(&rig, "").await.len(), 1);
}

#[tokio::test]
async fn a_download_survives_the_deletion_of_its_task() {
    let csv = |builder: EmulatorBuilder| builder.sessions(20_000).export_format(ExportFormat::Csv);
    let rig = Rig::start(csv).await;
    let task = submit(&rig, 1).await.remove(0);
    rig.advance(Duration::from_secs(1));
    let whole = rig.download(&task).await.body;

    let address = rig.emulator.base_url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let (path, token) = (rig.tasks_path(), rig.token());
    let head = format!(
        "GET {path}/{task}/download HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 1_000];
    stream.read_exact(&mut bytes).await.unwrap();
    let body = json!({ "task_ids": [task] });
    assert_eq!(
        rig.post(&format!("{path}/batch-delete"), body.to_string().as_bytes())
            .await
            .status,
        200
    );
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(
        bytes.ends_with(&whole),
        "{} of more than {} bytes",
        bytes.len(),
        whole.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_at_the_same_time_get_the_same_file() {
    let rig = Arc::new(Rig::start(|builder| builder.sessions(2_000)).await);
    let task = submit(&rig, 1).await.remove(0);
    rig.advance(Duration::from_secs(1));
    let downloads: Vec<_> = (0..8)
        .map(|_| {
            let (rig, task) = (Arc::clone(&rig), task.clone());
            tokio::spawn(async move { rig.download(&task).await.body })
        })
        .collect();
    let mut files = Vec::new();
    for download in downloads {
        files.push(download.await.unwrap());
    }
    assert!(
        files
            .iter()
            .all(|file| file == &files[0] && file.starts_with(b"PK"))
    );
}

#[tokio::test]
async fn unknown_tasks_cannot_be_downloaded() {
    let rig = Rig::start(|builder| builder).await;
    for id in ["unknown", "%ff", "%", "..", "%2e%2e%2fetc"] {
        let reply = rig.get(&format!("{}/{id}/download", rig.tasks_path())).await;
        assert_eq!(reply.error(), (400, "WKS.0202".to_owned()), "{id}");
    }
}
