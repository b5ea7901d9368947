//! Observability is a contract: every span and event, its level and its fields, stand in `docs/observability.md`. The
//! page is compared with what is told while everything happens that is told of, and with the sources.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "observability/contract.rs"]
mod contract;
#[path = "observability/flows.rs"]
mod flows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::spans::{Recording, Told};
use common::{Silent, broken, client, clock, json, mock_transport, seconds};
use contract::{CLAUSES, FIELDS};
use futures_util::FutureExt;
use session_export::{Delivery, TaskQuery, TransportErrorKind};
use tracing::Metadata;

/// On one line: what a reader of logs depends on.
fn shape(is_span: bool, name: &str, level: tracing::Level, fields: &[&str]) -> String {
    let what = if is_span { "span" } else { "event" };
    format!("{what} {name} ({level}): {}", fields.join(", "))
}

fn shape_of(metadata: &Metadata<'_>) -> String {
    let fields: Vec<_> = metadata.fields().iter().map(|field| field.name()).collect();
    // The text of an event is for people.
    let fields: Vec<_> = fields.into_iter().filter(|field| *field != "message").collect();
    shape(metadata.is_span(), metadata.name(), *metadata.level(), &fields)
}

fn list(title: &str, shapes: &[&String]) -> String {
    let lines: String = shapes.iter().map(|shape| format!("  {shape}\n")).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("{title}\n{lines}")
    }
}

#[tokio::test]
async fn the_page_has_every_span_and_event_with_its_level_and_its_fields() {
    let recording = Recording::default();
    {
        let _recording = recording.start();
        flows::an_export().await;
        flows::broken_downloads().await;
        flows::a_wait();
        flows::throttled();
        flows::a_lost_submit();
        flows::no_credential();
        flows::a_dead_service();
    }
    let told = recording.told();
    for one in &told {
        assert_eq!(
            one.metadata.target(),
            "session_export",
            "the target of {}",
            one.metadata.name()
        );
        assert!(
            one.metadata.is_event() || one.ended,
            "{} never ends",
            one.metadata.name()
        );
    }
    let happened: BTreeSet<_> = told.iter().map(|told| shape_of(told.metadata)).collect();
    let promised: BTreeSet<_> = CLAUSES
        .iter()
        .map(|clause| shape(clause.is_span, clause.name, clause.level, clause.fields))
        .collect();
    let missing: Vec<_> = promised.difference(&happened).collect();
    let unknown: Vec<_> = happened.difference(&promised).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "what the libraries tell `tracing` is a contract (crates/client/tests/observability/contract.rs)\n{}{}",
        list("promised, but not told as promised:", &missing),
        list("told, but not promised so:", &unknown),
    );

    let used: BTreeSet<_> = CLAUSES
        .iter()
        .flat_map(|clause| clause.fields.iter().copied())
        .collect();
    let explained: BTreeSet<_> = FIELDS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        used, explained,
        "every field is explained, and none that there is not"
    );
    session_export_pages::compare("observability.md", "contract", contract::tables());
}

/// Something that is told on a path which the flows above do not take would not be noticed there.
#[test]
fn every_macro_in_the_sources_has_a_name_of_the_page() {
    let promised: BTreeSet<_> = CLAUSES.iter().map(|clause| clause.name).collect();
    let (mut found, mut nameless) = (BTreeMap::<String, usize>::new(), Vec::new());
    for krate in [
        "auth",
        "client",
        "model",
        "transport",
        "transport-net",
        "transport-hyper",
        "transport-reqwest",
    ] {
        let sources = session_export_pages::root()
            .join("crates")
            .join(krate)
            .join("src");
        visit(&sources, &mut |path, text| {
            for (at, name) in told_in(text) {
                match name {
                    Some(name) => *found.entry(name).or_default() += 1,
                    None => nameless.push(format!("{}:{at}", path.display())),
                }
            }
        });
    }
    assert!(
        nameless.is_empty(),
        "told without a name of the contract: {nameless:#?}"
    );
    let names: BTreeSet<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, promised, "the names in the sources, and those of the page");
    let twice: Vec<_> = found.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "told in more than one place: {twice:?}");
}

