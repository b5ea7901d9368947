//! Every answer that is no success, and every exchange without an answer: what the caller is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::error::Error as StdError;

use common::{Answer, TOKEN, answer, body_of, broken, client, clock, json, mock_transport, no_filter, shown};
use session_export::{
    Delivery, Error, ErrorKind, ExportKind, Operation, TaskIds, TaskQuery, TransportError, TransportErrorKind,
};

/// What a submit, sent once, fails with.
fn submit(answer: Answer) -> Error {
    submit_with([answer])
}

/// What a submit fails with that has to be sent so many times.
fn submit_with(answers: impl IntoIterator<Item = Answer>) -> Error {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, answers);
    let submit = client(transport, &clock).export_sessions(no_filter()).submit();
    let error = clock.drive(submit).unwrap_err();
    assert_eq!(error.operation(), Some(Operation::Export(ExportKind::Sessions)));
    error
}

/// What a read, sent once, fails with.
fn list(answer: Answer) -> Error {
    list_with([answer])
}

/// What a read fails with that has to be sent so many times.
fn list_with(answers: impl IntoIterator<Item = Answer>) -> Error {
    let clock = clock();
    let (transport, _) = mock_transport(&clock, answers);
    let error = clock
        .drive(client(transport, &clock).list_tasks(&TaskQuery::new()))
        .unwrap_err();
    assert_eq!(error.operation(), Some(Operation::ListTasks));
    error
}

/// The same answer to every attempt: four where it is tried again, else one.
fn each(again: bool, answer: impl Fn() -> Answer) -> Vec<Answer> {
    let attempts = if again { 4 } else { 1 };
    (0..attempts).map(|_| answer()).collect()
}

/// A status, and what is shown for it where no body says more.
const STATUSES: [(u16, &str); 15] = [
    (302, "HTTP 302 (Found)"),
    (400, "HTTP 400 (Bad Request)"),
    (401, "HTTP 401 (Unauthorized)"),
    (403, "HTTP 403 (Forbidden)"),
    (404, "HTTP 404 (Not Found)"),
    (405, "HTTP 405 (Method Not Allowed)"),
    (408, "HTTP 408 (Request Timeout)"),
    (413, "HTTP 413 (Payload Too Large)"),
    (415, "HTTP 415 (Unsupported Media Type)"),
    (429, "HTTP 429 (Too Many Requests)"),
    (494, "HTTP 494"),
    (500, "HTTP 500 (Internal Server Error)"),
    (502, "HTTP 502 (Bad Gateway)"),
    (503, "HTTP 503 (Service Unavailable)"),
    (504, "HTTP 504 (Gateway Timeout)"),
];

/// What a body says, and the text that is shown after `HTTP <status>`; `None` leaves the status's own.
struct Shape {
    body: &'static str,
    code: Option<&'static str>,
    message: Option<&'static str>,
    request_id: Option<&'static str>,
    text: Option<&'static str>,
}

const NOTHING: Shape = Shape {
    body: "",
    code: None,
    message: None,
    request_id: None,
    text: None,
};

const SHAPES: [Shape; 8] = [
    NOTHING,
    Shape {
        body: r#"{"error_code":"WKS.00211102","error_msg":"The parameter is invalid.","error_detail":"planted"}"#,
        code: Some("WKS.00211102"),
        message: Some("The parameter is invalid."),
        text: Some(" WKS.00211102: The parameter is invalid."),
        ..NOTHING
    },
    Shape {
        body: r#"{"error_msg":"No backend","error_code":"APIGW.0101","request_id":"4f1b9c","planted":1}"#,
        code: Some("APIGW.0101"),
        message: Some("No backend"),
        request_id: Some("4f1b9c"),
        text: Some(" APIGW.0101: No backend (request id 4f1b9c)"),
    },
    Shape {
        body: r#"{"error":{"code":1100,"message":"Try\nagain","title":"planted"}}"#,
        code: Some("1100"),
        message: Some("Try again"),
        text: Some(" 1100: Try again"),
        ..NOTHING
    },
    Shape {
        body: r#"{"errorCode":"SVC.1","errorMsg":"No"}"#,
        code: Some("SVC.1"),
        message: Some("No"),
        text: Some(" SVC.1: No"),
        ..NOTHING
    },
    Shape {
        body: r#"{"error_code":"WKS.00050902"}"#,
        code: Some("WKS.00050902"),
        ..NOTHING
    },
    Shape {
        body: "<html><body>planted</body></html>",
        ..NOTHING
    },
    Shape {
        body: r#"{"error_code":"WKS.00211102","error_msg":"planted"#,
        ..NOTHING
    },
];

