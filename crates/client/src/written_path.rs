//! Paths as they are written down.
//!
//! One that is a text is that text. Any other is the object that serde makes of a system's own string, such as
//! `{"Unix":[47,255]}`: nothing is lost, and no text can be taken for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => serializer.serialize_str(text),
        None => path.as_os_str().serialize(serializer),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Other(OsString),
    }

    Ok(match Written::deserialize(deserializer)? {
        Written::Text(text) => text.into(),
        Written::Other(path) => path.into(),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line(#[serde(with = "super")] PathBuf);

    fn read(text: &str) -> Option<PathBuf> {
        serde_json::from_str(text).ok().map(|Line(path)| path)
    }

    #[test]
    fn a_text_stays_a_text_and_nothing_else_is_one() {
        let object = r#"{"Unix":[47,255]}"#;
        let path = PathBuf::from(OsString::from_vec(b"/\xff".to_vec()));
        assert_eq!(read(object), Some(path.clone()));
        assert_eq!(serde_json::to_string(&Line(path)).unwrap(), object);
        for path in ["/tmp/x.part", "会话", "", object] {
            let text = serde_json::to_string(path).unwrap();
            assert_eq!(read(&text), Some(path.into()));
            assert_eq!(serde_json::to_string(&Line(path.into())).unwrap(), text);
        }
        for no_path in [
            "1",
            "null",
            "[47]",
            "{}",
            r#"{"Unix":"/"}"#,
            r#"{"Windows":[47]}"#,
        ] {
            assert_eq!(read(no_path), None, "{no_path}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let line = Line(OsString::from_vec(bytes).into());
            let text = serde_json::to_string(&line).unwrap();
            prop_assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
        }
    }
}
