//! The tokens that IAM issued, and the check of `X-Auth-Token` in front of every other operation.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};

use crate::reply::Refusal;
use crate::time;

/// How many tokens are remembered; the oldest one is forgotten for a new one.
const CAPACITY: usize = 10_000;

/// What a token permits.
#[derive(Debug, Clone)]
struct Grant {
    project_id: String,
    expires_at: DateTime<Utc>,
}

/// All tokens that can still be recognised, valid or expired.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Issued>);

#[derive(Default)]
struct Issued {
    grants: HashMap<String, Grant>,
    order: VecDeque<String>,
}

impl Tokens {
    pub(crate) fn issue(&self, token: &str, project_id: &str, expires_at: DateTime<Utc>) {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if issued.order.len() == CAPACITY
            && let Some(oldest) = issued.order.pop_front()
        {
            issued.grants.remove(&oldest);
        }
        issued.order.push_back(token.to_owned());
        issued.grants.insert(
            token.to_owned(),
            Grant {
                project_id: project_id.to_owned(),
                expires_at,
            },
        );
    }

    /// Forgets every token.
    pub(crate) fn revoke(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Issued::default();
    }

    /// Lets a request pass whose token is valid now and belongs to the project of the path.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        project: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let Some(token) = headers.get("x-auth-token").filter(|token| !token.is_empty()) else {
            return Err(unauthenticated("x-auth-token not found"));
        };
        let known = token.to_str().ok().and_then(|token| {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .grants
                .get(token)
                .cloned()
        });
        let Some(grant) = known else {
            return Err(unauthenticated("decrypt token fail"));
        };
        if now >= grant.expires_at {
            let expires_at = time::micros(grant.expires_at);
            return Err(unauthenticated(&format!(
                "token expires, expires_at: {expires_at}"
            )));
        }
        if grant.project_id != project {
            let message = "User does not have permission to access this resource.";
            return Err(Refusal::service(StatusCode::FORBIDDEN, "WKS.00081102", message));
        }
        Ok(())
    }
}

fn unauthenticated(reason: &str) -> Refusal {
    let message = format!("Incorrect IAM authentication information: {reason}");
    Refusal::gateway(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_token_is_forgotten_for_a_new_one() {
        let tokens = Tokens::default();
        let (now, then) = (time::from_millis(0), time::from_millis(1));
        for number in 0..=CAPACITY {
            tokens.issue(&number.to_string(), "p", then);
        }
        let admit = |token: &str| {
            tokens.admit(
                &HeaderMap::from_iter([("x-auth-token".parse().unwrap(), token.parse().unwrap())]),
                "p",
                now,
            )
        };
        assert!(admit("0").is_err());
        assert!(admit("1").is_ok());
        tokens.revoke();
        assert_eq!(admit("1"), Err(unauthenticated("decrypt token fail")));
    }
}
