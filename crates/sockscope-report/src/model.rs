//! Model: the result of one `bench`, as it is written to JSON (`sockscope.bench/1`).
//!
//! Names are contracts. Times are integer nanoseconds with the unit in the key, per-op figures and
//! ratios are floats, integers that may pass 2^53 are decimal strings, and what is not known is
//! `null`, which never means "bad". Fields may be added within `/1`; readers ignore the ones they
//! do not know.

mod capacity;
mod caveat;
mod cell;
mod comparison;
mod cost;
mod decimal;
mod factors;
pub(crate) mod fitness;
mod host;
mod plan;
mod queries;
mod summary;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use capacity::Capacity;
pub use caveat::{Caveat, CaveatCode};
pub use cell::{
    Block, Cell, CellError, ConnectLoop, CpuPerOp, GrantedBuffers, OpenLoop, Placement, Relation,
    Replica, RttNs, SwitchesPerOp, Wait, ZeroCopy,
};
pub use comparison::{Better, Comparison, Decomposition, Factor, Part, Statistic, Verdict};
pub use cost::{Counters, End, HardwarePerOp, NotAvailable, PerOp, Perf, SoftwarePerOp};
pub(crate) use factors::{Point, Variant, connections};
pub use host::{Clock, Host, IdleState};
pub use plan::{Plan, View};
pub(crate) use queries::Task;
pub use summary::Samples;

/// The schema that this version writes.
pub const SCHEMA: &str = "sockscope.bench/1";

/// One result: what was measured, where, how, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name and major number of the format; [`SCHEMA`].
    pub schema: String,
    /// The version of sockscope that measured.
    #[serde(default)]
    pub sockscope: String,
    /// When the run began, RFC 3339.
    pub created: Option<String>,
    /// The command line, word by word.
    #[serde(default)]
    pub command: Vec<String>,
    /// The machine.
    #[serde(default)]
    pub host: Host,
    /// What was asked for.
    #[serde(default)]
    pub plan: Plan,
    /// The seed of every random order, as a decimal string.
    #[serde(with = "decimal", default)]
    #[schemars(with = "String", regex(pattern = "^[0-9]+$"))]
    pub seed: u64,
    /// How many independent runs there are, each of all rounds; 1 for a plain `bench`.
    #[serde(default = "one")]
    pub runs: u32,
    /// Whether blocks that were planned are missing.
    #[serde(default)]
    pub partial: bool,
    /// Whether it was the user who ended the run early.
    #[serde(default)]
    pub interrupted: bool,
    /// What was measured.
    #[serde(default)]
    pub cells: Vec<Cell>,
    /// What this machine or this mode cannot give.
    #[serde(default)]
    pub unavailable: Vec<Unavailable>,
    /// Pairs of cells that differ in one factor; filled by [`analyse`](crate::analyse()).
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// How much each server can do, from sweeps of rates; filled by [`analyse`](crate::analyse()).
    #[serde(default)]
    pub capacities: Vec<Capacity>,
    /// Where the time goes; filled by [`analyse`](crate::analyse()).
    #[serde(default)]
    pub decomposition: Vec<Decomposition>,
    /// Why not to trust a number; filled by [`analyse`](crate::analyse()).
    #[serde(default)]
    pub caveats: Vec<Caveat>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            sockscope: String::new(),
            created: None,
            command: Vec::new(),
            host: Host::default(),
            plan: Plan::default(),
            seed: 0,
            runs: one(),
            partial: false,
            interrupted: false,
            cells: Vec::new(),
            unavailable: Vec::new(),
            comparisons: Vec::new(),
            capacities: Vec::new(),
            decomposition: Vec::new(),
            caveats: Vec::new(),
        }
    }
}

fn one() -> u32 {
    1
}

/// What could not be measured, and why: the fields that are set name it, and those that are not stand
/// for all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Unavailable {
    /// In this view.
    pub view: Option<View>,
    /// Of this transport, or of the server at this address.
    pub label: Option<String>,
    /// With this engine at an end.
    pub engine: Option<String>,
    /// Of this size, in bytes.
    pub size: Option<u64>,
    /// With so many connections.
    pub connections: Option<u32>,
    /// Why, in words that follow "because": "one CPU".
    pub reason: String,
}
