//! The hashes of a signature, and nothing else of it: what no signer of `SDK-HMAC-SHA256` can do without.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The canonical request of a submit, up to the hash of its body: what the API Request Signing Guide prescribes.
pub fn canonical_request(host: &str, date: &str) -> String {
    format!(
        "POST\n/v1/{0}/session/list-sessions/export/\n\ncontent-type:application/json\nhost:{host}\nx-project-id:{0}\n\
         x-sdk-date:{date}\n\ncontent-type;host;x-project-id;x-sdk-date\n",
        crate::wire::PROJECT
    )
}

/// The signature of a request, from its canonical form without the hash of the body, its date and its body.
pub fn signature(secret: &str, canonical: &str, date: &str, body: &[u8]) -> String {
    let mut request = Sha256::new();
    request.update(canonical);
    request.update(hex(&Sha256::digest(body)));
    let request = hex(&request.finalize());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"SDK-HMAC-SHA256\n");
    mac.update(date.as_bytes());
    mac.update(b"\n");
    mac.update(&request);
    hex(&mac.finalize().into_bytes())
        .iter()
        .copied()
        .map(char::from)
        .collect()
}

fn hex(bytes: &[u8]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}
