//! How a request gets its credential before it is sent.

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use session_export_auth::{AuthError, AuthErrorKind, CredentialRetry, Stamp};
use session_export_transport::Request;

use super::Operation;
use crate::client::Cut;
use crate::{Client, Error};

/// Makes the request carry a credential. An issuer that has no time now is asked again, as [`CredentialRetry`] says.
///
/// Whatever comes of it, nothing of the operation was sent. Returns the moment by the wall clock that the credential is
/// for, too.
pub(super) async fn authenticate(
    client: &Client,
    operation: Operation,
    request: &mut Request,
) -> Result<(Stamp, DateTime<Utc>), Error> {
    let clock = client.clock();
    #[allow(clippy::cast_possible_truncation, reason = "a seed needs no meaning")]
    let mut retry = CredentialRetry::new(clock.monotonic().as_nanos() as u64);
    loop {
        let at = clock.now();
        let error = match once(client, request, at).await {
            Ok(stamp) => return Ok((stamp, at)),
            Err(Failed::Deadline) => return Err(client.deadline_error(operation)),
            Err(Failed::Auth(error)) => error,
        };
        let left = client.deadline().map(|deadline| deadline.remaining());
        match retry.pause_after(&error, left) {
            Some(pause) => clock.sleep(pause).await,
            None => return Err(Error::auth(operation, error)),
        }
    }
}

enum Failed {
    Auth(AuthError),
    Deadline,
}

async fn once(client: &Client, request: &mut Request, at: DateTime<Utc>) -> Result<Stamp, Failed> {
    let authenticator = client.authenticator();
    let limit = client.head_limit();
    match client
        .within(limit, authenticator.authenticate(request, at))
        .await
    {
        Ok(outcome) => outcome.map_err(Failed::Auth),
        // A renewal that hangs must not fail a call whose old credential is still good: the cache, which does not try to
        // renew again at once, has it ready.
        Err(Cut::Limit) => authenticator
            .authenticate(request, at)
            .now_or_never()
            .unwrap_or_else(|| Err(AuthError::new(AuthErrorKind::TimedOut)))
            .map_err(Failed::Auth),
        Err(Cut::Deadline) => Err(Failed::Deadline),
    }
}
