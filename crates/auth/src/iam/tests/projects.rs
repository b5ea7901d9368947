use chrono::DateTime;

use super::*;
use crate::{AuthErrorKind, TokenAuthenticator};

fn authenticator() -> TokenAuthenticator<StaticToken> {
    TokenAuthenticator::new(held("MIIheld"))
}

#[tokio::test]
async fn a_project_is_found_by_its_name() {
    let check = |request: &Request| {
        assert_eq!(request.method(), "GET");
        assert_eq!(
            request.uri(),
            "https://iam.example.com/v3/projects?name=cn-north-4"
        );
        assert_eq!(request.headers()["x-auth-token"], "MIIheld");
    };
    let answer =
        r#"{"projects":[{"id":"a4da8115","name":"cn-north-4","enabled":true}],"links":{"self":"x"}}"#;
    let iam = iam_once(check, move || response(200, None, answer));
    let found = iam
        .find_project(&authenticator(), "cn-north-4", DateTime::UNIX_EPOCH)
        .await;
    assert_eq!(found.unwrap().as_str(), "a4da8115");
}

#[tokio::test]
async fn none_or_several_are_not_one() {
    for (answer, expected) in [
        (
            r#"{"projects":[]}"#,
            "the project was not found: IAM lists no project named \"cn-north-4\" for this user; check the region, or \
             give the project's id",
        ),
        (
            r#"{"projects":[{"id":"p1"},{"id":"p2"}]}"#,
            "the project was not found: IAM lists 2 projects named \"cn-north-4\": p1, p2; give the id of one",
        ),
        (
            "{}",
            "the issuer's answer was not understood: its body has not a list of projects (line 1, column 2)",
        ),
    ] {
        let iam = iam_once(|_| (), move || response(200, None, answer));
        let error = iam
            .find_project(&authenticator(), "cn-north-4", DateTime::UNIX_EPOCH)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_token_is_described_by_iam() {
    let check = |request: &Request| {
        assert_eq!(request.method(), "GET");
        assert_eq!(
            request.uri(),
            "https://iam.example.com/v3/auth/tokens?nocatalog=true"
        );
        assert_eq!(request.headers()["x-auth-token"], "MIIheld");
        assert_eq!(request.headers()["x-subject-token"], "MIIheld");
        assert!(request.headers()["x-subject-token"].is_sensitive());
    };
    let iam = iam_once(check, || response(200, None, ANSWER));
    let token = Token::new("MIIheld").unwrap();
    let description = iam.describe(&token).await.unwrap();
    assert_eq!(description.user, "user005");
    assert_eq!(description.domain.as_deref(), Some("account-a"));
    assert_eq!(description.project_name.as_deref(), Some("cn-north-4"));
    assert_eq!(description.methods, ["password"]);
    assert_eq!(
        description.expires_at,
        "2024-02-28T03:47:51.701Z"
            .parse::<DateTime<chrono::Utc>>()
            .unwrap()
    );

    let revoked =
        r#"{"error":{"code":404,"message":"X-Subject-Token is invalid in the request","title":"Not Found"}}"#;
    let iam = iam_once(|_| (), move || response(404, None, revoked));
    let error = iam.describe(&token).await.unwrap_err();
    assert!(
        matches!(error.kind(), AuthErrorKind::Refused(refusal) if refusal.status == 404),
        "{error}"
    );
    assert!(!error.to_string().contains("MII"));
}
