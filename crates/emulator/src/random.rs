//! Random numbers: unpredictable ones for secrets and ids, repeatable ones for the data.

use std::sync::{Mutex, PoisonError};

use rand::rngs::{ChaCha8Rng, ChaCha20Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

use crate::error::EmulatorError;

/// The characters of tokens, passwords and secret keys: all of them are safe in URLs, headers, shells and JSON.
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The characters of access key ids.
const UPPER_CASE: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a real token begins with: the first bytes of its CMS envelope in Base64.
const TOKEN_PREFIX: &str = "MII";

/// Ids, tokens, passwords and keys that nobody can guess. Seeded by the operating system once per emulator.
pub(crate) struct Secrets(Mutex<ChaCha20Rng>);

impl Secrets {
    pub(crate) fn new() -> Result<Self, EmulatorError> {
        let mut seed = [0; 32];
        SysRng
            .try_fill_bytes(&mut seed)
            .map_err(|error| EmulatorError::Random(error.to_string()))?;
        Ok(Self(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }

    /// 32 lower-case hexadecimal digits.
    pub(crate) fn hex_id(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }

    /// A subject token of 323 characters.
    pub(crate) fn token(&self) -> String {
        let mut token = TOKEN_PREFIX.to_owned();
        self.push_url_safe(&mut token, 320);
        token
    }

    /// A password of 24 characters.
    pub(crate) fn password(&self) -> String {
        let mut password = String::new();
        self.push_url_safe(&mut password, 24);
        password
    }

    /// The id of an access key: 20 upper-case letters and digits.
    pub(crate) fn access_key_id(&self) -> String {
        let mut bytes = [0; 20];
        self.fill(&mut bytes);
        // 32 divides 256, so every character is equally likely.
        bytes
            .iter()
            .map(|byte| char::from(UPPER_CASE[usize::from(byte % 32)]))
            .collect()
    }

    /// The secret of an access key, of 40 characters.
    pub(crate) fn secret_access_key(&self) -> String {
        let mut secret = String::new();
        self.push_url_safe(&mut secret, 40);
        secret
    }

    /// The security token of a temporary key, of 320 characters.
    pub(crate) fn security_token(&self) -> String {
        let mut token = String::new();
        self.push_url_safe(&mut token, 320);
        token
    }

    /// A token of the instance metadata, of 64 characters.
    pub(crate) fn metadata_token(&self) -> String {
        let mut token = String::new();
        self.push_url_safe(&mut token, 64);
        token
    }

    fn push_url_safe(&self, text: &mut String, count: usize) {
        let mut bytes = vec![0; count];
        self.fill(&mut bytes);
        // 64 divides 256, so every character is equally likely.
        text.extend(
            bytes
                .iter()
                .map(|byte| char::from(URL_SAFE[usize::from(byte % 64)])),
        );
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

/// Repeatable draws for the data.
///
/// Only the raw output of ChaCha8 is used, which is fixed by the algorithm. The range and shuffle functions of
/// `rand` may give other values in its next version, and one seed would then give other sessions.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut key = *b"session-export emulator data 1\0\0";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number below `bound`, or 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        // The upper half of the product is below `bound`, so it fits.
        (product >> 64) as u64
    }

    /// An index into something that has `len` elements, or 0 when it has none.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    pub(crate) fn u128(&mut self) -> u128 {
        u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
    }

    /// An index drawn with the given weights, or 0 when all are 0.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_are_the_same_on_every_machine_and_with_every_version_of_rand() {
        let mut dice = Dice::new(1);
        let drawn: Vec<u64> = (0..4).map(|_| dice.below(1_000_000)).collect();
        assert_eq!(drawn, [487_789, 983_753, 539_058, 712_368]);
    }

    #[test]
    fn dice_stay_in_bounds() {
        let mut dice = Dice::new(7);
        assert_eq!(dice.below(0), 0);
        assert!((0..1000).all(|_| dice.below(3) < 3));
        assert!((0..1000).all(|_| dice.weighted(&[0, 5, 0, 1]) % 2 == 1));
        assert_eq!(dice.weighted(&[]), 0);
    }

    #[test]
    fn secrets_have_their_form() {
        let secrets = Secrets::new().unwrap();
        let token = secrets.token();
        assert!(token.starts_with("MII") && token.len() >= 200);
        assert!(token.bytes().all(|byte| URL_SAFE.contains(&byte)));
        assert_ne!(token, secrets.token());
        assert_eq!(secrets.hex_id().len(), 32);
        assert_eq!(secrets.password().len(), 24);
        let access = secrets.access_key_id();
        assert!(access.len() == 20 && access.bytes().all(|byte| UPPER_CASE.contains(&byte)));
        assert_eq!(secrets.secret_access_key().len(), 40);
        assert_eq!(secrets.security_token().len(), 320);
        assert_eq!(secrets.metadata_token().len(), 64);
    }
}
