//! Run: a plan is carried out, round by round, by fresh workers for each block.
//!
//! When all blocks are timed, each cell is measured once more with counters, which would have disturbed the times: that
//! gives what the kernel and the processor count of an exchange.
//!
//! While a block runs, the coordinator sleeps in poll(2); it draws progress only between blocks. A worker that is killed
//! costs one retry of its block, then its cell; whatever fails, the other cells are measured and reported.

mod block;
mod count;
mod member;
mod place;
mod wait;

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use sockscope_stats::Histogram;

use crate::control::{
    BlockMessage, ConnectMessage, Failure, Fault, OpenMessage, Ready, Served, ZeroCopied,
};
use crate::launcher::Launcher;
use crate::perf::BlockCounts;
use crate::plan::Plan;
use crate::run::wait::Patience;
use crate::usage::Usage;

/// Everything that was measured.
#[derive(Debug)]
pub struct Measurement {
    /// One for each cell of the plan, in its order.
    pub cells: Vec<CellResult>,
    /// Whether it was interrupted: the rounds are then not complete.
    pub interrupted: bool,
}

/// What was measured of one cell.
#[derive(Debug)]
pub struct CellResult {
    /// Its blocks, in the order they were measured.
    pub blocks: Vec<Block>,
    /// All its round trips; in an open loop from their intended times.
    pub histogram: Histogram,
    /// In an open loop: all its round trips from their real sending.
    pub service: Option<Histogram>,
    /// In an open loop: how late each request left.
    pub lateness: Option<Histogram>,
    /// In an open loop: how late, from when it could have been sent.
    pub own_lateness: Option<Histogram>,
    /// What the kernel and the processor counted, in a block of its own; `None` of a twin, of a cell that failed, and where
    /// the run ended before.
    pub counts: Option<BlockCounts>,
    /// The connection of its last block: the address used, buffers granted, the server's process.
    pub ready: Option<Ready>,
    /// Why it was given up.
    pub failure: Option<Failure>,
    /// Blocks that were measured a second time because a worker was killed.
    pub retries: u32,
}

/// One block: what its round trips come to. The round trips themselves are in the cell's histogram; keeping one histogram
/// for each block would cost 216 KiB a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its run, from 0.
    pub run: u32,
    /// Its round within the run, from 0.
    pub round: u32,
    /// Complete exchanges.
    pub exchanges: u64,
    /// From its first exchange's start to its last one's end.
    pub elapsed_ns: u64,
    /// The mean round trip, where one was timed: elapsed time over exchanges.
    pub mean_ns: Option<f64>,
    /// The median, where the samples support it.
    pub p50_ns: Option<u64>,
    /// The 90th percentile, where the samples support it.
    pub p90_ns: Option<u64>,
    /// The 99th percentile, where the samples support it.
    pub p99_ns: Option<u64>,
    /// The slowest, where one was timed.
    pub max_ns: Option<u64>,
    /// Bytes that a stream's receiver has read.
    pub bytes: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// What only an open loop knows.
    pub open: Option<OpenBlock>,
    /// What only a loop of connects knows.
    pub connect: Option<ConnectMessage>,
    /// What the client used (in `solo`: both ends).
    pub client: Usage,
    /// What the server used, where it can be known.
    pub server: Option<Usage>,
    /// System calls of the client (in `solo`: of both ends), where its loop counts them.
    pub calls: Option<u64>,
    /// System calls of the server in its whole life, where it told them.
    pub served: Option<Served>,
    /// What came of sends that asked the kernel not to copy.
    pub zero_copied: Option<ZeroCopied>,
}

impl Block {
    fn new(
        (run, round): (u32, u32),
        message: &BlockMessage,
        histogram: &Histogram,
        single: bool,
    ) -> Option<Self> {
        // In an open loop nothing may have been answered, which is then what was measured.
        if message.exchanges == 0 && message.open.is_none() {
            return None;
        }
        Some(Self {
            run,
            round,
            exchanges: message.exchanges,
            elapsed_ns: message.elapsed_ns,
            // With one request in flight the mean is exact: nothing lies between the exchanges.
            mean_ns: if single && message.lost == 0 {
                Some(message.elapsed_ns as f64 / message.exchanges as f64)
            } else {
                histogram.mean()
            },
            p50_ns: histogram.supported_quantile(0.5),
            p90_ns: histogram.supported_quantile(0.9),
            p99_ns: histogram.supported_quantile(0.99),
            max_ns: histogram.max(),
            bytes: message.bytes,
            lost: message.lost,
            open: message.open.as_ref().map(OpenBlock::new),
            connect: message.connect.as_deref().copied(),
            client: message.client,
            server: message.server,
            calls: message.calls,
            served: message.served,
            zero_copied: message.zero_copied,
        })
    }
}

/// What only an open loop knows of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenBlock {
    /// Requests that were due.
    pub due: u64,
    /// Those of them that had not begun to be sent at its end.
    pub missed: u64,
    /// Requests that were sent and not answered within the limit.
    pub unanswered: u64,
    /// Requests that left late because the depth was used up or the socket full.
    pub held_back: u64,
    /// The longest time from a real sending to its answer.
    pub service_max_ns: u64,
    /// The most that a request left late.
    pub lateness_max_ns: u64,
    /// The most that a request left later than it could have.
    pub own_lateness_max_ns: u64,
}

