//! What goes through a proxy, and what must not.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests")]

mod common;

use common::Running;
use common::server::{Server, at, ready_task, respond};

const STACKS: [&str; 2] = ["reqwest", "hyper"];

#[test]
fn plain_http_to_this_machine_never_goes_through_a_proxy() {
    for stack in STACKS {
        let proxy = Server::start(|_| ready_task("stolen"));
        let service = Server::start(|request| {
            if request.line.contains("/v3/auth/tokens") {
                let body = r#"{"token":{"expires_at":"2099-01-01T00:00:00Z","project":{"id":"p"}}}"#;
                respond(201, &[("X-Subject-Token", "t")], body)
            } else {
                ready_task("t")
            }
        });
        let by_name = service.url.replace("127.0.0.1", "localhost");
        for url in [&service.url, &by_name] {
            for with_password in [false, true] {
                for by_flag in [false, true] {
                    let mut command = at(url, &["tasks", "--json", "--transport", stack]);
                    if with_password {
                        for name in ["HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME"] {
                            command.env(name, "somebody");
                        }
                    } else {
                        command.env("SESSION_EXPORT_TOKEN", "t");
                    }
                    if by_flag {
                        command.args(["--proxy", &proxy.url]);
                    } else {
                        command.env("HTTPS_PROXY", &proxy.url);
                    }
                    let done = Running::start(command).finish().expect(0);
                    assert_eq!(done.json()["export_tasks"][0]["task_id"], "t");
                    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
                }
            }
        }
    }
}

#[test]
fn everything_else_goes_through_it() {
    for stack in STACKS {
        // TEST-NET: nothing is there, so only the proxy can have answered.
        let proxy = Server::start(|_| ready_task("t"));
        let mut command = at("http://192.0.2.1", &["tasks", "--json", "--allow-http"]);
        command.args(["--transport", stack, "--proxy", &proxy.url]);
        command.env("SESSION_EXPORT_TOKEN", "t");
        Running::start(command).finish().expect(0);
        assert!(
            proxy.seen()[0].line.starts_with("GET http://192.0.2.1/"),
            "{:?}",
            proxy.seen()
        );
        for host in ["192.0.2.1", "127.0.0.1"] {
            let proxy = Server::start(|_| respond(403, &[], ""));
            let mut command = at(&format!("https://{host}:1"), &["tasks", "--timeout", "20s"]);
            command.args(["--transport", stack, "--proxy", &proxy.url]);
            command.env("SESSION_EXPORT_TOKEN", "t");
            let done = Running::start(command).finish();
            assert_ne!(done.code, Some(0));
            let seen = proxy.seen();
            assert_eq!(seen[0].line, format!("CONNECT {host}:1"));
            assert!(!seen[0].head.to_lowercase().contains("x-auth-token"));
        }
    }
}
