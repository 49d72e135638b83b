//! During: what can only be known as a difference over the run.

use procfs::KernelStats;
use sockscope_engine::plan::Plan;
use sockscope_report::model::Host;

use super::root::Root;
use super::{cgroup, kernel_stats};

/// The counters of the machine before the first block.
#[derive(Debug)]
pub(crate) struct During {
    root: Root,
    /// The CPUs that are measured on; empty for all.
    cpus: Vec<u32>,
    ticks: Option<Ticks>,
    throttled: Option<u64>,
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
        Self::on(Root::of_system(), cpus)
    }

    /// Reads the counters of these CPUs; none for all.
    fn on(root: Root, cpus: Vec<u32>) -> Self {
        let ticks = Ticks::read(&root, &cpus);
        let throttled = throttled(&root);
        Self { root, cpus, ticks, throttled }
    }

    /// Reads them again and notes the differences.
    pub(crate) fn finish(self, host: &mut Host) {
        let ticks = Ticks::read(&self.root, &self.cpus);
        host.steal_share = self.ticks.zip(ticks).and_then(|(before, after)| after.since(before));
        host.cgroup_throttled = self
            .throttled
            .zip(throttled(&self.root))
            .map(|(before, after)| after.saturating_sub(before));
    }
}

fn throttled(root: &Root) -> Option<u64> {
    cgroup::quota(root)?.throttled
}

/// Clock ticks of some CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    steal: u64,
    total: u64,
}

impl Ticks {
    /// Those of these CPUs so far; of all, if none is named.
    pub(super) fn read(root: &Root, cpus: &[u32]) -> Option<Self> {
        Self::of(&kernel_stats(root)?, cpus)
    }

    fn of(stats: &KernelStats, cpus: &[u32]) -> Option<Self> {
        let measured = |(index, _): &(usize, _)| {
            cpus.is_empty() || cpus.iter().any(|cpu| *cpu as usize == *index)
        };
        let mut sum = Self { steal: 0, total: 0 };
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

    /// The share that was stolen; `None` if no tick has passed.
    pub(super) fn share(self) -> Option<f64> {
        (self.total > 0).then(|| self.steal as f64 / self.total as f64)
    }

    /// The share that was stolen since `before`.
    pub(super) fn since(self, before: Self) -> Option<f64> {
        let total = self.total.checked_sub(before.total)?;
        Self { steal: self.steal.saturating_sub(before.steal), total }.share()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_steal_lies_between_nothing_and_everything() {
        let mut host = Host::default();
        let during = During::on(Root::of_system(), vec![]);
        // Ticks are hundredths of a second: work until at least one has passed.
        while Ticks::read(&during.root, &[]) == during.ticks && during.ticks.is_some() {}
        during.finish(&mut host);
        assert!(host.steal_share.is_none_or(|share| (0.0..=1.0).contains(&share)));
    }

    #[test]
    fn the_ticks_of_one_cpu_are_fewer_than_those_of_all() {
        let root = Root::of_system();
        let (Some(first), Some(all)) = (Ticks::read(&root, &[0]), Ticks::read(&root, &[])) else {
            return;
        };
        assert!(first.total <= all.total && first.total > 0);
    }
}
