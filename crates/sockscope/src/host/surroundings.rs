//! Surroundings: the hypervisor, the container and the filter that this process runs under.

use procfs::FromRead as _;
use procfs::process::Status;

use super::root::Root;

/// The hypervisor where the processor says that there is one: the firmware's vendor, or else the clock that the kernel
/// shares with it.
pub(super) fn virtualisation(root: &Root) -> Option<String> {
    const CLOCKS: [(&str, &str); 3] = [("kvm-clock", "KVM"), ("hyperv", "Hyper-V"), ("xen", "Xen")];
    let info = procfs::CpuInfo::from_file(root.path("/proc/cpuinfo")).ok()?;
    if !info.flags(0)?.contains(&"hypervisor") {
        return Some("none".into());
    }
    let vendor = root.line("/sys/class/dmi/id/sys_vendor").filter(|vendor| !vendor.is_empty());
    let by_clock = || {
        let clocks =
            root.line("/sys/devices/system/clocksource/clocksource0/available_clocksource")?;
        let known = CLOCKS.into_iter().find(|(clock, _)| clocks.contains(clock));
        known.map(|(_, name)| name.to_owned())
    };
    Some(vendor.or_else(by_clock).unwrap_or_else(|| "unnamed hypervisor".into()))
}

/// The container's kind, where its runtime leaves a mark (container interface of systemd, Docker, Podman).
pub(super) fn container(root: &Root) -> Option<String> {
    let named = root.line("/run/systemd/container").filter(|name| !name.is_empty());
    let marked = || {
        let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
        marks.into_iter().find(|(mark, _)| root.has(mark)).map(|(_, kind)| kind.to_owned())
    };
    named.or_else(marked)
}

/// Whether a filter is installed, rather than none or the strict mode that nobody uses.
pub(super) fn seccomp_filter(root: &Root) -> Option<bool> {
    const MODE_FILTER: u32 = 2;
    status(root)?.seccomp.map(|mode| mode == MODE_FILTER)
}

/// Whether we hold a capability that lets performance events be counted whatever the setting is.
pub(super) fn perf_capability(root: &Root) -> Option<bool> {
    const SYS_ADMIN: u64 = 1 << 21;
    const PERFMON: u64 = 1 << 38;
    Some(status(root)?.capeff & (SYS_ADMIN | PERFMON) != 0)
}

fn status(root: &Root) -> Option<Status> {
    Status::from_file(root.path("/proc/self/status")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::root::recorded;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: X\nflags\t\t: fpu hypervisor\n\n";

    #[test]
    fn a_hypervisor_is_named_by_the_firmware_or_by_its_clock() {
        const CLOCKS: &str = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
        let cpuinfo = ("/proc/cpuinfo", CPUINFO);
        let rows: [(&[(&str, &str)], &str); 4] = [
            (&[cpuinfo, ("/sys/class/dmi/id/sys_vendor", "QEMU\n")], "QEMU"),
            (&[cpuinfo, (CLOCKS, "tsc kvm-clock \n")], "KVM"),
            (&[cpuinfo], "unnamed hypervisor"),
            (&[("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu\n\n")], "none"),
        ];
        for (files, expected) in rows {
            let (_directory, root) = recorded(files);
            assert_eq!(virtualisation(&root).as_deref(), Some(expected), "{files:?}");
        }
    }

    #[test]
    fn a_container_is_known_by_its_mark() {
        let rows = [
            (("/run/systemd/container", "lxc\n"), Some("lxc")),
            (("/.dockerenv", ""), Some("docker")),
            (("/run/.containerenv", ""), Some("podman")),
            (("/etc/hostname", "x"), None),
        ];
        for (file, expected) in rows {
            let (_directory, root) = recorded(&[file]);
            assert_eq!(container(&root).as_deref(), expected, "{file:?}");
        }
    }

    #[test]
    fn this_process_has_a_status() {
        let root = Root::of_system();
        assert!(perf_capability(&root).is_some());
    }
}
