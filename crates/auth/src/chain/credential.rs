//! What the chain can find.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::{AccessKey, Agency, InstanceMetadata, Token};

/// A credential that was found. `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A token.
    Token(Token),
    /// An access key, permanent or temporary.
    AccessKey(AccessKey),
    /// A user who logs in with a password.
    Password(PasswordLogin),
    /// The agency of this machine. Its first key is already there: see [`InstanceMetadata`].
    InstanceMetadata(InstanceMetadata),
}

impl Credential {
    /// In a few words, for the report.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Token(_) => "a token",
            Self::AccessKey(key) if key.is_temporary() => "a temporary access key",
            Self::AccessKey(_) => "an access key",
            Self::Password(login) if login.passcode.is_some() => "a password and a one-time passcode",
            Self::Password(_) => "a password",
            Self::InstanceMetadata(_) => "a temporary access key of the machine's agency",
        }
    }
}

/// What a user logs in with. There is a user id, or else a user name and the account's name or id.
///
/// `Debug` shows neither the password nor the passcode.
#[derive(Clone)]
pub struct PasswordLogin {
    pub(super) user_name: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) password: SecretString,
    pub(super) domain_name: Option<String>,
    pub(super) domain_id: Option<String>,
    pub(super) passcode: Option<SecretString>,
}

impl PasswordLogin {
    /// The user's name.
    pub fn user_name(&self) -> Option<&str> {
        self.user_name.as_deref()
    }

    /// The user's id.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The account's name.
    pub fn domain_name(&self) -> Option<&str> {
        self.domain_name.as_deref()
    }

    /// The account's id.
    pub fn domain_id(&self) -> Option<&str> {
        self.domain_id.as_deref()
    }

    /// The password. Named so that every use of it is easy to find.
    pub fn expose_password(&self) -> &str {
        self.password.expose_secret()
    }

    /// The one-time passcode of a virtual MFA device; there is one only together with a user id, as IAM wants it.
    pub fn expose_passcode(&self) -> Option<&str> {
        self.passcode.as_ref().map(|passcode| passcode.expose_secret())
    }
}

impl fmt::Debug for PasswordLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordLogin")
            .field("user_name", &self.user_name)
            .field("user_id", &self.user_id)
            .field("password", &"…")
            .field("domain_name", &self.domain_name)
            .field("domain_id", &self.domain_id)
            .field("passcode", &self.passcode.as_ref().map(|_| "…"))
            .finish()
    }
}

/// An agency that is to be taken on with the credential, and for how long.
///
/// Using the credential without it would act as another identity than the one that was configured.
#[derive(Clone, Debug)]
pub struct FoundAgency {
    pub(super) agency: Agency,
    pub(super) project_name: Option<String>,
    pub(super) duration: Option<Duration>,
}

impl FoundAgency {
    /// The agency.
    pub fn agency(&self) -> &Agency {
        &self.agency
    }

    /// The project of the account that delegates, if it is named (`OS_DELEGATED_PROJECT`).
    pub fn project_name(&self) -> Option<&str> {
        self.project_name.as_deref()
    }

    /// How long the agency is to be taken on (`HW_ASSUME_ROLE_DURATION`).
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }
}
