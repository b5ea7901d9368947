//! What came of it.

use std::fmt;

use serde_json::{Value, json};

use super::Level;

/// What came of one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Kept.
    Passed,
    /// Broken, and how.
    Failed(String),
    /// Its capability was not declared.
    OptedOut,
    /// Filtered out of this run.
    NotRun,
}

/// One line of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The clause.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What must be declared for it to be run.
    pub capability: Option<&'static str>,
    /// What came of it.
    pub outcome: Outcome,
}

/// A report card: `Display` is for people, [`to_json`](Self::to_json) for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Card {
    /// What was checked.
    pub name: String,
    /// Every clause.
    pub rows: Vec<Row>,
}

impl Card {
    /// Whether no clause of level MUST is broken.
    pub fn passes(&self) -> bool {
        !self
            .rows
            .iter()
            .any(|row| row.level == Level::Must && matches!(row.outcome, Outcome::Failed(_)))
    }

    /// The ids of the clauses that are broken.
    pub fn failed(&self) -> Vec<&'static str> {
        self.rows
            .iter()
            .filter(|row| matches!(row.outcome, Outcome::Failed(_)))
            .map(|row| row.id)
            .collect()
    }

    /// The card as JSON: `{"name","passes","clauses":[{"id","level","capability","outcome","finding"}]}`.
    pub fn to_json(&self) -> Value {
        let clauses: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let finding = match &row.outcome {
                    Outcome::Failed(finding) => Some(finding.as_str()),
                    _ => None,
                };
                json!({
                    "id": row.id,
                    "level": row.level.to_string(),
                    "capability": row.capability,
                    "outcome": word(&row.outcome),
                    "finding": finding,
                })
            })
            .collect();
        json!({"name": self.name, "passes": self.passes(), "clauses": clauses})
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "FAILED",
        Outcome::OptedOut => "opted out",
        Outcome::NotRun => "not run",
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "report card of {}", self.name)?;
        for row in &self.rows {
            write!(
                f,
                "  {:9}  {:6}  {}",
                word(&row.outcome),
                row.level.to_string(),
                row.id
            )?;
            if let Some(capability) = row.capability {
                write!(f, "  [{capability}]")?;
            }
            if let Outcome::Failed(finding) = &row.outcome {
                write!(f, "\n             {finding}")?;
            }
            writeln!(f)?;
        }
        let count = |level: Level, wanted: fn(&Outcome) -> bool| {
            self.rows
                .iter()
                .filter(|row| row.level == level && wanted(&row.outcome))
                .count()
        };
        for level in [Level::Must, Level::Should] {
            writeln!(
                f,
                "{level}: {} passed, {} failed, {} opted out, {} not run",
                count(level, |outcome| *outcome == Outcome::Passed),
                count(level, |outcome| matches!(outcome, Outcome::Failed(_))),
                count(level, |outcome| *outcome == Outcome::OptedOut),
                count(level, |outcome| *outcome == Outcome::NotRun),
            )?;
        }
        Ok(())
    }
}
