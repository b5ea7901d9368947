//! Each program ends by itself and is content with what it got.

use std::process::Command;

#[track_caller]
fn succeeds(program: &str, says: &str) {
    let output = Command::new(program).output().expect("the program starts");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{program}: {}\n{out}{err}",
        output.status
    );
    assert!(out.contains(says), "{program} should say {says:?}\n{out}{err}");
}

#[test]
fn axum_service() {
    succeeds(env!("CARGO_BIN_EXE_axum_service"), "a file through the service");
}

#[test]
fn current_thread() {
    succeeds(env!("CARGO_BIN_EXE_current_thread"), "8 exports on one thread");
}

#[test]
fn two_runtimes() {
    succeeds(env!("CARGO_BIN_EXE_two_runtimes"), "the other runtime went on");
}

#[test]
fn tenants() {
    succeeds(env!("CARGO_BIN_EXE_tenants"), "each tenant got its own sessions");
}

#[test]
fn metrics() {
    succeeds(env!("CARGO_BIN_EXE_metrics"), "session_export_calls_total");
}

#[test]
fn own_clock() {
    succeeds(env!("CARGO_BIN_EXE_own_clock"), "an hour passed");
}
