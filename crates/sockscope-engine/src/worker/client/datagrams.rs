//! Datagrams: a closed loop over sockets that may lose messages, many of them or with many requests in flight.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendFlags, send};
use sockscope_net::Conn;

use super::datagram::{LOOK_EVERY, answered, patience};
use super::{Client, rounds};
use crate::control::{self, Failure, Fault, FromWorker, WorkerPlan};
use crate::engine::Terms;
use crate::side::Datagrams;
use crate::worker::{Stop, failure, ready, started};

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let Client { plan, running, server, .. } = *client;
    let patience = patience(client)?;
    let conns = (0..plan.work.connections.max(1)).map(|_| client.connect());
    let conns = conns.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = conns.first() else { return Ok(()) };
    let goodbye = if running { Goodbye::default() } else { Goodbye::of(&conns)? };
    control::send(channel, &ready(first))?;
    started(channel)?;
    let ends = conns.into_iter().map(|conn| Ok((conn, side(plan, patience)?)));
    let ends = ends.collect::<Result<_, Failure>>()?;
    let block =
        rounds::measure(ends, &terms(plan), plan, server).map_err(|error| error.blame(running))?;
    drop(goodbye);
    control::send(channel, &FromWorker::Block(answered(block, running)?))?;
    Ok(())
}

/// One client.
pub(in crate::worker) fn side(plan: &WorkerPlan, patience: Duration) -> Result<Datagrams, Failure> {
    let patience_ns = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
    Datagrams::new(&plan.work, patience_ns).ok_or_else(|| Failure {
        fault: Fault::Bug,
        text: "requests without room for their numbers".into(),
    })
}

/// How it is driven.
pub(in crate::worker) fn terms(plan: &WorkerPlan) -> Terms {
    Terms {
        patience: Some(Duration::from_nanos(plan.patience_ns)),
        tick: Some(LOOK_EVERY),
        scratch: plan.work.message_len() + 1,
        // A late answer may lie before the one that is waited for.
        many_messages: true,
        // A server of ours may wait until an answer finds room, and with it for us to receive.
        both_ways: plan.work.depth > 1,
        ..Terms::new(plan.wait, plan.work.message_len())
    }
}

/// Says goodbye to a server of ours, which cannot see that its clients have gone.
#[derive(Debug, Default)]
pub(super) struct Goodbye(Vec<OwnedFd>);

impl Goodbye {
    /// For these sockets, which are the engine's from now on.
    pub(super) fn of(conns: &[Conn]) -> Result<Self, Failure> {
        let copies = conns.iter().map(|conn| conn.as_fd().try_clone_to_owned());
        let copies = copies
            .collect::<Result<_, _>>()
            .map_err(|error| failure(Fault::Environment, "prepare the sockets", &error))?;
        Ok(Self(copies))
    }
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        /// A server that takes nothing for so long has gone itself.
        const LIMIT: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
        for socket in &self.0 {
            let _ = poll(&mut [PollFd::new(socket, PollFlags::OUT)], Some(&LIMIT));
            let _ = send(socket, &[], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        }
    }
}
