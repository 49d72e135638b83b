//! Block: one cell is measured once, by fresh workers with fresh sockets.

mod floor;

use std::time::Duration;

use sockscope_net::Endpoint;

use crate::control::{BlockMessage, Failure, Fault, Ready, Role, WorkerPlan};
use crate::launcher::{End, Launcher};
use crate::plan::{CellPlan, OwnTransport, Plan, Target};
use crate::run::member::{Member, Miss};
use crate::run::place::Place;
use crate::run::wait::Patience;
use crate::view::View;
use crate::work::Load;

/// Why there is no block.
#[derive(Debug)]
pub(super) enum Error {
    /// The run is to end.
    Interrupted,
    /// The cell cannot be measured.
    Failed(Failure),
}

/// Measures one block; the last of the three says whether it needed a second try.
pub(super) fn measure(
    plan: &Plan,
    (at, cell): ((u32, u32), &CellPlan),
    launcher: &mut impl Launcher,
    patience: Patience<'_>,
) -> Result<(BlockMessage, Ready, bool), Error> {
    let seed = seed(plan, at);
    attempt(&Attempt { plan, cell, seed, patience, counts: false }, launcher)
}

/// Does the same exchanges once more, for a shorter time, with counters that make every switch slower: only its counts mean
/// something.
pub(super) fn count(
    plan: &Plan,
    cell: &CellPlan,
    launcher: &mut impl Launcher,
    patience: Patience<'_>,
) -> Result<BlockMessage, Error> {
    let counting = Attempt { plan, cell, seed: plan.seed, patience, counts: true };
    let (message, ..) = attempt(&counting, launcher)?;
    Ok(message)
}

fn attempt(
    attempt: &Attempt<'_>,
    launcher: &mut impl Launcher,
) -> Result<(BlockMessage, Ready, bool), Error> {
    let mut retried = false;
    loop {
        let miss = match attempt.measure(launcher) {
            Ok((message, ready)) => return Ok((message, ready, retried)),
            Err(miss) => miss,
        };
        match miss {
            Miss::Interrupted => return Err(Error::Interrupted),
            Miss::Failed(failure) => return Err(Error::Failed(failure)),
            Miss::Late { who, limit } => return Err(Error::Failed(attempt.too_late(who, limit))),
            Miss::Gone { who, end } if retried => {
                return Err(Error::Failed(killed_twice(who, &end)));
            }
            Miss::Gone { .. } => retried = true,
        }
    }
}

fn killed_twice(who: &str, end: &End) -> Failure {
    let text = format!("the {who} worker was killed twice while it measured this cell ({end})");
    Failure { fault: Fault::Environment, text }
}

/// One try to measure one block.
struct Attempt<'a> {
    plan: &'a Plan,
    cell: &'a CellPlan,
    seed: u64,
    patience: Patience<'a>,
    /// Whether it counts instead of timing.
    counts: bool,
}

