//! Client: what the plan says, with the engine that it names.
//!
//! Each workload is a module of its own: it connects, becomes ready, is told to start, warms up, measures and reports.

mod bare;
mod blame;
mod connect;
mod datagram;
mod datagrams;
mod meters;
mod open;
mod round_trip;
mod rounds;
mod stream;
mod too_large;
mod window;

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::Errno;
use sockscope_net::{Conn, Connector, Kind};

pub(super) use connect::{dialer, measure as measure_connects};
pub(super) use datagram::{LOST_AFTER, answered};
pub(super) use datagrams::{side as datagrams_side, terms as datagrams_terms};
pub(super) use meters::Meters;
pub(super) use round_trip::measure;
pub(super) use stream::{call, sink, terms as sink_terms};
pub(super) use too_large::check_room;
pub(super) use window::{measure as measure_window, measure_on_events};

use super::{Lifeline, Stop, endpoint, failure, not_built};
use crate::control::{Failure, Fault, Role, WorkerPlan};
use crate::engine::{Blocking, Epoll, Uring};
use crate::usage::TaskId;
use crate::work::{EngineName, Load};

/// A server on this machine accepts at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What a client is told.
#[derive(Debug, Clone, Copy)]
struct Client<'a> {
    plan: &'a WorkerPlan,
    /// Where the server is.
    address: &'a str,
    /// The server's task, where it is known.
    server: Option<TaskId>,
    /// Whether the server is somebody else's.
    running: bool,
}

pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
    plan: &WorkerPlan,
) -> Result<(), Stop> {
    lifeline.tie();
    let Role::Client { endpoint, server, running } = &plan.role else {
        return Err(
            Failure { fault: Fault::Bug, text: "a client without an endpoint".into() }.into()
        );
    };
    let client = Client { plan, address: endpoint, server: *server, running: *running };
    let is_datagram = self::endpoint(endpoint)?.kind() == Some(Kind::Datagram);
    match (plan.work.load, plan.work.engines.client) {
        (Load::RoundTrip, EngineName::Bare) => bare::run(channel, &client),
        (Load::RoundTrip, EngineName::Blocking) if is_datagram && plan.work.is_single() => {
            datagram::run(channel, &client)
        }
        (Load::RoundTrip, _) if is_datagram => datagrams::run(channel, &client),
        (Load::RoundTrip, EngineName::Blocking) if plan.work.is_single() => {
            round_trip::run(channel, &client)
        }
        (Load::RoundTrip, _) => rounds::run(channel, &client),
        (Load::Open { arrivals }, EngineName::Blocking | EngineName::Epoll | EngineName::Uring) => {
            open::run(channel, &client, arrivals, is_datagram)
        }
        (Load::Stream { .. }, EngineName::Blocking) => {
            stream::run::<Blocking<_, _>>(channel, &client)
        }
        (Load::Stream { .. }, EngineName::Epoll) => stream::run::<Epoll<_, _>>(channel, &client),
        (Load::Stream { .. }, EngineName::Uring) => stream::run::<Uring<_, _>>(channel, &client),
        #[cfg(feature = "tokio")]
        (Load::Stream { .. }, EngineName::Tokio) => {
            stream::run::<crate::engine::Tokio<_, _>>(channel, &client)
        }
        (Load::Connect { exchange }, EngineName::Blocking) => {
            connect::run(channel, &client, exchange)
        }
        (load, engine) => Err(not_built(load, engine).into()),
    }
}

/// Whether nobody listens there, as against a lack of descriptors, memory or ports.
fn refused(error: &dyn std::error::Error) -> bool {
    let errno = error.source().and_then(|source| source.downcast_ref::<Errno>());
    matches!(errno, Some(&(Errno::CONNREFUSED | Errno::NOENT | Errno::CONNRESET)))
}

impl Client<'_> {
    /// A server of ours that refuses although it was ready has gone; anything else is the machine's doing.
    fn connect(&self) -> Result<Conn, Failure> {
        let connect = |error: &dyn std::error::Error| {
            let gone = !self.running && refused(error);
            failure(if gone { Fault::Gone } else { Fault::Environment }, "connect", error)
        };
        let endpoint = endpoint(self.address)?;
        let connector = Connector::new(&endpoint).map_err(|error| connect(&error))?;
        let connector = connector.with_buffers(self.plan.work.buffers.bytes());
        let conn = connector.connect(Some(CONNECT_TIMEOUT)).map_err(|error| connect(&error))?;
        if !self.running && conn.transport() != endpoint.transport() {
            let (asked, other) = (endpoint.transport(), conn.transport());
            let text = format!("the connection fell back from {asked} to {other}");
            return Err(Failure { fault: Fault::Unavailable, text });
        }
        check_room(&conn, self.plan.work.message_len())?;
        conn.set_nodelay(self.plan.work.nodelay).map_err(|error| connect(&error))?;
        Ok(conn)
    }
}

#[cfg(test)]
mod tests;
