//! The metadata service: its dance, its limits, and its place in the chain.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use session_export_auth::{
    AuthError, AuthErrorKind, Credential, InstanceMetadata, NoCredentials, NoCredentialsKind,
    ProvideAccessKey, SourceKind,
};
use session_export_transport::test_util::{ManualClock, MockTransport};
use session_export_transport::{
    Clock, Delivery, Request, Response, ResponseBody, Transport, TransportError, TransportErrorKind,
};

use crate::{Home, KOOCLI, PROFILE, report};

const KEY: &str = r#"{"credential":{"access":"AKMACHINE","secret":"sesame","securitytoken":"sesame-token",
    "expires_at":"2024-02-28T03:47:51.701000Z","unknown":1}}"#;
const PUT: &str = "PUT http://169.254.169.254/meta-data/latest/api/token ttl=21600";
const GET: &str = "GET http://169.254.169.254/openstack/latest/securitykey";
const GET_WITH: &str = "GET http://169.254.169.254/openstack/latest/securitykey token=sesame-imds";
const TOKEN: (u16, &str) = (200, "sesame-imds\n");

type Requests = Arc<Mutex<Vec<String>>>;

fn clock() -> ManualClock {
    ManualClock::new("2024-02-27T03:47:51Z".parse().unwrap())
}

fn answer(status: u16, body: impl Into<ResponseBody>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status.try_into().unwrap();
    response
}

/// A service that gives these answers, one after the other, and the requests that it saw.
fn service(answers: Vec<(u16, String)>, clock: ManualClock) -> (InstanceMetadata, Requests) {
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    let mut transport = MockTransport::new();
    let mut answers = answers.into_iter();
    transport.expect_send().returning(move |request| {
        let header = |label, name| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(format!(" {label}={value}"))
        };
        let ttl = header("ttl", "x-metadata-token-ttl-seconds").unwrap_or_default();
        let token = header("token", "x-metadata-token").unwrap_or_default();
        let line = format!("{} {}{ttl}{token}", request.method(), request.uri());
        seen.lock().unwrap().push(line);
        let (status, body) = answers.next().unwrap();
        Ok(answer(status, body))
    });
    (InstanceMetadata::new(transport, clock), requests)
}

fn told(answers: &[(u16, &str)]) -> (Result<session_export_auth::AccessKey, AuthError>, Vec<String>) {
    let clock = clock();
    let answers = answers
        .iter()
        .map(|(status, body)| (*status, (*body).to_owned()))
        .collect();
    let (metadata, requests) = service(answers, clock.clone());
    let result = clock.drive(metadata.provide_access_key());
    assert_eq!(clock.timers(), 0);
    let requests = requests.lock().unwrap().clone();
    (result, requests)
}

