//! Model: what `doctor` says, as it is written to JSON (`sockscope.doctor/1`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Facts, SelfCheck};
use crate::names::names;

/// The schema that this version writes.
pub const SCHEMA: &str = "sockscope.doctor/1";

/// One examination of one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorReport {
    /// Name and major number of the format.
    pub schema: String,
    /// The version of sockscope that looked.
    pub sockscope: String,
    /// When, RFC 3339.
    pub created: Option<String>,
    /// What was seen.
    pub facts: Facts,
    /// What follows from it, the worst first.
    pub findings: Vec<Finding>,
    /// Whether the tool measures what is there, where that was asked for.
    pub self_check: Option<SelfCheck>,
}

impl DoctorReport {
    /// The findings of this severity, in order.
    pub fn with(&self, severity: &Severity) -> impl Iterator<Item = &Finding> + Clone {
        self.findings.iter().filter(move |finding| finding.severity == *severity)
    }
}

/// One fact about the machine, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was looked at.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen, in words; for an unknown one, why it is not known.
    pub value: String,
    /// Why it matters for a measurement, in one sentence.
    pub why: String,
    /// What to do, in one sentence, where a command does not say it all.
    pub advice: Option<String>,
    /// The command that changes it, or that shows what to change; to be pasted into a shell.
    pub command: Option<String>,
}

names! {
    /// How much a finding matters.
    pub enum Severity {
        /// Numbers may be wrong, or hard to repeat.
        Warning = "warning",
        /// It changes what is measured, or what can be: know it, and compare like with like.
        Note = "note",
        /// As it should be.
        Ok = "ok",
        /// It cannot be read here, which does not mean that it is bad.
        Unknown = "unknown",
    }
}

impl Severity {
    /// Its place when the worst comes first. What is unknown is not bad, and comes last.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Warning => 0,
            Self::Note | Self::Other(_) => 1,
            Self::Ok => 2,
            Self::Unknown => 3,
        }
    }
}

names! {
    /// What is looked at.
    pub enum FindingCode {
        /// Other work on the machine.
        Load = "load",
        /// CPU time that the hypervisor gives to others.
        Steal = "steal",
        /// What interrupts a thread that never sleeps.
        Interruptions = "interruptions",
        /// The frequency governor.
        Governor = "governor",
        /// Frequencies above the nominal one.
        Turbo = "turbo",
        /// The states of an idle CPU.
        IdleStates = "idle-states",
        /// Two hardware threads in one core.
        Smt = "smt",
        /// The CPUs that we may use.
        Cpus = "cpus",
        /// The memory nodes.
        Numa = "numa",
        /// The cgroup's CPU quota.
        CpuQuota = "cpu-quota",
        /// The clock of every time.
        Clock = "clock",
        /// How late timers may be.
        TimerSlack = "timer-slack",
        /// The hypervisor.
        Virtualisation = "virtualisation",
        /// The container and its filter of system calls.
        Container = "container",
        /// Mitigations of processor vulnerabilities.
        Mitigations = "mitigations",
        /// Transparent huge pages.
        HugePages = "huge-pages",
        /// The loopback interface.
        Loopback = "loopback",
        /// Connection tracking by the packet filter.
        Conntrack = "conntrack",
        /// TCP's congestion control.
        CongestionControl = "congestion-control",
        /// Ports for outgoing connections.
        PortRange = "port-range",
        /// How many connections may wait to be accepted.
        AcceptQueue = "accept-queue",
        /// The largest socket buffers that can be asked for.
        SocketBuffers = "socket-buffers",
        /// How far TCP's own buffers grow.
        TcpBuffers = "tcp-buffers",
        /// How many datagrams a Unix socket queues.
        DatagramQueue = "datagram-queue",
        /// How many descriptors a process may have.
        Descriptors = "descriptors",
        /// Whether io_uring may be used.
        IoUring = "io-uring",
        /// Whether performance events may be counted.
        PerfEvents = "perf-events",
        /// Whether the processor's own counters are there.
        HardwareCounters = "hardware-counters",
        /// IPv6 over loopback.
        Ipv6 = "ipv6",
        /// VM sockets over loopback.
        Vsock = "vsock",
        /// Multipath TCP.
        Mptcp = "mptcp",
    }
}
