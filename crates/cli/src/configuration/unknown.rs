//! Keys that do not belong in the configuration file: misspelt ones, and those of secrets.

/// What a key that is not known may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// The name of something secret.
    Secret,
    /// Perhaps a misspelt one of the known keys.
    Unknown(Option<String>),
}

/// Words that name a secret, in a key's parts.
const SECRET_PARTS: [&str; 12] = [
    "password",
    "passwd",
    "pwd",
    "pass",
    "secret",
    "token",
    "passcode",
    "ak",
    "sk",
    "apikey",
    "credential",
    "auth",
];

/// Words that name a secret, whatever is around them.
const SECRET_WORDS: [&str; 6] = [
    "password",
    "passwd",
    "secret",
    "accesskey",
    "privatekey",
    "apikey",
];

/// Flags that nobody should be able to leave switched on.
const FLAGS_ONLY: [&str; 4] = ["allow_http", "emulator", "force", "verbose"];

/// Judges a key that is not one of `known`.
pub(crate) fn judge(key: &str, known: &[&str]) -> Suspicion {
    let plain = key.to_ascii_lowercase().replace(['-', '.', ' '], "_");
    let joined = plain.replace('_', "");
    let near = nearest(&plain, known);
    // A misspelt `exchange_token` or `credentials` is no secret.
    if near.as_ref().is_none_or(|(_, distance)| *distance > 1)
        && (plain.split('_').any(|part| SECRET_PARTS.contains(&part))
            || SECRET_WORDS.iter().any(|word| joined.contains(word)))
    {
        return Suspicion::Secret;
    }
    Suspicion::Unknown(near.map(|(name, _)| name.to_owned()))
}

impl Suspicion {
    /// What to say about the key. Its value is not looked at.
    pub(crate) fn text(&self, key: &str) -> String {
        let shown: String = key.chars().take(60).flat_map(char::escape_debug).collect();
        match self {
            Self::Secret => format!(
                "`{shown}` looks like a secret, and this file holds none; put it where credentials are looked for (a variable \
                 such as SESSION_EXPORT_TOKEN, or ~/.huaweicloud/credentials), name that place with `credentials`, and \
                 remove this line; if others could read it, replace the secret"
            ),
            Self::Unknown(_) if FLAGS_ONLY.contains(&key.to_ascii_lowercase().replace('-', "_").as_str()) => {
                format!("`{shown}` is a flag only: it is given each time it is wanted")
            }
            Self::Unknown(Some(near)) => format!("`{shown}` is not known here; did you mean `{near}`?"),
            Self::Unknown(None) => {
                format!("`{shown}` is not known here; `session-export config init` lists the keys")
            }
        }
    }
}

/// The known key that is the most like this one, if it is like it at all.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<(&'a str, usize)> {
    // As much as a slip of the hand: a third of the letters.
    let most = key.chars().count().div_ceil(3);
    known
        .iter()
        .map(|name| (*name, distance(key, name)))
        .filter(|(_, distance)| *distance <= most)
        .min_by_key(|(_, distance)| *distance)
}

/// How many letters have to be put in, taken out, changed, or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(60).collect(), other.chars().collect());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Key;

    #[test]
    fn secrets_are_told_from_slips() {
        let known: Vec<_> = Key::all().map(Key::name).collect();
        for key in [
            "password",
            "Password",
            "pass",
            "secret",
            "secret_key",
            "secret-key",
            "SK",
            "ak",
            "token",
            "auth_token",
            "security_token",
            "access_key",
            "accesskey",
            "hw_access_key",
            "client_secret",
            "api_key_secret",
            "apikey",
            "passcode",
            "proxy_password",
            "private_key",
            "accessKeyId",
            "secretAccessKey",
            "db.passwd",
        ] {
            assert_eq!(judge(key, &known), Suspicion::Secret, "{key}");
        }
        for (key, near) in [
            ("regoin", Some("region")),
            ("reigon", Some("region")),
            ("projectid", Some("project_id")),
            ("Region", Some("region")),
            ("wait-timeout", Some("wait_timeout")),
            ("exchange_tokens", Some("exchange_token")),
            ("credential", Some("credentials")),
            ("endpoints", Some("endpoint")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(
                judge(key, &known),
                Suspicion::Unknown(near.map(str::to_owned)),
                "{key}"
            );
        }
    }
}
