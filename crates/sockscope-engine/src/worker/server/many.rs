//! Many: a server of many connections, or of many requests in flight, with any engine.

use std::os::fd::AsFd;
use std::rc::Rc;

use sockscope_net::Conn;
use sockscope_proto::Service;
use sockscope_proto::service::{Echo, Pong};

use crate::control::{Failure, Fault, Served, ServiceName, WorkerPlan};
use crate::engine::{Blocking, Engine, Epoll, Terms, Uring};
use crate::exchange::ExchangeError;
use crate::side::{Answers, Responder};
use crate::wire::{Calls, Counted, Wire};
use crate::work::EngineName;
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, crew, deal, failure, not_built};

/// Accepts all connections, then answers until their clients have closed them.
pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<Option<Served>, Stop> {
    let conns = bound.accept_all(channel, plan.work.connections.max(1))?;
    lifeline.tie();
    let shards = deal(conns, plan.work.threads_with(plan.work.engines.server));
    let served = match plan.work.service {
        ServiceName::Echo => serve(&Echo, shards, plan),
        ServiceName::Pong => serve(&Pong::default(), shards, plan),
    };
    Ok(served?)
}

/// Serves with the engine that the plan names.
fn serve<S: Service + Clone + Sync + 'static>(
    service: &S,
    shards: Vec<Vec<Conn>>,
    plan: &WorkerPlan,
) -> Result<Option<Served>, Failure> {
    match plan.work.engines.server {
        EngineName::Blocking => serve_on::<S, Blocking<_, _>>(service, shards, plan),
        EngineName::Epoll => serve_on::<S, Epoll<_, _>>(service, shards, plan),
        EngineName::Uring => serve_on::<S, Uring<_, _>>(service, shards, plan),
        #[cfg(feature = "tokio")]
        EngineName::Tokio => serve_on::<S, crate::engine::Tokio<_, _>>(service, shards, plan),
        engine => Err(not_built(plan.work.load, engine)),
    }
}

/// Serves each list of connections on a thread of its own; the first is this one.
fn serve_on<S, E>(
    service: &S,
    shards: Vec<Vec<Conn>>,
    plan: &WorkerPlan,
) -> Result<Option<Served>, Failure>
where
    S: Service + Clone + Sync,
    E: Engine<Counted<Conn>, Responder<S>>,
{
    let terms = &terms(plan);
    let one = |shard| serve_one::<_, S, E>(ends(service, shard, plan), terms);
    let (led, followed) = crew::work(shards, one, one)?;
    followed.into_iter().try_fold(led?, |served, other| {
        Ok(served.zip(other?).map(|(one, other)| Served {
            answers: one.answers + other.answers,
            calls: one.calls + other.calls,
        }))
    })
}

/// The answering ends of these connections.
fn ends<S: Service + Clone>(
    service: &S,
    conns: Vec<Conn>,
    plan: &WorkerPlan,
) -> Vec<(Conn, Responder<S>)> {
    let end = |conn: Conn| {
        let side = Responder::new(service.clone(), &plan.work, conn.has_messages());
        (conn, side)
    };
    conns.into_iter().map(end).collect()
}

/// Serves on this thread until all clients have ended.
pub(super) fn serve_one<W, S, E>(
    ends: Vec<(W, Responder<S>)>,
    terms: &Terms,
) -> Result<Option<Served>, Failure>
where
    W: Wire,
    S: Service,
    E: Engine<Counted<W>, Responder<S>>,
{
    let calls = Rc::new(Calls::default());
    let ends = ends.into_iter().map(|(wire, side)| (Counted::new(wire, &calls), side));
    let mut engine = E::new(ends.collect(), terms)
        .map_err(|error| failure(Fault::Environment, "start the engine", &error))?;
    let mut answers = Answers::default();
    engine.drive(&mut answers).map_err(|error| match error {
        ExchangeError::Send(error) | ExchangeError::Receive(error) => {
            failure(Fault::Gone, "answer the client", &error)
        }
        other => failure(Fault::Bug, "answer the client", &other),
    })?;
    let answers = answers.given.saturating_sub(1);
    Ok(calls.between_answers().map(|calls| Served { answers, calls }))
}

/// How a server is driven: it receives into the memory of each side, and reads nothing while it answers, since its client
/// does.
pub(super) fn terms(plan: &WorkerPlan) -> Terms {
    let work = &plan.work;
    Terms { many_messages: work.depth > 1, ..Terms::new(plan.wait, work.message_len()) }
}
