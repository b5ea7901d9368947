//! Agencies: tokens for the project of another account.

use serde_json::{Value, json};

use crate::rig::{ALL, Rig};

fn assume(rig: &Rig) -> Value {
    json!({ "auth": {
        "identity": { "methods": ["assume_role"], "assume_role": {
            "agency_name": rig.emulator.agency_name(),
            "domain_name": rig.emulator.agency_domain_name(),
        } },
        "scope": { "project": { "name": rig.emulator.region() } },
    } })
}

#[tokio::test]
async fn an_agency_leads_into_the_other_account_and_nowhere_else() {
    let rig = Rig::start(|builder| builder.agency("trusted-friend")).await;
    let reply = rig.ask_token("", &assume(&rig)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let domain = json!({ "id": rig.emulator.agency_domain_id(), "name": rig.emulator.agency_domain_name() });
    let token = &reply.json()["token"];
    assert_eq!(token["methods"], json!(["assume_role"]));
    assert_eq!(token["project"]["id"], rig.emulator.agency_project_id());
    assert_eq!(token["project"]["name"], "emulator-1");
    assert_eq!(token["project"]["domain"], domain);
    assert_eq!(token["user"]["name"], "emulator-agency-domain/trusted-friend");
    assert_eq!(token["user"]["domain"], domain);
    assert_eq!(
        token["assumed_by"]["user"],
        json!({
            "id": rig.emulator.user_id(),
            "name": rig.emulator.user_name(),
            "domain": { "id": rig.emulator.domain_id(), "name": rig.emulator.domain_name() },
            "password_expires_at": "",
        })
    );
    assert_eq!(token["expires_at"], "2024-03-02T10:00:00.000000Z");

    let headers = [("X-Auth-Token", reply.header("x-subject-token").unwrap())];
    let list = |project: &str| format!("/v1/{project}/session/list-sessions?{ALL}");
    let theirs = rig
        .send("GET", &list(rig.emulator.agency_project_id()), &headers, b"")
        .await;
    assert_eq!(theirs.json()["count"], 100);
    let forbidden = (403, "WKS.00081102".to_owned());
    for project in [rig.emulator.project_id(), rig.emulator.sub_project_id()] {
        let reply = rig.send("GET", &list(project), &headers, b"").await;
        assert_eq!(reply.error(), forbidden);
    }
    assert_eq!(
        rig.get(&list(rig.emulator.agency_project_id())).await.error(),
        forbidden
    );

    // Its tokens are described to the delegating account only, and cannot assume a further agency.
    let subject = reply.header("x-subject-token").unwrap();
    let headers = [("X-Auth-Token", rig.token()), ("X-Subject-Token", subject)];
    assert_eq!(
        rig.send("GET", "/v3/auth/tokens", &headers, b"").await.status,
        404
    );
    let headers = [("X-Auth-Token", subject), ("X-Subject-Token", subject)];
    let shown = rig.send("GET", "/v3/auth/tokens", &headers, b"").await;
    assert_eq!(shown.json(), reply.json());
    let again = assume(&rig).to_string();
    let reply = rig
        .send("POST", "/v3/auth/tokens", &headers[..1], again.as_bytes())
        .await;
    assert_eq!(reply.identity_error().0, 403);
}

#[tokio::test]
async fn an_agency_takes_another_scope_with_its_token() {
    let rig = Rig::start(|builder| builder).await;
    let token = rig.token_from(&assume(&rig)).await;
    let body = |scope: Value| json!({ "auth": { "identity": { "methods": ["token"], "token": { "id": token } }, "scope": scope } });
    let theirs = body(json!({ "domain": { "id": rig.emulator.agency_domain_id() } }));
    let reply = rig.ask_token("", &theirs).await;
    assert!(reply.json()["token"]["assumed_by"].is_object());
    let ours = body(json!({ "domain": { "id": rig.emulator.domain_id() } }));
    assert_eq!(rig.ask_token("", &ours).await.identity_error().0, 401);
}

#[tokio::test]
async fn wrong_requests_for_an_agency_are_refused() {
    let rig = Rig::start(|builder| builder).await;
    let role = "/auth/identity/assume_role";
    let ours = json!(rig.emulator.domain_name());
    let fine = json!({ "agency_name": "emulator-agency", "domain_id": rig.emulator.agency_domain_id() });
    for (pointer, value, status) in [
        ("", fine, 201),
        ("", json!({}), 400),
        ("", json!([]), 400),
        ("", json!({ "agency_name": "emulator-agency" }), 400),
        ("/agency_name", json!(1), 400),
        ("/domain_name", json!(1), 400),
        ("/agency_name", json!("unknown"), 403),
        ("/domain_name", json!("unknown"), 403),
        ("/domain_name", ours, 403),
    ] {
        let mut body = assume(&rig);
        *body.pointer_mut(&format!("{role}{pointer}")).unwrap() = value;
        let reply = rig.ask_token("", &body).await;
        assert_eq!(reply.status, status, "{body}");
        if status != 201 {
            reply.identity_error();
        }
    }
    let mut body = assume(&rig);
    body["auth"]["scope"] = json!({ "project": { "id": rig.emulator.project_id() } });
    assert_eq!(rig.ask_token("", &body).await.identity_error().0, 401);
    let body = assume(&rig).to_string();
    for headers in [&[][..], &[("X-Auth-Token", "MIIunknown")]] {
        let reply = rig
            .send("POST", "/v3/auth/tokens", headers, body.as_bytes())
            .await;
        assert_eq!(reply.identity_error().0, 401);
    }
}
