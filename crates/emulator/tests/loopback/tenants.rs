//! Several projects in one emulator, several emulators in one process: nobody gets anything of somebody else's.

use std::time::Duration;

use serde_json::{Value, json};
use session_export_emulator::{
    Emulator, EmulatorError, Permission, ProjectAccess, ProjectSpec, RowFormat, RowSource, UserAccess,
    UserSpec,
};

use crate::http::Reply;
use crate::rig::{ALL, Rig};
use crate::sign::{Draft, Key};

/// How a request says who it is from.
enum Proof {
    Token(String),
    Key(Key),
}

fn key(user: &UserAccess) -> Key {
    Key {
        access: user.access_key_id().to_owned(),
        secret: user.secret_access_key().to_owned(),
        security_token: None,
    }
}

fn credentials(project: &ProjectAccess, user: &UserAccess) -> Value {
    json!({ "auth": {
        "identity": { "methods": ["password"], "password": { "user": {
            "name": user.name(), "password": user.password(), "domain": { "name": project.domain_name() },
        } } },
        "scope": { "project": { "id": project.id() } },
    } })
}

async fn token(rig: &Rig, project: &ProjectAccess, user: &UserAccess) -> String {
    rig.token_from(&credentials(project, user)).await
}

async fn ask(rig: &Rig, proof: &Proof, method: &str, target: &str, body: &str) -> Reply {
    match proof {
        Proof::Key(key) => {
            let draft = Draft::new(rig, method, target);
            let draft = if body.is_empty() { draft } else { draft.json(body) };
            draft.send(rig, key).await
        }
        Proof::Token(token) => {
            let headers = [
                ("X-Auth-Token", token.as_str()),
                ("Content-Type", "application/json"),
            ];
            rig.send(method, target, &headers, body.as_bytes()).await
        }
    }
}

