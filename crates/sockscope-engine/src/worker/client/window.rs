//! Window: the threads of one client warm up together, measure together, and are metered together.
//!
//! Each thread has an engine and a ledger of its own. They meet between the phases: nothing is in flight while the meters of
//! both ends are read, and all measure from the same time to the same time.
//!
//! A stream cannot be stopped for the meters: its buffers fill up meanwhile, and what piled up would count as if it had been
//! sent within the window. So it runs for a while again, uncounted, and only the clocks are read once more.

use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};

use super::blame::NoBlock;
use super::meters::{Meters, Start};
use crate::clock::now_ns;
use crate::control::{BlockMessage, Fault, WorkerPlan};
use crate::engine::{AsyncWire, Engine, Epoll, Terms, Uring};
use crate::exchange::Window;
use crate::side::{Rounds, Side};
use crate::usage::TaskId;
use crate::wire::{Calls, Counted, Wire};
use crate::work::{EngineName, Load};
use crate::worker::{crew, failure, not_built};

/// What one thread measured.
struct Measured {
    rounds: Rounds,
    /// System calls in the window, where they are counted.
    calls: Option<u64>,
}

/// Measures one block like [`measure`], on the engine of the client that the plan names, which is one of those that wait for
/// events.
pub(in crate::worker) fn measure_on_events<W, S>(
    shards: Vec<Vec<(W, S)>>,
    terms: &Terms,
    plan: &WorkerPlan,
    server: Option<TaskId>,
) -> Result<BlockMessage, NoBlock>
where
    W: AsyncWire + AsFd + Send + 'static,
    S: Side<Ledger = Rounds> + Send + 'static,
{
    match plan.work.engines.client {
        EngineName::Epoll => measure::<_, _, Epoll<_, _>>(shards, terms, plan, server),
        EngineName::Uring => measure::<_, _, Uring<_, _>>(shards, terms, plan, server),
        #[cfg(feature = "tokio")]
        EngineName::Tokio => {
            measure::<_, _, crate::engine::Tokio<_, _>>(shards, terms, plan, server)
        }
        engine => Err(not_built(plan.work.load, engine).into()),
    }
}

/// Measures one block over these connections, each list of them on a thread of its own; the first is the calling one.
pub(in crate::worker) fn measure<W, S, E>(
    shards: Vec<Vec<(W, S)>>,
    terms: &Terms,
    plan: &WorkerPlan,
    server: Option<TaskId>,
) -> Result<BlockMessage, NoBlock>
where
    W: Wire + Send,
    S: Side<Ledger = Rounds> + Send,
    E: Engine<Counted<W>, S>,
{
    let shared = Shared::new(shards.len(), terms, plan);
    let (led, followed) = crew::work(
        shards,
        |shard| shared.lead::<W, S, E>(shard, server),
        |shard| shared.follow::<W, S, E>(shard),
    )?;
    let (block, mut all) = led?;
    for one in followed.into_iter().collect::<Result<Vec<_>, _>>()? {
        all.rounds.merge(&one.rounds);
        all.calls = all.calls.zip(one.calls).map(|(all, one)| all + one);
    }
    Ok(BlockMessage {
        histogram: all.rounds.histogram.to_base64(),
        lost: all.rounds.lost,
        bytes: all.rounds.bytes,
        calls: all.calls,
        ..block
    })
}

/// What the threads share.
struct Shared<'a> {
    terms: &'a Terms,
    plan: &'a WorkerPlan,
    meeting: Barrier,
    threads: Mutex<Vec<TaskId>>,
    /// When the window begins.
    start_ns: AtomicU64,
    /// From when on no request is started.
    until_ns: AtomicU64,
    /// When the last answer was complete.
    last_ns: AtomicU64,
    exchanges: AtomicU64,
}

impl<'a> Shared<'a> {
    fn new(threads: usize, terms: &'a Terms, plan: &'a WorkerPlan) -> Self {
        Self {
            terms,
            plan,
            meeting: Barrier::new(threads),
            threads: Mutex::default(),
            start_ns: AtomicU64::new(0),
            until_ns: AtomicU64::new(0),
            last_ns: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
        }
    }

    /// What every thread but the first does.
    fn follow<W: Wire, S: Side<Ledger = Rounds>, E: Engine<Counted<W>, S>>(
        &self,
        ends: Vec<(W, S)>,
    ) -> Result<Measured, NoBlock> {
        let calls = Rc::new(Calls::default());
        let mut warm = self.warm_up::<W, S, E>(ends, &calls);
        self.meet();
        self.meet();
        if self.settle_ns().is_some() {
            self.settle(&mut warm);
            self.meet();
            self.meet();
        }
        let measured = self.drive(&mut warm, &calls);
        self.meet();
        self.meet();
        measured.and_then(|calls| Ok(Measured { rounds: warm?.1, calls }))
    }

