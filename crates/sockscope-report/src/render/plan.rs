//! Plan: what `bench --dry-run` prints.

use crate::model::{Plan, Unavailable};

/// The plan in words.
#[must_use]
pub fn plan_text(plan: &Plan, seed: u64, unavailable: &[Unavailable]) -> String {
    let _ = unavailable;
    format!("{} rounds, seed {seed}\n", plan.rounds)
}
