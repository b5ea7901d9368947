//! AK/SK signatures: `SDK-HMAC-SHA256`, as the guide to API request signing describes it.
//!
//! The canonical request is computed again from the names in `SignedHeaders`. The official SDKs sign different sets,
//! some without `Host`, so that only `X-Sdk-Date` is demanded. The secret key is the key of the HMAC itself, and the
//! comparison takes the same time for every signature.

mod authorization;
mod canonical;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::keys::KeyFault;
use crate::reply::Refusal;
use crate::tenancy::{Identity, Scope};
use crate::{request, time};
use authorization::{ALGORITHM, DATE};
use canonical::CanonicalRequest;

pub(crate) use canonical::encode;

/// How far `X-Sdk-Date` may be from the emulator's clock.
const SKEW: TimeDelta = TimeDelta::minutes(15);

/// Why a signed request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SigningFault {
    /// The request does not say who signed it, or how.
    Malformed(&'static str),
    Skewed {
        now: DateTime<Utc>,
        canonical: String,
    },
    Key {
        access: String,
        fault: KeyFault,
        canonical: String,
    },
}

impl SigningFault {
    /// The gateway's answer: always 401.
    pub(crate) fn at_gateway(self) -> Refusal {
        let (code, message) = match self {
            Self::Malformed(reason) => (
                "APIGW.0301",
                format!("Incorrect IAM authentication information: {reason}"),
            ),
            Self::Skewed { now, canonical } => {
                let now = time::basic(now);
                let message = format!(
                    "Incorrect app authentication information: x-sdk-date is more than 15 minutes away from {now}, \
                     canonical request: {canonical}"
                );
                ("APIGW.0303", message)
            }
            Self::Key {
                access,
                fault,
                canonical,
            } => {
                let reason = match fault {
                    KeyFault::Unknown => format!("Get secretKey failed,ak:{access},err:ak not exist"),
                    KeyFault::Locked => "AK access failed to reach the limit,forbidden".to_owned(),
                    KeyFault::SecurityTokenMissing => "x-security-token not found".to_owned(),
                    KeyFault::SecurityTokenInvalid => "x-security-token is invalid".to_owned(),
                    KeyFault::Expired(at) => {
                        format!("x-security-token expires, expires_at: {}", time::micros(at))
                    }
                    KeyFault::Signature => {
                        format!("canonical request: {canonical}, verify aksk signature fail")
                    }
                };
                (
                    "APIGW.0301",
                    format!("Incorrect IAM authentication information: {reason}"),
                )
            }
        };
        Refusal::gateway(StatusCode::UNAUTHORIZED, code, message)
    }

    /// IAM's answer: its own codes with 400 for keys that it does not know or no longer, else the gateway's.
    pub(crate) fn at_iam(self) -> Refusal {
        let (code, message) = match &self {
            Self::Key { fault, .. } if *fault == KeyFault::Unknown => {
                ("IAM.1106", "The access key does not exist.")
            }
            Self::Key {
                fault: KeyFault::Expired(_),
                ..
            } => ("IAM.1108", "The security token has expired."),
            _ => return self.at_gateway(),
        };
        Refusal::service(StatusCode::BAD_REQUEST, code, message)
    }
}

/// Who signed the request, and what the key is for.
pub(crate) fn verify(
    app: &App,
    now: DateTime<Utc>,
    head: &Parts,
    body: &[u8],
) -> Result<(Identity, Scope), SigningFault> {
    let signed = Signed::read(head, body).map_err(SigningFault::Malformed)?;
    let canonical = || {
        signed
            .canonical
            .shown(signed.payloads.first().map_or(b"", Vec::as_slice))
    };
    if now.signed_duration_since(signed.at).abs() > SKEW {
        let canonical = canonical();
        return Err(SigningFault::Skewed { now, canonical });
    }
    app.keys
        .verify(signed.access, signed.security_token, now, |secret| {
            signed.is_proved_by(secret)
        })
        .map_err(|fault| SigningFault::Key {
            access: signed.access.to_owned(),
            canonical: if fault == KeyFault::Signature {
                canonical()
            } else {
                String::new()
            },
            fault,
        })
}

/// A request with everything that its signature is computed from.
struct Signed<'a> {
    access: &'a str,
    signature: [u8; 32],
    at: DateTime<Utc>,
    date: &'a [u8],
    security_token: Option<&'a [u8]>,
    canonical: CanonicalRequest<'a>,
    /// The last line of the canonical request; for an empty body there may be two, see [`payloads`].
    payloads: Vec<Vec<u8>>,
}

impl<'a> Signed<'a> {
    fn read(head: &'a Parts, body: &[u8]) -> Result<Self, &'static str> {
        let header = |name: &str, repeated: &'static str| match request::single(&head.headers, name) {
            Ok(value) => Ok(value.map(|value| value.as_bytes().trim_ascii())),
            Err(_) => Err(repeated),
        };
        let authorization = header(
            "authorization",
            "the authorization header is given more than once",
        )?
        .ok_or("the authorization header is not found")?;
        let authorization = authorization::parse(authorization)?;
        let date = header(DATE, "x-sdk-date is given more than once")?.ok_or("x-sdk-date not found")?;
        let at = time::parse_basic(date).ok_or("x-sdk-date is malformed")?;
        let security_token = header("x-security-token", "x-security-token is given more than once")?;
        let declared = header(
            "x-sdk-content-sha256",
            "x-sdk-content-sha256 is given more than once",
        )?;
        let canonical = CanonicalRequest::new(
            head.method.as_str(),
            &head.uri,
            &head.headers,
            &authorization.signed_headers,
        )?;
        Ok(Self {
            access: authorization.access,
            signature: authorization.signature,
            at,
            date,
            security_token,
            canonical,
            payloads: payloads(declared, body),
        })
    }

    fn is_proved_by(&self, secret: &[u8]) -> bool {
        self.payloads.iter().any(|payload| {
            let hash = hex(&Sha256::digest(self.canonical.bytes(payload)));
            let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else {
                return false;
            };
            let text = [ALGORITHM.as_bytes(), self.date, hash.as_bytes()].join(&b'\n');
            mac.chain_update(text).verify_slice(&self.signature).is_ok()
        })
    }
}

/// What stands for the body. A declared value counts, `UNSIGNED-PAYLOAD` too; but the official Python SDK declares
/// that one for an empty body and still signs the hash of nothing, so that both are tried there.
fn payloads(declared: Option<&[u8]>, body: &[u8]) -> Vec<Vec<u8>> {
    let computed = || hex(&Sha256::digest(body)).into_bytes();
    match declared {
        None => vec![computed()],
        Some(declared) if body.is_empty() => vec![declared.to_vec(), computed()],
        Some(declared) => vec![declared.to_vec()],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