/// `HTTP 400 WKS.00211102: The parameter is invalid.`
fn text_of(status: u16, plain: &str, shape: &Shape) -> String {
    match (shape.text, shape.code) {
        (Some(text), _) => format!("HTTP {status}{text}"),
        (None, Some(code)) => plain.replacen(&status.to_string(), &format!("{status} {code}"), 1),
        (None, None) => plain.to_owned(),
    }
}

fn check_service(error: &Error, status: u16, shape: &Shape) {
    let failure = error.service().unwrap();
    assert_eq!(failure.status.as_u16(), status);
    assert_eq!(failure.code.as_deref(), shape.code, "{status}");
    assert_eq!(failure.message.as_deref(), shape.message, "{status}");
    assert_eq!(failure.request_id.as_deref(), shape.request_id, "{status}");
    assert_eq!(failure.encoded_authorization_message, None);
}

#[test]
fn a_submit_fails_with_what_the_status_and_the_body_say() {
    for (status, plain) in STATUSES {
        for shape in &SHAPES {
            let error = submit_with(each(status == 429, || json(status, shape.body)));
            shown(&error);
            check_service(&error, status, shape);
            let text = format!("export_sessions: {}", text_of(status, plain, shape));
            let ambiguous = matches!(status, 408 | 500 | 502 | 503 | 504);
            assert_eq!(error.is_ambiguous(), ambiguous, "{error}");
            if ambiguous {
                assert_eq!(
                    error.to_string(),
                    "export_sessions: the outcome is unknown, a task may have been created since \
                     2024-02-27T03:47:51.182Z; look for it before you submit again"
                );
                assert_eq!(error.source().unwrap().to_string(), text);
                assert_eq!(error.kind().as_str(), "ambiguous");
            } else {
                assert_eq!(error.to_string(), text);
                assert!(error.source().is_none());
                assert_eq!(error.kind().as_str(), "service");
            }
            assert_eq!(error.is_unauthenticated(), status == 401);
            assert_eq!(error.is_forbidden(), status == 403);
            assert_eq!(error.is_throttled(), status == 429);
            assert_eq!(error.is_transient(), status == 429, "{status}");
            assert!(!error.is_deadline() && !error.nothing_was_sent());
        }
    }
}

#[test]
fn a_read_fails_with_the_same_and_is_never_ambiguous() {
    for (status, plain) in STATUSES {
        for shape in &SHAPES {
            let transient = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
            let error = list_with(each(transient, || json(status, shape.body)));
            shown(&error);
            check_service(&error, status, shape);
            assert_eq!(
                error.to_string(),
                format!("list_tasks: {}", text_of(status, plain, shape))
            );
            assert!(matches!(error.kind(), ErrorKind::Service(_)) && !error.is_ambiguous());
            assert_eq!(error.is_transient(), transient, "{status}");
        }
    }
}

