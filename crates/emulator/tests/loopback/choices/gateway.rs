//! The gateway, and IAM.

use std::time::Duration;

use serde_json::json;

use super::with;
use crate::http::Reply;
use crate::rig::{ALL, Rig};

#[tokio::test]
async fn a_wrong_method_is_not_allowed_or_not_published() {
    for (choice, expected, allow) in [
        (("wrong-method", "405"), (405, "WKS.00000405"), Some("GET")),
        (("wrong-method", "404"), (404, "APIGW.0101"), None),
    ] {
        let rig = with(&[choice]).await;
        let reply = rig.post(&rig.tasks_path(), b"{}").await;
        assert_eq!(reply.error(), (expected.0, expected.1.to_owned()), "{choice:?}");
        assert_eq!(reply.header("allow"), allow, "{choice:?}");
    }
}

/// Sends `count` requests, and gives the last answer.
async fn repeat(rig: &Rig, count: usize, method: &str) -> Reply {
    let (path, body) = (rig.tasks_path(), b"{\"task_ids\":[\"a\"]}");
    let mut last = None;
    for _ in 0..count {
        last = Some(if method == "GET" {
            rig.get(&path).await
        } else {
            rig.post(&format!("{path}/batch-delete"), body).await
        });
    }
    last.unwrap()
}

#[tokio::test]
async fn requests_are_limited_for_each_user_and_minute_or_not_at_all() {
    let rig = with(&[("rate-limit", "none")]).await;
    assert_eq!(repeat(&rig, 101, "POST").await.status, 200);

    let rig = with(&[("rate-limit", "documented")]).await;
    assert_eq!(repeat(&rig, 100, "POST").await.status, 200);
    let reply = repeat(&rig, 1, "POST").await;
    assert_eq!(reply.error(), (429, "APIGW.0308".to_owned()));
    assert!(
        reply
            .message()
            .ends_with("policy user over ratelimit,limit:100,time:1 minute")
    );
    // Reads have a limit of their own, and IAM has none.
    assert_eq!(repeat(&rig, 200, "GET").await.status, 200);
    assert_eq!(repeat(&rig, 1, "GET").await.status, 429);
    assert_eq!(rig.get("/v3/projects").await.status, 200);
    rig.advance(Duration::from_secs(60));
    assert_eq!(repeat(&rig, 1, "POST").await.status, 200);
    assert_eq!(repeat(&rig, 1, "GET").await.status, 200);
}

#[tokio::test]
async fn a_throttled_answer_says_when_to_come_back_or_not() {
    for (choice, expected) in [
        (("retry-after", "absent"), None),
        (("retry-after", "seconds"), Some("20")),
        (("retry-after", "date"), Some("Fri, 01 Mar 2024 10:01:00 GMT")),
    ] {
        let rig = with(&[choice, ("rate-limit", "documented")]).await;
        rig.advance(Duration::from_secs(40));
        let reply = repeat(&rig, 101, "POST").await;
        assert_eq!(reply.status, 429);
        assert_eq!(reply.header("retry-after"), expected, "{choice:?}");
    }
}

#[tokio::test]
async fn an_expired_token_has_one_of_two_codes() {
    for (name, code) in [("expired-token", "APIGW.0301"), ("expired-token", "APIGW.0307")] {
        let rig = with(&[(name, code)]).await;
        rig.advance(Duration::from_secs(86_399));
        assert_eq!(rig.get(&rig.tasks_path()).await.status, 200);
        rig.advance(Duration::from_secs(1));
        let reply = rig.get(&rig.tasks_path()).await;
        assert_eq!(reply.error(), (401, code.to_owned()));
        // An unknown token has the first code in any case.
        let headers = [("X-Auth-Token", "MIIunknown")];
        let reply = rig.send("GET", &rig.tasks_path(), &headers, b"").await;
        assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    }
}

#[tokio::test]
async fn answers_have_the_headers_of_a_gateway_or_not() {
    for (choice, server) in [
        (("gateway-headers", "absent"), None),
        (("gateway-headers", "present"), Some("api-gateway")),
    ] {
        let rig = with(&[choice]).await;
        for reply in [rig.list(ALL).await, rig.list("limit=0").await] {
            assert_eq!(reply.header("server"), server, "{choice:?}");
            assert_eq!(
                reply.header("x-apig-latency").is_some(),
                server.is_some(),
                "{choice:?}"
            );
        }
        assert_eq!(rig.get("/v3/projects").await.header("server"), None);
    }
}

#[tokio::test]
async fn errors_have_a_detail_or_not() {
    for (choice, detailed) in [
        (("error-detail", "absent"), false),
        (("error-detail", "present"), true),
    ] {
        let rig = with(&[choice]).await;
        let bad = rig.list("limit=0").await;
        assert_eq!(bad.error().0, 400);
        assert_eq!(bad.json().get("error_detail").is_some(), detailed, "{choice:?}");
        assert!(bad.json().get("encoded_authorization_message").is_none());
        let forbidden = rig.get("/v2/other/export-tasks").await;
        assert_eq!(forbidden.error(), (403, "WKS.00081102".to_owned()));
        let message = forbidden.json().get("encoded_authorization_message").is_some();
        assert_eq!(message, detailed, "{choice:?}");
    }
}

#[tokio::test]
async fn an_access_key_gets_a_token_or_not() {
    let body = |rig: &Rig, secret: &str| {
        json!({ "auth": {
            "identity": { "methods": ["hw_ak_sk"], "hw_ak_sk": {
                "access": { "key": rig.emulator.access_key_id() }, "secret": { "key": secret },
            } },
            "scope": { "project": { "name": rig.emulator.region() } },
        } })
    };
    let rig = with(&[("hw-ak-sk", "refused")]).await;
    let reply = rig
        .ask_token("", &body(&rig, rig.emulator.secret_access_key()))
        .await;
    assert_eq!(reply.identity_error().0, 400);

    let rig = with(&[("hw-ak-sk", "accepted")]).await;
    let token = rig
        .token_from(&body(&rig, rig.emulator.secret_access_key()))
        .await;
    let headers = [("X-Auth-Token", token.as_str())];
    assert_eq!(
        rig.send("GET", &rig.tasks_path(), &headers, b"").await.status,
        200
    );
    let reply = rig.ask_token("", &body(&rig, "wrong")).await;
    assert_eq!(reply.identity_error().0, 401);
    let reply = rig
        .ask_token(
            "",
            &json!({ "auth": {
        "identity": { "methods": ["hw_ak_sk"] }, "scope": { "project": { "name": "emulator-1" } },
    } }),
        )
        .await;
    assert_eq!(reply.identity_error().0, 400);
}
