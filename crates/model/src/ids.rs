//! Ids that become a segment of a path.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;
use crate::violation::{Violation, ViolationCode, check_text, shown};

macro_rules! path_id {
    ($(#[$doc:meta])* $name:ident, $field:literal, $most:expr) => {
        $(#[$doc])*
        /// A clone shares the text.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Violation;

            fn try_from(text: &str) -> Result<Self, Violation> {
                check_path_id($field, text, $most)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Violation;

            fn try_from(text: String) -> Result<Self, Violation> {
                Self::try_from(text.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = Violation;

            fn from_str(text: &str) -> Result<Self, Violation> {
                Self::try_from(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Id;

                impl Visitor<'_> for Id {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::try_from(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Id)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

path_id!(
    /// The id of a project: 1 to 128 characters, in practice 32 hexadecimal digits.
    ///
    /// ```
    /// use session_export_model::ProjectId;
    ///
    /// let project: ProjectId = "a4da8115c9d8464ead3a38309130523f".parse()?;
    /// assert!("..".parse::<ProjectId>().is_err());
    /// # Ok::<(), session_export_model::Violation>(())
    /// ```
    ProjectId, "project_id", limits::PROJECT_ID
);
path_id!(
    /// The id of an export task: 1 to 64 characters.
    TaskId, "task_id", limits::TASK_ID
);
path_id!(
    /// The id of a region, such as `cn-north-4`.
    ///
    /// Any well-formed id is accepted; whether its hosts are known is the endpoint's business.
    Region, "region", limits::REGION
);

/// URL normalisation removes a segment `.` or `..`, also when it is percent-encoded, so neither can be sent.
fn check_path_id(field: &'static str, text: &str, most: usize) -> Result<(), Violation> {
    let mut found = Vec::new();
    check_text(field, text, most, &mut found);
    if matches!(text, "." | "..") {
        found.push(Violation::new(
            field,
            ViolationCode::NotAPathSegment,
            format!("{} cannot be part of a URL's path; check the id", shown(text)),
        ));
    }
    match found.into_iter().next() {
        Some(violation) => Err(violation),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_text_and_has_bounds_in_characters() {
        let longest = "试".repeat(limits::TASK_ID);
        assert_eq!(TaskId::try_from(longest.as_str()).unwrap().as_str(), longest);
        let too_long = TaskId::try_from("试".repeat(limits::TASK_ID + 1)).unwrap_err();
        assert_eq!(too_long.code(), ViolationCode::TooLong);
        assert!(
            too_long.to_string().contains("65 characters; 1 to 64"),
            "{too_long}"
        );
    }

    #[test]
    fn what_a_path_cannot_hold_is_refused() {
        for (text, code) in [
            ("", ViolationCode::Empty),
            (" ", ViolationCode::Empty),
            (".", ViolationCode::NotAPathSegment),
            ("..", ViolationCode::NotAPathSegment),
            ("a\nb", ViolationCode::ControlCharacter),
        ] {
            assert_eq!(ProjectId::try_from(text).unwrap_err().code(), code, "{text:?}");
        }
        assert!(ProjectId::try_from("...").is_ok());
    }

    #[test]
    fn json_goes_through_the_same_check() {
        assert!(serde_json::from_str::<TaskId>(r#""""#).is_err());
        let id: TaskId = serde_json::from_str(r#""2b31""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""2b31""#);
    }
}
