//! Further projects: what they are made from, and how to get into them.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::app::AccessKey;
use crate::data::RowSource;
use crate::permissions::Permission;

/// A project beside those that an emulator always has, with sessions, export tasks and users of its own.
///
/// ```
/// use session_export_emulator::{Emulator, Permission, ProjectSpec, UserSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder()
///     .project(
///         ProjectSpec::new("cn-north-4")
///             .sessions(300)
///             .seed(8)
///             .user(UserSpec::new("alice"))
///             .user(UserSpec::new("reader").permissions([Permission::ListSessions])),
///     )
///     .start()
///     .await?;
/// let project = emulator.project("cn-north-4").ok_or("no such project")?;
/// let reader = project.user("reader").ok_or("no such user")?;
/// println!("{} {} {}", project.id(), reader.name(), reader.access_key_id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a project does nothing until it is given to a builder"]
pub struct ProjectSpec {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) domain_name: Option<String>,
    pub(crate) sessions: usize,
    pub(crate) seed: Option<u64>,
    pub(crate) days: u32,
    pub(crate) rows: Option<RowSource>,
    pub(crate) users: Vec<UserSpec>,
}

impl ProjectSpec {
    /// A project with 100 sessions and no users. Real projects are named like their region.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: None,
            domain_name: None,
            sessions: 100,
            seed: None,
            days: 60,
            rows: None,
            users: Vec::new(),
        }
    }

    /// The id: 1 to 128 ASCII letters, digits, `-` and `_`. Default: 32 digits that follow from the account's and
    /// the project's name.
    pub fn id(self, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..self
        }
    }

    /// The account (domain) that the project and its users belong to; that of another project puts both into one
    /// account. Default: an account of its own, named like the project with `-domain` behind it.
    pub fn domain_name(self, name: impl Into<String>) -> Self {
        Self {
            domain_name: Some(name.into()),
            ..self
        }
    }

    /// How many sessions there are: 0 to 2,000,000. Default: 100.
    pub fn sessions(self, sessions: usize) -> Self {
        Self { sessions, ..self }
    }

    /// The seed of the sessions. Default: one that follows from the project's id.
    pub fn seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// How many days the sessions are spread over: 1 to 3,650. Default: 60.
    pub fn days(self, days: u32) -> Self {
        Self { days, ..self }
    }

    /// The project's sessions, read when the emulator starts, instead of made-up ones.
    pub fn rows(self, rows: RowSource) -> Self {
        Self {
            rows: Some(rows),
            ..self
        }
    }

    /// Adds a user who gets into this project. A name that another project of the same account has is the same user
    /// there and here: the first one's id, password and key count, and each project has its own permissions.
    pub fn user(mut self, user: UserSpec) -> Self {
        self.users.push(user);
        self
    }

    pub(crate) fn account_name(&self) -> String {
        match &self.domain_name {
            Some(name) => name.clone(),
            None => format!("{}-domain", self.name),
        }
    }

    pub(crate) fn project_id(&self) -> String {
        match &self.id {
            Some(id) => id.clone(),
            None => derived_id(&["project", &self.account_name(), &self.name]),
        }
    }
}

/// A user of a [project](ProjectSpec).
#[derive(Clone)]
#[must_use = "a user does nothing until it is given to a project"]
pub struct UserSpec {
    pub(crate) name: String,
    pub(crate) password: Option<String>,
    pub(crate) access_key: Option<AccessKey>,
    pub(crate) permissions: Vec<Permission>,
}

impl UserSpec {
    /// A user who may do everything.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: None,
            access_key: None,
            permissions: Permission::ALL.to_vec(),
        }
    }

    /// The password, at least one character. Default: another random one at each start.
    pub fn password(self, password: impl Into<String>) -> Self {
        Self {
            password: Some(password.into()),
            ..self
        }
    }

    /// The permanent access key: an id of 1 to 128 ASCII letters, digits, `-` and `_`, and a secret of at least one
    /// character. Default: another random one at each start.
    pub fn access_key(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        let (id, secret) = (id.into(), secret.into());
        Self {
            access_key: Some(AccessKey { id, secret }),
            ..self
        }
    }

    /// What the user may do in the project; everything else is answered with 403. Default: everything.
    pub fn permissions(self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self {
            permissions: permissions.into_iter().collect(),
            ..self
        }
    }
}

impl fmt::Debug for UserSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSpec")
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

/// How to get into a project of a running emulator.
#[derive(Debug, Clone)]
pub struct ProjectAccess {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) domain_id: String,
    pub(crate) domain_name: String,
    pub(crate) users: Vec<UserAccess>,
}

impl ProjectAccess {
    /// The id, as it stands in paths.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the account (domain).
    #[must_use]
    pub fn domain_id(&self) -> &str {
        &self.domain_id
    }

    /// The name of the account (domain).
    #[must_use]
    pub fn domain_name(&self) -> &str {
        &self.domain_name
    }

    /// The users who get into the project by themselves, not through an agency.
    #[must_use]
    pub fn users(&self) -> &[UserAccess] {
        &self.users
    }

    /// The user of that name.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&UserAccess> {
        self.users.iter().find(|user| user.name == name)
    }
}

/// How a user signs in and signs. It protects nothing but made-up data on this machine.
#[derive(Clone)]
pub struct UserAccess {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) access_key: AccessKey,
    pub(crate) permissions: Vec<Permission>,
}

impl UserAccess {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The id (AK) of the permanent access key.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key.id
    }

    /// The secret (SK) of the permanent access key.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.access_key.secret
    }

    /// What the user may do in the project.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }
}

impl fmt::Debug for UserAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAccess")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

/// A seed that is the same at every start, and another one for every project.
pub(crate) fn derived_seed(project_id: &str) -> u64 {
    let digest = Sha256::digest(["seed", project_id].join("\0"));
    digest
        .iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// 32 hexadecimal digits that are the same at every start.
pub(crate) fn derived_id(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
