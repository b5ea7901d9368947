//! Export tasks.

use std::time::Duration;

use serde_json::json;

use super::with;
use crate::http::Reply;
use crate::rig::Rig;

async fn delete(rig: &Rig, ids: &[&str]) -> Reply {
    let body = json!({ "task_ids": ids }).to_string();
    rig.post(&format!("{}/batch-delete", rig.tasks_path()), body.as_bytes())
        .await
}

async fn count(rig: &Rig) -> u64 {
    rig.get(&rig.tasks_path()).await.json()["count"].as_u64().unwrap()
}

#[tokio::test]
async fn the_export_centre_shows_tasks_or_hides_them() {
    for (choice, shown, status) in [
        (("export-centre", "shows"), 1, 200),
        (("export-centre", "hides"), 0, 400),
    ] {
        let rig = with(&[choice]).await;
        let task = rig.submit(&json!({})).await;
        rig.advance(Duration::from_secs(2));
        assert_eq!(count(&rig).await, shown, "{choice:?}");
        assert_eq!(rig.download(&task).await.status, status, "{choice:?}");
    }
}

#[tokio::test]
async fn exports_go_on_side_by_side_or_one_at_a_time() {
    let rig = with(&[("concurrent-exports", "unlimited")]).await;
    for _ in 0..5 {
        rig.submit(&json!({})).await;
    }
    let rig = with(&[("concurrent-exports", "one")]).await;
    rig.submit(&json!({})).await;
    assert_eq!(
        rig.export(&json!({})).await.error(),
        (409, "WKS.00211103".to_owned())
    );
    rig.advance(Duration::from_secs(2));
    assert_eq!(rig.export(&json!({})).await.status, 200);
    assert_eq!(count(&rig).await, 2);
}

#[tokio::test]
async fn files_have_a_name() {
    for (choice, format, expected) in [
        (
            ("file-name", "timestamp"),
            ("file-format", "csv"),
            "sessions_20240301100000_",
        ),
        (("file-name", "fixed"), ("file-format", "xlsx"), "sessions.xlsx"),
        (
            ("file-name", "chinese"),
            ("file-format", "csv"),
            "会话列表_20240301100000.csv",
        ),
    ] {
        let rig = with(&[choice, format]).await;
        let task = rig.submit(&json!({})).await;
        let name = rig.task(&task).await["file_name"].as_str().unwrap().to_owned();
        assert!(name.starts_with(expected) && name.ends_with(format.1), "{name}");
    }
}

#[tokio::test]
async fn a_task_is_created_for_as_long_as_is_said_and_kept_as_long() {
    let rig = with(&[("export-delay", "90000"), ("retention", "3600")]).await;
    let task = rig.submit(&json!({})).await;
    let mut seen = Vec::new();
    for seconds in [89, 1, 3_599, 1] {
        rig.advance(Duration::from_secs(seconds));
        seen.push(rig.task(&task).await["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["CREATING", "SUCCESS", "SUCCESS", "EXPIRED"]);
}

#[tokio::test]
async fn tasks_that_are_being_created_can_be_deleted_or_not() {
    let rig = with(&[("creating-deletion", "allowed")]).await;
    let task = rig.submit(&json!({})).await;
    assert_eq!(delete(&rig, &[&task]).await.status, 200);
    assert_eq!(count(&rig).await, 0);

    let rig = with(&[("creating-deletion", "refused")]).await;
    let ready = rig.submit(&json!({})).await;
    rig.advance(Duration::from_secs(2));
    let creating = rig.submit(&json!({})).await;
    let reply = delete(&rig, &[&ready, &creating]).await;
    assert_eq!(reply.error(), (400, "WKS.00010032".to_owned()));
    assert_eq!(count(&rig).await, 2);
    rig.advance(Duration::from_secs(2));
    assert_eq!(delete(&rig, &[&ready, &creating]).await.status, 200);
    assert_eq!(count(&rig).await, 0);
}

#[tokio::test]
async fn unknown_ids_are_ignored_or_refused_before_or_after_the_rest() {
    for (choice, status, left) in [
        (("unknown-deletion", "ignored"), 200, 0),
        (("unknown-deletion", "refused"), 400, 1),
        (("unknown-deletion", "partial"), 400, 0),
    ] {
        let rig = with(&[choice]).await;
        let task = rig.submit(&json!({})).await;
        let reply = delete(&rig, &[&task, "unknown"]).await;
        assert_eq!(reply.status, status, "{choice:?}");
        if status == 400 {
            assert_eq!(reply.error().1, "WKS.0202");
        }
        assert_eq!(count(&rig).await, left, "{choice:?}");
    }
}
