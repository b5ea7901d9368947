//! Signed requests: what is accepted, what is refused, and with which words.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Reply, send_bytes};
use crate::rig::{ALL, Rig};
use crate::sign::{Draft, Key};

const PREFIX: &str = "Incorrect IAM authentication information: ";

fn assert_refused(reply: &Reply, reason: &str) {
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()), "{reason}");
    assert_eq!(reply.message(), format!("{PREFIX}{reason}"));
}

#[tokio::test]
async fn every_operation_on_a_project_can_be_signed() {
    let rig = Rig::start(|builder| builder.export_delay(Duration::ZERO)).await;
    let key = Key::permanent(&rig);
    let (sessions, tasks) = (rig.sessions_path(), rig.tasks_path());
    let window = "query_begin_time=2023-01-01T00%3A00%3A00Z&query_end_time=2025-01-01T00%3A00%3A00Z";
    let listed = Draft::new(&rig, "GET", &format!("{sessions}?limit=3&{window}"));
    let listed = listed.send(&rig, &key).await;
    assert_eq!(listed.json()["items"].as_array().map(Vec::len), Some(3));

    let submit = Draft::new(&rig, "POST", &format!("{sessions}/export")).json("{}");
    let id = submit.send(&rig, &key).await.json()["task_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let found = Draft::new(&rig, "GET", &format!("{tasks}?task_id={id}"));
    assert_eq!(found.send(&rig, &key).await.json()["count"], 1);
    let download = Draft::new(&rig, "GET", &format!("{tasks}/{id}/download"));
    assert_eq!(&download.send(&rig, &key).await.body[..2], b"PK");
    let delete = Draft::new(&rig, "POST", &format!("{tasks}/batch-delete"))
        .json(&json!({ "task_ids": [id] }).to_string());
    assert_eq!(delete.send(&rig, &key).await.status, 200);
    assert_eq!(found.send(&rig, &key).await.json()["count"], 0);
}

#[tokio::test]
async fn each_sdk_may_sign_its_own_set_of_headers() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let export = format!("{}/export", rig.sessions_path());
    let new = || Draft::new(&rig, "POST", &export).body(b"{ }\n");
    let json = "application/json";
    let project = rig.emulator.project_id();
    let agent = "huaweicloud-usdk/3.0 (  padded ) ";
    let python = new()
        .header("content-type", json)
        .header("user-agent", agent)
        .header("x-project-id", project)
        .unsigned("X_Skip", "1");
    let go = new()
        .without_host()
        .unsigned("Content-Type", json)
        .header("user-agent", agent)
        .header("x-project-id", project);
    let java = new()
        .unsigned("Content-Type", json)
        .header("user-agent", agent)
        .header("x-project-id", project);
    let terraform = new()
        .header("content-type", json)
        .unsigned("X-Project-Id", project)
        .unsigned("X-Domain-Id", rig.emulator.domain_id());
    let least = new().without_host().unsigned("Content-Type", json);
    for draft in [python, go, java, terraform, least] {
        let reply = draft.send(&rig, &key).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

#[tokio::test]
async fn a_golden_vector_is_accepted_over_a_socket() {
    let document: Value = serde_json::from_str(include_str!("../data/signing-vectors.json")).unwrap();
    let vectors = document["vectors"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = &vectors[0];
    let rig = Rig::start(|builder| {
        builder
            .project_id("a4da8115c9d8464ead3a38309130523f")
            .access_key(text(&first["access_key"]), text(&first["secret_key"]))
            .clock(|| "2024-02-27T03:50:00Z".parse().unwrap())
    })
    .await;
    let mut passed = 0;
    for vector in vectors {
        // Another key, another algorithm or a path that is not served has its own tests.
        let uri = text(&vector["uri"]);
        let temporary = vector["headers"].get("X-Security-Token").is_some();
        let served = uri.contains("/export-tasks") || uri.contains("/session/");
        let algorithm = text(&vector["headers"]["Authorization"]).starts_with("SDK-HMAC-SHA256");
        if temporary || !served || !algorithm || uri.ends_with("/export-tasks/") {
            continue;
        }
        let body = text(&vector["body"]);
        let mut request = format!(
            "{} {uri} HTTP/1.1\r\nConnection: close\r\n",
            text(&vector["method"])
        );
        for (name, value) in vector["headers"].as_object().unwrap() {
            request.push_str(&format!("{name}: {}\r\n", text(value)));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let reply = send_bytes(&rig.emulator.base_url(), request.as_bytes()).await;
        assert!(![401, 403].contains(&reply.status), "{uri}: {reply:?}");
        passed += 1;
    }
    assert_eq!(passed, 9);
}

#[tokio::test]
async fn a_wrong_signature_is_shown_what_was_computed() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let draft = Draft::new(&rig, "GET", &format!("{}?limit=1", rig.tasks_path()));
    let authorization = draft.authorization(&rig, &key);
    let (start, signature) = authorization.split_at(authorization.len() - 64);
    let flipped = if signature.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{start}{}{flipped}", &signature[..63]);
    let shown = draft.canonical(&rig, &key).replace('\n', "|");
    let reason = format!("canonical request: {shown}, verify aksk signature fail");
    assert_refused(&draft.send_with(&rig, &key, &wrong).await, &reason);

    let mut other = key.clone();
    other.secret = "another secret".to_owned();
    assert_refused(&draft.send(&rig, &other).await, &reason);
    assert_eq!(draft.send(&rig, &key).await.status, 200);

    // A body that is not the one that was signed, and a token that the answer must not repeat.
    let path = format!("{}/export", rig.sessions_path());
    let draft = Draft::new(&rig, "POST", &path)
        .json("{}")
        .header("x-auth-token", rig.token());
    let reply = draft
        .clone()
        .body(b"{ }")
        .send_with(&rig, &key, &draft.authorization(&rig, &key))
        .await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    assert!(reply.message().ends_with(", verify aksk signature fail"));
    assert!(reply.message().contains("|x-auth-token:[redacted]|") && !reply.message().contains(rig.token()));
    assert!(!reply.message().contains(rig.emulator.secret_access_key()));
}

#[tokio::test]
async fn an_unknown_key_is_named() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key {
        access: "NOBODYS0KEY".to_owned(),
        ..Key::permanent(&rig)
    };
    for _ in 0..10 {
        let reply = Draft::new(&rig, "GET", &rig.tasks_path()).send(&rig, &key).await;
        assert_refused(&reply, "Get secretKey failed,ak:NOBODYS0KEY,err:ak not exist");
    }
    assert!(!Key::permanent(&rig).access.is_empty());
    let other = Rig::start(|builder| builder).await;
    assert_ne!(Key::permanent(&rig).access, Key::permanent(&other).access);
    assert_ne!(Key::permanent(&rig).secret, Key::permanent(&other).secret);
}

#[tokio::test]
async fn the_clocks_may_differ_by_fifteen_minutes() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let path = rig.tasks_path();
    // The clock stands at 10:00:00.
    for (date, status) in [
        ("20240301T094500Z", 200),
        ("20240301T101500Z", 200),
        ("20240301T094459Z", 401),
        ("20240301T101501Z", 401),
        ("20250301T100000Z", 401),
        ("00010101T000000Z", 401),
        ("99991231T235959Z", 401),
    ] {
        let draft = Draft::new(&rig, "GET", &path).at(date);
        let reply = draft.send(&rig, &key).await;
        assert_eq!(reply.status, status, "{date}");
        if status == 401 {
            assert_eq!(reply.error().1, "APIGW.0303");
            let shown = draft.canonical(&rig, &key).replace('\n', "|");
            assert_eq!(
                reply.message(),
                format!(
                    "Incorrect app authentication information: x-sdk-date is more than 15 minutes away from \
                     20240301T100000Z, canonical request: {shown}"
                )
            );
        }
    }
    for date in [
        "",
        "now",
        "2024-03-01T10:00:00Z",
        "20240301T100000",
        "20240230T100000Z",
    ] {
        let reply = Draft::new(&rig, "GET", &path).at(date).send(&rig, &key).await;
        assert_refused(&reply, "x-sdk-date is malformed");
    }
    // The injected clock decides, not the system's.
    let draft = Draft::new(&rig, "GET", &path);
    rig.advance(Duration::from_secs(901));
    assert_eq!(draft.send(&rig, &key).await.error().1, "APIGW.0303");
    assert_eq!(Draft::new(&rig, "GET", &path).send(&rig, &key).await.status, 200);
}

#[tokio::test]
async fn six_wrong_signatures_in_a_row_lock_the_key_for_five_minutes() {
    let rig = Rig::start(|builder| builder).await;
    let (key, path) = (Key::permanent(&rig), rig.tasks_path());
    let wrong = Key {
        secret: "wrong".to_owned(),
        ..key.clone()
    };
    let send = async |key: &Key| Draft::new(&rig, "GET", &path).send(&rig, key).await;
    let fail = async |times: usize| {
        for _ in 0..times {
            assert!(
                send(&wrong)
                    .await
                    .message()
                    .ends_with("verify aksk signature fail")
            );
        }
    };
    // Five are allowed, and a right one ends the row.
    fail(5).await;
    assert_eq!(send(&key).await.status, 200);
    fail(5).await;
    // A wrong clock does not count.
    let late = Draft::new(&rig, "GET", &path).at("20240301T080000Z");
    assert_eq!(late.send(&rig, &key).await.error().1, "APIGW.0303");
    assert_eq!(send(&key).await.status, 200);

    fail(6).await;
    for key in [&key, &wrong] {
        assert_refused(&send(key).await, "AK access failed to reach the limit,forbidden");
    }
    // The token of the same user still works, and so does the key when its time is over.
    assert_eq!(rig.get(&path).await.status, 200);
    rig.advance(Duration::from_millis(299_999));
    assert_eq!(send(&key).await.status, 401);
    rig.advance(Duration::from_millis(1));
    fail(5).await;
    assert_eq!(send(&key).await.status, 200);
}

#[tokio::test]
async fn a_signature_decides_when_there_is_a_token_too() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let draft = Draft::new(&rig, "GET", &rig.tasks_path());
    let reply = draft
        .clone()
        .unsigned("X-Auth-Token", "MIIunknown")
        .send(&rig, &key)
        .await;
    assert_eq!(reply.status, 200);
    let draft = draft.unsigned("X-Auth-Token", rig.token());
    let wrong = Key {
        secret: "wrong".to_owned(),
        ..key.clone()
    };
    assert_eq!(draft.send(&rig, &wrong).await.status, 401);
    let reply = draft.send_with(&rig, &key, "Basic dXNlcjpwYXNz").await;
    assert_refused(&reply, "the authorization header is not SDK-HMAC-SHA256");
}

