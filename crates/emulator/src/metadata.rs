//! Instance metadata: temporary keys for programs on a cloud server, and the optional token in front of them.
//!
//! The real one listens on a link-local address. Here it is served on the emulator's own, which is loopback.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::app::App;
use crate::options::MetadataTokens;
use crate::remembered::Remembered;
use crate::reply::{self, Refusal};
use crate::state::{Event, MetadataRecord, Store};
use crate::tenancy::{Identity, Scope};
use crate::{keys, request, time};

const TTL_HEADER: &str = "x-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-metadata-token";

/// The longest life of a token in seconds: what the official SDKs ask for.
const TTL_LIMIT: u64 = 21_600;

/// How long a key lives, unless the option `key_ttl` is shorter.
const KEY_LIFETIME: Duration = Duration::from_secs(86_400);

/// The tokens that were handed out, with their ends.
#[derive(Default)]
pub(crate) struct MetadataSessions(Mutex<Remembered<DateTime<Utc>>>);

impl MetadataSessions {
    fn add(&self, token: &str, expires_at: DateTime<Utc>, store: &Store) -> io::Result<()> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.record(|| {
            let token = token.to_owned();
            Event::MetadataToken(MetadataRecord { token, expires_at })
        })?;
        sessions.add(token, expires_at);
        Ok(())
    }

    /// Lets a token of the time before the emulator was started count again.
    pub(crate) fn restore(&self, token: &str, expires_at: DateTime<Utc>) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.add(token, expires_at);
    }

    fn knows(&self, token: &HeaderValue, now: DateTime<Utc>) -> bool {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let expires_at = token.to_str().ok().and_then(|token| sessions.get(token));
        expires_at.is_some_and(|expires_at| now < *expires_at)
    }
}

/// `PUT /meta-data/latest/api/token`
pub(crate) fn create_token(app: &App, now: DateTime<Utc>, headers: &HeaderMap) -> Result<Response, Refusal> {
    if app.options.metadata_tokens == MetadataTokens::Absent {
        return Err(Refusal::text(StatusCode::NOT_FOUND, "Not Found"));
    }
    let ttl = request::single(headers, TTL_HEADER)
        .ok()
        .flatten()
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|ttl| (1..=TTL_LIMIT).contains(ttl))
        .ok_or_else(|| {
            let message = "X-Metadata-Token-Ttl-Seconds must be a whole number from 1 to 21600";
            Refusal::text(StatusCode::BAD_REQUEST, message)
        })?;
    let token = app.secrets.metadata_token();
    let expires_at = time::later(now, Duration::from_secs(ttl));
    app.metadata_sessions
        .add(&token, expires_at, &app.store)
        .map_err(not_stored)?;
    Ok(reply::text(StatusCode::OK, token))
}

/// `GET /openstack/latest/securitykey`
pub(crate) fn security_key(app: &App, now: DateTime<Utc>, headers: &HeaderMap) -> Result<Response, Refusal> {
    let unauthorized = || Refusal::text(StatusCode::UNAUTHORIZED, "Unauthorized");
    let token = request::single(headers, TOKEN_HEADER).map_err(|_| unauthorized())?;
    let admitted = match (app.options.metadata_tokens, token) {
        (MetadataTokens::Absent, _) | (MetadataTokens::Optional, None) => true,
        (MetadataTokens::Required, None) => false,
        (MetadataTokens::Optional | MetadataTokens::Required, Some(token)) => {
            app.metadata_sessions.knows(token, now)
        }
    };
    if !admitted {
        return Err(unauthorized());
    }
    let identity = Identity {
        user: app.tenancy.user.clone(),
        agency: None,
    };
    let scope = Scope::Account(identity.account().clone());
    let described = keys::issue(app, now, identity, scope, KEY_LIFETIME).map_err(not_stored)?;
    Ok(reply::json(StatusCode::OK, &described))
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what becomes of an error in `map_err`"
)]
fn not_stored(error: io::Error) -> Refusal {
    let message = reply::not_stored_message(&error);
    Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, message)
}
