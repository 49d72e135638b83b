//! Stream: the server sends as fast as it goes, until the clients have closed.

use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

use sockscope_net::Conn;

use crate::control::{Failure, Fault, WorkerPlan};
use crate::engine::{Blocking, Engine, Epoll, Terms, Uring};
use crate::exchange::ExchangeError;
use crate::side::{Answers, Source};
use crate::wire::{Calls, Counted};
use crate::work::EngineName;
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, crew, deal, failure, not_built};

/// Accepts all connections, then sends on each until its client has closed it.
pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<(), Stop> {
    let conns = bound.accept_all(channel, plan.work.connections.max(1))?;
    lifeline.tie();
    let engine = plan.work.engines.server;
    let shards = deal(conns, plan.work.threads_with(engine));
    let sent = match engine {
        EngineName::Blocking => send_on::<Blocking<_, _>>(shards, plan),
        EngineName::Epoll => send_on::<Epoll<_, _>>(shards, plan),
        EngineName::Uring => send_on::<Uring<_, _>>(shards, plan),
        #[cfg(feature = "tokio")]
        EngineName::Tokio => send_on::<crate::engine::Tokio<_, _>>(shards, plan),
        engine => Err(not_built(plan.work.load, engine)),
    };
    Ok(sent?)
}

/// Sends on each list of connections from a thread of its own; the first is this one.
fn send_on<E: Engine<Counted<Conn>, Source>>(
    shards: Vec<Vec<Conn>>,
    plan: &WorkerPlan,
) -> Result<(), Failure> {
    let send = |shard| send_one::<E>(shard, plan);
    let (led, followed) = crew::work(shards, send, send)?;
    led?;
    followed.into_iter().collect()
}

fn send_one<E: Engine<Counted<Conn>, Source>>(
    conns: Vec<Conn>,
    plan: &WorkerPlan,
) -> Result<(), Failure> {
    let calls = Rc::new(Calls::default());
    let ends = conns.into_iter().map(|conn| {
        let side = Source::new(plan.work.size);
        (Counted::new(conn, &calls), side)
    });
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

fn has_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

fn terms(plan: &WorkerPlan) -> Terms {
    Terms::new(plan.wait, plan.work.size)
}
