//! What a test does to a running emulator: faults, journal, clock.

use std::net::SocketAddr;

use crate::admin;
use crate::builder::EmulatorBuilder;
use crate::emulator::Emulator;
use crate::faults::{FaultScript, FaultScriptError};
use crate::journal::Journal;

/// Faults from the beginning, and an address to change them.
impl EmulatorBuilder {
    /// What goes wrong, and when. [`start`](Self::start) refuses a script that breaks a rule. Default: nothing.
    pub fn faults(self, script: FaultScript) -> Self {
        Self {
            faults: script,
            ..self
        }
    }

    /// A second address to listen on, for faults, journal, tasks and clock over HTTP; `docs/emulator-faults.md` lists
    /// its requests. A loopback address; port 0 takes a free one. It has no credentials: whoever can reach it can make
    /// the emulator fail, and nothing else. Default: none.
    pub fn admin(self, address: SocketAddr) -> Self {
        Self {
            admin: Some(address),
            ..self
        }
    }
}

/// Faults, the journal and the clock while it runs.
impl Emulator {
    /// Replaces the fault script. All counts of calls begin anew; calls that are being answered keep their fault.
    ///
    /// # Errors
    /// [`FaultScriptError`] when the script breaks a rule; the old one then stays.
    pub fn set_faults(&self, script: FaultScript) -> Result<(), FaultScriptError> {
        self.app.faults.set(script)
    }

    /// The fault script that counts.
    #[must_use]
    pub fn faults(&self) -> FaultScript {
        FaultScript::clone(&self.app.faults.script())
    }

    /// Every call that arrived, in the order of arrival, and how it was answered; at most the last 100,000.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal_after(0)
    }

    /// The calls with a greater [sequence number](crate::JournalEntry::sequence) than `sequence`.
    #[must_use]
    pub fn journal_after(&self, sequence: u64) -> Journal {
        self.app.journal.after(sequence)
    }

    /// Forgets all calls. The sequence numbers go on.
    pub fn clear_journal(&self) {
        self.app.journal.clear();
    }

    /// How many exports were accepted, in all projects: those of which the client never heard, and those whose tasks
    /// have been deleted since.
    #[must_use]
    pub fn exports_created(&self) -> u64 {
        admin::exports_created(&self.app)
    }

    /// How many exports were accepted in one project; 0 if there is no such project.
    #[must_use]
    pub fn exports_created_in(&self, project_id: &str) -> u64 {
        let project = self.app.tenancy.project(project_id);
        project.map_or(0, |project| project.tasks.created())
    }

    /// Sets the emulator's clock off by so many seconds, at most ten years (more counts as ten years): the `Date`
    /// headers, the age of signatures and tokens, and the times of tasks. Default: 0.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.app.faults.set_offset(seconds);
    }

    /// By how many seconds the clock is off.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.app.faults.offset_seconds()
    }

    /// The base URL of the [admin address](EmulatorBuilder::admin), without a slash at its end.
    #[must_use]
    pub fn admin_url(&self) -> Option<&str> {
        self.admin.as_ref().map(admin::Admin::url)
    }
}
