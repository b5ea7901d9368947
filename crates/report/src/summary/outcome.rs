//! Whether a session could be created.

use session_export_model::{SessionInfo, SessionState};

/// What `failed_code` and `failed_reason` are of a session that was created.
const SUCCESS_CODE: &str = "WKS.00000000";
const SUCCESS_REASON: &str = "success";

/// What a session says about its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Creation<'a> {
    Succeeded,
    /// An empty text is one that is not there.
    Failed {
        code: &'a str,
        reason: &'a str,
    },
    Unknown,
}

impl<'a> Creation<'a> {
    /// The code decides where there is one, else the reason, else the state `InitFail`.
    pub(super) fn of(session: &'a SessionInfo) -> Self {
        let code = session.failed_code.as_deref().unwrap_or_default().trim();
        let reason = session.failed_reason.as_deref().unwrap_or_default().trim();
        let is_success = reason.eq_ignore_ascii_case(SUCCESS_REASON);
        match code {
            SUCCESS_CODE => Self::Succeeded,
            "" if is_success => Self::Succeeded,
            "" if reason.is_empty() && session.session_state != Some(SessionState::InitFail) => Self::Unknown,
            // A code of failure beside the word for success is a failure for no reason that is given.
            _ => Self::Failed {
                code,
                reason: if is_success { "" } else { reason },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_decides_then_the_reason_then_the_state() {
        let failed = |code, reason| Creation::Failed { code, reason };
        for (code, reason, state, expected) in [
            (Some("WKS.00000000"), Some("success"), None, Creation::Succeeded),
            (
                Some("WKS.00000000"),
                Some("odd"),
                Some("InitFail"),
                Creation::Succeeded,
            ),
            (Some(""), Some("success"), Some("AppcInit"), Creation::Succeeded),
            (None, Some("Success "), None, Creation::Succeeded),
            (
                Some("WKS.0407"),
                Some("busy"),
                Some("SignedOut"),
                failed("WKS.0407", "busy"),
            ),
            (Some("WKS.0407"), Some("success"), None, failed("WKS.0407", "")),
            (Some("WKS.0407"), None, None, failed("WKS.0407", "")),
            (None, Some("busy"), None, failed("", "busy")),
            (None, None, Some("InitFail"), failed("", "")),
            (Some(""), Some(""), Some("Active"), Creation::Unknown),
            (None, None, None, Creation::Unknown),
        ] {
            let mut session = SessionInfo::default();
            session.failed_code = code.map(str::to_owned);
            session.failed_reason = reason.map(str::to_owned);
            session.session_state = state.map(SessionState::from);
            assert_eq!(Creation::of(&session), expected, "{code:?} {reason:?} {state:?}");
        }
    }
}
