//! Stream: both ends of a stream in one thread.

use sockscope_net::Conn;

use crate::control::{BlockMessage, Failure, WorkerPlan};
use crate::engine::{Epoll, InTurns, Uring};
use crate::side::{Both, Sink, Source};
use crate::wire::Wire;
use crate::work::EngineName;
use crate::worker::client::{measure_window, sink_terms};
use crate::worker::not_built;

/// Measures one block over these pairs, the client's end first.
pub(super) fn measure(
    plan: &WorkerPlan,
    pairs: Vec<(Conn, Conn)>,
) -> Result<BlockMessage, Failure> {
    let ends = pairs.into_iter().flat_map(|(client, server)| {
        let sink = Both::Client(Sink::new(plan.work.size, client.has_messages()));
        [(client, sink), (server, Both::Server(Source::new(plan.work.size)))]
    });
    let (ends, terms) = (vec![ends.collect()], sink_terms(plan));
    let block = match plan.work.engines.client {
        EngineName::Blocking => measure_window::<_, _, InTurns<_, _>>(ends, &terms, plan, None),
        EngineName::Epoll => measure_window::<_, _, Epoll<_, _>>(ends, &terms, plan, None),
        EngineName::Uring => measure_window::<_, _, Uring<_, _>>(ends, &terms, plan, None),
        engine => return Err(not_built(plan.work.load, engine)),
    };
    block.map_err(|error| error.blame(false))
}
