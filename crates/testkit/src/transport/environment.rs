//! A second process, for what only another environment shows.

use std::process::{Command, Stdio};

use session_export_transport::Transport;

use super::context::{Make, get};
use super::{Finding, Setup};

/// Set in the second process: the URL to request, and the suite whose transport is to do it.
const URL: &str = "SESSION_EXPORT_TESTKIT_URL";
const SUITE: &str = "SESSION_EXPORT_TESTKIT_SUITE";

/// Whether this is a second process. If it was started for this suite, it sends the one request and ends.
pub(super) fn is_child(suite: &str, make: &Make) -> bool {
    let Ok(url) = std::env::var(URL) else { return false };
    if std::env::var(SUITE).as_deref() != Ok(suite) {
        return true;
    }
    let sent = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .is_ok_and(|runtime| {
            runtime.block_on(async {
                let (Ok(transport), Ok(uri)) = (make(&Setup::default()), url.parse()) else {
                    return false;
                };
                transport.send(get(uri)).await.is_ok()
            })
        });
    std::process::exit(i32::from(!sent));
}

/// Requests `url` from a second process that has these variables besides its own.
///
/// # Errors
///
/// A [`Finding`] when there can be no second process, or the request fails in it.
pub(super) async fn request_with(
    suite: String,
    url: String,
    variables: Vec<(&'static str, String)>,
) -> Result<(), Finding> {
    let program = std::env::current_exe()?;
    let run = move || {
        Command::new(program)
            .env(URL, url)
            .env(SUITE, suite)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    let status = tokio::task::spawn_blocking(run).await??;
    if status.success() {
        Ok(())
    } else {
        Err(Finding::new(
            "the request failed in a process whose environment names a proxy",
        ))
    }
}
