//! Rules: a fit machine, changed in one thing, and what is said about that.

use sockscope_report::doctor::facts::{IoUring, Pair, Refused};
use sockscope_report::doctor::{Facts, FindingCode as Code, Severity, findings};
use sockscope_report::model::Relation;

use super::{fit, one, quota};

type Change = fn(&mut Facts);
/// What is changed, what is found, how grave that is, a part of the value and a part of the command.
type Row = (Change, Code, Severity, &'static str, &'static str);

/// Changes a fit machine in one thing and expects one finding, all others being as they were.
fn check(rows: &[Row]) {
    let before = findings(&fit());
    for (change, code, severity, value, command) in rows {
        let mut facts = fit();
        change(&mut facts);
        let finding = one(&facts, code);
        assert_eq!(finding.severity, *severity, "{finding:?}");
        assert!(finding.value.contains(value), "{value:?} in {finding:?}");
        let found = finding.command.as_deref().unwrap_or_default();
        assert!(found.contains(command) && found.is_empty() == command.is_empty(), "{finding:?}");
        let others = findings(&facts).into_iter().filter(|other| other.code != *code);
        for other in others {
            assert!(before.contains(&other), "{code} changed {other:?}");
        }
    }
}

#[test]
fn other_work_and_stolen_time_are_warned_of() {
    use Severity::{Note, Ok, Warning};
    check(&[
        (|f| f.host.load_average = Some([2.01, 0.0, 0.0]), Code::Load, Warning, "2.01", "ps -eo"),
        (|f| f.host.load_average = Some([2.0, 9.0, 9.0]), Code::Load, Ok, "on 8 CPUs", ""),
        (
            |f| f.busy.as_mut().expect("a fit machine knows it").steal_share = Some(0.05),
            Code::Steal,
            Warning,
            "5.0 %",
            "",
        ),
        (|f| f.steal_since_boot = Some(0.006), Code::Steal, Note, "0.6 % since", ""),
        (|f| interrupt(f, 4, 2_100_000), Code::Interruptions, Warning, "together 1.1 %", "ps -eo"),
        (|f| interrupt(f, 4, 210_000), Code::Interruptions, Note, "4 of 10 µs", "ps -eo"),
        (|f| interrupt(f, 1, 20_000), Code::Interruptions, Ok, "1 of 10 µs or more in 200 ms", ""),
    ]);
}

fn interrupt(facts: &mut Facts, interruptions: u64, lost_ns: u64) {
    let busy = facts.busy.as_mut().expect("a fit machine knows it");
    (busy.interruptions, busy.lost_ns, busy.longest_ns) = (interruptions, lost_ns, lost_ns / 2);
}

#[test]
fn a_quota_below_what_is_measured_with_is_warned_of_and_lifted_where_it_was_set() {
    use Severity::{Note, Ok, Unknown, Warning};
    const V2: &str = "/sys/fs/cgroup/job/cpu.max";
    const UNIT: &str = "/sys/fs/cgroup/system.slice/bench.service/cpu.max";
    const V1: &str = "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us";
    const ODD: &str = "/sys/fs/cgroup/$(id)/cpu.max";
    let code = Code::CpuQuota;
    check(&[
        (|f| quota(f, "150000 100000", V2), code.clone(), Warning, "1.5 CPUs", V2),
        (|f| quota(f, "200000 100000", V2), code.clone(), Note, "2 CPUs", "echo max | sudo tee"),
        (|f| quota(f, "800000 100000", V2), code.clone(), Ok, "8 CPUs", ""),
        (|f| quota(f, "50000 100000", V1), code.clone(), Warning, "0.5 CPUs", "echo -1 | sudo"),
        (|f| quota(f, "50000 100000", UNIT), code.clone(), Warning, "7 periods", "CPUQuota="),
        (|f| quota(f, "50000 100000", ODD), code.clone(), Warning, "0.5 CPUs", ""),
        (|f| f.host.cgroup_cpu_max = Some("50000".to_owned()), code, Unknown, "no cgroup", ""),
    ]);
    let mut docker = fit();
    quota(&mut docker, "100000 100000", V2);
    docker.host.container = Some("docker".to_owned());
    let command = one(&docker, &Code::CpuQuota).command.expect("a command");
    assert_eq!(command, "docker update --cpus=8 fit");
}