#[tokio::test]
async fn the_project_header_must_be_the_project_of_the_path() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let forbidden = (403, "WKS.00081102".to_owned());
    let draft = || Draft::new(&rig, "GET", &rig.tasks_path());
    for draft in [
        draft().header("x-project-id", rig.emulator.sub_project_id()),
        draft().unsigned("X-Project-Id", ""),
        draft()
            .unsigned("X-Project-Id", rig.emulator.project_id())
            .unsigned("X-Project-Id", rig.emulator.project_id()),
    ] {
        assert_eq!(draft.send(&rig, &key).await.error(), forbidden);
    }
    let headers = [("X-Auth-Token", rig.token()), ("X-Project-Id", "another")];
    let reply = rig.send("GET", &rig.tasks_path(), &headers, b"").await;
    assert_eq!(reply.error(), forbidden);
}

#[tokio::test]
async fn what_stands_for_the_body_can_be_declared() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let path = format!("{}/export", rig.sessions_path());
    let name = "x-sdk-content-sha256";
    let unsigned = "UNSIGNED-PAYLOAD";
    let declared = Draft::new(&rig, "POST", &path).json("{}").header(name, unsigned);
    assert_eq!(
        declared.clone().payload(unsigned).send(&rig, &key).await.status,
        200
    );
    let reply = declared.send(&rig, &key).await;
    assert!(reply.message().ends_with("verify aksk signature fail"));
    assert!(reply.message().contains(&format!("|{unsigned}, verify")));

    // The official Python SDK signs the hash of nothing although it declares the other.
    let empty = Draft::new(&rig, "GET", &rig.tasks_path()).header(name, unsigned);
    assert_eq!(empty.send(&rig, &key).await.status, 200);
    assert_eq!(empty.payload(unsigned).send(&rig, &key).await.status, 200);
    let lie = Draft::new(&rig, "POST", &path).json("{}").payload(unsigned);
    assert_eq!(lie.send(&rig, &key).await.status, 401);
}

