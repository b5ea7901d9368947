//! What goes wrong: every kind of fault that the emulator has, at every operation of the job, for three calls of ten.
//!
//! Left out are the lies that no client can see through, because the API gives it nothing to compare with:
//!
//! - an answer that names a task which is not the caller's (`task_id: wrong`, `corrupt` within an id);
//! - a file that was changed or shortened without a trace (`corrupt` and `shorten` of a download): there is no checksum, and
//!   what TLS carries cannot be changed on the way;
//! - a refusal (4xx, 401, 429, `APIGW.0613`, an error code in a 200) of what was carried out all the same;
//! - a list whose `Date` is off by more than the two seconds that the client allows the service's hosts.
//!
//! `revoke_keys` is left out since nobody has a temporary key.

use std::time::Duration;

use session_export_emulator::{
    Cut, Fate, Fault, FaultOperation, FaultScript, RetryHint, TaskIdFault, WindowUnit,
};

use super::time::FOREVER;

/// Which share of the calls of every operation goes wrong.
const SHARE: f64 = 0.3;

/// One kind of fault, and how common it is among them.
type Kind = (f64, Fault);

/// What is as common as any other.
const USUAL: f64 = 1.0;
/// What ends an export at once, or takes a minute: rarer, so that most get further.
const RARE: f64 = 0.25;
/// What concerns everybody at once.
const RAREST: f64 = 0.02;

/// The script of a run. `each_project` draws for every project by itself, so that an export of its own project meets the same
/// faults whatever the others do.
pub(crate) fn chaos(seed: u64, each_project: bool) -> FaultScript {
    let operations = [
        (FaultOperation::CreateToken, of_answers()),
        (FaultOperation::ExportSessions, of_submit()),
        (FaultOperation::ListExportTasks, of_list()),
        (FaultOperation::DownloadExportFile, of_download()),
    ];
    let mut script = FaultScript::new().seed(seed);
    for (operation, kinds) in operations {
        let kinds = kinds
            .into_iter()
            .map(|(weight, fault)| (weight, fault.on(operation)));
        let whole: Vec<Kind> = kinds.collect();
        let sum: f64 = whole.iter().map(|(weight, _)| weight).sum();
        // The first fault that fits a call happens, so a later one has to fit more of those that are left.
        let mut before = 0.0;
        for (weight, fault) in whole {
            let share = SHARE * weight / sum;
            let fault = fault.probability((share / (1.0 - before)).min(1.0));
            before += share;
            script = script.with(if each_project { fault.per_project() } else { fault });
        }
    }
    script
}

/// A submit that is lost more often than not, and carried out in about half of the cases.
pub(crate) fn lost_submits(seed: u64) -> FaultScript {
    let lost = |carried_out: bool, probability: f64| {
        Fault::close(Cut::BeforeHead)
            .on(FaultOperation::ExportSessions)
            .carried_out(carried_out)
            .probability(probability)
    };
    FaultScript::new()
        .seed(seed)
        .with(lost(true, 0.35))
        .with(lost(false, 0.5))
}

/// Connections that break, at every place at which they can.
fn of_connections() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for make in [Fault::reset, Fault::close] {
        for at in [Cut::BeforeHead, Cut::InHead] {
            kinds.push((USUAL, make(at)));
            kinds.push((USUAL, make(at).carried_out(false)));
        }
        kinds.push((USUAL, make(Cut::AfterHead)));
        kinds.push((USUAL, make(Cut::InBody(12))));
    }
    kinds.push((USUAL, Fault::garbage()));
    kinds.push((USUAL, Fault::garbage().carried_out(false)));
    kinds.push((USUAL, Fault::truncate(3)));
    kinds
}

/// Answers that are late, in pieces, or never come.
fn of_time() -> Vec<Kind> {
    vec![
        (USUAL, Fault::delay(Duration::from_millis(20))),
        (USUAL, Fault::delay_body(Duration::from_millis(20))),
        (USUAL, Fault::trickle(40, Duration::from_millis(1))),
        (RARE, Fault::delay(FOREVER)),
        (RARE, Fault::delay_body(FOREVER)),
    ]
}

/// Answers instead of the right one after which a call may be made again.
fn of_service() -> Vec<Kind> {
    vec![
        (USUAL, Fault::status(401)),
        (RARE, Fault::throttled(None)),
        (
            USUAL,
            Fault::throttled(Some(RetryHint::Seconds(5))).with_window(5, WindowUnit::Second),
        ),
        (
            USUAL,
            Fault::throttled(Some(RetryHint::Date(10))).with_window(10, WindowUnit::Second),
        ),
        (USUAL, Fault::unavailable(None)),
        (USUAL, Fault::unavailable(Some(RetryHint::Seconds(3)))),
        (RARE, Fault::status(403)),
        (RARE, Fault::error_in_200("WKS.00010109", "The quota is used up.")),
        (RAREST, Fault::revoke_tokens()),
    ]
}

/// Answers of which nobody knows whether the operation behind them happened, with both.
fn of_gateways() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for carried_out in [false, true] {
        for status in [408, 500, 502, 503, 504] {
            kinds.push((USUAL, Fault::status(status).carried_out(carried_out)));
        }
        kinds.push((USUAL, Fault::html_page(502).carried_out(carried_out)));
        // What no gateway is known to send, and one may.
        kinds.push((RARE, Fault::status(520).carried_out(carried_out)));
        kinds.push((RARE, Fault::html_page(200).carried_out(carried_out)));
    }
    kinds
}

fn of_answers() -> Vec<Kind> {
    let mut kinds = of_connections();
    kinds.extend(of_time());
    kinds.extend(of_service());
    kinds.extend(of_gateways());
    // Neither JSON nor a token.
    kinds.push((RARE, Fault::corrupt(0, 1)));
    kinds.push((RARE, Fault::shorten(1)));
    kinds.push((USUAL, Fault::content_type("text/plain")));
    kinds.push((RARE, Fault::clock(1)));
    kinds.push((RARE, Fault::clock(-1)));
    kinds
}

fn of_submit() -> Vec<Kind> {
    let mut kinds = of_answers();
    for says in [
        TaskIdFault::Missing,
        TaskIdFault::Empty,
        TaskIdFault::Number,
        TaskIdFault::Null,
    ] {
        kinds.push((RARE, Fault::task_id(says)));
    }
    for fate in [
        Fate::Fails,
        Fate::Expires,
        Fate::Hangs,
        Fate::Vanishes,
        Fate::Invisible,
        Fate::UnknownStatus,
    ] {
        kinds.push((RARE, Fault::task(fate)));
    }
    kinds
}

fn of_list() -> Vec<Kind> {
    of_answers()
}

fn of_download() -> Vec<Kind> {
    let mut kinds = of_connections();
    kinds.extend(of_time());
    kinds.extend(of_service());
    kinds.extend(of_gateways());
    for at in [Cut::InBody(300), Cut::InBody(700)] {
        kinds.push((USUAL, Fault::reset(at)));
        kinds.push((USUAL, Fault::close(at)));
    }
    kinds.push((USUAL, Fault::content_type("text/plain")));
    kinds
}
