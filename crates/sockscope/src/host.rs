//! Host: the facts about this machine that a measurement of it depends on.
//!
//! What cannot be read is unknown, and unknown is not bad: every fact is optional.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use procfs::{Current, CurrentSI};
use sockscope_engine::clock;
use sockscope_engine::plan::Plan;
use sockscope_engine::topology::Topology;
use sockscope_report::model::{Clock, Host};

/// Everything that can be read before the run.
pub(crate) fn facts(topology: &Topology) -> Host {
    let names = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_str().ok().map(str::to_owned);
    let cpu = topology.quiet_cpu().unwrap_or(0);
    let calibration = clock::calibrate();
    Host {
        hostname: text(names.nodename()),
        kernel: text(names.release()),
        architecture: text(names.machine()),
        cpu_model: cpu_model(),
        cpus_online: cpus_online(),
        cpus_allowed: Some(topology.cpus().iter().map(|cpu| cpu.id).collect()),
        virtualisation: virtualisation(),
        container: container(),
        governor: line(&format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor")),
        idle_driver: line("/sys/devices/system/cpu/cpuidle/current_driver"),
        clock: Clock {
            source: line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            cost_ns: Some((calibration.cost_ns * 10.0).round() / 10.0),
            resolution_ns: Some(calibration.resolution_ns),
        },
        load_average: load_average(),
        steal_share: None,
        cgroup_cpu_max: cgroup_file("cpu.max").and_then(|path| line(&path)),
        cgroup_throttled: None,
        mitigations: mitigations(),
        congestion_control: line("/proc/sys/net/ipv4/tcp_congestion_control"),
    }
}

/// What can only be known as a difference over the run.
#[derive(Debug)]
pub(crate) struct During {
    /// The CPUs that are measured on; empty for all.
    cpus: Vec<u32>,
    ticks: Option<Ticks>,
    throttled: Option<u64>,
}

/// Clock ticks of the CPUs that are measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    steal: u64,
    total: u64,
}

impl During {
    /// Reads the counters before the first block.
    pub(crate) fn start(plan: &Plan) -> Self {
        let mut cpus = Vec::new();
        for placement in plan.cells.iter().map(|cell| &cell.placement) {
            if placement.client_cpus.is_empty() || placement.server_cpus.is_empty() {
                // An end that is not pinned may run anywhere.
                cpus.clear();
                break;
            }
            cpus.extend(placement.client_cpus.iter().chain(&placement.server_cpus));
        }
        let ticks = ticks(&cpus);
        Self { cpus, ticks, throttled: throttled() }
    }

    /// Reads them again and notes the differences.
    pub(crate) fn finish(self, host: &mut Host) {
        host.steal_share = self.ticks.zip(ticks(&self.cpus)).and_then(|(before, after)| {
            let total = after.total.checked_sub(before.total).filter(|total| *total > 0)?;
            Some(after.steal.saturating_sub(before.steal) as f64 / total as f64)
        });
        host.cgroup_throttled =
            self.throttled.zip(throttled()).map(|(before, after)| after.saturating_sub(before));
    }
}

fn ticks(cpus: &[u32]) -> Option<Ticks> {
    let stats = procfs::KernelStats::current().ok()?;
    let measured =
        |(index, _): &(usize, _)| cpus.is_empty() || cpus.iter().any(|cpu| *cpu as usize == *index);
    let mut sum = Ticks { steal: 0, total: 0 };
    for (_, cpu) in stats.cpu_time.iter().enumerate().filter(measured) {
        let idle = cpu.idle + cpu.iowait.unwrap_or(0);
        let busy =
            cpu.user + cpu.nice + cpu.system + cpu.irq.unwrap_or(0) + cpu.softirq.unwrap_or(0);
        let steal = cpu.steal?;
        sum.steal += steal;
        sum.total += idle + busy + steal;
    }
    Some(sum)
}

fn throttled() -> Option<u64> {
    let text = fs::read_to_string(cgroup_file("cpu.stat")?).ok()?;
    text.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.trim().parse().ok())
}

/// A file of our own cgroup (version 2).
fn cgroup_file(name: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let file = PathBuf::from("/sys/fs/cgroup").join(path).join(name);
    file.exists().then(|| file.to_str().map(str::to_owned))?
}

fn cpu_model() -> Option<String> {
    let info = procfs::CpuInfo::current().ok()?;
    info.model_name(0).map(str::to_owned)
}

fn cpus_online() -> Option<u32> {
    let stats = procfs::KernelStats::current().ok()?;
    u32::try_from(stats.cpu_time.len()).ok()
}

/// The hypervisor where the processor says that there is one: the firmware's vendor, or else the clock that the kernel
/// shares with it.
fn virtualisation() -> Option<String> {
    const CLOCKS: [(&str, &str); 3] = [("kvm-clock", "KVM"), ("hyperv", "Hyper-V"), ("xen", "Xen")];
    let info = procfs::CpuInfo::current().ok()?;
    if !info.flags(0)?.contains(&"hypervisor") {
        return Some("none".into());
    }
    let vendor = line("/sys/class/dmi/id/sys_vendor").filter(|vendor| !vendor.is_empty());
    let by_clock = || {
        let clocks = line("/sys/devices/system/clocksource/clocksource0/available_clocksource")?;
        let known = CLOCKS.into_iter().find(|(clock, _)| clocks.contains(clock));
        known.map(|(_, name)| name.to_owned())
    };
    Some(vendor.or_else(by_clock).unwrap_or_else(|| "unnamed hypervisor".into()))
}

/// The container's kind, where its runtime leaves a mark (container interface of systemd, Docker, Podman).
fn container() -> Option<String> {
    let named = line("/run/systemd/container").filter(|name| !name.is_empty());
    let marked = || {
        let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
        marks
            .into_iter()
            .find(|(mark, _)| Path::new(mark).exists())
            .map(|(_, kind)| kind.to_owned())
    };
    named.or_else(marked)
}

fn load_average() -> Option<[f64; 3]> {
    let load = procfs::LoadAverage::current().ok()?;
    // The kernel prints hundredths.
    Some([load.one, load.five, load.fifteen].map(|load| (f64::from(load) * 100.0).round() / 100.0))
}

fn mitigations() -> Option<BTreeMap<String, String>> {
    let entries = fs::read_dir("/sys/devices/system/cpu/vulnerabilities").ok()?;
    let fact = |path: &Path| Some((path.file_name()?.to_str()?.to_owned(), line(path.to_str()?)?));
    Some(entries.flatten().filter_map(|entry| fact(&entry.path())).collect())
}

fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_kernel_a_clock_and_cpus() {
        let topology = Topology::read().unwrap();
        let host = facts(&topology);
        assert!(host.kernel.is_some_and(|kernel| kernel.contains('.')));
        assert!(host.clock.cost_ns.is_some_and(|cost| cost > 0.0));
        assert!(host.cpus_online >= Some(1));
    }

    #[test]
    fn the_share_of_steal_lies_between_nothing_and_everything() {
        let mut host = Host::default();
        let during = During { cpus: vec![], ticks: ticks(&[]), throttled: throttled() };
        // Ticks are hundredths of a second: work until at least one has passed.
        while ticks(&[]) == during.ticks && during.ticks.is_some() {}
        during.finish(&mut host);
        assert!(host.steal_share.is_none_or(|share| (0.0..=1.0).contains(&share)));
    }

    #[test]
    fn the_ticks_of_one_cpu_are_fewer_than_those_of_all() {
        let (Some(first), Some(all)) = (ticks(&[0]), ticks(&[])) else { return };
        assert!(first.total <= all.total && first.total > 0);
    }
}
