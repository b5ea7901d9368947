//! What a setting can be, and how it is read from a text.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use session_export::{BaseUrl, ProjectId, Region};

use crate::shown::{one_line, shown};

/// What a setting's text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Region,
    ProjectId,
    Url,
    /// A base URL that other tools want with its version.
    IamUrl,
    OneOf(&'static [&'static str]),
    Path,
    Proxy,
    Bool,
    Number,
    Time,
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Region(Region),
    ProjectId(ProjectId),
    Url(BaseUrl),
    Path(PathBuf),
    /// A URL that may hold a password.
    Proxy(String),
    Bool(bool),
    Number(u64),
    Time(Duration),
}

impl Kind {
    /// Reads a value.
    ///
    /// # Errors
    ///
    /// What is wrong with it and what would be right: half a sentence behind the name of where it stands. A proxy's URL
    /// is not repeated, because it may hold a password.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text => Ok(Value::Text(text.to_owned())),
            Self::Region => match Region::try_from(text) {
                Ok(region) => Ok(Value::Region(region)),
                Err(violation) => Err(violation.problem().to_owned()),
            },
            Self::ProjectId => match ProjectId::try_from(text) {
                Ok(id) => Ok(Value::ProjectId(id)),
                Err(violation) => Err(violation.problem().to_owned()),
            },
            Self::Url => text
                .parse()
                .map(Value::Url)
                .map_err(|error: session_export::InvalidBaseUrl| error.to_string()),
            Self::IamUrl => {
                let trimmed = text.trim_end_matches('/');
                Self::Url.read(trimmed.strip_suffix("/v3").unwrap_or(trimmed))
            }
            Self::OneOf(names) => match names.contains(&text) {
                true => Ok(Value::Text(text.to_owned())),
                false => Err(format!("{text:?} is none of {}", names.join(", "))),
            },
            Self::Path => Ok(Value::Path(text.into())),
            Self::Proxy => Ok(Value::Proxy(text.to_owned())),
            Self::Bool => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                other => Err(format!("{other:?} is neither true nor false")),
            },
            Self::Number => text
                .parse()
                .map(Value::Number)
                .map_err(|_| format!("{text:?} is not a whole number from 0 to {}", u64::MAX)),
            Self::Time => humantime::parse_duration(text)
                .map(Value::Time)
                .map_err(|error| format!("{text:?} is no time ({error}); write it like 30s, 5m, 1h or 7d")),
        }
    }

    /// What a profile has to hold: a TOML text unless it is said otherwise.
    pub(crate) fn toml_type(self) -> &'static str {
        match self {
            Self::Bool => "true or false, without quotes",
            Self::Number => "a whole number, without quotes",
            _ => "a text in quotes",
        }
    }
}

/// As it can be shown to anybody: a proxy without its user and password.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&one_line(text)),
            Self::Region(region) => f.write_str(region.as_str()),
            Self::ProjectId(id) => f.write_str(id.as_str()),
            Self::Url(base) => f.write_str(base.as_str()),
            Self::Path(path) => f.write_str(&shown(path)),
            Self::Proxy(url) => f.write_str(&one_line(&without_user(url))),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Time(time) => write!(f, "{}", humantime::format_duration(*time)),
        }
    }
}

/// A proxy's URL without what stands before its host.
fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    match scheme {
        "" => host.to_owned(),
        scheme => format!("{scheme}://{host}"),
    }
}

/// Whether a proxy's URL holds a password.
pub(crate) fn holds_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_noticed_and_not_shown() {
        for (url, expected, shown) in [
            ("http://user:secret@proxy:3128", true, "http://proxy:3128"),
            ("user:secret@proxy", true, "proxy"),
            ("http://user@proxy:3128", false, "http://proxy:3128"),
            ("http://proxy:3128/a@b:c", false, "http://b:c"),
            ("http://u:s@e@proxy", true, "http://proxy"),
        ] {
            assert_eq!(holds_password(url), expected, "{url}");
            assert_eq!(Value::Proxy(url.to_owned()).to_string(), shown);
        }
    }

    #[test]
    fn what_is_wrong_with_a_value_names_what_would_be_right() {
        for (kind, text, expected) in [
            (Kind::Bool, "yes", "\"yes\" is neither true nor false"),
            (
                Kind::Number,
                "-1",
                "\"-1\" is not a whole number from 0 to 18446744073709551615",
            ),
            (Kind::OneOf(&["a", "b"]), "c", "\"c\" is none of a, b"),
        ] {
            assert_eq!(kind.read(text).unwrap_err(), expected);
        }
        let time = Kind::Time.read("5 fortnights").unwrap_err();
        assert!(time.contains("write it like 30s"), "{time}");
        assert_eq!(
            Kind::IamUrl
                .read("https://iam.example.com/v3/")
                .unwrap()
                .to_string(),
            "https://iam.example.com"
        );
    }
}
