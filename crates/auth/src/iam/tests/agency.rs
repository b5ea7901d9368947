use super::*;
use crate::{AuthErrorKind, MockProvideToken, ProvideToken};

#[tokio::test]
async fn a_token_is_exchanged_for_another_scope() {
    for (scope, expected) in [
        (
            TokenScope::project_id("a4da8115".parse().unwrap()),
            r#"{"project":{"id":"a4da8115"}}"#,
        ),
        (TokenScope::domain_id("d-1"), r#"{"domain":{"id":"d-1"}}"#),
        (
            TokenScope::domain_name("account-a"),
            r#"{"domain":{"name":"account-a"}}"#,
        ),
    ] {
        let check = move |request: &Request| {
            assert_eq!(request.method(), "POST");
            assert_eq!(
                request.uri(),
                "https://iam.example.com/v3/auth/tokens?nocatalog=true"
            );
            assert!(!request.headers().contains_key("x-auth-token"));
            assert_eq!(
                body(request),
                format!(
                    r#"{{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"MIIfirst"}}}},"scope":{expected}}}}}"#
                )
            );
        };
        let iam = iam_once(check, || response(201, Some("MIIsecond"), ANSWER));
        let token = IamExchange::new(iam, held("MIIfirst"), scope)
            .provide_token()
            .await
            .unwrap();
        assert_eq!(token.expose_secret(), "MIIsecond");
        assert!(token.project_id().is_some() && token.expires_at().is_some());
    }
}

#[tokio::test]
async fn an_agency_is_taken_on_with_the_holders_token() {
    for (agency, expected) in [
        (
            Agency::of_domain_id("ops", "d-2"),
            r#"{"agency_name":"ops","domain_id":"d-2"}"#,
        ),
        (
            Agency::of_domain_name("ops", "account-b"),
            r#"{"agency_name":"ops","domain_name":"account-b"}"#,
        ),
    ] {
        let check = move |request: &Request| {
            assert_eq!(request.headers()["x-auth-token"], "MIIholder");
            assert!(request.headers()["x-auth-token"].is_sensitive());
            assert_eq!(
                body(request),
                format!(
                    r#"{{"auth":{{"identity":{{"methods":["assume_role"],"assume_role":{expected}}},"scope":{{"project":{{"name":"cn-north-4"}}}}}}}}"#
                )
            );
        };
        let iam = iam_once(check, || response(201, Some("MIIagency"), ANSWER));
        let scope = TokenScope::project_name("cn-north-4");
        let provider = IamAgency::new(iam, held("MIIholder"), agency, scope);
        assert!(
            provider.can_renew(),
            "another token can be had for the same holder's"
        );
        assert_eq!(
            provider.provide_token().await.unwrap().expose_secret(),
            "MIIagency"
        );
        assert!(!format!("{provider:?}").contains("MII"), "{provider:?}");
    }
}

#[tokio::test]
async fn without_the_first_token_iam_is_not_asked() {
    let failing = || {
        let mut first = MockProvideToken::new();
        first
            .expect_provide_token()
            .times(2)
            .returning(|| Err(AuthError::new(AuthErrorKind::TimedOut)));
        Arc::new(first)
    };
    let mut transport = MockTransport::new();
    transport.expect_send().times(0);
    let iam = Iam::new(transport, "https://iam.example.com".parse().unwrap());
    let first = failing();
    let scope = || TokenScope::domain_id("d");
    let exchange = IamExchange::new(iam.clone(), first.clone(), scope());
    let agency = IamAgency::new(iam, first, Agency::of_domain_id("ops", "d-2"), scope());
    for error in [
        exchange.provide_token().await.unwrap_err(),
        agency.provide_token().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), &AuthErrorKind::TimedOut);
    }
}
