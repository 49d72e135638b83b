//! Round trip: a closed loop over one connection with plain calls, one request in flight.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use sockscope_proto::workload::{RoundTrip, Workload};
use sockscope_stats::Histogram;

use super::Client;
use super::blame::{NoBlock, blame};
use super::meters::Meters;
use crate::control::{self, BlockMessage, Fault, FromWorker};
use crate::exchange::{Blocking, Duplex, ExchangeError, Outcome, Spinning, exchange, run_for};
use crate::usage::TaskId;
use crate::view::Wait;
use crate::wire::{Calls, Counted};
use crate::worker::{Stop, WorkerPlan, failure, ready, server_pid, started, workload};

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let Client { plan, server, running, .. } = *client;
    let conn = client.connect()?;
    let environment =
        |error: io::Error| failure(Fault::Environment, "prepare the connection", &error);
    let calls = Rc::new(Calls::default());
    let wire = Counted::new(&conn, &calls);
    let mut duplex = Duplex::new(&wire, Duration::from_nanos(plan.patience_ns));
    if running {
        // A server of another kind is found out here, where waiting for an answer has a limit.
        conn.set_nonblocking(true).map_err(environment)?;
        let mut load = workload(plan);
        let mut buffer = vec![0; load.answer_len() + 1];
        duplex.exchange(&mut load, &mut buffer).map_err(|error| blame(&error, running))?;
    }
    control::send(channel, &ready(&conn))?;
    started(channel)?;
    let both_ways = running && plan.work.message_len() > Duplex::ABOVE;
    conn.set_nonblocking(both_ways || plan.wait == Wait::Spin).map_err(environment)?;
    let server = server.or_else(|| server_pid(&conn).map(|pid| TaskId { pid, tid: pid }));
    let meters = (Meters::new(plan, server)?, &*calls);
    let block = match (both_ways, plan.wait) {
        (true, _) => measure(plan, meters, |load, buffer| duplex.exchange(load, buffer)),
        (false, Wait::Spin) => {
            measure(plan, meters, |load, buffer| exchange::<_, Spinning>(&wire, load, buffer))
        }
        (false, Wait::Block) => {
            measure(plan, meters, |load, buffer| exchange::<_, Blocking>(&wire, load, buffer))
        }
    };
    let block = block.map_err(|error| error.blame(running))?;
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// Warms up, then measures one block of `exchange`, which counts its system calls in `calls`.
pub(in crate::worker) fn measure<O: Outcome>(
    plan: &WorkerPlan,
    (mut meters, calls): (Meters, &Calls),
    mut exchange: impl FnMut(&mut RoundTrip, &mut [u8]) -> Result<O, ExchangeError>,
) -> Result<BlockMessage, NoBlock> {
    let mut load = workload(plan);
    let mut buffer = vec![0; load.answer_len() + 1];
    let mut histogram = Histogram::new();
    run_for(plan.warm_up_ns, &mut histogram, || exchange(&mut load, &mut buffer))
        .map_err(NoBlock::Exchange)?;
    histogram.clear();
    let start = meters.start().map_err(NoBlock::Usage)?;
    let calls_before = calls.made();
    let window = run_for(plan.block_ns, &mut histogram, || exchange(&mut load, &mut buffer))
        .map_err(NoBlock::Exchange)?;
    let calls_after = calls.made();
    let block = meters.end(start, window).map_err(NoBlock::Usage)?;
    Ok(BlockMessage {
        histogram: histogram.to_base64(),
        calls: calls_after.zip(calls_before).map(|(after, before)| after - before),
        ..block
    })
}
