//! What `doctor` says of a network that is broken in one way each: names, ports, certificates, proxies, clocks.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests, which have a runtime for what they talk to"
)]

mod common;

use std::net::TcpListener;

use common::doctor::{at, emulator, failed, finish, runtime, said, set_clock};
use common::program;
use common::server::{Reply, Server, TOKEN, respond};
use session_export_testkit::server::{Authority, Certificate, Server as Scripted};

#[test]
fn without_a_region_it_is_not_known_where_to_go() {
    let mut command = program(&["doctor"]);
    command.env("SESSION_EXPORT_TOKEN", TOKEN);
    let done = finish(command, 2);
    assert_eq!(
        said(&done, "endpoints"),
        "failed   endpoints: there is neither a region nor a base URL for the sessions service; name a region, such as \
         cn-north-4, or give the URL\n         to do: set --region, HW_REGION_NAME, or `region` in a profile"
    );
    assert_eq!(
        said(&done, "name"),
        "skipped  name: it is not known where the services are"
    );
}

#[test]
fn a_name_that_does_not_exist() {
    let done = finish(
        at("https://workspace.invalid", &["doctor", "--timeout", "40s"]),
        5,
    );
    let said_of = "of sessions, export centre, IAM: workspace.invalid:";
    let name = said(&done, "name");
    assert!(
        name.starts_with(&format!(
            "failed   name {said_of} could not resolve the host's name"
        )),
        "{name}"
    );
    assert!(
        name.ends_with(
            "\n         to do: check how the host is written (https://workspace.invalid), and this machine's DNS; in a closed \
             network set a proxy (--proxy, HTTPS_PROXY)"
        ),
        "{name}"
    );
    assert_eq!(
        said(&done, "connection"),
        format!("skipped  connection {said_of} the name is not resolved")
    );
    assert_eq!(
        said(&done, "clock"),
        "skipped  clock: no answer with a Date to compare it with"
    );
    assert_eq!(said(&done, "log-in"), "skipped  log-in: IAM was not reached");
}

#[test]
fn a_port_where_nobody_listens() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let emulator = emulator();
    // Only one of the three is away; of the others everything is said.
    let mut command = program(&["doctor", "--project-id", emulator.says("project_id")]);
    command
        .args(["--endpoint", &format!("http://{closed}")])
        .args(["--export-endpoint", emulator.says("endpoint")])
        .args(["--iam-endpoint", emulator.says("endpoint")])
        .env("HW_USER_NAME", emulator.says("user_name"))
        .env("HW_USER_PASSWORD", emulator.says("password"))
        .env("HW_DOMAIN_NAME", emulator.says("domain_name"));
    let done = finish(command, 5);
    let connection = said(&done, "connection");
    assert!(
        connection.starts_with("failed   connection of sessions: 127.0.0.1: could not connect"),
        "{connection}"
    );
    assert!(
        connection.ends_with(
            "\n         to do: check the port, and whether a firewall is in between; behind a proxy set --proxy or HTTPS_PROXY"
        ),
        "{connection}"
    );
    assert_eq!(failed(&done), ["connection of sessions"]);
    assert!(said(&done, "log-in").starts_with("ok "));
    assert!(said(&done, "list tasks").starts_with("ok "));
    assert_eq!(
        said(&done, "list sessions"),
        "skipped  list sessions: the sessions service was not reached"
    );
}

/// Certificates that nobody should trust, each with what is said about it.
#[test]
fn a_certificate_that_is_not_trusted_is_named() {
    let runtime = runtime();
    let authority = Authority::new();
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), authority.pem()).unwrap();
    for (certificate, trusted, reason, to_do) in [
        (
            Certificate::Good,
            false,
            "UnknownIssuer",
            "nobody who is trusted has signed its certificate: if a proxy or a service of your own did, trust its authority \
             with --ca-file; if not, somebody is in between",
        ),
        (
            Certificate::Expired,
            true,
            "certificate expired",
            "its certificate has expired: have it renewed, or see whether this machine's clock is right",
        ),
        (
            Certificate::WrongName,
            true,
            "certificate not valid for name \"localhost\"",
            "its certificate is another host's: check how the host is written, or have a certificate made for it",
        ),
    ] {
        let config = authority.server(certificate, &[]);
        let server = runtime.block_on(Scripted::tls(config, |mut connection| async move {
            connection.request().await;
        }));
        let url = format!("https://localhost:{}", server.address().port());
        let mut command = at(&url, &["doctor"]);
        if trusted {
            command.arg("--ca-file").arg(pem.path());
        }
        let done = finish(command, 5);
        let of = "of sessions, export centre, IAM: localhost:";
        assert_eq!(said(&done, "name"), format!("ok       name {of} is resolved"));
        assert_eq!(
            said(&done, "connection"),
            format!("ok       connection {of} is made")
        );
        let tls = said(&done, "tls");
        assert!(
            tls.starts_with(&format!("failed   tls {of} could not set up TLS: ")) && tls.contains(reason),
            "{tls}"
        );
        assert!(tls.ends_with(&format!("\n         to do: {to_do}")), "{tls}");
        assert!(server.requests().is_empty(), "nothing was said to it");
    }
}

