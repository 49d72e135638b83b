//! Datagram: both ends in one thread, over sockets that may lose messages.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use sockscope_net::{Conn, Connector, Listener};
use sockscope_proto::Service;
use sockscope_proto::service::{Echo, Pong};

use crate::control::{
    self, BlockMessage, Failure, Fault, FromWorker, Ready, ServiceName, WorkerPlan,
};
use crate::exchange::{Delivery, ExchangeError, Lossy};
use crate::side::{Both, Responder};
use crate::wire::{Answering, Calls, Counted, Either, Postbox};
use crate::work::EngineName;
use crate::worker::bound::Bound;
use crate::worker::client::{
    LOST_AFTER, Meters, answered, call, check_room, datagrams_side, datagrams_terms, measure,
    measure_on_events,
};
use crate::worker::{Lifeline, Stop, failure, known, started, with_service};

pub(super) fn run(
    channel: &mut (impl Read + Write),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<(), Stop> {
    let clients = (0..plan.work.connections.max(1)).map(|_| connect(&bound, plan));
    let mut clients = clients.collect::<Result<Vec<_>, _>>()?;
    let granted = bound.granted();
    let listener = bound.into_listener();
    lifeline.tie();
    if let Some(client) = clients.first() {
        let ready = Ready { server_buffers: granted.known(), ..known(client) };
        control::send(channel, &FromWorker::Ready(ready))?;
    }
    started(channel)?;
    let block = match (plan.work.engines.client, plan.work.service) {
        (EngineName::Blocking, _) => in_turns(plan, &clients.remove(0), &listener)?,
        (_, ServiceName::Echo) => on_one_engine(Echo, plan, clients, listener)?,
        (_, ServiceName::Pong) => on_one_engine(Pong::default(), plan, clients, listener)?,
    };
    control::send(channel, &FromWorker::Block(answered(block, false)?))?;
    Ok(())
}

/// Both ends of a one-way stream, the receiving one first.
pub(super) fn pair(
    bound: Bound,
    channel: &impl AsFd,
    plan: &WorkerPlan,
) -> Result<(Conn, Conn), Stop> {
    let client = connect(&bound, plan)?;
    call(&client)?;
    Ok((client, bound.called(channel)?))
}

/// A client of our own server.
fn connect(bound: &Bound, plan: &WorkerPlan) -> Result<Conn, Failure> {
    let environment =
        |error: &dyn std::error::Error| failure(Fault::Environment, "connect to ourselves", error);
    let connector = Connector::new(bound.listener.local()).map_err(|error| environment(&error))?;
    let connector = connector.with_buffers(plan.work.buffers.bytes());
    let client =
        connector.connect(Some(Duration::from_secs(3))).map_err(|error| environment(&error))?;
    check_room(&client, plan.work.message_len())?;
    client.set_nonblocking(true).map_err(|error| environment(&error))?;
    Ok(client)
}

/// With plain calls: each end's turn comes when the other's is over.
fn in_turns(
    plan: &WorkerPlan,
    client: &Conn,
    listener: &Listener,
) -> Result<BlockMessage, Failure> {
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let calls = Rc::new(Calls::default());
    let server = Answering::new(listener);
    let (client_wire, server) = (Counted::new(client, &calls), Counted::new(&server, &calls));
    let patience_ns = u64::try_from(LOST_AFTER.as_nanos()).unwrap_or(u64::MAX);
    let lossy = Lossy::new(&client_wire, patience_ns);
    let meters = (Meters::new(plan, None)?, &*calls);
    let block = with_service!(plan, |service| measure(plan, meters, |load, buffer| {
        let buffers = (inbox.as_mut_slice(), space.as_mut_slice(), buffer);
        match lossy.exchange_solo(&server, load, &mut service, buffers)? {
            Delivery::Lost if plan.work.service == ServiceName::Pong => {
                Err(ExchangeError::Unnumbered)
            }
            delivery => Ok(delivery),
        }
    }));
    block.map_err(|error| error.blame(false))
}

/// All ends belong to one engine: the clients, and the one socket of the server.
fn on_one_engine<S: Service + Send + 'static>(
    service: S,
    plan: &WorkerPlan,
    clients: Vec<Conn>,
    listener: Listener,
) -> Result<BlockMessage, Failure> {
    let asks = clients.into_iter().map(|client| {
        let side = datagrams_side(plan, LOST_AFTER)?;
        Ok((Either::One(client), Both::Client(side)))
    });
    let mut ends = asks.collect::<Result<Vec<_>, Failure>>()?;
    let answers = Both::Server(Responder::of_datagrams(service, &plan.work));
    ends.push((Either::Other(Postbox::new(listener)), answers));
    let (ends, terms) = (vec![ends], datagrams_terms(plan));
    measure_on_events(ends, &terms, plan, None).map_err(|error| error.blame(false))
}
