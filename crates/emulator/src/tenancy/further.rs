//! Projects that are added to those that are always there, and how to get into all of them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use super::{Account, Identity, Member, Project, Scope, Tenancy, User};
use crate::app::AccessKey;
use crate::data::Dataset;
use crate::error::EmulatorError;
use crate::projects::{ProjectAccess, ProjectSpec, UserAccess, UserSpec, derived_id, derived_seed};
use crate::random::Secrets;
use crate::state::{ActorRecord, Kept, ScopeRecord, UserRecord};
use crate::tasks::Tasks;

impl Tenancy {
    /// Adds a project with its account and its users, unless they are there already.
    pub(crate) fn add(
        &mut self,
        spec: ProjectSpec,
        anchor: DateTime<Utc>,
        secrets: &Secrets,
        kept: &Kept,
    ) -> Result<(), EmulatorError> {
        let account = self.account_named(&spec.account_name());
        let members = spec.users.iter().map(|user| Member {
            user: self.user_named(&account, user, secrets, kept),
            permissions: user.permissions.clone(),
        });
        let members = members.collect();
        let id = spec.project_id();
        let data = match spec.rows {
            Some(rows) => rows.read()?,
            None => {
                let seed = spec.seed.unwrap_or_else(|| derived_seed(&id));
                Dataset::generate(seed, spec.sessions, spec.days, anchor, &id)
            }
        };
        self.projects.push(Arc::new(Project {
            name: spec.name,
            parent_id: account.id.clone(),
            account,
            data,
            id,
            tasks: Tasks::default(),
            members,
        }));
        Ok(())
    }

    fn account_named(&mut self, name: &str) -> Arc<Account> {
        if let Some(account) = self.account(None, Some(name)) {
            return Arc::clone(account);
        }
        let account = Arc::new(Account {
            id: derived_id(&["domain", name]),
            name: name.to_owned(),
        });
        self.accounts.push(Arc::clone(&account));
        account
    }

    fn user_named(
        &mut self,
        account: &Arc<Account>,
        spec: &UserSpec,
        secrets: &Secrets,
        kept: &Kept,
    ) -> Arc<User> {
        if let Some(user) = self.user(&account.name, &spec.name) {
            return Arc::clone(user);
        }
        let id = derived_id(&["user", &account.name, &spec.name]);
        let (password, access_key) = kept.credentials(&id).unzip();
        let password = spec.password.clone().or(password);
        let access_key = spec.access_key.clone().or(access_key);
        let user = Arc::new(User {
            id,
            name: spec.name.clone(),
            account: Arc::clone(account),
            password: password.unwrap_or_else(|| secrets.password()),
            access_key: access_key.unwrap_or_else(|| AccessKey::random(secrets)),
            passcode: None,
            strikes: Mutex::default(),
        });
        self.users.push(Arc::clone(&user));
        user
    }

    /// Who acts and where, as a log of the state has it.
    pub(crate) fn actor(&self, record: &ActorRecord) -> Option<(Identity, Scope)> {
        let user = self.users.iter().find(|user| user.id == record.user_id)?;
        let agency = match &record.agency_id {
            Some(id) => Some(self.agencies.iter().find(|agency| agency.id == *id)?),
            None => None,
        };
        let scope = match &record.scope {
            ScopeRecord::Project(id) => Scope::Project(Arc::clone(self.project(id)?)),
            ScopeRecord::Domain(id) => Scope::Account(Arc::clone(self.account(Some(id), None)?)),
        };
        let identity = Identity {
            user: Arc::clone(user),
            agency: agency.map(Arc::clone),
        };
        Some((identity, scope))
    }

    /// Everybody with a permanent key.
    pub(crate) fn users(&self) -> &[Arc<User>] {
        &self.users
    }

    /// How to get into each project, in the order in which they were made.
    pub(crate) fn described(&self) -> impl Iterator<Item = ProjectAccess> {
        self.projects.iter().map(|project| ProjectAccess {
            id: project.id.clone(),
            name: project.name.clone(),
            domain_id: project.account.id.clone(),
            domain_name: project.account.name.clone(),
            users: project.members.iter().map(Member::described).collect(),
        })
    }
}

impl User {
    /// How the user signs in and signs, for a log of the state.
    pub(crate) fn record(&self) -> UserRecord {
        UserRecord {
            user_id: self.id.clone(),
            name: self.name.clone(),
            password: self.password.clone(),
            access_key: self.access_key.id.clone(),
            secret_key: self.access_key.secret.clone(),
        }
    }
}

impl Member {
    fn described(&self) -> UserAccess {
        UserAccess {
            id: self.user.id.clone(),
            name: self.user.name.clone(),
            password: self.user.password.clone(),
            access_key: self.user.access_key.clone(),
            permissions: self.permissions.clone(),
        }
    }
}
