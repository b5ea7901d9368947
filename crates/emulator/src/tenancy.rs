//! Who exists: accounts, their projects and users, and the agencies by which one account trusts another.
//!
//! Everything is looked up by id or name in short lists, so a further tenant is a further entry. Always there are the
//! account of the user, with a project and its sub-project, and a delegating account with a project and an agency.

mod further;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::app::AccessKey;
use crate::data::{Dataset, RowSource};
use crate::error::EmulatorError;
use crate::options::Options;
use crate::permissions::Permission;
use crate::strikes::Strikes;
use crate::tasks::Tasks;

/// The region, which is also the name of the main project of each account.
pub(crate) const REGION: &str = "emulator-1";

/// The name of the sub-project, in the form that the services use.
pub(crate) const SUB_PROJECT_NAME: &str = "emulator-1_sub";

/// The name of the delegating account.
pub(crate) const AGENCY_DOMAIN_NAME: &str = "emulator-agency-domain";

/// Made-up ids.
pub(crate) const USER_ID: &str = "5f1d0c6a2b7e4d938a64c0e7b1f2d359";
const DOMAIN_ID: &str = "a2c47e90d3b8416f95e1c7084d6b2f3a";
const AGENCY_ID: &str = "7d3e92f1a04b4c86b5e8d1c6f0a29b47";
const AGENCY_DOMAIN_ID: &str = "c81f5b2e6a9d4730bd42e7f9031a6c58";
pub(crate) const SUB_PROJECT_ID: &str = "4b96d2c8f17e4a05a3d0e8b57c61f92e";
pub(crate) const AGENCY_PROJECT_ID: &str = "91e6f0b4d25c4873ac7b3d8e1f5a0c62";

/// How many sessions the projects besides the main one have at most.
const FEW_SESSIONS: usize = 100;

/// An account, which IAM calls a domain.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A project, with the sessions and the export tasks that belong to it alone.
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: Arc<Account>,
    /// The account's id for a region's project, the region's project for a sub-project.
    pub(crate) parent_id: String,
    pub(crate) data: Dataset,
    pub(crate) tasks: Tasks,
    /// Who gets there without an agency, and what for.
    members: Vec<Member>,
}

/// A user of a project, with what the user may do there.
struct Member {
    user: Arc<User>,
    permissions: Vec<Permission>,
}

impl Project {
    /// Whether somebody gets into the project at all: as a member, or through an agency of its account.
    pub(crate) fn admits(&self, identity: &Identity) -> bool {
        match &identity.agency {
            Some(agency) => agency.account.id == self.account.id,
            None => self.member(identity).is_some(),
        }
    }

    /// Whether somebody may do something. An agency may do everything.
    pub(crate) fn permits(&self, identity: &Identity, permission: Permission) -> bool {
        match &identity.agency {
            Some(_) => self.admits(identity),
            None => self
                .member(identity)
                .is_some_and(|member| member.permissions.contains(&permission)),
        }
    }

    fn member(&self, identity: &Identity) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.user.id == identity.user.id)
    }
}

/// A user of an account.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: Arc<Account>,
    password: String,
    access_key: AccessKey,
    /// What a second factor has to be, for users that need one.
    passcode: Option<String>,
    strikes: Mutex<Strikes>,
}

/// What a log-in with a password leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogIn {
    Accepted,
    Locked,
    Wrong,
    WrongPasscode,
    PasscodeMissing,
}

impl User {
    pub(crate) fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// Compares password and passcode, and counts failures. A locked user is not compared with at all.
    pub(crate) fn log_in(
        &self,
        options: &Options,
        now: DateTime<Utc>,
        password: &str,
        passcode: Option<&str>,
    ) -> LogIn {
        let mut strikes = self.strikes.lock().unwrap_or_else(PoisonError::into_inner);
        if strikes.locked(now) {
            return LogIn::Locked;
        }
        let outcome = match (&self.passcode, passcode) {
            _ if password != self.password => LogIn::Wrong,
            (None, None) => LogIn::Accepted,
            (Some(_), None) => LogIn::PasscodeMissing,
            (expected, given) if expected.as_deref() == given => LogIn::Accepted,
            _ => LogIn::WrongPasscode,
        };
        match outcome {
            LogIn::Accepted => strikes.clear(),
            LogIn::Wrong | LogIn::WrongPasscode => {
                strikes.add(now, options.password_attempts, options.password_lock);
            }
            LogIn::PasscodeMissing | LogIn::Locked => {}
        }
        outcome
    }
}

/// The right to act in `account`, given to the users of `trusted`.
pub(crate) struct Agency {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: Arc<Account>,
    pub(crate) trusted: Arc<Account>,
}

/// Who acts: a user, possibly through an agency.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) user: Arc<User>,
    pub(crate) agency: Option<Arc<Agency>>,
}

impl Identity {
    /// The account whose resources are acted on.
    pub(crate) fn account(&self) -> &Arc<Account> {
        match &self.agency {
            Some(agency) => &agency.account,
            None => &self.user.account,
        }
    }
}

/// Where a token or a key is meant for.
#[derive(Clone)]
pub(crate) enum Scope {
    Project(Arc<Project>),
    Account(Arc<Account>),
}

