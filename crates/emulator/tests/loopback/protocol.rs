//! What does not depend on the operation: paths, methods, sizes, headers, the record of requests.

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rig::{ALL, Rig};

#[tokio::test]
async fn unknown_paths_are_not_published() {
    let rig = Rig::start(|builder| builder).await;
    for target in [
        "/",
        "/v1",
        "/v3/projects/",
        "/v3/auth/projects",
        "/v3.0/OS-CREDENTIAL",
        "/openstack/latest",
        "/v1/p/session/list-sessions/",
        "/%ff%00",
        "/v2/p/export-tasks/t",
        "/?a",
    ] {
        for method in ["GET", "POST", "DELETE", "BREW"] {
            let reply = rig.send(method, target, &[], b"").await;
            assert_eq!(reply.error(), (404, "APIGW.0101".to_owned()), "{method} {target}");
        }
    }
}

#[tokio::test]
async fn known_paths_say_which_method_they_allow() {
    let rig = Rig::start(|builder| builder).await;
    let (sessions, tasks) = (rig.sessions_path(), rig.tasks_path());
    for (target, allow) in [
        ("/v3/auth/tokens".to_owned(), "POST, GET"),
        ("/v3/projects".to_owned(), "GET"),
        ("/v3.0/OS-CREDENTIAL/securitytokens".to_owned(), "POST"),
        ("/meta-data/latest/api/token".to_owned(), "PUT"),
        ("/openstack/latest/securitykey".to_owned(), "GET"),
        (sessions.clone(), "GET"),
        (format!("{sessions}/export"), "POST"),
        (tasks.clone(), "GET"),
        (format!("{tasks}/t/download"), "GET"),
        (format!("{tasks}/batch-delete"), "POST"),
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "get"] {
            if !allow.split(", ").any(|allowed| allowed == method) {
                let reply = rig
                    .send(method, &target, &[("X-Auth-Token", rig.token())], b"")
                    .await;
                assert_eq!(
                    reply.error(),
                    (405, "WKS.00000405".to_owned()),
                    "{method} {target}"
                );
                assert_eq!(reply.header("allow"), Some(allow));
            }
        }
    }
}

#[tokio::test]
async fn bodies_up_to_twelve_megabytes_pass_the_gateway() {
    let rig = Rig::start(|builder| builder).await;
    let path = format!("{}/export", rig.sessions_path());
    let limit = 12 * 1024 * 1024;
    let mut body = b"{}".to_vec();
    body.resize(limit, b' ');
    assert_eq!(rig.post(&path, &body).await.status, 200);
    body.push(b' ');
    assert_eq!(
        rig.post(&path, &body).await.error(),
        (413, "APIGW.0201".to_owned())
    );
    let headers = [("Content-Type", "application/json")];
    assert_eq!(
        rig.send("POST", "/v3/auth/tokens", &headers, &body).await.status,
        413
    );
}

#[tokio::test]
async fn long_headers_and_targets_are_read() {
    let rig = Rig::start(|builder| builder).await;
    let token = format!("MII{}", "x".repeat(32 * 1024 - 3));
    let reply = rig
        .send("GET", &rig.tasks_path(), &[("X-Auth-Token", &token)], b"")
        .await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
    let padding = "y".repeat(32 * 1024);
    let headers = [
        ("X-Auth-Token", rig.token()),
        ("X-One", &padding),
        ("X-Two", &padding),
        ("X-Three", &padding),
    ];
    assert_eq!(
        rig.send("GET", &rig.tasks_path(), &headers, b"").await.status,
        200
    );
    let reply = rig
        .get(&format!("{}?task_id={}", rig.tasks_path(), "z".repeat(30 * 1024)))
        .await;
    assert_eq!(reply.json()["count"], 0);
}

/// A request as it stands, over a connection of its own.
async fn raw(rig: &Rig, head: &str) -> crate::http::Reply {
    crate::http::send_bytes(&rig.emulator.base_url(), head.as_bytes()).await
}

