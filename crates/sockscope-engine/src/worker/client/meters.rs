//! Meters: what both ends of a block use, read outside its window.
//!
//! Only in a block that gives no times do counters run while the window lasts.

use std::io;

use crate::control::{BlockMessage, Failure, Fault, Role, WorkerPlan};
use crate::exchange::Window;
use crate::perf::{BlockCounts, Counters, Counts};
use crate::usage::{Meter, TaskId, Usage};
use crate::worker::failure;

/// The meters of both ends; the server's where its process is known and may be read.
#[derive(Debug)]
pub(in crate::worker) struct Meters {
    /// One for each thread of the client.
    client: Vec<Meter>,
    server: Option<Meter>,
    /// Whether the server is a worker, so that it is certain who answers.
    server_is_ours: bool,
    /// In a block that counts, until it has counted.
    counters: Option<BothCounters>,
}

/// What both ends have used at the beginning of the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    client: Usage,
    server: Option<Usage>,
}

/// What the clocks said at the end of the window.
#[derive(Debug)]
pub(super) struct Stop {
    client_ns: u64,
    server_ns: Option<u64>,
    counts: Option<(Counts, Option<Counts>)>,
}

impl Meters {
    /// Meters of this thread and of the server's task.
    pub(in crate::worker) fn new(
        plan: &WorkerPlan,
        server: Option<TaskId>,
    ) -> Result<Self, Failure> {
        Self::of(&[TaskId::this()], plan, server)
    }

    /// Meters of these threads of ours and of the server's task.
    pub(super) fn of(
        threads: &[TaskId],
        plan: &WorkerPlan,
        server: Option<TaskId>,
    ) -> Result<Self, Failure> {
        let client: io::Result<_> = threads.iter().copied().map(Meter::new).collect();
        let client =
            client.map_err(|error| failure(Fault::Environment, "read our own usage", &error))?;
        Ok(Self {
            client,
            server: server.and_then(|task| Meter::new(task).ok()),
            server_is_ours: !matches!(plan.role, Role::Client { running: true, .. }),
            counters: plan.counts.then(|| BothCounters::open(threads, &plan.role, server)),
        })
    }

    /// Before the window: the switches, which take long to read, then the clocks, the client's last.
    pub(super) fn start(&mut self) -> io::Result<Start> {
        let client = sum(&self.client, Meter::switches, add)?;
        let server = self.server.as_ref().map(Meter::switches).transpose()?;
        if let Some(counters) = &mut self.counters {
            counters.start();
        }
        let server_ns = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        let client = usage(sum(&self.client, Meter::cpu_ns, u64::saturating_add)?, client);
        Ok(Start { client, server: server_ns.zip(server).map(|(ns, of)| usage(ns, of)) })
    }

    /// Once more only the clocks, where something went on after [`start`](Self::start).
    pub(super) fn restart(&self, start: &mut Start) -> io::Result<()> {
        if let (Some(meter), Some(server)) = (&self.server, &mut start.server) {
            server.cpu_ns = meter.cpu_ns()?;
        }
        start.client.cpu_ns = sum(&self.client, Meter::cpu_ns, u64::saturating_add)?;
        Ok(())
    }

    /// After the window: the other way round. A message that lacks only what the workload itself knows.
    pub(super) fn end(&mut self, start: Start, window: Window) -> io::Result<BlockMessage> {
        let stop = self.stop()?;
        self.end_after(stop, start, window)
    }

    /// At the very end of the window: the clocks, and the counters, where there are some. What takes long to read follows
    /// with [`end_after`](Self::end_after).
    pub(super) fn stop(&mut self) -> io::Result<Stop> {
        let client_ns = sum(&self.client, Meter::cpu_ns, u64::saturating_add)?;
        let server_ns = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        Ok(Stop { client_ns, server_ns, counts: self.counters.take().map(BothCounters::stop) })
    }

    /// The rest, once nothing is in flight any more.
    pub(super) fn end_after(
        &mut self,
        stop: Stop,
        start: Start,
        window: Window,
    ) -> io::Result<BlockMessage> {
        let Stop { client_ns, server_ns, counts } = stop;
        let client = sum(&self.client, Meter::switches, add)?;
        let client = usage(client_ns, client).since(start.client);
        let switches = self.server.as_ref().map(Meter::switches).transpose()?;
        let server = server_ns.zip(switches).map(|(ns, of)| usage(ns, of));
        // A process that used nothing at all did not serve us: whoever called listen(2) may have handed the connection to
        // another. A worker of ours did serve, though the clock of one that never sleeps may not have ticked.
        let server = server
            .zip(start.server)
            .map(|(after, before)| after.since(before))
            .filter(|used| self.server_is_ours || used.cpu_ns > 0 || used.voluntary > 0);
        Ok(BlockMessage {
            elapsed_ns: window.elapsed_ns,
            exchanges: window.exchanges,
            lost: window.lost,
            client,
            server,
            counts: counts.map(|(client, of_server)| {
                let server = of_server.map(|counts| known_to_serve(counts, server.is_some()));
                Box::new(BlockCounts { exchanges: window.exchanges, client, server })
            }),
            ..BlockMessage::default()
        })
    }
}

/// What all threads have used together.
fn sum<T: Default>(
    meters: &[Meter],
    read: impl Fn(&Meter) -> io::Result<T>,
    add: impl Fn(T, T) -> T,
) -> io::Result<T> {
    meters.iter().try_fold(T::default(), |sum, meter| Ok(add(sum, read(meter)?)))
}

fn add(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

fn usage(cpu_ns: u64, (voluntary, involuntary): (u64, u64)) -> Usage {
    Usage { cpu_ns, voluntary, involuntary }
}

/// The counters of both ends.
#[derive(Debug)]
struct BothCounters {
    client: Counters,
    server: Server,
}

/// Whose counters the server's are.
#[derive(Debug)]
enum Server {
    /// The client is both ends.
    IsClient,
    /// Nobody knows who answers.
    Unknown,
    Known(Counters),
}

impl BothCounters {
    fn open(threads: &[TaskId], role: &Role, server: Option<TaskId>) -> Self {
        let server = match (role, server) {
            (Role::Solo { .. }, _) => Server::IsClient,
            (_, None) => Server::Unknown,
            (_, Some(task)) => Server::Known(Counters::open(task)),
        };
        Self { client: Counters::open_threads(threads), server }
    }

    fn start(&mut self) {
        if let Server::Known(counters) = &mut self.server {
            counters.start();
        }
        self.client.start();
    }

    fn stop(self) -> (Counts, Option<Counts>) {
        let client = self.client.stop();
        let server = match self.server {
            Server::IsClient => None,
            Server::Unknown => Some(Counts::none("the kernel does not tell which process answers")),
            Server::Known(counters) => Some(counters.stop()),
        };
        (client, server)
    }
}

fn known_to_serve(counts: Counts, serves: bool) -> Counts {
    let counted = counts.faults.is_ok() || counts.switches.is_ok() || counts.hardware.is_ok();
    if serves || !counted {
        return counts;
    }
    Counts::none("the process that called listen(2) is not the one that answers")
}
