//! `GET /v3/projects`, and that each project has its own data.

use serde_json::{Value, json};

use crate::keys;
use crate::rig::{ALL, Rig};
use crate::sign::{Draft, Key};

fn ids(body: &Value) -> Vec<&str> {
    let projects = body["projects"].as_array().unwrap();
    projects
        .iter()
        .map(|project| project["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_project_is_found_by_the_name_of_its_region() {
    let rig = Rig::start(|builder| builder).await;
    let base = rig.emulator.base_url();
    let target = "/v3/projects?name=emulator-1";
    let signed = Draft::new(&rig, "GET", target)
        .send(&rig, &Key::permanent(&rig))
        .await;
    let with_token = rig.get(target).await;
    assert_eq!(signed.body, with_token.body);
    assert_eq!(
        signed.json(),
        json!({
            "projects": [{
                "id": rig.emulator.project_id(),
                "name": "emulator-1",
                "domain_id": rig.emulator.domain_id(),
                "parent_id": rig.emulator.domain_id(),
                "enabled": true,
                "is_domain": false,
                "description": "",
                "links": { "self": format!("{base}/v3/projects/{}", rig.emulator.project_id()) },
            }],
            "links": { "self": format!("{base}{target}"), "previous": null, "next": null },
        })
    );
}

#[tokio::test]
async fn filters_and_pages_choose_among_the_projects_of_the_account() {
    let rig = Rig::start(|builder| builder).await;
    let (main, sub) = (rig.emulator.project_id(), rig.emulator.sub_project_id());
    let domain = rig.emulator.domain_id();
    for (query, expected) in [
        ("", vec![main, sub]),
        ("?", vec![main, sub]),
        ("?enabled=true&unknown=1", vec![main, sub]),
        ("?enabled=false", vec![]),
        ("?name=emulator-1_sub", vec![sub]),
        ("?name=emulator", vec![]),
        (&format!("?domain_id={domain}"), vec![main, sub]),
        (&format!("?domain_id={}", rig.emulator.agency_domain_id()), vec![]),
        (&format!("?parent_id={domain}"), vec![main]),
        (&format!("?parent_id={main}"), vec![sub]),
        ("?per_page=1", vec![main]),
        ("?page=2&per_page=1", vec![sub]),
        ("?page=3&per_page=1", vec![]),
        ("?page=4294967295&per_page=5000", vec![]),
        ("?page=1", vec![main, sub]),
    ] {
        let reply = rig.get(&format!("/v3/projects{query}")).await;
        assert_eq!(ids(&reply.json()), expected, "{query}");
    }
    let base = rig.emulator.base_url();
    let links = |query: &str| {
        let target = format!("/v3/projects{query}");
        let rig = &rig;
        async move { rig.get(&target).await.json()["links"].take() }
    };
    let next = links("?per_page=1&enabled=true").await["next"].take();
    assert_eq!(next, format!("{base}/v3/projects?enabled=true&page=2&per_page=1"));
    let last = links("?enabled=true&page=2&per_page=1").await;
    assert_eq!(last["next"], Value::Null);
    assert_eq!(
        last["previous"],
        format!("{base}/v3/projects?enabled=true&page=1&per_page=1")
    );
    for query in [
        "?enabled=1",
        "?page=0",
        "?page=x",
        "?per_page=0",
        "?per_page=5001",
        "?name=a&name=b",
        "?name=%ff",
        "?%zz",
    ] {
        let reply = rig.get(&format!("/v3/projects{query}")).await;
        assert_eq!(reply.identity_error().0, 400, "{query}");
    }
}

#[tokio::test]
async fn an_agency_sees_the_projects_of_the_other_account() {
    let rig = Rig::start(|builder| builder).await;
    let identity = json!({ "methods": ["assume_role"], "assume_role": {
        "agency_name": "emulator-agency", "domain_id": rig.emulator.agency_domain_id(),
    } });
    let key = Key::temporary(&keys::ask_key(&rig, rig.token(), &identity).await);
    let reply = Draft::new(&rig, "GET", "/v3/projects?name=emulator-1")
        .send(&rig, &key)
        .await;
    assert_eq!(ids(&reply.json()), [rig.emulator.agency_project_id()]);
}

#[tokio::test]
async fn callers_must_be_known() {
    let rig = Rig::start(|builder| builder).await;
    let target = "/v3/projects";
    for headers in [
        &[][..],
        &[("X-Auth-Token", "")],
        &[("X-Auth-Token", "MIIunknown")],
    ] {
        let reply = rig.send("GET", target, headers, b"").await;
        let message = "The request you have made requires authentication.";
        assert_eq!(reply.identity_error(), (401, message.to_owned()));
    }
    let token = rig
        .token_for(json!({ "domain": { "id": rig.emulator.domain_id() } }))
        .await;
    let reply = rig.send("GET", target, &[("X-Auth-Token", &token)], b"").await;
    assert_eq!(reply.status, 200);
    let key = Key::permanent(&rig);
    let draft = Draft::new(&rig, "GET", target);
    let wrong = Key {
        secret: "wrong".to_owned(),
        ..key.clone()
    };
    assert_eq!(
        draft.send(&rig, &wrong).await.error(),
        (401, "APIGW.0301".to_owned())
    );
    let unknown = Key {
        access: "NOBODYS0KEY".to_owned(),
        ..key.clone()
    };
    assert_eq!(
        draft.send(&rig, &unknown).await.error(),
        (400, "IAM.1106".to_owned())
    );
    let late = draft.at("20240301T080000Z");
    assert_eq!(
        late.send(&rig, &key).await.error(),
        (401, "APIGW.0303".to_owned())
    );
}

#[tokio::test]
async fn each_project_has_its_own_sessions_and_tasks() {
    let rig = Rig::start(|builder| builder).await;
    let sub = rig.emulator.sub_project_id();
    let token = rig.token_for(json!({ "project": { "id": sub } })).await;
    let auth = [
        ("X-Auth-Token", token.as_str()),
        ("Content-Type", "application/json"),
    ];
    let sessions = format!("/v1/{sub}/session/list-sessions");
    let list = rig
        .send("GET", &format!("{sessions}?{ALL}"), &auth, b"")
        .await
        .json();
    assert_eq!(list["count"], 100);
    assert_eq!(list["items"][0]["tenant_id"], sub);
    let main = rig.list(ALL).await.json();
    assert_eq!(main["count"], 300);
    assert_ne!(main["items"][0]["id"], list["items"][0]["id"]);

    let submitted = rig
        .send("POST", &format!("{sessions}/export"), &auth, b"{}")
        .await;
    let id = submitted.json()["task_id"].as_str().unwrap().to_owned();
    let tasks = format!("/v2/{sub}/export-tasks");
    assert_eq!(rig.send("GET", &tasks, &auth, b"").await.json()["count"], 1);
    assert_eq!(rig.get(&rig.tasks_path()).await.json()["count"], 0);
    assert_eq!(rig.download(&id).await.error(), (400, "WKS.0202".to_owned()));
    // The deletion in one project leaves the other one's task alone.
    let body = json!({ "task_ids": [id] }).to_string();
    let reply = rig
        .post(&format!("{}/batch-delete", rig.tasks_path()), body.as_bytes())
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(rig.send("GET", &tasks, &auth, b"").await.json()["count"], 1);
    assert_eq!(
        rig.get(&format!("{tasks}?limit=1")).await.error(),
        (403, "WKS.00081102".to_owned())
    );
}
