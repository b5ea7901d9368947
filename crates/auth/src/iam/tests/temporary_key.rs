use std::time::Duration;

use super::*;
use crate::ProvideAccessKey;

const KEY: &str = r#"{"credential":{"access":"AKTEMPORARY","secret":"SKtemporary","securitytoken":"STtemporary",
    "expires_at":"2020-01-08T03:50:07.574000Z"}}"#;

#[tokio::test]
async fn a_key_is_fetched_for_a_token_or_through_an_agency() {
    let agency = || Agency::of_domain_name("ops", "account-b");
    let plain = |iam| IamTemporaryKey::new(iam, held("MIIholder"));
    let hour = Duration::from_secs(3_600);
    type Make<'a> = Box<dyn Fn(Iam) -> IamTemporaryKey<StaticToken> + 'a>;
    let cases: [(Make<'_>, &str); 4] = [
        (Box::new(plain), r#"{"methods":["token"],"token":{}}"#),
        (
            Box::new(|iam| plain(iam).duration(hour).unwrap()),
            r#"{"methods":["token"],"token":{"duration_seconds":3600}}"#,
        ),
        (
            Box::new(|iam| plain(iam).agency(agency())),
            r#"{"methods":["assume_role"],"assume_role":{"agency_name":"ops","domain_name":"account-b"}}"#,
        ),
        (
            Box::new(|iam| {
                plain(iam)
                    .agency_as(agency(), "night-job")
                    .duration(hour)
                    .unwrap()
            }),
            r#"{"methods":["assume_role"],"assume_role":{"agency_name":"ops","domain_name":"account-b","duration_seconds":3600,"session_user":{"name":"night-job"}}}"#,
        ),
    ];
    for (make, expected) in cases {
        let check = move |request: &Request| {
            assert_eq!(request.method(), "POST");
            assert_eq!(
                request.uri(),
                "https://iam.example.com/v3.0/OS-CREDENTIAL/securitytokens"
            );
            assert_eq!(request.headers()["x-auth-token"], "MIIholder");
            assert_eq!(body(request), format!(r#"{{"auth":{{"identity":{expected}}}}}"#));
        };
        let provider = make(iam_once(check, || response(201, None, KEY)));
        let key = provider.provide_access_key().await.unwrap();
        assert_eq!((key.id(), key.expose_secret()), ("AKTEMPORARY", "SKtemporary"));
        assert!(key.is_temporary());
        assert_eq!(key.expires_at(), "2020-01-08T03:50:07.574Z".parse().ok());
        assert!(
            !format!("{provider:?} {key:?}").contains("temporary\""),
            "{key:?}"
        );
    }
}

#[test]
fn a_life_outside_its_bounds_is_refused() {
    let mut transport = MockTransport::new();
    transport.expect_send().times(0);
    let iam = Iam::new(transport, "https://iam.example.com".parse().unwrap());
    for (seconds, allowed) in [(899, false), (900, true), (86_400, true), (86_401, false)] {
        let provider = IamTemporaryKey::new(iam.clone(), held("MII")).duration(Duration::from_secs(seconds));
        assert_eq!(provider.is_ok(), allowed, "{seconds}");
        if let Err(error) = provider {
            assert!(error.to_string().contains(&format!("{seconds} s")), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_whole_key_is_an_error_that_shows_nothing() {
    for (status, answer, expected) in [
        (
            201,
            r#"{"credential":{"access":"AK","secret":"hunter2"}}"#,
            "Reply",
        ),
        (201, &KEY.replace("2020-01-08T", "hunter2"), "Reply"),
        (201, &KEY.replace("SKtemporary", "hunter 2"), "InvalidCredential"),
        (201, "hunter2", "Reply"),
        (403, r#"{"error_code":"IAM.0002","error_msg":"No."}"#, "Refused"),
    ] {
        let answer = answer.to_owned();
        let iam = iam_once(|_| (), move || response(status, None, &answer));
        let error = IamTemporaryKey::new(iam, held("MII"))
            .provide_access_key()
            .await
            .unwrap_err();
        assert!(format!("{:?}", error.kind()).starts_with(expected), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter"), "{error:?}");
    }
}
