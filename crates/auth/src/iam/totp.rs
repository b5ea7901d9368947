//! The second factor: a passcode that is good for one log-in.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::{ExposeSecret, SecretString};

use super::wire::{Totp, TotpUser};
use crate::{AuthError, AuthErrorKind};

/// Where the passcode of a virtual MFA device comes from: six digits, a new one every 30 seconds.
pub struct TotpPasscode(From);

enum From {
    Once(SecretString),
    Asked(Box<dyn Fn() -> Result<SecretString, AuthError> + Send + Sync>),
}

impl TotpPasscode {
    /// A passcode that somebody typed. It gives one token: when that ends, there is no other.
    pub fn once(passcode: impl Into<String>) -> Self {
        Self(From::Once(SecretString::from(passcode.into())))
    }

    /// Asks for a passcode at every log-in. The function must not block: it is called on the caller's thread.
    pub fn asked(ask: impl Fn() -> Result<String, AuthError> + Send + Sync + 'static) -> Self {
        Self(From::Asked(Box::new(move || ask().map(SecretString::from))))
    }
}

impl fmt::Debug for TotpPasscode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            From::Once(_) => "TotpPasscode::once(…)",
            From::Asked(_) => "TotpPasscode::asked(…)",
        })
    }
}

#[derive(Debug)]
pub(super) struct SecondFactor {
    user_id: String,
    passcode: TotpPasscode,
    used: AtomicBool,
}

impl SecondFactor {
    pub(super) fn new(user_id: String, passcode: TotpPasscode) -> Self {
        Self {
            user_id,
            passcode,
            used: AtomicBool::new(false),
        }
    }

    pub(super) fn to_wire<'a>(&'a self, passcode: &'a SecretString) -> Totp<'a> {
        Totp {
            user: TotpUser {
                id: &self.user_id,
                passcode: passcode.expose_secret(),
            },
        }
    }

    /// A passcode for one log-in.
    pub(super) fn take(&self) -> Result<SecretString, AuthError> {
        match &self.passcode.0 {
            From::Asked(ask) => ask(),
            From::Once(_) if self.used.swap(true, Ordering::Relaxed) => {
                Err(AuthError::new(AuthErrorKind::InvalidCredential)
                    .with_detail("the one-time passcode has been used; log in again with a new one"))
            }
            From::Once(passcode) => Ok(passcode.clone()),
        }
    }

    /// The passcode was not looked at.
    pub(super) fn give_back(&self) {
        self.used.store(false, Ordering::Relaxed);
    }

    pub(super) fn has_passcode(&self) -> bool {
        match self.passcode.0 {
            From::Asked(_) => true,
            From::Once(_) => !self.used.load(Ordering::Relaxed),
        }
    }
}
