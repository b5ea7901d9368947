//! What outlives an emulator that has a directory for its state.

mod files;
mod refusals;

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use session_export_emulator::{
    Emulator, EmulatorBuilder, ExportCentre, ExportFormat, Fate, Fault, FaultOperation, FaultScript,
    ProjectSpec, UserSpec,
};

use crate::http::Reply;
use crate::keys::ask_key;
use crate::rig::{ALL, Rig};
use crate::sign::{Draft, Key};

/// How an emulator ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Drop,
    Shutdown,
    Until,
}

const ENDS: [End; 3] = [End::Drop, End::Shutdown, End::Until];

async fn stop(rig: Rig, end: End) {
    match end {
        End::Drop => drop(rig),
        End::Shutdown => rig.emulator.shutdown().await,
        End::Until => rig.emulator.serve_until(async {}).await,
    }
}

async fn start(directory: &Path) -> Rig {
    start_with(directory, |builder| builder).await
}

async fn start_with(directory: &Path, options: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Rig {
    Rig::start(|builder| options(builder.state_dir(directory))).await
}

async fn tasks_with(rig: &Rig, token: &str) -> Reply {
    rig.send("GET", &rig.tasks_path(), &[("X-Auth-Token", token)], b"")
        .await
}

async fn delete(rig: &Rig, id: &str) {
    let body = json!({ "task_ids": [id] }).to_string();
    let target = format!("{}/batch-delete", rig.tasks_path());
    assert_eq!(rig.post(&target, body.as_bytes()).await.status, 200);
}

const DELAY: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn credentials_tokens_and_keys_go_on() {
    for end in ENDS {
        let directory = tempfile::tempdir().unwrap();
        let project = || ProjectSpec::new("cn-north-4").user(UserSpec::new("alice"));
        let rig = start_with(directory.path(), |builder| builder.project(project())).await;
        let token = rig.token().to_owned();
        let by_token = json!({ "methods": ["token"], "token": {} });
        let temporary = Key::temporary(&ask_key(&rig, &token, &by_token).await);
        let agency = json!({ "methods": ["assume_role"], "assume_role": {
            "agency_name": rig.emulator.agency_name(),
            "domain_name": rig.emulator.agency_domain_name(),
        } });
        let delegated = Key::temporary(&ask_key(&rig, &token, &agency).await);
        let ttl = [("X-Metadata-Token-Ttl-Seconds", "21600")];
        let metadata = rig.send("PUT", "/meta-data/latest/api/token", &ttl, b"").await;
        let metadata = String::from_utf8(metadata.body).unwrap();
        let permanent = Key::permanent(&rig);
        let password = rig.emulator.password().to_owned();
        let alice = rig.emulator.project("cn-north-4").unwrap().users()[0].clone();
        stop(rig, end).await;

        let rig = start_with(directory.path(), |builder| builder.project(project())).await;
        assert_eq!(rig.emulator.password(), password, "{end:?}");
        let again = rig.emulator.project("cn-north-4").unwrap().users()[0].clone();
        assert_eq!(again.password(), alice.password());
        assert_eq!(again.access_key_id(), alice.access_key_id());
        assert_eq!(again.secret_access_key(), alice.secret_access_key());
        assert_eq!(tasks_with(&rig, &token).await.status, 200, "{end:?}");
        let described = rig
            .send(
                "GET",
                "/v3/auth/tokens",
                &[("X-Auth-Token", &token), ("X-Subject-Token", &token)],
                b"",
            )
            .await;
        let described = described.json();
        assert_eq!(described["token"]["methods"], json!(["password"]));
        assert_eq!(described["token"]["expires_at"], "2024-03-02T10:00:00.000000Z");
        let draft = Draft::new(&rig, "GET", &rig.tasks_path());
        for key in [&permanent, &temporary] {
            assert_eq!(draft.send(&rig, key).await.status, 200, "{end:?}");
        }
        let other = format!("/v2/{}/export-tasks", rig.emulator.agency_project_id());
        let other = Draft::new(&rig, "GET", &other);
        assert_eq!(other.send(&rig, &delegated).await.status, 200);
        assert_eq!(draft.send(&rig, &delegated).await.status, 403);
        let headers = [("X-Metadata-Token", metadata.as_str())];
        let key = rig
            .send("GET", "/openstack/latest/securitykey", &headers, b"")
            .await;
        assert_eq!(key.status, 200);

        // They end when they would have ended.
        rig.advance(Duration::from_secs(901));
        let draft = Draft::new(&rig, "GET", &rig.tasks_path());
        assert_eq!(draft.send(&rig, &temporary).await.status, 401);
        rig.advance(Duration::from_secs(86_400));
        assert!(tasks_with(&rig, &token).await.message().contains("token expires"));
    }
}

#[tokio::test]
async fn what_was_revoked_stays_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start(directory.path()).await;
    let token = rig.token().to_owned();
    let by_token = json!({ "methods": ["token"], "token": {} });
    let key = Key::temporary(&ask_key(&rig, &token, &by_token).await);
    rig.emulator.revoke_tokens();
    rig.emulator.revoke_keys();
    drop(rig);
    let rig = start(directory.path()).await;
    assert_eq!(tasks_with(&rig, &token).await.status, 401);
    let draft = Draft::new(&rig, "GET", &rig.tasks_path());
    assert_eq!(draft.send(&rig, &key).await.status, 401);
    assert_eq!(draft.send(&rig, &Key::permanent(&rig)).await.status, 200);
}

