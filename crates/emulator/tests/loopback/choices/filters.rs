//! The other filters, and bodies.

use serde_json::{Value, json};

use super::{exported, listed, with};
use crate::http::encode;
use crate::rig::{ALL, Rig};

async fn count(rig: &Rig, filter: &str) -> u64 {
    let reply = rig.list(&format!("{ALL}&{filter}")).await;
    assert_eq!(reply.status, 200, "{filter}: {reply:?}");
    reply.json()["count"].as_u64().unwrap()
}

async fn status(rig: &Rig, filter: &str) -> u16 {
    rig.list(&format!("{ALL}&{filter}")).await.status
}

async fn submitted(rig: &Rig, body: &Value) -> u16 {
    rig.export(body).await.status
}

#[tokio::test]
async fn a_user_name_is_compared_exactly_or_as_a_part() {
    let exact = with(&[("user-name", "exact")]).await;
    let fuzzy = with(&[("user-name", "fuzzy")]).await;
    let rows = fuzzy.list_all(ALL).await;
    let name = |row: &Value| row["login_user"].as_str().unwrap().to_owned();
    let part = name(&rows[0]).chars().take(2).collect::<String>().to_uppercase();
    let wanted: Vec<_> = rows
        .iter()
        .filter(|row| name(row).to_lowercase().contains(&part.to_lowercase()))
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(!wanted.is_empty());
    let query = format!("{ALL}&user_name={}", encode(&part));
    assert_eq!(listed(&fuzzy, &query).await, wanted);
    let window = json!({
        "query_begin_time": "2024-02-01T00:00:00Z", "query_end_time": "2024-03-01T00:00:00Z", "user_name": part,
    });
    let in_window = "query_begin_time=2024-02-01T00:00:00Z&query_end_time=2024-03-01T00:00:00Z";
    let recent = listed(&fuzzy, &format!("{in_window}&user_name={}", encode(&part))).await;
    assert_eq!(exported(&fuzzy, &window).await, recent);

    let wholly = rows.iter().filter(|row| name(row) == part).count();
    assert_eq!(listed(&exact, &query).await.len(), wholly);
    assert!(wholly < wanted.len());
}

