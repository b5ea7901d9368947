//! The instance metadata: keys with and without a token.

use std::time::Duration;

use session_export_emulator::MetadataTokens;

use crate::http::Reply;
use crate::rig::Rig;
use crate::sign::{Draft, Key};

const TTL: &str = "X-Metadata-Token-Ttl-Seconds";

async fn ask_token(rig: &Rig, headers: &[(&str, &str)]) -> Reply {
    rig.send("PUT", "/meta-data/latest/api/token", headers, b"").await
}

async fn ask_key(rig: &Rig, tokens: &[&str]) -> Reply {
    let headers: Vec<_> = tokens.iter().map(|token| ("X-Metadata-Token", *token)).collect();
    rig.send("GET", "/openstack/latest/securitykey", &headers, b"")
        .await
}

async fn assert_signs(rig: &Rig, reply: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    let draft = Draft::new(rig, "GET", &rig.tasks_path());
    assert_eq!(draft.send(rig, &Key::temporary(reply)).await.status, 200);
}

fn assert_unauthorized(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (401, b"Unauthorized".as_slice())
    );
}

#[tokio::test]
async fn keys_come_with_and_without_a_token() {
    let rig = Rig::start(|builder| builder).await;
    let reply = ask_token(&rig, &[(TTL, "21600")]).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("text/plain"));
    let token = String::from_utf8(reply.body).unwrap();
    let reply = ask_key(&rig, &[&token]).await;
    assert_eq!(
        reply.json()["credential"]["expires_at"],
        "2024-03-02T10:00:00.000000Z"
    );
    assert_signs(&rig, &reply).await;
    assert_signs(&rig, &ask_key(&rig, &[]).await).await;
    assert_unauthorized(&ask_key(&rig, &["wrong"]).await);
    assert_unauthorized(&ask_key(&rig, &[""]).await);
    assert_unauthorized(&ask_key(&rig, &[&token, &token]).await);
}

#[tokio::test]
async fn a_token_may_be_required_and_ends() {
    let rig = Rig::start(|builder| builder.metadata_tokens(MetadataTokens::Required)).await;
    assert_unauthorized(&ask_key(&rig, &[]).await);
    let token = String::from_utf8(ask_token(&rig, &[(TTL, "60")]).await.body).unwrap();
    rig.advance(Duration::from_millis(59_999));
    assert_signs(&rig, &ask_key(&rig, &[&token]).await).await;
    rig.advance(Duration::from_millis(1));
    assert_unauthorized(&ask_key(&rig, &[&token]).await);
}

#[tokio::test]
async fn without_the_feature_there_is_no_token_and_none_is_looked_at() {
    let rig = Rig::start(|builder| builder.metadata_tokens(MetadataTokens::Absent)).await;
    assert_eq!(ask_token(&rig, &[(TTL, "21600")]).await.status, 404);
    assert_signs(&rig, &ask_key(&rig, &["anything"]).await).await;
}

#[tokio::test]
async fn a_token_needs_its_lifetime() {
    let rig = Rig::start(|builder| builder).await;
    for headers in [
        &[][..],
        &[(TTL, "")],
        &[(TTL, "0")],
        &[(TTL, "21601")],
        &[(TTL, "-1")],
        &[(TTL, "+60")],
        &[(TTL, "99999999999999999999999")],
        &[(TTL, "60"), (TTL, "60")],
    ] {
        assert_eq!(ask_token(&rig, headers).await.status, 400, "{headers:?}");
    }
    assert_eq!(ask_token(&rig, &[(TTL, "1")]).await.status, 200);
}

#[tokio::test]
async fn keys_live_as_long_as_the_option_says() {
    let rig = Rig::start(|builder| builder.key_ttl(Duration::from_secs(10))).await;
    let reply = ask_key(&rig, &[]).await;
    assert_eq!(
        reply.json()["credential"]["expires_at"],
        "2024-03-01T10:00:10.000000Z"
    );
    rig.advance(Duration::from_secs(10));
    let draft = Draft::new(&rig, "GET", &rig.tasks_path());
    let reply = draft.send(&rig, &Key::temporary(&reply)).await;
    assert_eq!(reply.error(), (401, "APIGW.0301".to_owned()));
}
