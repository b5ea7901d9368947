//! Runs the clauses, each as a test of its own.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::sync::Arc;

use session_export_transport::Transport;

use super::context::Make;
use super::{Capability, Card, Clause, Context, Setup, clauses, environment};
use crate::runner::{self, Case};

/// The clauses, and the transport that they are to hold for.
pub struct Suite {
    name: String,
    make: Make,
    declared: BTreeSet<Capability>,
}

impl Suite {
    /// A suite for the transports that `make` builds, with no capability declared.
    pub fn new<T, E, M>(name: impl Into<String>, make: M) -> Self
    where
        T: Transport,
        E: Into<Box<dyn StdError + Send + Sync>>,
        M: Fn(&Setup) -> Result<T, E> + Send + Sync + 'static,
    {
        let make: Make = Arc::new(move |setup| match make(setup) {
            Ok(transport) => Ok(Arc::new(transport)),
            Err(error) => Err(error.into()),
        });
        Self {
            name: name.into(),
            make,
            declared: BTreeSet::new(),
        }
    }

    /// Declares a capability: its clauses are run.
    #[must_use]
    pub fn declare(mut self, capability: Capability) -> Self {
        self.declared.insert(capability);
        self
    }

    /// Declares every capability.
    #[must_use]
    pub fn declare_all(mut self) -> Self {
        self.declared.extend(Capability::ALL);
        self
    }

    /// Takes a declaration back: its clauses are opted out, and the card says so.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.declared.remove(&capability);
        self
    }

    /// Runs the clauses as the tests of this program, prints the report card, and ends the process.
    ///
    /// The program's arguments are those of any test (`--list`, a filter, `--exact`, …). With the environment variable
    /// `SESSION_EXPORT_REPORT_CARD` the card is written to that file as JSON too.
    pub fn run(self) -> ! {
        if environment::is_child(&self.name, &self.make) {
            std::process::exit(1);
        }
        runner::run(&self.name, &self.cases())
    }

    /// Checks the clauses whose id starts with `prefix`, and returns the card instead of printing it.
    ///
    /// A program that calls this must do so first thing for every suite it has: some clauses start the program again,
    /// and the second process ends inside this function.
    pub fn check(&self, prefix: &str) -> Card {
        let is_child = environment::is_child(&self.name, &self.make);
        runner::check(
            &self.name,
            &self.cases(),
            if is_child { "no clause" } else { prefix },
        )
    }

    fn cases(&self) -> Vec<Case> {
        clauses().map(|clause| self.case(clause)).collect()
    }

    fn case(&self, clause: &'static Clause) -> Case {
        let (name, make) = (self.name.clone(), Arc::clone(&self.make));
        let check = move || {
            let context = Context::new(&name, Arc::clone(&make));
            runner::guarded(|| (clause.check)(&context))
        };
        Case {
            id: clause.id,
            level: clause.level,
            capability: clause.capability.map(Capability::as_str),
            declared: clause
                .capability
                .is_none_or(|capability| self.declared.contains(&capability)),
            text: clause.text,
            check: Arc::new(check),
        }
    }
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}