#[test]
fn processors_that_change_their_speed_or_share_their_cores_are_found() {
    use Severity::{Note, Ok, Unknown, Warning};
    check(&[
        (
            |f| f.host.governor = Some("performance, powersave".to_owned()),
            Code::Governor,
            Warning,
            "performance, powersave",
            "scaling_governor",
        ),
        (|f| f.host.governor = None, Code::Governor, Unknown, "does not manage", ""),
        (|f| f.host.turbo = Some(true), Code::Turbo, Note, "on", "cpufreq/boost"),
        (
            |f| {
                f.host.turbo = Some(true);
                f.host.frequency_driver = Some("intel_pstate".to_owned());
            },
            Code::Turbo,
            Note,
            "on",
            "intel_pstate/no_turbo",
        ),
        (|f| enable_idle_states(f, 18), Code::IdleStates, Note, "C2 takes 18 µs", "state2/"),
        (|f| enable_idle_states(f, 10), Code::IdleStates, Ok, "C2 takes 10 µs", ""),
        (|f| f.host.idle_states = Some(vec![]), Code::IdleStates, Ok, "none", ""),
        (|f| f.host.smt = Some(true), Code::Smt, Note, "two threads", "smt/control"),
        (
            |f| f.pair = Some(Pair { cpus: [0, 1], relation: Relation::Smt }),
            Code::Smt,
            Warning,
            "CPUs 0 and 1 are one core",
            "",
        ),
        (|f| f.host.cpus_allowed = Some(vec![3]), Code::Cpus, Note, "1 of 8", "taskset -cp 0-7 $$"),
        (|f| f.host.cpus_allowed = Some(vec![3, 4]), Code::Cpus, Ok, "2 of 8 may be used", ""),
        (|f| f.host.numa_nodes = Some(2), Code::Numa, Ok, "2 nodes", ""),
        (
            |f| (f.host.numa_nodes, f.numa_balancing) = (Some(2), Some(true)),
            Code::Numa,
            Note,
            "balanced by moving",
            "kernel.numa_balancing=0",
        ),
    ]);
}

fn enable_idle_states(facts: &mut Facts, deepest_us: u64) {
    let states = facts.host.idle_states.as_mut().expect("a fit machine knows it");
    states[2].exit_latency_us = deepest_us;
    for state in states {
        state.disabled = false;
    }
}

#[test]
fn a_clock_that_is_a_system_call_and_late_timers_are_warned_of() {
    use Severity::{Ok, Warning};
    check(&[
        (|f| clock(f, "hpet", 1_210.0), Code::Clock, Warning, "hpet", "echo tsc | sudo tee"),
        (|f| clock(f, "tsc", 101.0), Code::Clock, Warning, "tsc", ""),
        (|f| clock(f, "kvm-clock", 38.0), Code::Clock, Ok, "a reading takes 38 ns", ""),
        (
            |f| f.host.timer_slack_ns = Some(50_001),
            Code::TimerSlack,
            Warning,
            "50.0 µs",
            "/proc/$$/timerslack_ns",
        ),
        (|f| f.host.timer_slack_ns = Some(0), Code::TimerSlack, Ok, "0 ns", ""),
    ]);
}

fn clock(facts: &mut Facts, source: &str, cost_ns: f64) {
    facts.host.clock.source = Some(source.to_owned());
    facts.host.clock.cost_ns = Some(cost_ns);
}

#[test]
fn what_lies_around_the_process_is_noted() {
    use Severity::{Note, Ok};
    check(&[
        (|f| f.host.virtualisation = Some("KVM".to_owned()), Code::Virtualisation, Note, "KVM", ""),
        (|f| f.host.seccomp_filter = Some(true), Code::Container, Note, "a seccomp filter", ""),
        (
            |f| f.host.container = Some("podman".to_owned()),
            Code::Container,
            Ok,
            "podman, without",
            "",
        ),
        (|f| mitigate(f, "meltdown"), Code::Mitigations, Note, "against meltdown", ""),
        (|f| mitigate(f, "spectre_v1"), Code::Mitigations, Ok, "none", ""),
        (
            |f| f.huge_pages = Some("always".to_owned()),
            Code::HugePages,
            Note,
            "always",
            "transparent_hugepage/enabled",
        ),
    ]);
}

fn mitigate(facts: &mut Facts, name: &str) {
    facts.host.mitigations = Some([(name.to_owned(), "Mitigation: PTI".to_owned())].into());
}

#[test]
fn what_lies_between_two_sockets_is_found() {
    use Severity::{Note, Ok, Warning};
    check(&[
        (|f| f.network.loopback_up = Some(false), Code::Loopback, Warning, "down", "set lo up"),
        (|f| f.network.loopback_mtu = Some(1_500), Code::Loopback, Note, "1500", "mtu 65536"),
        (|f| f.network.conntrack = Some([1, 100]), Code::Conntrack, Note, "tracks 1", "unshare"),
        (|f| f.network.conntrack = Some([80, 100]), Code::Conntrack, Note, "80", "unshare"),
        (|f| f.network.conntrack = Some([81, 100]), Code::Conntrack, Warning, "81", "unshare"),
        (
            |f| f.host.congestion_control = Some("bbr".to_owned()),
            Code::CongestionControl,
            Note,
            "bbr",
            "tcp_congestion_control=cubic",
        ),
        (
            |f| f.host.congestion_control = Some("reno".to_owned()),
            Code::CongestionControl,
            Ok,
            "reno",
            "",
        ),
        (|f| refuse(f, "vsock", "no loopback"), Code::Vsock, Note, "no loopback", "modprobe"),
        (|f| refuse(f, "mptcp", "not in this kernel"), Code::Mptcp, Note, "not in this", ""),
        (|f| refuse(f, "tcp6", "no IPv6 here"), Code::Ipv6, Note, "no IPv6 here", ""),
        (
            |f| {
                refuse(f, "mptcp", "turned off");
                f.network.mptcp_enabled = Some(false);
            },
            Code::Mptcp,
            Note,
            "turned off",
            "net.mptcp.enabled=1",
        ),
        (
            |f| {
                refuse(f, "tcp6", "turned off");
                f.network.ipv6_disabled = Some(true);
            },
            Code::Ipv6,
            Note,
            "turned off",
            "disable_ipv6=0",
        ),
    ]);
}

