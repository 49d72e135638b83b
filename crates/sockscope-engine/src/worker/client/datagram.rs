//! Datagram: a closed loop over a socket that may lose messages, with plain calls, one request in flight.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use sockscope_net::Conn;
use sockscope_proto::workload::{RoundTrip, Workload};
use sockscope_sys::Ticks;

use super::Client;
use super::blame::blame;
use super::meters::Meters;
use super::round_trip::measure;
use crate::clock::now_ns;
use crate::control::{self, BlockMessage, Failure, Fault, FromWorker, ServiceName};
use crate::exchange::{Blocking, Delivery, ExchangeError, Lossy, Outcome, Spinning, Waiting};
use crate::view::Wait;
use crate::wire::{Calls, Counted};
use crate::worker::{Stop, failure, ready, started, workload};

/// An answer that has not come after this is lost: what Linux's TCP waits at least before it takes a segment for lost
/// (`TCP_RTO_MIN`).
pub(in crate::worker) const LOST_AFTER: Duration = Duration::from_millis(200);

/// Of a server that is far away, after so many times what its first answer took.
const ROUND_TRIPS: u32 = 4;

/// How often one that sleeps looks at the clock.
pub(in crate::worker) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Measures one block and reports it.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let plan = client.plan;
    let calls = Rc::new(Calls::default());
    // It goes last: until then, nothing here sleeps for ever.
    let ticks = Ticks::every(LOOK_EVERY)
        .map_err(|error| failure(Fault::Environment, "set a timer", &error))?;
    let mut line = Line::open(client, &calls)?;
    control::send(channel, &ready(&line.conn))?;
    started(channel)?;
    let spins = plan.wait == Wait::Spin;
    line.conn
        .set_nonblocking(spins)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    let ticks = (!spins).then_some(ticks);
    let meters = (Meters::new(plan, client.server)?, &*calls);
    let block = if spins {
        measure(plan, meters, |_, buffer| line.exchange::<Spinning>(buffer))
    } else {
        measure(plan, meters, |_, buffer| line.exchange::<Blocking>(buffer))
    };
    let block = block.map_err(|error| error.blame(client.running))?;
    drop(line);
    drop(ticks);
    control::send(channel, &FromWorker::Block(answered(block, client.running)?))?;
    Ok(())
}

/// After how long an answer is lost; of somebody else's server this is found out by asking it once.
pub(super) fn patience(client: &Client<'_>) -> Result<Duration, Failure> {
    if !client.running {
        return Ok(LOST_AFTER);
    }
    let _ticks = Ticks::every(LOOK_EVERY)
        .map_err(|error| failure(Fault::Environment, "set a timer", &error))?;
    Ok(Line::open(client, &Rc::new(Calls::default()))?.patience)
}

/// A block in which everything was lost is none.
pub(in crate::worker) fn answered(
    block: BlockMessage,
    running: bool,
) -> Result<BlockMessage, Failure> {
    if block.exchanges > 0 {
        return Ok(block);
    }
    let fault = if running { Fault::Peer } else { Fault::Environment };
    let text = format!("none of {} requests was answered in time: all were lost", block.lost);
    Err(Failure { fault, text })
}

/// A socket that is connected to the server, and what is known of the way there.
#[derive(Debug)]
struct Line<'a> {
    client: &'a Client<'a>,
    calls: &'a Rc<Calls>,
    conn: Conn,
    /// Its requests are numbered from the first contact on, so that a late answer is known as such in the block, too.
    load: RoundTrip,
    /// After which an answer is lost.
    patience: Duration,
}

impl<'a> Line<'a> {
    /// Connects and exchanges once: only an answer shows that there is a server, and how far away it is.
    fn open(client: &'a Client<'a>, calls: &'a Rc<Calls>) -> Result<Self, Failure> {
        let (conn, load) = (client.connect()?, workload(client.plan));
        let mut line = Self { client, calls, conn, load, patience: LOST_AFTER };
        let mut buffer = vec![0; line.load.answer_len() + 1];
        let limit = Duration::from_nanos(client.plan.patience_ns);
        let mut waited = Duration::ZERO;
        loop {
            let start = now_ns();
            if line
                .exchange::<Blocking>(&mut buffer)
                .map_err(|error| line.blame(&error))?
                .is_answered()
            {
                let took = Duration::from_nanos(now_ns() - start);
                line.patience = LOST_AFTER.max(took * ROUND_TRIPS);
                return Ok(line);
            }
            waited += line.patience;
            if waited >= limit {
                return Err(line.blame(&ExchangeError::Silent { patience: limit }));
            }
            line.patience *= 2;
        }
    }

    /// One exchange. Where answers have no number, a lost one may still come and would be taken for the next: not on a
    /// new socket.
    #[inline]
    fn exchange<A: Waiting>(&mut self, buffer: &mut [u8]) -> Result<Delivery, ExchangeError> {
        let wire = Counted::new(&self.conn, self.calls);
        let patience_ns = u64::try_from(self.patience.as_nanos()).unwrap_or(u64::MAX);
        let delivery = Lossy::new(&wire, patience_ns).exchange::<A>(&mut self.load, buffer)?;
        if delivery == Delivery::Lost && self.client.plan.work.service == ServiceName::Pong {
            self.conn = self.redial::<A>()?;
        }
        Ok(delivery)
    }

    /// A socket whose address no late answer has. The servers that we start are gone from the file system by now.
    #[cold]
    fn redial<A: Waiting>(&self) -> Result<Conn, ExchangeError> {
        if !self.client.running {
            return Err(ExchangeError::Unnumbered);
        }
        let conn = self.client.connect().map_err(|_| ExchangeError::Unnumbered)?;
        conn.set_nonblocking(A::SPINS).map_err(ExchangeError::Send)?;
        Ok(conn)
    }

    /// Whose fault it is that there was no first answer. That nobody listens at an address of somebody else's, only a
    /// message shows.
    fn blame(&self, error: &ExchangeError) -> Failure {
        let refused = matches!(
            error,
            ExchangeError::Send(error) | ExchangeError::Receive(error)
                if error.kind() == std::io::ErrorKind::ConnectionRefused
        );
        if refused && self.client.running {
            return failure(Fault::Environment, "connect", error);
        }
        blame(error, self.client.running)
    }
}

impl Drop for Line<'_> {
    /// Says goodbye to a server of ours, which cannot see that its client has gone.
    fn drop(&mut self) {
        if !self.client.running {
            let _ = self.conn.set_nonblocking(true);
            let _ = self.conn.send(&[]);
        }
    }
}
