//! How a request gets its credential before it is sent.

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use session_export_auth::{AuthError, AuthErrorKind, Stamp};
use session_export_transport::Request;

use super::Operation;
use crate::client::Cut;
use crate::{Client, Error};

/// Makes the request carry a credential of the moment `at`. An issuer that has no time now is asked again by the next
/// attempt of the call; there is no second loop here.
pub(super) async fn authenticate(
    client: &Client,
    operation: Operation,
    request: &mut Request,
    at: DateTime<Utc>,
) -> Result<Stamp, Error> {
    let authenticator = client.authenticator();
    let limit = client.head_limit();
    let outcome = match client
        .within(limit, authenticator.authenticate(request, at))
        .await
    {
        Ok(outcome) => outcome,
        // A renewal that hangs must not fail a call whose old credential is still good: the cache, which does not try to
        // renew again at once, has it ready.
        Err(Cut::Limit) => authenticator
            .authenticate(request, at)
            .now_or_never()
            .unwrap_or_else(|| Err(AuthError::new(AuthErrorKind::TimedOut))),
        Err(Cut::Deadline) => return Err(client.deadline_error(operation)),
    };
    outcome.map_err(|error| Error::auth(operation, error))
}
