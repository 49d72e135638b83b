//! Examine: every fact that `doctor` looks at, those that take a moment included.

use rustix::process::{Resource, Rlimit, getrlimit};
use sockscope_engine::topology::Topology;
use sockscope_report::doctor::Facts;
use sockscope_report::doctor::facts::{Cgroup, Pair, Permissions};

use super::during::Ticks;
use super::root::Root;
use super::{cgroup, facts_of, limits, probe, surroundings};

/// Looks at everything: a quarter of a second, most of it spent watching one CPU.
pub(crate) fn examine(topology: &Topology) -> Facts {
    let root = Root::of_system();
    let settings = settings(&root, topology);
    Facts { busy: topology.quiet_cpu().and_then(|cpu| probe::busy(&root, cpu)), ..settings }
}

/// Everything that does not take a moment.
fn settings(root: &Root, topology: &Topology) -> Facts {
    let pair = topology.pair().map(|(first, second, relation)| Pair {
        cpus: [first, second],
        relation: relation.name().to_owned().into(),
    });
    Facts {
        host: facts_of(root, topology),
        busy: None,
        steal_since_boot: Ticks::read(root, &[]).and_then(Ticks::share),
        pair,
        cgroup: cgroup::quota(root).and_then(|quota| {
            let quota_file = quota.file?.to_str()?.to_owned();
            Some(Cgroup { quota_file, throttled: quota.throttled })
        }),
        clock_sources: root
            .line("/sys/devices/system/clocksource/clocksource0/available_clocksource")
            .map(|names| names.split_whitespace().map(str::to_owned).collect()),
        numa_balancing: root
            .number::<u8>("/proc/sys/kernel/numa_balancing")
            .map(|balancing| balancing > 0),
        huge_pages: root.line("/sys/kernel/mm/transparent_hugepage/enabled").and_then(chosen),
        network: limits::network(root),
        permissions: permissions(root),
    }
}

fn permissions(root: &Root) -> Permissions {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (io_uring, io_uring_reason) = probe::io_uring();
    Permissions {
        descriptors: current.zip(maximum).map(|(soft, hard)| [soft, hard]),
        io_uring: Some(io_uring),
        io_uring_reason,
        perf_event_paranoid: root.number("/proc/sys/kernel/perf_event_paranoid"),
        perf_capability: surroundings::perf_capability(root),
        hardware_counters: hardware_counters(root),
    }
}

/// The processor's own counters among all that the kernel offers; a hybrid processor has several kinds.
fn hardware_counters(root: &Root) -> Option<Vec<String>> {
    let names = root.names("/sys/bus/event_source/devices")?;
    let of_processor = |name: &String| name.starts_with("cpu") || name.starts_with("armv");
    Some(names.into_iter().filter(of_processor).collect())
}

/// The chosen word among those that the kernel lists: `always [madvise] never`.
#[expect(clippy::needless_pass_by_value, reason = "it is the end of a chain of options")]
fn chosen(words: String) -> Option<String> {
    let word = words.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    word.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::root::recorded;

    #[test]
    fn the_chosen_word_is_the_one_in_brackets() {
        assert_eq!(chosen("always [madvise] never".into()).as_deref(), Some("madvise"));
        assert_eq!(chosen("always".into()), None);
    }

    #[test]
    fn only_counters_of_the_processor_count() {
        let at = |name: &str| format!("/sys/bus/event_source/devices/{name}/type");
        let paths = ["software", "cpu_core", "cpu_atom", "uprobe"].map(at);
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "1")).collect();
        let (_directory, root) = recorded(&files);
        let counters = hardware_counters(&root).unwrap();
        assert_eq!(counters, ["cpu_atom", "cpu_core"]);
    }

    #[test]
    fn this_machine_is_examined_whole() {
        let facts = examine(&Topology::read().unwrap());
        assert!(facts.permissions.io_uring.is_some());
        assert!(facts.busy.is_some_and(|busy| busy.elapsed_ns >= 200_000_000));
        assert!(facts.permissions.descriptors.is_some_and(|[soft, hard]| soft <= hard));
    }
}
