//! Answers of IAM.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_export_model::{ErrorBody, ProjectId, one_line, parse_timestamp, retry_hint};
use session_export_transport::{Response, TransportErrorKind};
use zeroize::Zeroize;

use crate::{AccessKey, AuthError, AuthErrorKind, Refusal, Token};

/// Far more than any answer of IAM: a catalog is left out by `nocatalog`.
const MOST_BYTES: usize = 1 << 20;

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

#[derive(Deserialize)]
struct KeyReply {
    credential: KeyBody,
}

#[derive(Deserialize)]
struct KeyBody {
    access: String,
    secret: SecretString,
    securitytoken: SecretString,
    expires_at: String,
}

/// Reads the answer to a request for a token.
pub(in crate::iam) async fn read_token(response: Response) -> Result<Token, AuthError> {
    let (head, body) = success(response).await?;
    let secret = head.headers.get("x-subject-token").ok_or_else(|| {
        reply(format!(
            "HTTP {} without an X-Subject-Token header; is this an IAM endpoint?",
            head.status.as_u16()
        ))
    })?;
    let TokenReply { token: described } = json(&body, "a token")?;
    let token = Token::from_bytes(secret.as_bytes())?.with_expiry(expiry(&described.expires_at)?);
    Ok(match described.project {
        Some(project) => token.with_project_id(project.id),
        None => token,
    })
}

/// Reads the answer to a request for a temporary access key.
pub(in crate::iam) async fn read_access_key(response: Response) -> Result<AccessKey, AuthError> {
    let (_, body) = success(response).await?;
    let parsed = json::<KeyReply>(&body, "an access key");
    // The body holds the secret. Where nobody else has it, it does not stay in memory.
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
    let KeyReply { credential } = parsed?;
    Ok(
        AccessKey::new(&credential.access, credential.secret.expose_secret())?
            .with_security_token(credential.securitytoken.expose_secret())?
            .with_expiry(expiry(&credential.expires_at)?),
    )
}

/// The head and the whole body of a success; anything else is a refusal.
pub(in crate::iam) async fn success(response: Response) -> Result<(Parts, Bytes), AuthError> {
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        // A refusal is told even if its body breaks off.
        let body = body.read_to_end(MOST_BYTES).await.unwrap_or_default();
        return Err(refused(head.status, &head.headers, &body));
    }
    let body = body
        .read_to_end(MOST_BYTES)
        .await
        .map_err(|error| match error.kind() {
            // It was reached, and what it says is the same the next time.
            TransportErrorKind::BodyTooLarge => reply("it is larger than 1 MiB").with_source(error),
            _ => error.into(),
        })?;
    Ok((head, body))
}

/// Reads a body that should hold `what`. The error's text shows positions, never values: they may be secrets or names.
pub(in crate::iam) fn json<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, AuthError> {
    serde_json::from_slice(body).map_err(|error| {
        reply(format!(
            "its body has not {what} (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> AuthError {
    let body = ErrorBody::read(body);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut refusal = Refusal::new(status);
    refusal.code = body.code().map(str::to_owned);
    refusal.message = body.message().map(str::to_owned);
    refusal.request_id = header("x-request-id")
        .or_else(|| header("x-iam-trace-id"))
        .or_else(|| header("x-openstack-request-id"))
        .or(body.request_id())
        .map(one_line)
        .filter(|id| !id.is_empty());
    let throttled = body.message().filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
    refusal.retry_after = retry_hint(header("retry-after"), header("date"), throttled);
    refusal.into()
}

fn expiry(text: &str) -> Result<DateTime<Utc>, AuthError> {
    parse_timestamp(text).map_err(|error| reply("its expires_at is no time").with_source(error))
}

fn reply(detail: impl Into<std::borrow::Cow<'static, str>>) -> AuthError {
    AuthError::new(AuthErrorKind::Reply).with_detail(detail)
}
