//! Model: what `compare` says, as it is written to JSON (`sockscope.compare/1`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Caveat, Cell, Statistic, Verdict, View};
use crate::names::names;
use crate::units;

/// The schema that this version writes.
pub const SCHEMA: &str = "sockscope.compare/1";

/// Two sides, compared cell by cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompareReport {
    /// Name and major number of the format.
    pub schema: String,
    /// The version of sockscope that compared.
    pub sockscope: String,
    /// What was compared with.
    pub before: Side,
    /// What was compared.
    pub after: Side,
    /// What told how runs differ, if it was given.
    pub history: Option<Side>,
    /// The level of the intervals, and of the verdicts on all gated cells together.
    pub confidence: f64,
    /// Every cell that both sides have, in every statistic that both support.
    pub comparisons: Vec<CellComparison>,
    /// What could not be compared, and why.
    pub left_out: Vec<LeftOut>,
    /// Why not to trust a verdict.
    pub caveats: Vec<Caveat>,
}

impl CompareReport {
    /// The comparisons that decide.
    pub fn gated(&self) -> impl Iterator<Item = &CellComparison> + Clone {
        self.comparisons.iter().filter(|comparison| comparison.gated)
    }
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// The results, by the names of their files.
    pub files: Vec<String>,
    /// How many runs they hold.
    pub runs: u32,
}

names! {
    /// What was counted as one independent value.
    pub enum Replicate {
        /// A run: the interval holds what runs differ by.
        Run = "run",
        /// A block, each side being a single run: what runs differ by is assumed.
        Block = "block",
    }
}

/// Everything that tells a cell from others, whatever run or file it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellKey {
    /// The transport, or the address of a server that was already running.
    pub label: String,
    /// The transport.
    pub transport: String,
    /// Placement and wait.
    pub view: View,
    /// The bytes of a message.
    pub size: u64,
    /// What the server says.
    pub service: String,
    /// What the client does.
    pub workload: String,
    /// Connections at once.
    pub connections: u32,
    /// Requests in flight on one connection.
    pub depth: u32,
    /// Requests a second that were asked for.
    pub rate: Option<f64>,
    /// How the client moves bytes.
    pub client_engine: String,
    /// How the server moves bytes; `None` for a server that we did not start.
    pub server_engine: Option<String>,
    /// Which socket buffers were asked for.
    pub buffers: String,
    /// Whether small TCP segments are sent at once.
    pub nodelay: Option<bool>,
}

impl CellKey {
    /// That of a cell.
    #[must_use]
    pub fn of(cell: &Cell) -> Self {
        Self {
            label: cell.label.clone(),
            transport: cell.transport.clone(),
            view: cell.view.clone(),
            size: cell.size,
            service: cell.service.clone(),
            workload: cell.workload.clone(),
            connections: cell.connections,
            depth: cell.depth,
            rate: cell.rate,
            client_engine: cell.client_engine.clone(),
            server_engine: cell.server_engine.clone(),
            buffers: cell.buffers.clone(),
            nodelay: cell.nodelay,
        }
    }
}

/// In words: `unix in same-core, 64 B, echo`.
impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in {}, {}, {}",
            self.label,
            self.view,
            units::bytes(self.size),
            self.service
        )?;
        if (self.connections, self.depth) != (1, 1) {
            write!(f, ", {} connections, depth {}", self.connections, self.depth)?;
        }
        Ok(())
    }
}

/// One cell on both sides. Ratios are before ÷ after of times, so above 1 the later one is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellComparison {
    /// Which cell.
    pub cell: CellKey,
    /// Which number of each block.
    pub statistic: Statistic,
    /// Whether it counts for `--fail-on`, and answers for the other gated cells.
    pub gated: bool,
    /// What was counted as one independent value.
    pub replicate: Replicate,
    /// The level of each earlier run, in nanoseconds.
    pub before_ns: Vec<u64>,
    /// The level of each later run, in nanoseconds.
    pub after_ns: Vec<u64>,
    /// The estimated ratio.
    pub ratio: f64,
    /// The lower end of its 95 % interval; `None` when nothing tells how values differ.
    pub lo: Option<f64>,
    /// The upper end.
    pub hi: Option<f64>,
    /// How likely a difference as large is when there is none.
    pub p: Option<f64>,
    /// The same after Holm's correction for the other gated cells; `None` for one that is not gated.
    pub p_adjusted: Option<f64>,
    /// The standard deviation of the replicates, as a share.
    pub spread: Option<f64>,
    /// How many differences the spread is estimated from.
    pub degrees_of_freedom: u64,
    /// The relative difference that is too small to be believed here.
    pub noise_floor: f64,
    /// What follows.
    pub verdict: Verdict,
}

impl CellComparison {
    /// By how much longer the later side takes: 0.05 is 5 % slower, below 0 it is faster.
    #[must_use]
    pub fn slowdown(&self) -> f64 {
        self.ratio.recip() - 1.0
    }
}

/// Something that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// A file or a cell.
    pub what: String,
    /// Why.
    pub reason: String,
}
