//! Names that a server gives to a file.

use std::path::{Component, Path};

use bytes::Bytes;
use http::{HeaderValue, Response};
use session_export::{FileName, RetryPolicy};
use session_export_transport::ResponseBody;

use crate::input::text;
use crate::one_client::{Answers, TASK, client, run};

/// The input is a name, and a `Content-Disposition`.
///
/// A name that comes out is one component of a path, on every system: short, not empty, hidden, reserved or invisible;
/// made safe again it is the same. It reaches the receipt of a download as it does [`FileName::from_server`], quoted or
/// encoded.
///
/// # Panics
///
/// When that does not hold.
pub fn file_name(data: &[u8]) {
    let text = text(data);
    let direct = FileName::from_server(&text);
    direct.as_ref().inspect(|name| is_safe(name));
    in_a_header(data).inspect(is_safe);

    let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let header = format!("attachment; filename=\"other.csv\"; filename*=UTF-8''{encoded}");
    let expected = direct.clone().or_else(|| FileName::from_server("other.csv"));
    assert_eq!(in_a_header(header.as_bytes()), expected, "{text:?}");

    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    let header = format!("attachment; filename=\"{quoted}\"; size=3");
    // Blanks around a name do not survive a header, and control characters do not get into one.
    let plain = text.trim() == text && HeaderValue::from_bytes(header.as_bytes()).is_ok();
    if plain {
        assert_eq!(in_a_header(header.as_bytes()), direct, "{text:?}");
    }
}

/// What a download says of a file that came with this `Content-Disposition`.
fn in_a_header(value: &[u8]) -> Option<FileName> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let list = format!(r#"{{"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let list = Response::new(ResponseBody::from(list));
    let mut file = Response::new(ResponseBody::from(Bytes::from_static(b"a,b")));
    file.headers_mut()
        .insert("content-length", HeaderValue::from_static("3"));
    file.headers_mut().insert("content-disposition", value);
    let answers = Answers::new([list, file]);
    let task = client(&answers, "MIItoken", RetryPolicy::none()).task(TASK.parse().expect("an id"));
    let ready = run(task.ready()).expect("the task is ready");
    let stream = run(ready.download().into_stream()).expect("the file is there");
    stream.file_name().cloned()
}

fn is_safe(name: &FileName) {
    let text = name.as_str();
    let path = Path::new("directory").join(name);
    assert_eq!(path.parent(), Some(Path::new("directory")), "{text:?}");
    let components: Vec<_> = Path::new(text).components().collect();
    assert!(
        matches!(components[..], [Component::Normal(only)] if only == text),
        "{text:?}"
    );
    assert!((1..=200).contains(&text.len()), "{text:?}");
    assert!(
        !text.starts_with(['.', ' ']) && !text.ends_with(['.', ' ']),
        "{text:?}"
    );
    assert!(
        !text.contains(|c: char| c.is_control() || "<>:\"/\\|?*".contains(c)),
        "{text:?}"
    );
    assert!(!text.contains(is_ignorable), "{text:?}");
    assert!(text.chars().any(|c| c != '_' && !c.is_whitespace()), "{text:?}");
    let stem = text.split('.').next().unwrap_or("").trim_end().to_uppercase();
    assert!(
        !["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&&*stem),
        "{text:?}"
    );
    let port = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    assert!(
        !port.is_some_and(|number| number.chars().count() == 1 && number.contains(|c: char| c.is_numeric())),
        "{text:?}"
    );
    assert_eq!(
        FileName::from_server(text).as_ref(),
        Some(name),
        "made safe again"
    );
}

/// Unicode's `Default_Ignorable_Code_Point`, and what ends a line: nobody sees them, or they move what is seen.
fn is_ignorable(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}
