//! Facts: what can be seen of a machine, before anything is judged.
//!
//! Every field that may be missing is optional, and `None` is "unknown".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Host, Relation};
use crate::names::names;

/// Everything that `doctor` looks at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Facts {
    /// What goes into every result, too.
    pub host: Host,
    /// What a thread saw that was busy for a moment.
    pub busy: Option<Busy>,
    /// The share of CPU time (0 to 1) that the hypervisor gave to others since the start.
    pub steal_since_boot: Option<f64>,
    /// The two CPUs that views of two CPUs use, and how near they are.
    pub pair: Option<Pair>,
    /// The cgroup that has the quota.
    pub cgroup: Option<Cgroup>,
    /// Every clock source that could be chosen.
    pub clock_sources: Option<Vec<String>>,
    /// Whether the kernel moves memory between NUMA nodes by itself.
    pub numa_balancing: Option<bool>,
    /// When memory is backed by huge pages unasked: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    /// Limits of the network.
    pub network: Network,
    /// What this process may do.
    pub permissions: Permissions,
}

/// What a thread saw that read the clock over and over on one CPU.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Busy {
    /// The CPU.
    pub cpu: u32,
    /// How long, in nanoseconds.
    pub elapsed_ns: u64,
    /// How often it was interrupted for 10 µs or more.
    pub interruptions: u64,
    /// How long these took together, in nanoseconds.
    pub lost_ns: u64,
    /// The longest, in nanoseconds.
    pub longest_ns: u64,
    /// The share of its time (0 to 1) that the hypervisor gave to others, counted in clock ticks.
    pub steal_share: Option<f64>,
}

/// Two CPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// Their numbers.
    pub cpus: [u32; 2],
    /// How near they are to each other.
    pub relation: Relation,
}

/// A cgroup with a quota.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cgroup {
    /// The file that holds the quota.
    pub quota_file: String,
    /// How many periods were throttled so far.
    pub throttled: Option<u64>,
}

/// Limits of the network, in this network namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Network {
    /// The first and the last port for outgoing connections.
    pub port_range: Option<[u16; 2]>,
    /// TCP connections in TIME_WAIT.
    pub time_wait: Option<u64>,
    /// `net.core.somaxconn`.
    pub somaxconn: Option<u64>,
    /// `net.ipv4.tcp_max_syn_backlog`.
    pub syn_backlog: Option<u64>,
    /// `SO_RCVBUF`: the default and the largest, in bytes.
    pub receive_buffer: Option<[u64; 2]>,
    /// `SO_SNDBUF`: the default and the largest, in bytes.
    pub send_buffer: Option<[u64; 2]>,
    /// `net.ipv4.tcp_rmem`: the least, the default and the largest, in bytes.
    pub tcp_receive_buffer: Option<[u64; 3]>,
    /// `net.ipv4.tcp_wmem`, likewise.
    pub tcp_send_buffer: Option<[u64; 3]>,
    /// `net.unix.max_dgram_qlen`.
    pub datagram_queue: Option<u64>,
    /// Whether the loopback interface is up.
    pub loopback_up: Option<bool>,
    /// Its largest packet, in bytes.
    pub loopback_mtu: Option<u64>,
    /// Connections that the packet filter tracks, and how many it can.
    pub conntrack: Option<[u64; 2]>,
    /// `net.mptcp.enabled`.
    pub mptcp_enabled: Option<bool>,
    /// `net.ipv6.conf.lo.disable_ipv6`.
    pub ipv6_disabled: Option<bool>,
    /// Transports that cannot be had, found out by trying.
    pub refused: Option<Vec<Refused>>,
}

/// A transport that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Which one, by its name in results.
    pub transport: String,
    /// Why, in words that follow "because".
    pub reason: String,
}

names! {
    /// What became of a try to set up an `io_uring`.
    pub enum IoUring {
        /// It works.
        Allowed = "allowed",
        /// The administrator has switched it off.
        Disabled = "disabled",
        /// A seccomp filter refuses it.
        Filtered = "filtered",
        /// Too little memory may be locked, or is there.
        NoMemory = "no-memory",
        /// Something else refuses it, or the kernel has none, or one that is too old.
        Refused = "refused",
    }
}

/// What this process may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Permissions {
    /// The soft and the hard limit of descriptors.
    pub descriptors: Option<[u64; 2]>,
    /// What became of a try to set up an `io_uring`.
    pub io_uring: Option<IoUring>,
    /// The reason in words, where it was refused.
    pub io_uring_reason: Option<String>,
    /// `kernel.perf_event_paranoid`.
    pub perf_event_paranoid: Option<i64>,
    /// Whether we hold `CAP_PERFMON` or `CAP_SYS_ADMIN`.
    pub perf_capability: Option<bool>,
    /// The processor's counters by the kernel's name for them; empty where there are none.
    pub hardware_counters: Option<Vec<String>>,
}
