//! Answers: JSON bodies, and refusals in the error shape of the role that refuses.

use std::io;

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::choices::ErrorDetail;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    json_text(status, body.to_string())
}

fn json_text(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The refusal of what cannot be kept in the directory of the state, so that nobody relies on it.
#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what becomes of an error in `map_err`"
)]
pub(crate) fn not_stored(error: io::Error) -> Refusal {
    let message = not_stored_message(&error);
    Refusal::service(StatusCode::INTERNAL_SERVER_ERROR, "WKS.0001", message)
}

pub(crate) fn not_stored_message(error: &io::Error) -> String {
    format!("The emulator's state cannot be stored: {error}.")
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A text answer, as the instance metadata gives it.
pub(crate) fn text(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// An answer that leads to another place.
pub(crate) fn redirect(location: &str) -> Response {
    let mut response = empty(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Why a request is refused. Messages name fields and rules, and do not repeat what the client sent, except for the
/// access key id and the canonical request where the gateway shows them, without secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    shape: Shape,
    message: String,
    /// Headers that belong to the refusal.
    headers: Vec<(HeaderName, String)>,
    detail: ErrorDetail,
}

/// The error bodies of the roles.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// `{"error_code":"WKS.…","error_msg"}`, and the same with `IAM.…` under `/v3.0/`
    Service { code: &'static str },
    /// `{"error_code":"APIGW.…","error_msg","request_id"}`
    Gateway { code: &'static str },
    /// `{"error":{"code":401,"message","title"}}`
    Identity,
    /// The message as it is
    Text,
}

impl Refusal {
    fn new(status: StatusCode, shape: Shape, message: impl Into<String>) -> Self {
        Self {
            status,
            shape,
            message: message.into(),
            headers: Vec::new(),
            detail: ErrorDetail::Absent,
        }
    }

    /// A refusal of Workspace, or of IAM under `/v3.0/`.
    pub(crate) fn service(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, Shape::Service { code }, message)
    }

    /// A refusal of the gateway in front of the services.
    pub(crate) fn gateway(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, Shape::Gateway { code }, message)
    }

    /// A refusal of IAM under `/v3/`.
    pub(crate) fn identity(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, Shape::Identity, message)
    }

    /// A refusal of the instance metadata.
    pub(crate) fn text(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, Shape::Text, message)
    }

    /// A request for a project that the credentials do not reach.
    pub(crate) fn forbidden() -> Self {
        let message = "User does not have permission to access this resource.";
        Self::service(StatusCode::FORBIDDEN, "WKS.00081102", message)
    }

    /// The gateway's answer to a path that it does not know.
    pub(crate) fn not_published() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "APIGW.0101",
            "The API does not exist or has not been published in the environment",
        )
    }

    /// A known path with another method than those in `allow`.
    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let message = "The method specified in the request is not allowed for this resource.";
        let refusal = Self::service(StatusCode::METHOD_NOT_ALLOWED, "WKS.00000405", message);
        refusal.with_header(ALLOW, allow)
    }

    /// A target above the gateway's limit.
    pub(crate) fn target_too_long() -> Self {
        let message = "Request-URI too large: the target exceeds 32 KB";
        Self::gateway(StatusCode::URI_TOO_LONG, "APIGW.0201", message)
    }

    /// Headers above the gateway's limits. Its status has no name in HTTP.
    pub(crate) fn head_too_large() -> Self {
        let status = StatusCode::from_u16(494).unwrap_or(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        let message = "Request header too large: one exceeds 32 KB, or all of them exceed 128 KB";
        Self::gateway(status, "APIGW.0201", message)
    }

    /// What is not HTTP.
    pub(crate) fn malformed() -> Self {
        Self::gateway(StatusCode::BAD_REQUEST, "APIGW.0201", "Bad request")
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says more in the body, if that is the choice and the refusal is one of Workspace.
    pub(crate) fn with_detail(self, detail: ErrorDetail) -> Self {
        Self { detail, ..self }
    }

    /// Something failed on the emulator's own side.
    pub(crate) fn internal() -> Self {
        let message = "The requested operation failed. Please try again later.";
        Self::service(StatusCode::INTERNAL_SERVER_ERROR, "WKS.00211401", message)
    }

    /// The status and the body.
    pub(crate) fn into_text(self, request_id: &str) -> (StatusCode, String) {
        (self.status, self.body(request_id))
    }

    fn body(&self, request_id: &str) -> String {
        let body = match self.shape {
            Shape::Text => return self.message.clone(),
            Shape::Service { code } => {
                let mut body = json!({ "error_code": code, "error_msg": self.message });
                if self.detail == ErrorDetail::Present && code.starts_with("WKS.") {
                    body["error_detail"] = json!(self.message);
                    if self.status == StatusCode::FORBIDDEN {
                        // Opaque to everybody but the service that decodes it.
                        body["encoded_authorization_message"] = json!(format!("emulator-{request_id}"));
                    }
                }
                body
            }
            Shape::Gateway { code } => {
                json!({ "error_msg": self.message, "error_code": code, "request_id": request_id })
            }
            Shape::Identity => json!({ "error": {
                "code": self.status.as_u16(),
                "message": self.message,
                "title": self.status.canonical_reason().unwrap_or("Error"),
            } }),
        };
        body.to_string()
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let body = self.body(request_id);
        let mut response = match self.shape {
            Shape::Text => text(self.status, body),
            Shape::Service { .. } | Shape::Gateway { .. } | Shape::Identity => json_text(self.status, body),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
