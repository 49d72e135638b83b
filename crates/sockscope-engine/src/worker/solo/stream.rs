//! Stream: both ends of a stream in one thread.

use std::os::fd::AsFd;
use std::sync::{Arc, PoisonError};

use sockscope_net::Conn;

use crate::control::{BlockMessage, Failure, WorkerPlan};
use crate::engine::{Epoll, InTurns, Uring};
use crate::side::{Both, Sink, Source};
use crate::wire::{Either, Wire};
use crate::work::{EngineName, Load};
use crate::worker::client::{measure_window, sink, sink_terms};
use crate::worker::not_built;
use crate::worker::server::{source, zero_copy};

/// Measures one block over these pairs, the client's end first.
pub(super) fn measure(
    plan: &WorkerPlan,
    pairs: Vec<(Conn, Conn)>,
) -> Result<BlockMessage, Failure> {
    let Load::Stream { zero_copy: true } = plan.work.load else {
        let ends = pairs.into_iter().flat_map(|(client, server)| {
            [receiver(plan, client, |conn| conn), (server, Both::Server(source(&plan.work)))]
        });
        return drive(plan, ends.collect());
    };
    let total = Arc::default();
    let mut ends = Vec::new();
    for (client, server) in pairs {
        ends.push(receiver(plan, client, Either::One));
        let sending = Either::Other(zero_copy(server, &total)?);
        ends.push((sending, Both::Server(source(&plan.work))));
    }
    let block = drive(plan, ends)?;
    // Every wire has gone, and has said what it knew.
    let zero_copied = Some(*total.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(BlockMessage { zero_copied, ..block })
}

/// Either end of a stream.
type Ends = Both<Sink, Source>;

fn receiver<W>(plan: &WorkerPlan, client: Conn, wire: impl Fn(Conn) -> W) -> (W, Ends) {
    let side = sink(plan, &client);
    (wire(client), Both::Client(side))
}

fn drive<W: Wire + AsFd + Send>(
    plan: &WorkerPlan,
    ends: Vec<(W, Ends)>,
) -> Result<BlockMessage, Failure> {
    let (ends, terms) = (vec![ends], sink_terms(plan));
    let block = match plan.work.engines.client {
        EngineName::Blocking => measure_window::<_, _, InTurns<_, _>>(ends, &terms, plan, None),
        EngineName::Epoll => measure_window::<_, _, Epoll<_, _>>(ends, &terms, plan, None),
        EngineName::Uring => measure_window::<_, _, Uring<_, _>>(ends, &terms, plan, None),
        engine => return Err(not_built(plan.work.load, engine)),
    };
    block.map_err(|error| error.blame(false))
}
