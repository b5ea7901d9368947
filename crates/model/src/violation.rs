//! A rule that a value breaks, and the list of all of them.

use std::borrow::Cow;
use std::fmt;

/// One rule that one field breaks.
///
/// `Display` is one line: the field, the value that is wrong, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    field: Cow<'static, str>,
    code: ViolationCode,
    problem: String,
}

/// Where a rule comes from, and so whether it can be let through.
///
/// The two kinds are all that the design knows: a third would change what [`ServiceRules`](crate::ServiceRules) means.
#[allow(clippy::exhaustive_enums)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// The request makes no sense, or cannot be written down. Always an error.
    Structural,
    /// The service says so today. An error unless
    /// [`ServiceRules::LetThrough`](crate::ServiceRules::LetThrough) is chosen.
    Service,
}

/// Which rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationCode {
    /// An empty or blank text; an absent field is left out instead. Structural.
    Empty,
    /// A control character in a text. Structural.
    ControlCharacter,
    /// A text that is not an IP address in a field that was given as one. Structural.
    NotAnAddress,
    /// A text that is not a date and time. Structural.
    NotATime,
    /// A time outside the years 0000 to 9999, or a number outside its range. Structural.
    OutOfRange,
    /// A text that is neither `true` nor `false`. Structural.
    NotABoolean,
    /// A comma inside the name of a state; the service would read two names. Structural.
    SeparatorInName,
    /// An id that cannot be a segment of a path: `.` or `..`. Structural.
    NotAPathSegment,
    /// One of begin and end without the other. Structural.
    WindowIncomplete,
    /// The begin lies after the end. Structural.
    WindowReversed,
    /// More characters, or more items, than the service takes. Service rule.
    TooLong,
    /// A state that the API page does not name. Service rule.
    UnknownState,
    /// A window longer than the operation allows. Service rule.
    WindowTooLong,
    /// No window, where the operation needs one. Service rule.
    WindowMissing,
}

impl ViolationCode {
    /// The code as text that will not change: `window_reversed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ControlCharacter => "control_character",
            Self::NotAnAddress => "not_an_address",
            Self::NotATime => "not_a_time",
            Self::OutOfRange => "out_of_range",
            Self::NotABoolean => "not_a_boolean",
            Self::SeparatorInName => "separator_in_name",
            Self::NotAPathSegment => "not_a_path_segment",
            Self::WindowIncomplete => "window_incomplete",
            Self::WindowReversed => "window_reversed",
            Self::TooLong => "too_long",
            Self::UnknownState => "unknown_state",
            Self::WindowTooLong => "window_too_long",
            Self::WindowMissing => "window_missing",
        }
    }

    /// Whether the rule can be let through.
    pub fn kind(self) -> RuleKind {
        match self {
            Self::TooLong | Self::UnknownState | Self::WindowTooLong | Self::WindowMissing => {
                RuleKind::Service
            }
            _ => RuleKind::Structural,
        }
    }
}

impl fmt::Display for ViolationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Violation {
    /// A violation of `field`, with what is wrong and what is allowed in one phrase.
    pub(crate) fn new(
        field: impl Into<Cow<'static, str>>,
        code: ViolationCode,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code,
            problem: problem.into(),
        }
    }

    /// The field, by its name on the wire: `query_begin_time`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Which rule is broken.
    pub fn code(&self) -> ViolationCode {
        self.code
    }

    /// What is wrong and what is allowed, without the field's name.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for Violation {}

/// Every rule that a request breaks; never empty.
///
/// ```
/// use session_export_model::SessionFilter;
///
/// let refused = SessionFilter::builder().user_name("").vm_ip("10.0.0.256").build().unwrap_err();
/// let fields: Vec<_> = refused.iter().map(|violation| violation.field()).collect();
/// assert_eq!(fields, ["user_name", "vm_ip"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// `Err` with what was collected, or `Ok` when that is nothing.
    pub(crate) fn check(collected: Vec<Violation>) -> Result<(), Self> {
        if collected.is_empty() {
            Ok(())
        } else {
            Err(Self(collected))
        }
    }

    /// The violations, in the order of the API page's fields.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{violation}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// A value as an error message may show it: control characters escaped, long texts cut.
pub(crate) fn shown(value: &str) -> String {
    const SHOWN: usize = 40;
    let mut text: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    format!("\"{text}\"")
}

/// Collects what is wrong with one text: empty or blank, control characters, more than `most` characters.
pub(crate) fn check_text(field: &'static str, value: &str, most: usize, found: &mut Vec<Violation>) {
    // What nearly every text is.
    if (1..=most).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return;
    }
    if value.trim().is_empty() {
        found.push(Violation::new(
            field,
            ViolationCode::Empty,
            format!(
                "{} is empty; leave the field out, or give 1 to {most} characters",
                shown(value)
            ),
        ));
    }
    if let Some(control) = value.chars().find(|c| c.is_control()) {
        found.push(Violation::new(
            field,
            ViolationCode::ControlCharacter,
            format!(
                "{} holds the control character {}; remove it",
                shown(value),
                control.escape_unicode()
            ),
        ));
    }
    let length = value.chars().count();
    if length > most {
        found.push(Violation::new(
            field,
            ViolationCode::TooLong,
            format!(
                "{} has {length} characters; 1 to {most} are allowed",
                shown(value)
            ),
        ));
    }
}
