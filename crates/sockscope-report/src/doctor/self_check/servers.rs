//! Servers: one of known delay, and some that cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockscope_stats::Histogram;

use super::Outcome;

/// A server that waits a known time before it answers: no round trip may be shorter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DelayCheck {
    /// What it waited, in nanoseconds.
    pub asked_ns: u64,
    /// The shortest round trip.
    pub least_ns: Option<u64>,
    /// The median round trip.
    pub p50_ns: Option<u64>,
    /// How many round trips there were.
    pub samples: u64,
    /// Passed when none was shorter than the delay.
    pub outcome: Outcome,
    /// Why it could not be made.
    pub reason: Option<String>,
}

impl DelayCheck {
    /// Judges the round trips.
    #[must_use]
    pub fn judge(asked_ns: u64, round_trips: &Histogram) -> Self {
        let (least_ns, p50_ns) = (round_trips.min(), round_trips.quantile(0.5));
        // The histogram knows a time to the width of its bucket.
        let shortest = asked_ns.saturating_sub(Histogram::bucket_width(asked_ns));
        let whole = least_ns >= Some(shortest) && p50_ns >= Some(asked_ns);
        Self {
            asked_ns,
            least_ns,
            p50_ns,
            samples: round_trips.count(),
            outcome: if whole { Outcome::Passed } else { Outcome::Failed },
            reason: None,
        }
    }

    /// A check that could not be made.
    #[must_use]
    pub fn unavailable(asked_ns: u64, reason: &str) -> Self {
        let (least_ns, p50_ns, reason) = (None, None, Some(reason.to_owned()));
        Self { asked_ns, least_ns, p50_ns, samples: 0, outcome: Outcome::Unavailable, reason }
    }
}

/// A server that cheats: it must be caught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheatCheck {
    /// What it does, such as `short-answer`.
    pub cheat: String,
    /// What the tool said of it, where it noticed.
    pub said: Option<String>,
    /// Passed when it was caught.
    pub outcome: Outcome,
    /// Why it could not be made.
    pub reason: Option<String>,
}

impl CheatCheck {
    /// Judges by what the tool said.
    #[must_use]
    pub fn judge(cheat: &str, said: Option<String>) -> Self {
        let outcome = if said.is_some() { Outcome::Passed } else { Outcome::Failed };
        Self { cheat: cheat.to_owned(), said, outcome, reason: None }
    }

    /// A check that could not be made.
    #[must_use]
    pub fn unavailable(cheat: &str, reason: &str) -> Self {
        let outcome = Outcome::Unavailable;
        Self { cheat: cheat.to_owned(), said: None, outcome, reason: Some(reason.to_owned()) }
    }
}
