//! A submit whose outcome is unknown, written down so that this or another process can find out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use session_export_model::{ExportKind, ProjectId, format_timestamp, parse_timestamp};

/// The version that this library writes and reads.
const VERSION: u32 = 1;

/// A submit whose outcome is unknown: what [`Client::reconcile`](crate::Client::reconcile) needs to look for its task.
///
/// [`Error::ambiguity`](crate::Error::ambiguity) has it. It holds no secret, no endpoint and no filter, serialises to a
/// small JSON object with a version, and is read back only if the version is known.
///
/// ```
/// use session_export::Ambiguity;
///
/// let text = r#"{"version":1,"operation":"export_sessions","project_id":"a4da8115","started_at":"2024-02-27T03:47:51.182Z","sent_by":"2024-02-27T03:47:51.182Z"}"#;
/// let ambiguity: Ambiguity = serde_json::from_str(text).unwrap();
/// assert_eq!(ambiguity.project_id().as_str(), "a4da8115");
/// assert_eq!(serde_json::to_string(&ambiguity).unwrap(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguity {
    #[serde(deserialize_with = "known_version")]
    version: u32,
    operation: ExportKind,
    project_id: ProjectId,
    #[serde(with = "time")]
    started_at: DateTime<Utc>,
    #[serde(with = "time")]
    sent_by: DateTime<Utc>,
}

impl Ambiguity {
    /// A submit of an export of `kind` that was sent at some moment from `started_at` to `sent_by`, if it was sent at all. Both are by this
    /// machine's clock.
    ///
    /// The two differ for a process that wrote down that it is about to submit and then died: it may have sent the
    /// request at any time before its end.
    pub fn new(
        kind: ExportKind,
        project_id: ProjectId,
        started_at: DateTime<Utc>,
        sent_by: DateTime<Utc>,
    ) -> Self {
        Self {
            version: VERSION,
            operation: kind,
            project_id,
            started_at: to_millis(started_at),
            sent_by: to_millis(sent_by.max(started_at)),
        }
    }

    /// The list that was to be exported. The export centre does not show it: the file of a candidate has to.
    pub fn kind(&self) -> ExportKind {
        self.operation
    }

    /// The project that was submitted for.
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// When the attempt began, by the clock of the machine that made it.
    pub fn started_at(&self) -> DateTime<Utc> {
        self.started_at
    }

    /// The last moment at which the request may have been sent, by the same clock.
    pub fn sent_by(&self) -> DateTime<Utc> {
        self.sent_by
    }
}

/// What it is after a journey through JSON, so that both are equal.
fn to_millis(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(serde::de::Error::custom(format_args!(
            "version {other} of an ambiguity; this library reads version {VERSION}"
        ))),
    }
}

/// Times as the rest of the library writes them.
pub(crate) mod time {
    use super::{DateTime, Deserialize, Deserializer, Serializer, Utc, format_timestamp, parse_timestamp};

    pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_timestamp(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_timestamp(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_or_another_operation_is_refused_by_name() {
        let text = serde_json::to_string(&Ambiguity::new(
            ExportKind::Sessions,
            "p".parse().unwrap(),
            DateTime::UNIX_EPOCH,
            DateTime::UNIX_EPOCH,
        ))
        .unwrap();
        let read = |text: &str| serde_json::from_str::<Ambiguity>(text);
        assert!(read(&text).is_ok());
        let error = read(&text.replace(":1,", ":2,")).unwrap_err().to_string();
        assert!(
            error.contains("version 2") && error.contains("reads version 1"),
            "{error}"
        );
        assert!(read(&text.replace("export_sessions", "delete_tasks")).is_err());
    }

    #[test]
    fn it_is_equal_after_a_journey_through_json_and_never_ends_before_it_began() {
        let (early, late) = (
            "2024-02-27T03:47:51.182345Z".parse().unwrap(),
            "2024-02-27T03:47:52Z".parse().unwrap(),
        );
        for ambiguity in [
            Ambiguity::new(ExportKind::Sessions, "p".parse().unwrap(), early, late),
            Ambiguity::new(ExportKind::Sessions, "p".parse().unwrap(), late, early),
        ] {
            let text = serde_json::to_string(&ambiguity).unwrap();
            assert_eq!(serde_json::from_str::<Ambiguity>(&text).unwrap(), ambiguity);
            assert!(ambiguity.sent_by() >= ambiguity.started_at());
        }
    }
}
