//! Datagram: a server on one socket that is not connected, for any number of clients.
//!
//! One socket is one thread, whatever the plan's threads: they would only take its messages from each other.

use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sockscope_net::Listener;
use sockscope_proto::Service;
use sockscope_proto::service::{Echo, Pong};
use sockscope_sys::Ticks;

use super::many;
use crate::control::{Failure, Fault, Served, ServiceName, WorkerPlan};
use crate::engine::{Epoll, Terms, Uring};
use crate::exchange::{Blocking, Spinning, answer_messages};
use crate::side::Responder;
use crate::view::Wait;
use crate::wire::{Answering, Calls, Counted, Postbox, Wire};
use crate::work::EngineName;
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, failure, not_built, with_service};

/// How often a server that sleeps looks for its coordinator. Its clients say goodbye; this is for those that could not.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<Option<Served>, Stop> {
    let listener = bound.first_message(channel)?;
    lifeline.tie();
    if plan.work.engines.server != EngineName::Blocking {
        return Ok(on_events(listener, plan)?);
    }
    let calls = Rc::new(Calls::default());
    let socket = Answering::new(&listener);
    let wire = Counted::new(&socket, &calls);
    let spins = plan.wait == Wait::Spin;
    let prepare = |error| failure(Fault::Environment, "prepare the socket", &error);
    wire.set_nonblocking(spins).map_err(prepare)?;
    let _ticks = (!spins).then(|| Ticks::every(LOOK_EVERY)).transpose().map_err(prepare)?;
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let (buffers, clients) = ((inbox.as_mut_slice(), space.as_mut_slice()), plan.work.connections);
    let is_over = || has_ended(channel);
    let served = with_service!(plan, |service| if spins {
        answer_messages::<_, Spinning>(&wire, &mut service, buffers, clients, is_over)
    } else {
        answer_messages::<_, Blocking>(&wire, &mut service, buffers, clients, is_over)
    });
    let answers = served.map_err(|error| failure(Fault::Gone, "answer the client", &error))?;
    Ok(calls.between_answers().map(|calls| Served { answers: answers.saturating_sub(1), calls }))
}

/// Answers with an engine that waits for events.
fn on_events(listener: Listener, plan: &WorkerPlan) -> Result<Option<Served>, Failure> {
    let postbox = Postbox::new(listener);
    match plan.work.service {
        ServiceName::Echo => with_engine(postbox, Echo, plan),
        ServiceName::Pong => with_engine(postbox, Pong::default(), plan),
    }
}

fn with_engine<S: Service + 'static>(
    postbox: Postbox,
    service: S,
    plan: &WorkerPlan,
) -> Result<Option<Served>, Failure> {
    let ends = vec![(postbox, Responder::of_datagrams(service, &plan.work))];
    let terms = Terms { many_messages: true, ..many::terms(plan) };
    match plan.work.engines.server {
        EngineName::Epoll => many::serve_one::<_, S, Epoll<_, _>>(ends, &terms),
        EngineName::Uring => many::serve_one::<_, S, Uring<_, _>>(ends, &terms),
        #[cfg(feature = "tokio")]
        EngineName::Tokio => many::serve_one::<_, S, crate::engine::Tokio<_, _>>(ends, &terms),
        engine => Err(not_built(plan.work.load, engine)),
    }
}

/// Whether the coordinator has gone: it has nothing to say to a server that answers.
fn has_ended(channel: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(channel, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec::default())), Ok(ready) if ready > 0)
}