/// Every operation of a project on a task of its.
fn operations(project: &str, task: &str) -> [(Permission, &'static str, String, String); 5] {
    let window = ALL.replace(':', "%3A");
    let sessions = format!("/v1/{project}/session/list-sessions");
    let tasks = format!("/v2/{project}/export-tasks");
    // In the order of the names, so that a signature's canonical query is the query.
    let list = format!("{sessions}?{window}");
    let ids = json!({ "task_ids": [task] }).to_string();
    [
        (Permission::ListSessions, "GET", list, String::new()),
        (
            Permission::ExportSessions,
            "POST",
            format!("{sessions}/export"),
            "{}".to_owned(),
        ),
        (
            Permission::ListExportTasks,
            "GET",
            format!("{tasks}?task_id={task}"),
            String::new(),
        ),
        (
            Permission::DownloadExportFile,
            "GET",
            format!("{tasks}/{task}/download"),
            String::new(),
        ),
        (
            Permission::DeleteExportTasks,
            "POST",
            format!("{tasks}/batch-delete"),
            ids,
        ),
    ]
}

/// Two projects in accounts of their own, and a third in the first one's.
async fn three() -> (Rig, [ProjectAccess; 3]) {
    let rig = Rig::start(|builder| {
        builder
            .project(
                ProjectSpec::new("red")
                    .sessions(70)
                    .seed(3)
                    .user(UserSpec::new("ann")),
            )
            .project(
                ProjectSpec::new("blue")
                    .sessions(80)
                    .seed(4)
                    .user(UserSpec::new("bob")),
            )
            .project(
                ProjectSpec::new("rose")
                    .domain_name("red-domain")
                    .user(UserSpec::new("rob")),
            )
    })
    .await;
    let [red, blue, rose] = ["red", "blue", "rose"].map(|name| rig.emulator.project(name).unwrap());
    (rig, [red, blue, rose])
}

async fn finished_task(rig: &Rig, proof: &Proof, project: &ProjectAccess) -> String {
    let [_, (_, method, target, body), ..] = operations(project.id(), "");
    let reply = ask(rig, proof, method, &target, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    rig.advance(Duration::from_secs(2));
    reply.json()["task_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_operation_of_one_project_works_with_the_token_or_the_key_of_another() {
    let (rig, [red, blue, rose]) = three().await;
    let users = [&red, &blue, &rose].map(|project| project.users()[0].clone());
    let own = Proof::Token(token(&rig, &red, &users[0]).await);
    let task = finished_task(&rig, &own, &red).await;
    // The emulator's main user is a stranger as well.
    let mut strangers = vec![
        Proof::Token(rig.token().to_owned()),
        Proof::Key(Key::permanent(&rig)),
    ];
    for (project, user) in [(&blue, &users[1]), (&rose, &users[2])] {
        strangers.push(Proof::Token(token(&rig, project, user).await));
        strangers.push(Proof::Key(key(user)));
    }
    for stranger in &strangers {
        for (permission, method, target, body) in operations(red.id(), &task) {
            let reply = ask(&rig, stranger, method, &target, &body).await;
            assert_eq!(reply.error(), (403, "WKS.00081102".to_owned()), "{permission:?}");
            assert_eq!(
                reply.message(),
                "User does not have permission to access this resource."
            );
            assert!(
                !String::from_utf8(reply.body).unwrap().contains(&task),
                "{permission:?}"
            );
        }
    }
    // All of them work for the project's own user, with the token and with the key.
    for (permission, method, target, body) in operations(red.id(), &task) {
        let reply = ask(&rig, &own, method, &target, &body).await;
        assert_eq!(reply.status, 200, "{permission:?}: {reply:?}");
    }
    let own = Proof::Key(key(&users[0]));
    let task = finished_task(&rig, &own, &red).await;
    for (permission, method, target, body) in operations(red.id(), &task) {
        let reply = ask(&rig, &own, method, &target, &body).await;
        assert_eq!(reply.status, 200, "{permission:?}: {reply:?}");
    }
}

#[tokio::test]
async fn the_task_of_one_project_is_unknown_in_another() {
    let (rig, [red, blue, _]) = three().await;
    let reds = Proof::Key(key(&red.users()[0]));
    let blues = Proof::Token(token(&rig, &blue, &blue.users()[0]).await);
    let task = finished_task(&rig, &reds, &red).await;
    let [_, _, list, download, delete] = operations(blue.id(), &task);
    let reply = ask(&rig, &blues, list.1, &list.2, &list.3).await;
    assert_eq!(reply.json(), json!({ "export_tasks": [], "count": 0 }));
    let reply = ask(&rig, &blues, download.1, &download.2, &download.3).await;
    assert_eq!(reply.error(), (400, "WKS.0202".to_owned()));
    assert_eq!(reply.message(), "The export task does not exist.");
    let reply = ask(&rig, &blues, delete.1, &delete.2, &delete.3).await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    let [_, _, list, ..] = operations(red.id(), &task);
    let reply = ask(&rig, &reds, list.1, &list.2, &list.3).await;
    assert_eq!(reply.json()["count"], 1, "the deletion elsewhere did nothing");
}

#[tokio::test]
async fn each_project_has_sessions_and_projects_of_its_own() {
    let (rig, [red, blue, rose]) = three().await;
    let mut all = std::collections::BTreeSet::new();
    for (project, count) in [(&red, 70), (&blue, 80), (&rose, 100)] {
        let proof = Proof::Token(token(&rig, project, &project.users()[0]).await);
        let [(_, method, target, body), ..] = operations(project.id(), "");
        let page = ask(&rig, &proof, method, &format!("{target}&limit=100"), &body)
            .await
            .json();
        assert_eq!(page["count"], count, "{}", project.name());
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["tenant_id"], project.id());
            assert!(all.insert(item["id"].as_str().unwrap().to_owned()));
        }
        // Also where an account has two projects, a user sees those that let him in.
        let projects = ask(&rig, &proof, "GET", "/v3/projects", "").await.json();
        assert_eq!(projects["projects"].as_array().unwrap().len(), 1);
        assert_eq!(projects["projects"][0]["id"], project.id());
        assert_eq!(projects["projects"][0]["domain_id"], project.domain_id());
    }
}

#[tokio::test]
async fn iam_gives_nobody_a_way_into_another_project() {
    let (rig, [red, blue, rose]) = three().await;
    let ann = &red.users()[0];
    for other in [blue.id(), rose.id(), rig.emulator.project_id()] {
        let mut body = credentials(&red, ann);
        body["auth"]["scope"]["project"]["id"] = json!(other);
        assert_eq!(rig.ask_token("", &body).await.identity_error().0, 401, "{other}");
        // Neither by another scope for a token that is there.
        let token = token(&rig, &red, ann).await;
        let identity = json!({ "methods": ["token"], "token": { "id": token } });
        let body = json!({ "auth": { "identity": identity, "scope": { "project": { "id": other } } } });
        assert_eq!(rig.ask_token("", &body).await.identity_error().0, 401, "{other}");
    }
    // A password is for its own account.
    let mut body = credentials(&red, ann);
    body["auth"]["identity"]["password"]["user"]["domain"]["name"] = json!(blue.domain_name());
    assert_eq!(rig.ask_token("", &body).await.identity_error().0, 401);
    // The other's token is not described.
    let token = token(&rig, &red, ann).await;
    let headers = [("X-Auth-Token", rig.token()), ("X-Subject-Token", &token)];
    let reply = rig.send("GET", "/v3/auth/tokens", &headers, b"").await;
    assert_eq!(reply.identity_error().0, 404);
    // A temporary key by the token reaches what the token reaches.
    let body = json!({ "auth": { "identity": { "methods": ["token"] } } }).to_string();
    let headers = [
        ("X-Auth-Token", token.as_str()),
        ("Content-Type", "application/json"),
    ];
    let target = "/v3.0/OS-CREDENTIAL/securitytokens";
    let reply = rig.send("POST", target, &headers, body.as_bytes()).await;
    let temporary = Proof::Key(Key::temporary(&reply));
    for (project, status) in [(&red, 200), (&blue, 403), (&rose, 403)] {
        let [_, _, (_, method, target, body), ..] = operations(project.id(), "t");
        assert_eq!(ask(&rig, &temporary, method, &target, &body).await.status, status);
    }
}

#[tokio::test]
async fn a_user_may_do_what_the_permissions_say() {
    for granted in Permission::ALL {
        let rig = Rig::start(|builder| {
            let some = UserSpec::new("some").permissions([*granted]);
            let project = ProjectSpec::new("red").user(UserSpec::new("all")).user(some);
            builder.project(project.user(UserSpec::new("none").permissions([])))
        })
        .await;
        let red = rig.emulator.project("red").unwrap();
        let all = Proof::Key(key(red.user("all").unwrap()));
        let task = finished_task(&rig, &all, &red).await;
        for name in ["none", "some"] {
            let user = red.user(name).unwrap();
            for proof in [Proof::Key(key(user)), Proof::Token(token(&rig, &red, user).await)] {
                // Deletion comes last, and the rest finds the task.
                for (needed, method, target, body) in operations(red.id(), &task) {
                    let reply = ask(&rig, &proof, method, &target, &body).await;
                    if name == "some" && needed == *granted {
                        assert_eq!(reply.status, 200, "{granted:?}");
                    } else {
                        assert_eq!(
                            reply.error(),
                            (403, "WKS.00081102".to_owned()),
                            "{granted:?} {needed:?}"
                        );
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn one_user_of_an_account_can_have_two_projects() {
    let rig = Rig::start(|builder| {
        let spec = |name: &str| ProjectSpec::new(name).domain_name("both");
        builder
            .project(
                spec("first")
                    .id("p1")
                    .user(UserSpec::new("eve").access_key("EVE", "secret")),
            )
            .project(
                spec("second")
                    .id("p2")
                    .user(UserSpec::new("eve").permissions([Permission::ListSessions])),
            )
    })
    .await;
    let [first, second] = ["p1", "p2"].map(|id| rig.emulator.project(id).unwrap());
    let eve = first.user("eve").unwrap();
    assert_eq!((eve.access_key_id(), eve.secret_access_key()), ("EVE", "secret"));
    assert_eq!(eve.id(), second.user("eve").unwrap().id());
    let proof = Proof::Key(key(eve));
    for (project, statuses) in [(&first, [200, 200]), (&second, [200, 403])] {
        for ((_, method, target, body), status) in operations(project.id(), "t").into_iter().zip(statuses) {
            assert_eq!(
                ask(&rig, &proof, method, &target, &body).await.status,
                status,
                "{target}"
            );
        }
    }
    let list = ask(&rig, &proof, "GET", "/v3/projects", "").await.json();
    assert_eq!(list["projects"].as_array().unwrap().len(), 2);
    // A token is for the one project that it was asked for.
    let token = Proof::Token(token(&rig, &first, eve).await);
    for (project, status) in [(&first, 200), (&second, 403)] {
        let [(_, method, target, body), ..] = operations(project.id(), "t");
        assert_eq!(
            ask(&rig, &token, method, &target, &body).await.status,
            status,
            "{target}"
        );
    }
}

#[tokio::test]
async fn two_emulators_in_one_process_do_not_meet() {
    let spec =
        || ProjectSpec::new("red").user(UserSpec::new("ann").password("same").access_key("ANN", "same"));
    let one = Rig::start(|builder| builder.project(spec())).await;
    let other = Rig::start(|builder| builder.project(spec())).await;
    let red = one.emulator.project("red").unwrap();
    assert_eq!(
        red.id(),
        other.emulator.project("red").unwrap().id(),
        "ids follow from names"
    );
    let ann = &red.users()[0];
    let proof = Proof::Token(token(&one, &red, ann).await);
    let task = finished_task(&one, &proof, &red).await;
    let seen = other.emulator.requests_seen().len();
    for (permission, method, target, body) in operations(red.id(), &task) {
        let reply = ask(&other, &proof, method, &target, &body).await;
        assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()), "{permission:?}");
        assert!(reply.message().ends_with("decrypt token fail"));
    }
    assert_eq!(other.emulator.requests_seen().len(), seen + 5);
    // The same key is good in both, and finds nothing of the other one's tasks.
    let [_, _, (_, method, target, _), ..] = operations(red.id(), &task);
    let proof = Proof::Key(key(ann));
    assert_eq!(ask(&one, &proof, method, &target, "").await.json()["count"], 1);
    let there = Draft::new(&other, method, &target).send(&other, &key(ann)).await;
    assert_eq!(there.json()["count"], 0);
    // A lock, a clock and a revocation stay where they are.
    one.advance(Duration::from_secs(86_400));
    one.emulator.revoke_tokens();
    assert_eq!(other.get(&other.tasks_path()).await.status, 200);
    assert_eq!(one.get(&one.tasks_path()).await.status, 401);
    // One that stops does not take the other along.
    one.emulator.shutdown().await;
    assert_eq!(other.get(&other.tasks_path()).await.status, 200);
}

#[tokio::test]
async fn projects_that_cannot_be_are_refused() {
    let user = UserSpec::new("ann");
    for (number, specs) in [
        vec![ProjectSpec::new("")],
        vec![ProjectSpec::new("a").id("a/b")],
        vec![ProjectSpec::new("a").domain_name("")],
        vec![ProjectSpec::new("a").domain_name("emulator-agency-domain")],
        vec![ProjectSpec::new("a").sessions(2_000_001)],
        vec![ProjectSpec::new("a").days(0)],
        vec![ProjectSpec::new("a"), ProjectSpec::new("a")],
        vec![ProjectSpec::new("a").id("p"), ProjectSpec::new("b").id("p")],
        vec![ProjectSpec::new("a").user(UserSpec::new(""))],
        vec![ProjectSpec::new("a").user(user.clone()).user(user.clone())],
        vec![ProjectSpec::new("a").user(user.clone().password(""))],
        vec![ProjectSpec::new("a").user(user.clone().access_key("A K", "s"))],
        vec![
            ProjectSpec::new("a").user(user.clone().access_key("AK", "s")),
            ProjectSpec::new("b").user(user.clone().access_key("AK", "t")),
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let builder = specs
            .into_iter()
            .fold(Emulator::builder().sessions(1), |builder, spec| {
                builder.project(spec)
            });
        let error = builder.start().await.unwrap_err();
        assert!(
            matches!(
                error,
                EmulatorError::InvalidOption {
                    option: "project",
                    ..
                }
            ),
            "{number}: {error}"
        );
    }
}

#[tokio::test]
async fn a_project_can_have_rows_of_its_own() {
    let rows = "id,login_user,start_time,tenant_id\n1,张三,2024-02-27T03:47:51.182Z,red\n";
    let rig = Rig::start(|builder| {
        let rows = RowSource::reader("rows", RowFormat::Csv, rows.as_bytes());
        builder.project(ProjectSpec::new("red").rows(rows).user(UserSpec::new("ann")))
    })
    .await;
    let red = rig.emulator.project("red").unwrap();
    let [(_, method, target, _), ..] = operations(red.id(), "");
    let page = ask(&rig, &Proof::Key(key(&red.users()[0])), method, &target, "")
        .await
        .json();
    assert_eq!(
        (&page["count"], &page["items"][0]["login_user"]),
        (&json!(1), &json!("张三"))
    );
    assert_eq!(rig.list(ALL).await.json()["count"], 300);
}

#[tokio::test]
async fn secrets_of_users_are_not_shown() {
    let user = UserSpec::new("ann")
        .password("hunter-2")
        .access_key("AK", "hunter-2");
    let builder = Emulator::builder()
        .sessions(1)
        .project(ProjectSpec::new("red").user(user));
    assert!(!format!("{builder:?}").contains("hunter-2"));
    let emulator = builder.start().await.unwrap();
    assert!(!format!("{:?}{emulator:?}", emulator.projects()).contains("hunter-2"));
    assert_eq!(emulator.project("red").unwrap().users()[0].password(), "hunter-2");
    assert_eq!(emulator.projects().len(), 4);
    assert!(emulator.project("green").is_none());
}
