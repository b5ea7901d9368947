//! The `Authorization` header of a signed request, taken apart.

/// The only algorithm that the emulator checks.
pub(super) const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The header that every signature covers.
pub(super) const DATE: &str = "x-sdk-date";

/// The longest id of an access key, in characters; a choice.
const ACCESS_LIMIT: usize = 128;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access: &'a str,
    /// Lower-case names in ascending order, without repetition, with [`DATE`] among them.
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: [u8; 32],
}

/// What is wrong with the header; the texts go into the answer.
pub(super) type Fault = &'static str;

/// Takes `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…` apart. The three parts come in any order.
pub(super) fn parse(value: &[u8]) -> Result<Authorization<'_>, Fault> {
    const MALFORMED: Fault = "the authorization header is malformed";
    let text = std::str::from_utf8(value).map_err(|_| MALFORMED)?;
    let (algorithm, parts) = text.split_once(' ').unwrap_or((text, ""));
    if algorithm != ALGORITHM {
        return Err("the authorization header is not SDK-HMAC-SHA256");
    }
    let (mut access, mut signed_headers, mut signature) = (None, None, None);
    for part in parts.split(',') {
        let (name, value) = part.trim_matches(' ').split_once('=').ok_or(MALFORMED)?;
        let slot = match name {
            "Access" => &mut access,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => return Err(MALFORMED),
        };
        if slot.replace(value).is_some() {
            return Err(MALFORMED);
        }
    }
    let access = access.filter(|access| is_access(access)).ok_or(MALFORMED)?;
    let signature = signature.and_then(unhex).ok_or(MALFORMED)?;
    Ok(Authorization {
        access,
        signed_headers: names(signed_headers.ok_or(MALFORMED)?)?,
        signature,
    })
}

fn is_access(text: &str) -> bool {
    (1..=ACCESS_LIMIT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn names(list: &str) -> Result<Vec<&str>, Fault> {
    let names: Vec<&str> = list.split(';').collect();
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
    };
    if !names.iter().all(is_name) || !names.is_sorted_by(|one, next| one < next) {
        return Err("the signed headers are not lower-case names in ascending order");
    }
    if !names.contains(&DATE) {
        return Err("x-sdk-date is not among the signed headers");
    }
    Ok(names)
}

/// 64 lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes();
    if pairs.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(pairs.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex() -> String {
        "0123456789abcdef".repeat(4)
    }

    #[test]
    fn the_form_of_the_sdks_is_read() {
        let text = format!(
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature={}",
            hex()
        );
        let parsed = parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.access, "AK");
        assert_eq!(parsed.signed_headers, ["host", "x-sdk-date"]);
        assert_eq!(parsed.signature[..3], [0x01, 0x23, 0x45]);
        let other = format!(
            "SDK-HMAC-SHA256 Signature={},SignedHeaders=x-sdk-date,  Access=A=K",
            hex()
        );
        assert_eq!(parse(other.as_bytes()).unwrap().access, "A=K");
    }

    #[test]
    fn anything_else_is_refused() {
        let parts = |access: &str, headers: &str, signature: &str| {
            format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders={headers}, Signature={signature}")
        };
        let (hex, good) = (hex(), "host;x-sdk-date");
        for text in [
            String::new(),
            "SDK-HMAC-SHA256".to_owned(),
            "SDK-HMAC-SHA256 ".to_owned(),
            format!("V11-HMAC-SHA256 Credential=AK, SignedHeaders={good}, Signature={hex}"),
            parts("AK", good, &hex).replace("SDK-", "sdk-"),
            parts("", good, &hex),
            parts("A K", good, &hex),
            parts("密", good, &hex),
            parts(&"A".repeat(129), good, &hex),
            parts("AK", "", &hex),
            parts("AK", "host", &hex),
            parts("AK", ";x-sdk-date", &hex),
            parts("AK", "x-sdk-date;", &hex),
            parts("AK", "x-sdk-date;host", &hex),
            parts("AK", "host;x-sdk-date;x-sdk-date", &hex),
            parts("AK", "Host;x-sdk-date", &hex),
            parts("AK", good, &hex[1..]),
            parts("AK", good, &hex.to_uppercase()),
            parts("AK", good, &"g".repeat(64)),
            parts("AK", good, &"é".repeat(32)),
            format!("{}, Access=AK", parts("AK", good, &hex)),
            format!("{},", parts("AK", good, &hex)),
            format!("{}, Date=1", parts("AK", good, &hex)),
            format!("SDK-HMAC-SHA256 Access=AK, Signature={hex}"),
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"SDK-HMAC-SHA256 Access=\xff").is_err());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            bytes in any::<Vec<u8>>(),
            text in "SDK-HMAC-SHA256 ((Access|SignedHeaders|Signature)=[a-fA-F0-9;=é-]{0,70},? ?){0,4}",
        ) {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn what_is_written_is_read_back(
            access in "[A-Z0-9]{1,40}",
            mut names in proptest::collection::btree_set("[a-z][a-z0-9-]{0,20}", 0..8),
            signature in any::<[u8; 32]>(),
        ) {
            names.insert(DATE.to_owned());
            let list = names.iter().cloned().collect::<Vec<_>>().join(";");
            let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders={list}, Signature={hex}");
            let parsed = parse(text.as_bytes()).unwrap();
            prop_assert_eq!(parsed.access, access);
            prop_assert_eq!(parsed.signed_headers.join(";"), list);
            prop_assert_eq!(parsed.signature, signature);
        }
    }
}
