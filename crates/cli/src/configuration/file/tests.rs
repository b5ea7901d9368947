//! What a file may say, and how it is told what it may not.

use super::*;

fn read(text: &str) -> Result<File, Vec<String>> {
    parse(text, Path::new("/c"), Some(Path::new("/home/u")))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn problems(text: &str) -> Vec<String> {
    read(text).unwrap_err()
}

#[test]
fn profiles_are_read_with_the_lines_of_their_settings() {
    let file = read(
        "\u{feff}default_profile = \"work\"\r\n[profiles.work]\r\nregion = \"cn-north-4\"\r\nmax_bytes = 1_000\r\n\
         delete = true\r\nca_file = \"ca.pem\"\r\noutput_dir = \"~/exports\"\r\n[profiles]\r\nhome.last = '7d'\r\n",
    )
    .unwrap();
    assert_eq!(file.default_profile.as_deref(), Some("work"));
    let work: Vec<_> = file.profiles["work"]
        .iter()
        .map(|(key, (value, line))| format!("{key} {value} {line}"))
        .collect();
    assert_eq!(
        work,
        [
            "region cn-north-4 3",
            "ca_file /c/ca.pem 6",
            "output_dir /home/u/exports 7",
            "max_bytes 1000 4",
            "delete true 5"
        ]
    );
    assert_eq!(file.profiles["home"].len(), 1);
    assert!(read("").unwrap().profiles.is_empty());
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "[profiles.work]\nregoin = \"x\"\n  lats = \"7d\"",
            vec![
                "line 2, column 1: `regoin` is not known here; did you mean `region`?",
                "line 3, column 3: `lats` is not known here; did you mean `last`?",
            ],
        ),
        (
            "[profiles.work]\ncolour = 1",
            vec!["line 2, column 1: `colour` is not known here; `session-export config init` lists the keys"],
        ),
        (
            "region = \"cn-north-4\"",
            vec![
                "line 1, column 1: `region` stands outside of a profile; put it below a line like [profiles.work]",
            ],
        ),
        (
            "default_profil = \"a\"",
            vec!["line 1, column 1: `default_profil` is not known here; did you mean `default_profile`?"],
        ),
        (
            "default_profile = \"prod\"\n[profiles.work]\n[profiles.home]",
            vec!["line 1, column 19: there is no profile \"prod\"; the file has home, work"],
        ),
        (
            "default_profile = 1",
            vec!["line 1, column 19: `default_profile` is a text in quotes: the name of a profile"],
        ),
        (
            "[profiles]\nregion = \"cn-north-4\"",
            vec![
                "line 2, column 1: `region` is no profile: a profile begins with a line like [profiles.work]",
            ],
        ),
        (
            "[profiles.\"a b\"]",
            vec!["line 1, column 11: a profile's name has 1 to 64 letters, digits, `-`, `_` and `.`"],
        ),
        (
            "[profiles.w]\nmax_bytes = \"1\"\ndelete = \"yes\"\nlast = 7\ntransport = \"curl\"\nregion = \" \"",
            vec![
                "line 2, column 13: `max_bytes`: it is a whole number, without quotes",
                "line 3, column 10: `delete`: it is true or false, without quotes",
                "line 4, column 8: `last`: it is a text in quotes",
                "line 5, column 13: `transport`: \"curl\" is none of reqwest, hyper",
                "line 6, column 10: `region`: it is empty; remove the line to leave it to others",
            ],
        ),
        (
            "[profiles.w]\nallow_http = true\n=",
            vec!["line 3, column 1: this is no TOML: "],
        ),
        (
            "[profiles.w]\nallow_http = true",
            vec!["line 2, column 1: `allow_http` is a flag only: it is given each time it is wanted"],
        ),
        (
            "[profiles.w]\n# 会话\nca_file = \"会\" x",
            vec!["line 3, column 15: this is no TOML: "],
        ),
    ] {
        let got = problems(text);
        assert_eq!(got.len(), expected.len(), "{got:?}");
        for (got, expected) in got.iter().zip(expected) {
            assert!(
                got == expected || (expected.ends_with(": ") && got.starts_with(expected)),
                "{got}"
            );
        }
    }
}

#[test]
fn a_secret_is_refused_and_not_shown() {
    let planted = "pl4nted-s3cret-value";
    for text in [
        format!("[profiles.w]\npassword = \"{planted}\""),
        format!("[profiles.w]\nsecret_key = '{planted}'"),
        format!("[profiles.w]\nAK = \"{planted}\""),
        format!("token = \"{planted}\""),
        format!("[profiles]\naccess_key = \"{planted}\""),
        format!("[profiles.w]\nproxy = \"http://user:{planted}@proxy:3128\""),
        format!("[profiles.w]\nendpoint = \"https://user:{planted}@a.example\""),
        format!("[profiles.w]\ncredentials = {{ sk = \"{planted}\" }}"),
        // What is no TOML at all, on the line or behind it.
        format!("[profiles.w]\npassword = {planted}"),
        format!("[profiles.w]\npassword = \"{planted}"),
        format!("[profiles.w]\npassword: {planted}"),
        format!("[profiles.w]\n{planted}"),
        format!("[profiles.w]\nsk = \"{planted}\"\nsk = \"{planted}\""),
        format!("[profiles.w]\nsk = \"\\q{planted}\""),
    ] {
        let told = problems(&text).join("\n");
        assert!(!told.contains(planted), "{told}");
        assert!(told.contains("line "), "{told}");
    }
    let told = problems("[profiles.w]\n\n  hw_secret_key = \"x\"");
    assert!(
        told[0]
            .starts_with("line 3, column 3: `hw_secret_key` looks like a secret, and this file holds none")
    );
    assert_eq!(
        problems("[profiles.w]\nproxy = \"http://u:x@p:1\""),
        [
            "line 2, column 9: `proxy`: it holds a password, and this file holds no secrets; remove it here and set \
          SESSION_EXPORT_PROXY instead"
        ]
    );
}

#[test]
fn only_a_file_of_some_size_is_read() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("c.toml");
    std::fs::write(&path, "#".repeat(1 << 20)).unwrap();
    assert!(super::read(&path).is_ok());
    std::fs::write(&path, "#".repeat((1 << 20) + 1)).unwrap();
    assert_eq!(
        super::read(&path).unwrap_err().to_string(),
        "it is larger than 1 MiB"
    );
    assert_eq!(
        super::read(place.path()).unwrap_err().to_string(),
        "it is not a file"
    );
    std::fs::write(&path, b"# \xff").unwrap();
    assert_eq!(
        super::read(&path).unwrap_err().kind(),
        std::io::ErrorKind::InvalidData
    );
}
