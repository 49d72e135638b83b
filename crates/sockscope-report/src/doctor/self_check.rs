//! Self-check: whether the tool measures what is there, as it is written to JSON, and how it is judged.

mod loops;
mod servers;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use loops::{LoopCheck, SameCheck};
pub use servers::{CheatCheck, DelayCheck};

use crate::names::names;

/// The driven loop may take so many times what the bare one takes.
pub const LIMIT: f64 = 1.03;

/// Everything that was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfCheck {
    /// How often each loop was measured.
    pub rounds: u32,
    /// The CPU that both ends of the loops ran on.
    pub cpu: Option<u32>,
    /// The largest ratio of a loop that passes.
    pub limit: f64,
    /// The driven loop against the bare one.
    pub loops: Vec<LoopCheck>,
    /// The same socket against itself.
    pub same: Vec<SameCheck>,
    /// A server of known delay.
    pub delay: DelayCheck,
    /// Servers that cheat.
    pub cheats: Vec<CheatCheck>,
}

names! {
    /// How a check ended.
    pub enum Outcome {
        /// As it should be.
        Passed = "passed",
        /// Not as it should be.
        Failed = "failed",
        /// The machine is too noisy to tell.
        Unresolved = "unresolved",
        /// It could not be made here.
        Unavailable = "unavailable",
    }
}

impl SelfCheck {
    /// How every single check ended.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let loops = self.loops.iter().map(|check| &check.outcome);
        let same = self.same.iter().map(|check| &check.outcome);
        let cheats = self.cheats.iter().map(|check| &check.outcome);
        loops.chain(same).chain([&self.delay.outcome]).chain(cheats)
    }

    /// How many ended so.
    #[must_use]
    pub fn count(&self, outcome: &Outcome) -> usize {
        self.outcomes().filter(|one| *one == outcome).count()
    }
}
