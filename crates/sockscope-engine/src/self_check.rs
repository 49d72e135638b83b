//! Self-check: the tool measured by itself, on the machine of whoever uses it.
//!
//! Everything goes the way of any measurement: a plan, the caller's launcher, fresh workers for each block. Only what is
//! measured is special: a loop that does nothing but write and read, the same socket several times, a server whose delay
//! is known, and servers that cheat as the servers of published comparisons did.

mod cheat;
mod server;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sockscope_net::Endpoint;
use sockscope_stats::Histogram;

pub use cheat::Cheat;
pub use server::Server;

use crate::control::Failure;
use crate::launcher::Launcher;
use crate::plan::{Abilities, OwnTransport, Plan, Sweep, Target, Timing, Wish};
use crate::run::{CellResult, run};
use crate::topology::Topology;
use crate::view::View;
use crate::work::{EngineName, Engines, Work};

/// What the server of known delay waits before each answer.
pub const DELAY: Duration = Duration::from_micros(200);

/// How long a server is waited for that does not complete its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a self-check needs to know of the machine.
#[derive(Debug)]
pub struct SelfCheck<L> {
    /// Which CPUs there are.
    pub topology: Topology,
    /// Starts the workers.
    pub launcher: L,
    /// Where socket files go.
    pub scratch: PathBuf,
    /// Decides the order.
    pub seed: u64,
}

/// One transport, each row of blocks measured in the same rounds, in both ends' view `same-core`.
#[derive(Debug)]
pub struct Loops {
    /// Driven as every measurement is.
    pub driven: CellResult,
    /// The bare loop.
    pub bare: CellResult,
    /// Driven again: the A-A twin.
    pub twin: CellResult,
    /// Driven a third time, to be compared with the first as if it were something else.
    pub again: CellResult,
}

impl<L: Launcher> SelfCheck<L> {
    /// What `rounds` of the loops of one transport take.
    #[must_use]
    pub fn duration(rounds: u32) -> Duration {
        (timing().warm_up + timing().block) * 4 * rounds
    }

    /// Compares the driven loop with the bare one, and with itself. An error says why there is no such cell here.
    pub fn loops(&mut self, transport: OwnTransport, rounds: u32) -> Result<Loops, String> {
        let [driven, bare] = [EngineName::Blocking, EngineName::Bare].map(Engines::both);
        let sweep = Sweep { engines: vec![driven, bare], ..Sweep::only(Work::default()) };
        let wish = Wish { sweep, rounds, ..self.wish(Target::Own(transport), View::SameCore) };
        let mut plan = Plan::new(&wish, &self.topology, &Abilities::default());
        // The plan has the driven cell, the bare one, and the twin of the first.
        let Some(first) = plan.cells.first().cloned() else {
            return Err(plan.unavailable.swap_remove(0).reason);
        };
        plan.groups[0].push(plan.cells.len());
        plan.cells.push(first);
        let mut cells = run(&plan, &mut self.launcher, &mut (), None).cells.into_iter();
        let mut next = || cells.next().ok_or_else(|| "the plan lacks a cell".to_owned());
        Ok(Loops { driven: next()?, bare: next()?, twin: next()?, again: next()? })
    }

    /// Measures an honest server that waits [`DELAY`] by the clock before each answer.
    pub fn delayed(&mut self) -> io::Result<Result<Histogram, Failure>> {
        let result = self.against(Server::start(cheat::wait)?)?;
        Ok(result.failure.map_or(Ok(result.histogram), Err))
    }

    /// Measures a server that cheats; what the tool says of it, `None` where it notices nothing.
    pub fn cheated(&mut self, cheat: Cheat) -> io::Result<Option<Failure>> {
        Ok(self.against(Server::start(move |stream| cheat.serve(stream))?)?.failure)
    }

    fn against(&mut self, server: Server) -> io::Result<CellResult> {
        let endpoint: Endpoint = server.endpoint().parse().map_err(io::Error::other)?;
        let wish = Wish { rounds: 2, ..self.wish(Target::Running(endpoint), View::ClientPinned) };
        let plan = Plan::new(&wish, &self.topology, &Abilities::default());
        let cells = run(&plan, &mut self.launcher, &mut (), None).cells;
        drop(server);
        cells
            .into_iter()
            .next()
            .ok_or_else(|| io::Error::other("no CPU is allowed to this process"))
    }

    fn wish(&self, target: Target, view: View) -> Wish {
        Wish {
            targets: vec![target],
            views: vec![view],
            sweep: Sweep::only(Work::default()),
            runs: 1,
            rounds: 1,
            timing: timing(),
            seed: self.seed,
            scratch: self.scratch.clone(),
        }
    }
}

fn timing() -> Timing {
    Timing {
        warm_up: Duration::from_millis(10),
        block: Duration::from_millis(50),
        patience: PATIENCE,
        ..Timing::default()
    }
}
