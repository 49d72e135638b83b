//! Connect: the measured loop that connects, is accepted, and closes, one connection after the other.
//!
//! One turn is: the client makes a socket and connects, exchanges a request and its answer if that is asked for, says that it
//! will send no more, and waits until the server has closed, too. So what is counted has been accepted and closed at both
//! ends, and the client never runs ahead of the server into a backlog.
//!
//! - The **latency** is the time in `socket(2)` and `connect(2)`. On IPv4 loopback the client takes another source address each
//!   time, which an ordinary client does not do; the time for that is left out.
//! - The client closes first, and so it is its end that stays in `TIME_WAIT`.
//! - A Unix listener whose backlog is full refuses with `EAGAIN`. That is counted apart and is no connection; the next turn
//!   follows at once.
//! - When no port is left the loop ends with that error. It is never tried again in silence.

use std::io;

use rustix::io::Errno;
use sockscope_net::{Conn, Dialer};
use sockscope_proto::workload::Workload;
use sockscope_stats::Histogram;
use thiserror::Error;

use crate::clock::now_ns;
use crate::exchange::{ExchangeError, Waiting, exchange, receive};

/// What a loop of connects has seen.
#[derive(Debug, Default)]
pub struct Connects {
    /// The time to connect.
    pub latency: Histogram,
    /// Connections that were made, accepted and closed.
    pub made: u64,
    /// Connects that were refused because the backlog was full.
    pub backlog_full: u64,
}

impl Connects {
    /// Forgets what it has seen.
    pub fn clear(&mut self) {
        self.latency.clear();
        (self.made, self.backlog_full) = (0, 0);
    }
}

/// Why a loop of connects ended early.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// There is no socket to be had.
    #[error("make a socket")]
    Socket(#[source] io::Error),
    /// The source address cannot be had.
    #[error("bind a source address")]
    Bind(#[source] io::Error),
    /// Every port of every source address is in use.
    #[error("no port is left to connect from")]
    NoPort,
    /// The connection was refused, or failed.
    #[error("connect")]
    Connect(#[source] io::Error),
    /// The server did not take the connection in order.
    #[error("accept")]
    Accept(#[source] io::Error),
    /// The request was not answered as it should have been.
    #[error("exchange")]
    Exchange(#[source] ExchangeError),
    /// The connection did not end in order.
    #[error("close")]
    Close(#[source] io::Error),
    /// The server said something that it was not asked for.
    #[error("the server sent bytes on a connection that its client had closed")]
    Unasked,
}

/// Connects for `duration_ns`, each time doing with the connection what `finish` does; how long it really took.
pub fn connect_for(
    duration_ns: u64,
    dialer: &mut Dialer,
    connects: &mut Connects,
    mut finish: impl FnMut(Conn) -> Result<(), ConnectError>,
) -> Result<u64, ConnectError> {
    let start = now_ns();
    loop {
        match dial(dialer)? {
            Some((conn, took_ns)) => {
                finish(conn)?;
                connects.latency.record(took_ns);
                connects.made += 1;
            }
            None => connects.backlog_full += 1,
        }
        let elapsed_ns = now_ns() - start;
        if elapsed_ns >= duration_ns {
            return Ok(elapsed_ns);
        }
    }
}

/// Connects once; the connection, and the time in the two calls that it takes. `None` when the backlog is full.
#[inline]
fn dial(dialer: &mut Dialer) -> Result<Option<(Conn, u64)>, ConnectError> {
    let start = now_ns();
    let fd = dialer.socket().map_err(|error| ConnectError::Socket(error.into()))?;
    let mut left_out_ns = 0;
    if dialer.sources() > 1 {
        let before = now_ns();
        dialer.bind(&fd).map_err(|error| match error {
            Errno::ADDRINUSE => ConnectError::NoPort,
            error => ConnectError::Bind(error.into()),
        })?;
        left_out_ns = now_ns() - before;
    }
    let connected = dialer.connect(&fd);
    let took_ns = (now_ns() - start).saturating_sub(left_out_ns);
    match connected {
        Ok(()) => {}
        Err(Errno::AGAIN) => return Ok(None),
        Err(Errno::ADDRNOTAVAIL) => return Err(ConnectError::NoPort),
        Err(error) => return Err(ConnectError::Connect(error.into())),
    }
    let conn = dialer.connected(fd).map_err(|error| ConnectError::Connect(error.into()))?;
    Ok(Some((conn, took_ns)))
}

/// Exchanges, if there is something to, and closes; the server closes after us.
#[inline]
pub fn converse_and_close<K: Workload, W: Waiting>(
    conn: &Conn,
    exchanges: Option<(&mut K, &mut [u8])>,
) -> Result<(), ConnectError> {
    if let Some((workload, buffer)) = exchanges {
        exchange::<_, W>(conn, workload, buffer).map_err(ConnectError::Exchange)?;
    }
    conn.shutdown_write().map_err(ConnectError::Close)?;
    await_end::<W>(conn)
}

/// Waits until the other end has closed.
#[inline]
pub fn await_end<W: Waiting>(conn: &Conn) -> Result<(), ConnectError> {
    match receive::<W>(conn, &mut [0; 1]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(ConnectError::Unasked),
        Err(error) => Err(ConnectError::Close(error)),
    }
}
