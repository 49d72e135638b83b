//! Plan: every choice of a measurement, made and checked before anything runs.

mod abilities;
mod suits;
mod transport;
mod wish;

use std::path::PathBuf;
use std::time::Duration;

use sockscope_net::{Endpoint, Kind};

pub use abilities::Abilities;
pub use transport::OwnTransport;
pub use wish::{Sweep, Wish};

use crate::topology::Topology;
use crate::view::{Placement, View};
use crate::work::{EngineName, Work};
use suits::Candidate;

/// All choices of one run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cells, in the order of the report.
    pub cells: Vec<CellPlan>,
    /// Indices of cells that differ only in the compared factor, the twin among them.
    pub groups: Vec<Vec<usize>>,
    /// What was asked for and cannot be had, with the reason.
    pub unavailable: Vec<Unavailable>,
    /// How many independent runs.
    pub runs: u32,
    /// How often every group is measured in each run.
    pub rounds: u32,
    /// How long.
    pub timing: Timing,
    /// Decides the order of groups and cells.
    pub seed: u64,
    /// Where our own servers put their socket files, in a directory for each block.
    pub scratch: PathBuf,
}

/// Durations of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Exchanged and thrown away first.
    pub warm_up: Duration,
    /// Measured.
    pub block: Duration,
    /// Measured in the view `solo`, which needs less.
    pub solo_block: Duration,
    /// What anything may take beyond the time it was meant to take, before it is given up.
    pub patience: Duration,
}

impl Timing {
    /// The measured time of a block in this view.
    #[must_use]
    pub fn block_in(self, view: View) -> Duration {
        if view == View::Solo { self.solo_block } else { self.block }
    }

    /// The time for which a cell of this view is counted, after all timed blocks: counts scatter less than times do.
    #[must_use]
    pub fn counted_in(self, view: View) -> Duration {
        const ENOUGH: Duration = Duration::from_millis(20);
        self.block_in(view).min(ENOUGH)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            warm_up: Duration::from_millis(20),
            block: Duration::from_millis(100),
            solo_block: Duration::from_millis(20),
            // A machine under heavy load is slow to start a process.
            patience: Duration::from_secs(10),
        }
    }
}

/// One combination of all factors.
#[derive(Debug, Clone)]
pub struct CellPlan {
    /// Its name within the run.
    pub id: String,
    /// Whether it is the twin of the baseline.
    pub twin: bool,
    /// What is measured.
    pub target: Target,
    /// How.
    pub view: View,
    /// Where.
    pub placement: Placement,
    /// What both ends do.
    pub work: Work,
}

/// Cells that cannot be had: what is set names them, what is not set stands for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unavailable {
    /// In this view.
    pub view: Option<View>,
    /// Of this target.
    pub target: Option<Target>,
    /// With this engine at an end.
    pub engine: Option<EngineName>,
    /// Of this size.
    pub size: Option<usize>,
    /// With so many connections.
    pub connections: Option<u32>,
    /// Why, in words that follow "because".
    pub reason: String,
}

/// What a cell measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A server that we start.
    Own(OwnTransport),
    /// A server that is already running.
    Running(Endpoint),
}

impl Target {
    /// Whether messages may be lost on the way.
    #[must_use]
    pub fn may_lose(&self) -> bool {
        match self {
            Self::Own(transport) => transport.is_datagram(),
            Self::Running(endpoint) => endpoint.kind() == Some(Kind::Datagram),
        }
    }

    /// Whether small segments may be held back, so that `TCP_NODELAY` makes a difference.
    #[must_use]
    pub fn has_nagle(&self) -> bool {
        match self {
            Self::Own(transport) => transport.is_tcp(),
            Self::Running(endpoint) => matches!(endpoint, Endpoint::Tcp(_) | Endpoint::Mptcp(_)),
        }
    }
}

impl Plan {
    /// The fewest rounds that give an interval.
    pub const ROUNDS_MIN: u32 = 6;

