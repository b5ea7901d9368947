//! What an operation does to the service, and so what a failure of it means.

use http::StatusCode;

/// What an operation does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It changes nothing.
    ReadOnly,
    /// Doing it twice leaves the same state as doing it once.
    Idempotent,
    /// Doing it twice does the work twice.
    CreatesWork,
}

/// Whether an error answer leaves open if the work was created.
///
/// A 5xx or 408 may come from a gateway that gave up on a backend which went on. `APIGW.0613` with 503 proves the
/// contrary: the gateway could not even ask IAM who is calling, so the request never went further.
pub(super) fn leaves_outcome_open(effect: Effect, status: StatusCode, code: Option<&str>) -> bool {
    effect == Effect::CreatesWork
        && matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504)
        && !matches!(code, Some("APIGW.0613" | "APIG.0613"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_submit_and_only_an_unclear_answer_is_open() {
        for status in [
            400, 401, 403, 404, 405, 408, 413, 415, 429, 494, 500, 501, 502, 503, 504,
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let unclear = matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504);
            assert_eq!(
                leaves_outcome_open(Effect::CreatesWork, status, None),
                unclear,
                "{status}"
            );
            assert_eq!(
                leaves_outcome_open(Effect::CreatesWork, status, Some("WKS.00211401")),
                unclear,
                "{status}"
            );
            assert!(!leaves_outcome_open(
                Effect::CreatesWork,
                status,
                Some("APIGW.0613")
            ));
            assert!(!leaves_outcome_open(Effect::ReadOnly, status, None));
            assert!(!leaves_outcome_open(Effect::Idempotent, status, None));
        }
    }
}
