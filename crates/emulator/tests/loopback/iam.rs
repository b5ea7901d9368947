//! Tokens: how they are asked for, refused, and how long they last.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{ALL, Rig};

#[tokio::test]
async fn a_token_has_its_documented_form() {
    let rig = Rig::start(|builder| builder).await;
    let reply = rig.ask_token("?nocatalog=true", &rig.credentials()).await;
    assert_eq!(reply.status, 201);
    let token = reply.header("x-subject-token").unwrap();
    assert!(token.starts_with("MII") && token.len() >= 200);
    let body = &reply.json()["token"];
    assert_eq!(body["issued_at"], "2024-03-01T10:00:00.000000Z");
    assert_eq!(body["expires_at"], "2024-03-02T10:00:00.000000Z");
    assert_eq!(body["methods"], json!(["password"]));
    assert_eq!(body["catalog"], json!([]));
    assert_eq!(body["project"]["id"], rig.emulator.project_id());
    assert_eq!(body["project"]["name"], rig.emulator.region());
    assert_eq!(body["user"]["name"], rig.emulator.user_name());
    assert_eq!(body["user"]["domain"]["name"], rig.emulator.domain_name());
    assert!(body["roles"][0]["name"].is_string());

    for query in ["", "?nocatalog="] {
        let with_catalog = rig.ask_token(query, &rig.credentials()).await.json();
        let url = with_catalog["token"]["catalog"][0]["endpoints"][0]["url"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(url.starts_with(&rig.emulator.base_url()));
    }
}

#[tokio::test]
async fn a_project_is_named_by_id_or_by_name() {
    let rig = Rig::start(|builder| builder.domain_name("账户")).await;
    let id = rig.emulator.project_id();
    for project in [
        json!({ "id": id }),
        json!({ "name": "emulator-1" }),
        json!({ "name": "emulator-1", "domain": { "name": "账户" } }),
        json!({ "id": id, "name": "emulator-1" }),
    ] {
        let mut body = rig.credentials();
        body["auth"]["scope"]["project"] = project;
        assert_eq!(rig.ask_token("", &body).await.status, 201, "{body}");
    }
}

/// A pointer into the body, what to put there (`null` removes it), and the status that follows.
type Change = (&'static str, Value, u16);

#[tokio::test]
async fn wrong_requests_are_refused_in_the_shape_of_iam() {
    let rig = Rig::start(|builder| builder).await;
    let user = "/auth/identity/password/user";
    let changes: [Change; 18] = [
        ("/auth", json!(null), 400),
        ("/auth/identity", json!([]), 400),
        ("/auth/identity/methods", json!(["token"]), 400),
        ("/auth/identity/methods", json!(["password", "totp"]), 400),
        ("/auth/identity/methods", json!([]), 400),
        (user, json!({}), 400),
        (
            user,
            json!({ "name": 1, "password": 2, "domain": { "name": 3 } }),
            400,
        ),
        ("/auth/identity/password/user/name", json!("somebody"), 401),
        ("/auth/identity/password/user/password", json!("wrong"), 401),
        (
            "/auth/identity/password/user/domain/name",
            json!("elsewhere"),
            401,
        ),
        ("/auth/scope", json!(null), 400),
        (
            "/auth/scope",
            json!({ "domain": { "name": "emulator-domain" }, "project": { "name": "emulator-1" } }),
            400,
        ),
        ("/auth/scope", json!({ "domain": {} }), 400),
        ("/auth/scope", json!({ "domain": { "name": "elsewhere" } }), 401),
        ("/auth/scope/project", json!({}), 400),
        ("/auth/scope/project", json!({ "id": 1 }), 400),
        ("/auth/scope/project", json!({ "id": "unknown" }), 401),
        (
            "/auth/scope/project",
            json!({ "name": "emulator-1", "domain": { "name": "elsewhere" } }),
            401,
        ),
    ];
    for (pointer, value, status) in changes {
        let mut body = rig.credentials();
        *body.pointer_mut(pointer).unwrap() = value;
        let reply = rig.ask_token("", &body).await;
        assert_eq!(reply.status, status, "{body}");
        let error = &reply.json()["error"];
        assert_eq!(error["code"], status);
        let title = if status == 400 {
            "Bad Request"
        } else {
            "Unauthorized"
        };
        assert_eq!(error["title"], title);
        if status == 400 {
            assert_eq!(error["message"], "The request body is invalid");
        }
        assert!(reply.header("x-subject-token").is_none());
        assert_eq!(reply.header("x-request-id").map(str::len), Some(32));
    }
    for body in [&b""[..], b"{", b"[]", b"\xff\xfe", &vec![b'['; 100_000]] {
        assert_eq!(rig.send("POST", "/v3/auth/tokens", &[], body).await.status, 400);
    }
    assert_eq!(
        rig.ask_token("?nocatalog=%zz", &rig.credentials()).await.status,
        400
    );
}

#[tokio::test]
async fn every_other_operation_needs_a_valid_token() {
    let rig = Rig::start(|builder| builder).await;
    let (sessions, tasks) = (rig.sessions_path(), rig.tasks_path());
    let operations = [
        ("GET", format!("{sessions}?{ALL}")),
        ("POST", format!("{sessions}/export")),
        ("GET", tasks.clone()),
        ("GET", format!("{tasks}/some-task/download")),
        ("POST", format!("{tasks}/batch-delete")),
    ];
    let other_project = "/v1/0123456789abcdef0123456789abcdef/session/list-sessions";
    for (method, target) in &operations {
        for (headers, reason) in [
            (vec![], "x-auth-token not found"),
            (vec![("X-Auth-Token", "")], "x-auth-token not found"),
            (vec![("X-Auth-Token", "MIIunknown")], "decrypt token fail"),
            (vec![("X-Auth-Token", "张三")], "decrypt token fail"),
        ] {
            let reply = rig.send(method, target, &headers, b"").await;
            assert_eq!(
                reply.error(),
                (401, "APIGW.0301".to_owned()),
                "{method} {target} {headers:?}"
            );
            assert!(reply.json()["error_msg"].as_str().unwrap().ends_with(reason));
        }
    }
    assert_eq!(
        rig.get(other_project).await.error(),
        (403, "WKS.00081102".to_owned())
    );
    assert_eq!(
        rig.get("/v2/%ff/export-tasks").await.error(),
        (403, "WKS.00081102".to_owned())
    );

    rig.emulator.revoke_tokens();
    let reply = rig.get(&operations[2].1).await;
    assert!(
        reply.json()["error_msg"]
            .as_str()
            .unwrap()
            .ends_with("decrypt token fail")
    );
}

#[tokio::test]
async fn a_token_expires_and_a_new_one_works() {
    let rig = Rig::start(|builder| builder.token_ttl(Duration::from_secs(60))).await;
    rig.advance(Duration::from_millis(59_999));
    assert_eq!(rig.get(&rig.tasks_path()).await.status, 200);
    rig.advance(Duration::from_millis(1));
    let reply = rig.get(&rig.tasks_path()).await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    let message = reply.json()["error_msg"].as_str().unwrap().to_owned();
    assert!(
        message.ends_with("token expires, expires_at: 2024-03-01T10:01:00.000000Z"),
        "{message}"
    );
    let token = rig.sign_in().await;
    assert_eq!(
        rig.send("GET", &rig.tasks_path(), &[("x-auth-token", &token)], b"")
            .await
            .status,
        200
    );
}
