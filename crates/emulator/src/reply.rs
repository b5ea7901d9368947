//! Answers: JSON bodies, and refusals in the error shape of the role that refuses.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
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

/// Why a request is refused. Messages name fields and rules, and do not repeat what the client sent, except for the
/// access key id and the canonical request where the gateway shows them, without secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    shape: Shape,
    message: String,
    allow: Option<String>,
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
            allow: None,
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
        Self {
            allow: Some(allow),
            ..refusal
        }
    }

    /// Something failed on the emulator's own side.
    pub(crate) fn internal() -> Self {
        let message = "The requested operation failed. Please try again later.";
        Self::service(StatusCode::INTERNAL_SERVER_ERROR, "WKS.00211401", message)
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let body = match self.shape {
            Shape::Text => return text(self.status, self.message),
            Shape::Service { code } => json!({ "error_code": code, "error_msg": self.message }),
            Shape::Gateway { code } => {
                json!({ "error_msg": self.message, "error_code": code, "request_id": request_id })
            }
            Shape::Identity => json!({ "error": {
                "code": self.status.as_u16(),
                "message": self.message,
                "title": self.status.canonical_reason().unwrap_or("Error"),
            } }),
        };
        let mut response = json(self.status, &body);
        if let Some(allow) = self.allow.and_then(|allow| HeaderValue::try_from(allow).ok()) {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }
}
