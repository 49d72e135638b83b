//! Floor: a worker that is an end of a floor, or both; the exchange is that of every transport.

mod stream;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use super::client::{Meters, measure};
use super::{Lifeline, Stop, failure, started, with_service};
use crate::control::{
    self, BlockMessage, Ended, Fault, FloorEnd, FromWorker, Ready, Served, WorkerPlan, descriptors,
};
use crate::exchange::{Blocking, Spinning, answer, exchange, exchange_solo};
use crate::floor::{Counter, End, Floor, Pair, Pipes, Ring};
use crate::usage::TaskId;
use crate::view::Wait;
use crate::wire::{Calls, Counted, Wire};
use crate::work::Load;

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    (floor, end): (Floor, FloorEnd),
) -> Result<(), Stop> {
    lifeline.tie();
    match floor {
        Floor::Socketpair => run_on::<Pair>(channel, plan, floor, end),
        Floor::Pipe => run_on::<Pipes>(channel, plan, floor, end),
        Floor::Eventfd => run_on::<Counter>(channel, plan, floor, end),
        Floor::ShmSpin => run_on::<Ring<false>>(channel, plan, floor, end),
        Floor::ShmFutex => run_on::<Ring<true>>(channel, plan, floor, end),
    }
}

fn run_on<E: End + Send>(
    channel: &mut (impl Read + Write + AsFd),
    plan: &WorkerPlan,
    floor: Floor,
    side: FloorEnd,
) -> Result<(), Stop> {
    let end = take_over::<E>(channel, plan)?;
    let ready = FromWorker::Ready(Ready {
        endpoint: String::new(),
        transport: floor.name().into(),
        buffers: end.buffers(),
        server_buffers: end.buffers().filter(|_| side == FloorEnd::Both),
        server_pid: None,
    });
    let is_stream = matches!(plan.work.load, Load::Stream { .. });
    let said = match side {
        FloorEnd::Server => {
            control::send(channel, &ready)?;
            let buffers = end.buffers();
            let served = if is_stream { stream::send(end, plan)? } else { serve(&end, plan)? };
            FromWorker::Ended(Ended { served, buffers, ..Ended::default() })
        }
        FloorEnd::Client(server) => {
            control::send(channel, &ready)?;
            started(channel)?;
            // The coordinator kills whoever has said all, and not every floor tells the other end then: it is dropped before.
            FromWorker::Block(if is_stream {
                stream::receive(end, plan, server)?
            } else {
                ask(&end, plan, server)?
            })
        }
        FloorEnd::Both => {
            let other = take_over::<E>(channel, plan)?;
            control::send(channel, &ready)?;
            started(channel)?;
            FromWorker::Block(if is_stream {
                stream::in_turns((end, other), plan)?
            } else {
                take_turns((&end, &other), plan)?
            })
        }
    };
    Ok(control::send(channel, &said)?)
}

/// The end that the coordinator sent, waiting as the plan says.
fn take_over<E: End>(channel: &impl AsFd, plan: &WorkerPlan) -> Result<E, Stop> {
    let prepare = |error: io::Error| failure(Fault::Environment, "take over an end", &error);
    let descriptors: Vec<OwnedFd> = descriptors::receive(channel).map_err(prepare)?;
    let end = E::new(descriptors).map_err(prepare)?;
    end.set_nonblocking(plan.wait == Wait::Spin).map_err(prepare)?;
    Ok(end)
}

/// The server's end.
fn serve(end: &impl Wire, plan: &WorkerPlan) -> Result<Option<Served>, Stop> {
    let calls = Rc::new(Calls::default());
    let wire = Counted::new(end, &calls);
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let served = with_service!(plan, |service| match plan.wait {
        Wait::Spin => answer::<_, Spinning>(&wire, &mut service, &mut inbox, &mut space),
        Wait::Block => answer::<_, Blocking>(&wire, &mut service, &mut inbox, &mut space),
    });
    let answers = served.map_err(|error| failure(Fault::Gone, "answer the client", &error))?;
    Ok(calls.between_answers().map(|calls| Served { answers: answers.saturating_sub(1), calls }))
}

/// The client's end.
fn ask(end: &impl Wire, plan: &WorkerPlan, server: TaskId) -> Result<BlockMessage, Stop> {
    let calls = Rc::new(Calls::default());
    let wire = Counted::new(end, &calls);
    let meters = (Meters::new(plan, Some(server))?, &*calls);
    let block = match plan.wait {
        Wait::Spin => {
            measure(plan, meters, |load, buffer| exchange::<_, Spinning>(&wire, load, buffer))
        }
        Wait::Block => {
            measure(plan, meters, |load, buffer| exchange::<_, Blocking>(&wire, load, buffer))
        }
    };
    Ok(block.map_err(|error| error.blame(false))?)
}

/// Both ends, the client's first.
fn take_turns<E: End>((client, server): (&E, &E), plan: &WorkerPlan) -> Result<BlockMessage, Stop> {
    let calls = Rc::new(Calls::default());
    let ends = (&Counted::new(client, &calls), &Counted::new(server, &calls));
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let meters = (Meters::new(plan, None)?, &*calls);
    let block = with_service!(plan, |service| measure(plan, meters, |load, buffer| exchange_solo(
        ends,
        load,
        &mut service,
        (&mut inbox, &mut space, buffer),
    )));
    Ok(block.map_err(|error| error.blame(false))?)
}
