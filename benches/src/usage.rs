//! What the kernel counted for this process.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::Failure;

/// CPU time and memory of this process until now.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Usage {
    /// Spent in the process.
    pub user: Duration,
    /// Spent in the kernel for it.
    pub system: Duration,
    /// The most memory that it had at once, in KiB.
    pub peak_kib: u64,
}

impl Usage {
    /// Of this process.
    ///
    /// # Errors
    ///
    /// When the kernel does not say.
    pub fn of_this_process() -> Result<Self, Failure> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        Ok(Self {
            user: duration(usage.user_time())?,
            system: duration(usage.system_time())?,
            peak_kib: peak_kib()?,
        })
    }

    /// CPU time of the processes that this one has waited for.
    ///
    /// # Errors
    ///
    /// When the kernel does not say.
    pub fn cpu_of_children() -> Result<Duration, Failure> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        Ok(duration(usage.user_time())? + duration(usage.system_time())?)
    }

    /// User and system time.
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

fn duration(time: TimeVal) -> Result<Duration, Failure> {
    let micros = u64::try_from(time.tv_usec())?;
    Ok(Duration::from_secs(u64::try_from(time.tv_sec())?) + Duration::from_micros(micros))
}

/// From `/proc`, because what `getrusage` says is at least what the parent had at its fork.
fn peak_kib() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
    peak.ok_or_else(|| "/proc/self/status has no VmHWM".into())
}
