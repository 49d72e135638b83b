//! Cell: one combination of all factors, with the blocks that were measured of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{PerOp, Perf, View};
use crate::names::names;

names! {
    /// Which of the twins a cell is.
    pub enum Replica {
        /// The cell that is compared.
        A = "A",
        /// The second measurement of the baseline, for the noise floor.
        Twin = "A'",
    }
}

names! {
    /// How an end waits for the other.
    pub enum Wait {
        /// It sleeps in the kernel.
        Block = "block",
        /// It polls and never sleeps.
        Spin = "spin",
        /// The client polls and never sleeps, as the sender of an open loop does; the server sleeps.
        ClientSpins = "client-spins",
    }
}

names! {
    /// How the CPUs of the two ends are related.
    pub enum Relation {
        /// One thread owns both ends.
        SameThread = "same-thread",
        /// One CPU.
        SameCpu = "same-cpu",
        /// Two hardware threads of one core.
        Smt = "smt",
        /// Two cores that share their last-level cache.
        SameLlc = "same-llc",
        /// Two cores of one memory node.
        SameNode = "same-node",
        /// Two memory nodes.
        CrossNode = "cross-node",
        /// Not pinned, or not known.
        Free = "free",
    }
}

/// One combination of all factors, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cell {
    /// What comparisons and caveats call it: `c3`.
    pub id: String,
    /// Which of the twins it is.
    pub replica: Replica,
    /// The short name of what is compared: of the transport (or endpoint), the engines and
    /// `TCP_NODELAY` whatever differs between the cells, such as `tcp`, `epoll` or `tcp epoll nodelay
    /// off`. Two engines are client and server: `blocking-to-epoll`. The twin has its original's.
    pub label: String,
    /// What was measured, whatever else is compared: a transport of our own servers, or the address
    /// of a running one as it was asked for. Empty in older results, where it is the label.
    pub target: String,
    /// The address.
    pub endpoint: String,
    /// The transport name: `unix`, `tcp`, …
    pub transport: String,
    /// What the server says.
    pub service: String,
    /// What the client does.
    pub workload: String,
    /// How the client moves bytes.
    pub client_engine: String,
    /// How the server moves bytes; `None` for a server that we did not start.
    pub server_engine: Option<String>,
    /// The named placement and wait.
    pub view: View,
    /// Which CPUs.
    pub placement: Placement,
    /// How our ends wait.
    pub wait: Wait,
    /// The bytes of a message.
    pub size: u64,
    /// Connections at once.
    pub connections: u32,
    /// Requests in flight on one connection.
    pub depth: u32,
    /// Threads of each end that the connections are divided among; the blocking engine has one for
    /// each connection.
    pub threads: u32,
    /// Requests a second that were asked for; `None` for as fast as the answers come.
    pub rate: Option<f64>,
    /// Which socket buffers were asked for: `default`, `equal`, or bytes.
    pub buffers: String,
    /// The buffers that the kernel granted to the client's first socket.
    pub granted_buffers: Option<GrantedBuffers>,
    /// The same at the server's end, if the server was ours.
    pub granted_buffers_server: Option<GrantedBuffers>,
    /// Whether small TCP segments are sent at once; `None` where that does not apply.
    pub nodelay: Option<bool>,
    /// The process that called `listen(2)`, where it is known and not ours. That is what the kernel
    /// keeps of a Unix peer; another process may have inherited the socket and given the answers.
    pub service_pid: Option<u32>,
    /// Round-trip times of all blocks together; `None` when none was measured. In an open loop they
    /// count from the intended time of each request; of `connect` they are the times to connect.
    pub rtt_ns: Option<RttNs>,
    /// Exchanges (of `connect`: connections) a second, of all connections together.
    pub per_second: Option<f64>,
    /// What a stream's receiver has read, in bytes a second.
    pub bytes_per_second: Option<f64>,
    /// CPU time for each KiB of a stream.
    pub cpu_ns_per_kib: Option<CpuPerOp>,
    /// Messages that were lost; `None` on transports that lose none.
    pub lost: Option<u64>,
    /// What came of the sends of a stream that asked the kernel not to copy; `None` where none did.
    pub zero_copy: Option<ZeroCopy>,
    /// What only an open loop knows.
    pub open: Option<OpenLoop>,
    /// What only a loop of connects knows.
    pub connect: Option<ConnectLoop>,
    /// CPU time per exchange.
    pub cpu_ns_per_op: CpuPerOp,
    /// Context switches per exchange, both ends together.
    pub switches_per_op: SwitchesPerOp,
    /// System calls per exchange, where our own loops make them: of the client in the timed blocks, of
    /// the server from its first answer to its last, warm-up included. Those that came back with
    /// nothing, as polling makes them, are counted too.
    pub syscalls_per_op: PerOp,
    /// What the kernel and the processor count; `None` when that was not asked.
    pub perf: Option<Perf>,
    /// The blocks, one per round that succeeded.
    pub blocks: Vec<Block>,
    /// How many blocks were measured again because a worker died.
    pub retried: u32,
    /// All samples: HDR V2, base64.
    pub histogram: Option<String>,
    /// Why the cell is not complete.
    pub error: Option<CellError>,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            id: String::new(),
            replica: Replica::A,
            label: String::new(),
            target: String::new(),
            endpoint: String::new(),
            transport: String::new(),
            service: "echo".to_owned(),
            workload: "rr".to_owned(),
            client_engine: "blocking".to_owned(),
            server_engine: Some("blocking".to_owned()),
            view: View::Free,
            placement: Placement::default(),
            wait: Wait::Block,
            size: 64,
            connections: 1,
            depth: 1,
            threads: 1,
            rate: None,
            buffers: "default".to_owned(),
            granted_buffers: None,
            granted_buffers_server: None,
            nodelay: None,
            service_pid: None,
            rtt_ns: None,
            per_second: None,
            bytes_per_second: None,
            cpu_ns_per_kib: None,
            lost: None,
            zero_copy: None,
            open: None,
            connect: None,
            cpu_ns_per_op: CpuPerOp::default(),
            switches_per_op: SwitchesPerOp::default(),
            syscalls_per_op: PerOp::default(),
            perf: None,
            blocks: Vec::new(),
            retried: 0,
            histogram: None,
            error: None,
        }
    }
}

