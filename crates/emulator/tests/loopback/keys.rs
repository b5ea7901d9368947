//! Temporary access keys: by a token or through an agency, their end, and which projects they reach.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::rig::Rig;
use crate::sign::{Draft, Key};

const PATH: &str = "/v3.0/OS-CREDENTIAL/securitytokens";

pub(crate) async fn ask_key(rig: &Rig, token: &str, identity: &Value) -> Reply {
    let body = json!({ "auth": { "identity": identity } }).to_string();
    let headers = [("X-Auth-Token", token), ("Content-Type", "application/json")];
    let headers = if token.is_empty() { &headers[1..] } else { &headers };
    rig.send("POST", PATH, headers, body.as_bytes()).await
}

fn by_token() -> Value {
    json!({ "methods": ["token"], "token": {} })
}

fn by_agency(rig: &Rig) -> Value {
    json!({ "methods": ["assume_role"], "assume_role": {
        "agency_name": rig.emulator.agency_name(),
        "domain_name": rig.emulator.agency_domain_name(),
    } })
}

/// The statuses that a key gets in the main project, the sub-project and the project of the other account.
async fn reach(rig: &Rig, key: &Key) -> [u16; 3] {
    let mut statuses = [0; 3];
    let projects = [
        rig.emulator.project_id(),
        rig.emulator.sub_project_id(),
        rig.emulator.agency_project_id(),
    ];
    for (status, project) in statuses.iter_mut().zip(projects) {
        let draft = Draft::new(rig, "GET", &format!("/v2/{project}/export-tasks"));
        *status = draft.send(rig, key).await.status;
    }
    statuses
}

#[tokio::test]
async fn a_key_has_its_documented_form_and_signs() {
    let rig = Rig::start(|builder| builder).await;
    let reply = ask_key(&rig, rig.token(), &by_token()).await;
    assert_eq!(reply.status, 201);
    let credential = &reply.json()["credential"];
    assert_eq!(credential["expires_at"], "2024-03-01T10:15:00.000000Z");
    let key = Key::temporary(&reply);
    assert_eq!(reach(&rig, &key).await, [200, 403, 403]);
    let other = Key::temporary(&ask_key(&rig, rig.token(), &by_token()).await);
    assert!(other.access != key.access && other.secret != key.secret);

    for (seconds, expires_at) in [
        (900, "2024-03-01T10:15:00.000000Z"),
        (86_400, "2024-03-02T10:00:00.000000Z"),
    ] {
        let identity =
            json!({ "methods": ["token"], "token": { "duration_seconds": seconds }, "policy": {} });
        let reply = ask_key(&rig, rig.token(), &identity).await;
        assert_eq!(reply.json()["credential"]["expires_at"], expires_at);
    }
    // The deprecated place of the token, and no options at all.
    let identity = json!({ "methods": ["token"], "token": { "id": rig.token() } });
    assert_eq!(ask_key(&rig, "", &identity).await.status, 201);
    let identity = json!({ "methods": ["token"] });
    assert_eq!(ask_key(&rig, rig.token(), &identity).await.status, 201);
}

#[tokio::test]
async fn a_key_reaches_what_its_origin_reaches() {
    let rig = Rig::start(|builder| builder).await;
    assert_eq!(reach(&rig, &Key::permanent(&rig)).await, [200, 200, 403]);
    for (scope, expected) in [
        (
            json!({ "project": { "name": rig.emulator.sub_project_name() } }),
            [403, 200, 403],
        ),
        (
            json!({ "domain": { "name": rig.emulator.domain_name() } }),
            [200, 200, 403],
        ),
    ] {
        let token = rig.token_for(scope).await;
        let key = Key::temporary(&ask_key(&rig, &token, &by_token()).await);
        assert_eq!(reach(&rig, &key).await, expected);
    }
    let reply = ask_key(&rig, rig.token(), &by_agency(&rig)).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reach(&rig, &Key::temporary(&reply)).await, [403, 403, 200]);
}

#[tokio::test]
async fn a_temporary_key_needs_its_security_token() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::temporary(&ask_key(&rig, rig.token(), &by_token()).await);
    let other = Key::temporary(&ask_key(&rig, rig.token(), &by_token()).await);
    let draft = Draft::new(&rig, "GET", &rig.tasks_path());
    let with = |base: &Key, security_token: Option<&str>| Key {
        security_token: security_token.map(str::to_owned),
        ..base.clone()
    };
    let prefix = "Incorrect IAM authentication information: ";
    for (key, reason) in [
        (with(&key, None), "x-security-token not found"),
        (with(&key, Some("unknown")), "x-security-token is invalid"),
        (
            with(&key, other.security_token.as_deref()),
            "x-security-token is invalid",
        ),
        (
            with(&Key::permanent(&rig), key.security_token.as_deref()),
            "x-security-token is invalid",
        ),
    ] {
        let reply = draft.send(&rig, &key).await;
        assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
        assert_eq!(reply.message(), format!("{prefix}{reason}"));
    }
    // Terraform sends it without signing it.
    let unsigned = with(&key, None);
    let draft = draft.unsigned("X-Security-Token", key.security_token.as_deref().unwrap());
    assert_eq!(draft.send(&rig, &unsigned).await.status, 200);
}

