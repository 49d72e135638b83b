//! Stream: one way over a floor that carries bytes.

use std::rc::Rc;

use crate::control::{BlockMessage, Failure, Fault, Served, WorkerPlan};
use crate::engine::{Engine, InTurns, Terms};
use crate::exchange::ExchangeError;
use crate::floor::End;
use crate::side::{Answers, Both, Sink, Source};
use crate::usage::TaskId;
use crate::wire::{Calls, Counted};
use crate::worker::client::{measure_window, sink_terms};
use crate::worker::failure;
use crate::worker::server::has_closed;

/// Sends until the other end has gone. It answers nothing.
pub(super) fn send<E: End>(end: E, plan: &WorkerPlan) -> Result<Option<Served>, Failure> {
    let wire = Counted::new(end, &Rc::new(Calls::default()));
    let ends = vec![(wire, Source::new(plan.work.size))];
    let mut engine: InTurns<_, _> = Engine::new(ends, &Terms::new(plan.wait, plan.work.size))
        .map_err(|error| failure(Fault::Environment, "prepare the end", &error))?;
    match engine.drive(&mut Answers::default()) {
        Err(ExchangeError::Send(error)) if !has_closed(&error) => {
            Err(failure(Fault::Gone, "send to the client", &error))
        }
        _ => Ok(None),
    }
}

/// Measures one block at the receiving end.
pub(super) fn receive<E: End + Send>(
    end: E,
    plan: &WorkerPlan,
    server: TaskId,
) -> Result<BlockMessage, Failure> {
    let ends = vec![vec![(end, Sink::new(plan.work.size, false))]];
    let block = measure_window::<_, _, InTurns<_, _>>(ends, &sink_terms(plan), plan, Some(server));
    block.map_err(|error| error.blame(false))
}

/// Measures one block with both ends, the receiving one first.
pub(super) fn in_turns<E: End + Send>(
    (client, server): (E, E),
    plan: &WorkerPlan,
) -> Result<BlockMessage, Failure> {
    let receiving = (client, Both::Client(Sink::new(plan.work.size, false)));
    let sending = (server, Both::Server(Source::new(plan.work.size)));
    let ends = vec![vec![receiving, sending]];
    let block = measure_window::<_, _, InTurns<_, _>>(ends, &sink_terms(plan), plan, None);
    block.map_err(|error| error.blame(false))
}
