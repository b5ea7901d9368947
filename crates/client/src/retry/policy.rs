//! How often a call is made again.

use std::time::Duration;

use super::Pauses;

/// How often a call that failed is made again, and after which pauses.
///
/// *Whether* it may be made again is no setting: a submit that the service may have seen never is. Which failures are
/// tried again is written in `docs/reliability.md`.
///
/// The pause before the second attempt is [`first_pause`](Self::first_pause), each further one is twice as long, up to
/// [`longest_pause`](Self::longest_pause), and each is shortened by up to half by chance. Where the service, or the issuer
/// of a credential, asks for a longer one (`Retry-After`, or the window in a throttling message), that is made instead.
/// A pause that does not end before the client's deadline is not begun: the call stops at once with its last failure.
///
/// A new credential after a 401 is no such retry; it is tried once for each request, whatever the policy.
///
/// ```
/// use std::time::Duration;
/// use session_export::RetryPolicy;
///
/// let patient = RetryPolicy::default().attempts(8).longest_pause(Duration::from_secs(30));
/// let never = RetryPolicy::none();
/// # let _ = (patient, never);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryPolicy {
    attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    longest_hint: Duration,
    jitter: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            longest_hint: Duration::from_secs(300),
            jitter: true,
        }
    }
}

impl RetryPolicy {
    /// Every call is made once.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// How many attempts a call has, the first one included: 4 by default, 1 at least.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The pause before the second attempt: 0.5 s by default, 1 ms at least.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause that nobody asked for: 10 s by default.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// The longest pause that the service can ask for: 5 minutes by default. Where it asks for more, the call stops at
    /// once. It also bounds for how long one 429 holds back the client's other calls; zero lets it hold back none.
    pub fn longest_hint(mut self, pause: Duration) -> Self {
        self.longest_hint = pause;
        self
    }

    /// Whether each pause is shortened by up to half by chance; on by default.
    pub fn jitter(mut self, on: bool) -> Self {
        self.jitter = on;
        self
    }

    /// How many attempts may follow the first one.
    pub(super) fn further_attempts(&self) -> u32 {
        self.attempts - 1
    }

    pub(super) fn hint_limit(&self) -> Duration {
        self.longest_hint
    }

    pub(super) fn pauses(&self, seed: u64) -> Pauses {
        Pauses::new(
            self.first_pause,
            self.longest_pause,
            2.0,
            self.jitter.then_some(seed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(policy: &RetryPolicy, seed: u64) -> Vec<u128> {
        policy
            .pauses(seed)
            .take(6)
            .map(|pause| pause.as_millis())
            .collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy::default().jitter(false);
        assert_eq!(millis(&policy, 1), [500, 1_000, 2_000, 4_000, 8_000, 10_000]);
        let hasty = policy.first_pause(Duration::ZERO).longest_pause(Duration::ZERO);
        assert_eq!(millis(&hasty, 1), [1; 6]);
    }

    #[test]
    fn chance_shortens_by_up_to_half_and_comes_of_the_seed_alone() {
        let policy = RetryPolicy::default();
        let whole = millis(&policy.clone().jitter(false), 1);
        let mut kinds = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let pauses = millis(&policy, seed);
            assert_eq!(pauses, millis(&policy, seed));
            for (pause, whole) in pauses.iter().zip(&whole) {
                assert!((whole / 2..=*whole).contains(pause), "{pause} of {whole}");
            }
            kinds.insert(pauses);
        }
        assert!(kinds.len() > 45, "{}", kinds.len());
    }

    #[test]
    fn there_is_always_one_attempt() {
        assert_eq!(RetryPolicy::default().further_attempts(), 3);
        assert_eq!(RetryPolicy::none().further_attempts(), 0);
        assert_eq!(RetryPolicy::default().attempts(0).further_attempts(), 0);
    }
}
