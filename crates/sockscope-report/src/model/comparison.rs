//! Comparison and decomposition: what follows from the cells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::View;
use crate::names::names;

names! {
    /// In what two compared cells differ.
    pub enum Factor {
        /// Our own servers on two transports.
        Transport = "transport",
        /// Two servers that were already running.
        Endpoint = "endpoint",
        /// The engines of the two ends.
        Engine = "engine",
        /// Whether small TCP segments are sent at once.
        Nodelay = "nodelay",
    }
}

names! {
    /// Which number of each block is compared.
    pub enum Statistic {
        /// The median.
        P50 = "p50",
        /// The mean.
        Mean = "mean",
        /// The 99th percentile.
        P99 = "p99",
        /// Exchanges a second; of `connect`, connections a second.
        Rate = "rate",
        /// Bytes a second, as the receiver read them.
        Throughput = "throughput",
    }
}

names! {
    /// Which direction is an improvement.
    pub enum Better {
        /// Less is better, as with times.
        Lower = "lower",
        /// More is better, as with rates.
        Higher = "higher",
    }
}

names! {
    /// What a comparison says about the candidate.
    pub enum Verdict {
        /// Better than the baseline, above the noise floor.
        Faster = "faster",
        /// Worse than the baseline, above the noise floor.
        Slower = "slower",
        /// Within the noise floor or the margin.
        Same = "same",
        /// The rounds do not tell.
        Unresolved = "unresolved",
    }
}

impl From<sockscope_stats::Verdict> for Verdict {
    fn from(verdict: sockscope_stats::Verdict) -> Self {
        match verdict {
            sockscope_stats::Verdict::Faster => Self::Faster,
            sockscope_stats::Verdict::Slower => Self::Slower,
            sockscope_stats::Verdict::Same => Self::Same,
            sockscope_stats::Verdict::Unresolved => Self::Unresolved,
        }
    }
}

/// Two cells that differ in exactly one factor. A ratio above 1 always means that the candidate is
/// better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// In what they differ.
    pub factor: Factor,
    /// The id of the cell compared with.
    pub baseline_cell: String,
    /// The id of the cell compared.
    pub candidate_cell: String,
    /// The label of the cell compared with.
    pub baseline: String,
    /// The label of the cell compared.
    pub candidate: String,
    /// The view of both.
    pub view: View,
    /// The message size of both, in bytes.
    pub size: u64,
    /// The connections of both.
    #[serde(default = "one")]
    pub connections: u32,
    /// The requests in flight on each connection of both.
    #[serde(default = "one")]
    pub depth: u32,
    /// The requests a second of both, in an open loop.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Which number of each block.
    pub statistic: Statistic,
    /// Which direction is an improvement.
    pub better: Better,
    /// The estimated ratio.
    pub ratio: f64,
    /// The lower end of its interval; `None` below six rounds.
    pub lo: Option<f64>,
    /// The upper end of its interval; `None` below six rounds.
    pub hi: Option<f64>,
    /// The level of the interval.
    pub confidence: f64,
    /// The relative difference that cannot be told from noise here; `None` without a twin. In a sweep
    /// only the first point of each view has a twin, and its floor stands for all points of the view.
    pub noise_floor: Option<f64>,
    /// How many rounds both cells have.
    #[serde(default)]
    pub rounds: u32,
    /// What follows.
    pub verdict: Verdict,
}

fn one() -> u32 {
    1
}

names! {
    /// A part of the round-trip time.
    pub enum Part {
        /// The socket itself: `solo`.
        Socket = "socket",
        /// Switching between two processes on one CPU: `same-core` − `solo`.
        Switch = "switch",
        /// Moving the data between two CPUs: `spin` − `solo`.
        Cache = "cache",
        /// Waking an idle CPU: `cross-core` − `spin`.
        WakeUp = "wake-up",
    }
}

/// How much of a round trip one part costs, from round-paired differences of means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decomposition {
    /// Of which transport.
    pub transport: String,
    /// The [label](crate::model::Cell::label) of its cells; in older results the transport's name.
    #[serde(default)]
    pub label: String,
    /// By which engine: `epoll`, or `blocking-to-epoll` where client and server differ.
    #[serde(default)]
    pub engine: Option<String>,
    /// The message size, in bytes.
    #[serde(default)]
    pub size: u64,
    /// Which part.
    pub part: Part,
    /// Its cost in nanoseconds; negative when the two CPUs gain more by working at once than they
    /// lose.
    pub ns: i64,
    /// The lower end of its interval; `None` below six rounds.
    pub lo: Option<i64>,
    /// The upper end of its interval; `None` below six rounds.
    pub hi: Option<i64>,
    /// Whether the interval excludes 0.
    pub resolved: bool,
}

impl Decomposition {
    /// The label of its cells.
    pub(crate) fn label(&self) -> &str {
        if self.label.is_empty() { &self.transport } else { &self.label }
    }
}
