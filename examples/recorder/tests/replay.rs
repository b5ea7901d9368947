//! An export is recorded against the emulator and replayed with the emulator gone.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::sync::Arc;

use session_export::{
    Client, Endpoint, FileReceipt, Iam, IamPassword, ProvideToken, ReqwestTransport, SessionFilter,
    StaticToken, Token, TokenAuthenticator, TokenScope, Transport, WaitPolicy,
};
use session_export_emulator::Emulator;
use session_export_example_recorder::{Player, Recorder};

async fn export(client: &Client, path: &Path) -> FileReceipt {
    let filter = SessionFilter::builder().state("SignedOut").build().unwrap();
    let task = client.export_sessions(filter).submit().await.unwrap();
    let ready = task.wait(WaitPolicy::default()).await.unwrap();
    ready.download().to_path(path).await.unwrap()
}

fn client(base: &str, project: &str, transport: impl Transport, provider: impl ProvideToken) -> Client {
    let base: session_export::BaseUrl = base.parse().unwrap();
    let endpoint = Endpoint::builder()
        .sessions(base.clone())
        .export_centre(base)
        .build()
        .unwrap();
    Client::builder(endpoint, project.parse().unwrap())
        .transport(transport)
        .authenticator(TokenAuthenticator::new(provider))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_recorded_export_replays_to_the_same_file_and_holds_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let recording = directory.path().join("recording");
    let password = "planted-password-8c2f";
    let emulator = Emulator::builder()
        .password(password)
        .export_delay(std::time::Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    let (base, project) = (emulator.base_url(), emulator.project_id().to_owned());

    let reqwest = ReqwestTransport::new().unwrap();
    let recorder = Arc::new(Recorder::new(reqwest, &recording).unwrap());
    let scope = TokenScope::project_id(project.parse().unwrap());
    let login = IamPassword::new(
        Iam::new(Arc::clone(&recorder), base.parse().unwrap()),
        emulator.user_name(),
        password,
        emulator.domain_name(),
        scope,
    );
    let token = login.provide_token().await.unwrap();
    let recorded = client(&base, &project, Arc::clone(&recorder), login);
    let original = export(&recorded, &directory.path().join("original.xlsx")).await;
    assert!(recorder.complete());
    assert!(
        original.bytes > 20_000,
        "a file with sessions in it: {original:?}"
    );
    emulator.shutdown().await;

    // Nobody listens there any more, and the player could not call anybody if somebody did.
    let player = Player::open(&recording).unwrap();
    let replayed = client(
        &base,
        &project,
        player,
        StaticToken::new(Token::new("any").unwrap()),
    );
    let copy = export(&replayed, &directory.path().join("copy.xlsx")).await;
    assert_eq!((copy.bytes, copy.sha256), (original.bytes, original.sha256));
    assert_eq!(
        std::fs::read(&copy.path).unwrap(),
        std::fs::read(&original.path).unwrap()
    );

    let mut files = 0;
    for entry in std::fs::read_dir(&recording).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [password, token.expose_secret()] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            );
        }
        files += 1;
    }
    assert!(
        files >= 8,
        "{files} files: a submit, at least two looks, a download"
    );
}

#[tokio::test]
async fn what_was_not_recorded_goes_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let player = Player::open(directory.path()).unwrap();
    let client = client(
        "http://127.0.0.1:9",
        "p",
        player,
        StaticToken::new(Token::new("any").unwrap()),
    );
    let error = client
        .export_sessions(SessionFilter::builder().build().unwrap())
        .submit()
        .await
        .unwrap_err();
    assert!(error.nothing_was_sent(), "{error:?}");
}
