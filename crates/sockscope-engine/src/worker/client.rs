//! Client: connects, warms up, measures, reports.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_net::{Conn, Connector};
use sockscope_proto::workload::{RoundTrip, Workload};
use sockscope_stats::Histogram;

use super::{Lifeline, Stop, endpoint, failure, ready, server_pid, workload};
use crate::control::{self, BlockMessage, Failure, Fault, FromWorker, Role, ToWorker, WorkerPlan};
use crate::exchange::{Blocking, Duplex, ExchangeError, Spinning, Window, exchange, run_for};
use crate::usage::{Meter, TaskId, Usage};
use crate::view::Wait;

/// A server on this machine accepts at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
) -> Result<(), Stop> {
    lifeline.tie();
    let Role::Client { endpoint: address, server, running } = &plan.role else {
        return Err(
            Failure { fault: Fault::Bug, text: "a client without an endpoint".into() }.into()
        );
    };
    let conn = connect(address, *running)?;
    let environment =
        |error: io::Error| failure(Fault::Environment, "prepare the connection", &error);
    let mut duplex = Duplex::new(&conn, Duration::from_nanos(plan.patience_ns));
    if *running {
        // A server of another kind is found out here, where waiting for an answer has a limit.
        conn.set_nonblocking(true).map_err(environment)?;
        let mut load = workload(plan);
        let mut buffer = vec![0; load.answer_len() + 1];
        duplex.exchange(&mut load, &mut buffer).map_err(|error| blame(&error, *running))?;
    }
    control::send(channel, &ready(&conn))?;
    let ToWorker::Start = control::receive(channel)? else {
        return Err(Failure {
            fault: Fault::Bug,
            text: "told something else than to start".into(),
        }
        .into());
    };
    let both_ways = *running && plan.work.message_len() > Duplex::ABOVE;
    conn.set_nonblocking(both_ways || plan.wait == Wait::Spin).map_err(environment)?;
    let meters =
        Meters::new(server.or_else(|| server_pid(&conn).map(|pid| TaskId { pid, tid: pid })))?;
    let block = match (both_ways, plan.wait) {
        (true, _) => measure(plan, &meters, |load, buffer| duplex.exchange(load, buffer)),
        (false, Wait::Spin) => {
            measure(plan, &meters, |load, buffer| exchange::<_, Spinning>(&conn, load, buffer))
        }
        (false, Wait::Block) => {
            measure(plan, &meters, |load, buffer| exchange::<_, Blocking>(&conn, load, buffer))
        }
    };
    let block = block.map_err(|error| error.blame(*running))?;
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// The meters of both ends; the server's where its process is known and may be read.
#[derive(Debug)]
pub(super) struct Meters {
    client: Meter,
    server: Option<Meter>,
}

impl Meters {
    /// Meters of this thread and of the server's task.
    pub(super) fn new(server: Option<TaskId>) -> Result<Self, Failure> {
        let client = Meter::new(TaskId::this())
            .map_err(|error| failure(Fault::Environment, "read our own usage", &error))?;
        Ok(Self { client, server: server.and_then(|task| Meter::new(task).ok()) })
    }

    /// Before the window: the switches, which take long to read, then the clocks, the client's last.
    fn start(&self) -> io::Result<Readings> {
        let switches = self.switches()?;
        let server = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        Ok(Readings::new((self.client.cpu_ns()?, server), switches))
    }

    /// After the window: the other way round.
    fn end(&self) -> io::Result<Readings> {
        let client = self.client.cpu_ns()?;
        let server = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        Ok(Readings::new((client, server), self.switches()?))
    }

    fn switches(&self) -> io::Result<(Switches, Option<Switches>)> {
        Ok((self.client.switches()?, self.server.as_ref().map(Meter::switches).transpose()?))
    }
}

/// Voluntary and involuntary.
type Switches = (u64, u64);

/// What both ends have used at one end of the window.
#[derive(Debug, Clone, Copy)]
struct Readings {
    client: Usage,
    server: Option<Usage>,
}

impl Readings {
    fn new(cpu_ns: (u64, Option<u64>), switches: (Switches, Option<Switches>)) -> Self {
        let usage = |cpu_ns, (voluntary, involuntary)| Usage { cpu_ns, voluntary, involuntary };
        let server = cpu_ns.1.zip(switches.1).map(|(cpu_ns, switches)| usage(cpu_ns, switches));
        Self { client: usage(cpu_ns.0, switches.0), server }
    }

    /// What was used since. A process that used nothing at all did not serve us: whoever called listen(2) may have
    /// handed the connection to another.
    fn since(self, before: Self) -> (Usage, Option<Usage>) {
        let server = self.server.zip(before.server).map(|(after, before)| after.since(before));
        (
            self.client.since(before.client),
            server.filter(|used| used.cpu_ns > 0 || used.voluntary > 0),
        )
    }
}

/// Why there is no block.
#[derive(Debug)]
pub(super) enum NoBlock {
    /// An exchange failed.
    Exchange(ExchangeError),
    /// The usage of an end cannot be read, most likely because it is gone.
    Usage(io::Error),
}

impl NoBlock {
    /// Whose fault it is.
    pub(super) fn blame(self, running: bool) -> Failure {
        match self {
            Self::Exchange(error) => blame(&error, running),
            Self::Usage(error) => failure(Fault::Gone, "read the usage of both ends", &error),
        }
    }
}

/// Warms up, then measures one block of `exchange`.
pub(super) fn measure(
    plan: &WorkerPlan,
    meters: &Meters,
    mut exchange: impl FnMut(&mut RoundTrip, &mut [u8]) -> Result<(), ExchangeError>,
) -> Result<BlockMessage, NoBlock> {
    let mut load = workload(plan);
    let mut buffer = vec![0; load.answer_len() + 1];
    let mut histogram = Histogram::new();
    run_for(plan.warm_up_ns, &mut histogram, || exchange(&mut load, &mut buffer))
        .map_err(NoBlock::Exchange)?;
    histogram.clear();
    let before = meters.start().map_err(NoBlock::Usage)?;
    let window = run_for(plan.block_ns, &mut histogram, || exchange(&mut load, &mut buffer));
    let Window { elapsed_ns, exchanges } = window.map_err(NoBlock::Exchange)?;
    let (client, server) = meters.end().map_err(NoBlock::Usage)?.since(before);
    Ok(BlockMessage {
        histogram: histogram.to_base64(),
        elapsed_ns,
        exchanges,
        client,
        server,
        ..BlockMessage::default()
    })
}

/// A server of ours that cannot be reached although it was ready has gone.
fn connect(address: &str, running: bool) -> Result<Conn, Failure> {
    let fault = if running { Fault::Environment } else { Fault::Gone };
    let connect = |error: &dyn std::error::Error| failure(fault, "connect", error);
    let connector = Connector::new(&endpoint(address)?).map_err(|error| connect(&error))?;
    let conn = connector.connect(Some(CONNECT_TIMEOUT)).map_err(|error| connect(&error))?;
    conn.set_nodelay(true).map_err(|error| connect(&error))?;
    Ok(conn)
}

/// A server that answers wrongly misbehaves. One of ours that closed or reset may have been killed; somebody else's
/// misbehaved then, too. Whatever else a socket refuses is the machine's doing.
fn blame(error: &ExchangeError, running: bool) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionReset};
    let gone = match error {
        ExchangeError::Closed | ExchangeError::Short { .. } => true,
        ExchangeError::Send(error) | ExchangeError::Receive(error) => {
            matches!(error.kind(), BrokenPipe | ConnectionReset)
        }
        ExchangeError::Wrong(_) | ExchangeError::Silent { .. } => false,
    };
    let fault = match error {
        ExchangeError::Wrong(_) | ExchangeError::Silent { .. } => Fault::Peer,
        _ if gone && running => Fault::Peer,
        _ if gone => Fault::Gone,
        _ => Fault::Environment,
    };
    failure(fault, "exchange", error)
}
