//! The whole product of effect and failure, and the table in `docs/` that is made of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use session_export_auth::{AuthErrorKind, Refusal};

use super::*;

const EFFECTS: [Effect; 3] = [Effect::ReadOnly, Effect::Idempotent, Effect::CreatesWork];
const KINDS: [TransportErrorKind; 11] = [
    TransportErrorKind::Resolve,
    TransportErrorKind::Connect,
    TransportErrorKind::ConnectTimeout,
    TransportErrorKind::Tls,
    TransportErrorKind::Closed,
    TransportErrorKind::Protocol,
    TransportErrorKind::BodyIncomplete,
    TransportErrorKind::BodyTooLarge,
    TransportErrorKind::TimedOut,
    TransportErrorKind::Unsupported,
    TransportErrorKind::Other,
];
const DELIVERIES: [Delivery; 2] = [Delivery::NotSent, Delivery::Unknown];
const REJECTED: [&str; 2] = ["APIGW.0613", "APIG.0613"];
const OTHER_CODES: [&str; 8] = [
    "APIGW.0201",
    "APIGW.0203",
    "APIGW.0308",
    "APIGW.0610",
    "APIGW.06130",
    "IAM.0012",
    "WKS.00050902",
    "0613",
];
const HINT: Duration = Duration::from_secs(7);
const AGAIN: Verdict = Verdict::Retry {
    at_least: Duration::ZERO,
};

/// The verdicts on what will not pass, and may have been the answer to work that was done.
const UNKNOWN: Row = [Verdict::Stop, Verdict::Stop, Verdict::Ambiguous];

/// A verdict for each effect, in the order of [`EFFECTS`].
type Row = [Verdict; 3];

fn row(failure: Failure<'_>) -> Row {
    EFFECTS.map(|effect| classify(effect, failure))
}

fn answer(status: u16, code: Option<&str>, hint: Option<Duration>) -> Failure<'_> {
    let status = StatusCode::from_u16(status).unwrap();
    Failure::Answer { status, code, hint }
}

#[test]
fn what_the_service_answered() {
    for status in 100..=599 {
        for hint in [None, Some(HINT)] {
            let again = Verdict::Retry {
                at_least: hint.unwrap_or_default(),
            };
            let codes = [None]
                .into_iter()
                .chain(REJECTED.iter().chain(&OTHER_CODES).copied().map(Some));
            for code in codes {
                let rejected = code.is_some_and(|code| REJECTED.contains(&code));
                let expected = match status {
                    401 => [Verdict::Renew; 3],
                    429 => [again; 3],
                    408 | 500 | 502 | 503 | 504 if rejected => [again; 3],
                    408 | 500 | 502 | 503 | 504 => [again, again, Verdict::Ambiguous],
                    500.. if !rejected => UNKNOWN,
                    _ => [Verdict::Stop; 3],
                };
                assert_eq!(
                    row(answer(status, code, hint)),
                    expected,
                    "{status} {code:?} {hint:?}"
                );
            }
        }
    }
}

#[test]
fn what_the_transport_said() {
    for kind in KINDS {
        let lasting = matches!(
            kind,
            TransportErrorKind::Tls | TransportErrorKind::Unsupported | TransportErrorKind::BodyTooLarge
        );
        let read = if lasting { Verdict::Stop } else { AGAIN };
        for (delivery, submit) in [(Delivery::NotSent, read), (Delivery::Unknown, Verdict::Ambiguous)] {
            assert_eq!(
                row(Failure::Transport { kind, delivery }),
                [read, read, submit],
                "{kind:?} {delivery:?}"
            );
        }
    }
}

#[test]
fn a_missing_credential_is_the_same_for_every_operation() {
    for status in 100..=599 {
        for hint in [None, Some(HINT)] {
            let mut refusal = Refusal::new(StatusCode::from_u16(status).unwrap());
            refusal.retry_after = hint;
            let expected = match status {
                408 | 429 | 500 | 502 | 503 | 504 => Verdict::Retry {
                    at_least: hint.unwrap_or_default(),
                },
                _ => Verdict::Stop,
            };
            let error = refusal.into();
            assert_eq!(
                row(Failure::Credential(&error)),
                [expected; 3],
                "{status} {hint:?}"
            );
        }
    }
    for (kind, expected) in [
        (AuthErrorKind::Unreachable, AGAIN),
        (AuthErrorKind::Reply, Verdict::Stop),
        (AuthErrorKind::PlainHttp, Verdict::Stop),
        (AuthErrorKind::InvalidCredential, Verdict::Stop),
        (AuthErrorKind::Expired, Verdict::Stop),
        (AuthErrorKind::Rejected, Verdict::Stop),
        (AuthErrorKind::NoProject, Verdict::Stop),
        (AuthErrorKind::TimedOut, Verdict::Stop),
        (AuthErrorKind::Other, Verdict::Stop),
    ] {
        let error = AuthError::new(kind);
        assert_eq!(row(Failure::Credential(&error)), [expected; 3], "{error}");
    }
}

