//! The budgets of `benches/budgets.toml`, and whether a measurement keeps them.

use std::fmt;

use serde::Deserialize;
use session_export_benches::Failure;
use session_export_benches::cases::{Carrier, Operation};

use crate::counts::Measured;

const BUDGETS: &str = include_str!("../../../budgets.toml");

/// All budgets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budgets {
    call: Vec<Budget>,
}

/// What one call may take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    operation: String,
    carrier: String,
    /// Instructions, at most.
    instructions: f64,
    /// Allocations, at most.
    allocations: f64,
    /// Instructions, at most, for each of the floor's.
    ratio: Option<f64>,
    /// Allocations, at most, more than the floor's.
    beyond_floor: Option<f64>,
    /// For a signed submit: instructions, at most, more than the token's and 1.15 times the hashes'.
    beyond_hashes: Option<f64>,
}

/// A budget that is exceeded.
#[derive(Debug, PartialEq)]
pub(crate) struct Excess {
    call: String,
    what: &'static str,
    is: f64,
    most: f64,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, what, is, most } = self;
        let over = (is / most - 1.0) * 100.0;
        write!(
            f,
            "OVER   {call}: {what} {is:.2}, budget {most:.2} ({over:+.1} %)"
        )
    }
}

impl Budgets {
    pub(crate) fn read() -> Result<Self, Failure> {
        let budgets: Self = toml::from_str(BUDGETS)?;
        for budget in &budgets.call {
            budget.operation.parse::<Operation>()?;
            budget.carrier.parse::<Carrier>()?;
        }
        Ok(budgets)
    }

    /// What `measured` exceeds; an error when there is no budget for it, or it lacks what a budget is about.
    pub(crate) fn check(&self, measured: &Measured) -> Result<Vec<Excess>, Failure> {
        let call = format!("{} over {}", measured.operation, measured.carrier);
        let is_for = |budget: &&Budget| {
            budget.operation == measured.operation.to_string()
                && budget.carrier == measured.carrier.to_string()
        };
        let budget = self.call.iter().find(is_for);
        let budget = budget.ok_or_else(|| format!("{call} has no budget in benches/budgets.toml"))?;
        let floor = || measured.floor.ok_or_else(|| format!("{call} has no floor"));
        let mut limits = vec![
            ("instructions", measured.ours.instructions, budget.instructions),
            ("allocations", measured.ours.allocations, budget.allocations),
        ];
        if let Some(ratio) = budget.ratio {
            limits.push((
                "ours / floor",
                measured.ours.instructions / floor()?.instructions,
                ratio,
            ));
        }
        if let Some(more) = budget.beyond_floor {
            let beyond = measured.ours.allocations - floor()?.allocations;
            limits.push(("allocations beyond the floor", beyond, more));
        }
        if let Some(more) = budget.beyond_hashes {
            let beyond = measured
                .beyond_hashes
                .ok_or_else(|| format!("{call} has no hashes"))?;
            limits.push(("instructions beyond token and hashes", beyond, more));
        }
        let excess = limits.into_iter().filter(|(_, is, most)| is > most);
        Ok(excess
            .map(|(what, is, most)| Excess {
                call: call.clone(),
                what,
                is,
                most,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callgrind::Counts;

    fn measured(operation: Operation, share: f64) -> Measured {
        let budgets = Budgets::read().unwrap();
        let budget = budgets
            .call
            .iter()
            .find(|b| b.operation == operation.to_string())
            .unwrap();
        let ours = Counts {
            instructions: budget.instructions * share,
            allocations: budget.allocations * share,
        };
        Measured {
            operation,
            carrier: budget.carrier.parse().unwrap(),
            ours,
            floor: Some(ours),
            beyond_hashes: Some(0.0),
        }
    }

    #[test]
    fn every_call_has_a_budget_that_can_be_exceeded() {
        let budgets = Budgets::read().unwrap();
        for operation in Operation::ALL {
            for carrier in [Carrier::Hyper, Carrier::Reqwest] {
                let kept = Measured {
                    carrier,
                    ..measured(operation, 0.1)
                };
                assert_eq!(budgets.check(&kept).unwrap(), [], "{operation} over {carrier}");
                let exceeded = Measured {
                    carrier,
                    ..measured(operation, 100.0)
                };
                assert!(
                    budgets.check(&exceeded).unwrap().len() >= 2,
                    "{operation} over {carrier}"
                );
            }
        }
        let unknown = Measured {
            carrier: Carrier::Connection,
            ..measured(Operation::Poll, 0.1)
        };
        assert!(budgets.check(&unknown).is_err());
    }

    #[test]
    fn an_excess_says_by_how_much() {
        let budgets = Budgets::read().unwrap();
        let excess = budgets.check(&measured(Operation::Submit, 1.05)).unwrap();
        assert!(excess[0].to_string().ends_with("(+5.0 %)"), "{}", excess[0]);
    }
}
