//! Rules: every fact that is looked at, in the order in which equally grave ones are shown.

mod cpu;
mod kernel;
mod limits;
mod network;
mod noise;
mod permission;
mod time;

use super::FindingCode as Code;
use super::rule::Rule;

/// All of them.
pub(super) static ALL: [Rule; 31] = [
    Rule { code: Code::Load, why: noise::LOAD, judge: noise::load },
    Rule { code: Code::Steal, why: noise::STEAL, judge: noise::steal },
    Rule { code: Code::Interruptions, why: noise::INTERRUPTIONS, judge: noise::interruptions },
    Rule { code: Code::CpuQuota, why: limits::CPU_QUOTA, judge: limits::cpu_quota },
    Rule { code: Code::Governor, why: cpu::GOVERNOR, judge: cpu::governor },
    Rule { code: Code::Turbo, why: cpu::TURBO, judge: cpu::turbo },
    Rule { code: Code::IdleStates, why: cpu::IDLE_STATES, judge: cpu::idle_states },
    Rule { code: Code::Smt, why: cpu::SMT, judge: cpu::smt },
    Rule { code: Code::Cpus, why: cpu::CPUS, judge: cpu::cpus },
    Rule { code: Code::Numa, why: cpu::NUMA, judge: cpu::numa },
    Rule { code: Code::Clock, why: time::CLOCK, judge: time::clock },
    Rule { code: Code::TimerSlack, why: time::TIMER_SLACK, judge: time::timer_slack },
    Rule { code: Code::Virtualisation, why: kernel::VIRTUALISATION, judge: kernel::virtualisation },
    Rule { code: Code::Container, why: kernel::CONTAINER, judge: kernel::container },
    Rule { code: Code::Mitigations, why: kernel::MITIGATIONS, judge: kernel::mitigations },
    Rule { code: Code::HugePages, why: kernel::HUGE_PAGES, judge: kernel::huge_pages },
    Rule { code: Code::Loopback, why: network::LOOPBACK, judge: network::loopback },
    Rule { code: Code::Conntrack, why: network::CONNTRACK, judge: network::conntrack },
    Rule {
        code: Code::CongestionControl,
        why: network::CONGESTION_CONTROL,
        judge: network::congestion_control,
    },
    Rule { code: Code::PortRange, why: limits::PORT_RANGE, judge: limits::port_range },
    Rule { code: Code::AcceptQueue, why: limits::ACCEPT_QUEUE, judge: limits::accept_queue },
    Rule { code: Code::SocketBuffers, why: limits::SOCKET_BUFFERS, judge: limits::socket_buffers },
    Rule { code: Code::TcpBuffers, why: limits::TCP_BUFFERS, judge: limits::tcp_buffers },
    Rule { code: Code::DatagramQueue, why: limits::DATAGRAM_QUEUE, judge: limits::datagram_queue },
    Rule { code: Code::Descriptors, why: limits::DESCRIPTORS, judge: limits::descriptors },
    Rule { code: Code::IoUring, why: permission::IO_URING, judge: permission::io_uring },
    Rule { code: Code::PerfEvents, why: permission::PERF_EVENTS, judge: permission::perf_events },
    Rule {
        code: Code::HardwareCounters,
        why: permission::HARDWARE_COUNTERS,
        judge: permission::hardware_counters,
    },
    Rule { code: Code::Ipv6, why: network::IPV6, judge: network::ipv6 },
    Rule { code: Code::Vsock, why: network::VSOCK, judge: network::vsock },
    Rule { code: Code::Mptcp, why: network::MPTCP, judge: network::mptcp },
];
