//! The parts of a call, one by one: `cargo bench -p session-export-benches --bench parts`.

use std::hint::black_box;
use std::io::Cursor;
use std::time::Duration;

use chrono::{DateTime, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use rust_xlsxwriter::Workbook;
use session_export::{
    AccessKey, AccessKeyAuthenticator, Authenticate, BaseUrl, Request, RequestBody, SessionOperation,
    StaticAccessKey, StaticToken, Token, TokenAuthenticator, format_timestamp, parse_timestamp,
};
use session_export_benches::wire;
use session_export_model::{ErrorBody, ExportTaskList, SessionList, SubmittedTask};
use session_export_rows::{CsvOptions, Field, ReadOptions, Row, RowWriter};

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

/// 100 rows of each format, from the reply of a list.
fn rows(c: &mut Criterion) {
    let list: SessionList = serde_json::from_str(&wire::listed()).expect("it decodes");
    let json = serde_json::to_vec(&list.items).expect("it encodes");
    let read: Vec<Row> = ReadOptions::new()
        .read(Cursor::new(&json))
        .expect("it has a format")
        .collect::<Result<_, _>>()
        .expect("it has rows");
    let no_others: [&str; 0] = [];
    let mut csv = RowWriter::csv(Vec::new(), &no_others, CsvOptions::default()).expect("it is memory");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, field) in (0..).zip(Field::ALL) {
        sheet.write(0u32, column, field.name()).expect("it fits");
    }
    for (line, row) in (1..).zip(&read) {
        csv.write(row).expect("it is memory");
        for (column, field) in (0..).zip(Field::ALL) {
            sheet
                .write(line, column, row.get(*field).unwrap_or_default())
                .expect("it fits");
        }
    }
    let csv = csv.finish().expect("it is memory");
    let xlsx = book.save_to_buffer().expect("it is memory");
    for (name, file) in [("JSON", &json), ("csv", &csv), ("xlsx", &xlsx)] {
        c.bench_function(&format!("read 100 rows: {name}"), |b| {
            b.iter(|| {
                let mut rows = ReadOptions::new()
                    .read(Cursor::new(black_box(file)))
                    .expect("a format");
                let mut row = Row::new();
                let mut count = 0;
                while rows.read(&mut row).expect("a row") {
                    count += 1;
                }
                assert_eq!(count, 100);
            });
        });
    }
    c.bench_function("write 100 rows: csv", |b| {
        b.iter(|| {
            let mut out = RowWriter::csv(Vec::with_capacity(csv.len()), &no_others, CsvOptions::default())
                .expect("memory");
            for row in &read {
                out.write(row).expect("memory");
            }
            out.finish().expect("memory")
        });
    });
}

criterion_group! {
    name = parts;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = requests, replies, credentials, rows
}
criterion_main!(parts);
