//! How long everything may take, where there is no client to watch over it.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The time that `--timeout` gives, counted from when the program began with the command; or, for a step that may not take
/// all of it, from when that began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    started: Instant,
    total: Option<Duration>,
}

impl Limit {
    pub(crate) fn starting(total: Option<Duration>) -> Self {
        Self {
            started: Instant::now(),
            total,
        }
    }

    /// The same, with an end also where nobody gave one.
    pub(crate) fn or(self, total: Duration) -> Self {
        Self {
            total: self.total.or(Some(total)),
            ..self
        }
    }

    /// What is left; none when there is no limit.
    pub(crate) fn left(self) -> Option<Duration> {
        self.total
            .map(|total| total.saturating_sub(self.started.elapsed()))
    }

    /// Waits for `future` as long as there is time.
    pub(crate) async fn over<T>(self, doing: &str, future: impl Future<Output = T>) -> Result<T, Failure> {
        self.over_or(Duration::ZERO, doing, future).await
    }

    /// The same, but for `least` in any case.
    pub(crate) async fn over_or<T>(
        self,
        least: Duration,
        doing: &str,
        future: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let Some(left) = self.left() else {
            return Ok(future.await);
        };
        let in_time = tokio::time::timeout(left.max(least), future).await;
        in_time.map_err(|_| self.passed(doing))
    }

    /// Fails when there is no time left.
    pub(crate) fn check(self, doing: &str) -> Result<(), Failure> {
        match self.left() {
            Some(Duration::ZERO) => Err(self.passed(doing)),
            _ => Ok(()),
        }
    }

    /// The failure for having no time left.
    pub(crate) fn passed(self, doing: &str) -> Failure {
        Failure::deadline(self.total.unwrap_or_default(), doing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a little longer than no time at all, whatever the machine does meanwhile.
    async fn a_moment() {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(20) {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn what_has_some_time_in_any_case_has_it_when_all_is_over() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let over = Limit::starting(Some(Duration::ZERO));
            assert!(over.over("waiting", a_moment()).await.is_err());
            let least = Duration::from_secs(60);
            assert!(over.over_or(least, "writing", a_moment()).await.is_ok());
        });
    }
}
