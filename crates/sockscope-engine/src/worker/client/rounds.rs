//! Rounds: a closed loop over many connections, or with many requests in flight, with any engine.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_net::Conn;
use sockscope_proto::workload::Workload;

use super::blame::NoBlock;
use super::{Client, window};
use crate::control::{self, BlockMessage, Fault, FromWorker, WorkerPlan};
use crate::engine::{Blocking, Terms};
use crate::exchange::Duplex;
use crate::side::{Pipeline, Rounds, Side};
use crate::usage::TaskId;
use crate::wire::Wire;
use crate::work::EngineName;
use crate::worker::{Stop, deal, failure, ready, server_pid, started, workload};

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let Client { plan, running, .. } = *client;
    let conns = (0..plan.work.connections.max(1)).map(|_| client.connect());
    let conns = conns.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = conns.first() else { return Ok(()) };
    if running {
        // A server of another kind is found out here, on one connection, before it gets many requests at once.
        try_one(first, plan).map_err(|error| error.blame(running))?;
    }
    let server = client.server.or_else(|| server_pid(first).map(|pid| TaskId { pid, tid: pid }));
    control::send(channel, &ready(first))?;
    started(channel)?;
    let terms = terms(plan, running, first.has_messages());
    let end = |conn: Conn| {
        let side = Pipeline::new(&plan.work, conn.has_messages());
        (conn, side)
    };
    let ends = conns.into_iter().map(end).collect();
    let block = measure(ends, &terms, plan, server).map_err(|error| error.blame(running))?;
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// Measures one block with the engine that the plan names.
pub(super) fn measure<S: Side<Ledger = Rounds> + Send + 'static>(
    ends: Vec<(Conn, S)>,
    terms: &Terms,
    plan: &WorkerPlan,
    server: Option<TaskId>,
) -> Result<BlockMessage, NoBlock> {
    let engine = plan.work.engines.client;
    let shards = deal(ends, plan.work.threads_with(engine));
    match engine {
        EngineName::Blocking => {
            window::measure::<_, _, Blocking<_, _>>(shards, terms, plan, server)
        }
        _ => window::measure_on_events(shards, terms, plan, server),
    }
}

/// One exchange, where waiting for an answer has a limit.
fn try_one(conn: &Conn, plan: &WorkerPlan) -> Result<(), NoBlock> {
    conn.set_nonblocking(true)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    let mut load = workload(plan);
    let mut buffer = vec![0; load.answer_len() + 1];
    Duplex::new(conn, Duration::from_nanos(plan.patience_ns))
        .exchange(&mut load, &mut buffer)
        .map_err(NoBlock::Exchange)
}

fn terms(plan: &WorkerPlan, running: bool, has_messages: bool) -> Terms {
    let work = &plan.work;
    let in_flight = work.message_len().saturating_mul(work.depth as usize);
    Terms {
        patience: Some(Duration::from_nanos(plan.patience_ns)),
        scratch: Pipeline::inlet_len(work),
        many_messages: work.depth > 1,
        // A server of ours reads a whole request before it answers, but not the next one before that is sent.
        // Each message is charged the kernel's overhead for it, which is far more than a few bytes.
        both_ways: (running || work.depth > 1) && in_flight > Duplex::ABOVE
            || work.depth > 1 && has_messages,
        ..Terms::new(plan.wait, work.message_len())
    }
}
