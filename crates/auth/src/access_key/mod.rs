//! An access key: the id and the secret that requests are signed with (AK/SK).

mod provide;
mod static_access_key;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

#[cfg(feature = "test-util")]
pub use provide::MockProvideAccessKey;
pub use provide::ProvideAccessKey;
pub use static_access_key::StaticAccessKey;

use crate::{AuthError, AuthErrorKind};

/// An access key of a user, permanent or temporary. A temporary one has a security token and an end.
///
/// It has no `Display`, its `Debug` hides the secrets, and their memory is overwritten when the last clone is dropped.
/// Clones share their memory.
#[derive(Clone)]
pub struct AccessKey {
    id: Arc<str>,
    secret: Arc<SecretString>,
    security_token: Option<HeaderValue>,
    expires_at: Option<DateTime<Utc>>,
}

impl AccessKey {
    /// A permanent key. White space around either text is removed: files and variables often end in a line break.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidCredential`] when one is empty or holds anything but visible ASCII characters, or when
    /// the id holds a comma, which ends it in the signature's header.
    pub fn new(id: impl AsRef<str>, secret: impl Into<String>) -> Result<Self, AuthError> {
        let id = id.as_ref().trim();
        let secret = Zeroizing::new(secret.into());
        check("the access key's id", id)?;
        if id.contains(',') {
            return Err(invalid("the access key's id holds a comma".to_owned()));
        }
        check("the secret access key", secret.trim())?;
        Ok(Self {
            id: id.into(),
            secret: Arc::new(SecretString::from(secret.trim())),
            security_token: None,
            expires_at: None,
        })
    }

    /// Makes it a temporary key: requests carry this token in `X-Security-Token`.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidCredential`] when it is empty or holds anything but visible ASCII characters.
    pub fn with_security_token(mut self, token: impl Into<String>) -> Result<Self, AuthError> {
        let token = Zeroizing::new(token.into());
        check("the security token", token.trim())?;
        // The header value keeps the buffer alive, and the buffer clears itself: no copy of the secret stays behind.
        let bytes = Bytes::from_owner(Zeroizing::new(token.trim().as_bytes().to_vec()));
        let mut header =
            HeaderValue::from_maybe_shared(bytes).expect("visible ASCII is a valid header value");
        header.set_sensitive(true);
        self.security_token = Some(header);
        Ok(self)
    }

    /// Adds the moment at which it stops being valid.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: DateTime<Utc>) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The id, which is no secret: requests carry it in the open.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same, for whoever keeps it.
    pub(crate) fn shared_id(&self) -> Arc<str> {
        Arc::clone(&self.id)
    }

    /// When it stops being valid, if that is known.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// Whether it is a temporary key.
    pub fn is_temporary(&self) -> bool {
        self.security_token.is_some()
    }

    /// The secret itself. Named so that every use of it is easy to find.
    pub fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// The value of `X-Security-Token`, marked as sensitive.
    pub(crate) fn security_token(&self) -> Option<HeaderValue> {
        self.security_token.clone()
    }
}

fn check(what: &str, text: &str) -> Result<(), AuthError> {
    if text.is_empty() {
        return Err(invalid(format!("{what} is empty")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(format!(
            "{what} holds blanks, line breaks or non-ASCII characters; check how it was copied"
        )));
    }
    Ok(())
}

fn invalid(problem: String) -> AuthError {
    AuthError::new(AuthErrorKind::InvalidCredential).with_detail(problem)
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("secret", &"…")
            .field("is_temporary", &self.is_temporary())
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secrets() {
        let key = AccessKey::new(" AKEXAMPLE\n", "SKsecret\n")
            .unwrap()
            .with_security_token("STsecret\n")
            .unwrap();
        assert_eq!((key.id(), key.expose_secret()), ("AKEXAMPLE", "SKsecret"));
        assert_eq!(key.security_token().unwrap(), "STsecret");
        let debug = format!("{key:?} {:?}", key.security_token());
        assert!(
            !debug.contains("secret\"") && !debug.contains("SKsecret") && !debug.contains("STsecret"),
            "{debug}"
        );
        assert!(debug.contains("AKEXAMPLE"), "{debug}");
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_without_showing_it() {
        for (id, secret, problem) in [
            ("", "SKsecret", "the access key's id is empty"),
            ("AK", " ", "the secret access key is empty"),
            ("A K", "SKsecret", "the access key's id holds blanks"),
            ("AK,SignedHeaders=x", "SKsecret", "holds a comma"),
            ("AK", "SKsecret\nX-Evil: 1", "the secret access key holds blanks"),
            ("AK", "SKsecret密", "the secret access key holds blanks"),
        ] {
            let error = AccessKey::new(id, secret).unwrap_err();
            assert_eq!(error.kind(), &AuthErrorKind::InvalidCredential);
            assert!(error.to_string().contains(problem), "{error}");
            assert!(!error.to_string().contains("SKsecret"), "{error}");
        }
        let key = AccessKey::new("AK", "SK").unwrap();
        let error = key.with_security_token("ST secret").unwrap_err();
        assert!(!error.to_string().contains("ST secret"), "{error}");
    }
}