#[test]
fn the_code_that_proves_rejection_makes_a_submit_certain() {
    for code in ["APIGW.0613", "APIG.0613"] {
        for status in [408, 500, 502, 503, 504] {
            let body = format!(r#"{{"error_code":"{code}","error_msg":"IAM"}}"#);
            let error = submit_with(each(true, || json(status, body.clone())));
            assert!(matches!(error.kind(), ErrorKind::Service(_)), "{error:?}");
            assert!(error.is_transient() && !error.is_ambiguous());
            assert_eq!(
                error.to_string(),
                format!("export_sessions: HTTP {status} {code}: IAM")
            );
        }
    }
    assert!(submit(json(503, r#"{"error_code":"APIGW.06130"}"#)).is_ambiguous());
}

#[test]
fn keystones_code_is_not_said_twice() {
    let body = r#"{"error":{"code":401,"message":"The token is wrong.","title":"Unauthorized"}}"#;
    let error = list(json(401, body));
    assert_eq!(error.to_string(), "list_tasks: HTTP 401: The token is wrong.");
    assert_eq!(error.service().unwrap().code.as_deref(), Some("401"));
}

#[test]
fn the_headers_request_id_counts_before_the_bodys() {
    let body = r#"{"error_code":"APIGW.0301","error_msg":"No","request_id":"of-the-body"}"#;
    let error = list(Ok(answer(403, &[("x-request-id", "of-the-head")], body)));
    assert_eq!(
        error.to_string(),
        "list_tasks: HTTP 403 APIGW.0301: No (request id of-the-head)"
    );
}

#[test]
fn a_token_that_a_server_repeats_is_not_shown_wherever_it_stands() {
    let body = format!(r#"{{"error_code":"{TOKEN}","error_msg":"a {TOKEN}","request_id":"{TOKEN}"}}"#);
    let in_a_header = [("x-request-id", TOKEN)];
    for answer in [
        json(403, body.clone()),
        // A code in a success is an error, too.
        json(200, body.clone()),
        Ok(answer(403, &in_a_header, "{}")),
    ] {
        let error = submit(answer);
        assert!(!shown(&error).contains(TOKEN), "{error}");
    }
    let failure = || json(200, body.clone());
    assert!(!shown(&list(failure())).contains(TOKEN));
}

#[test]
fn a_request_id_in_a_header_is_one_line_of_bounded_length() {
    let long = format!("a\tb{}", "c".repeat(1000));
    for (header, expected) in [
        (&*long, format!("a b{}…", "c".repeat(509))),
        ("\t", "b-1".to_owned()),
    ] {
        let body = r#"{"error_code":"X","request_id":"b-1"}"#;
        let error = submit(Ok(answer(403, &[("x-request-id", header)], body)));
        let failure = error.service().unwrap();
        assert_eq!(failure.request_id.as_ref(), Some(&expected));
    }
}

#[test]
fn a_policy_denials_opaque_text_is_kept_and_not_displayed() {
    let body =
        r#"{"error_code":"WKS.00081102","error_msg":"No","encoded_authorization_message":"AQICAHopaque"}"#;
    let error = list(json(403, body));
    let opaque = error.service().unwrap().encoded_authorization_message.as_deref();
    assert_eq!(opaque, Some("AQICAHopaque"));
    assert_eq!(error.to_string(), "list_tasks: HTTP 403 WKS.00081102: No");
    assert!(error.is_forbidden());
}

#[test]
fn a_known_code_brings_advice() {
    let known = list(json(401, r#"{"error_code":"APIGW.0301","error_msg":"x"}"#));
    assert!(known.advice().is_some());
    let ambiguous = submit(json(503, r#"{"error_code":"WKS.00050902","error_msg":"x"}"#));
    assert_eq!(ambiguous.advice(), session_export::advice("WKS.00050902"));
    assert_eq!(list(json(400, r#"{"error_code":"XYZ.1"}"#)).advice(), None);
}

#[test]
fn a_success_of_a_submit_without_a_task_id_loses_its_task() {
    for status in [200, 201, 202, 204] {
        for (body, path) in [
            ("{}", "line 1, column 2 of the body"),
            ("", "line 1, column 0 of the body"),
            ("null", "line 1, column 4 of the body"),
            ("<html>planted</html>", "line 1, column 1 of the body"),
            (r#"{"task_id":"planted"#, "line 1, column 19 of the body"),
            (
                r#"{"planted":["x",{"planted2":tru"#,
                "line 1, column 31 of the body",
            ),
            (r#"{"task_id":""}"#, "task_id"),
            (r#"{"task_id":["planted"]}"#, "task_id"),
            (r#"{"task_id":null}"#, "task_id"),
        ] {
            // The service said yes, so there may well be a task.
            let error = submit(json(status, body));
            shown(&error);
            assert!(error.is_ambiguous() && error.ambiguity().is_some(), "{error:?}");
            let cause: &Error = error.source().unwrap().downcast_ref().unwrap();
            assert!(matches!(cause.kind(), ErrorKind::Decode { .. }), "{error:?}");
            let text = format!("export_sessions: the response is not understood, at {path}");
            assert_eq!(cause.to_string(), text, "{body}");
            assert!(!error.is_transient() && !error.nothing_was_sent());
        }
    }
}

#[test]
fn a_success_that_holds_an_error_code_is_the_services_error() {
    let body = r#"{"error_code":"WKS.00010109","error_msg":"Quota."}"#;
    let error = submit(json(200, body));
    assert_eq!(
        error.to_string(),
        "export_sessions: HTTP 200 WKS.00010109: Quota."
    );
    assert_eq!(error.service().unwrap().status, 200);
    assert!(!error.is_ambiguous() && !error.is_transient());
    let error = list(json(200, body));
    assert_eq!(error.to_string(), "list_tasks: HTTP 200 WKS.00010109: Quota.");
}

#[test]
fn any_success_with_a_task_id_is_one() {
    for status in [200, 201, 202] {
        let clock = clock();
        let (transport, _) = mock_transport(&clock, [json(status, r#"{"task_id":"t-1","more":[1]}"#)]);
        let submit = client(transport, &clock).export_sessions(no_filter()).submit();
        assert_eq!(clock.drive(submit).unwrap().task_id().as_str(), "t-1");
    }
}

#[test]
fn what_was_not_sent_is_certain_and_what_may_have_been_is_not() {
    use TransportErrorKind::{Closed, Connect, ConnectTimeout, Protocol, Resolve, Tls};
    for kind in [Resolve, Connect, ConnectTimeout, Tls] {
        // A certificate that is not accepted is the same the next time.
        let answers = || each(kind != Tls, || broken(kind, Delivery::NotSent));
        for error in [submit_with(answers()), list_with(answers())] {
            assert!(
                matches!(error.kind(), ErrorKind::Transport { kind: found, delivery: Delivery::NotSent, .. } if *found == kind),
                "{error:?}"
            );
            let operation = error.operation().unwrap();
            assert_eq!(error.to_string(), format!("{operation}: not sent"));
            assert!(error.source().unwrap().is::<TransportError>());
            assert!(error.nothing_was_sent() && !error.is_ambiguous());
            assert_eq!(error.is_transient(), kind != Tls);
        }
    }
    for kind in [Closed, Protocol, Tls] {
        let error = submit(broken(kind, Delivery::Unknown));
        assert!(error.is_ambiguous() && !error.nothing_was_sent() && !error.is_transient());
        let cause = error.source().unwrap();
        assert_eq!(cause.to_string(), "export_sessions: no whole response");
        assert!(cause.source().unwrap().is::<TransportError>());
        let error = list_with(each(kind != Tls, || broken(kind, Delivery::Unknown)));
        assert_eq!(error.to_string(), "list_tasks: no whole response");
        assert!(!error.nothing_was_sent());
        assert_eq!(error.is_transient(), kind != Tls);
    }
}

#[test]
fn an_attempt_that_may_have_been_carried_out_is_not_forgotten_over_the_last_one() {
    use TransportErrorKind::{Closed, Connect};
    let delete = |first: Answer| {
        let clock = clock();
        let not_sent = (0..3).map(|_| broken(Connect, Delivery::NotSent));
        let (transport, _) = mock_transport(&clock, std::iter::once(first).chain(not_sent));
        let ids = TaskIds::new(["t-1".parse().unwrap()]).unwrap();
        clock
            .drive(client(transport, &clock).delete_tasks(&ids))
            .unwrap_err()
    };
    for first in [broken(Closed, Delivery::Unknown), json(504, "")] {
        let error = delete(first);
        assert!(!error.nothing_was_sent());
        let text = "delete_tasks: not sent; but an attempt before it may have been carried out";
        assert_eq!(error.to_string(), text);
    }
    // A read carries nothing out, but it was sent.
    let not_sent = (0..3).map(|_| broken(Connect, Delivery::NotSent));
    let error = list_with(std::iter::once(broken(Closed, Delivery::Unknown)).chain(not_sent));
    assert!(!error.nothing_was_sent());
    assert_eq!(error.to_string(), "list_tasks: not sent");
    // A 429 is certain.
    let error = delete(json(429, ""));
    assert!(error.nothing_was_sent());
    assert_eq!(error.to_string(), "delete_tasks: not sent");
}

#[test]
fn a_reply_that_breaks_off_loses_the_id_of_a_task() {
    let cut = || {
        let rest = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
        Ok(answer(
            200,
            &[],
            body_of(vec![Ok("{\"task_id\":\"planted".into()), Err(rest)]),
        ))
    };
    let error = submit(cut());
    shown(&error);
    assert!(error.is_ambiguous(), "{error:?}");
    assert_eq!(
        error.source().unwrap().to_string(),
        "export_sessions: no whole response"
    );
    let error = list_with(each(true, cut));
    shown(&error);
    assert!(matches!(
        error.kind(),
        ErrorKind::Transport {
            kind: TransportErrorKind::BodyIncomplete,
            ..
        }
    ));
}

#[test]
fn an_error_answer_that_breaks_off_is_still_an_answer() {
    let rest = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
    let body = body_of(vec![Ok("{\"error_code\":\"planted".into()), Err(rest)]);
    let error = submit(Ok(answer(400, &[("x-request-id", "id-1")], body)));
    assert_eq!(
        error.to_string(),
        "export_sessions: HTTP 400 (Bad Request) (request id id-1)"
    );
}

#[test]
fn an_error_answer_without_end_is_read_in_part() {
    let body = "x".repeat(1 << 20);
    let error = list(json(
        400,
        format!(r#"{{"error_code":"E.1","error_msg":"{body}"}}"#),
    ));
    assert_eq!(error.to_string(), "list_tasks: HTTP 400 (Bad Request)");
}