#[test]
fn a_clock_that_is_off_is_told_before_a_signature_is_spent() {
    let emulator = emulator();
    // In the middle of a minute: `Date` has whole seconds, and the answer takes its time.
    set_clock(emulator.says("admin"), 1_230);
    let url = emulator.says("endpoint");
    let mut command = common::server::at(url, &["doctor"]);
    command
        .env("HW_ACCESS_KEY", emulator.says("access_key"))
        .env("HW_SECRET_KEY", emulator.says("secret_key"));
    let done = finish(command, 1);
    let clock = said(&done, "clock");
    assert!(
        clock.starts_with("failed   clock: this machine's clock is 20 min "),
        "{clock}"
    );
    assert!(
        clock.ends_with(
            " s behind that of sessions\n         to do: set this machine's clock, best by NTP; a signature that is more than \
             15 minutes off is refused"
        ),
        "{clock}"
    );
    assert_eq!(
        said(&done, "list tasks"),
        "skipped  list tasks: the clock is too far off, and a signature that is refused counts against the key"
    );
    // A password works all the same, and that is said too.
    let done = finish(emulator.command(&["doctor"]), 0);
    assert!(
        said(&done, "clock").starts_with("warning  clock: "),
        "{}",
        done.out()
    );
    assert!(said(&done, "list sessions").starts_with("ok "), "{}", done.out());
}

#[test]
fn a_proxy_that_is_away_and_one_that_refuses() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = at("https://workspace.invalid", &["doctor"]);
    command.env("HTTPS_PROXY", format!("http://user:pl4nted@{closed}"));
    let done = finish(command, 5);
    let proxy = said(&done, "proxy");
    assert!(
        proxy.starts_with(&format!(
            "failed   proxy: http://{closed} (HTTPS_PROXY): could not connect"
        )),
        "{proxy}"
    );
    assert!(
        proxy.ends_with(
            "\n         to do: check its host and port in HTTPS_PROXY; without a proxy, remove it there"
        ),
        "{proxy}"
    );
    assert!(!done.out().contains("pl4nted"), "{}", done.out());
    // Nothing behind it is blamed.
    let of = "of sessions, export centre, IAM: workspace.invalid:";
    for (check, why) in [
        ("name", "the proxy resolves it"),
        ("connection", "the proxy was not reached"),
        ("tls", "there is no connection"),
    ] {
        assert_eq!(said(&done, check), format!("skipped  {check} {of} {why}"));
    }

    for status in [403, 407] {
        let refusing = Server::start(move |_| respond(status, &[], ""));
        let mut command = at("https://workspace.invalid", &["doctor"]);
        command.env("SESSION_EXPORT_PROXY", &refusing.url);
        let done = finish(command, 5);
        assert_eq!(
            said(&done, "proxy"),
            format!("ok       proxy: {} (SESSION_EXPORT_PROXY) answers", refusing.url)
        );
        assert_eq!(
            said(&done, "name"),
            format!("skipped  name {of} the proxy resolves it")
        );
        let connection = said(&done, "connection");
        assert!(
            connection.starts_with(&format!("failed   connection {of} could not connect")),
            "{connection}"
        );
        assert!(
            connection.ends_with(
                "\n         to do: ask whoever runs the proxy whether it lets this host through; if it wants a password, set \
                 SESSION_EXPORT_PROXY=http://user:password@host:port"
            ),
            "{connection}"
        );
        for request in refusing.seen() {
            assert!(!format!("{request:?}").contains(TOKEN));
        }
    }
}

#[test]
fn a_report_is_written_although_its_time_is_over() {
    let silent = Server::start(|_| Reply::Hang(Vec::new()));
    let done = finish(at(&silent.url, &["doctor", "--timeout", "1ms"]), 5);
    assert!(
        said(&done, "connection").contains("no response within the time limit"),
        "{done:?}"
    );
}

#[test]
fn a_service_that_never_answers_takes_no_longer_than_it_is_given() {
    let silent = Server::start(|_| Reply::Hang(Vec::new()));
    let done = finish(at(&silent.url, &["doctor", "--timeout", "2s"]), 5);
    let connection = said(&done, "connection");
    assert!(
        connection.starts_with(
            "failed   connection of sessions, export centre, IAM: 127.0.0.1: no response within the time limit"
        ),
        "{connection}"
    );
}
