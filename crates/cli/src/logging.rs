//! `-v`: what the libraries log, on standard error.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::progress::Progress;

/// Once: each exchange, on a line of its own. Twice: everything, with the spans around it and the HTTP stack's own events. Secrets are
/// in neither.
pub(crate) fn start(verbose: u8, progress: &Progress) {
    let targets = match verbose {
        0 => return,
        1 => Targets::new().with_target("session_export", Level::DEBUG),
        _ => Targets::new().with_default(LevelFilter::TRACE),
    };
    let progress = progress.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || progress.writer())
        .with_ansi(false)
        // It would tell standard error that standard error is closed, and panic.
        .log_internal_errors(false);
    // An event names its operation and task. The spans around it say that once more, at length.
    let spans = verbose > 1;
    tracing_subscriber::registry()
        .with(targets)
        .with(filter_fn(move |metadata| spans || !metadata.is_span()))
        .with(lines)
        .init();
}
