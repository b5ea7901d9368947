//! Access keys: the user's permanent one, and the temporary ones that IAM and the instance metadata hand out.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::app::App;
use crate::remembered::Remembered;
use crate::state::{Event, KeyRecord, Store};
use crate::strikes::Strikes;
use crate::tenancy::{Identity, Scope};
use crate::time;

/// More than five wrong signatures in a row lock a key: the sixth one does.
const STRIKES: u32 = 6;

/// How long a key stays locked: five minutes, as the guide to request signing says.
const LOCK: Duration = Duration::from_secs(300);

/// Who signs with a key, and what for.
struct Key {
    secret: String,
    identity: Identity,
    scope: Scope,
    /// What makes a key a temporary one.
    session: Option<Session>,
    strikes: Strikes,
}

struct Session {
    security_token: String,
    expires_at: DateTime<Utc>,
}

/// What a temporary key is made of besides its id. Without `Debug`: it holds secrets.
pub(crate) struct TemporaryKey {
    pub(crate) secret: String,
    pub(crate) security_token: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Why a key does not vouch for a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Unknown,
    Locked,
    SecurityTokenMissing,
    SecurityTokenInvalid,
    Expired(DateTime<Utc>),
    Signature,
}

/// All keys that can still be recognised, valid or expired.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Known>);

#[derive(Default)]
struct Known {
    permanent: HashMap<String, Key>,
    temporary: Remembered<Key>,
}

impl Keys {
    /// Adds a key of a user that works until the emulator stops, for all projects of the user's account.
    pub(crate) fn add_permanent(&self, access: &str, secret: &str, identity: Identity) {
        let scope = Scope::Account(identity.account().clone());
        let key = Key {
            secret: secret.to_owned(),
            identity,
            scope,
            session: None,
            strikes: Strikes::default(),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.permanent.insert(access.to_owned(), key);
    }

    /// Who a permanent key belongs to, if the secret is its own. Failures count like wrong signatures.
    pub(crate) fn owner(&self, access: &str, secret: &str, now: DateTime<Utc>) -> Option<Identity> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = known.permanent.get_mut(access)?;
        if key.strikes.locked(now) {
            return None;
        }
        if key.secret != secret {
            key.strikes.add(now, STRIKES, LOCK);
            return None;
        }
        key.strikes.clear();
        Some(key.identity.clone())
    }

    /// Lets a temporary key count, or does not if that cannot be written down.
    fn add_temporary(
        &self,
        access: &str,
        key: TemporaryKey,
        identity: Identity,
        scope: Scope,
        store: &Store,
    ) -> io::Result<()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.record(|| Event::Key(KeyRecord::new(access, &key, &identity, &scope)))?;
        known.temporary.add(access, key.into_key(identity, scope));
        Ok(())
    }

    /// Lets a temporary key of the time before the emulator was started count again.
    pub(crate) fn restore(&self, access: &str, key: TemporaryKey, identity: Identity, scope: Scope) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.temporary.add(access, key.into_key(identity, scope));
    }

    /// Whether there is, or was, a key with this id.
    pub(crate) fn knows(&self, access: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.permanent.contains_key(access) || known.temporary.get(access).is_some()
    }

    /// Forgets every temporary key.
    pub(crate) fn revoke_temporary(&self, store: &Store) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.note(|| Event::KeysRevoked);
        known.temporary.clear();
    }

    /// Lets `proves` decide about the signature, if the key may be used at all, and counts its failures.
    ///
    /// Only wrong signatures count for the lock: a client with a wrong clock or an old security token knows the key.
    pub(crate) fn verify(
        &self,
        access: &str,
        security_token: Option<&[u8]>,
        now: DateTime<Utc>,
        proves: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(Identity, Scope), KeyFault> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { permanent, temporary } = &mut *known;
        let key = permanent
            .get_mut(access)
            .or_else(|| temporary.get_mut(access))
            .ok_or(KeyFault::Unknown)?;
        if key.strikes.locked(now) {
            return Err(KeyFault::Locked);
        }
        match (&key.session, security_token) {
            (None, None) => {}
            (Some(_), None) => return Err(KeyFault::SecurityTokenMissing),
            (Some(session), Some(token)) if session.security_token.as_bytes() == token => {
                if now >= session.expires_at {
                    return Err(KeyFault::Expired(session.expires_at));
                }
            }
            (_, Some(_)) => return Err(KeyFault::SecurityTokenInvalid),
        }
        if !proves(key.secret.as_bytes()) {
            key.strikes.add(now, STRIKES, LOCK);
            return Err(KeyFault::Signature);
        }
        key.strikes.clear();
        Ok((key.identity.clone(), key.scope.clone()))
    }
}

/// Makes a temporary key that lives for `duration` or the option `key_ttl`, whichever is shorter, and describes it
/// as IAM and the instance metadata do.
pub(crate) fn issue(
    app: &App,
    now: DateTime<Utc>,
    identity: Identity,
    scope: Scope,
    duration: Duration,
) -> io::Result<Value> {
    let lifetime = app.options.key_ttl.map_or(duration, |limit| limit.min(duration));
    let expires_at = time::later(now, lifetime);
    let (access, secret) = (app.secrets.access_key_id(), app.secrets.secret_access_key());
    let security_token = app.secrets.security_token();
    let described = json!({ "credential": {
        "access": access,
        "secret": secret,
        "securitytoken": security_token,
        "expires_at": time::micros(expires_at),
    } });
    let key = TemporaryKey {
        secret,
        security_token,
        expires_at,
    };
    app.keys
        .add_temporary(&access, key, identity, scope, &app.store)?;
    Ok(described)
}

impl TemporaryKey {
    fn into_key(self, identity: Identity, scope: Scope) -> Key {
        Key {
            secret: self.secret,
            identity,
            scope,
            session: Some(Session {
                security_token: self.security_token,
                expires_at: self.expires_at,
            }),
            strikes: Strikes::default(),
        }
    }
}
