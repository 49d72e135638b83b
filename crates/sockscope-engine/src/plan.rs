//! Plan: every choice of a measurement, made and checked before anything runs.

use std::path::PathBuf;
use std::time::Duration;

use sockscope_net::Endpoint;

use crate::control::ServiceName;
use crate::topology::Topology;
use crate::view::{Placement, View};

/// All choices of one run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cells, in the order of the report.
    pub cells: Vec<CellPlan>,
    /// Indices of cells that differ only in the compared factor, the twin among them.
    pub groups: Vec<Vec<usize>>,
    /// Views that were asked for and cannot be had, with the reason.
    pub unavailable: Vec<(View, String)>,
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
    /// What the server says.
    pub service: ServiceName,
    /// Bytes of one request.
    pub size: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A server that we start.
    Own(OwnTransport),
    /// A server that is already running.
    Running(Endpoint),
}

/// The transports for which sockscope starts servers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnTransport {
    /// Unix stream, by path.
    Unix,
    /// Unix stream, by abstract name.
    UnixAbstract,
    /// Unix seqpacket, by path.
    UnixPacket,
    /// TCP over IPv4 loopback.
    Tcp,
    /// TCP over IPv6 loopback.
    Tcp6,
}

impl OwnTransport {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unix, Self::UnixAbstract, Self::UnixPacket, Self::Tcp, Self::Tcp6];

    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::UnixAbstract => "unix-abstract",
            Self::UnixPacket => "unixpacket",
            Self::Tcp => "tcp",
            Self::Tcp6 => "tcp6",
        }
    }

    /// The transport of this name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let names: Vec<_> = Self::ALL.iter().map(|transport| transport.name()).collect();
        Self::ALL.into_iter().find(|transport| transport.name() == name).ok_or_else(|| {
            format!("no transport is called {name:?}; there are {}", names.join(", "))
        })
    }
}

/// What to measure, before the machine has been asked what it can give.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What is compared; the first is the baseline.
    pub targets: Vec<Target>,
    /// The views, in the order of the report.
    pub views: Vec<View>,
    /// What the servers say.
    pub service: ServiceName,
    /// Bytes of one request.
    pub size: usize,
    /// How many independent runs.
    pub runs: u32,
    /// How often everything is measured in each run.
    pub rounds: u32,
    /// How long.
    pub timing: Timing,
    /// Decides the order.
    pub seed: u64,
    /// Where socket files go.
    pub scratch: PathBuf,
}

impl Plan {
    /// The plan for a wish on this machine: what the machine cannot give is listed, never replaced.
    #[must_use]
    pub fn new(wish: &Wish, topology: &Topology) -> Self {
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
            match suits(view, &wish.targets).and_then(|()| view.place(topology)) {
                Ok(placement) => plan.add_group(wish, view, &placement),
                Err(reason) => plan.unavailable.push((view, reason)),
            }
        }
        plan
    }

    /// How long it will take: the blocks themselves and what it takes to start fresh processes for each.
    #[must_use]
    pub fn duration(&self) -> Duration {
        /// Starting two processes and connecting them, on an ordinary machine.
        const OVERHEAD: Duration = Duration::from_millis(8);
        let round: Duration = self
            .cells
            .iter()
            .map(|cell| self.timing.warm_up + self.timing.block_in(cell.view) + OVERHEAD)
            .sum();
        round * self.rounds * self.runs
    }

    fn add_group(&mut self, wish: &Wish, view: View, placement: &Placement) {
        let first = self.cells.len();
        let twin =
            wish.targets.first().filter(|_| wish.targets.len() > 1).map(|target| (target, true));
        for (target, twin) in wish.targets.iter().map(|target| (target, false)).chain(twin) {
            self.cells.push(CellPlan {
                id: format!("c{}", self.cells.len() + 1),
                twin,
                target: target.clone(),
                view,
                placement: placement.clone(),
                service: wish.service,
                size: wish.size,
            });
        }
        self.groups.push((first..self.cells.len()).collect());
    }
}

/// Whether a view can be had with these targets at all, whatever the machine has.
fn suits(view: View, targets: &[Target]) -> Result<(), String> {
    let running = targets.iter().any(|target| matches!(target, Target::Running(_)));
    let reason = match view {
        View::Free => return Ok(()),
        View::ClientPinned if running => return Ok(()),
        View::ClientPinned => "only for servers that are already running",
        _ if !running => return Ok(()),
        View::Solo => "both ends would have to be one thread, and the server is running elsewhere",
        View::Spin => "the server decides how it waits, and it was not started by sockscope",
        View::SameCore | View::CrossCore => {
            "a process that sockscope did not start is never moved to another CPU"
        }
    };
    Err(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Cpu;

    fn wish(targets: &[OwnTransport]) -> Wish {
        Wish {
            targets: targets.iter().copied().map(Target::Own).collect(),
            views: View::OWN.to_vec(),
            service: ServiceName::Echo,
            size: 64,
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
        let plan = Plan::new(&wish(&[OwnTransport::Tcp, OwnTransport::Unix]), &machine(2));
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
        let plan = Plan::new(&wish(&[OwnTransport::Tcp, OwnTransport::Unix]), &machine(2));
        assert!(plan.duration() < Duration::from_secs(20), "{:?}", plan.duration());
    }

    #[test]
    fn one_cpu_has_three_views_and_a_reason_for_the_others() {
        let plan = Plan::new(&wish(&[OwnTransport::Tcp, OwnTransport::Unix]), &machine(1));
        assert_eq!(plan.groups.len(), 3);
        let missing: Vec<_> = plan.unavailable.iter().map(|(view, _)| *view).collect();
        assert_eq!(missing, [View::Spin, View::CrossCore]);
    }

    #[test]
    fn a_running_server_has_two_views_and_a_reason_for_the_others() {
        let endpoint = Endpoint::parse("tcp:127.0.0.1:1".as_ref()).unwrap();
        let views = [View::RUNNING.as_slice(), &View::OWN[..4]].concat();
        let wish = Wish { targets: vec![Target::Running(endpoint)], views, ..wish(&[]) };
        let plan = Plan::new(&wish, &machine(2));
        let measured: Vec<_> = plan.cells.iter().map(|cell| cell.view).collect();
        assert_eq!(measured, [View::ClientPinned, View::Free]);
        assert_eq!(plan.unavailable.len(), 4);
    }

    #[test]
    fn a_single_target_is_compared_with_nothing() {
        let plan = Plan::new(&wish(&[OwnTransport::Unix]), &machine(2));
        assert!(plan.groups.iter().all(|group| group.len() == 1));
    }
}
