//! Files that are not what they should be.

use session_export_auth::{CredentialChain, NoCredentials, NoCredentialsKind};

use crate::{Home, KOOCLI, PROFILE, find, identity, report, write};

const TEXT: &str = "[basic]\nak = AK\nsk = sesame\n";

fn refused(chain: &CredentialChain) -> NoCredentials {
    let error = find(chain).unwrap_err();
    assert_eq!(error.kind(), NoCredentialsKind::Malformed, "{error}");
    error
}

#[test]
fn each_has_its_own_message() {
    let large = format!("{TEXT}# {}\n", "x".repeat(1 << 20));
    let mut latin = TEXT.as_bytes().to_vec();
    latin.push(0xe9);
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain(TEXT.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (content, message) in [
        (large.as_bytes(), "it is larger than 1 MiB"),
        (&latin, "it is not valid UTF-8; save it as UTF-8"),
        (&utf16, "it is UTF-16; save it as UTF-8"),
    ] {
        let error = refused(&Home::new().with(PROFILE, content).chain(&[]));
        assert_eq!(
            error.to_string(),
            format!("file ~/.huaweicloud/credentials: {message}")
        );
        // KooCLI's is a leftover: the chain goes on to its end.
        let error = Home::new().with(KOOCLI, content).find(&[]).unwrap_err();
        assert_eq!(error.kind(), NoCredentialsKind::NothingFound);
        let line = format!("  file ~/.hcloud/config.json: not usable: {message}\n");
        assert!(error.to_string().contains(&line), "{error}");
    }
    let just_fits = format!("{TEXT}#{}", "x".repeat((1 << 20) - TEXT.len() - 1));
    assert!(Home::new().with(PROFILE, just_fits).find(&[]).is_ok());
}

#[test]
fn a_directory_is_not_a_file() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(PROFILE)).unwrap();
    assert_eq!(
        refused(&home.chain(&[])).to_string(),
        "file ~/.huaweicloud/credentials: it is a directory, not a file"
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_opened() {
    let chain = Home::new().chain(&[]).credentials_file("/dev/zero");
    assert_eq!(
        refused(&chain).to_string(),
        "file /dev/zero: it is not a regular file"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    let home = Home::new();
    let path = home.path().join(PROFILE);
    write(&path, TEXT, 0o000);
    // Root reads everything.
    if std::fs::read(&path).is_err() {
        assert_eq!(
            refused(&home.chain(&[])).to_string(),
            "file ~/.huaweicloud/credentials: it cannot be read: permission denied"
        );
    }
    // Where a directory would have to be is a file, as with a home of /dev/null: there are no files.
    let home = Home::new().with(".huaweicloud", "");
    let error = find(&home.chain(&[])).unwrap_err();
    assert_eq!(error.kind(), NoCredentialsKind::NothingFound, "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_about() {
    for (mode, what) in [
        (0o600, None),
        (0o400, None),
        (0o611, None),
        (0o640, Some("read it")),
        (0o604, Some("read it")),
        (0o644, Some("read it")),
        (0o620, Some("change it")),
        (0o666, Some("read and change it")),
    ] {
        let home = Home::new();
        write(&home.path().join(PROFILE), TEXT, mode);
        let found = home.find(&[]).unwrap();
        assert_eq!(identity(&found), "AK");
        let warning = format!(
            "file ~/.huaweicloud/credentials [basic]: warning: other users can {} (its mode is {mode:03o}); close it \
             with chmod 600",
            what.unwrap_or("read it")
        );
        assert_eq!(report(&found).contains(&warning), what.is_some(), "{mode:o}");
    }
    // Also where the file's secret is not usable.
    let home = Home::new();
    write(&home.path().join(KOOCLI), "{}", 0o644);
    let text = home.find(&[]).unwrap_err().to_string();
    assert!(
        text.contains("file ~/.hcloud/config.json: warning: other users can read it"),
        "{text}"
    );
}

#[test]
fn half_an_encrypted_key_is_an_encrypted_one() {
    let (id, secret) = ("AKEXAMPLEAKEXAMPLE00", "sesamesesamesesamesesamesesamesesame0123");
    let longer = "AKEXAMPLEAKEXAMPLE00TEMPORARY";
    for (id, secret, usable) in [
        (id, secret, true),
        (longer, secret, true),
        (id, "aGVsbG8gd29ybGQsIHRoaXMgaXMgZW5jcnlwdGVkIQ==", false),
        ("aGVsbG8gd29ybGQsIGVuYw==", secret, false),
        ("AKEXAMPLE", secret, false),
    ] {
        let json = format!(
            r#"{{"current":"a","profiles":[{{"name":"a","accessKeyId":"{id}","secretAccessKey":"{secret}"}}]}}"#
        );
        let result = Home::new().with(KOOCLI, json).find(&[]);
        assert_eq!(result.is_ok(), usable, "{id}");
        if let Err(error) = result {
            assert!(error.to_string().contains("--cli-auth-encrypt=false"), "{error}");
        }
    }
}
