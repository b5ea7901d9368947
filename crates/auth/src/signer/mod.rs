//! The request signature `SDK-HMAC-SHA256`.
//!
//! Pure functions over the parts of a request: the canonical request is hashed, and the hash is signed together with the
//! time. The rules are those of the [API Request Signing Guide][guide]; where it is silent, those of the official SDKs.
//!
//! [guide]: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm-002.html

mod canonical;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike, Timelike, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use sha2::{Digest, Sha256};

pub(crate) use self::canonical::{Parts, SignedHeaders};
use crate::AccessKey;

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// A moment in the form of `X-Sdk-Date`: `20191115T033655Z`.
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    let (date, time) = (at.date_naive(), at.time());
    let Ok(year @ 0..=9999) = u32::try_from(date.year()) else {
        return at.format("%Y%m%dT%H%M%SZ").to_string();
    };
    let mut text = String::with_capacity(16);
    push_two_digits(&mut text, year / 100);
    for number in [year % 100, date.month(), date.day()] {
        push_two_digits(&mut text, number);
    }
    text.push('T');
    for number in [time.hour(), time.minute(), time.second()] {
        push_two_digits(&mut text, number);
    }
    text.push('Z');
    text
}

fn push_two_digits(text: &mut String, number: u32) {
    text.extend([number / 10, number % 10].map(|digit| char::from(b'0' + digit as u8)));
}

/// The value of `Authorization`, marked as sensitive, for a request that carries everything else already. `date` is the
/// value of its `X-Sdk-Date`.
pub(crate) fn authorization(
    key: &AccessKey,
    parts: Parts<'_>,
    signed: &SignedHeaders,
    date: &str,
) -> HeaderValue {
    let string_to_sign = string_to_sign(date, &canonical_request_hash(parts, signed));
    let signature = signature(key.expose_secret(), &string_to_sign);
    let mut value = String::with_capacity(256);
    for part in [ALGORITHM, " Access=", key.id(), ", SignedHeaders="] {
        value.push_str(part);
    }
    signed.write(&mut |name| value.push_str(name));
    for part in [", Signature=", &signature] {
        value.push_str(part);
    }
    let mut value = HeaderValue::try_from(value)
        .expect("an access key's id, header names and hexadecimal digits are visible ASCII");
    value.set_sensitive(true);
    value
}

/// Hashes the canonical request as it is written: it may hold a security token, and so no copy of it is made.
fn canonical_request_hash(parts: Parts<'_>, signed: &SignedHeaders) -> String {
    let mut hasher = Sha256::new();
    canonical::write_request(parts, signed, &mut |bytes| hasher.update(bytes));
    hex(&hasher.finalize())
}

fn string_to_sign(date: &str, canonical_request_hash: &str) -> String {
    [ALGORITHM, date, canonical_request_hash].join("\n")
}

/// The secret is the key as it is; nothing is derived from it. What HMAC makes of it is overwritten when `mac` is
/// dropped (the feature `zeroize` of `hmac` and `sha2`).
fn signature(secret: &str, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// In lower-case digits.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend_from_slice(&[byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    }
    String::from_utf8(text).expect("digits are ASCII")
}
