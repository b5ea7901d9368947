use proptest::prelude::*;

use super::*;

/// Section, key, value and line of everything in a file.
fn all(text: &str) -> Vec<(&str, &str, &str, usize)> {
    let ini = Ini::parse(text).unwrap();
    ini.sections
        .iter()
        .flat_map(|section| {
            let entries = section.entries.iter();
            entries.map(|entry| (section.name, entry.key, entry.value, entry.line))
        })
        .collect()
}

#[test]
fn sections_and_keys_are_read() {
    let text = "# a comment\r\n; another\r\n\r\n[basic]\r\nak=AK==\r\n  SK =  S K\t\r\nempty =\r\n[ dev ] # note\r\nak = x";
    assert_eq!(
        all(text),
        [
            ("basic", "ak", "AK==", 5),
            ("basic", "SK", "S K", 6),
            ("basic", "empty", "", 7),
            ("dev", "ak", "x", 9),
        ]
    );
    assert!(all("").is_empty());
    assert!(all("[basic]\n").is_empty());
    // No interpolation, and no comment after a value.
    assert_eq!(all("[a]\nk = %(x)s # y")[0].2, "%(x)s # y");
}

#[test]
fn a_wrong_line_is_named_and_not_shown() {
    for (text, message) in [
        (
            "[basic\nak = x",
            "line 1: this section's name does not end with ]",
        ),
        ("[]", "line 1: this section's name does not end with ]"),
        ("[a] b", "line 1: this section's name does not end with ]"),
        ("[a]\n[b]\n[a]", "line 3: this section is already on line 1"),
        (
            "\nak = x",
            "line 2: a key before the first section; put [basic] above it",
        ),
        ("[a]\nsecret", "line 2: neither [section] nor key = value"),
        (
            "[a]\nk = x\n  continued",
            "line 3: neither [section] nor key = value",
        ),
        ("[a]\n = x", "line 2: no key before the ="),
        (
            "[a]\nak = 1\nsk = 2\nAK = 3",
            "line 4: this key is already on line 2",
        ),
        ("[a]\nak = \"x\"", "line 2: the value is in quotes; remove them"),
    ] {
        assert_eq!(Ini::parse(text).unwrap_err().to_string(), message, "{text:?}");
    }
}

proptest! {
    #[test]
    fn it_never_panics(text in any::<String>()) {
        let _ = Ini::parse(&text);
    }

    /// Lines in any order and state, each with a secret somewhere in it.
    #[test]
    fn an_error_never_shows_a_secret(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "[", "]", "[a]", "[b] x", "ak = SECRET", "SECRET", "= SECRET", "SECRET = 1", "[SECRET", "ak = 'SECRET'",
                "  SECRET", "#SECRET", "sk=SECRET=SECRET", "ak : SECRET", "",
            ]),
            0..12,
        ),
    ) {
        let text = lines.join("\n");
        if let Err(error) = Ini::parse(&text) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains("SECRET"), "{}", shown);
        }
    }

    #[test]
    fn what_is_written_reads_back(
        sections in prop::collection::btree_map(
            "[a-z]{1,8}",
            prop::collection::btree_map("[a-z_]{1,12}", "[!#-&(-~]([ -~]{0,20}[!#-&(-~])?", 0..6),
            0..4,
        ),
        blanks in "[ \t]{0,3}",
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = String::new();
        for (name, entries) in &sections {
            text.push_str(&format!("[{name}]{end}# a comment{end}"));
            for (key, value) in entries {
                text.push_str(&format!("{key}{blanks}={blanks}{value}{blanks}{end}"));
            }
        }
        let read: Vec<_> = all(&text).into_iter().map(|(s, k, v, _)| (s, k, v)).collect();
        let written: Vec<_> = sections
            .iter()
            .flat_map(|(s, entries)| entries.iter().map(|(k, v)| (s.as_str(), k.as_str(), v.as_str())))
            .collect();
        prop_assert_eq!(read, written);
    }
}