/// The words before are those of the kind of error.
#[track_caller]
fn assert_ends(text: impl Display, end: &str) {
    let text = text.to_string();
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn a_key_is_fetched_with_a_token() {
    let (key, requests) = told(&[TOKEN, (200, KEY)]);
    let key = key.unwrap();
    assert_eq!((key.id(), key.expose_secret()), ("AKMACHINE", "sesame"));
    assert!(key.is_temporary());
    assert_eq!(key.expires_at(), "2024-02-28T03:47:51.701Z".parse().ok());
    assert_eq!(requests, [PUT, GET_WITH]);
}

#[test]
fn where_there_are_no_tokens_it_goes_on_without() {
    for status in [404, 405, 503] {
        let (key, requests) = told(&[(status, "<html>"), (200, KEY)]);
        assert_eq!(key.unwrap().id(), "AKMACHINE");
        assert_eq!(requests, [PUT, GET]);
    }
}

#[test]
fn a_401_gets_one_new_token() {
    let (key, requests) = told(&[TOKEN, (401, "expired"), TOKEN, (200, KEY)]);
    assert_eq!(key.unwrap().id(), "AKMACHINE");
    assert_eq!(requests, [PUT, GET_WITH, PUT, GET_WITH]);
    let (key, requests) = told(&[TOKEN, (401, ""), TOKEN, (401, "")]);
    assert_ends(key.unwrap_err(), "HTTP 401: the metadata service gives no key");
    assert_eq!(requests.len(), 4);
}

#[test]
fn a_machine_without_an_agency_is_told_so_at_once() {
    let body = r#"{"message":"Please configure Cloud Service Agency first. sesame"}"#;
    let (key, requests) = told(&[TOKEN, (401, body)]);
    assert_ends(
        key.unwrap_err(),
        "HTTP 401: this machine has no agency; bind one to it",
    );
    assert_eq!(requests.len(), 2);
}

#[test]
fn what_is_not_the_documented_answer_is_an_error_without_a_secret() {
    let without = |name: &str| KEY.replace(&format!("\"{name}\""), "\"other\"");
    let large = format!("{KEY}{}", " ".repeat(64 << 10));
    let texts: Vec<String> = vec![
        without("access"),
        without("secret"),
        without("securitytoken"),
        without("expires_at"),
        KEY.replace("\"sesame\"", "sesame"),
        KEY.replace("\"sesame\"", "\"sesame sesame\""),
        KEY.replace("\"sesame\"", "[\"sesame\"]"),
        KEY.replace("\"sesame-token\"", "\"\""),
        KEY.replace("2024-02-28T03:47:51.701000Z", "sesame"),
        large,
        "sesame".to_owned(),
        String::new(),
    ];
    for text in texts {
        let error = told(&[TOKEN, (200, &text)]).0.unwrap_err();
        assert_eq!(error.kind(), &AuthErrorKind::Reply, "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    }
    for (status, body) in [
        (200, "sesame sesame"),
        (200, ""),
        (200, "sesame\u{e9}"),
        (500, "sesame"),
        (302, ""),
    ] {
        let error = told(&[(status, body)]).0.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    }
    for status in [404, 500, 503] {
        let error = told(&[TOKEN, (status, "sesame")]).0.unwrap_err();
        assert_eq!(error.refusal().unwrap().status, status);
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    }
}

/// Nobody is there: the packets are lost.
#[derive(Debug, Default)]
struct Silence {
    /// Whether the head of an answer comes, and only its body is lost.
    head: bool,
}

struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Poll::Pending
    }
}

#[async_trait]
impl Transport for Silence {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        if self.head {
            return Ok(answer(200, ResponseBody::new(NoBody)));
        }
        std::future::pending().await
    }
}

#[test]
fn an_exchange_is_given_up_after_three_seconds() {
    for head in [false, true] {
        let clock = clock();
        let metadata = InstanceMetadata::new(Silence { head }, clock.clone());
        let error = clock.drive(metadata.provide_access_key()).unwrap_err();
        assert_eq!(error.kind(), &AuthErrorKind::TimedOut);
        assert_eq!(clock.monotonic(), Duration::from_secs(3));
        assert_eq!(clock.timers(), 0);
    }
}

#[test]
fn another_plain_http_address_is_refused() {
    for (url, allowed) in [
        ("http://127.0.0.1:8080", true),
        ("http://169.254.0.1", true),
        ("https://metadata.example.com", true),
        ("http://10.0.0.1", false),
        ("http://metadata.example.com", false),
    ] {
        let clock = clock();
        let (metadata, _) = service(vec![(404, String::new()), (200, KEY.to_owned())], clock.clone());
        let metadata = metadata.base_url(url.parse().unwrap());
        let result = clock.drive(metadata.provide_access_key());
        assert_eq!(result.is_ok(), allowed, "{url}");
    }
}

fn last_resort(
    home: &Home,
    variables: &[(&str, &str)],
    answers: &[(u16, &str)],
) -> (
    Result<session_export_auth::Found, NoCredentials>,
    Requests,
    ManualClock,
) {
    let clock = clock();
    let answers = answers
        .iter()
        .map(|(status, body)| (*status, (*body).to_owned()))
        .collect();
    let (metadata, requests) = service(answers, clock.clone());
    let chain = home.chain(variables).instance_metadata(metadata);
    (clock.drive(chain.find()), requests, clock)
}

#[test]
fn it_is_the_last_resort_and_its_first_key_is_not_lost() {
    let region = [("HW_REGION_NAME", "cn-north-4")];
    let (found, requests, clock) =
        last_resort(&Home::new(), &region, &[TOKEN, (200, KEY), TOKEN, (200, KEY)]);
    let found = found.unwrap();
    assert_eq!(found.region().unwrap().as_str(), "cn-north-4");
    assert_eq!(
        report(&found)[6..],
        [
            "instance metadata: used, a temporary access key of the machine's agency",
            "instance metadata: note: HW_REGION_NAME is used with it",
        ]
    );
    assert!(!format!("{found:?}").contains("sesame"));
    let Credential::InstanceMetadata(metadata) = found.into_credential() else {
        unreachable!("nothing else was there")
    };
    assert_eq!(requests.lock().unwrap().len(), 2);
    assert_eq!(
        clock.drive(metadata.provide_access_key()).unwrap().id(),
        "AKMACHINE"
    );
    assert_eq!(
        requests.lock().unwrap().len(),
        2,
        "the first key was fetched already"
    );
    clock.drive(metadata.provide_access_key()).unwrap();
    assert_eq!(
        requests.lock().unwrap().len(),
        4,
        "from then on each call fetches"
    );
}

