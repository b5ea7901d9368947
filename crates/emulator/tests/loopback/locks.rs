//! Wrong passwords: when they lock the user, and for how long.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::Rig;

const WRONG: &str = "The username or password is wrong.";
const LOCKED: &str = "The user is locked after too many failed log-ins (IAM.0061). Try again later.";

fn wrong(rig: &Rig) -> Value {
    let mut body = rig.credentials();
    body["auth"]["identity"]["password"]["user"]["password"] = json!("wrong");
    body
}

async fn fail(rig: &Rig, times: usize, body: &Value, message: &str) {
    for _ in 0..times {
        let reply = rig.ask_token("", body).await;
        assert_eq!(reply.identity_error(), (401, message.to_owned()));
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_user_for_fifteen_minutes() {
    let rig = Rig::start(|builder| builder).await;
    let (right, wrong) = (rig.credentials(), wrong(&rig));
    fail(&rig, 4, &wrong, WRONG).await;
    assert_eq!(rig.ask_token("", &right).await.status, 201);
    fail(&rig, 5, &wrong, WRONG).await;
    fail(&rig, 1, &wrong, LOCKED).await;
    fail(&rig, 2, &right, LOCKED).await;
    // Tokens that there are already still work.
    assert_eq!(rig.get(&rig.tasks_path()).await.status, 200);
    rig.advance(Duration::from_millis(899_999));
    fail(&rig, 1, &right, LOCKED).await;
    rig.advance(Duration::from_millis(1));
    fail(&rig, 4, &wrong, WRONG).await;
    assert_eq!(rig.ask_token("", &right).await.status, 201);
}

#[tokio::test]
async fn the_number_and_the_span_are_options() {
    let rig = Rig::start(|builder| {
        builder
            .password_attempts(1)
            .password_lock(Duration::from_secs(10))
    })
    .await;
    fail(&rig, 1, &wrong(&rig), WRONG).await;
    fail(&rig, 1, &rig.credentials(), LOCKED).await;
    rig.advance(Duration::from_secs(10));
    assert_eq!(rig.ask_token("", &rig.credentials()).await.status, 201);

    let rig = Rig::start(|builder| builder.password_attempts(0)).await;
    fail(&rig, 30, &wrong(&rig), WRONG).await;
    assert_eq!(rig.ask_token("", &rig.credentials()).await.status, 201);
}

#[tokio::test]
async fn only_failures_of_the_user_count() {
    let rig = Rig::start(|builder| builder.totp_passcode("123456")).await;
    let right = rig.credentials();
    let with = |pointer: &str, value: Value| {
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let nobody = with("/auth/identity/password/user/name", json!("nobody"));
    fail(&rig, 9, &nobody, WRONG).await;
    let alone = with("/auth/identity/methods", json!(["password"]));
    fail(&rig, 9, &alone, "The user has to log in with a passcode as well.").await;
    for _ in 0..9 {
        let broken = with("/auth/scope", json!(null));
        assert_eq!(rig.ask_token("", &broken).await.status, 400);
    }
    assert_eq!(rig.ask_token("", &right).await.status, 201);
    let passcode = with("/auth/identity/totp/user/passcode", json!("000000"));
    fail(&rig, 5, &passcode, "The passcode is wrong.").await;
    fail(&rig, 1, &right, LOCKED).await;
}
