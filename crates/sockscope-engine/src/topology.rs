//! Topology: which CPUs this process may use, and how near they are to each other.
//!
//! Read from `/sys/devices/system/cpu`, for the CPUs of our own affinity mask only: what we may not run on does not
//! exist for a measurement. See `sched_getaffinity(2)`, cpuset(7).

use std::fs;
use std::path::{Path, PathBuf};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};

/// How near two CPUs are to each other, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// One thread owns both ends.
    SameThread,
    /// Two processes share one CPU.
    SameCpu,
    /// Two hardware threads of one core.
    Smt,
    /// Two cores that share the last-level cache.
    SameLlc,
    /// Two cores of one NUMA node, with no cache in common.
    SameNode,
    /// Two NUMA nodes.
    CrossNode,
    /// Not pinned: the scheduler decides.
    Free,
}

impl Relation {
    /// The name used in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameThread => "same-thread",
            Self::SameCpu => "same-cpu",
            Self::Smt => "smt",
            Self::SameLlc => "same-llc",
            Self::SameNode => "same-node",
            Self::CrossNode => "cross-node",
            Self::Free => "free",
        }
    }
}

/// One CPU and what it shares; empty where the kernel does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpu {
    /// Its number.
    pub id: u32,
    /// Hardware threads of the same core, itself among them.
    pub siblings: Vec<u32>,
    /// CPUs that share its last-level cache.
    pub llc: Vec<u32>,
    /// CPUs of its NUMA node.
    pub node: Vec<u32>,
}

/// The CPUs that this process may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    cpus: Vec<Cpu>,
}

impl Topology {
    /// Reads the CPUs of the calling thread's affinity mask.
    pub fn read() -> std::io::Result<Self> {
        let set = sched_getaffinity(None)?;
        let allowed = (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu));
        let cpus = allowed.filter_map(|cpu| u32::try_from(cpu).ok()).map(read_cpu).collect();
        Ok(Self { cpus })
    }

    /// A topology as described; for tests.
    #[must_use]
    pub fn of(cpus: Vec<Cpu>) -> Self {
        Self { cpus }
    }

    /// The CPUs, by number.
    #[must_use]
    pub fn cpus(&self) -> &[Cpu] {
        &self.cpus
    }

    /// The CPU for everything that runs on a single one: the last, since interrupts and housekeeping gather on the first.
    #[must_use]
    pub fn quiet_cpu(&self) -> Option<u32> {
        self.cpus.last().map(|cpu| cpu.id)
    }

    /// The nearest pair of CPUs that are not siblings of one core; if there is none, siblings. The later pair wins among
    /// equals, for the reason given at [`quiet_cpu`](Self::quiet_cpu).
    #[must_use]
    pub fn pair(&self) -> Option<(u32, u32, Relation)> {
        let mut best: Option<(u32, u32, Relation)> = None;
        for (index, first) in self.cpus.iter().enumerate() {
            for second in &self.cpus[index + 1..] {
                let relation = relation(first, second);
                if best.is_none_or(|(_, _, best)| rank(relation) <= rank(best)) {
                    best = Some((first.id, second.id, relation));
                }
            }
        }
        best
    }
}

/// Pins the calling thread to `cpu`.
pub fn pin(cpu: u32) -> std::io::Result<()> {
    let mut set = CpuSet::new();
    let index = usize::try_from(cpu).unwrap_or(usize::MAX);
    if index >= CpuSet::MAX_CPU {
        return Err(std::io::Error::from(rustix::io::Errno::INVAL));
    }
    set.set(index);
    Ok(sched_setaffinity(None, &set)?)
}

/// Siblings last: they share one core's execution units, which is another measurement than two cores.
const fn rank(relation: Relation) -> u8 {
    match relation {
        Relation::SameThread | Relation::SameCpu | Relation::SameLlc => 0,
        Relation::SameNode => 1,
        Relation::CrossNode => 2,
        Relation::Smt => 3,
        Relation::Free => 4,
    }
}

fn relation(first: &Cpu, second: &Cpu) -> Relation {
    if first.siblings.contains(&second.id) {
        Relation::Smt
    } else if first.llc.contains(&second.id) {
        Relation::SameLlc
    } else if first.node.is_empty() || first.node.contains(&second.id) {
        Relation::SameNode
    } else {
        Relation::CrossNode
    }
}

