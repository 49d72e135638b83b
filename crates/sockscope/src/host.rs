//! Host: the facts about this machine that a measurement of it depends on.
//!
//! Facts are only gathered here; what they mean is said in `sockscope_report`. What cannot be read is unknown, and unknown
//! is not bad: every fact is optional.

mod cgroup;
mod during;
mod examine;
mod limits;
mod probe;
mod processor;
mod root;
mod surroundings;

use procfs::{FromRead as _, FromReadSI as _};
use sockscope_engine::clock;
use sockscope_engine::topology::Topology;
use sockscope_report::model::{Clock, Host};

pub(crate) use during::During;
pub(crate) use examine::examine;
use root::Root;

/// Everything that goes into a result and can be read before the run: a few milliseconds.
pub(crate) fn facts(topology: &Topology) -> Host {
    facts_of(&Root::of_system(), topology)
}

fn facts_of(root: &Root, topology: &Topology) -> Host {
    let names = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_str().ok().map(str::to_owned);
    let cpus: Vec<u32> = topology.cpus().iter().map(|cpu| cpu.id).collect();
    let calibration = clock::calibrate();
    Host {
        hostname: text(names.nodename()),
        kernel: text(names.release()),
        architecture: text(names.machine()),
        cpu_model: processor::model(root),
        cpus_online: processor::online(root),
        virtualisation: surroundings::virtualisation(root),
        container: surroundings::container(root),
        governor: processor::governor(root, &cpus),
        frequency_driver: processor::frequency_driver(root, &cpus),
        turbo: processor::turbo(root),
        idle_driver: root.line("/sys/devices/system/cpu/cpuidle/current_driver"),
        idle_states: topology.quiet_cpu().and_then(|cpu| processor::idle_states(root, cpu)),
        smt: processor::smt(root),
        numa_nodes: processor::numa_nodes(root),
        cpus_allowed: Some(cpus),
        clock: Clock {
            source: root.line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            cost_ns: Some((calibration.cost_ns * 10.0).round() / 10.0),
            resolution_ns: Some(calibration.resolution_ns),
        },
        load_average: load_average(root),
        steal_share: None,
        cgroup_cpu_max: cgroup::quota(root).map(|quota| quota.limit),
        cgroup_throttled: None,
        timer_slack_ns: root.number("/proc/self/timerslack_ns"),
        seccomp_filter: surroundings::seccomp_filter(root),
        mitigations: processor::mitigations(root),
        congestion_control: root.line("/proc/sys/net/ipv4/tcp_congestion_control"),
    }
}

fn load_average(root: &Root) -> Option<[f64; 3]> {
    let load = procfs::LoadAverage::from_file(root.path("/proc/loadavg")).ok()?;
    // The kernel prints hundredths.
    Some([load.one, load.five, load.fifteen].map(|load| (f64::from(load) * 100.0).round() / 100.0))
}

/// What the kernel counts for each CPU.
fn kernel_stats(root: &Root) -> Option<procfs::KernelStats> {
    procfs::KernelStats::from_file(root.path("/proc/stat"), procfs::current_system_info()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_kernel_a_clock_and_cpus() {
        let host = facts(&Topology::read().unwrap());
        assert!(host.kernel.is_some_and(|kernel| kernel.contains('.')));
        assert!(host.clock.cost_ns.is_some_and(|cost| cost > 0.0));
        assert!(host.cpus_online >= Some(1));
    }

    #[test]
    fn of_a_machine_without_files_only_the_calls_are_known() {
        let nothing = tempfile::TempDir::new().unwrap();
        let root = Root::new(nothing.path());
        let host = facts_of(&root, &Topology::read().unwrap());
        let known = Host {
            hostname: host.hostname.clone(),
            kernel: host.kernel.clone(),
            architecture: host.architecture.clone(),
            cpus_allowed: host.cpus_allowed.clone(),
            clock: Clock { source: None, ..host.clock.clone() },
            ..Host::default()
        };
        assert_eq!(host, known);
    }
}
