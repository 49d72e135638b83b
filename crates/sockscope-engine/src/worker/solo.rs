//! Solo: both ends of a connection in one thread, the bare path through the kernel's sockets.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_net::Connector;

use super::bound::Bound;
use super::client::{Meters, measure};
use super::{Lifeline, Stop, failure, ready, started, with_service};
use crate::control::{self, Bind, Fault, FromWorker, WorkerPlan};
use crate::exchange::exchange_solo;
use crate::wire::{Calls, Counted};

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bind: &Bind,
) -> Result<(), Stop> {
    let bound = Bound::new(bind)?;
    let environment =
        |error: &dyn std::error::Error| failure(Fault::Environment, "connect to ourselves", error);
    let connector = Connector::new(bound.listener.local()).map_err(|error| environment(&error))?;
    // The backlog takes the connection before anybody accepts it.
    let client =
        connector.connect(Some(Duration::from_secs(3))).map_err(|error| environment(&error))?;
    let server = bound.accept(channel)?;
    lifeline.tie();
    client.set_nodelay(true).map_err(|error| environment(&error))?;
    client.set_nonblocking(true).map_err(|error| environment(&error))?;
    control::send(channel, &ready(&client))?;
    started(channel)?;
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    // One thread makes the calls of both ends.
    let calls = Calls::default();
    let ends = (&Counted::new(&client, &calls), &Counted::new(&server, &calls));
    let meters = (Meters::new(plan, None)?, &calls);
    let block = with_service!(plan, |service| measure(plan, meters, |load, buffer| exchange_solo(
        ends,
        load,
        &mut service,
        (&mut inbox, &mut space, buffer),
    )));
    control::send(channel, &FromWorker::Block(block.map_err(|error| error.blame(false))?))?;
    Ok(())
}
