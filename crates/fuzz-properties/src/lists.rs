//! Bodies of answers: lists of sessions and tasks, submitted tasks, and what is written down of them.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session_export::{Ambiguity, RetryPolicy};
use session_export_model::{ExportTaskList, SessionList, SubmittedTask, TaskId, TaskRef};
use url::Url;

use crate::one_client::{Answers, client, run};

/// What decodes keeps every value that the body has under a known name, and is the same after it was written and read
/// again; and the URL that is built for a task is the one that URL normalisation makes of it, and holds the task's id
/// as one segment.
///
/// # Panics
///
/// When that does not hold.
pub fn lists(data: &[u8]) {
    if let Some(list) = kept::<SessionList>(data) {
        let times = |time: &session_export_model::ServiceTime| (time.instant(), time.as_str().to_owned());
        for row in &list.items {
            for time in [&row.start_time, &row.end_time, &row.pre_conn_time]
                .into_iter()
                .flatten()
            {
                let (instant, text) = times(time);
                assert_eq!(
                    instant.is_some(),
                    !text.starts_with("0001-01-01") && crate::timestamp::nanos(&text).is_some()
                );
            }
        }
    }
    if let Some(list) = kept::<ExportTaskList>(data) {
        list.export_tasks
            .iter()
            .filter_map(|task| task.task_id.as_ref())
            .take(4)
            .for_each(is_one_segment);
    }
    if let Some(task) = kept::<SubmittedTask>(data) {
        is_one_segment(&task.task_id);
    }
    if let Some(task) = read_again::<TaskRef>(data) {
        is_one_segment(task.task_id());
    }
    if let Some(ambiguity) = read_again::<Ambiguity>(data) {
        assert!(serde_json::to_string(&ambiguity).is_ok());
    }
}

fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value = read_again::<T>(data)?;
    // What stands under a name that is not known is skipped, and need not even be UTF-8.
    let Ok(given) = serde_json::from_slice::<Value>(data) else {
        return Some(value);
    };
    is_part_of(&serde_json::to_value(&value).expect("it can be written"), &given);
    Some(value)
}

fn read_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value = serde_json::from_slice::<T>(data).ok()?;
    let text = serde_json::to_string(&value).expect("it can be written");
    let again = serde_json::from_str::<T>(&text).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&again).ok().as_ref(), Some(&text));
    Some(value)
}

/// Serde takes an array for an object whose fields stand in their order; such a thing has no names to compare.
fn is_part_of(written: &Value, given: &Value) {
    match (written, given) {
        (Value::Object(written), Value::Object(given)) => {
            for (name, value) in written {
                match given.get(name) {
                    Some(found) => is_part_of(value, found),
                    None => assert_eq!(value, &Value::Array(Vec::new()), "{name} is invented"),
                }
            }
        }
        (Value::Object(_), Value::Array(_)) => {}
        (Value::Array(written), Value::Array(given)) => {
            assert_eq!(written.len(), given.len());
            written
                .iter()
                .zip(given)
                .for_each(|(written, given)| is_part_of(written, given));
        }
        (written, given) => assert_eq!(written, given),
    }
}

fn is_one_segment(id: &TaskId) {
    let answers = Answers::default();
    let client = client(&answers, "MIItoken", RetryPolicy::none());
    let task = client.task(id.clone());
    assert!(run(task.check()).is_err(), "nothing answers");
    let sent = answers.requests()[0].uri().to_string();
    let normal = Url::parse(&sent).expect("a URL");
    assert_eq!(normal.as_str(), sent, "normalisation changes nothing");
    let asked: Vec<_> = normal
        .query_pairs()
        .filter(|(name, _)| name == "task_id")
        .collect();
    assert!(
        matches!(&asked[..], [(_, value)] if value == id.as_str()),
        "{sent}"
    );
    assert_eq!(normal.path_segments().map(Iterator::count), Some(3), "{sent}");
}
