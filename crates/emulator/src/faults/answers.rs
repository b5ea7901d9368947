//! The answers that a fault puts in the place of the operation's own.

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use std::time::Duration;

use super::kind::{Kind, RetryHint, TaskIdFault};
use crate::reply::{self, Refusal};
use crate::time;

/// What a proxy shows.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head>\
                    <body><h1>The page cannot be displayed</h1></body></html>\n";

/// The answer of the kinds that have one.
pub(super) fn instead(kind: &Kind, request_id: &str, now: DateTime<Utc>) -> Option<Response> {
    let response = match kind {
        Kind::Status {
            status,
            body,
            content_type,
            headers,
        } => {
            let mut response = text(*status, body, content_type);
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Kind::Throttled {
            retry_after,
            limit,
            window,
            unit,
        } => {
            let message = format!(
                "The throttling threshold has been reached: policy user over ratelimit,limit:{limit},time:{window} {}",
                unit.name()
            );
            let refusal = Refusal::gateway(StatusCode::TOO_MANY_REQUESTS, "APIGW.0308", message);
            later(refusal.into_response(request_id), *retry_after, now)
        }
        Kind::Unavailable { retry_after } => {
            let message = "The IAM service is temporarily unavailable";
            let refusal = Refusal::gateway(StatusCode::SERVICE_UNAVAILABLE, "APIGW.0613", message);
            later(refusal.into_response(request_id), *retry_after, now)
        }
        Kind::HtmlPage { status } => text(*status, PAGE, "text/html; charset=utf-8"),
        Kind::ErrorIn200 { code, message } => reply::json(
            StatusCode::OK,
            &json!({ "error_code": code, "error_msg": message }),
        ),
        _ => return None,
    };
    Some(response)
}

/// What a 200 of the export says about its task. A made-up id comes from the emulator's random numbers.
pub(super) fn task_id(says: TaskIdFault, made_up: &str) -> Response {
    let body = match says {
        TaskIdFault::Missing => json!({}),
        TaskIdFault::Empty => json!({ "task_id": "" }),
        TaskIdFault::Number => json!({ "task_id": 12_345 }),
        TaskIdFault::Null => json!({ "task_id": null }),
        TaskIdFault::Wrong => json!({ "task_id": made_up }),
    };
    reply::json(StatusCode::OK, &body)
}

fn text(status: u16, body: &str, content_type: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply::text(status, body.to_owned());
    if let Ok(value) = HeaderValue::try_from(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

fn later(mut response: Response, after: Option<RetryHint>, now: DateTime<Utc>) -> Response {
    let value = match after {
        None => return response,
        Some(RetryHint::Seconds(seconds)) => HeaderValue::from(seconds),
        Some(RetryHint::Date(seconds)) => {
            let date = time::http_date(time::later(now, Duration::from_secs(seconds)));
            HeaderValue::try_from(date).unwrap_or_else(|_| HeaderValue::from(seconds))
        }
    };
    response.headers_mut().insert(RETRY_AFTER, value);
    response
}
