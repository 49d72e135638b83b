//! Solo: both ends of every connection in one thread, the bare path through the kernel's sockets.

mod connect;
mod datagram;
mod stream;

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use sockscope_net::{Conn, Connector, Kind};
use sockscope_proto::Service;
use sockscope_proto::service::{Echo, Pong};

use super::bound::Bound;
use super::client::{Meters, check_room, measure, measure_on_events};
use super::{Lifeline, Stop, failure, known, not_built, ready, started, with_service};
use crate::control::{
    self, Bind, BlockMessage, Failure, Fault, FromWorker, Ready, ServiceName, WorkerPlan,
};
use crate::engine::Terms;
use crate::exchange::exchange_solo;
use crate::side::{Both, Pipeline, Responder};
use crate::wire::{Calls, Counted, Wire};
use crate::work::{EngineName, Load};

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bind: &Bind,
) -> Result<(), Stop> {
    let bound = Bound::new(bind, &plan.work)?;
    let is_datagram = bound.listener.kind() == Kind::Datagram;
    if is_datagram && !matches!(plan.work.load, Load::Stream { .. }) {
        return datagram::run(channel, lifeline, plan, bound);
    }
    if let Load::Connect { exchange } = plan.work.load {
        return one_by_one(channel, plan, &bound, exchange);
    }
    let granted = bound.granted();
    let mut pairs = if is_datagram {
        vec![datagram::pair(bound, channel, plan)?]
    } else {
        let pairs = (0..plan.work.connections.max(1)).map(|_| connect(&bound, channel, plan));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        drop(bound);
        pairs
    };
    // Nothing that would be left behind is left.
    lifeline.tie();
    if let Some((client, _)) = pairs.first() {
        let ready = Ready { server_buffers: granted.known(), ..known(client) };
        control::send(channel, &FromWorker::Ready(ready))?;
    }
    started(channel)?;
    let block = match (plan.work.load, plan.work.engines.client) {
        (Load::RoundTrip, EngineName::Blocking) if plan.work.is_single() => {
            in_turns(plan, pairs.remove(0))?
        }
        (Load::RoundTrip, _) => match plan.work.service {
            ServiceName::Echo => on_one_engine(&Echo, plan, pairs)?,
            ServiceName::Pong => on_one_engine(&Pong::default(), plan, pairs)?,
        },
        (Load::Stream { .. }, _) => stream::measure(plan, pairs)?,
        (load, engine) => return Err(not_built(load, engine).into()),
    };
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// Connects, accepts and closes; the socket file stays until the end.
fn one_by_one(
    channel: &mut (impl Read + Write + AsFd),
    plan: &WorkerPlan,
    bound: &Bound,
    exchange: bool,
) -> Result<(), Stop> {
    let (client, server) = connect(bound, channel, plan)?;
    control::send(channel, &ready(&client))?;
    drop((client, server));
    started(channel)?;
    let block = connect::measure(plan, bound, exchange)?;
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// Both ends of a connection to ourselves, the client's first.
fn connect(bound: &Bound, channel: &impl AsFd, plan: &WorkerPlan) -> Result<(Conn, Conn), Stop> {
    let environment =
        |error: &dyn std::error::Error| failure(Fault::Environment, "connect to ourselves", error);
    let connector = Connector::new(bound.listener.local()).map_err(|error| environment(&error))?;
    let connector = connector.with_buffers(plan.work.buffers.bytes());
    // The backlog takes the connection before anybody accepts it.
    let client =
        connector.connect(Some(Duration::from_secs(3))).map_err(|error| environment(&error))?;
    check_room(&client, plan.work.message_len())?;
    let server = bound.next(channel)?;
    client.set_nodelay(plan.work.nodelay).map_err(|error| environment(&error))?;
    client.set_nonblocking(true).map_err(|error| environment(&error))?;
    Ok((client, server))
}

/// With plain calls: each end's turn comes when the other's is over.
fn in_turns(plan: &WorkerPlan, (client, server): (Conn, Conn)) -> Result<BlockMessage, Failure> {
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    // One thread makes the calls of both ends.
    let calls = Rc::new(Calls::default());
    let ends = (&Counted::new(&client, &calls), &Counted::new(&server, &calls));
    let meters = (Meters::new(plan, None)?, &*calls);
    let block = with_service!(plan, |service| measure(plan, meters, |load, buffer| exchange_solo(
        ends,
        load,
        &mut service,
        (&mut inbox, &mut space, buffer),
    )));
    block.map_err(|error| error.blame(false))
}

/// All ends belong to one engine.
fn on_one_engine<S: Service + Clone + Send + 'static>(
    service: &S,
    plan: &WorkerPlan,
    pairs: Vec<(Conn, Conn)>,
) -> Result<BlockMessage, Failure> {
    let terms = Terms {
        patience: Some(Duration::from_nanos(plan.patience_ns)),
        scratch: Pipeline::inlet_len(&plan.work),
        many_messages: plan.work.depth > 1,
        both_ways: true,
        ..Terms::new(plan.wait, plan.work.message_len())
    };
    let ends = pairs.into_iter().flat_map(|(client, server)| {
        let has_messages = client.has_messages();
        let asks = Both::Client(Pipeline::new(&plan.work, has_messages));
        let answers = Both::Server(Responder::new(service.clone(), &plan.work, has_messages));
        [(client, asks), (server, answers)]
    });
    let ends = vec![ends.collect()];
    measure_on_events(ends, &terms, plan, None).map_err(|error| error.blame(false))
}
