//! Open: an open loop over all connections, in one thread that never sleeps.
//!
//! With the blocking engine it asks each connection in turn whether an answer has arrived, with a call that does not block:
//! what is blocking is the server. With epoll it asks `epoll_wait(2)`, which is better with many connections. With io_uring
//! it sends by operations, and looks at the ring's flags.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use sockscope_net::Conn;
use sockscope_proto::workload::{Pipeline, Scattered, Workload};

use super::blame::{NoBlock, blame};
use super::datagrams::Goodbye;
use super::meters::Meters;
use super::{Client, datagram};
use crate::clock::Monotonic;
use crate::control::{self, BlockMessage, Failure, Fault, FromWorker, OpenMessage, ServiceName};
use crate::engine::Lines;
use crate::exchange::{Duplex, Window};
use crate::open::{Epoll, Flights, InTurn, Lane, OpenLoop, Ready, Schedule};
use crate::usage::TaskId;
use crate::wire::{Calls, Counted, Wire};
use crate::work::{Arrivals, EngineName, Work};
use crate::worker::{Stop, WorkerPlan, failure, not_built, ready, server_pid, started, workload};

/// Bytes that are received at once: the answers of many requests, where they have piled up.
const AT_ONCE: usize = 64 << 10;

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
    arrivals: Arrivals,
    is_datagram: bool,
) -> Result<(), Stop> {
    let Client { plan, server, running, .. } = *client;
    // For somebody else's server this is found out by an exchange, which shows what kind of server it is, too.
    let lost_after = is_datagram.then(|| datagram::patience(client)).transpose()?;
    let conns = connect(client)?;
    let first = conns.first().ok_or_else(|| bug("an open loop without a connection"))?;
    let goodbye = (is_datagram && !running).then(|| Goodbye::of(&conns)).transpose()?;
    if running && !is_datagram {
        // A server of another kind is found out here, where nothing is measured yet.
        let mut load = workload(plan);
        let mut buffer = vec![0; load.answer_len() + 1];
        Duplex::new(first, Duration::from_nanos(plan.patience_ns))
            .exchange(&mut load, &mut buffer)
            .map_err(|error| blame(&error, running))?;
    }
    control::send(channel, &ready(first))?;
    started(channel)?;
    let pid = || server_pid(first).map(|pid| TaskId { pid, tid: pid });
    let meters = Meters::new(plan, server.or_else(pid))?;
    let calls = Rc::new(Calls::default());
    let wires: Vec<_> = conns.iter().map(|conn| Counted::new(conn, &calls)).collect();
    let (meters, how) = ((meters, &*calls), (arrivals, lost_after));
    let not_prepared = |error| failure(Fault::Environment, "prepare the engine", &error);
    let block = match plan.work.engines.client {
        EngineName::Blocking => {
            measure(plan, meters, lanes(plan, how, &wires)?, InTurn::new(conns.len()))
        }
        EngineName::Epoll => {
            let epoll = Epoll::new(conns.iter(), &calls).map_err(not_prepared)?;
            measure(plan, meters, lanes(plan, how, &wires)?, epoll)
        }
        EngineName::Uring => {
            let (ready, lines) =
                Lines::new(&conns, plan.work.message_len(), &calls).map_err(not_prepared)?;
            measure(plan, meters, lanes(plan, how, &lines)?, ready)
        }
        engine => return Err(not_built(plan.work.load, engine).into()),
    };
    let mut block = block.map_err(|error| error.blame(running))?;
    if let (Some(open), true) = (&block.open, is_datagram) {
        block.lost = open.unanswered;
    }
    drop(goodbye);
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

fn connect(client: &Client<'_>) -> Result<Vec<Conn>, Failure> {
    let connections = 0..client.plan.work.connections;
    let conns: Vec<Conn> = connections.map(|_| client.connect()).collect::<Result<_, _>>()?;
    for conn in &conns {
        conn.set_nonblocking(true)
            .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    }
    Ok(conns)
}

fn lanes<'a, W: Wire>(
    plan: &WorkerPlan,
    (arrivals, lost_after): (Arrivals, Option<Duration>),
    wires: &'a [W],
) -> Result<Vec<Lane<'a, W>>, Failure> {
    let work = &plan.work;
    let rate = work.rate.filter(|rate| *rate > 0.0);
    let rate = rate.ok_or_else(|| bug("an open loop without a rate"))?;
    let lane = |(index, wire)| {
        let schedule = Schedule::new(arrivals, rate, (index, work.connections), plan.seed);
        Ok(Lane::new(wire, flights(work, lost_after)?, schedule))
    };
    (0..).zip(wires).map(lane).collect()
}

/// What is in flight on one connection.
fn flights(work: &Work, lost_after: Option<Duration>) -> Result<Flights, Failure> {
    let depth = usize::try_from(work.depth).unwrap_or(usize::MAX);
    let Some(lost_after) = lost_after else {
        return Ok(Flights::in_order(pipeline(work), depth));
    };
    let lost_after = u64::try_from(lost_after.as_nanos()).unwrap_or(u64::MAX);
    match work.service {
        ServiceName::Pong => Ok(Flights::unnumbered(pipeline(work), depth, lost_after)),
        ServiceName::Echo => Scattered::echo(work.size, depth)
            .map(|machine| Flights::numbered(machine, lost_after))
            .ok_or_else(|| bug("requests without room for their numbers")),
    }
}

fn pipeline(work: &Work) -> Pipeline {
    match work.service {
        ServiceName::Echo => Pipeline::echo(work.size),
        ServiceName::Pong => Pipeline::pong(),
    }
}

fn measure<R: Ready>(
    plan: &WorkerPlan,
    (mut meters, calls): (Meters, &Calls),
    lanes: Vec<Lane<'_, impl Wire>>,
    ready: R,
) -> Result<BlockMessage, NoBlock> {
    let buffer = AT_ONCE.max(plan.work.message_len() + 1);
    let mut open = OpenLoop::new(lanes, Monotonic, ready, buffer);
    open.warm_up(plan.warm_up_ns).map_err(NoBlock::Exchange)?;
    let before = meters.start().map_err(NoBlock::Usage)?;
    let calls_before = calls.made();
    let closing = open.measure(plan.block_ns).map_err(NoBlock::Exchange)?;
    // What is still in flight is waited for, but the processor time of that belongs to no window.
    let stop = meters.stop().map_err(NoBlock::Usage)?;
    let outcome = open.close(closing, plan.patience_ns).map_err(NoBlock::Exchange)?;
    let calls = calls.made().zip(calls_before).map(|(after, before)| after - before);
    let window = Window { elapsed_ns: outcome.elapsed_ns, exchanges: outcome.answers, lost: 0 };
    let block = meters.end_after(stop, before, window).map_err(NoBlock::Usage)?;
    Ok(BlockMessage {
        histogram: outcome.latency.to_base64(),
        calls,
        open: Some(OpenMessage {
            service: outcome.service.to_base64(),
            lateness: outcome.lateness.to_base64(),
            own_lateness: outcome.own_lateness.to_base64(),
            due: outcome.due,
            missed: outcome.missed,
            unanswered: outcome.unanswered,
            held_back: outcome.held_back,
        }),
        ..block
    })
}

fn bug(text: &str) -> Failure {
    Failure { fault: Fault::Bug, text: text.into() }
}
