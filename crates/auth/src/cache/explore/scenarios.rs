//! What is tried, and what it must cost.

use super::*;

fn asks(at: i64) -> Caller {
    Caller { at, rejects: false }
}

fn rejects(at: i64) -> Caller {
    Caller { at, rejects: true }
}

fn empty(callers: Vec<Caller>, outcomes: Vec<Outcome>) -> Scenario {
    Scenario {
        held_until: None,
        callers,
        pends: 2,
        outcomes,
        drops: 0,
        spurious: 0,
    }
}

/// A credential from minute 0 to 60: its last part begins at minute 50.
fn holding(callers: Vec<Caller>, outcomes: Vec<Outcome>) -> Scenario {
    Scenario {
        held_until: Some(60),
        ..empty(callers, outcomes)
    }
}

/// The bounds of the fetches are exact: a run with the least and one with the most must both be among the runs.
#[track_caller]
fn check(scenario: &Scenario, fetches: RangeInclusive<usize>, at_least: usize) {
    let report = explore(scenario);
    eprintln!("{report:?}");
    assert_eq!(report.fetches, fetches);
    assert!(
        report.runs >= at_least,
        "the search has become trivial: {report:?}"
    );
}

use Outcome::{Fails, Panics, Until};

#[test]
fn one_fetch_for_all() {
    let mut scenario = empty(vec![asks(0); 4], vec![Until(60)]);
    check(&scenario, 1..=1, 1_000);
    scenario.callers.pop();
    scenario.spurious = 3;
    check(&scenario, 1..=1, 1_500);
}

#[test]
fn a_failure_is_for_those_who_waited() {
    let mut scenario = empty(vec![asks(0); 4], vec![Until(60), Fails]);
    scenario.pends = 1;
    check(&scenario, 1..=4, 2_000);
    scenario.callers.pop();
    scenario.pends = 2;
    scenario.spurious = 2;
    check(&scenario, 1..=3, 1_500);
}

#[test]
fn who_is_dropped_hands_over() {
    let mut scenario = empty(vec![asks(0); 3], vec![Until(60), Fails]);
    scenario.drops = 2;
    check(&scenario, 1..=3, 6_000);
    scenario.outcomes = vec![Until(60)];
    scenario.spurious = 1;
    check(&scenario, 1..=3, 12_000);
}

#[test]
fn a_panic_hands_over() {
    let mut scenario = empty(vec![asks(0); 3], vec![Panics, Until(60), Fails]);
    scenario.spurious = 1;
    check(&scenario, 1..=3, 7_000);
}

#[test]
fn an_expired_credential_is_a_failure() {
    let mut scenario = empty(vec![asks(0); 3], vec![Until(-1), Until(60)]);
    scenario.spurious = 2;
    check(&scenario, 1..=3, 1_500);
}

#[test]
fn one_renews_and_nobody_else_waits() {
    let mut scenario = holding(vec![asks(55); 4], vec![Until(120), Fails]);
    // A failure and a drop are followed by a pause.
    check(&scenario, 1..=1, 400);
    scenario.drops = 1;
    scenario.spurious = 1;
    check(&scenario, 1..=1, 700);
}

#[test]
fn who_is_too_late_for_the_old_one_waits_for_the_renewal() {
    let mut scenario = holding(vec![asks(55), asks(60), asks(61)], vec![Until(120), Fails]);
    scenario.spurious = 1;
    check(&scenario, 1..=3, 400);
    scenario.drops = 1;
    check(&scenario, 1..=3, 3_000);
}

#[test]
fn callers_whose_clocks_differ_get_what_is_good_for_them() {
    // What is good for the first is too old for the third.
    let mut scenario = empty(vec![asks(0), asks(5), asks(11)], vec![Until(10), Until(70)]);
    scenario.spurious = 2;
    check(&scenario, 1..=2, 3_000);
    // And what the third finds is in its last part for the second.
    scenario.callers = vec![asks(0), asks(9), asks(11)];
    check(&scenario, 1..=3, 3_000);
}

#[test]
fn rejections_of_one_generation_cost_one_fetch() {
    let mut scenario = holding(vec![rejects(10); 2], vec![Until(120), Fails]);
    check(&scenario, 1..=3, 200);
    scenario.outcomes = vec![Until(120)];
    scenario.pends = 1;
    scenario.callers.push(rejects(10));
    check(&scenario, 1..=3, 25_000);
}

#[test]
fn a_rejection_while_a_renewal_is_under_way() {
    let mut scenario = holding(vec![asks(55), rejects(55), asks(55)], vec![Until(120), Fails]);
    scenario.spurious = 1;
    check(&scenario, 1..=4, 3_000);
    scenario.drops = 1;
    scenario.callers.pop();
    check(&scenario, 1..=3, 400);
}
