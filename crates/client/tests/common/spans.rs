//! A subscriber that writes down what the libraries tell `tracing`.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A span or an event of the libraries.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) metadata: &'static Metadata<'static>,
    /// How many spans of the libraries are around it.
    pub(crate) depth: usize,
    /// In the order in which they were recorded.
    pub(crate) values: Vec<(&'static str, String)>,
    /// Of a span: it has ended.
    pub(crate) ended: bool,
    id: Option<Id>,
}

impl Told {
    pub(crate) fn value(&self, field: &str) -> Option<&str> {
        let found = self.values.iter().find(|(name, _)| *name == field);
        found.map(|(_, value)| value.as_str())
    }
}

/// What was told, in its order. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<Told>>>);

impl Recording {
    /// Records on this thread until the guard is dropped.
    pub(crate) fn start(&self) -> tracing::subscriber::DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.0.lock().unwrap().clone()
    }

    /// The spans of that name.
    pub(crate) fn named(&self, name: &str) -> Vec<Told> {
        let told = self.told().into_iter();
        told.filter(|told| told.metadata.name() == name).collect()
    }

    /// Where it comes from, not what it calls itself: a target that was forgotten is noticed.
    fn is_ours(metadata: &Metadata<'_>) -> bool {
        metadata
            .module_path()
            .is_some_and(|path| path.starts_with("session_export"))
    }

    fn add(&self, metadata: &'static Metadata<'static>, depth: usize, id: Option<Id>, values: Values) {
        self.0.lock().unwrap().push(Told {
            metadata,
            depth,
            values: values.0,
            ended: false,
            id,
        });
    }

    fn change(&self, id: &Id, change: impl FnOnce(&mut Told)) {
        let mut all = self.0.lock().unwrap();
        // Ids are used again.
        if let Some(told) = all.iter_mut().rev().find(|told| told.id.as_ref() == Some(id)) {
            change(told);
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recording {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if Self::is_ours(attributes.metadata()) {
            let scope = context.span_scope(id).into_iter().flatten();
            let depth = scope.filter(|span| Self::is_ours(span.metadata())).count() - 1;
            let mut values = Values::default();
            attributes.record(&mut values);
            self.add(attributes.metadata(), depth, Some(id.clone()), values);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _context: Context<'_, S>) {
        let mut values = Values::default();
        record.record(&mut values);
        self.change(id, |told| told.values.extend(values.0));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if Self::is_ours(event.metadata()) {
            let scope = context.event_scope(event).into_iter().flatten();
            let depth = scope.filter(|span| Self::is_ours(span.metadata())).count();
            let mut values = Values::default();
            event.record(&mut values);
            self.add(event.metadata(), depth, None, values);
        }
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        self.change(&id, |told| {
            told.ended = true;
            told.id = None;
        });
    }
}

#[derive(Default)]
struct Values(Vec<(&'static str, String)>);

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}
