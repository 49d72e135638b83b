//! Cgroup: the CPU quota that this process runs under, of either version, in whichever ancestor it is tightest.
//!
//! See cgroups(7). A quota of an ancestor holds for everything below it; those above the root of a container's cgroup
//! namespace cannot be seen from inside.

use std::path::{Path, PathBuf};

use procfs::FromRead as _;
use procfs::ProcessCGroups;
use procfs::process::{MountInfo, MountInfos};

use super::root::Root;

/// A quota and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quota {
    /// As version 2 writes it: quota and period in microseconds, `max` for no quota.
    pub(super) limit: String,
    /// The file that holds it; `None` where no cgroup has one.
    pub(super) file: Option<PathBuf>,
    /// How many periods were throttled so far.
    pub(super) throttled: Option<u64>,
}

/// The quota that applies; `None` where no hierarchy tells.
pub(super) fn quota(root: &Root) -> Option<Quota> {
    let groups = ProcessCGroups::from_file(root.path("/proc/self/cgroup")).ok()?.0;
    let mounts = MountInfos::from_file(root.path("/proc/self/mountinfo")).ok()?;
    let of_controller = groups.iter().find(|group| group.controllers.iter().any(|c| c == "cpu"));
    let version_1 = of_controller.and_then(|group| {
        let mount = mounts
            .iter()
            .find(|mount| mount.fs_type == "cgroup" && mount.super_options.contains_key("cpu"))?;
        tightest(root, mount, &group.pathname, read_version_1)
    });
    let unified = groups.iter().find(|group| group.hierarchy == 0);
    let version_2 = || {
        let mount = mounts.iter().find(|mount| mount.fs_type == "cgroup2")?;
        tightest(root, mount, &unified?.pathname, read_version_2).or_else(|| {
            // The root itself never has a quota; where it manages CPUs and nothing below limits us, there is none.
            let controllers = root.line(mount.mount_point.join("cgroup.controllers"))?;
            let manages = controllers.split_whitespace().any(|name| name == "cpu");
            manages.then(|| Quota { limit: "max".into(), file: None, throttled: None })
        })
    };
    version_1.or_else(version_2)
}

/// How much of a CPU: quota and period, with the file's own text.
type Limit = (f64, String, &'static str);

/// The lowest quota between our group and the mount point.
fn tightest(
    root: &Root,
    mount: &MountInfo,
    group: &str,
    read: fn(&Root, &Path) -> Option<Limit>,
) -> Option<Quota> {
    // A container may see only its own part of the hierarchy.
    let below = Path::new(group).strip_prefix(&mount.root).unwrap_or(Path::new(""));
    let below = below.strip_prefix("/").unwrap_or(below);
    let directories = below.ancestors().map(|part| mount.mount_point.join(part));
    let limits = directories.filter_map(|at| Some((read(root, &at)?, at)));
    let ((_, limit, name), at) = limits.min_by(|(a, _), (b, _)| a.0.total_cmp(&b.0))?;
    Some(Quota { limit, throttled: throttled(root, &at), file: Some(at.join(name)) })
}

fn read_version_2(root: &Root, at: &Path) -> Option<Limit> {
    const NAME: &str = "cpu.max";
    let text = root.line(at.join(NAME))?;
    let (quota, period) = text.split_once(' ')?;
    let cpus = match quota {
        "max" => f64::INFINITY,
        quota => quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?,
    };
    Some((cpus, text, NAME))
}

fn read_version_1(root: &Root, at: &Path) -> Option<Limit> {
    const NAME: &str = "cpu.cfs_quota_us";
    let quota: i64 = root.number(at.join(NAME))?;
    let period: u32 = root.number(at.join("cpu.cfs_period_us"))?;
    if quota < 0 {
        return Some((f64::INFINITY, format!("max {period}"), NAME));
    }
    Some((quota as f64 / f64::from(period), format!("{quota} {period}"), NAME))
}

fn throttled(root: &Root, at: &Path) -> Option<u64> {
    let text = root.line(at.join("cpu.stat"))?;
    text.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::root::recorded;

    const V2: (&str, &str) =
        ("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    const V1: (&str, &str) = (
        "/proc/self/mountinfo",
        "30 23 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
         31 23 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    );

    fn check(files: &[(&str, &str)], expected: Option<(&str, Option<&str>, Option<u64>)>) {
        let (_directory, root) = recorded(files);
        let seen = quota(&root);
        let seen = seen.as_ref().map(|quota| {
            let file = quota.file.as_ref().map(|file| file.to_str().unwrap());
            (quota.limit.as_str(), file, quota.throttled)
        });
        assert_eq!(seen, expected, "{files:?}");
    }

    #[test]
    fn the_quota_of_version_2_is_the_tightest_on_the_way_up() {
        let group = ("/proc/self/cgroup", "0::/a.slice/b.service\n");
        let inner = "/sys/fs/cgroup/a.slice/b.service/cpu.max";
        let outer = "/sys/fs/cgroup/a.slice/cpu.max";
        let stat = ("/sys/fs/cgroup/a.slice/cpu.stat", "usage_usec 1\nnr_throttled 7\n");
        check(
            &[V2, group, (inner, "max 100000\n"), (outer, "150000 100000\n"), stat],
            Some(("150000 100000", Some(outer), Some(7))),
        );
        check(
            &[V2, group, (inner, "50000 100000\n"), (outer, "150000 100000\n"), stat],
            Some(("50000 100000", Some(inner), None)),
        );
    }

    #[test]
    fn a_hierarchy_that_limits_nothing_has_no_quota_and_one_without_cpus_is_silent() {
        let group = ("/proc/self/cgroup", "0::/user.slice\n");
        let manages = ("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io\n");
        let does_not = ("/sys/fs/cgroup/cgroup.controllers", "cpuset io\n");
        check(&[V2, group, manages], Some(("max", None, None)));
        check(&[V2, group, does_not], None);
        check(&[V2], None);
        check(&[group], None);
    }

    #[test]
    fn the_quota_of_version_1_is_written_as_version_2_would() {
        let group = ("/proc/self/cgroup", "2:cpu,cpuacct:/job\n0::/\n");
        let at = "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us";
        let period = ("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
        let stat = ("/sys/fs/cgroup/cpu,cpuacct/job/cpu.stat", "nr_periods 9\nnr_throttled 0\n");
        check(&[V1, group, (at, "-1\n"), period], Some(("max 100000", Some(at), None)));
        check(
            &[V1, group, (at, "50000\n"), period, stat],
            Some(("50000 100000", Some(at), Some(0))),
        );
    }

    #[test]
    fn a_container_that_sees_only_its_part_finds_its_quota_at_the_mount_point() {
        let mounts = (
            "/proc/self/mountinfo",
            "30 23 0:26 /docker/12ab /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
        );
        let group = ("/proc/self/cgroup", "2:cpu:/docker/12ab\n");
        let at = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us";
        let period = ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        check(&[mounts, group, (at, "200000\n"), period], Some(("200000 100000", Some(at), None)));
    }
}
