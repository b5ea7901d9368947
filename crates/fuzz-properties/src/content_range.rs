//! Downloads that break off and go on.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use session_export::RetryPolicy;
use session_export_transport::{Delivery, ResponseBody, TransportError, TransportErrorKind};

use crate::input::{head_and_body, is_one_line};
use crate::one_client::{Answers, TASK, client, run};

const TAG: &str = "\"v1\"";
const FILE: &[u8] = b"PK-0123456789abcdefghijklmnopqrstuvwxyz";

/// One byte for where a download breaks off, one for the status of what follows, then its headers, an empty line and its
/// body. An `ETag` that is left out is the right one.
///
/// A download ends well only if all of the file came; what follows the break is taken only if its head says that it is
/// the rest of the same file; and no byte comes twice or from elsewhere.
///
/// # Panics
///
/// When that does not hold.
pub fn content_range(data: &[u8]) {
    let Some(([at, status], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let at = usize::from(*at) % FILE.len();
    let (mut headers, body) = head_and_body(rest);
    if !headers.contains_key("etag") {
        headers.insert("etag", HeaderValue::from_static(TAG));
    }
    let list = format!(r#"{{"export_tasks":[{{"task_id":"{TASK}","status":"SUCCESS"}}]}}"#);
    let list = Response::new(ResponseBody::from(list));

    let broken = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown);
    let frames = [Ok(Frame::data(Bytes::from_static(&FILE[..at]))), Err(broken)];
    let mut first = Response::new(ResponseBody::new(StreamBody::new(stream::iter(frames))));
    first.headers_mut().insert("etag", HeaderValue::from_static(TAG));
    first
        .headers_mut()
        .insert("content-length", HeaderValue::from(FILE.len()));
    let follows = || {
        let mut follows = Response::new(ResponseBody::from(body.to_vec()));
        *follows.status_mut() = match status {
            0..=199 => StatusCode::PARTIAL_CONTENT,
            200..=239 => StatusCode::OK,
            _ => StatusCode::RANGE_NOT_SATISFIABLE,
        };
        *follows.headers_mut() = headers.clone();
        follows
    };
    let answers = Answers::new([list, first, follows(), follows(), follows()]);
    let task = client(&answers, "MIItoken", RetryPolicy::none()).task(TASK.parse().expect("an id"));
    let ready = run(task.ready()).expect("the task is ready");
    let mut written = Vec::new();
    let end = run(ready.download().to_writer(&mut written));

    let begun = &FILE[..at];
    let rest = written.strip_prefix(begun).expect("what came first stays");
    assert!(body.starts_with(rest), "{written:?}");
    for request in answers.requests().iter().skip(2) {
        let header = |name| request.headers().get(name).map(HeaderValue::as_bytes);
        if let Some(range) = header("range") {
            assert_eq!(header("if-range"), Some(TAG.as_bytes()));
            let from = std::str::from_utf8(range)
                .ok()
                .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
                .and_then(|from| from.parse::<usize>().ok())
                .expect("a range from a byte on");
            // Of a file that was begun again, the rest may be asked for, too.
            let (first, length) = if at > 0 { (at, FILE.len()) } else { (1, usize::MAX) };
            assert!((first..length).contains(&from), "{from}");
        }
    }
    match end {
        Ok(receipt) => {
            assert_eq!(receipt.bytes, written.len() as u64);
            assert_eq!(rest, body, "all of it came, and nothing else");
            if at == 0 {
                assert!((200..240).contains(status), "only a 200 is a whole file");
            } else {
                assert!(*status < 200, "a whole file cannot follow a part of one");
                assert_eq!(written.len(), FILE.len());
                is_the_rest(headers.get("content-range"), at);
                assert!(headers.get_all("etag").iter().eq([TAG]));
            }
        }
        Err(error) => assert!(is_one_line(&error.to_string()), "{error}"),
    }
}

/// A second reader of `Content-Range`.
fn is_the_rest(value: Option<&HeaderValue>, at: usize) {
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lower = text.trim().to_ascii_lowercase();
    let (range, of) = lower
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('/'))
        .unwrap_or_default();
    let without_zeros = |number: &str| {
        let digits = number.trim_start_matches('0');
        if digits.is_empty() && !number.is_empty() {
            "0".to_owned()
        } else {
            digits.to_owned()
        }
    };
    let numbers: Vec<String> = range.split('-').map(without_zeros).collect();
    assert_eq!(
        numbers,
        [at.to_string(), (FILE.len() - 1).to_string()],
        "{text:?}"
    );
    assert!(
        of == "*" || without_zeros(of) == FILE.len().to_string(),
        "{text:?}"
    );
}