fn read_cpu(id: u32) -> Cpu {
    let dir = PathBuf::from(format!("/sys/devices/system/cpu/cpu{id}"));
    let siblings = read_list(&dir.join("topology/thread_siblings_list"));
    Cpu { id, siblings, llc: read_llc(&dir), node: read_node(&dir) }
}

/// The sharers of the highest cache level that the kernel lists.
fn read_llc(dir: &Path) -> Vec<u32> {
    let level = |index: u32| -> Option<(u32, u32)> {
        let text = fs::read_to_string(dir.join(format!("cache/index{index}/level"))).ok()?;
        Some((text.trim().parse().ok()?, index))
    };
    let last = (0..8).filter_map(level).max();
    last.map_or_else(Vec::new, |(_, index)| {
        read_list(&dir.join(format!("cache/index{index}/shared_cpu_list")))
    })
}

fn read_node(dir: &Path) -> Vec<u32> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let node = entries.map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("node"))
    });
    node.map_or_else(Vec::new, |node| read_list(&node.join("cpulist")))
}

fn read_list(path: &Path) -> Vec<u32> {
    fs::read_to_string(path).map_or_else(|_| Vec::new(), |text| parse_list(&text))
}

/// Parses the kernel's list format (`0-3,8,10-11`, cpuset(7)); what is not a number is left out.
fn parse_list(text: &str) -> Vec<u32> {
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            cpus.extend((first..=last).take(CpuSet::MAX_CPU));
        }
    }
    cpus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(id: u32, siblings: &[u32], llc: &[u32], node: &[u32]) -> Cpu {
        Cpu { id, siblings: siblings.into(), llc: llc.into(), node: node.into() }
    }

    #[test]
    fn lists_are_read_as_the_kernel_writes_them() {
        let rows: [(&str, &[u32]); 6] = [
            ("0\n", &[0]),
            ("0-3\n", &[0, 1, 2, 3]),
            ("0,2-3,8", &[0, 2, 3, 8]),
            ("", &[]),
            ("x,1", &[1]),
            ("5-3", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_list(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_pair_is_the_nearest_that_is_not_one_core() {
        // Two cores of two threads each that share a cache: 0+2 and 1+3.
        let smt = Topology::of(vec![
            cpu(0, &[0, 2], &[0, 1, 2, 3], &[0, 1, 2, 3]),
            cpu(1, &[1, 3], &[0, 1, 2, 3], &[0, 1, 2, 3]),
            cpu(2, &[0, 2], &[0, 1, 2, 3], &[0, 1, 2, 3]),
            cpu(3, &[1, 3], &[0, 1, 2, 3], &[0, 1, 2, 3]),
        ]);
        assert_eq!(smt.pair(), Some((2, 3, Relation::SameLlc)));
        // One core of two threads: siblings are all there is, and are named so.
        let core = Topology::of(vec![
            cpu(0, &[0, 1], &[0, 1], &[0, 1]),
            cpu(1, &[0, 1], &[0, 1], &[0, 1]),
        ]);
        assert_eq!(core.pair(), Some((0, 1, Relation::Smt)));
        // Two sockets: the same node is nearer than the other one.
        let nodes = Topology::of(vec![
            cpu(0, &[0], &[0], &[0, 1]),
            cpu(1, &[1], &[1], &[0, 1]),
            cpu(8, &[8], &[8], &[8]),
        ]);
        assert_eq!(nodes.pair(), Some((0, 1, Relation::SameNode)));
        // The kernel says nothing.
        let unknown = Topology::of(vec![cpu(0, &[], &[], &[]), cpu(1, &[], &[], &[])]);
        assert_eq!(unknown.pair(), Some((0, 1, Relation::SameNode)));
        assert_eq!(Topology::of(vec![cpu(0, &[0], &[0], &[0])]).pair(), None);
    }

    #[test]
    fn this_machine_has_at_least_one_cpu() {
        let topology = Topology::read().unwrap();
        assert!(topology.quiet_cpu().is_some());
    }

    #[test]
    fn a_cpu_that_cannot_exist_is_an_error() {
        assert!(pin(u32::MAX).is_err());
    }
}