fn refuse(facts: &mut Facts, transport: &str, reason: &str) {
    let (transport, reason) = (transport.to_owned(), reason.to_owned());
    facts.network.refused = Some(vec![Refused { transport, reason }]);
}

#[test]
fn limits_that_a_measurement_can_meet_are_found() {
    use Severity::{Note, Ok, Warning};
    check(&[
        (|f| f.network.time_wait = Some(14_116), Code::PortRange, Ok, "14116 connections", ""),
        (|f| f.network.time_wait = Some(14_117), Code::PortRange, Warning, "14117", "port_range"),
        (
            |f| f.network.port_range = Some([1, u16::MAX]),
            Code::PortRange,
            Ok,
            "1 to 65535, 65535 ports",
            "",
        ),
        (
            |f| f.network.port_range = Some([50_000, 51_000]),
            Code::PortRange,
            Note,
            "1001 ports",
            "port_range",
        ),
        (|f| f.network.somaxconn = Some(128), Code::AcceptQueue, Note, "128", "somaxconn=4096"),
        (
            |f| f.network.receive_buffer = Some([212_992, 212_992]),
            Code::SocketBuffers,
            Note,
            "receive 208 KiB, at most 208 KiB",
            "net.core.rmem_max=4194304 net.core.wmem_max=4194304",
        ),
        (
            |f| f.network.tcp_receive_buffer = Some([4_096, 65_536, 65_536]),
            Code::TcpBuffers,
            Note,
            "receive 64 KiB growing to 64 KiB",
            "net.ipv4.tcp_rmem=\"4096 131072 6291456\"",
        ),
        (
            |f| f.network.tcp_send_buffer = Some([4_096, 16_384, 65_536]),
            Code::TcpBuffers,
            Note,
            "send 16 KiB growing to 64 KiB",
            "net.ipv4.tcp_wmem=\"4096 16384 4194304\"",
        ),
        (|f| f.network.datagram_queue = Some(10), Code::DatagramQueue, Note, "10", "dgram_qlen"),
        (
            |f| f.permissions.descriptors = Some([1_024, 1_024]),
            Code::Descriptors,
            Note,
            "1024, hard limit 1024",
            "prlimit --pid $$ --nofile",
        ),
    ]);
}

#[test]
fn a_refused_io_uring_says_why_and_what_would_allow_it() {
    let rows = [
        (IoUring::Disabled, "it is switched off", Some("sysctl -w kernel.io_uring_disabled=0"), ""),
        (IoUring::Filtered, "a seccomp filter forbids it", None, "seccomp=unconfined"),
        (IoUring::NoMemory, "set up a ring: ENOMEM", Some("--memlock=unlimited"), "this shell"),
        (IoUring::Refused, "this kernel has none", None, ""),
    ];
    for (answer, reason, command, advice) in rows {
        let mut facts = fit();
        facts.permissions.io_uring = Some(answer);
        facts.permissions.io_uring_reason = Some(reason.to_owned());
        let finding = one(&facts, &Code::IoUring);
        assert_eq!((finding.severity, finding.value.as_str()), (Severity::Note, reason));
        let found = finding.command.unwrap_or_default();
        assert!(found.contains(command.unwrap_or_default()), "{found}");
        assert_eq!(found.is_empty(), command.is_none(), "{found}");
        assert!(finding.advice.unwrap_or_default().contains(advice), "{reason}");
    }
}

#[test]
fn counters_need_a_permission_and_a_processor_that_has_them() {
    use Severity::{Note, Ok};
    check(&[
        (
            |f| f.permissions.perf_event_paranoid = Some(2),
            Code::PerfEvents,
            Note,
            "is 2",
            "kernel.perf_event_paranoid=1",
        ),
        (
            |f| {
                f.permissions.perf_event_paranoid = Some(4);
                f.permissions.perf_capability = Some(true);
            },
            Code::PerfEvents,
            Ok,
            "is 4, and we hold the capability",
            "",
        ),
        (
            |f| f.permissions.hardware_counters = Some(vec![]),
            Code::HardwareCounters,
            Note,
            "none",
            "",
        ),
    ]);
}