#[tokio::test]
async fn broken_requests_are_refused_and_count_for_nothing() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    let path = rig.tasks_path();
    let draft = Draft::new(&rig, "GET", &path);
    let right = draft.authorization(&rig, &key);
    let malformed = "the authorization header is malformed";
    let names = "the signed headers are not lower-case names in ascending order";
    let signed = "SignedHeaders=host;x-sdk-date";
    let long = "x".repeat(30_000);
    for (authorization, reason) in [
        (String::new(), "the authorization header is not SDK-HMAC-SHA256"),
        ("SDK-HMAC-SHA256".to_owned(), malformed),
        (long.clone(), "the authorization header is not SDK-HMAC-SHA256"),
        (format!("SDK-HMAC-SHA256 Access={long}"), malformed),
        (right.replace(&key.access, "张三"), malformed),
        (right.replace("Access=", "Credential="), malformed),
        (
            right.replace("SDK-HMAC-SHA256", "V11-HMAC-SHA256"),
            "the authorization header is not SDK-HMAC-SHA256",
        ),
        (right.replace(signed, "SignedHeaders="), names),
        (right.replace(signed, "SignedHeaders=x-sdk-date;host"), names),
        (right.replace(signed, "SignedHeaders=Host;x-sdk-date"), names),
        (
            right.replace(signed, "SignedHeaders=host"),
            "x-sdk-date is not among the signed headers",
        ),
        (
            right.replace(signed, "SignedHeaders=x-gone;x-sdk-date"),
            "a signed header is not found",
        ),
        (right.replace("Signature=", "Signature=0"), malformed),
        (format!("{right}, {signed}"), malformed),
    ] {
        assert_refused(&draft.send_with(&rig, &key, &authorization).await, reason);
    }
    for (headers, reason) in [
        (vec![("Authorization", right.as_str())], "x-sdk-date not found"),
        (
            vec![
                ("Authorization", &right),
                ("Authorization", &right),
                ("X-Sdk-Date", "20240301T100000Z"),
            ],
            "the authorization header is given more than once",
        ),
        (
            vec![
                ("Authorization", &right),
                ("X-Sdk-Date", "20240301T100000Z"),
                ("X-Sdk-Date", "20240301T100000Z"),
            ],
            "x-sdk-date is given more than once",
        ),
    ] {
        assert_refused(&rig.send("GET", &path, &headers, b"").await, reason);
    }
    for (name, reason) in [
        ("x-security-token", "x-security-token is given more than once"),
        (
            "x-sdk-content-sha256",
            "x-sdk-content-sha256 is given more than once",
        ),
        ("x-custom", "a signed header is given more than once"),
    ] {
        let draft = draft.clone().header(name, "1").unsigned(name, "1");
        assert_refused(&draft.send(&rig, &key).await, reason);
    }
    assert_eq!(draft.send(&rig, &key).await.status, 200);
}

