//! Server: binds, then serves the plan's clients with the engine that the plan names.
//!
//! Each engine is a module of its own: it accepts, after which the socket file is gone, and answers until all clients have
//! closed; what it did in that time is its result, where it counts it.

mod bare;
mod blocking;
mod connect;
mod datagram;
mod many;
mod stream;

use std::io::{Read, Write};
use std::os::fd::AsFd;

use sockscope_net::Kind;

pub(super) use stream::{has_closed, source, zero_copy};

use super::bound::Bound;
use super::{Lifeline, Stop};
use crate::control::{self, Bind, Ended, FromWorker, Ready, WorkerPlan};
use crate::work::{EngineName, Load};

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bind: &Bind,
) -> Result<(), Stop> {
    let bound = Bound::new(bind, &plan.work)?;
    let granted = bound.granted();
    let ready = Ready {
        endpoint: bound.listener.local().to_string(),
        transport: bound.listener.local().transport().into(),
        buffers: None,
        server_buffers: None,
        server_pid: None,
    };
    control::send(channel, &FromWorker::Ready(ready))?;
    let mut zero_copied = None;
    let served = match plan.work.load {
        Load::RoundTrip if plan.work.engines.server == EngineName::Bare => {
            bare::run(channel, lifeline, plan, bound)?;
            None
        }
        Load::RoundTrip | Load::Open { .. } if bound.listener.kind() == Kind::Datagram => {
            datagram::run(channel, lifeline, plan, bound)?
        }
        Load::RoundTrip
            if plan.work.is_single() && plan.work.engines.server == EngineName::Blocking =>
        {
            blocking::run(channel, lifeline, plan, bound)?
        }
        // An open loop has many requests in flight on one connection as on several: the same server for both, which answers
        // together what has arrived together.
        Load::RoundTrip | Load::Open { .. } => many::run(channel, lifeline, plan, bound)?,
        Load::Stream { .. } => {
            zero_copied = stream::run(channel, lifeline, plan, bound)?;
            None
        }
        Load::Connect { .. } => {
            connect::run(channel, plan, bound)?;
            None
        }
    };
    let ended = Ended { served, zero_copied, buffers: granted.known() };
    // A coordinator that has gone meanwhile has all it needs.
    let _ = control::send(channel, &FromWorker::Ended(ended));
    Ok(())
}