    /// What the first thread does: the same, and it reads the meters while the others wait.
    fn lead<W: Wire, S: Side<Ledger = Rounds>, E: Engine<Counted<W>, S>>(
        &self,
        ends: Vec<(W, S)>,
        server: Option<TaskId>,
    ) -> Result<(BlockMessage, Measured), NoBlock> {
        let calls = Rc::new(Calls::default());
        let mut warm = self.warm_up::<W, S, E>(ends, &calls);
        self.meet();
        let mut before = self.read_before(server);
        if let Some(settle_ns) = self.settle_ns() {
            self.until_ns.store(now_ns() + settle_ns, Ordering::Relaxed);
            self.meet();
            self.settle(&mut warm);
            self.meet();
            let restarted = match &mut before {
                Ok((meters, start)) => meters.restart(start),
                Err(_) => Ok(()),
            };
            if let Err(error) = restarted {
                before = Err(NoBlock::Usage(error));
            }
        }
        let start_ns = now_ns();
        self.start_ns.store(start_ns, Ordering::Relaxed);
        self.until_ns.store(start_ns + self.plan.block_ns, Ordering::Relaxed);
        self.meet();
        let measured = self.drive(&mut warm, &calls);
        self.meet();
        let block = before.and_then(|before| self.read_after(before));
        self.meet();
        let calls = measured?;
        Ok((block?, Measured { rounds: warm?.1, calls }))
    }

    /// Makes the engine and lets it exchange; what it measured is forgotten.
    fn warm_up<W: Wire, S: Side<Ledger = Rounds>, E: Engine<Counted<W>, S>>(
        &self,
        ends: Vec<(W, S)>,
        calls: &Rc<Calls>,
    ) -> Result<(E, Rounds), NoBlock> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(TaskId::this());
        let ends = ends.into_iter().map(|(wire, side)| (Counted::new(wire, calls), side));
        let mut engine = E::new(ends.collect(), self.terms)
            .map_err(|error| failure(Fault::Environment, "start the engine", &error))?;
        let mut rounds = Rounds::new();
        rounds.open_until(now_ns() + self.plan.warm_up_ns);
        engine.drive(&mut rounds).map_err(NoBlock::Exchange)?;
        rounds.clear();
        Ok((engine, rounds))
    }

    /// How long a stream runs between the reading of the meters and the window; `None` for what can be stopped.
    fn settle_ns(&self) -> Option<u64> {
        let is_stream = matches!(self.plan.work.load, Load::Stream { .. });
        is_stream.then_some(self.plan.warm_up_ns / 2)
    }

    /// Lets what piled up run off, if the warm-up went well; what was measured is forgotten.
    fn settle<W: Wire, S: Side<Ledger = Rounds>, E: Engine<Counted<W>, S>>(
        &self,
        warm: &mut Result<(E, Rounds), NoBlock>,
    ) {
        let Ok((engine, rounds)) = warm else { return };
        rounds.open_until(self.until_ns.load(Ordering::Relaxed));
        match engine.drive(rounds) {
            Ok(()) => rounds.clear(),
            Err(error) => *warm = Err(NoBlock::Exchange(error)),
        }
    }

    /// Measures, if the warm-up went well; the system calls that it took.
    fn drive<W: Wire, S: Side<Ledger = Rounds>, E: Engine<Counted<W>, S>>(
        &self,
        warm: &mut Result<(E, Rounds), NoBlock>,
        calls: &Calls,
    ) -> Result<Option<u64>, NoBlock> {
        let Ok((engine, rounds)) = warm else { return Ok(None) };
        rounds.open_until(self.until_ns.load(Ordering::Relaxed));
        let before = calls.made();
        engine.drive(rounds).map_err(NoBlock::Exchange)?;
        let after = calls.made();
        self.exchanges.fetch_add(rounds.exchanges, Ordering::Relaxed);
        self.last_ns.fetch_max(rounds.last_ns, Ordering::Relaxed);
        Ok(after.zip(before).map(|(after, before)| after - before))
    }

    fn meet(&self) {
        self.meeting.wait();
    }

    /// The meters of both ends, all of whose threads are known and wait.
    fn read_before(&self, server: Option<TaskId>) -> Result<(Meters, Start), NoBlock> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut meters = Meters::of(&threads, self.plan, server)?;
        let start = meters.start().map_err(NoBlock::Usage)?;
        Ok((meters, start))
    }

    fn read_after(&self, (mut meters, start): (Meters, Start)) -> Result<BlockMessage, NoBlock> {
        let start_ns = self.start_ns.load(Ordering::Relaxed);
        // Without a single answer there is an error to tell, and no window.
        let elapsed_ns = self.last_ns.load(Ordering::Relaxed).saturating_sub(start_ns);
        let exchanges = self.exchanges.load(Ordering::Relaxed);
        meters.end(start, Window { elapsed_ns, exchanges, lost: 0 }).map_err(NoBlock::Usage)
    }
}