    /// The plan for a wish on this machine: what the machine cannot give is listed, never replaced.
    #[must_use]
    pub fn new(wish: &Wish, topology: &Topology, abilities: &Abilities) -> Self {
        let mut plan = Self {
            cells: Vec::new(),
            groups: Vec::new(),
            unavailable: Vec::new(),
            runs: wish.runs,
            rounds: wish.rounds,
            timing: wish.timing,
            seed: wish.seed,
            scratch: wish.scratch.clone(),
        };
        for &view in &wish.views {
            let placement = match view.place(topology) {
                Ok(placement) => placement,
                Err(reason) => {
                    plan.refuse(Unavailable { view: Some(view), reason, ..Unavailable::default() });
                    continue;
                }
            };
            let mut twin =
                wish.targets.len() > 1 || wish.sweep.variants(&wish.sweep.base).len() > 1;
            for point in wish.sweep.points() {
                let variants = wish.sweep.variants(&point);
                // One twin a view is enough: the floor of a sweep is that of its first point.
                twin &= !plan.add_group(wish, &variants, (view, &placement, twin), abilities);
            }
        }
        plan
    }

    /// How long it will take: the blocks themselves and what it takes to start fresh processes for each.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.round_duration() * self.rounds * self.runs + self.counting_duration()
    }

    /// Cuts the rounds, evenly for all cells, so that the whole takes no longer than `limit`; never below
    /// [`ROUNDS_MIN`](Self::ROUNDS_MIN) or what was asked for, if that is fewer. An error is how long that takes.
    pub fn cut_to(&mut self, limit: Duration) -> Result<(), Duration> {
        if self.duration() <= limit {
            return Ok(());
        }
        let one = self.round_duration() * self.runs;
        let counting = self.counting_duration();
        let fitting = limit.saturating_sub(counting).as_nanos() / one.as_nanos().max(1);
        let least = self.rounds.min(Self::ROUNDS_MIN);
        match u32::try_from(fitting) {
            Ok(rounds) if rounds >= least => self.rounds = rounds,
            _ => return Err(one * least + counting),
        }
        Ok(())
    }

    fn round_duration(&self) -> Duration {
        let timed = |cell: &CellPlan| self.timing.block_in(cell.view);
        self.cells.iter().map(|cell| self.block_duration(cell, timed(cell))).sum()
    }

    /// What the one round takes that counts instead of timing; twins are not counted.
    fn counting_duration(&self) -> Duration {
        let counted = |cell: &CellPlan| self.timing.counted_in(cell.view);
        let cells = self.cells.iter().filter(|cell| !cell.twin);
        cells.map(|cell| self.block_duration(cell, counted(cell))).sum()
    }

    fn block_duration(&self, cell: &CellPlan, window: Duration) -> Duration {
        /// Starting two processes and connecting them, on an ordinary machine.
        const OVERHEAD: Duration = Duration::from_millis(8);
        /// What a byte takes to be sent, checked and sent back, at a gigabyte a second each way.
        const BYTE: Duration = Duration::from_nanos(2);
        // The warm-up and the window end with the exchange that is under way then.
        let bytes = u32::try_from(cell.work.message_len()).unwrap_or(u32::MAX);
        self.timing.warm_up + window + OVERHEAD + 2 * (BYTE * bytes)
    }

    /// Adds the cells of one view at one point, what cannot be had left out; whether a twin is among them.
    fn add_group(
        &mut self,
        wish: &Wish,
        variants: &[Work],
        (view, placement, twin): (View, &Placement, bool),
        abilities: &Abilities,
    ) -> bool {
        let first = self.cells.len();
        for target in &wish.targets {
            for work in variants {
                // Where there is no Nagle algorithm, on and off are the same cell.
                if !target.has_nagle() && work.nodelay != variants[0].nodelay {
                    continue;
                }
                match abilities
                    .refusal(target, work)
                    .or_else(|| suits::refusal(&Candidate { target, view, work }))
                {
                    None => self.add_cell(target, view, placement, work),
                    Some(unavailable) => self.refuse(unavailable),
                }
            }
        }
        let added = self.cells.len() - first;
        let twin = twin && added > 1;
        if twin {
            let CellPlan { target, work, .. } = self.cells[first].clone();
            self.add_cell(&target, view, placement, &work);
            self.cells[first + added].twin = true;
        }
        if added > 0 {
            self.groups.push((first..self.cells.len()).collect());
        }
        twin
    }

    fn add_cell(&mut self, target: &Target, view: View, placement: &Placement, work: &Work) {
        self.cells.push(CellPlan {
            id: format!("c{}", self.cells.len() + 1),
            twin: false,
            target: target.clone(),
            view,
            placement: placement.clone(),
            work: work.clone(),
        });
    }

    /// Lists what cannot be had, once.
    fn refuse(&mut self, unavailable: Unavailable) {
        if !self.unavailable.contains(&unavailable) {
            self.unavailable.push(unavailable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Cpu;

    fn wish(targets: &[OwnTransport]) -> Wish {
        Wish {
            targets: targets.iter().copied().map(Target::Own).collect(),
            views: View::OWN.to_vec(),
            sweep: Sweep::default(),
            runs: 1,
            rounds: 10,
            timing: Timing::default(),
            seed: 1,
            scratch: "/tmp".into(),
        }
    }

    fn machine(cpus: u32) -> Topology {
        let all: Vec<u32> = (0..cpus).collect();
        let cpu =
            |id: &u32| Cpu { id: *id, siblings: vec![*id], llc: all.clone(), node: all.clone() };
        Topology::of(all.iter().map(cpu).collect())
    }

    #[test]
    fn every_group_has_a_twin_of_its_baseline_and_differs_only_in_the_transport() {
        let plan = Plan::new(
            &wish(&[OwnTransport::Tcp, OwnTransport::Unix]),
            &machine(2),
            &Abilities::default(),
        );
        assert_eq!((plan.cells.len(), plan.groups.len()), (15, 5));
        for group in &plan.groups {
            let cells: Vec<_> = group.iter().map(|index| &plan.cells[*index]).collect();
            let targets: Vec<_> =
                cells.iter().map(|cell| (cell.target.clone(), cell.twin)).collect();
            let [tcp, unix] = [OwnTransport::Tcp, OwnTransport::Unix].map(Target::Own);
            assert_eq!(targets, [(tcp.clone(), false), (unix, false), (tcp, true)]);
            assert!(cells.iter().all(|cell| cell.view == cells[0].view));
        }
    }

    #[test]
    fn the_default_plan_takes_less_than_twenty_seconds() {
        let plan = Plan::new(
            &wish(&[OwnTransport::Tcp, OwnTransport::Unix]),
            &machine(2),
            &Abilities::default(),
        );
        assert!(plan.duration() < Duration::from_secs(20), "{:?}", plan.duration());
    }

    #[test]
    fn one_cpu_has_three_views_and_a_reason_for_the_others() {
        let plan = Plan::new(
            &wish(&[OwnTransport::Tcp, OwnTransport::Unix]),
            &machine(1),
            &Abilities::default(),
        );
        assert_eq!(plan.groups.len(), 3);
        let missing: Vec<_> = plan.unavailable.iter().filter_map(|one| one.view).collect();
        assert_eq!(missing, [View::Spin, View::CrossCore]);
    }

    #[test]
    fn a_running_server_has_two_views_and_a_reason_for_the_others() {
        let endpoint = Endpoint::parse("tcp:127.0.0.1:1".as_ref()).unwrap();
        let views = [View::RUNNING.as_slice(), &View::OWN[..4]].concat();
        let wish = Wish { targets: vec![Target::Running(endpoint)], views, ..wish(&[]) };
        let plan = Plan::new(&wish, &machine(2), &Abilities::default());
        let measured: Vec<_> = plan.cells.iter().map(|cell| cell.view).collect();
        assert_eq!(measured, [View::ClientPinned, View::Free]);
        assert_eq!(plan.unavailable.len(), 4);
    }

    #[test]
    fn a_single_target_is_compared_with_nothing() {
        let plan = Plan::new(&wish(&[OwnTransport::Unix]), &machine(2), &Abilities::default());
        assert!(plan.groups.iter().all(|group| group.len() == 1));
    }
}
