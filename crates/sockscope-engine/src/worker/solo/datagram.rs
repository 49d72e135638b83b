//! Datagram: both ends in one thread, over sockets that may lose messages.

use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use sockscope_net::Connector;

use crate::control::{self, Fault, FromWorker, ServiceName, WorkerPlan};
use crate::exchange::{Delivery, ExchangeError, Lossy};
use crate::wire::{Answering, Calls, Counted};
use crate::worker::bound::Bound;
use crate::worker::client::{LOST_AFTER, Meters, answered, check_room, measure};
use crate::worker::{Lifeline, Stop, failure, ready, started, with_service};

pub(super) fn run(
    channel: &mut (impl Read + Write),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<(), Stop> {
    let environment =
        |error: &dyn std::error::Error| failure(Fault::Environment, "connect to ourselves", error);
    let connector = Connector::new(bound.listener.local()).map_err(|error| environment(&error))?;
    let client =
        connector.connect(Some(Duration::from_secs(3))).map_err(|error| environment(&error))?;
    check_room(&client, plan.work.message_len())?;
    let listener = bound.into_listener();
    lifeline.tie();
    client.set_nonblocking(true).map_err(|error| environment(&error))?;
    control::send(channel, &ready(&client))?;
    started(channel)?;
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let calls = Rc::new(Calls::default());
    let server = Answering::new(&listener);
    let (client_wire, server) = (Counted::new(&client, &calls), Counted::new(&server, &calls));
    let patience_ns = u64::try_from(LOST_AFTER.as_nanos()).unwrap_or(u64::MAX);
    let lossy = Lossy::new(&client_wire, patience_ns);
    let meters = (Meters::new(plan, None)?, &*calls);
    let block = with_service!(plan, |service| measure(plan, meters, |load, buffer| {
        let buffers = (inbox.as_mut_slice(), space.as_mut_slice(), buffer);
        match lossy.exchange_solo(&server, load, &mut service, buffers)? {
            Delivery::Lost if plan.work.service == ServiceName::Pong => {
                Err(ExchangeError::Unnumbered)
            }
            delivery => Ok(delivery),
        }
    }));
    let block = block.map_err(|error| error.blame(false))?;
    control::send(channel, &FromWorker::Block(answered(block, false)?))?;
    Ok(())
}
