//! Doctor: each fact is judged by itself, on machines that were recorded and then changed in one thing.

use sockscope_report::doctor::facts::{Busy, Cgroup, IoUring, Network, Pair, Permissions};
use sockscope_report::doctor::{Facts, Finding, FindingCode as Code, Severity, findings};
use sockscope_report::model::{Clock, Host, IdleState, Relation};

mod rules;
mod self_check;
mod text;

/// A machine that nothing can be said against: bare metal, eight CPUs, prepared.
fn fit() -> Facts {
    Facts {
        host: fit_host(),
        busy: Some(Busy {
            cpu: 7,
            elapsed_ns: 200_000_000,
            steal_share: Some(0.0),
            ..Busy::default()
        }),
        steal_since_boot: Some(0.0),
        pair: Some(Pair { cpus: [6, 7], relation: Relation::SameLlc }),
        cgroup: None,
        clock_sources: Some(vec!["tsc".to_owned(), "hpet".to_owned()]),
        numa_balancing: Some(false),
        huge_pages: Some("madvise".to_owned()),
        network: Network {
            port_range: Some([32_768, 60_999]),
            time_wait: Some(0),
            somaxconn: Some(4_096),
            syn_backlog: Some(4_096),
            receive_buffer: Some([212_992, 4 << 20]),
            send_buffer: Some([212_992, 4 << 20]),
            tcp_receive_buffer: Some([4_096, 131_072, 6_291_456]),
            tcp_send_buffer: Some([4_096, 16_384, 4_194_304]),
            datagram_queue: Some(512),
            loopback_up: Some(true),
            loopback_mtu: Some(65_536),
            conntrack: Some([0, 0]),
            mptcp_enabled: Some(true),
            ipv6_disabled: Some(false),
            refused: Some(vec![]),
        },
        permissions: Permissions {
            descriptors: Some([1_024, 524_288]),
            io_uring: Some(IoUring::Allowed),
            io_uring_reason: None,
            perf_event_paranoid: Some(1),
            perf_capability: Some(false),
            hardware_counters: Some(vec!["cpu".to_owned()]),
        },
    }
}

fn fit_host() -> Host {
    let state = |index, name: &str, exit_latency_us| IdleState {
        index,
        name: name.to_owned(),
        exit_latency_us,
        disabled: index > 1,
    };
    Host {
        hostname: Some("fit".to_owned()),
        kernel: Some("6.12.9-amd64".to_owned()),
        cpu_model: Some("AMD Ryzen 7 7700".to_owned()),
        cpus_online: Some(8),
        cpus_allowed: Some((0..8).collect()),
        virtualisation: Some("none".to_owned()),
        governor: Some("performance".to_owned()),
        frequency_driver: Some("amd-pstate-epp".to_owned()),
        turbo: Some(false),
        idle_driver: Some("acpi_idle".to_owned()),
        idle_states: Some(vec![state(0, "POLL", 0), state(1, "C1", 1), state(2, "C2", 18)]),
        smt: Some(false),
        numa_nodes: Some(1),
        clock: Clock {
            source: Some("tsc".to_owned()),
            cost_ns: Some(19.0),
            resolution_ns: Some(10),
        },
        load_average: Some([0.1, 0.2, 0.3]),
        cgroup_cpu_max: Some("max".to_owned()),
        timer_slack_ns: Some(50_000),
        seccomp_filter: Some(false),
        mitigations: Some([("meltdown".to_owned(), "Not affected".to_owned())].into()),
        congestion_control: Some("cubic".to_owned()),
        ..Host::default()
    }
}

fn one(facts: &Facts, code: &Code) -> Finding {
    findings(facts).into_iter().find(|finding| finding.code == *code).expect("every rule finds")
}

fn quota(facts: &mut Facts, limit: &str, file: &str) {
    facts.host.cgroup_cpu_max = Some(limit.to_owned());
    facts.cgroup = Some(Cgroup { quota_file: file.to_owned(), throttled: Some(7) });
}

#[test]
fn a_fit_machine_is_as_it_should_be_in_everything() {
    for finding in findings(&fit()) {
        assert_eq!(finding.severity, Severity::Ok, "{finding:?}");
        assert_eq!((finding.advice, finding.command), (None, None));
    }
}

#[test]
fn what_is_unknown_is_unknown_and_never_bad() {
    for finding in findings(&Facts::default()) {
        assert_eq!(finding.severity, Severity::Unknown, "{finding:?}");
        assert!(!finding.value.is_empty(), "{finding:?}");
    }
}

#[test]
fn the_worst_comes_first_and_the_unknown_last() {
    let mut facts = fit();
    facts.permissions.io_uring = Some(IoUring::Refused);
    facts.host.governor = Some("powersave".to_owned());
    facts.host.load_average = None;
    let ranks: Vec<u8> = findings(&facts).iter().map(|finding| finding.severity.rank()).collect();
    assert!(ranks.is_sorted() && ranks.first() == Some(&0) && ranks.last() == Some(&3));
}
