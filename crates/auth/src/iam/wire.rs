//! What IAM is told and what it answers (`POST /v3/auth/tokens`).

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use session_export_model::{ErrorBody, ProjectId, parse_timestamp};
use session_export_transport::Response;
use zeroize::Zeroizing;

use crate::{AuthError, AuthErrorKind, Refusal, Token};

/// Far more than any answer of IAM: a catalog is left out by `nocatalog`.
const MOST_BYTES: usize = 1 << 20;
/// Enough for any body that is sent here, so that the buffer never moves and leaves a copy of the secret behind.
const BODY_CAPACITY: usize = 8 << 10;

#[derive(Serialize)]
pub(super) struct AuthRequest<'a> {
    pub(super) auth: Auth<'a>,
}

#[derive(Serialize)]
pub(super) struct Auth<'a> {
    pub(super) identity: Identity<'a>,
    pub(super) scope: Scope<'a>,
}

#[derive(Serialize)]
pub(super) struct Identity<'a> {
    pub(super) methods: [&'static str; 1],
    pub(super) password: Password<'a>,
}

#[derive(Serialize)]
pub(super) struct Password<'a> {
    pub(super) user: User<'a>,
}

#[derive(Serialize)]
pub(super) struct User<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
    pub(super) domain: Named<'a>,
}

#[derive(Serialize)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Scope<'a> {
    pub(super) project: Project<'a>,
}

#[derive(Serialize)]
pub(super) struct Project<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct TokenReply {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    expires_at: String,
    project: Option<ScopedProject>,
}

#[derive(Deserialize)]
struct ScopedProject {
    id: ProjectId,
}

/// The body as bytes that are overwritten when the last reference is dropped.
pub(super) fn secret_body(request: &AuthRequest<'_>) -> Bytes {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_CAPACITY));
    serde_json::to_writer(&mut *body, request).expect("texts always serialise");
    Bytes::from_owner(body)
}

/// Reads the answer to a request for a token.
pub(super) async fn read_token(response: Response) -> Result<Token, AuthError> {
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        // A refusal is told even if its body breaks off.
        let body = body.read_to_end(MOST_BYTES).await.unwrap_or_default();
        return Err(refused(head.status, &head.headers, &body));
    }
    let secret = head.headers.get("x-subject-token").ok_or_else(|| {
        reply(format!(
            "HTTP {} without an X-Subject-Token header; is this an IAM endpoint?",
            head.status.as_u16()
        ))
    })?;
    let body = body.read_to_end(MOST_BYTES).await?;
    // The error's text shows names and positions, never values: a body holds no secret, but it may hold names.
    let parsed: TokenReply = serde_json::from_slice(&body).map_err(|error| {
        reply(format!(
            "its body has no token (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let expires_at = expiry(&parsed.token.expires_at)?;
    let token = Token::from_bytes(secret.as_bytes())?.with_expiry(expires_at);
    Ok(match parsed.token.project {
        Some(project) => token.with_project_id(project.id),
        None => token,
    })
}

fn refused(status: StatusCode, headers: &http::HeaderMap, body: &[u8]) -> AuthError {
    let body = ErrorBody::read(body);
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut refusal = Refusal::new(status);
    refusal.code = body.code().map(str::to_owned);
    refusal.message = body.message().map(str::to_owned);
    refusal.request_id = header("x-request-id").or_else(|| header("x-iam-trace-id"));
    refusal.into()
}

fn expiry(text: &str) -> Result<DateTime<Utc>, AuthError> {
    parse_timestamp(text).map_err(|error| reply("its expires_at is no time").with_source(error))
}

fn reply(detail: impl Into<std::borrow::Cow<'static, str>>) -> AuthError {
    AuthError::new(AuthErrorKind::Reply).with_detail(detail)
}
