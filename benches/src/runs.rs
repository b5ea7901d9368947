//! A run: so many calls, one after the other or side by side, and what they took.

use std::future::Future;
use std::io::Write as _;
use std::time::Instant;

use crate::Failure;
use crate::cases::{Carrier, Operation};
use crate::usage::Usage;

/// The arguments of the programs `ours` and `floor`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// What carries the calls.
    pub carrier: Carrier,
    /// Which call.
    pub operation: Operation,
    /// The server's base URL.
    pub base: String,
    /// How many calls.
    pub calls: usize,
    /// How many of them at once.
    pub in_flight: usize,
}

impl Run {
    /// Reads `<carrier> <operation> <base URL> <calls> [<in flight>]`.
    ///
    /// # Errors
    ///
    /// When an argument is missing or is none.
    pub fn from_arguments() -> Result<Self, Failure> {
        let mut arguments = std::env::args().skip(1);
        let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
        let run = Self {
            carrier: next("the carrier")?.parse()?,
            operation: next("the call")?.parse()?,
            base: next("the base URL")?,
            calls: next("the number of calls")?.parse()?,
            in_flight: next("in flight").map_or(Ok(1), |number| number.parse())?,
        };
        match run.in_flight {
            0 => Err("nothing happens with 0 calls in flight".into()),
            _ => Ok(run),
        }
    }

    /// Makes the calls.
    ///
    /// # Errors
    ///
    /// The first call's that fails.
    pub async fn make<F, Fut>(&self, call: F) -> Result<(), Failure>
    where
        F: Fn() -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send,
    {
        if self.in_flight == 1 {
            for _ in 0..self.calls {
                call().await?;
            }
            return Ok(());
        }
        let tasks: Vec<_> = (0..self.in_flight)
            .map(|task| {
                let share = (self.calls + task) / self.in_flight;
                let call = call.clone();
                tokio::spawn(async move {
                    for _ in 0..share {
                        call().await?;
                    }
                    Ok::<_, Failure>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    }
}

/// Runs `work` on a runtime of one thread and prints, as one line of JSON, what it took: CPU and wall time in µs, peak
/// memory of the process in KiB.
///
/// # Errors
///
/// Those of `work`.
pub fn measured<W: Future<Output = Result<(), Failure>>>(work: W) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (before, began) = (Usage::of_this_process()?, Instant::now());
    runtime.block_on(work)?;
    let (wall, after) = (began.elapsed(), Usage::of_this_process()?);
    let cpu = after.cpu().saturating_sub(before.cpu());
    writeln!(
        std::io::stdout(),
        r#"{{"cpu_us":{},"wall_us":{},"peak_kib":{}}}"#,
        cpu.as_micros(),
        wall.as_micros(),
        after.peak_kib
    )?;
    Ok(())
}
