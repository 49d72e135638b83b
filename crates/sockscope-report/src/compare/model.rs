//! Model: what `compare` says, as it is written to JSON (`sockscope.compare/1`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Caveat, Cell, Statistic, Verdict, View, connections};
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

names! {
    /// What the levels of a cell are in.
    pub enum Unit {
        /// Nanoseconds.
        Nanoseconds = "ns",
        /// Exchanges or connections a second.
        PerSecond = "1/s",
        /// Bytes a second.
        BytesPerSecond = "bytes/s",
    }
}

fn nanoseconds() -> Unit {
    Unit::Nanoseconds
}

impl Unit {
    /// That of a statistic.
    pub(crate) fn of(statistic: &Statistic) -> Self {
        match statistic {
            Statistic::Rate => Self::PerSecond,
            Statistic::Throughput => Self::BytesPerSecond,
            _ => Self::Nanoseconds,
        }
    }
}

/// Everything that tells a cell from others, whatever run or file it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellKey {
    /// The transport, or the address of a server that was already running, whatever else is compared.
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
    /// Threads of each end that the connections are divided among.
    #[serde(default = "one")]
    pub threads: u32,
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
            label: cell.target().to_owned(),
            transport: cell.transport.clone(),
            view: cell.view.clone(),
            size: cell.size,
            service: cell.service.clone(),
            workload: cell.workload.clone(),
            connections: cell.connections,
            depth: cell.depth,
            threads: cell.threads,
            rate: cell.rate,
            client_engine: cell.client_engine.clone(),
            server_engine: cell.server_engine.clone(),
            buffers: cell.buffers.clone(),
            nodelay: cell.nodelay,
        }
    }
}

fn one() -> u32 {
    1
}

/// In words: `unix in same-core, 64 B, echo, epoll`. What is usual goes without saying.
impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, view, service, workload, .. } = self;
        write!(f, "{label} in {view}, {}, {service}", units::bytes(self.size))?;
        if workload != "rr" {
            write!(f, ", {workload}")?;
        }
        if (self.connections, self.depth) != (1, 1) {
            write!(f, ", {}, depth {}", connections(self.connections), self.depth)?;
        }
        if let Some(rate) = self.rate {
            write!(f, ", {}", units::rate(rate))?;
        }
        for part in self.unusual() {
            write!(f, ", {part}")?;
        }
        Ok(())
    }
}

impl CellKey {
    /// Engines and options that are not those of a plain `bench`.
    pub(crate) fn unusual(&self) -> Vec<String> {
        const USUAL: &str = "blocking";
        let server = self.server_engine.as_deref();
        let engines = match server {
            Some(server) if server != self.client_engine => {
                Some(format!("{}-to-{server}", self.client_engine))
            }
            _ => Some(self.client_engine.clone()).filter(|engine| engine != USUAL),
        };
        let threads = (self.threads > 1).then(|| format!("{} threads", self.threads));
        let nodelay = (self.nodelay == Some(false)).then(|| "TCP_NODELAY off".to_owned());
        let buffers = (self.buffers != "default").then(|| format!("buffers {}", self.buffers));
        [engines, threads, nodelay, buffers].into_iter().flatten().collect()
    }
}

/// One cell on both sides. Ratios are before ÷ after of times and after ÷ before of rates, so above 1
/// the later one is better.
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
    /// What the levels are in.
    #[serde(default = "nanoseconds")]
    pub unit: Unit,
    /// The level of each earlier run, in that unit.
    #[serde(default)]
    pub before: Vec<f64>,
    /// The level of each later run, in that unit.
    #[serde(default)]
    pub after: Vec<f64>,
    /// The level of each earlier run, in nanoseconds; empty for what is not a time.
    pub before_ns: Vec<u64>,
    /// The level of each later run, in nanoseconds; empty for what is not a time.
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
    /// By how much the later side is worse: how much longer it takes or, of a rate, how much less
    /// there is. 0.05 is 5 % slower; below 0 it is faster.
    #[must_use]
    pub fn slowdown(&self) -> f64 {
        match self.unit {
            Unit::PerSecond | Unit::BytesPerSecond => 1.0 - self.ratio,
            _ => self.ratio.recip() - 1.0,
        }
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