#[test]
fn the_rest_is_final() {
    let unreadable = |delivery| row(Failure::Unreadable { delivery });
    let deadline = |delivery| row(Failure::Deadline { delivery });
    for of in [unreadable, deadline] {
        assert_eq!(of(Delivery::NotSent), [Verdict::Stop; 3]);
        assert_eq!(of(Delivery::Unknown), UNKNOWN);
    }
}

#[test]
fn the_table_in_the_docs_is_the_functions() {
    session_export_pages::compare("reliability.md", "retry", table());
}

/// Rows with the same verdicts are one, in the order in which they first come.
#[derive(Default)]
struct Rows(Vec<(Row, Vec<String>)>);

impl Rows {
    fn add(&mut self, verdicts: Row, name: impl Into<String>) {
        match self.0.iter_mut().find(|(row, _)| *row == verdicts) {
            Some((_, names)) => names.push(name.into()),
            None => self.0.push((verdicts, vec![name.into()])),
        }
    }

    fn write(self, text: &mut String, what: &str) {
        for (verdicts, names) in self.0 {
            let [read, delete, submit] = verdicts.map(word);
            writeln!(
                text,
                "| {what}{} | {read} | {delete} | {submit} |",
                names.join(", ")
            )
            .unwrap();
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Stop => "stop",
        Verdict::Ambiguous => "**ambiguous**",
        Verdict::Renew => "new credential",
        Verdict::Retry { at_least } if at_least == HINT => "again, after its hint",
        Verdict::Retry { .. } => "again",
    }
}

fn table() -> String {
    let mut text = "\n| failure | reads: `list_sessions`, `list_tasks`, `download` | `delete_tasks` | \
                    `export_sessions` and the other exports (submit) |\n|---|---|---|---|\n"
        .to_owned();
    for (delivery, what) in [
        (Delivery::NotSent, "nothing was sent: "),
        (Delivery::Unknown, "sent, and no whole response: "),
    ] {
        let mut rows = Rows::default();
        for kind in KINDS {
            rows.add(row(Failure::Transport { kind, delivery }), format!("`{kind:?}`"));
        }
        rows.write(&mut text, what);
    }
    statuses(&mut text);
    credentials(&mut text);
    let mut rows = Rows::default();
    let delivery = Delivery::Unknown;
    rows.add(
        row(Failure::Unreadable { delivery }),
        "a success that cannot be understood",
    );
    rows.write(&mut text, "");
    for (delivery, name) in DELIVERIES
        .into_iter()
        .zip(["before anything was sent", "in flight"])
    {
        let mut rows = Rows::default();
        rows.add(row(Failure::Deadline { delivery }), name);
        rows.write(&mut text, "the deadline passes ");
    }
    text.push('\n');
    text
}

fn statuses(text: &mut String) {
    // Every status and code is asked; the many that only stop make one row.
    let mut rows: BTreeMap<String, Rows> = BTreeMap::new();
    let (mut stopped, mut unknown) = (0, 0);
    for status in 100..=599 {
        let verdicts = row(answer(status, None, Some(HINT)));
        if verdicts == [Verdict::Stop; 3] {
            stopped += 1;
            continue;
        }
        if verdicts == UNKNOWN {
            unknown += 1;
            continue;
        }
        rows.entry(String::new())
            .or_default()
            .add(verdicts, status.to_string());
        for code in REJECTED.iter().chain(&OTHER_CODES) {
            let with_code = row(answer(status, Some(code), Some(HINT)));
            if with_code != verdicts {
                rows.entry(format!(" with `{code}`"))
                    .or_default()
                    .add(with_code, status.to_string());
            }
        }
    }
    for (code, rows) in rows {
        for (verdicts, names) in rows.0 {
            let mut one = Rows::default();
            one.add(verdicts, format!("{}{code}", names.join(", ")));
            one.write(text, "answered ");
        }
    }
    let mut rest = Rows::default();
    rest.add(UNKNOWN, format!("any other 5xx ({unknown} statuses)"));
    rest.add(
        [Verdict::Stop; 3],
        format!("any other status ({stopped} of 500: 3xx, 4xx, …)"),
    );
    rest.write(text, "answered ");
}

fn credentials(text: &mut String) {
    let mut rows = Rows::default();
    let mut refused = Rows::default();
    for status in 400..=599 {
        let mut refusal = Refusal::new(StatusCode::from_u16(status).unwrap());
        refusal.retry_after = Some(HINT);
        let verdicts = row(Failure::Credential(&refusal.into()));
        if verdicts != [Verdict::Stop; 3] {
            refused.add(verdicts, status.to_string());
        }
    }
    for (verdicts, names) in refused.0 {
        rows.add(verdicts, format!("the issuer answers {}", names.join(", ")));
    }
    rows.add(
        row(Failure::Credential(&AuthError::new(AuthErrorKind::Unreachable))),
        "the issuer cannot be reached",
    );
    rows.add(
        row(Failure::Credential(&AuthError::new(AuthErrorKind::TimedOut))),
        "it takes too long, is refused, or anything else",
    );
    rows.write(text, "no credential: ");
}
