//! When the issuer of a credential has no time now.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::AuthError;

/// The pause before the second try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that is not asked for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A longer hint is told and not waited for: whoever calls knows better what to do with so much time.
const LONGEST_HINT: Duration = Duration::from_secs(5 * 60);
/// Tries after the first one.
const FURTHER_TRIES: usize = 2;

/// Says after each failed fetch of a credential whether to try again, and after which pause: for a fetch outside of any
/// call. A call of the client asks again by the client's own policy, and needs none of this.
///
/// It is tried again when the issuer could not be reached, throttles (429), or is not available (408, 500, 502, 503,
/// 504), at most twice, after pauses that grow and vary. The issuer's own hint is followed where it is longer, up to five
/// minutes. It is never tried again after a refusal: wrong passwords lock accounts, and bad signatures lock keys. Nothing here waits:
/// the caller does, on its own clock.
///
/// ```
/// use std::time::Duration;
/// use session_export_auth::{AuthError, AuthErrorKind, CredentialRetry, Refusal};
///
/// let mut retry = CredentialRetry::new(7);
/// let refused = |status| AuthError::from(Refusal::new(http::StatusCode::from_u16(status).unwrap()));
/// assert!(retry.pause_after(&refused(503), None).is_some());
/// assert!(retry.pause_after(&refused(401), None).is_none());
/// ```
#[derive(Debug)]
pub struct CredentialRetry {
    pauses: ExponentialBackoff,
}

impl CredentialRetry {
    /// Starts counting. The seed keeps callers out of step; the monotonic clock will do.
    pub fn new(seed: u64) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(FURTHER_TRIES)
            .with_jitter()
            .with_jitter_seed(seed)
            .build();
        Self { pauses }
    }

    /// The pause before the next try; none when `error` is final, when there were enough tries, or when the pause would
    /// not end within `left`.
    pub fn pause_after(&mut self, error: &AuthError, left: Option<Duration>) -> Option<Duration> {
        let at_least = error.retry_at_least()?;
        if at_least > LONGEST_HINT {
            return None;
        }
        let pause = self.pauses.next()?.max(at_least);
        left.is_none_or(|left| pause < left).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::{AuthErrorKind, Refusal};

    fn refused(status: u16, retry_after: Option<u64>) -> AuthError {
        let mut refusal = Refusal::new(StatusCode::from_u16(status).unwrap());
        refusal.retry_after = retry_after.map(Duration::from_secs);
        refusal.into()
    }

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        for (error, again) in [
            (refused(400, None), false),
            (refused(401, None), false),
            (refused(401, Some(1)), false),
            (refused(403, None), false),
            (refused(404, None), false),
            (refused(408, None), true),
            (refused(429, None), true),
            (refused(500, None), true),
            (refused(501, None), false),
            (refused(502, None), true),
            (refused(503, None), true),
            (refused(504, None), true),
            (AuthError::new(AuthErrorKind::Unreachable), true),
            (AuthError::new(AuthErrorKind::TimedOut), false),
            (AuthError::new(AuthErrorKind::Reply), false),
            (AuthError::new(AuthErrorKind::Rejected), false),
            (AuthError::new(AuthErrorKind::Other), false),
        ] {
            let pause = CredentialRetry::new(1).pause_after(&error, None);
            assert_eq!(pause.is_some(), again, "{error}");
        }
    }

    #[test]
    fn three_tries_in_all_with_pauses_that_grow() {
        let mut retry = CredentialRetry::new(1);
        let first = retry.pause_after(&refused(503, None), None).unwrap();
        let second = retry.pause_after(&refused(503, None), None).unwrap();
        assert!((500..1_000).contains(&first.as_millis()), "{first:?}");
        assert!((1_000..2_000).contains(&second.as_millis()), "{second:?}");
        assert_eq!(retry.pause_after(&refused(503, None), None), None);
    }

    #[test]
    fn a_longer_hint_is_followed_as_far_as_there_is_time() {
        let minute = Duration::from_secs(60);
        let pause = |left| CredentialRetry::new(1).pause_after(&refused(429, Some(60)), left);
        assert_eq!(pause(None), Some(minute));
        assert_eq!(pause(Some(minute + Duration::from_millis(1))), Some(minute));
        assert_eq!(pause(Some(minute)), None);
        let day = CredentialRetry::new(1).pause_after(&refused(429, Some(301)), None);
        assert_eq!(day, None);
        let short = CredentialRetry::new(1).pause_after(&refused(429, Some(0)), None);
        assert!(short.unwrap() >= FIRST_PAUSE);
    }
}
