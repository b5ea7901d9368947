//! The credential chain, from the outside.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod choice;
mod docs;
mod files;
mod leaks;
mod metadata;
mod precedence;
mod table;
mod table_environment;
mod table_files;

use std::path::Path;

use futures_util::FutureExt;
use session_export_auth::{Credential, CredentialChain, Environment, Found, NoCredentials};
use tempfile::TempDir;

const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
const PROFILE: &str = ".huaweicloud/credentials";
const KOOCLI: &str = ".hcloud/config.json";

/// A home directory of its own.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Writes a file that only its owner can read.
    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        write(&self.0.path().join(path), content, 0o600);
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        let home = self.path().to_str().unwrap();
        variables.iter().copied().chain([(HOME, home)]).collect()
    }

    fn chain(&self, variables: &[(&str, &str)]) -> CredentialChain {
        CredentialChain::new(self.environment(variables))
    }

    fn find(&self, variables: &[(&str, &str)]) -> Result<Found, NoCredentials> {
        find(&self.chain(variables))
    }
}

fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let _ = mode;
}

/// Without a metadata service nothing waits.
fn find(chain: &CredentialChain) -> Result<Found, NoCredentials> {
    chain.find().now_or_never().unwrap()
}

/// Which identity it is: its only part that is no secret, or the secret where all is one.
fn identity(found: &Found) -> String {
    match found.credential() {
        Credential::Token(token) => token.expose_secret().to_owned(),
        Credential::AccessKey(key) => key.id().to_owned(),
        Credential::Password(login) => {
            let user = login.user_name().or(login.user_id()).unwrap();
            let domain = login.domain_name().or(login.domain_id());
            format!("{user}@{}", domain.unwrap_or("-"))
        }
        other => format!("{other:?}"),
    }
}

fn report(found: &Found) -> Vec<String> {
    found.report().iter().map(ToString::to_string).collect()
}

#[test]
fn a_search_can_be_moved_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let chain = Home::new().chain(&[]);
    is_send(&chain);
    is_send(&chain.find());
    fn are_send_and_sync<T: Send + Sync>() {}
    are_send_and_sync::<(Found, NoCredentials, CredentialChain)>();
}
