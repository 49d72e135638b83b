//! Stream: the client receives, checks and counts what the server sends.
//!
//! The server is the source and the client the sink, so that one process has the window, the clock and the meters, and
//! counts what really arrived: the window ends with the last byte that was read.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_net::{Conn, Kind};

use super::{Client, window};
use crate::control::{self, Failure, Fault, FromWorker, WorkerPlan};
use crate::engine::{Engine, Terms};
use crate::side::Sink;
use crate::usage::TaskId;
use crate::wire::{Counted, Wire};
use crate::worker::{Stop, deal, failure, ready, server_pid, started};

/// Measures one block and reports it.
pub(super) fn run<E: Engine<Counted<Conn>, Sink>>(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let Client { plan, running, .. } = *client;
    let conns = (0..plan.work.connections.max(1)).map(|_| client.connect());
    let conns = conns.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = conns.first() else { return Ok(()) };
    let server = client.server.or_else(|| server_pid(first).map(|pid| TaskId { pid, tid: pid }));
    control::send(channel, &ready(first))?;
    started(channel)?;
    if first.kind() == Kind::Datagram {
        call(first)?;
    }
    let end = |conn: Conn| {
        let side = sink(plan, &conn);
        (conn, side)
    };
    let shards = deal(
        conns.into_iter().map(end).collect(),
        plan.work.threads_with(plan.work.engines.client),
    );
    let block = window::measure::<_, _, E>(shards, &terms(plan), plan, server)
        .map_err(|error| error.blame(running))?;
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}

/// Tells a server, which cannot accept, where to send.
pub(in crate::worker) fn call(conn: &Conn) -> Result<(), Failure> {
    let sent = conn.send(&[0]);
    sent.map(|_| ()).map_err(|error| failure(Fault::Environment, "call the server", &error))
}

/// The receiving end of a stream.
pub(in crate::worker) fn sink(plan: &WorkerPlan, conn: &Conn) -> Sink {
    match conn.kind() {
        Kind::Datagram => Sink::of_datagrams(plan.work.size),
        _ => Sink::new(plan.work.size, conn.has_messages()),
    }
}

/// How a sink is driven.
pub(in crate::worker) fn terms(plan: &WorkerPlan) -> Terms {
    Terms {
        patience: Some(Duration::from_nanos(plan.patience_ns)),
        // As much as is written at once, which is what a plain program would read.
        scratch: plan.work.size,
        many_messages: true,
        ..Terms::new(plan.wait, plan.work.size)
    }
}
