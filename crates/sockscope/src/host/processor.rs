//! Processor: how its CPUs run, sleep and are protected, from `/proc/cpuinfo` and `/sys/devices/system`.

use std::collections::BTreeMap;

use procfs::FromRead as _;
use sockscope_report::model::IdleState;

use super::kernel_stats;
use super::root::Root;

pub(super) fn model(root: &Root) -> Option<String> {
    let info = procfs::CpuInfo::from_file(root.path("/proc/cpuinfo")).ok()?;
    info.model_name(0).map(str::to_owned)
}

pub(super) fn online(root: &Root) -> Option<u32> {
    u32::try_from(kernel_stats(root)?.cpu_time.len()).ok()
}

/// The governors of these CPUs, each once.
pub(super) fn governor(root: &Root, cpus: &[u32]) -> Option<String> {
    each_once(root, cpus, "scaling_governor")
}

/// The drivers that set the frequency of these CPUs, each once.
pub(super) fn frequency_driver(root: &Root, cpus: &[u32]) -> Option<String> {
    each_once(root, cpus, "scaling_driver")
}

fn each_once(root: &Root, cpus: &[u32], file: &str) -> Option<String> {
    let path = |cpu| format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/{file}");
    let mut values: Vec<String> = cpus.iter().filter_map(|cpu| root.line(path(cpu))).collect();
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Each driver has a switch of its own, one of them the other way round.
pub(super) fn turbo(root: &Root) -> Option<bool> {
    let off =
        root.number::<u8>("/sys/devices/system/cpu/intel_pstate/no_turbo").map(|off| off == 0);
    off.or_else(|| root.number::<u8>("/sys/devices/system/cpu/cpufreq/boost").map(|on| on == 1))
}

pub(super) fn idle_states(root: &Root, cpu: u32) -> Option<Vec<IdleState>> {
    let directory = format!("/sys/devices/system/cpu/cpu{cpu}/cpuidle");
    let state = |name: &String| {
        let at = |file| format!("{directory}/{name}/{file}");
        Some(IdleState {
            index: name.strip_prefix("state")?.parse().ok()?,
            name: root.line(at("name"))?,
            exit_latency_us: root.number(at("latency"))?,
            disabled: root.number::<u8>(at("disable")) == Some(1),
        })
    };
    let mut states: Vec<IdleState> = root.names(&directory)?.iter().filter_map(state).collect();
    states.sort_by_key(|state| state.index);
    Some(states)
}

pub(super) fn smt(root: &Root) -> Option<bool> {
    root.number::<u8>("/sys/devices/system/cpu/smt/active").map(|active| active == 1)
}

pub(super) fn numa_nodes(root: &Root) -> Option<u32> {
    let names = root.names("/sys/devices/system/node")?;
    let number =
        |name: &&String| name.strip_prefix("node").is_some_and(|n| n.parse::<u32>().is_ok());
    u32::try_from(names.iter().filter(number).count()).ok().filter(|nodes| *nodes > 0)
}

pub(super) fn mitigations(root: &Root) -> Option<BTreeMap<String, String>> {
    const DIRECTORY: &str = "/sys/devices/system/cpu/vulnerabilities";
    let names = root.names(DIRECTORY)?;
    let state = |name: String| root.line(format!("{DIRECTORY}/{name}")).map(|state| (name, state));
    Some(names.into_iter().filter_map(state).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::root::recorded;

    #[test]
    fn cpus_that_differ_in_their_governor_show_both() {
        let at = |cpu: u32| format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor");
        let paths = [0, 1, 2].map(at);
        let texts = ["powersave\n", "performance\n", "powersave\n"];
        let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(texts).collect();
        let (_directory, root) = recorded(&files);
        assert_eq!(governor(&root, &[0, 1, 2]).as_deref(), Some("performance, powersave"));
        assert_eq!(governor(&root, &[0, 2]).as_deref(), Some("powersave"));
        assert_eq!(governor(&root, &[7]), None);
    }

    #[test]
    fn either_switch_tells_whether_there_is_turbo() {
        let rows = [
            ("/sys/devices/system/cpu/intel_pstate/no_turbo", "1", Some(false)),
            ("/sys/devices/system/cpu/intel_pstate/no_turbo", "0", Some(true)),
            ("/sys/devices/system/cpu/cpufreq/boost", "1", Some(true)),
            ("/sys/devices/system/cpu/cpufreq/boost", "0", Some(false)),
            ("/sys/devices/system/cpu/other", "0", None),
        ];
        for (path, text, expected) in rows {
            let (_directory, root) = recorded(&[(path, text)]);
            assert_eq!(turbo(&root), expected, "{path} {text}");
        }
    }

    #[test]
    fn idle_states_come_in_their_order_and_say_whether_they_are_used() {
        let at = "/sys/devices/system/cpu/cpu3/cpuidle";
        let (_directory, root) = recorded(&[
            (&format!("{at}/state0/name"), "POLL"),
            (&format!("{at}/state0/latency"), "0"),
            (&format!("{at}/state2/name"), "C6"),
            (&format!("{at}/state2/latency"), "133"),
            (&format!("{at}/state2/disable"), "1"),
            (&format!("{at}/driver/name"), "x"),
        ]);
        let states = idle_states(&root, 3).unwrap();
        let seen: Vec<_> = states.iter().map(|state| (state.index, state.disabled)).collect();
        assert_eq!(seen, [(0, false), (2, true)]);
        assert_eq!(idle_states(&root, 0), None);
    }

    #[test]
    fn nodes_are_counted_by_their_directories() {
        let (_directory, root) = recorded(&[
            ("/sys/devices/system/node/node0/cpulist", "0"),
            ("/sys/devices/system/node/node1/cpulist", "1"),
            ("/sys/devices/system/node/online", "0-1"),
        ]);
        assert_eq!(numa_nodes(&root), Some(2));
    }
}
