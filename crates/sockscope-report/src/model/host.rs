//! Host: the facts about a machine that a measurement of it depends on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine, as far as it could be read. `None` is "unknown", and unknown is never counted as
/// bad.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Host {
    /// Its name.
    pub hostname: Option<String>,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: Option<String>,
    /// The processor architecture, as `uname -m` prints it.
    pub architecture: Option<String>,
    /// The processor's model name.
    pub cpu_model: Option<String>,
    /// The CPUs that are online.
    pub cpus_online: Option<u32>,
    /// The CPUs of our own affinity mask.
    pub cpus_allowed: Option<Vec<u32>>,
    /// The hypervisor; `none` on bare metal.
    pub virtualisation: Option<String>,
    /// The kind of container that sockscope runs in; `None` where no runtime has left a mark of one,
    /// so that it is not known to be one.
    pub container: Option<String>,
    /// The frequency governor of the CPUs used.
    pub governor: Option<String>,
    /// What sets the frequency, such as `intel_pstate`.
    pub frequency_driver: Option<String>,
    /// Whether the CPUs may run above their nominal frequency.
    pub turbo: Option<bool>,
    /// What puts idle CPUs to sleep.
    pub idle_driver: Option<String>,
    /// The states that an idle CPU can enter, the shallowest first.
    pub idle_states: Option<Vec<IdleState>>,
    /// Whether cores run two hardware threads each.
    pub smt: Option<bool>,
    /// The NUMA nodes that are online.
    pub numa_nodes: Option<u32>,
    /// The clock of every time in the result.
    pub clock: Clock,
    /// The load over 1, 5 and 15 minutes when the run began.
    pub load_average: Option<[f64; 3]>,
    /// The share of CPU time (0 to 1) that the hypervisor gave to others during the run.
    pub steal_share: Option<f64>,
    /// The cgroup's `cpu.max`: quota and period in microseconds, or `max` and the period.
    pub cgroup_cpu_max: Option<String>,
    /// How many periods of the cgroup were throttled during the run.
    pub cgroup_throttled: Option<u64>,
    /// By how much the kernel may let our timers be late, to serve several at once.
    pub timer_slack_ns: Option<u64>,
    /// Whether a seccomp filter looks at each of our system calls.
    pub seccomp_filter: Option<bool>,
    /// Each processor vulnerability with the kernel's answer to it.
    pub mitigations: Option<BTreeMap<String, String>>,
    /// The TCP congestion control.
    pub congestion_control: Option<String>,
}

/// A state that an idle CPU can enter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IdleState {
    /// Its number, 0 for the shallowest.
    pub index: u32,
    /// Its name, such as `C6`.
    pub name: String,
    /// How long leaving it takes, in microseconds.
    pub exit_latency_us: u64,
    /// Whether it is not used.
    pub disabled: bool,
}

/// The clock that was read, and what reading it costs; both measured at start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Clock {
    /// The kernel's clock source, such as `tsc` or `kvm-clock`.
    pub source: Option<String>,
    /// One reading, in nanoseconds.
    pub cost_ns: Option<f64>,
    /// The smallest step seen, in nanoseconds.
    pub resolution_ns: Option<u64>,
}
