//! Pauses that grow.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use session_export_model::TaskId;

/// Pauses that grow, without end.
#[derive(Debug)]
pub(crate) struct Pauses {
    pauses: ExponentialBackoff,
    share: u32,
}

impl Pauses {
    /// From `first` to `longest`, each `factor` times the one before. With a seed, each is shortened by up to half by
    /// chance; the seed is the only source of that chance.
    pub(crate) fn new(first: Duration, longest: Duration, factor: f32, seed: Option<u64>) -> Self {
        // Without any pause it would ask as fast as the network lets it.
        let first = first.max(Duration::from_millis(1));
        let pauses = ExponentialBuilder::new()
            .with_min_delay(first)
            .with_max_delay(longest.max(first))
            .with_factor(factor)
            .without_max_times();
        // backon lengthens by up to as much again; halved, a pause is shortened by up to half, also at the cap.
        let (pauses, share) = match seed {
            Some(seed) => (pauses.with_jitter().with_jitter_seed(seed), 2),
            None => (pauses, 1),
        };
        Self {
            pauses: pauses.build(),
            share,
        }
    }
}

/// A seed of a task's own: no global random source, and no two tasks in step.
pub(crate) fn seed_of(task: &TaskId) -> u64 {
    // FNV-1a.
    task.as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.pauses.next().map(|pause| pause / self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_has_a_seed_of_its_own() {
        // The published value of FNV-1a.
        assert_eq!(seed_of(&"a".parse().unwrap()), 0xaf63_dc4c_8601_ec8c);
        assert_ne!(seed_of(&"t-1".parse().unwrap()), seed_of(&"t-2".parse().unwrap()));
    }
}
