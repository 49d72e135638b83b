//! Connect: the client of a loop of connects, one connection after the other.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt::{self, Timeout};
use sockscope_net::{Conn, Connector, Dialer};
use sockscope_proto::workload::{RoundTrip, Workload};

use super::Client;
use super::blame::{NoBlock, blame};
use super::meters::Meters;
use crate::connect::{ConnectError, Connects, connect_for, converse_and_close};
use crate::control::{self, BlockMessage, ConnectMessage, Failure, Fault, FromWorker, WorkerPlan};
use crate::exchange::{Blocking, Spinning, Waiting, Window};
use crate::ports;
use crate::usage::TaskId;
use crate::view::Wait;
use crate::worker::{Stop, endpoint, failure, ready, server_pid, started, workload};

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
    exchanges: bool,
) -> Result<(), Stop> {
    let Client { plan, running, .. } = *client;
    let first = client.connect()?;
    let server = client.server.or_else(|| server_pid(&first).map(|pid| TaskId { pid, tid: pid }));
    let is_ready = ready(&first);
    try_one(&first, client, exchanges)?;
    drop(first);
    let mut dialer = dialer(client.address, plan.wait)?;
    control::send(channel, &is_ready)?;
    started(channel)?;
    let meters = Meters::new(plan, server)?;
    let mut load = workload(plan);
    let mut buffer = vec![0; load.answer_len() + 1];
    let block = match plan.wait {
        Wait::Block => measure(plan, meters, &mut dialer, |conn| {
            finish::<Blocking>(&conn, exchanges, &mut load, &mut buffer)
        }),
        Wait::Spin => measure(plan, meters, &mut dialer, |conn| {
            finish::<Spinning>(&conn, exchanges, &mut load, &mut buffer)
        }),
    };
    control::send(channel, &FromWorker::Block(block.map_err(|error| error.blame(running))?))?;
    Ok(())
}

/// A dialer to this address.
pub(in crate::worker) fn dialer(address: &str, wait: Wait) -> Result<Dialer, Failure> {
    let connector = Connector::new(&endpoint(address)?)
        .map_err(|error| failure(Fault::Environment, "connect", &error))?;
    connector.dialer(wait == Wait::Block).ok_or_else(|| Failure {
        fault: Fault::Bug,
        text: format!("{address} has no address to connect to"),
    })
}

/// A server that does not close when its client does is found out here, where waiting for it has a limit.
fn try_one(conn: &Conn, client: &Client<'_>, exchanges: bool) -> Result<(), Failure> {
    let patience = Duration::from_nanos(client.plan.patience_ns);
    let prepared = conn
        .set_nonblocking(false)
        .and_then(|()| Ok(sockopt::set_socket_timeout(conn, Timeout::Recv, Some(patience))?));
    prepared.map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    let mut load = workload(client.plan);
    let mut buffer = vec![0; load.answer_len() + 1];
    match finish::<Blocking>(conn, exchanges, &mut load, &mut buffer) {
        Err(ConnectError::Close(error)) if error.kind() == io::ErrorKind::WouldBlock => {
            let text = format!(
                "the server did not close a connection within {patience:?} after its client had"
            );
            Err(Failure { fault: Fault::Peer, text })
        }
        result => result.map_err(|error| NoBlock::Connect(error).blame(client.running)),
    }
}

#[inline]
fn finish<W: Waiting>(
    conn: &Conn,
    exchanges: bool,
    load: &mut RoundTrip,
    buffer: &mut [u8],
) -> Result<(), ConnectError> {
    converse_and_close::<_, W>(conn, exchanges.then_some((load, buffer)))
}

/// Warms up, then measures one block.
pub(in crate::worker) fn measure(
    plan: &WorkerPlan,
    mut meters: Meters,
    dialer: &mut Dialer,
    mut finish: impl FnMut(Conn) -> Result<(), ConnectError>,
) -> Result<BlockMessage, NoBlock> {
    let mut connects = Connects::default();
    connect_for(plan.warm_up_ns, dialer, &mut connects, &mut finish).map_err(NoBlock::Connect)?;
    connects.clear();
    let time_wait_before = ports::time_wait();
    let start = meters.start().map_err(NoBlock::Usage)?;
    let elapsed_ns =
        connect_for(plan.block_ns, dialer, &mut connects, &mut finish).map_err(NoBlock::Connect)?;
    let Connects { latency, made, backlog_full } = connects;
    let window = Window { elapsed_ns, exchanges: made, lost: 0 };
    let block = meters.end(start, window).map_err(NoBlock::Usage)?;
    if made == 0 {
        let text = format!("every connect was refused: the backlog was full {backlog_full} times");
        return Err(NoBlock::Failed(Failure { fault: Fault::Environment, text }));
    }
    Ok(BlockMessage {
        histogram: latency.to_base64(),
        connect: Some(Box::new(ConnectMessage {
            backlog_full,
            time_wait_before,
            time_wait: ports::time_wait(),
            port_range: ports::range().map(|range| (*range.start(), *range.end())),
            sources: dialer.sources(),
        })),
        ..block
    })
}

/// Whose fault it is that connecting went wrong.
pub(super) fn blame_connect(error: &ConnectError, running: bool) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
    let fault = match error {
        ConnectError::Exchange(error) => return blame(error, running),
        ConnectError::NoPort => return no_port(),
        ConnectError::Unasked => Fault::Peer,
        ConnectError::Connect(cause) | ConnectError::Accept(cause) | ConnectError::Close(cause)
            if matches!(cause.kind(), BrokenPipe | ConnectionRefused | ConnectionReset) =>
        {
            if running {
                Fault::Peer
            } else {
                Fault::Gone
            }
        }
        _ => Fault::Environment,
    };
    failure(fault, "make a connection", error)
}

/// Says what has used up the ports.
fn no_port() -> Failure {
    let time_wait = ports::time_wait().map_or("unknown".into(), |count| count.to_string());
    let range = ports::range()
        .map_or("unknown".into(), |range| format!("{} to {}", range.start(), range.end()));
    let text = format!(
        "make a connection: {}: {time_wait} connections are in TIME_WAIT and the ports are {range} \
         (net.ipv4.ip_local_port_range); a shorter --block leaves fewer behind",
        ConnectError::NoPort
    );
    Failure { fault: Fault::Environment, text }
}