#[tokio::test]
async fn public_ip_filters_a_list_or_is_dropped() {
    let rig = with(&[("list-public-ip", "works")]).await;
    assert_eq!(count(&rig, "public_ip=192.0.2.1").await, 0);
    assert_eq!(status(&rig, &format!("public_ip={}", "1".repeat(65))).await, 400);
    let rig = with(&[("list-public-ip", "dropped")]).await;
    assert_eq!(count(&rig, "public_ip=192.0.2.1").await, 300);
    assert_eq!(count(&rig, &format!("public_ip={}", "1".repeat(65))).await, 300);
    // The export's body is forwarded whole.
    assert!(
        exported(&rig, &json!({ "public_ip": "192.0.2.1" }))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_empty_text_is_no_filter_compared_or_refused() {
    let fields = [
        "vm_ip",
        "public_ip",
        "machine_name",
        "app_server_group_id",
        "session_state",
    ];
    let rig = with(&[("empty-text", "no-filter")]).await;
    for field in fields {
        assert_eq!(count(&rig, &format!("{field}=")).await, 300, "{field}");
    }
    let rig = with(&[("empty-text", "compared")]).await;
    for field in &fields[..4] {
        assert_eq!(count(&rig, &format!("{field}=")).await, 0, "{field}");
        assert!(exported(&rig, &json!({ *field: "" })).await.is_empty(), "{field}");
    }
    assert_eq!(
        status(&rig, "session_state=").await,
        400,
        "no state has an empty name"
    );
    let rig = with(&[("empty-text", "refused")]).await;
    for field in fields {
        assert_eq!(status(&rig, &format!("{field}=")).await, 400, "{field}");
        assert_eq!(submitted(&rig, &json!({ field: "" })).await, 400, "{field}");
    }
    // The list of tasks follows.
    for (value, status, count) in [("no-filter", 200, 1), ("compared", 200, 0), ("refused", 400, 0)] {
        let rig = with(&[("empty-text", value)]).await;
        rig.submit(&json!({})).await;
        for field in ["task_id", "file_name"] {
            let reply = rig.get(&format!("{}?{field}=", rig.tasks_path())).await;
            assert_eq!(reply.status, status, "{value} {field}");
            assert_eq!(
                reply.json()["count"].as_u64().unwrap_or_default(),
                count,
                "{value} {field}"
            );
        }
    }
}

#[tokio::test]
async fn states_are_read_strictly_leniently_or_all() {
    let odd = [
        "active",
        "Active, SignedOut",
        "Active,",
        "Nothing",
        "SignedOut,Nothing",
    ]
    .map(encode);
    let rig = with(&[("session-state", "strict")]).await;
    for text in &odd {
        assert_eq!(
            status(&rig, &format!("session_state={text}")).await,
            400,
            "{text}"
        );
    }
    let both = count(&rig, "session_state=Active,SignedOut").await;
    let signed_out = count(&rig, "session_state=SignedOut").await;
    assert!(0 < signed_out && signed_out < both && both < 300);

    let rig = with(&[("session-state", "lenient")]).await;
    assert_eq!(count(&rig, "session_state=%20active%20,,SIGNEDOUT,").await, both);
    assert_eq!(status(&rig, "session_state=Nothing").await, 400);

    let rig = with(&[("session-state", "any")]).await;
    assert_eq!(count(&rig, "session_state=SignedOut,Nothing,").await, signed_out);
    assert_eq!(count(&rig, "session_state=signedout").await, 0);
}

#[tokio::test]
async fn states_may_repeat_or_not() {
    let rig = with(&[("session-state-repeats", "accepted")]).await;
    assert_eq!(status(&rig, "session_state=Active,Active").await, 200);
    let rig = with(&[("session-state-repeats", "refused")]).await;
    assert_eq!(status(&rig, "session_state=Active,InitFail,Active").await, 400);
    assert_eq!(
        submitted(&rig, &json!({ "session_state": "Active,Active" })).await,
        400
    );
    assert_eq!(status(&rig, "session_state=Active,InitFail").await, 200);
}

#[tokio::test]
async fn success_fits_its_pattern_wholly_or_anywhere() {
    let rig = with(&[("is-success", "whole")]).await;
    let failed = count(&rig, "is_success=false").await;
    assert!(failed > 0 && failed < 150);
    assert_eq!(status(&rig, "is_success=xtruex").await, 400);
    let rig = with(&[("is-success", "anywhere")]).await;
    assert_eq!(count(&rig, "is_success=xtruex").await, 300 - failed);
    assert_eq!(count(&rig, "is_success=falsetrue").await, failed);
    assert_eq!(count(&rig, "is_success=false").await, failed);
    assert_eq!(status(&rig, "is_success=True").await, 400);
    assert_eq!(
        status(&rig, &format!("is_success={}true", "x".repeat(28))).await,
        200
    );
    assert_eq!(
        status(&rig, &format!("is_success={}true", "x".repeat(29))).await,
        400
    );
}

#[tokio::test]
async fn a_json_boolean_is_refused_or_read() {
    let rig = with(&[("json-boolean", "refused")]).await;
    assert_eq!(submitted(&rig, &json!({ "is_success": false })).await, 400);
    let rig = with(&[("json-boolean", "accepted")]).await;
    let text = exported(&rig, &json!({ "is_success": "false" })).await;
    assert!(!text.is_empty());
    assert_eq!(
        exported(&rig, &json!({ "is_success": false })).await.len(),
        text.len()
    );
    assert_eq!(submitted(&rig, &json!({ "user_name": true })).await, 400);
}

#[tokio::test]
async fn json_null_is_refused_or_absent() {
    let nulls =
        json!({ "user_name": null, "query_begin_time": null, "query_end_time": null, "is_success": null });
    let rig = with(&[("json-null", "refused")]).await;
    assert_eq!(submitted(&rig, &nulls).await, 400);
    let rig = with(&[("json-null", "absent")]).await;
    assert_eq!(submitted(&rig, &nulls).await, 200);
}

#[tokio::test]
async fn unknown_fields_are_ignored_or_refused() {
    let body = json!({ "vm_ip": "10.0.0.1", "language": "zh_CN" });
    let rig = with(&[("unknown-fields", "ignored")]).await;
    assert_eq!(submitted(&rig, &body).await, 200);
    let rig = with(&[("unknown-fields", "refused")]).await;
    assert_eq!(submitted(&rig, &body).await, 400);
    let all = json!({
        "user_name": "a", "query_begin_time": "2024-02-01T00:00:00Z", "query_end_time": "2024-02-02T00:00:00Z",
        "app_server_group_id": "a", "vm_ip": "a", "public_ip": "a", "machine_name": "a", "session_state": "Active",
        "is_success": "true",
    });
    assert_eq!(submitted(&rig, &all).await, 200);
}

#[tokio::test]
async fn lengths_count_characters_or_bytes() {
    let name = json!({ "user_name": "张".repeat(22) });
    let rig = with(&[("text-length", "characters")]).await;
    assert_eq!(submitted(&rig, &name).await, 200);
    let rig = with(&[("text-length", "bytes")]).await;
    assert_eq!(submitted(&rig, &name).await, 400);
    assert_eq!(
        submitted(&rig, &json!({ "user_name": "张".repeat(21) })).await,
        200
    );
}

#[tokio::test]
async fn the_media_type_is_json_exactly_json_or_any() {
    for (choice, with_charset, deletion, text) in [
        (("media-type", "json"), 200, 200, 415),
        (("media-type", "exact"), 415, 200, 415),
        (("media-type", "any"), 200, 200, 200),
    ] {
        let rig = with(&[choice]).await;
        let send = async |path: &str, media_type: &str, body: &str| {
            let headers = [("X-Auth-Token", rig.token()), ("Content-Type", media_type)];
            rig.send("POST", path, &headers, body.as_bytes()).await.status
        };
        let export = format!("{}/export", rig.sessions_path());
        let delete = format!("{}/batch-delete", rig.tasks_path());
        let charset = "application/json;charset=UTF-8";
        assert_eq!(send(&export, "application/json", "{}").await, 200, "{choice:?}");
        assert_eq!(send(&export, charset, "{}").await, with_charset, "{choice:?}");
        assert_eq!(
            send(&delete, charset, "{\"task_ids\":[\"a\"]}").await,
            deletion,
            "{choice:?}"
        );
        assert_eq!(send(&export, "text/plain", "{}").await, text, "{choice:?}");
        assert_eq!(
            send(&delete, "text/plain", "{\"task_ids\":[\"a\"]}").await,
            text,
            "{choice:?}"
        );
    }
}

#[tokio::test]
async fn an_export_without_a_body_is_refused_or_accepted() {
    for (choice, status) in [
        (("empty-body", "refused"), 400),
        (("empty-body", "accepted"), 200),
    ] {
        let rig = with(&[choice]).await;
        let path = format!("{}/export", rig.sessions_path());
        assert_eq!(rig.post(&path, b"").await.status, status, "{choice:?}");
        assert_eq!(rig.post(&path, b" ").await.status, 400, "{choice:?}");
    }
}