#[tokio::test]
async fn keys_end_and_can_be_revoked() {
    let rig = Rig::start(|builder| builder.key_ttl(Duration::from_secs(60))).await;
    let reply = ask_key(&rig, rig.token(), &by_token()).await;
    assert_eq!(
        reply.json()["credential"]["expires_at"],
        "2024-03-01T10:01:00.000000Z"
    );
    let key = Key::temporary(&reply);
    rig.advance(Duration::from_millis(59_999));
    assert_eq!(reach(&rig, &key).await[0], 200);
    rig.advance(Duration::from_millis(1));
    let path = rig.tasks_path();
    let reply = Draft::new(&rig, "GET", &path).send(&rig, &key).await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    assert_eq!(
        reply.message(),
        "Incorrect IAM authentication information: x-security-token expires, expires_at: \
         2024-03-01T10:01:00.000000Z"
    );
    let reply = Draft::new(&rig, "GET", "/v3/projects").send(&rig, &key).await;
    assert_eq!(reply.error(), (400, "IAM.1108".to_owned()));

    // The option is a bound: a shorter life than it allows stays as it is.
    let long = Rig::start(|builder| builder.key_ttl(Duration::from_secs(3_600))).await;
    let reply = ask_key(&long, long.token(), &by_token()).await;
    assert_eq!(
        reply.json()["credential"]["expires_at"],
        "2024-03-01T10:15:00.000000Z"
    );

    let key = Key::temporary(&ask_key(&rig, rig.token(), &by_token()).await);
    assert_eq!(reach(&rig, &key).await[0], 200);
    rig.emulator.revoke_keys();
    let reply = Draft::new(&rig, "GET", &path).send(&rig, &key).await;
    assert!(reply.message().ends_with(",err:ak not exist"));
    let reply = Draft::new(&rig, "GET", "/v3/projects").send(&rig, &key).await;
    assert_eq!(reply.error(), (400, "IAM.1106".to_owned()));
    assert_eq!(reach(&rig, &Key::permanent(&rig)).await[0], 200);
}

#[tokio::test]
async fn wrong_requests_for_keys_are_refused_in_the_shape_of_their_path() {
    let rig = Rig::start(|builder| builder).await;
    let role = |member: &str, value: Value| {
        let mut identity = by_agency(&rig);
        identity["assume_role"][member] = value;
        identity
    };
    let token = |member: &str, value: Value| json!({ "methods": ["token"], "token": { member: value } });
    for identity in [
        json!(null),
        json!({}),
        json!({ "methods": ["password"] }),
        json!({ "methods": "token" }),
        json!({ "methods": [1] }),
        json!({ "methods": ["token", "assume_role"] }),
        json!({ "methods": ["token"], "token": 1 }),
        json!({ "methods": ["token"], "policy": "text" }),
        token("duration_seconds", json!(899)),
        token("duration_seconds", json!(86_401)),
        token("duration_seconds", json!("900")),
        token("duration_seconds", json!(-1)),
        token("id", json!(1)),
        json!({ "methods": ["assume_role"] }),
        json!({ "methods": ["assume_role"], "assume_role": {} }),
        json!({ "methods": ["assume_role"], "assume_role": { "agency_name": "emulator-agency" } }),
        role("agency_name", json!(1)),
        role("domain_id", json!(1)),
        role("duration_seconds", json!(0)),
        role("session_user", json!({})),
        role("session_user", json!({ "name": "four" })),
        role("session_user", json!({ "name": "1session" })),
        role("session_user", json!({ "name": "sess ion" })),
        role("session_user", json!({ "name": "s".repeat(65) })),
    ] {
        let reply = ask_key(&rig, rig.token(), &identity).await;
        assert_eq!(reply.error(), (400, "IAM.0011".to_owned()), "{identity}");
    }
    let fine = role("session_user", json!({ "name": "s-1_x" }));
    assert_eq!(ask_key(&rig, rig.token(), &fine).await.status, 201);
    for (member, value) in [
        ("agency_name", "unknown"),
        ("domain_name", "unknown"),
        ("domain_name", rig.emulator.domain_name()),
        ("domain_id", "unknown"),
    ] {
        let reply = ask_key(&rig, rig.token(), &role(member, json!(value))).await;
        assert_eq!(reply.error(), (403, "IAM.0003".to_owned()), "{member} {value}");
    }
    for body in [&b""[..], &vec![b' '; 32 * 1024 + 1]] {
        let reply = rig.post(PATH, body).await;
        assert_eq!(reply.error(), (400, "IAM.1101".to_owned()));
    }
    for body in [&b"{"[..], b"[]", b"\xff", &vec![b'['; 32 * 1024]] {
        assert_eq!(rig.post(PATH, body).await.error(), (400, "IAM.0011".to_owned()));
    }
}

#[tokio::test]
async fn keys_are_given_for_valid_tokens_only() {
    let rig = Rig::start(|builder| builder.token_ttl(Duration::from_secs(60))).await;
    let unknown = json!({ "methods": ["token"], "token": { "id": "MIIunknown" } });
    for (token, identity, code) in [
        ("", by_token(), "IAM.0001"),
        ("", by_agency(&rig), "IAM.0001"),
        ("MIIunknown", by_token(), "IAM.0067"),
        ("MIIunknown", by_agency(&rig), "IAM.0067"),
        ("", unknown, "IAM.0067"),
    ] {
        let reply = ask_key(&rig, token, &identity).await;
        assert_eq!(reply.error(), (401, code.to_owned()));
    }
    rig.advance(Duration::from_secs(60));
    let reply = ask_key(&rig, rig.token(), &by_token()).await;
    assert_eq!(reply.error(), (401, "IAM.0066".to_owned()));
}