fn visit(directory: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, each);
        } else if path.extension().is_some_and(|suffix| suffix == "rs") {
            each(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The line of each span or event that a source makes, and its name.
fn told_in(text: &str) -> Vec<(usize, Option<String>)> {
    const MACROS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "span"];
    let is_told = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        MACROS.iter().any(|name| {
            [
                format!("{name}!("),
                format!("{name}_span!("),
                format!("{name}!{{"),
            ]
            .iter()
            .any(|call| code.contains(call.as_str()))
        }) || code.contains("event!(")
            || code.contains("#[instrument")
            || code.contains("tracing::instrument(")
    };
    let lines: Vec<_> = text.lines().collect();
    let calls = lines.iter().enumerate().filter(|(_, line)| is_told(line));
    calls
        .map(|(at, _)| {
            let near = lines[at..]
                .iter()
                .take(4)
                .find_map(|line| line.split_once("\"session_export."));
            let name = near.and_then(|(_, rest)| rest.split_once('"'));
            (at + 1, name.map(|(rest, _)| format!("session_export.{rest}")))
        })
        .collect()
}

fn values<'a>(told: &'a Told, fields: &[&str]) -> Vec<Option<&'a str>> {
    fields.iter().map(|field| told.value(field)).collect()
}

#[test]
fn a_span_of_http_has_the_values_that_opentelemetry_asks_for() {
    let recording = Recording::default();
    let clock = clock();
    let refused = broken(TransportErrorKind::Connect, Delivery::NotSent);
    let (transport, _) = mock_transport(&clock, [refused, json(503, ""), json(200, flows::EMPTY)]);
    {
        let _recording = recording.start();
        clock
            .drive(client(transport, &clock).list_tasks(&TaskQuery::new()))
            .unwrap();
    }
    let spans = recording.named("session_export.http");
    assert_eq!(spans.len(), 3);
    for span in &spans {
        assert_eq!(span.depth, 1, "within the call");
        assert_eq!(
            values(
                span,
                &[
                    "otel.name",
                    "otel.kind",
                    "http.request.method",
                    "server.address",
                    "server.port",
                    "url.template"
                ]
            ),
            [
                Some("GET /v2/{project_id}/export-tasks"),
                Some("client"),
                Some("GET"),
                Some("workspace.cn-north-4.myhuaweicloud.com"),
                Some("443"),
                Some("/v2/{project_id}/export-tasks")
            ]
        );
    }
    let ends = [
        "http.request.resend_count",
        "http.response.status_code",
        "error.type",
        "otel.status_code",
    ];
    let ends: Vec<_> = spans.iter().map(|span| values(span, &ends)).collect();
    assert_eq!(
        ends,
        [
            [None, None, Some("connect"), Some("ERROR")],
            [Some("1"), Some("503"), Some("503"), Some("ERROR")],
            [Some("2"), Some("200"), None, None],
        ]
    );
    let call = &recording.named("session_export.call")[0];
    assert_eq!(
        values(call, &["otel.name", "error.type"]),
        [Some("list_tasks"), None]
    );
}

#[test]
fn an_exchange_that_nobody_waits_for_any_longer_is_told_as_dropped() {
    let recording = Recording::default();
    let (clock, transport) = (clock(), Silent::default());
    let client = client(transport.clone(), &clock);
    let _recording = recording.start();
    let query = TaskQuery::new();
    assert!(client.list_tasks(&query).now_or_never().is_none());
    // The client gave the first one up, and the limit of all attempts together passed.
    let limited = client.with_deadline(seconds(1));
    clock.drive(limited.list_tasks(&query)).unwrap_err();
    let spans = recording.named("session_export.http");
    assert_eq!((spans.len(), transport.count()), (2, 2));
    for span in spans {
        assert!(span.ended);
        assert_eq!(span.value("error.type"), Some("dropped"));
    }
    let calls = recording.named("session_export.call");
    assert_eq!(calls[1].value("error.type"), Some("deadline"));
}