impl Cell {
    /// Whether this is the second measurement of a baseline, which only serves the noise floor.
    #[must_use]
    pub fn is_twin(&self) -> bool {
        self.replica == Replica::Twin
    }

    /// Whether its latency can be quoted: not that of an open loop whose generator was too late.
    pub(crate) fn is_valid(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.invalid_because.is_none())
    }
}

/// The CPUs of the two ends; empty when not pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Placement {
    /// Where the client may run.
    pub client_cpus: Vec<u32>,
    /// Where the server may run; empty for a server that we did not start.
    pub server_cpus: Vec<u32>,
    /// How the two are related.
    pub relation: Relation,
}

impl Default for Placement {
    fn default() -> Self {
        Self { client_cpus: Vec::new(), server_cpus: Vec::new(), relation: Relation::Free }
    }
}

/// The buffers that the kernel granted to one end, in bytes: sockets get twice what was asked for, pipes whole pages, rings
/// in shared memory a power of two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GrantedBuffers {
    /// `SO_SNDBUF`.
    pub send: Option<u64>,
    /// `SO_RCVBUF`.
    pub receive: Option<u64>,
}

/// Round-trip times in nanoseconds; a percentile that the samples do not support is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RttNs {
    /// The mean.
    pub mean: u64,
    /// The median.
    pub p50: Option<u64>,
    /// The 90th percentile.
    pub p90: Option<u64>,
    /// The 99th percentile.
    pub p99: Option<u64>,
    /// The 99.9th percentile.
    pub p999: Option<u64>,
    /// The largest sample.
    pub max: u64,
    /// How many samples.
    pub samples: u64,
}

/// What came of sends that asked the kernel not to copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ZeroCopy {
    /// Sends, warm-up included.
    pub sends: u64,
    /// Those that the kernel has told about.
    pub told: u64,
    /// Those of them that it copied after all, as it does for a receiver on the same machine.
    pub copied: u64,
    /// That, for each that it has told about; `None` when it has told about none.
    pub copied_share: Option<f64>,
}

/// What only an open loop knows: requests leave on a schedule, whatever the answers do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OpenLoop {
    /// How the intended times are spaced: `uniform` or `poisson`.
    pub arrivals: String,
    /// Requests a second that were asked for, of all connections together.
    pub asked_per_second: f64,
    /// Requests a second that were answered within the window: the asked ones times `answered_share`.
    pub achieved_per_second: f64,
    /// Requests that were due in the windows.
    pub due: u64,
    /// Answers that arrived in the windows, for each request that was due; filled by
    /// [`analyse`](crate::analyse()).
    pub answered_share: Option<f64>,
    /// Requests that were due and had not begun to be sent at the end of their window. They have no
    /// latency.
    pub missed: u64,
    /// Requests that were sent and not answered within the limit. Their latency is the time until they
    /// were given up.
    pub unanswered: u64,
    /// Requests that left late because the depth was used up or the socket full, and not because the
    /// sender was late.
    pub held_back: u64,
    /// Round-trip times from the real sending of each request. That they are shorter than those from
    /// the intended time is coordinated omission.
    pub service_ns: Option<RttNs>,
    /// How late each request left.
    pub lateness_ns: Option<RttNs>,
    /// How late, from when it could have been sent: the sender's own part, by which the point is
    /// judged. `None` in results of a version that did not tell the two apart.
    pub own_lateness_ns: Option<RttNs>,
    /// Whether the point can be trusted; filled by [`analyse`](crate::analyse()).
    pub valid: bool,
    /// Why it cannot; filled by [`analyse`](crate::analyse()).
    pub invalid_because: Option<String>,
    /// All round trips from their real sending: HDR V2, base64.
    pub service_histogram: Option<String>,
    /// How late each request left: HDR V2, base64.
    pub lateness_histogram: Option<String>,
}