#[tokio::test]
async fn heads_above_the_limits_are_refused_in_the_gateway_s_words() {
    let rig = Rig::start(|builder| builder).await;
    let (path, token) = (rig.tasks_path(), rig.token());
    let get = |target: &str, headers: &str| {
        format!(
            "GET {target} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nConnection: close\r\n{headers}\r\n"
        )
    };
    let padded = |count: usize| format!("{path}?task_id={}", "z".repeat(count - path.len() - 9));
    let header = |name: &str, count: usize| format!("{name}: {}\r\n", "y".repeat(count));
    let limit = 32 * 1024;
    assert_eq!(raw(&rig, &get(&padded(limit), "")).await.status, 200);
    assert_eq!(raw(&rig, &get(&path, &header("X-Pad", limit))).await.status, 200);
    let uri = (414, "APIGW.0201".to_owned());
    assert_eq!(raw(&rig, &get(&padded(limit + 1), "")).await.error(), uri);
    // More than the HTTP library itself reads.
    assert_eq!(raw(&rig, &get(&padded(70_000), "")).await.error(), uri);
    let headers = (494, "APIGW.0201".to_owned());
    assert_eq!(
        raw(&rig, &get(&path, &header("X-Pad", limit + 1))).await.error(),
        headers
    );
    let four: String = ["A", "B", "C", "D"].map(|name| header(name, limit)).concat();
    assert_eq!(raw(&rig, &get(&path, &four)).await.error(), headers);
    let many: String = (0..150).map(|number| header(&format!("X-{number}"), 1)).collect();
    assert_eq!(raw(&rig, &get(&path, &many)).await.error(), headers);
    // IAM is behind the gateway as well.
    assert_eq!(
        raw(&rig, &get("/v3/projects", &header("X-Pad", limit + 1)))
            .await
            .error(),
        headers
    );
}

#[tokio::test]
async fn what_is_not_http_gets_an_error_with_a_request_id() {
    let rig = Rig::start(|builder| builder).await;
    for head in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/3.7\r\n\r\n",
        "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ] {
        let reply = raw(&rig, head).await;
        assert_eq!(reply.error(), (400, "APIGW.0201".to_owned()), "{head:?}");
        assert_eq!(
            reply.header("date"),
            Some("Fri, 01 Mar 2024 10:00:00 GMT"),
            "{head:?}"
        );
    }
}

#[tokio::test]
async fn iam_has_a_trace_id_as_well() {
    let rig = Rig::start(|builder| builder).await;
    for target in ["/v3/projects", "/v3/projects?page=x", "/v3/auth/tokens"] {
        let reply = rig.get(target).await;
        let (request, trace) = (reply.header("x-request-id"), reply.header("x-iam-trace-id"));
        assert!(
            request.is_some() && trace.is_some() && request != trace,
            "{target}"
        );
    }
    assert_eq!(rig.get(&rig.tasks_path()).await.header("x-iam-trace-id"), None);
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_the_date_of_the_clock() {
    let rig = Rig::start(|builder| builder).await;
    let mut ids = std::collections::BTreeSet::new();
    for target in [
        format!("{}?{ALL}", rig.sessions_path()),
        rig.tasks_path(),
        "/nowhere".to_owned(),
    ] {
        let reply = rig.get(&target).await;
        assert_eq!(reply.header("date"), Some("Fri, 01 Mar 2024 10:00:00 GMT"));
        let id = reply.header("x-request-id").unwrap().to_owned();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(ids.insert(id));
    }
}

#[tokio::test]
async fn requests_are_remembered_without_their_secrets() {
    let rig = Rig::start(|builder| builder).await;
    rig.get(&format!("{}?limit=7", rig.tasks_path())).await;
    rig.send("PUT", "/nowhere?x=1", &[], b"").await;
    let seen = rig.emulator.requests_seen();
    assert_eq!(seen.len(), 3);
    assert_eq!(
        (seen[0].method(), seen[0].target()),
        (&Method::POST, "/v3/auth/tokens?nocatalog=true")
    );
    assert_eq!(seen[1].path(), rig.tasks_path());
    assert!(seen[1].target().ends_with("?limit=7"));
    assert_eq!(seen[2].method(), Method::PUT);
    let shown = format!("{seen:?}");
    assert!(!shown.contains(rig.token()) && !shown.contains(rig.emulator.password()));
}

#[tokio::test]
async fn garbage_gets_an_answer_or_a_closed_connection_and_the_next_request_works() {
    let rig = Rig::start(|builder| builder).await;
    let address = rig.emulator.base_url().trim_start_matches("http://").to_owned();
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n",
        b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET http://elsewhere/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{answer:?}");
    }
    assert_eq!(rig.get(&rig.tasks_path()).await.status, 200);
}
