//! What is wrong with a fault script.

use std::fmt;

/// Why a [`FaultScript`](crate::FaultScript) is refused: the entry, the field and the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultScriptError {
    field: String,
    name: String,
    rule: String,
}

impl FaultScriptError {
    /// The rule of the JSON reader repeats what the script says: control characters of that are not shown.
    pub(super) fn new(field: &str, rule: impl fmt::Display) -> Self {
        let visible = |text: &str| text.replace(char::is_control, "\u{fffd}");
        Self {
            field: visible(field),
            name: String::new(),
            rule: visible(&rule.to_string()),
        }
    }

    /// The entry's own name.
    pub(super) fn of(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// The field, such as `faults[2].calls.nth`; empty when it is about the script as a whole.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for FaultScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fault script is not valid: ")?;
        if !self.field.is_empty() {
            write!(f, "{}", self.field)?;
            if !self.name.is_empty() {
                write!(f, " (of {:?})", self.name)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.rule)
    }
}

impl std::error::Error for FaultScriptError {}