/// What only a loop of connects knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ConnectLoop {
    /// Whether one request was answered on each connection before it was closed.
    pub exchange: bool,
    /// Connects that were refused because the backlog of a Unix listener was full (`EAGAIN`).
    pub backlog_full: u64,
    /// Connections in `TIME_WAIT` in the whole network namespace before the first block; `None` where it
    /// cannot be read.
    pub time_wait_before: Option<u64>,
    /// The most of them that were seen at the end of a block.
    pub time_wait: Option<u64>,
    /// The first and the last of the ports that the kernel chose from; `None` where it cannot be read.
    pub port_range: Option<[u16; 2]>,
    /// How many source addresses were taken in turn, so that ports do not run out.
    pub sources: Option<u32>,
}

/// CPU time per exchange in nanoseconds, of the measured processes and the measured window only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CpuPerOp {
    /// Of the client.
    pub client: Option<f64>,
    /// Of the server.
    pub server: Option<f64>,
}

/// Context switches per exchange, both ends together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SwitchesPerOp {
    /// Because an end waited.
    pub voluntary: Option<f64>,
    /// Because an end was pushed off its CPU.
    pub involuntary: Option<f64>,
}

/// One cell measured once, in fresh processes: the unit of replication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Block {
    /// Which run it belongs to, from 0; always 0 in a plain `bench`.
    pub run: u32,
    /// Which round of its run it belongs to, from 0.
    pub round: u32,
    /// The mean round-trip time, in nanoseconds; `None` where nothing is timed, as in a stream.
    pub mean: Option<u64>,
    /// The median.
    pub p50: Option<u64>,
    /// The 90th percentile.
    pub p90: Option<u64>,
    /// The 99th percentile; `None` when fewer than 10 samples lie beyond it.
    pub p99: Option<u64>,
    /// The largest sample.
    pub max: Option<u64>,
    /// How many exchanges (of `connect`: connections; of a stream: receive calls).
    pub samples: u64,
    /// From the first exchange's start to the last one's end, in nanoseconds.
    pub elapsed: Option<u64>,
    /// Bytes that a stream's receiver has read.
    pub bytes: Option<u64>,
    /// Messages that were lost.
    pub lost: Option<u64>,
    /// Sends of a stream that asked the kernel not to copy, warm-up included.
    pub zero_copy_sends: Option<u64>,
    /// Those of them that the kernel has told about.
    pub zero_copy_told: Option<u64>,
    /// Those of them that it copied after all.
    pub zero_copy_copied: Option<u64>,
    /// Requests of an open loop that were due.
    pub due: Option<u64>,
    /// Requests of an open loop that were due and never sent.
    pub missed: Option<u64>,
    /// Requests of an open loop that were sent and never answered.
    pub unanswered: Option<u64>,
    /// Requests of an open loop that left late because the depth was used up or the socket full.
    pub held_back: Option<u64>,
    /// CPU time of the client in the whole block, in nanoseconds.
    pub cpu_ns_client: Option<u64>,
    /// CPU time of the server in the whole block, in nanoseconds.
    pub cpu_ns_server: Option<u64>,
    /// Voluntary context switches of both ends in the whole block.
    pub switches_voluntary: Option<u64>,
    /// Involuntary context switches of both ends in the whole block.
    pub switches_involuntary: Option<u64>,
    /// System calls of the client in the whole block.
    pub syscalls_client: Option<u64>,
    /// System calls of the server from its first answer to its last, warm-up included.
    pub syscalls_server: Option<u64>,
    /// The answers that the server gave meanwhile.
    pub answers_server: Option<u64>,
}

/// Why a cell is not complete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CellError {
    /// Whose fault: `usage`, `environment`, `peer` or `bug`.
    pub kind: String,
    /// The operation and its object, with the causes: one sentence.
    pub text: String,
    /// In which round.
    pub round: Option<u32>,
}