impl Attempt<'_> {
    /// How long it measures.
    fn window(&self) -> Duration {
        let (timing, view) = (self.plan.timing, self.cell.view);
        if self.counts { timing.counted_in(view) } else { timing.block_in(view) }
    }

    fn measure(&self, launcher: &mut impl Launcher) -> Result<(BlockMessage, Ready), Miss> {
        match &self.cell.target {
            Target::Running(endpoint) => self.measure_running(launcher, endpoint),
            Target::Own(transport) => match (transport.floor(), self.cell.view) {
                (Some(floor), View::Solo) => self.measure_solo_floor(launcher, floor),
                (Some(floor), _) => self.measure_floor(launcher, floor),
                (None, View::Solo) => self.measure_solo(launcher, *transport),
                (None, _) => self.measure_own(launcher, *transport),
            },
        }
    }

    fn measure_own(
        &self,
        launcher: &mut impl Launcher,
        transport: OwnTransport,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let place = Place::new(self.plan, transport)?;
        let (wait, cpus) = (&self.patience, &self.cell.placement);
        // Both start at the same time; the client is told where to connect once the server is bound.
        let mut server = Member::start(launcher, "server")?;
        let mut client = Member::start(launcher, "client")?;
        let task = server.hello(wait)?;
        client.hello(wait)?;
        server
            .plan(self.worker_plan(Role::Server { bind: place.bind.clone() }, &cpus.server_cpus))?;
        let bound = server.ready(wait)?;
        let role = Role::Client { endpoint: bound.endpoint, server: Some(task), running: false };
        client.plan(self.worker_plan(role, &cpus.client_cpus))?;
        if transport.is_datagram() && matches!(self.cell.work.load, Load::Stream { .. }) {
            // Who only receives datagrams is not told that nobody sends any more.
            client.watch(&server)?;
        }
        self.finish_both(client, server)
    }

    fn measure_solo(
        &self,
        launcher: &mut impl Launcher,
        transport: OwnTransport,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let place = Place::new(self.plan, transport)?;
        let mut worker = Member::start(launcher, "solo")?;
        worker.hello(&self.patience)?;
        let role = Role::Solo { bind: place.bind.clone() };
        worker.plan(self.worker_plan(role, &self.cell.placement.client_cpus))?;
        self.finish(&mut worker)
    }

    fn measure_running(
        &self,
        launcher: &mut impl Launcher,
        endpoint: &Endpoint,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let mut client = Member::start(launcher, "client")?;
        client.hello(&self.patience)?;
        let role = Role::Client { endpoint: endpoint.to_string(), server: None, running: true };
        client.plan(self.worker_plan(role, &self.cell.placement.client_cpus))?;
        self.finish(&mut client)
    }

    /// From the client, ready, then its block; then what the server did.
    fn finish_both(
        &self,
        mut client: Member,
        mut server: Member,
    ) -> Result<(BlockMessage, Ready), Miss> {
        // When the client is left alone, the server's own words say more than the client's.
        let (mut message, mut ready) = self.finish(&mut client).map_err(|miss| match miss {
            Miss::Failed(failure) if failure.fault == Fault::Gone => {
                server.last_words(&self.patience).unwrap_or_else(|| failure.into())
            }
            miss => miss,
        })?;
        drop(client);
        // A server that accepts again and again has no last word: it ends with its channel.
        if !matches!(self.cell.work.load, Load::Connect { .. }) {
            let ended = server.ended(&self.patience);
            message.served = ended.served;
            message.zero_copied = ended.zero_copied;
            ready.server_buffers = ended.buffers;
        }
        Ok((message, ready))
    }

    /// From the worker that measures: ready, then its block.
    fn finish(&self, worker: &mut Member) -> Result<(BlockMessage, Ready), Miss> {
        let ready = worker.ready(&self.patience)?;
        let expected = self.plan.timing.warm_up + self.window();
        Ok((worker.block(&self.patience, expected)?, ready))
    }

    fn worker_plan(&self, role: Role, cpus: &[u32]) -> WorkerPlan {
        let timing = self.plan.timing;
        WorkerPlan {
            role,
            cpu: cpus.first().copied(),
            wait: self.cell.view.wait(),
            work: self.cell.work.clone(),
            seed: self.seed,
            warm_up_ns: nanos(timing.warm_up),
            counts: self.counts,
            block_ns: nanos(self.window()),
            // The worker gives up first: it can say more about what it waited for.
            patience_ns: nanos(timing.patience * 3 / 10),
        }
    }

    /// Our own workers are late when the machine is; a client of somebody else's server when that server is.
    fn too_late(&self, who: &str, limit: Duration) -> Failure {
        match &self.cell.target {
            Target::Running(endpoint) => Failure {
                fault: Fault::Peer,
                text: format!("{endpoint} stopped answering in the middle of a block"),
            },
            Target::Own(_) => Failure {
                fault: Fault::Environment,
                text: format!(
                    "the {who} worker said nothing for {limit:?}: it or its peer is stopped, or the machine is overloaded"
                ),
            },
        }
    }
}

/// What is random in a block is the same for all cells of a round, so that a comparison is not one of two draws.
fn seed(plan: &Plan, (run, round): (u32, u32)) -> u64 {
    let block = u64::from(run) << 32 | u64::from(round);
    plan.seed ^ (block + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
