//! A submitted task, written down so that another process can go on with it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{ProjectId, TaskId};

/// The version that this library writes and reads.
const VERSION: u32 = 1;

/// All that another process needs to go on with a submitted task: no secret, no endpoint, no filter.
///
/// It serialises to a small JSON object with a version, and is read back only if the version is known.
///
/// ```
/// use session_export_model::TaskRef;
///
/// let text = r#"{"version":1,"project_id":"a4da8115","task_id":"2b31ed52","submitted_at":"2024-02-27T03:47:51.182Z"}"#;
/// let task: TaskRef = serde_json::from_str(text).unwrap();
/// assert_eq!(task.task_id().as_str(), "2b31ed52");
/// assert_eq!(serde_json::to_string(&task).unwrap(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRef {
    #[serde(deserialize_with = "known_version")]
    version: u32,
    project_id: ProjectId,
    task_id: TaskId,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_time")]
    submitted_at: Option<DateTime<Utc>>,
}

impl TaskRef {
    /// Names a task. `submitted_at` is when the submit was sent, by the sender's clock, if that is known.
    pub fn new(project_id: ProjectId, task_id: TaskId, submitted_at: Option<DateTime<Utc>>) -> Self {
        Self {
            version: VERSION,
            project_id,
            task_id,
            submitted_at,
        }
    }

    /// The project that the task belongs to.
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// The task's id.
    pub fn task_id(&self) -> &TaskId {
        &self.task_id
    }

    /// When the submit was sent, by the sender's clock.
    pub fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.submitted_at
    }
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(serde::de::Error::custom(format_args!(
            "version {other} of a task reference; this library reads version {VERSION}"
        ))),
    }
}

mod optional_time {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::{format_timestamp, parse_timestamp};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&format_timestamp(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_timestamp(&text).map_err(serde::de::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_is_refused_by_name() {
        let text = r#"{"version":2,"project_id":"p","task_id":"t"}"#;
        let error = serde_json::from_str::<TaskRef>(text).unwrap_err().to_string();
        assert!(
            error.contains("version 2") && error.contains("reads version 1"),
            "{error}"
        );
    }

    #[test]
    fn the_time_is_optional() {
        let task = TaskRef::new("p".parse().unwrap(), "t".parse().unwrap(), None);
        let text = serde_json::to_string(&task).unwrap();
        assert_eq!(text, r#"{"version":1,"project_id":"p","task_id":"t"}"#);
        assert_eq!(serde_json::from_str::<TaskRef>(&text).unwrap(), task);
    }
}