impl OpenBlock {
    fn new(message: &OpenMessage) -> Self {
        let OpenMessage { due, missed, unanswered, held_back, .. } = *message;
        Self { due, missed, unanswered, held_back, ..Self::default() }
    }
}

/// Is told how far a run has come, between blocks.
pub trait Observer {
    /// `done` of `total` blocks are measured; the others take about `left`.
    fn progress(&mut self, done: u64, total: u64, left: Duration);
}

/// Nobody watches.
impl Observer for () {
    fn progress(&mut self, _done: u64, _total: u64, _left: Duration) {}
}

/// Carries out a plan.
///
/// `interrupt` becomes readable when the run is to end early; what is complete by then is returned. Whatever fails, fails
/// its cell only.
pub fn run(
    plan: &Plan,
    launcher: &mut impl Launcher,
    observer: &mut impl Observer,
    interrupt: Option<BorrowedFd<'_>>,
) -> Measurement {
    let mut cells: Vec<_> = plan.cells.iter().map(|_| CellResult::new()).collect();
    let mut random = Pcg64Mcg::seed_from_u64(plan.seed);
    let patience = Patience { limit: plan.timing.patience, interrupt };
    let timed = u64::from(plan.runs) * u64::from(plan.rounds) * plan.cells.len() as u64;
    let total = timed + count::blocks(plan);
    let mut done = 0;
    for at in rounds(plan) {
        for index in order(plan, &mut random) {
            observer.progress(done, total, left(plan, done, total));
            done += 1;
            if cells[index].failure.is_some() {
                continue;
            }
            match block::measure(plan, (at, &plan.cells[index]), launcher, patience) {
                Ok((message, ready, retried)) => {
                    let single = plan.cells[index].work.is_single();
                    cells[index].add((at, single), &message, ready, retried);
                }
                Err(block::Error::Failed(failure)) => cells[index].failure = Some(failure),
                Err(block::Error::Interrupted) => return Measurement { cells, interrupted: true },
            }
        }
    }
    for index in order(plan, &mut random) {
        if plan.cells[index].twin {
            continue;
        }
        observer.progress(done, total, left(plan, done, total));
        done += 1;
        if count::cell(plan, index, &mut cells[index], launcher, patience).is_break() {
            return Measurement { cells, interrupted: true };
        }
    }
    observer.progress(total, total, Duration::ZERO);
    Measurement { cells, interrupted: false }
}

/// Every round of every run, as (run, round). Each is shuffled anew, so runs share nothing but the machine.
fn rounds(plan: &Plan) -> impl Iterator<Item = (u32, u32)> + use<> {
    let rounds = plan.rounds;
    (0..plan.runs).flat_map(move |run| (0..rounds).map(move |round| (run, round)))
}

/// The cells of one round: groups in random order, and the cells of a group back to back, shuffled.
fn order(plan: &Plan, random: &mut Pcg64Mcg) -> Vec<usize> {
    let mut groups = plan.groups.clone();
    groups.shuffle(random);
    for group in &mut groups {
        group.shuffle(random);
    }
    groups.concat()
}

fn left(plan: &Plan, done: u64, total: u64) -> Duration {
    let share = (total - done) as f64 / total.max(1) as f64;
    plan.duration().mul_f64(share)
}

impl CellResult {
    fn new() -> Self {
        Self {
            blocks: Vec::new(),
            histogram: Histogram::new(),
            service: None,
            lateness: None,
            own_lateness: None,
            counts: None,
            ready: None,
            failure: None,
            retries: 0,
        }
    }

    fn add(
        &mut self,
        (at, single): ((u32, u32), bool),
        message: &BlockMessage,
        ready: Ready,
        retried: bool,
    ) {
        self.retries += u32::from(retried);
        self.ready = Some(ready);
        if let Err(text) = self.merge(at, single, message) {
            self.failure = Some(Failure { fault: Fault::Bug, text });
        }
    }

    fn merge(
        &mut self,
        at: (u32, u32),
        single: bool,
        message: &BlockMessage,
    ) -> Result<(), String> {
        let histogram = decoded(&message.histogram)?;
        self.histogram.merge(&histogram);
        let mut block = Block::new(at, message, &histogram, single)
            .ok_or("a block without a single exchange")?;
        if let (Some(open), Some(block)) = (&message.open, &mut block.open) {
            block.service_max_ns = merged(&mut self.service, &open.service)?;
            block.lateness_max_ns = merged(&mut self.lateness, &open.lateness)?;
            block.own_lateness_max_ns = merged(&mut self.own_lateness, &open.own_lateness)?;
        }
        self.blocks.push(block);
        Ok(())
    }
}

/// Adds the samples of a block to those of its cell; the largest of the block.
fn merged(all: &mut Option<Histogram>, text: &str) -> Result<u64, String> {
    let block = decoded(text)?;
    all.get_or_insert_with(Histogram::new).merge(&block);
    Ok(block.max().unwrap_or(0))
}

/// The histogram of a block; empty where the workload has none.
fn decoded(text: &str) -> Result<Histogram, String> {
    if text.is_empty() {
        return Ok(Histogram::new());
    }
    Histogram::from_base64(text).map_err(|error| format!("read the histogram of a block: {error}"))
}
