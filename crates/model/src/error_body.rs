//! The body of an error, in every shape that the service, its gateway, IAM and the proxies between are known to use.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Longest message that is kept, in characters; the definition of `DeleteExportTasks` bounds a message to 512.
const MESSAGE: usize = 512;
/// How much of a message is searched for secrets, in characters: those that are taken out make room for what follows.
const SEARCHED: usize = 8 * MESSAGE;
/// How deep a `{"code","message"}` pair is looked for.
const DEPTH: usize = 8;

/// What an error body says.
///
/// Reading never fails: a body that is no known shape has neither a code nor a message. Texts are cut to 512 characters
/// and hold no control characters, so that they fit on one line.
///
/// ```
/// use session_export_model::{ErrorBody, ErrorShape};
///
/// let body = ErrorBody::read(br#"{"error_code":"WKS.00211102","error_msg":"The parameter is invalid."}"#);
/// assert_eq!(body.shape(), ErrorShape::Service);
/// assert_eq!(body.code(), Some("WKS.00211102"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    shape: ErrorShape,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    encoded_authorization_message: Option<String>,
}

/// Which shape an error body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorShape {
    /// `{"error_code","error_msg"}`: Workspace, the gateway (which adds `request_id`), IAM's `/v3.0`.
    Service,
    /// `{"error":{"code":401,"message","title"}}`: IAM's `/v3`.
    Keystone,
    /// `{"errorCode","errorMsg"}`.
    CamelCase,
    /// `{"code","message"}`, at any level.
    CodeMessage,
    /// No body.
    Empty,
    /// HTML or XML, as proxies and load balancers send it.
    Markup,
    /// Anything else.
    Unrecognised,
}

impl ErrorBody {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Self {
        let trimmed = body.trim_ascii();
        if trimmed.is_empty() {
            return Self::without_content(ErrorShape::Empty);
        }
        if trimmed.starts_with(b"<") {
            return Self::without_content(ErrorShape::Markup);
        }
        match serde_json::from_slice(trimmed) {
            Ok(Value::Object(object)) => Self::from_object(&object),
            Ok(array @ Value::Array(_)) => find_code_message(&array, DEPTH)
                .unwrap_or_else(|| Self::without_content(ErrorShape::Unrecognised)),
            _ => Self::without_content(ErrorShape::Unrecognised),
        }
    }

    /// The shape that was recognised.
    pub fn shape(&self) -> ErrorShape {
        self.shape
    }

    /// The code, such as `WKS.00211102`, `APIGW.0301` or `401`.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The message. For people: its text may change, so never branch on it.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The request's id, where the body repeats it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The opaque text of a policy denial, to be decoded through STS.
    pub fn encoded_authorization_message(&self) -> Option<&str> {
        self.encoded_authorization_message.as_deref()
    }

    fn without_content(shape: ErrorShape) -> Self {
        Self {
            shape,
            code: None,
            message: None,
            request_id: None,
            encoded_authorization_message: None,
        }
    }

    fn from_object(object: &Map<String, Value>) -> Self {
        let found = read_pair(object, "error_code", "error_msg", ErrorShape::Service)
            .or_else(|| {
                let inner = object.get("error")?.as_object()?;
                read_pair(inner, "code", "message", ErrorShape::Keystone)
            })
            .or_else(|| read_pair(object, "errorCode", "errorMsg", ErrorShape::CamelCase))
            .or_else(|| find_code_message_in(object, DEPTH));
        let mut body = found.unwrap_or_else(|| Self::without_content(ErrorShape::Unrecognised));
        body.request_id = object.get("request_id").and_then(text);
        // An opaque token: cutting it would make it worthless, and it is never displayed.
        body.encoded_authorization_message = object
            .get("encoded_authorization_message")
            .and_then(Value::as_str)
            .map(str::to_owned);
        body
    }
}

/// One of the two names is enough: both are optional in the definitions.
fn read_pair(object: &Map<String, Value>, code: &str, message: &str, shape: ErrorShape) -> Option<ErrorBody> {
    let code = object.get(code).and_then(text);
    let message = object.get(message).and_then(text);
    (code.is_some() || message.is_some()).then(|| ErrorBody {
        code,
        message,
        ..ErrorBody::without_content(shape)
    })
}

fn find_code_message_in(object: &Map<String, Value>, depth: usize) -> Option<ErrorBody> {
    if object.contains_key("code") && object.contains_key("message") {
        return read_pair(object, "code", "message", ErrorShape::CodeMessage);
    }
    object.values().find_map(|value| find_code_message(value, depth))
}

fn find_code_message(value: &Value, depth: usize) -> Option<ErrorBody> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::Object(object) => find_code_message_in(object, depth),
        Value::Array(items) => items.iter().find_map(|item| find_code_message(item, depth)),
        _ => None,
    }
}

/// A text or a number as one line of text; an empty text counts as absent.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => {
            // What stands further on is cut anyway, and a hostile text must not cost more than that.
            let end = text.char_indices().nth(SEARCHED).map_or(text.len(), |(at, _)| at);
            one_line(&without_credentials(&text[..end]))
        }
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The headers whose values are secrets. The gateway repeats signed ones in its message when a signature does not match.
const SECRET_HEADERS: [&str; 3] = ["x-security-token:", "x-auth-token:", "authorization:"];

/// A text with the values of such headers taken out, up to the bar that the gateway writes for a line break.
fn without_credentials(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for header in SECRET_HEADERS {
        let mut from = 0;
        while let Some(found) = text[from..].to_ascii_lowercase().find(header) {
            let value = from + found + header.len();
            let end = text[value..]
                .find(['|', '\n', '\r'])
                .map_or(text.len(), |length| value + length);
            text = Cow::Owned(format!("{}…{}", &text[..value], &text[end..]));
            from = value;
        }
    }
    text
}

/// A text of a server's as one line: control characters and separators of lines become blanks, none is left at its ends,
/// and it is cut to 512 characters.
///
/// A message is shown in terminals and logs; with such characters in it, a server could write lines of its own.
pub fn one_line(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || ends_a_line(c));
    let mut line: String = text
        .chars()
        .take(MESSAGE)
        .map(|c| if ends_a_line(c) { ' ' } else { c })
        .collect();
    if text.chars().nth(MESSAGE).is_some() {
        line.push('…');
    }
    line
}

fn ends_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