#[tokio::test]
async fn tasks_go_on_where_they_were() {
    // The clock goes on by more than the life of a token.
    let long = |builder: EmulatorBuilder| builder.token_ttl(Duration::from_secs(30 * 86_400));
    for end in ENDS {
        let directory = tempfile::tempdir().unwrap();
        let rig = start_with(directory.path(), long).await;
        let expired = rig.submit(&json!({})).await;
        rig.advance(DELAY);
        assert_eq!(rig.download(&expired).await.status, 200);
        rig.advance(Duration::from_secs(7 * 86_400));
        assert_eq!(rig.task(&expired).await["status"], "EXPIRED");

        let week =
            json!({ "query_begin_time": "2024-02-20T00:00:00Z", "query_end_time": "2024-02-27T00:00:00Z" });
        let finished = rig.submit(&week).await;
        let (deleted, unseen) = (rig.submit(&week).await, rig.submit(&week).await);
        rig.advance(DELAY);
        let file = rig.download(&finished).await;
        assert_eq!(file.status, 200);
        delete(&rig, &deleted).await;
        let failing = FaultScript::new().with(Fault::task(Fate::Fails).on(FaultOperation::ExportSessions));
        rig.emulator.set_faults(failing).unwrap();
        let failed = rig.submit(&week).await;
        rig.emulator.set_faults(FaultScript::new()).unwrap();
        let creating = rig.submit(&json!({ "user_name": "nobody" })).await;
        let before = rig.get(&rig.tasks_path()).await.json();
        assert_eq!((&before["count"], rig.emulator.exports_created()), (&json!(5), 6));
        let now = rig.now();
        stop(rig, end).await;

        let rig = start_with(directory.path(), long).await;
        rig.advance((now - rig.now()).to_std().unwrap());
        assert_eq!(rig.get(&rig.tasks_path()).await.json(), before, "{end:?}");
        assert_eq!(rig.emulator.exports_created(), 6);
        let again = rig.download(&finished).await;
        assert_eq!((again.status, &again.body), (200, &file.body));
        assert_eq!(rig.download(&deleted).await.error(), (400, "WKS.0202".to_owned()));
        assert_eq!(
            rig.download(&expired).await.error(),
            (400, "WKS.00010032".to_owned())
        );
        // A file that nobody had asked for is written now, with the rows of its submission.
        assert_eq!(rig.download(&unseen).await.status, 200);
        assert_eq!(rig.task(&creating).await["status"], "CREATING");
        rig.advance(DELAY);
        assert_eq!(rig.task(&creating).await["status"], "SUCCESS");
        assert_eq!(rig.task(&failed).await["status"], "FAIL");
        rig.submit(&week).await;
        assert_eq!(rig.emulator.exports_created(), 7);

        // A longer retention does not bring a file back that is gone.
        let now = rig.now();
        drop(rig);
        let rig = start_with(directory.path(), |builder| {
            long(builder).retention(Duration::from_secs(70 * 86_400))
        })
        .await;
        rig.advance((now - rig.now()).to_std().unwrap());
        assert_eq!(rig.task(&expired).await["status"], "EXPIRED");
    }
}

#[tokio::test]
async fn the_sessions_keep_the_day_of_the_first_start() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start(directory.path()).await;
    let rows = rig.list_all(ALL).await;
    drop(rig);
    let later = |builder: EmulatorBuilder| builder.clock(|| "2024-06-01T10:00:00Z".parse().unwrap());
    let rig = start_with(directory.path(), later).await;
    assert_eq!(rig.list_all(ALL).await, rows);
    drop(rig);
    let rig = Rig::start(later).await;
    assert_ne!(rig.list_all(ALL).await, rows);
}

#[tokio::test]
async fn exports_that_nobody_sees_are_counted_on() {
    let directory = tempfile::tempdir().unwrap();
    for expected in [1, 2] {
        let rig = start_with(directory.path(), |builder| builder.choose(ExportCentre::Hides)).await;
        rig.submit(&json!({})).await;
        assert_eq!(rig.emulator.exports_created(), expected);
    }
}

#[tokio::test]
async fn options_that_decide_about_no_session_may_change() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start(directory.path()).await;
    let (id, key) = (rig.submit(&json!({})).await, Key::permanent(&rig));
    drop(rig);
    let rig = start_with(directory.path(), |builder| {
        builder
            .password("another")
            .export_delay(Duration::ZERO)
            .export_format(ExportFormat::Csv)
            .token_ttl(Duration::from_secs(60))
    })
    .await;
    assert_eq!(rig.emulator.password(), "another");
    assert_eq!(Key::permanent(&rig).access, key.access);
    let task = rig.task(&id).await;
    assert_eq!(task["status"], "SUCCESS");
    assert!(task["file_name"].as_str().unwrap().ends_with(".xlsx"));
    assert!(rig.download(&id).await.body.starts_with(b"PK"));
    drop(rig);
    // What was given once is kept like what was made up.
    assert_eq!(start(directory.path()).await.emulator.password(), "another");
}

#[tokio::test]
async fn several_emulators_with_states_do_not_meet() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (start(one.path()).await, start(other.path()).await);
    assert_ne!(first.emulator.password(), second.emulator.password());
    let id = first.submit(&json!({})).await;
    assert_eq!(second.get(&second.tasks_path()).await.json()["count"], 0);
    drop((first, second));
    let (first, second) = (start(one.path()).await, start(other.path()).await);
    assert_eq!(first.task(&id).await["task_id"], id);
    assert_eq!(second.get(&second.tasks_path()).await.json()["count"], 0);
    assert_eq!(second.emulator.exports_created(), 0);
}

#[tokio::test]
async fn in_memory_nothing_outlives_an_emulator() {
    let first = Emulator::builder().sessions(1).start().await.unwrap();
    let second = Emulator::builder().sessions(1).start().await.unwrap();
    assert_ne!(first.password(), second.password());
    assert_eq!(first.state_failure(), None);
}
