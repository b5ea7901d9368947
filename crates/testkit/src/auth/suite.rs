//! The clauses, and the authenticator that they are to hold for.

use std::sync::Arc;

use session_export_auth::Authenticate;

use super::clauses::{CLAUSES, Subject};
use crate::runner::{self, Case};
use crate::transport::Card;

/// Builds an authenticator.
pub(super) type Make = Arc<dyn Fn() -> Box<dyn Authenticate> + Send + Sync>;

/// The clauses, and the authenticator that they are to hold for.
pub struct Suite {
    name: String,
    make: Make,
    failing: Option<Make>,
    secrets: Vec<String>,
}

impl Suite {
    /// A suite for the authenticators that `make` builds. They must be able to authenticate: with a test double behind
    /// them, or a local issuer.
    pub fn new<A, M>(name: impl Into<String>, make: M) -> Self
    where
        A: Authenticate,
        M: Fn() -> A + Send + Sync + 'static,
    {
        let make: Make = Arc::new(move || Box::new(make()));
        Self {
            name: name.into(),
            make,
            failing: None,
            secrets: Vec::new(),
        }
    }

    /// Names a secret that the authenticators hold: a token, a password, a key. It must never show.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Builds authenticators that cannot authenticate, for the clauses on errors. Without it they are opted out.
    #[must_use]
    pub fn failing<A, M>(mut self, make: M) -> Self
    where
        A: Authenticate,
        M: Fn() -> A + Send + Sync + 'static,
    {
        self.failing = Some(Arc::new(move || Box::new(make())));
        self
    }

    /// Runs the clauses as the tests of this program, prints the report card, and ends the process; see
    /// [`transport::Suite::run`](crate::transport::Suite::run).
    pub fn run(self) -> ! {
        runner::run(&self.name, &self.cases())
    }

    /// Checks the clauses whose id starts with `prefix`, and returns the card instead of printing it.
    pub fn check(&self, prefix: &str) -> Card {
        runner::check(&self.name, &self.cases(), prefix)
    }

    fn cases(&self) -> Vec<Case> {
        let case = |clause: &'static super::clauses::Clause| {
            let make = if clause.of_failing {
                self.failing.clone()
            } else {
                Some(Arc::clone(&self.make))
            };
            let (declared, secrets) = (make.is_some(), self.secrets.clone());
            let check = move || {
                let subject = Subject {
                    make: make.clone(),
                    secrets: secrets.clone(),
                };
                runner::guarded(|| (clause.check)(&subject))
            };
            Case {
                id: clause.id,
                level: clause.level,
                capability: clause.of_failing.then_some("failing"),
                declared,
                text: clause.text,
                check: Arc::new(check),
            }
        };
        CLAUSES.iter().map(case).collect()
    }
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
