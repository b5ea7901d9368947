//! Tokens by other means than a password alone: a second factor, another token, another scope; and their description.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::rig::Rig;

async fn show(rig: &Rig, caller: &str, subject: &[&str]) -> Reply {
    let mut headers = vec![("X-Auth-Token", caller)];
    headers.extend(subject.iter().map(|subject| ("X-Subject-Token", *subject)));
    rig.send("GET", "/v3/auth/tokens?nocatalog=1", &headers, b"")
        .await
}

fn by_token(token: &str, scope: &Value) -> Value {
    json!({ "auth": { "identity": { "methods": ["token"], "token": { "id": token } }, "scope": scope } })
}

#[tokio::test]
async fn a_user_with_a_second_factor_needs_both() {
    let rig = Rig::start(|builder| builder.totp_passcode("123456")).await;
    let right = rig.credentials();
    let reply = rig.ask_token("", &right).await;
    assert_eq!(reply.json()["token"]["methods"], json!(["password", "totp"]));
    // The published list of methods has one with a blank in front.
    let mut odd = right.clone();
    odd["auth"]["identity"]["methods"] = json!(["password", " totp"]);
    assert_eq!(rig.ask_token("", &odd).await.status, 201);

    let identity = "/auth/identity";
    for (pointer, value, status, message) in [
        (
            "/totp/user/passcode",
            json!("654321"),
            401,
            "The passcode is wrong.",
        ),
        ("/totp/user/passcode", json!(""), 401, "The passcode is wrong."),
        ("/totp/user/id", json!("somebody"), 401, "The passcode is wrong."),
        (
            "/password/user/password",
            json!("wrong"),
            401,
            "The username or password is wrong.",
        ),
        (
            "/methods",
            json!(["password"]),
            401,
            "The user has to log in with a passcode as well.",
        ),
        (
            "/methods",
            json!([" password", "totp"]),
            400,
            "The request body is invalid",
        ),
        ("/methods", json!(["totp"]), 400, "The request body is invalid"),
        ("/totp/user", json!({}), 400, "The request body is invalid"),
        ("/totp", json!(null), 400, "The request body is invalid"),
        (
            "/totp/user/passcode",
            json!(123_456),
            400,
            "The request body is invalid",
        ),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(&format!("{identity}{pointer}")).unwrap() = value;
        let reply = rig.ask_token("", &body).await;
        assert_eq!(reply.identity_error(), (status, message.to_owned()), "{body}");
        assert_eq!(rig.ask_token("", &right).await.status, 201);
    }
}

#[tokio::test]
async fn a_passcode_of_a_user_without_one_is_wrong() {
    let rig = Rig::start(|builder| builder).await;
    for passcode in ["123456", ""] {
        let mut body = rig.credentials();
        body["auth"]["identity"]["methods"] = json!(["password", "totp"]);
        body["auth"]["identity"]["totp"] =
            json!({ "user": { "id": rig.emulator.user_id(), "passcode": passcode } });
        let reply = rig.ask_token("", &body).await;
        assert_eq!(reply.identity_error(), (401, "The passcode is wrong.".to_owned()));
    }
}

