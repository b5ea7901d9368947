//! Why there is no credential.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use session_export_transport::TransportError;

/// Why a request could not be made to carry a credential.
///
/// It is cheap to clone, because one failed fetch answers everybody who waited for it. It never holds a secret.
#[derive(Clone)]
pub struct AuthError {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: AuthErrorKind,
    detail: Option<Cow<'static, str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// IAM, or another issuer, answered and refused. Asking again with the same secret may lock the account.
    Refused(Refusal),
    /// The issuer could not be reached, or its answer broke off; the source is a [`TransportError`].
    Unreachable,
    /// The issuer's answer could not be understood.
    Reply,
    /// The secret would have travelled over plain http; see [`PlainHttp`](crate::PlainHttp).
    PlainHttp,
    /// The configured credential cannot be one: empty, or with characters that no header carries.
    InvalidCredential,
    /// The issuer gave a token that has already expired: one of the two clocks is wrong.
    ExpiredToken,
    /// The client's limit passed before there was a credential.
    TimedOut,
    /// A provider of your own failed; see [`AuthError::other`].
    Other,
}

/// An issuer's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code in the body: `IAM.0062`, or the number of the older shape.
    pub code: Option<String>,
    /// The message in the body, for people.
    pub message: Option<String>,
    /// The id of the request, for support.
    pub request_id: Option<String>,
}

impl Refusal {
    /// A refusal with this status, for a provider of your own; the other fields can be set.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            code: None,
            message: None,
            request_id: None,
        }
    }
}

impl From<Refusal> for AuthError {
    fn from(refusal: Refusal) -> Self {
        Self::new(AuthErrorKind::Refused(refusal))
    }
}

impl AuthError {
    /// An error of this kind.
    pub fn new(kind: AuthErrorKind) -> Self {
        Self {
            inner: Arc::new(Inner {
                kind,
                detail: None,
                source: None,
            }),
        }
    }

    /// The failure of a provider of your own. The text of `source` must not show a secret.
    pub fn other(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(AuthErrorKind::Other).with_source(source)
    }

    /// Adds what exactly is wrong and what to do. It must not show a secret.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        Arc::make_mut(&mut self.inner).detail = Some(detail.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Arc::make_mut(&mut self.inner).source = Some(Arc::from(source.into()));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &AuthErrorKind {
        &self.inner.kind
    }

    /// The issuer's refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.kind() {
            AuthErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<TransportError> for AuthError {
    fn from(error: TransportError) -> Self {
        Self::new(AuthErrorKind::Unreachable).with_source(error)
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.kind {
            AuthErrorKind::Refused(refusal) => write!(f, "the token was refused: {refusal}")?,
            AuthErrorKind::Unreachable => f.write_str("the token issuer could not be reached")?,
            AuthErrorKind::Reply => f.write_str("the token issuer's answer was not understood")?,
            AuthErrorKind::PlainHttp => f.write_str("plain http is refused")?,
            AuthErrorKind::InvalidCredential => f.write_str("the credential is not usable")?,
            AuthErrorKind::ExpiredToken => f.write_str("the new token has already expired")?,
            AuthErrorKind::TimedOut => f.write_str("there was no token within the time limit")?,
            AuthErrorKind::Other => f.write_str("the token provider failed")?,
        }
        match &self.inner.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        if let Some(code) = self.code.as_deref().filter(|code| *code != self.status.as_str()) {
            write!(f, " {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthError")
            .field("kind", &self.inner.kind)
            .field("detail", &self.inner.detail)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for AuthError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
