//! Why there is no credential.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use session_export_model::ClockSkew;
use session_export_transport::{TransportError, TransportErrorKind};

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
    /// The issuer gave a credential that has already expired: one of the two clocks is wrong.
    Expired,
    /// The service rejected this credential moments ago, and it cannot be renewed. Nothing was sent: more than five bad
    /// signatures in a row lock an access key.
    Rejected,
    /// IAM knows no project of this name, or several.
    NoProject,
    /// The client's limit passed before there was a credential.
    TimedOut,
    /// A provider of your own failed; see [`AuthError::other`].
    Other,
}

impl AuthErrorKind {
    /// The kind as text that will not change: `no_project`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Unreachable => "unreachable",
            Self::Reply => "reply",
            Self::PlainHttp => "plain_http",
            Self::InvalidCredential => "invalid_credential",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::NoProject => "no_project",
            Self::TimedOut => "timed_out",
            Self::Other => "other",
        }
    }
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
    /// How long the issuer asks to wait: `Retry-After`, or the window that a throttling message names.
    pub retry_after: Option<Duration>,
    /// How far this machine's clock is from the issuer's, where that may be why a signature was refused.
    pub clock_skew: Option<ClockSkew>,
}

impl Refusal {
    /// A refusal with this status, for a provider of your own; the other fields can be set.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            code: None,
            message: None,
            request_id: None,
            retry_after: None,
            clock_skew: None,
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

    /// Adds to a 401 that the clocks are apart.
    pub(crate) fn with_clock_skew(mut self, skew: Option<ClockSkew>) -> Self {
        if let AuthErrorKind::Refused(refusal) = &mut Arc::make_mut(&mut self.inner).kind
            && refusal.status == StatusCode::UNAUTHORIZED
        {
            refusal.clock_skew = skew;
        }
        self
    }

    /// How the exchange with the issuer failed, if one did.
    fn transport_kind(&self) -> Option<TransportErrorKind> {
        let source = self.inner.source.as_deref()?;
        Some(source.downcast_ref::<TransportError>()?.kind())
    }

    /// What went wrong.
    pub fn kind(&self) -> &AuthErrorKind {
        &self.inner.kind
    }

    /// Whether the credential itself was not judged, and the same fetch may well succeed later: the issuer could not be
    /// reached in time (but for what [does not pass](TransportErrorKind::may_pass)), throttles (429), or is not available (408,
    /// 500, 502, 503, 504).
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            AuthErrorKind::Unreachable => self.transport_kind().is_none_or(TransportErrorKind::may_pass),
            AuthErrorKind::TimedOut => true,
            AuthErrorKind::Refused(refusal) => {
                matches!(refusal.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
            }
            _ => false,
        }
    }

    /// The pause after which asking the issuer again is worthwhile, as far as the issuer says so; zero leaves it to the
    /// caller, and `None` means that asking again does not help or may harm: wrong passwords lock accounts, and bad
    /// signatures lock keys.
    pub fn retry_at_least(&self) -> Option<Duration> {
        // A fetch that hung until its limit has had its time.
        if !self.is_transient() || *self.kind() == AuthErrorKind::TimedOut {
            return None;
        }
        let hint = self.refusal().and_then(|refusal| refusal.retry_after);
        Some(hint.unwrap_or_default())
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
            AuthErrorKind::Refused(refusal) => write!(f, "the credential was refused: {refusal}")?,
            AuthErrorKind::Unreachable => f.write_str("the credential's issuer could not be reached")?,
            AuthErrorKind::Reply => f.write_str("the issuer's answer was not understood")?,
            AuthErrorKind::PlainHttp => f.write_str("plain http is refused")?,
            AuthErrorKind::InvalidCredential => f.write_str("the credential is not usable")?,
            AuthErrorKind::Expired => f.write_str("the new credential has already expired")?,
            AuthErrorKind::Rejected => f.write_str("the credential was rejected moments ago")?,
            AuthErrorKind::NoProject => f.write_str("the project was not found")?,
            AuthErrorKind::TimedOut => f.write_str("there was no credential within the time limit")?,
            AuthErrorKind::Other => f.write_str("the credential provider failed")?,
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
        if let Some(wait) = self.retry_after {
            write!(f, "; it asks to wait {} s", wait.as_secs())?;
        }
        if let Some(skew) = self.clock_skew {
            write!(f, "; {skew}")?;
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
