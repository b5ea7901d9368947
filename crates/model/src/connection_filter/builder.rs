//! Collects a filter's parts without judging them, then judges them all at once.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::fields::{FieldRule, window_of};
use super::{ConnectionFilter, ConnectionList, Fields, Value};
use crate::filter::rules;
use crate::{RuleKind, ServiceRules, SessionOperation, TimeInput, Violations};

/// Collects the parts of a [`ConnectionFilter`].
///
/// Setters take text or typed values and never fail; a setter called twice keeps the last value. Only
/// [`build`](Self::build) judges, and reports everything at once. It also deserialises from the JSON body of an export,
/// which is how a filter is read back.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectionFilterBuilder<L> {
    /// In the order of the list's table. A text is kept as the text of a time, until the table says what it is.
    values: Vec<Option<TimeInput>>,
    service_rules: ServiceRules,
    list: PhantomData<L>,
}

impl<L: ConnectionList> Default for ConnectionFilterBuilder<L> {
    fn default() -> Self {
        Self {
            values: vec![None; L::FIELDS.len()],
            service_rules: ServiceRules::default(),
            list: PhantomData,
        }
    }
}

impl<L: ConnectionList> ConnectionFilterBuilder<L> {
    /// Only connections that were made at this moment or later. Needs an end.
    ///
    /// A text is read by [`parse_timestamp`](crate::parse_timestamp); digits beyond the millisecond are cut off.
    pub fn begin(self, time: impl Into<TimeInput>) -> Self {
        self.set(window_of::<L>().begin, time.into())
    }

    /// Only connections that were made at this moment or earlier. Needs a begin.
    ///
    /// A text is read by [`parse_timestamp`](crate::parse_timestamp); digits beyond the millisecond are cut off.
    pub fn end(self, time: impl Into<TimeInput>) -> Self {
        self.set(window_of::<L>().end, time.into())
    }

    /// Whether to check the rules that only the service sets.
    pub fn service_rules(mut self, rules: ServiceRules) -> Self {
        self.service_rules = rules;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`Violations`] with every rule that is broken.
    pub fn build(mut self) -> Result<ConnectionFilter<L>, Violations> {
        let mut found = Vec::new();
        let mut window = None;
        let mut values = Vec::with_capacity(L::FIELDS.len());
        for (at, field) in L::FIELDS.iter().enumerate() {
            values.push(match field.rule {
                FieldRule::Text(most) => {
                    let text = self.values[at].take().and_then(TimeInput::into_text);
                    rules::text(field.name, text, most, &mut found).map(Value::Text)
                }
                FieldRule::Time => self.values[at]
                    .take()
                    .and_then(|time| rules::moment(field.name, time, &mut found))
                    .map(Value::Time),
                FieldRule::Begin => {
                    let fields = window_of::<L>();
                    let (begin, end) = (self.take(fields.begin), self.take(fields.end));
                    window = rules::window(&fields, SessionOperation::Export, begin, end, &mut found);
                    None
                }
                FieldRule::End => None,
            });
        }
        if self.service_rules == ServiceRules::LetThrough {
            found.retain(|violation| violation.code().kind() == RuleKind::Structural);
        }
        Violations::check(found)?;
        Ok(ConnectionFilter {
            fields: Arc::new(Fields {
                values: values.into(),
                window,
                service_rules: self.service_rules,
            }),
            list: PhantomData,
        })
    }

    pub(crate) fn set(mut self, name: &str, value: TimeInput) -> Self {
        if let Some(at) = position::<L>(name) {
            self.values[at] = Some(value);
        }
        self
    }

    fn take(&mut self, name: &str) -> Option<TimeInput> {
        self.values[position::<L>(name)?].take()
    }
}

fn position<L: ConnectionList>(name: &str) -> Option<usize> {
    L::FIELDS.iter().position(|field| field.name == name)
}

impl<'de, L: ConnectionList> Deserialize<'de> for ConnectionFilterBuilder<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        texts
            .into_iter()
            .try_fold(Self::default(), |builder, (name, text)| {
                if position::<L>(&name).is_none() {
                    return Err(D::Error::custom(format_args!("unknown field {name:?}")));
                }
                Ok(builder.set(&name, text.into()))
            })
    }
}
