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

/// Why a request is refused. Messages name fields and rules, and never repeat what the client sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    shape: Shape,
    message: String,
    allow: Option<&'static str>,
}

/// The error bodies of the three roles.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// `{"error_code":"WKS.…","error_msg"}`
    Service { code: &'static str },
    /// `{"error_code":"APIGW.…","error_msg","request_id"}`
    Gateway { code: &'static str },
    /// `{"error":{"code":401,"message","title"}}`
    Identity,
}

impl Refusal {
    /// A refusal of Workspace.
    pub(crate) fn service(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            shape: Shape::Service { code },
            message: message.into(),
            allow: None,
        }
    }

    /// A refusal of the gateway in front of Workspace.
    pub(crate) fn gateway(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            shape: Shape::Gateway { code },
            message: message.into(),
            allow: None,
        }
    }

    /// A refusal of IAM.
    pub(crate) fn identity(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            shape: Shape::Identity,
            message: message.into(),
            allow: None,
        }
    }

    /// The gateway's answer to a path that it does not know.
    pub(crate) fn not_published() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "APIGW.0101",
            "The API does not exist or has not been published in the environment",
        )
    }

    /// A known path with another method than `allow`.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
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
        if let Some(allow) = self.allow {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
