//! Stream: the server sends as fast as it goes, until the clients have closed.

use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use sockscope_net::{Conn, Kind};

use crate::control::{Failure, Fault, WorkerPlan, ZeroCopied};
use crate::engine::{Blocking, Engine, Epoll, Terms, Uring};
use crate::exchange::ExchangeError;
use crate::side::{Answers, Source};
use crate::wire::{Calls, Counted, Wire, ZeroCopy};
use crate::work::{EngineName, Load, Work};
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, crew, deal, failure, not_built};

/// Accepts all connections, then sends on each until its client has closed it; what came of sends without a copy.
pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<Option<ZeroCopied>, Stop> {
    let conns = if bound.listener.kind() == Kind::Datagram {
        vec![bound.called(channel)?]
    } else {
        bound.accept_all(channel, plan.work.connections.max(1))?
    };
    lifeline.tie();
    if let Load::Stream { zero_copy: true } = plan.work.load {
        return Ok(Some(send_without_copy(conns, plan)?));
    }
    let engine = plan.work.engines.server;
    let shards = deal(conns, plan.work.threads_with(engine));
    match engine {
        EngineName::Blocking => send_on::<_, Blocking<_, _>>(shards, plan)?,
        EngineName::Epoll => send_on::<_, Epoll<_, _>>(shards, plan)?,
        EngineName::Uring => send_on::<_, Uring<_, _>>(shards, plan)?,
        #[cfg(feature = "tokio")]
        EngineName::Tokio => send_on::<_, crate::engine::Tokio<_, _>>(shards, plan)?,
        engine => return Err(not_built(plan.work.load, engine).into()),
    }
    Ok(None)
}

fn send_without_copy(conns: Vec<Conn>, plan: &WorkerPlan) -> Result<ZeroCopied, Failure> {
    let total = Arc::default();
    let wires = conns.into_iter().map(|conn| zero_copy(conn, &total));
    let wires = wires.collect::<Result<Vec<_>, _>>()?;
    let engine = plan.work.engines.server;
    let shards = deal(wires, plan.work.threads_with(engine));
    match engine {
        EngineName::Blocking => send_on::<_, Blocking<_, _>>(shards, plan)?,
        EngineName::Epoll => send_on::<_, Epoll<_, _>>(shards, plan)?,
        engine => return Err(not_built(plan.work.load, engine)),
    }
    // Every wire has gone, and has said what it knew.
    let total = total.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(*total)
}

/// The sending end of a stream, where the plan says so without a copy.
pub(in crate::worker) fn zero_copy(
    conn: Conn,
    total: &Arc<Mutex<ZeroCopied>>,
) -> Result<ZeroCopy, Failure> {
    ZeroCopy::new(conn, total).map_err(|error| {
        failure(Fault::Unavailable, "these sockets send nothing without a copy", &error)
    })
}

/// What sends on it, with as much memory as sends without a copy need.
pub(in crate::worker) fn source(work: &Work) -> Source {
    match work.load {
        Load::Stream { zero_copy: true } => Source::in_turns(work.size, ZeroCopy::TURNS),
        _ => Source::new(work.size),
    }
}

/// Sends on each list of connections from a thread of its own; the first is this one.
fn send_on<W: Wire + Send, E: Engine<Counted<W>, Source>>(
    shards: Vec<Vec<W>>,
    plan: &WorkerPlan,
) -> Result<(), Failure> {
    let send = |shard| send_one::<W, E>(shard, plan);
    let (led, followed) = crew::work(shards, send, send)?;
    led?;
    followed.into_iter().collect()
}

fn send_one<W: Wire, E: Engine<Counted<W>, Source>>(
    wires: Vec<W>,
    plan: &WorkerPlan,
) -> Result<(), Failure> {
    let calls = Rc::new(Calls::default());
    let ends = wires.into_iter().map(|wire| (Counted::new(wire, &calls), source(&plan.work)));
    let mut engine = E::new(ends.collect(), &terms(plan))
        .map_err(|error| failure(Fault::Environment, "start the engine", &error))?;
    match engine.drive(&mut Answers::default()) {
        // A source is never told that it is enough: it finds that the client has closed.
        Err(ExchangeError::Send(error) | ExchangeError::Receive(error)) if has_closed(&error) => {
            Ok(())
        }
        Err(error) => Err(failure(Fault::Gone, "send to the client", &error)),
        Ok(()) => Ok(()),
    }
}

pub(in crate::worker) fn has_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
    // Nobody is left where datagrams are sent to.
    matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionRefused)
}

fn terms(plan: &WorkerPlan) -> Terms {
    Terms::new(plan.wait, plan.work.size)
}
