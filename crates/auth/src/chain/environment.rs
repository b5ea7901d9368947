//! Environment variables as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The only variables that are ever kept; the rest of a process's environment is nobody's business here.
const PREFIXES: [&str; 4] = ["SESSION_EXPORT_", "HUAWEICLOUD_", "HW_", "OS_"];
const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// Environment variables as a value, so that a test needs no process.
///
/// `Debug` shows their names and no value; their memory is overwritten when it is dropped.
///
/// ```
/// use session_export_auth::Environment;
///
/// let environment = Environment::from_iter([("HW_REGION_NAME", "cn-north-4"), ("HW_PROJECT_ID", " ")]);
/// assert_eq!(environment.get("HW_REGION_NAME")?, Some("cn-north-4"));
/// assert_eq!(environment.get("HW_PROJECT_ID")?, None);
/// # Ok::<(), session_export_auth::VariableNotText>(())
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Value>,
    home: Option<PathBuf>,
}

#[derive(Clone)]
enum Value {
    Text(Zeroizing<String>),
    /// Present, so it must not be passed over, but no text.
    NotText,
}

/// A variable whose value is not valid UTF-8. The value may be a secret, so it is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableNotText {
    name: String,
}

impl VariableNotText {
    /// The variable's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VariableNotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value of {} is not valid UTF-8", self.name)
    }
}

impl std::error::Error for VariableNotText {}

impl Environment {
    /// Copies this process's variables whose names begin with `SESSION_EXPORT_`, `HUAWEICLOUD_`, `HW_` or `OS_`, and
    /// the home directory.
    ///
    /// The only place in the libraries that reads the environment.
    #[allow(
        clippy::disallowed_methods,
        reason = "the caller asks for the environment by calling this"
    )]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name == HOME || PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
            .collect()
    }

    /// The same without the variables that `unwanted` names: because a flag says what they would say.
    #[must_use]
    pub fn without(mut self, unwanted: impl Fn(&str) -> bool) -> Self {
        self.variables.retain(|name, _| !unwanted(name));
        self
    }

    /// The names of the variables that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The value of a variable. One that is empty or blank counts as absent.
    ///
    /// # Errors
    ///
    /// [`VariableNotText`] when it is set to something that is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, VariableNotText> {
        match self.variables.get(name) {
            Some(Value::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
            Some(Value::NotText) => Err(VariableNotText {
                name: name.to_owned(),
            }),
            None => Ok(None),
        }
    }

    /// The home directory: `HOME`, on Windows `USERPROFILE`.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }
}

/// Of two values for one name the later one counts.
impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut environment = Self::default();
        environment.extend(pairs);
        environment
    }
}

/// Adds variables, whatever their names begin with, so that a program can look at one of its own in the same way.
///
/// ```
/// use session_export_auth::Environment;
///
/// let mut environment = Environment::default();
/// environment.extend([("HTTPS_PROXY", "http://proxy.example:3128")]);
/// assert_eq!(environment.get("HTTPS_PROXY")?, Some("http://proxy.example:3128"));
/// # Ok::<(), session_export_auth::VariableNotText>(())
/// ```
impl<N: Into<String>, V: Into<OsString>> Extend<(N, V)> for Environment {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            if name == HOME {
                // A path need not be text.
                self.home = Some(PathBuf::from(value)).filter(|home| !home.as_os_str().is_empty());
                continue;
            }
            let value = match value.into_string() {
                Ok(text) => Value::Text(Zeroizing::new(text)),
                Err(_) => Value::NotText,
            };
            self.variables.insert(name, value);
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")?;
        f.debug_list()
            .entries(self.variables.keys())
            .entries(self.home.as_ref().map(|_| HOME))
            .finish()
    }
}