#[tokio::test]
async fn a_token_of_the_account_is_for_iam_only() {
    let rig = Rig::start(|builder| builder).await;
    for domain in [
        json!({ "id": rig.emulator.domain_id() }),
        json!({ "name": rig.emulator.domain_name() }),
    ] {
        let mut body = rig.credentials();
        body["auth"]["scope"] = json!({ "domain": domain });
        let reply = rig.ask_token("", &body).await;
        let token = &reply.json()["token"];
        assert_eq!(
            token["domain"],
            json!({ "id": rig.emulator.domain_id(), "name": rig.emulator.domain_name() })
        );
        assert!(token.get("project").is_none());
        assert_eq!(token["catalog"].as_array().map(Vec::len), Some(1));
        let headers = [("X-Auth-Token", reply.header("x-subject-token").unwrap())];
        let reply = rig.send("GET", &rig.tasks_path(), &headers, b"").await;
        assert_eq!(reply.error(), (403, "WKS.00081102".to_owned()));
    }
    let mut body = rig.credentials();
    body["auth"]["scope"] = json!({ "domain": { "id": rig.emulator.agency_domain_id() } });
    assert_eq!(rig.ask_token("", &body).await.identity_error().0, 401);
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_of_another_scope() {
    let rig = Rig::start(|builder| builder).await;
    rig.advance(Duration::from_secs(3_600));
    let sub = rig.emulator.sub_project_id();
    let reply = rig
        .ask_token(
            "",
            &by_token(rig.token(), &json!({ "project": { "name": "emulator-1_sub" } })),
        )
        .await;
    assert_eq!(reply.status, 201);
    let token = &reply.json()["token"];
    assert_eq!(token["methods"], json!(["token"]));
    assert_eq!(token["project"]["id"], sub);
    assert_eq!(token["issued_at"], "2024-03-01T11:00:00.000000Z");
    // It does not outlive the first one.
    assert_eq!(token["expires_at"], "2024-03-02T10:00:00.000000Z");
    let headers = [("X-Auth-Token", reply.header("x-subject-token").unwrap())];
    for (project, status) in [
        (sub, 200),
        (rig.emulator.project_id(), 403),
        (rig.emulator.agency_project_id(), 403),
    ] {
        let path = format!("/v2/{project}/export-tasks");
        assert_eq!(rig.send("GET", &path, &headers, b"").await.status, status);
    }

    let scope = json!({ "project": { "id": sub } });
    for token in ["", "MIIunknown"] {
        let reply = rig.ask_token("", &by_token(token, &scope)).await;
        assert_eq!(
            reply.identity_error(),
            (401, "The token is invalid or has expired.".to_owned())
        );
    }
    let mut body = by_token(rig.token(), &scope);
    body["auth"]["identity"]["token"] = json!({});
    assert_eq!(rig.ask_token("", &body).await.identity_error().0, 400);
    let elsewhere = json!({ "project": { "id": rig.emulator.agency_project_id() } });
    let reply = rig.ask_token("", &by_token(rig.token(), &elsewhere)).await;
    assert_eq!(reply.identity_error().0, 401);
    rig.advance(Duration::from_secs(23 * 3_600));
    let reply = rig.ask_token("", &by_token(rig.token(), &scope)).await;
    assert_eq!(reply.identity_error().0, 401);
}

#[tokio::test]
async fn a_token_is_described_to_its_account() {
    let rig = Rig::start(|builder| builder).await;
    let issued = rig.ask_token("?nocatalog=1", &rig.credentials()).await;
    let subject = issued.header("x-subject-token").unwrap();
    let shown = show(&rig, rig.token(), &[subject]).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.json(), issued.json());

    let invalid = (404, "X-Subject-Token is invalid in the request".to_owned());
    let reply = show(&rig, rig.token(), &["MIIunknown"]).await;
    assert_eq!(reply.identity_error(), invalid);
    assert_eq!(reply.json()["error"]["title"], "Not Found");
    assert_eq!(show(&rig, rig.token(), &[]).await.identity_error().0, 400);
    let twice = show(&rig, rig.token(), &[subject, subject]).await;
    assert_eq!(twice.identity_error().0, 400);
    for caller in ["", "MIIunknown"] {
        assert_eq!(show(&rig, caller, &[subject]).await.identity_error().0, 401);
    }
    let reply = rig
        .send("GET", "/v3/auth/tokens", &[("X-Subject-Token", subject)], b"")
        .await;
    assert_eq!(reply.identity_error().0, 401);

    rig.advance(Duration::from_secs(3_600));
    let caller = rig.sign_in().await;
    rig.advance(Duration::from_secs(23 * 3_600));
    assert_eq!(show(&rig, &caller, &[subject]).await.identity_error(), invalid);
}

#[tokio::test]
async fn a_token_given_twice_is_refused() {
    let rig = Rig::start(|builder| builder).await;
    let headers = [("X-Auth-Token", rig.token()), ("X-Auth-Token", rig.token())];
    let reply = rig.send("GET", &rig.tasks_path(), &headers, b"").await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    assert!(reply.message().ends_with("x-auth-token is given more than once"));
}
