//! Metrics of your own, from both ends: a layer that counts what is told, and a transport that counts what passes.

#![allow(clippy::print_stdout, reason = "a program says what it did")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use session_export::{Request, ReqwestTransport, Response, TaskQuery, Transport, TransportError};
use session_export_example_embedding::{Outcome, check, client, emulator};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

// region: transport
/// A transport around any other.
#[derive(Debug, Default)]
struct Counted<T> {
    inner: T,
    requests: AtomicU64,
    failures: AtomicU64,
}

#[async_trait]
impl<T: Transport> Transport for Counted<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let outcome = self.inner.send(request).await;
        self.failures
            .fetch_add(outcome.is_err().into(), Ordering::Relaxed);
        outcome
    }
}
// endregion: transport

// region: layer
/// Counts calls by operation and outcome, out of spans whose names and fields are a contract (observability.md).
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<BTreeMap<(String, String), u64>>>);

#[derive(Default)]
struct Labels {
    operation: String,
    error: Option<String>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Calls {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context
            .span(id)
            .filter(|span| span.name() == "session_export.call")
        {
            let mut labels = Labels::default();
            attributes.record(&mut labels);
            span.extensions_mut().insert(labels);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(labels) = span.extensions_mut().get_mut::<Labels>()
        {
            values.record(labels);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(labels) = span.extensions_mut().remove::<Labels>()
        {
            let outcome = labels.error.unwrap_or_else(|| "ok".to_owned());
            let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *calls.entry((labels.operation, outcome)).or_default() += 1;
        }
    }
}

impl Visit for Labels {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "session_export.operation" => value.clone_into(&mut self.operation),
            "error.type" => self.error = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}
// endregion: layer

#[tokio::main]
async fn main() -> Outcome {
    let calls = Calls::default();
    let ours = Targets::new().with_target("session_export", Level::INFO);
    let subscriber = tracing_subscriber::registry().with(calls.clone().with_filter(ours));
    tracing::subscriber::set_global_default(subscriber)?;

    let emulator = emulator().start().await?;
    let transport = Arc::new(Counted {
        inner: ReqwestTransport::new()?,
        requests: AtomicU64::default(),
        failures: AtomicU64::default(),
    });
    let client = client(&emulator, transport.clone())?.build()?;
    for _ in 0..3 {
        client.list_tasks(&TaskQuery::new()).await?;
    }
    let missing = client
        .task("00000000000000000000000000000000".parse()?)
        .ready()
        .await;
    check(missing.is_err(), "a task that is not there")?;
    emulator.shutdown().await;
    let refused = client.list_tasks(&TaskQuery::new()).await;
    check(refused.is_err(), "a service that is not there")?;

    let calls = calls.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for ((operation, outcome), count) in &calls {
        println!("session_export_calls_total{{operation={operation:?},outcome={outcome:?}}} {count}");
    }
    // A task that is not found is looked for among the downloaded ones too.
    let count = |outcome: &str| calls.get(&("list_tasks".to_owned(), outcome.to_owned())).copied();
    check(
        count("ok") == Some(5) && calls.values().sum::<u64>() == 6,
        format!("{calls:?}"),
    )?;
    // A log-in, five calls, and four attempts at the last one.
    let sent = transport.requests.load(Ordering::Relaxed);
    let failed = transport.failures.load(Ordering::Relaxed);
    println!("requests_total {sent}\nrequests_failed_total {failed}");
    check(
        (sent, failed) == (10, 4),
        format!("{sent} requests, {failed} failed"),
    )
}
