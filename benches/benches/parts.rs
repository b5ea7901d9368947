//! The parts of a call, one by one: `cargo bench -p session-export-benches --bench parts`.

use std::hint::black_box;
use std::time::Duration;

use chrono::{DateTime, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use session_export::{
    AccessKey, AccessKeyAuthenticator, Authenticate, BaseUrl, Request, RequestBody, SessionOperation,
    StaticAccessKey, StaticToken, Token, TokenAuthenticator, format_timestamp, parse_timestamp,
};
use session_export_benches::wire;
use session_export_model::{ErrorBody, ExportTaskList, SessionList, SubmittedTask};

fn requests(c: &mut Criterion) {
    c.bench_function("filter: build and validate", |b| {
        b.iter(|| black_box(wire::filter(SessionOperation::Export)));
    });
    let filter = wire::filter(SessionOperation::Export);
    c.bench_function("filter: encode", |b| {
        b.iter(|| serde_json::to_vec(black_box(&filter)).expect("it encodes"));
    });
    let base: BaseUrl = "https://appstream.cn-north-4.myhuaweicloud.com"
        .parse()
        .expect("a base URL");
    let path = ["v1", wire::PROJECT, "session", "list-sessions", "export"];
    c.bench_function("URL of a submit", |b| {
        b.iter(|| base.url(black_box(path), [("", ""); 0]));
    });
    c.bench_function("URL of a list", |b| {
        b.iter(|| base.url(black_box(path), black_box(&filter).pairs()));
    });
    let time = parse_timestamp("2024-02-27T03:47:51.182Z").expect("a time");
    c.bench_function("time: write", |b| b.iter(|| format_timestamp(black_box(time))));
    c.bench_function("time: read", |b| {
        b.iter(|| parse_timestamp(black_box("2024-02-27T11:47:51.182+08:00")));
    });
}

fn replies(c: &mut Criterion) {
    let submitted = wire::submitted(1);
    c.bench_function("decode: a submit's reply", |b| {
        b.iter(|| serde_json::from_str::<SubmittedTask>(black_box(&submitted)).expect("it decodes"));
    });
    let polled = wire::polled(wire::CREATING, "CREATING");
    c.bench_function("decode: a poll's reply", |b| {
        b.iter(|| serde_json::from_str::<ExportTaskList>(black_box(&polled)).expect("it decodes"));
    });
    let listed = wire::listed();
    c.bench_function("decode: 100 rows", |b| {
        b.iter(|| serde_json::from_str::<SessionList>(black_box(&listed)).expect("it decodes"));
    });
    let error = br#"{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached","request_id":"6f3c"}"#;
    c.bench_function("read: an error's body", |b| {
        b.iter(|| black_box(ErrorBody::read(black_box(error)).code().is_some()));
    });
}

fn credentials(c: &mut Criterion) {
    let at: DateTime<Utc> = "2024-02-27T03:47:51Z".parse().expect("a time");
    let mut request = Request::new(RequestBody::from(wire::SUBMIT));
    *request.uri_mut() = format!("https://h/v1/{}/session/list-sessions/export", wire::PROJECT)
        .parse()
        .expect("a URL");
    let token = StaticToken::new(Token::new(wire::token()).expect("a token"));
    let token = TokenAuthenticator::new(token);
    c.bench_function("token from the cache", |b| {
        b.iter(|| {
            token
                .authenticate(&mut request, at)
                .now_or_never()
                .expect("it does not wait")
        });
    });
    let key = StaticAccessKey::new(AccessKey::new(wire::ACCESS_KEY, wire::SECRET_KEY).expect("a key"));
    let key = AccessKeyAuthenticator::for_project(key, wire::project());
    c.bench_function("signature of a submit", |b| {
        b.iter(|| {
            key.authenticate(&mut request, at)
                .now_or_never()
                .expect("it does not wait")
        });
    });
}

criterion_group! {
    name = parts;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = requests, replies, credentials
}
criterion_main!(parts);