/// Everybody and everything, and shortcuts to the entries that the emulator's accessors name.
pub(crate) struct Tenancy {
    accounts: Vec<Arc<Account>>,
    projects: Vec<Arc<Project>>,
    users: Vec<Arc<User>>,
    agencies: Vec<Arc<Agency>>,
    pub(crate) project: Arc<Project>,
    pub(crate) sub_project: Arc<Project>,
    pub(crate) user: Arc<User>,
    pub(crate) agency: Arc<Agency>,
    pub(crate) agency_project: Arc<Project>,
}

/// What the population is made from besides the [`Options`].
pub(crate) struct Population {
    pub(crate) seed: u64,
    pub(crate) sessions: usize,
    pub(crate) days: u32,
    pub(crate) rows: Option<RowSource>,
    pub(crate) anchor: DateTime<Utc>,
    pub(crate) password: String,
    pub(crate) access_key: AccessKey,
    pub(crate) passcode: Option<String>,
}

impl Tenancy {
    /// Blocks while the sessions are read or made up.
    ///
    /// # Errors
    /// The user's own sessions cannot be read.
    pub(crate) fn populate(options: &Options, population: Population) -> Result<Self, EmulatorError> {
        let Population {
            seed,
            sessions,
            days,
            rows,
            anchor,
            password,
            access_key,
            passcode,
        } = population;
        let account = Arc::new(Account {
            id: DOMAIN_ID.to_owned(),
            name: options.domain_name.clone(),
        });
        let delegating = Arc::new(Account {
            id: AGENCY_DOMAIN_ID.to_owned(),
            name: AGENCY_DOMAIN_NAME.to_owned(),
        });
        let user = Arc::new(User {
            id: USER_ID.to_owned(),
            name: options.user_name.clone(),
            account: Arc::clone(&account),
            password,
            access_key,
            passcode,
            strikes: Mutex::default(),
        });
        let given = rows.map(RowSource::read).transpose()?;
        let project = |id: &str,
                       name: &str,
                       account: &Arc<Account>,
                       parent_id: &str,
                       (number, count),
                       given: Option<Dataset>| {
            let is_home = account.id == user.account.id;
            let members = is_home.then(|| Member {
                user: Arc::clone(&user),
                permissions: Permission::ALL.to_vec(),
            });
            Arc::new(Project {
                id: id.to_owned(),
                name: name.to_owned(),
                account: Arc::clone(account),
                parent_id: parent_id.to_owned(),
                data: given
                    .unwrap_or_else(|| Dataset::generate(seed.wrapping_add(number), count, days, anchor, id)),
                tasks: Tasks::default(),
                members: members.into_iter().collect(),
            })
        };
        let few = sessions.min(FEW_SESSIONS);
        let main = project(
            &options.project_id,
            REGION,
            &account,
            DOMAIN_ID,
            (0, sessions),
            given,
        );
        let sub = project(
            SUB_PROJECT_ID,
            SUB_PROJECT_NAME,
            &account,
            &main.id,
            (1, few),
            None,
        );
        let delegated = project(
            AGENCY_PROJECT_ID,
            REGION,
            &delegating,
            AGENCY_DOMAIN_ID,
            (2, few),
            None,
        );
        let agency = Arc::new(Agency {
            id: AGENCY_ID.to_owned(),
            name: options.agency.clone(),
            account: Arc::clone(&delegating),
            trusted: Arc::clone(&account),
        });
        Ok(Self {
            accounts: vec![account, delegating],
            projects: vec![Arc::clone(&main), Arc::clone(&sub), Arc::clone(&delegated)],
            users: vec![Arc::clone(&user)],
            agencies: vec![Arc::clone(&agency)],
            project: main,
            sub_project: sub,
            user,
            agency,
            agency_project: delegated,
        })
    }

    /// The account that fits what is given of its id and its name.
    pub(crate) fn account(&self, id: Option<&str>, name: Option<&str>) -> Option<&Arc<Account>> {
        self.accounts.iter().find(|account| {
            id.is_none_or(|id| account.id == id) && name.is_none_or(|name| account.name == name)
        })
    }

    pub(crate) fn user(&self, account_name: &str, name: &str) -> Option<&Arc<User>> {
        self.users
            .iter()
            .find(|user| user.account.name == account_name && user.name == name)
    }

    pub(crate) fn project(&self, id: &str) -> Option<&Arc<Project>> {
        self.projects.iter().find(|project| project.id == id)
    }

    pub(crate) fn projects(&self) -> impl Iterator<Item = &Arc<Project>> {
        self.projects.iter()
    }

    pub(crate) fn projects_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a Arc<Project>> {
        self.projects
            .iter()
            .filter(|project| project.account.id == account.id)
    }

    /// The agency of `account` with that name, if it trusts the account of `user`.
    pub(crate) fn agency(&self, account: &Account, name: &str, user: &User) -> Option<&Arc<Agency>> {
        self.agencies.iter().find(|agency| {
            agency.account.id == account.id && agency.name == name && agency.trusted.id == user.account.id
        })
    }

    /// The password of the user, for the emulator's accessor.
    pub(crate) fn password(&self) -> &str {
        &self.user.password
    }

    /// The passcode of the user, for the emulator's accessor.
    pub(crate) fn passcode(&self) -> Option<&str> {
        self.user.passcode.as_deref()
    }
}
