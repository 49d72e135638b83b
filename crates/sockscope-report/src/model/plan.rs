//! Plan: everything that was decided before the first block.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// Where the two ends run and how they wait.
    pub enum View {
        /// One thread owns both ends: the bare socket path.
        Solo = "solo",
        /// Two processes on one CPU, blocking.
        SameCore = "same-core",
        /// Two CPUs, both polling.
        Spin = "spin",
        /// Two CPUs, blocking: each message wakes an idle CPU.
        CrossCore = "cross-core",
        /// Not pinned, blocking: what a naive benchmark measures.
        Free = "free",
        /// A server that was already running, with only the client pinned.
        ClientPinned = "client-pinned",
    }
}

/// What `bench` was asked to do, complete: `--dry-run` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Plan {
    /// The transports of our own servers, the baseline first; empty in attached mode.
    pub transports: Vec<String>,
    /// The servers that are already running; empty when we start our own.
    pub endpoints: Vec<String>,
    /// The [label](crate::model::Cell::label) that all others are compared with.
    pub baseline: String,
    /// The views, in the order of the rows.
    pub views: Vec<View>,
    /// The message sizes, in bytes.
    pub sizes: Vec<u64>,
    /// How many connections at once, point by point.
    pub connections: Vec<u32>,
    /// How many requests in flight on a connection, point by point.
    pub depths: Vec<u32>,
    /// How many requests a second, point by point; empty but in an open loop.
    pub rates: Vec<f64>,
    /// How the client moves bytes, the baseline first.
    pub client_engines: Vec<String>,
    /// How our own servers move bytes, one for each of the client's; empty in attached mode.
    pub server_engines: Vec<String>,
    /// Whether small TCP segments are sent at once, the baseline first; empty without TCP.
    pub nodelay: Vec<bool>,
    /// Which socket buffers were asked for: `default`, `equal`, or bytes.
    pub buffers: String,
    /// Threads of each end that the connections are divided among; the blocking engine has one for
    /// each connection.
    pub threads: u32,
    /// What the servers say: `echo` or `pong`.
    pub service: String,
    /// What the clients do: `rr` (round trips), `open` (requests on a schedule), `stream` or
    /// `connect`.
    pub workload: String,
    /// How the requests of an open loop are spaced: `uniform` or `poisson`.
    pub arrivals: Option<String>,
    /// Whether one request is answered on each connection of `connect` before it is closed.
    pub exchange: bool,
    /// Whether a stream's sender asks the kernel not to copy.
    pub zero_copy: bool,
    /// How often every group is measured.
    pub rounds: u32,
    /// The length of a block, in milliseconds.
    pub block_ms: u64,
    /// The length of a block of the view `solo`, in milliseconds.
    pub solo_block_ms: u64,
    /// The warm-up before every block, in milliseconds.
    pub warm_up_ms: u64,
    /// The relative difference within which two cells count as the same.
    pub margin: f64,
    /// Whether the baseline is measured twice, at the first point of each view, for the noise floor.
    pub twin: bool,
    /// How many cells there are, twins among them.
    pub cells: Option<u64>,
    /// How many of the cells are twins.
    pub twins: Option<u64>,
    /// How long the whole run will take, in milliseconds.
    pub estimated_ms: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            transports: vec!["unix".to_owned(), "tcp".to_owned()],
            endpoints: Vec::new(),
            baseline: "tcp".to_owned(),
            views: vec![View::Solo, View::SameCore, View::Spin, View::CrossCore, View::Free],
            sizes: vec![64],
            connections: vec![1],
            depths: vec![1],
            rates: Vec::new(),
            client_engines: vec!["blocking".to_owned()],
            server_engines: vec!["blocking".to_owned()],
            nodelay: Vec::new(),
            buffers: "default".to_owned(),
            threads: 1,
            service: "echo".to_owned(),
            workload: "rr".to_owned(),
            arrivals: None,
            exchange: false,
            zero_copy: false,
            rounds: 10,
            block_ms: 100,
            solo_block_ms: 20,
            warm_up_ms: 20,
            margin: sockscope_stats::comparison::DEFAULT_MARGIN,
            twin: true,
            cells: None,
            twins: None,
            estimated_ms: None,
        }
    }
}

impl Plan {
    /// Whether servers are measured that were already running.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// How many rounds to advise where those of this plan did not tell; `None` where so many were
    /// measured that more would hardly help.
    pub(crate) fn more_rounds(&self) -> Option<u32> {
        const USUALLY: u32 = 30;
        const MOST: u32 = 1_000;
        let rounds = USUALLY.max(self.rounds.saturating_mul(2));
        (rounds <= MOST).then_some(rounds)
    }
}