#[tokio::test]
async fn rubbish_gets_an_answer() {
    let rig = Rig::start(|builder| builder).await;
    let key = Key::permanent(&rig);
    for target in [
        "?%",
        "?%zz=%",
        "?a=%ff",
        "/%zz/download",
        "/%ff%00/download",
        "/%2f%2F/download",
        "?a&a&=&+",
    ] {
        let reply = Draft::new(&rig, "GET", &format!("{}{target}", rig.tasks_path()))
            .send(&rig, &key)
            .await;
        assert!([200, 400, 401].contains(&reply.status), "{target}: {reply:?}");
    }
    let right = Draft::new(&rig, "GET", &rig.tasks_path()).authorization(&rig, &key);
    for (name, bytes) in [
        ("Authorization", b"\xff\xfe SDK".as_slice()),
        ("X-Security-Token", b"\x80\x81"),
        ("X-Sdk-Date", b"\xf0\x9f\x98\x80"),
        ("X-Auth-Token", b"\xff"),
        ("X-Subject-Token", b"\xff"),
        ("X-Project-Id", b"\xff"),
        ("X-Metadata-Token", b"\xff"),
        ("X-Metadata-Token-Ttl-Seconds", b"\xff"),
    ] {
        for line in [
            format!("GET {} HTTP/1.1", rig.tasks_path()),
            format!("GET {}?{ALL} HTTP/1.1", rig.sessions_path()),
            "GET /v3/projects HTTP/1.1".to_owned(),
            "GET /v3/auth/tokens HTTP/1.1".to_owned(),
            "GET /openstack/latest/securitykey HTTP/1.1".to_owned(),
            "PUT /meta-data/latest/api/token HTTP/1.1".to_owned(),
            "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1".to_owned(),
        ] {
            for authorization in ["", &format!("Authorization: {right}\r\n")] {
                let head = format!("{line}\r\nHost: x\r\nConnection: close\r\n{authorization}{name}: ");
                let request = [head.as_bytes(), bytes, b"\r\n\r\n"].concat();
                let reply = send_bytes(&rig.emulator.base_url(), &request).await;
                assert!((200..500).contains(&reply.status), "{name} {line}: {reply:?}");
            }
        }
    }
}
