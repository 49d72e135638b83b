//! Client: connects, warms up, measures, reports.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_net::{Conn, Connector};
use sockscope_proto::workload::RoundTrip;
use sockscope_stats::Histogram;

use super::{Lifeline, Stop, endpoint, failure, ready, server_pid, workload};
use crate::control::{self, BlockMessage, Failure, Fault, FromWorker, Role, ToWorker, WorkerPlan};
use crate::exchange::{Blocking, Duplex, ExchangeError, Spinning, Window, exchange, run_for};
use crate::usage::{Meter, TaskId, Usage};
use crate::view::Wait;

/// A server on this machine accepts at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a server may take for its first answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request up to this many bytes fits the buffers of every connection, whoever reads when.
const FITS_ANY_BUFFER: usize = 4096;

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
        |error: std::io::Error| failure(Fault::Environment, "prepare the connection", &error);
    let mut duplex = Duplex::new(&conn, PATIENCE);
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
    let both_ways = *running && plan.size > FITS_ANY_BUFFER;
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

    fn start(&self) -> std::io::Result<(Usage, Option<Usage>)> {
        let server = self.server.as_ref().map(Meter::start).transpose()?;
        Ok((self.client.start()?, server))
    }

    fn end(&self) -> std::io::Result<(Usage, Option<Usage>)> {
        let client = self.client.end()?;
        Ok((client, self.server.as_ref().map(Meter::end).transpose()?))
    }
}

/// Why there is no block.
#[derive(Debug)]
pub(super) enum NoBlock {
    /// An exchange failed.
    Exchange(ExchangeError),
    /// The usage of an end cannot be read, most likely because it is gone.
    Usage(std::io::Error),
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
    let (client_before, server_before) = meters.start().map_err(NoBlock::Usage)?;
    let window = run_for(plan.block_ns, &mut histogram, || exchange(&mut load, &mut buffer));
    let Window { elapsed_ns, exchanges } = window.map_err(NoBlock::Exchange)?;
    let (client, server) = meters.end().map_err(NoBlock::Usage)?;
    Ok(BlockMessage {
        histogram: histogram.to_base64(),
        elapsed_ns,
        exchanges,
        client: client.since(client_before),
        server: server.zip(server_before).map(|(after, before)| after.since(before)),
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
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    let gone = match error {
        ExchangeError::Short { .. } => true,
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
