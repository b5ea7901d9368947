//! Who is calling, from the environment: a secret is never a command-line argument, where other users could see it.

use std::ffi::OsString;

use session_export::Token;

use crate::failure::Failure;

/// What the environment says.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// A token that somebody already has.
    Token(Token),
    /// A user who logs in.
    Password(Login),
}

/// A user's name, password and account.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) domain: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

const TOKEN: [&str; 3] = ["SESSION_EXPORT_TOKEN", "HW_AUTH_TOKEN", "OS_AUTH_TOKEN"];
const USER: [&str; 2] = ["HW_USER_NAME", "OS_USERNAME"];
const PASSWORD: [&str; 2] = ["HW_USER_PASSWORD", "OS_PASSWORD"];
const DOMAIN: [&str; 4] = [
    "HW_DOMAIN_NAME",
    "OS_DOMAIN_NAME",
    "OS_USER_DOMAIN_NAME",
    "OS_PROJECT_DOMAIN_NAME",
];

/// The first of these variables that is set and not empty. One that is no text is refused, not passed over.
pub(crate) fn variable(names: &[&str]) -> Result<Option<String>, Failure> {
    for name in names {
        match std::env::var_os(name).map(OsString::into_string) {
            Some(Ok(value)) if !value.trim().is_empty() => return Ok(Some(value)),
            Some(Ok(_)) | None => {}
            // The value may be a secret.
            Some(Err(_)) => return Err(Failure::usage(format!("the value of {name} is not valid UTF-8"))),
        }
    }
    Ok(None)
}

impl Credentials {
    /// Reads the environment: a token first, else a user with a password.
    pub(crate) fn from_environment() -> Result<Self, Failure> {
        if let Some(token) = variable(&TOKEN)? {
            return Ok(Self::Token(Token::new(token)?));
        }
        let (user, password, domain) = (variable(&USER)?, variable(&PASSWORD)?, variable(&DOMAIN)?);
        let missing: Vec<_> = [
            (user.is_none(), USER[0]),
            (password.is_none(), PASSWORD[0]),
            (domain.is_none(), DOMAIN[0]),
        ]
        .into_iter()
        .filter_map(|(missing, name)| missing.then_some(name))
        .collect();
        match (user, password, domain) {
            (Some(user), Some(password), Some(domain)) => Ok(Self::Password(Login {
                user,
                password,
                domain,
            })),
            (None, None, _) => Err(Failure::no_credentials(
                "there are no credentials; set SESSION_EXPORT_TOKEN or HW_AUTH_TOKEN, or HW_USER_NAME, \
                 HW_USER_PASSWORD and HW_DOMAIN_NAME, or try --emulator",
            )),
            _ => Err(Failure::no_credentials(format!(
                "the credentials are incomplete; set {} too",
                missing.join(" and ")
            ))),
        }
    }
}
