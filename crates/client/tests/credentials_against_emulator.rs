//! Every way to authenticate, each once against the emulator, over both transports and real sockets.
//!
//! The emulator verifies signatures and speaks IAM with code of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use common::{endpoint, guarded, no_filter, shown};
use session_export::{
    AccessKey, AccessKeyAuthenticator, Agency, AuthErrorKind, Authenticate, Client, Clock, Error, ErrorKind,
    HyperTransport, Iam, IamAgency, IamExchange, IamPassword, IamTemporaryKey, InstanceMetadata,
    ReqwestTransport, SessionFilter, SessionOperation, StaticAccessKey, StaticToken, SystemClock, TaskQuery,
    Token, TokenAuthenticator, TokenScope, TotpPasscode, Transport, WaitPolicy,
};
use session_export_emulator::Emulator;
use session_export_transport::test_util::ManualClock;

fn now() -> DateTime<Utc> {
    SystemClock::new().now()
}

fn transports() -> [(&'static str, Arc<dyn Transport>); 2] {
    [
        ("reqwest", Arc::new(ReqwestTransport::new().unwrap())),
        ("hyper", Arc::new(HyperTransport::new().unwrap())),
    ]
}

fn iam(emulator: &Emulator, transport: &Arc<dyn Transport>) -> Iam {
    Iam::new(Arc::clone(transport), emulator.base_url().parse().unwrap())
}

fn password(emulator: &Emulator, transport: &Arc<dyn Transport>, scope: TokenScope) -> IamPassword {
    IamPassword::new(
        iam(emulator, transport),
        emulator.user_name(),
        emulator.password(),
        emulator.domain_name(),
        scope,
    )
}

fn project(emulator: &Emulator) -> TokenScope {
    TokenScope::project_id(emulator.project_id().parse().unwrap())
}

fn key(emulator: &Emulator) -> AccessKey {
    AccessKey::new(emulator.access_key_id(), emulator.secret_access_key()).unwrap()
}

fn client(
    emulator: &Emulator,
    project_id: &str,
    transport: &Arc<dyn Transport>,
    authenticator: impl Authenticate,
) -> Client {
    Client::builder(endpoint(&emulator.base_url()), project_id.parse().unwrap())
        .transport(Arc::clone(transport))
        .authenticator(authenticator)
        .build()
        .unwrap()
}

/// A submit, and a list whose query has what a canonical query can get wrong: unicode, blanks, quotes, signs.
async fn submit_and_list(client: &Client) -> Result<(), Error> {
    guarded(client.export_sessions(no_filter()).submit()).await?;
    let begin: DateTime<Utc> = now() - TimeDelta::days(30);
    for text in [
        "张 三",
        "O'Brien \"Bob\" <b@x.example>",
        "a+b=c&d%20e/f?g#h;i",
        "~-_.!*()",
    ] {
        let filter = SessionFilter::builder()
            .begin(begin)
            .end(now())
            .user_name(text)
            .machine_name(text)
            .build_for(SessionOperation::List)
            .unwrap();
        guarded(client.list_sessions(filter).page(0)).await?;
    }
    guarded(client.list_tasks(&TaskQuery::new())).await?;
    Ok(())
}

async fn paths(emulator: &Emulator, from: usize) -> Vec<String> {
    emulator.requests_seen()[from..]
        .iter()
        .map(|seen| seen.path().replace(emulator.project_id(), "{p}"))
        .collect()
}

#[tokio::test]
async fn an_access_key_signs_over_both_transports() {
    let emulator = Emulator::builder().sessions(50).start().await.unwrap();
    for (name, transport) in transports() {
        let signing = AccessKeyAuthenticator::for_project(
            StaticAccessKey::new(key(&emulator)),
            emulator.project_id().parse().unwrap(),
        );
        let client = client(&emulator, emulator.project_id(), &transport, signing);
        submit_and_list(&client)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let login = |seen: &String| seen.starts_with("/v3");
    assert!(!paths(&emulator, 0).await.iter().any(login), "nobody logged in");
}

#[tokio::test]
async fn each_way_to_get_a_token_works() {
    let emulator = Emulator::builder()
        .sessions(50)
        .totp_passcode("492817")
        .start()
        .await
        .unwrap();
    for (name, transport) in transports() {
        // With a second factor; the token knows its project.
        let totp = || TotpPasscode::once("492817");
        let login = |scope| password(&emulator, &transport, scope).totp(emulator.user_id(), totp());
        let authenticator = TokenAuthenticator::new(login(TokenScope::project_name(emulator.region())));
        let token = authenticator.token(now()).await.unwrap();
        assert_eq!(token.project_id().unwrap().as_str(), emulator.project_id());
        submit_and_list(&client(
            &emulator,
            emulator.project_id(),
            &transport,
            authenticator,
        ))
        .await
        .unwrap_or_else(|error| panic!("{name}, totp: {error}"));
        let described = iam(&emulator, &transport).describe(&token).await.unwrap();
        assert_eq!(described.user, emulator.user_name());
        assert_eq!(described.methods, ["password", "totp"]);

        // A token of the account, exchanged for one of the project, and of its sub-project.
        let account = || login(TokenScope::domain_name(emulator.domain_name()));
        let exchanged = IamExchange::new(iam(&emulator, &transport), account(), project(&emulator));
        let exchanged = TokenAuthenticator::new(exchanged);
        submit_and_list(&client(&emulator, emulator.project_id(), &transport, exchanged))
            .await
            .unwrap_or_else(|error| panic!("{name}, exchange: {error}"));
        let sub = TokenScope::project_name(emulator.sub_project_name());
        let exchanged = IamExchange::new(iam(&emulator, &transport), StaticToken::new(token.clone()), sub);
        let exchanged = TokenAuthenticator::new(exchanged);
        submit_and_list(&client(
            &emulator,
            emulator.sub_project_id(),
            &transport,
            exchanged,
        ))
        .await
        .unwrap_or_else(|error| panic!("{name}, sub-project: {error}"));

        // The agency of another account.
        let agency = || Agency::of_domain_name(emulator.agency_name(), emulator.agency_domain_name());
        let scope = TokenScope::project_id(emulator.agency_project_id().parse().unwrap());
        let taken_on = IamAgency::new(iam(&emulator, &transport), account(), agency(), scope);
        let taken_on = TokenAuthenticator::new(taken_on);
        submit_and_list(&client(
            &emulator,
            emulator.agency_project_id(),
            &transport,
            taken_on,
        ))
        .await
        .unwrap_or_else(|error| panic!("{name}, agency: {error}"));

        // Temporary keys: of the user, and of the agency.
        let held = || StaticToken::new(token.clone());
        let temporary = IamTemporaryKey::new(iam(&emulator, &transport), held())
            .duration(Duration::from_secs(3_600))
            .unwrap();
        let signing = AccessKeyAuthenticator::for_account(temporary);
        assert!(signing.access_key(now()).await.unwrap().is_temporary());
        submit_and_list(&client(&emulator, emulator.project_id(), &transport, signing))
            .await
            .unwrap_or_else(|error| panic!("{name}, temporary key: {error}"));
        let holder = TokenAuthenticator::new(account()).token(now()).await.unwrap();
        let temporary = IamTemporaryKey::new(iam(&emulator, &transport), StaticToken::new(holder))
            .agency_as(agency(), "night-job");
        let signing = AccessKeyAuthenticator::for_account(temporary);
        submit_and_list(&client(
            &emulator,
            emulator.agency_project_id(),
            &transport,
            signing,
        ))
        .await
        .unwrap_or_else(|error| panic!("{name}, temporary key of an agency: {error}"));

        // The machine's own key.
        let metadata = InstanceMetadata::new(Arc::clone(&transport), SystemClock::new())
            .base_url(emulator.base_url().parse().unwrap());
        let signing = AccessKeyAuthenticator::for_account(metadata);
        submit_and_list(&client(&emulator, emulator.project_id(), &transport, signing))
            .await
            .unwrap_or_else(|error| panic!("{name}, metadata: {error}"));
    }
}

#[tokio::test]
async fn a_projects_id_is_found_by_its_name() {
    let emulator = Emulator::builder().sessions(1).start().await.unwrap();
    for (name, transport) in transports() {
        let iam = iam(&emulator, &transport);
        let signing = AccessKeyAuthenticator::for_account(StaticAccessKey::new(key(&emulator)));
        let found = iam.find_project(&signing, emulator.region(), now()).await;
        assert_eq!(found.unwrap().as_str(), emulator.project_id(), "{name}");
        let sub = iam
            .find_project(&signing, emulator.sub_project_name(), now())
            .await;
        assert_eq!(sub.unwrap().as_str(), emulator.sub_project_id(), "{name}");
        let none = iam.find_project(&signing, "cn-north-4", now()).await.unwrap_err();
        assert_eq!(none.kind(), &AuthErrorKind::NoProject);
    }
}

/// A failure of a submit: its text, the kind's name, and the requests it took.
async fn refused(emulator: &Emulator, client: &Client) -> (String, Vec<String>) {
    let before = emulator.requests_seen().len();
    let error = guarded(client.export_sessions(no_filter()).submit())
        .await
        .unwrap_err();
    assert!(!error.is_ambiguous(), "{error}");
    for secret in [emulator.password(), emulator.secret_access_key(), "wrong-secret"] {
        assert!(!shown(&error).contains(secret));
    }
    let text = match error.kind() {
        ErrorKind::Auth(auth) => format!("{error}: {auth}"),
        _ => error.to_string(),
    };
    let text = match text.find(" (request id") {
        Some(at) => format!("{}{}", &text[..at], &text[text.find(')').unwrap() + 1..]),
        None => text,
    };
    (text, paths(emulator, before).await)
}

const SUBMIT: &str = "/v1/{p}/session/list-sessions/export";
const LOGIN: &str = "/v3/auth/tokens";

#[tokio::test]
async fn a_wrong_password_a_locked_user_and_an_unknown_project_cost_one_request_each() {
    let emulator = Emulator::builder()
        .sessions(1)
        .password_attempts(2)
        .start()
        .await
        .unwrap();
    let (_, transport) = &transports()[0];
    let with = |password: &str, scope: TokenScope| {
        let provider = IamPassword::new(
            iam(&emulator, transport),
            emulator.user_name(),
            password,
            emulator.domain_name(),
            scope,
        );
        client(
            &emulator,
            emulator.project_id(),
            transport,
            TokenAuthenticator::new(provider),
        )
    };
    let (text, requests) = refused(
        &emulator,
        &with(emulator.password(), TokenScope::project_name("cn-north-4")),
    )
    .await;
    assert_eq!(
        text,
        "export_sessions: not sent, there is no credential: the credential was refused: HTTP 401: The user has no access \
         to the requested project."
    );
    assert_eq!(requests, [LOGIN]);
    for _ in 0..2 {
        let (text, requests) = refused(&emulator, &with("wrong-secret", project(&emulator))).await;
        assert_eq!(
            text,
            "export_sessions: not sent, there is no credential: the credential was refused: HTTP 401: The username or \
             password is wrong."
        );
        assert_eq!(requests, [LOGIN]);
    }
    let (text, requests) = refused(&emulator, &with(emulator.password(), project(&emulator))).await;
    assert!(text.contains("HTTP 401: The user is locked"), "{text}");
    assert_eq!(requests, [LOGIN]);
}

#[tokio::test]
async fn a_wrong_key_is_shown_once_and_then_kept_back() {
    let emulator = Emulator::builder().sessions(1).start().await.unwrap();
    let (_, transport) = &transports()[1];
    let wrong = AccessKey::new(emulator.access_key_id(), "wrong-secret").unwrap();
    let signing = AccessKeyAuthenticator::for_account(StaticAccessKey::new(wrong));
    let client = client(&emulator, emulator.project_id(), transport, signing);
    let (text, requests) = refused(&emulator, &client).await;
    assert!(
        text.starts_with("export_sessions: HTTP 401 APIGW.0301: ")
            && text.contains("verify aksk signature fail"),
        "{text}"
    );
    assert_eq!(requests, [SUBMIT]);
    // More than five bad signatures in a row would lock the key for everybody.
    for _ in 0..10 {
        let (text, requests) = refused(&emulator, &client).await;
        assert!(text.contains("the credential was rejected moments ago"), "{text}");
        assert_eq!(requests, [""; 0]);
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_said_with_by_how_much() {
    let emulator = Emulator::builder().sessions(1).start().await.unwrap();
    for (name, transport) in transports() {
        for (minutes, expected) in [(20, "ahead of the server's"), (-20, "behind the server's")] {
            let clock = ManualClock::new(now() + TimeDelta::minutes(minutes));
            let signing = AccessKeyAuthenticator::for_account(StaticAccessKey::new(key(&emulator)));
            let client = Client::builder(
                endpoint(&emulator.base_url()),
                emulator.project_id().parse().unwrap(),
            )
            .transport(Arc::clone(&transport))
            .authenticator(signing)
            .clock(clock)
            .build()
            .unwrap();
            let (text, requests) = refused(&emulator, &client).await;
            assert!(
                text.starts_with("export_sessions: HTTP 401 APIGW.0303: "),
                "{name}: {text}"
            );
            assert!(
                text.contains("this machine's clock is ") && text.ends_with(expected),
                "{name}: {text}"
            );
            assert_eq!(requests, [SUBMIT]);
        }
    }
}

#[tokio::test]
async fn an_expired_or_revoked_credential_is_renewed_once() {
    let emulator = Emulator::builder().sessions(1).start().await.unwrap();
    let (_, transport) = &transports()[0];
    let (tokens, submit) = (LOGIN, SUBMIT);

    // A token that cannot be renewed: one request.
    let held = TokenAuthenticator::new(StaticToken::new(Token::new("MIInobody").unwrap()));
    let (text, requests) = refused(
        &emulator,
        &client(&emulator, emulator.project_id(), transport, held),
    )
    .await;
    assert!(
        text.contains("HTTP 401 APIGW.0301: ") && text.contains("decrypt token fail"),
        "{text}"
    );
    assert_eq!(requests, [submit]);

    // A temporary key that was revoked: a new one, and the same submit again.
    let provider = IamTemporaryKey::new(
        iam(&emulator, transport),
        password(&emulator, transport, project(&emulator)),
    );
    let client = client(
        &emulator,
        emulator.project_id(),
        transport,
        AccessKeyAuthenticator::for_account(provider),
    );
    guarded(client.export_sessions(no_filter()).submit())
        .await
        .unwrap();
    emulator.revoke_keys();
    let before = emulator.requests_seen().len();
    guarded(client.export_sessions(no_filter()).submit())
        .await
        .unwrap();
    assert_eq!(
        paths(&emulator, before).await,
        [submit, tokens, "/v3.0/OS-CREDENTIAL/securitytokens", submit]
    );
}

#[tokio::test]
async fn an_export_outlives_its_tokens() {
    let emulator = Emulator::builder()
        .sessions(50)
        .token_ttl(Duration::from_secs(1))
        .export_delay(Duration::from_millis(2_500))
        .start()
        .await
        .unwrap();
    let (_, transport) = &transports()[0];
    let login = TokenAuthenticator::new(password(&emulator, transport, project(&emulator)));
    let client = client(&emulator, emulator.project_id(), transport, login);
    let place = tempfile::tempdir().unwrap();
    let task = guarded(client.export_sessions(no_filter()).submit())
        .await
        .unwrap();
    let ready = guarded(task.wait(WaitPolicy::default())).await.unwrap();
    guarded(ready.download().to_path(place.path().join("x.xlsx")))
        .await
        .unwrap();
    let logins = paths(&emulator, 0)
        .await
        .iter()
        .filter(|path| *path == LOGIN)
        .count();
    // Each token is used for the first 0.8 s of its life, however many calls there are.
    assert!((3..=8).contains(&logins), "{logins} log-ins");
}
