//! A token: a secret with an end.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue};
use session_export_model::ProjectId;
use zeroize::Zeroizing;

use crate::{AuthError, AuthErrorKind};

/// The header that carries a token.
pub(crate) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A user token: the value of `X-Auth-Token`.
///
/// It has no `Display`, its `Debug` hides the secret, and its memory is overwritten when the last clone is dropped.
/// Clones share their memory.
#[derive(Clone)]
pub struct Token {
    header: HeaderValue,
    expires_at: Option<DateTime<Utc>>,
    project_id: Option<ProjectId>,
}

impl Token {
    /// Wraps the text of a token. White space around it is removed: files and variables often end in a line break.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidCredential`] when it is empty or holds anything but visible ASCII characters.
    pub fn new(text: impl Into<String>) -> Result<Self, AuthError> {
        let text = Zeroizing::new(text.into());
        Self::from_bytes(text.trim().as_bytes())
    }

    /// Wraps a token as it came in a response header.
    pub(crate) fn from_bytes(secret: &[u8]) -> Result<Self, AuthError> {
        let invalid = |problem| Err(AuthError::new(AuthErrorKind::InvalidCredential).with_detail(problem));
        if secret.is_empty() {
            return invalid("the token is empty");
        }
        if !secret.iter().all(u8::is_ascii_graphic) {
            return invalid(
                "the token holds blanks, line breaks or non-ASCII characters; check how it was copied",
            );
        }
        // The header value keeps the buffer alive, and the buffer clears itself: no copy of the secret stays behind.
        let bytes = Bytes::from_owner(Zeroizing::new(secret.to_vec()));
        let mut header =
            HeaderValue::from_maybe_shared(bytes).expect("visible ASCII is a valid header value");
        header.set_sensitive(true);
        Ok(Self {
            header,
            expires_at: None,
            project_id: None,
        })
    }

    /// Adds the moment at which it stops being valid.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: DateTime<Utc>) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// Adds the project that it is scoped to.
    #[must_use]
    pub fn with_project_id(mut self, project_id: ProjectId) -> Self {
        self.project_id = Some(project_id);
        self
    }

    /// When it stops being valid, if that is known.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// The project that it is scoped to, if that is known.
    pub fn project_id(&self) -> Option<&ProjectId> {
        self.project_id.as_ref()
    }

    /// The secret itself. Named so that every use of it is easy to find.
    pub fn expose_secret(&self) -> &str {
        self.header.to_str().expect("a token is visible ASCII")
    }

    /// The header value, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("secret", &"…")
            .field("expires_at", &self.expires_at)
            .field("project_id", &self.project_id)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secret() {
        let token = Token::new("MIIsecret\n")
            .unwrap()
            .with_project_id("p1".parse().unwrap());
        assert_eq!(token.expose_secret(), "MIIsecret");
        let debug = format!("{token:?}");
        assert!(!debug.contains("MIIsecret") && debug.contains("p1"), "{debug}");
        assert!(!format!("{:?}", token.header()).contains("MIIsecret"));
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_showing_it() {
        for text in ["", " \n", "MII a", "MII\nX-Evil: 1", "MII令牌", "MII\u{0}"] {
            let error = Token::new(text).unwrap_err();
            assert_eq!(error.kind(), &AuthErrorKind::InvalidCredential);
            assert!(!error.to_string().contains("MII"), "{error}");
        }
    }
}