#[test]
fn a_first_key_that_waited_too_long_is_fetched_anew() {
    let (found, requests, clock) = last_resort(&Home::new(), &[], &[TOKEN, (200, KEY), TOKEN, (200, KEY)]);
    let Credential::InstanceMetadata(metadata) = found.unwrap().into_credential() else {
        unreachable!("nothing else was there")
    };
    clock.advance(Duration::from_secs(61));
    clock.drive(metadata.provide_access_key()).unwrap();
    assert_eq!(requests.lock().unwrap().len(), 4);
}

#[test]
fn it_is_not_asked_when_something_else_is_there() {
    let key = [("HW_ACCESS_KEY", "AK"), ("HW_SECRET_KEY", "sesame")];
    let (found, requests, _) = last_resort(&Home::new(), &key, &[]);
    assert!(matches!(found.unwrap().credential(), Credential::AccessKey(_)));
    let (error, requests_in_part, _) = last_resort(&Home::new(), &key[..1], &[]);
    assert!(error.is_err());
    assert!(requests.lock().unwrap().is_empty() && requests_in_part.lock().unwrap().is_empty());
}

#[test]
fn an_encrypted_config_of_koocli_does_not_stand_in_its_way() {
    let json = r#"{"current":"a","profiles":[{"name":"a","accessKeyId":"k==","secretAccessKey":"s=="}]}"#;
    for text in [json, "no JSON", "{}"] {
        let home = Home::new().with(KOOCLI, text);
        let (found, ..) = last_resort(&home, &[], &[TOKEN, (200, KEY)]);
        let found = found.unwrap();
        assert_eq!(found.source().unwrap().kind(), SourceKind::InstanceMetadata);
        assert!(report(&found)[5].contains("not usable"), "{:?}", report(&found));
    }
}

#[test]
fn why_it_gives_no_key_is_in_the_report() {
    let (error, ..) = last_resort(&Home::new(), &[], &[TOKEN, (404, "")]);
    let error = error.unwrap_err();
    assert_ends(
        error.report().last().unwrap(),
        "HTTP 404: the metadata service has no key; bind an agency to this machine",
    );
    let mut transport = MockTransport::new();
    transport.expect_send().times(1).returning(|_| {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        Err(TransportError::new(TransportErrorKind::Connect, Delivery::NotSent).with_source(refused))
    });
    let clock = clock();
    let metadata = InstanceMetadata::new(transport, clock.clone());
    let chain = Home::new().chain(&[]).instance_metadata(metadata);
    let error = clock.drive(chain.find()).unwrap_err();
    assert_ends(
        error.report().last().unwrap(),
        "could not connect: connection refused",
    );
}

#[test]
fn asked_for_alone_it_needs_to_be_given() {
    let chain = Home::new().chain(&[]).only(SourceKind::InstanceMetadata);
    let error = crate::find(&chain).unwrap_err();
    assert_eq!(error.report().len(), 1);
    let (found, ..) = {
        let clock = clock();
        let (metadata, requests) = service(vec![(405, String::new()), (200, KEY.to_owned())], clock.clone());
        let chain = chain.instance_metadata(metadata);
        (clock.drive(chain.find()), requests)
    };
    assert!(found.is_ok());
}

#[test]
fn the_machine_is_no_substitute_for_a_profile() {
    let sources = [SourceKind::ProfileFile, SourceKind::InstanceMetadata];
    let (metadata, requests) = service(Vec::new(), clock());
    let chain = Home::new()
        .with(PROFILE, "[dev]\nak = AK\nsk = sesame\n")
        .chain(&[])
        .instance_metadata(metadata)
        .profile("prod");
    for chain in [chain.clone(), chain.sources(sources)] {
        assert!(crate::find(&chain).is_err());
    }
    assert!(requests.lock().unwrap().is_empty());
}

#[test]
fn an_agency_of_terraform_goes_with_the_machine() {
    let agency = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "reader"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d2"),
    ];
    let (found, ..) = last_resort(&Home::new(), &agency, &[TOKEN, (200, KEY)]);
    assert!(found.unwrap().agency().is_some());
    let (error, ..) = last_resort(&Home::new(), &agency[..1], &[TOKEN, (200, KEY)]);
    assert_eq!(error.unwrap_err().kind(), NoCredentialsKind::Incomplete);
}
