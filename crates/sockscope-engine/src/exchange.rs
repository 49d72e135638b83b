//! Exchange: the measured loops, one definition for every transport.
//!
//! An exchange is: the client sends its request completely; the server receives it completely and answers; the client
//! receives the answer completely and checks it. The round trip is timed from just before the first send to just after
//! the last read, and never halved. In a closed loop the clock is read once per exchange: one's end is the next one's
//! start.
//!
//! The loops are generic over workload, service and wait: nothing in them allocates, locks, logs or calls through a
//! pointer (a counting allocator in the tests shows it).

mod datagram;
mod window;

use std::hint::spin_loop;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sockscope_proto::machine::Answer;
use sockscope_proto::workload::{Mismatch, Progress, Workload};
use sockscope_proto::{Next, Out, Service, Time};
use thiserror::Error;

use crate::wire::Wire;

pub use datagram::{Delivery, Lossy, answer_messages};
pub use window::{Outcome, Window, run_for};

/// What to do while the kernel has nothing for us; decided at compile time.
pub trait Waiting {
    /// Whether the descriptors are non-blocking and asked again at once.
    const SPINS: bool;
}

/// Sleeps in the system call.
#[derive(Debug)]
pub struct Blocking;

/// Asks again, without sleeping.
#[derive(Debug)]
pub struct Spinning;

impl Waiting for Blocking {
    const SPINS: bool = false;
}

impl Waiting for Spinning {
    const SPINS: bool = true;
}

/// Why an exchange failed.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The request could not be sent.
    #[error("send the request")]
    Send(#[source] io::Error),
    /// The answer could not be received.
    #[error("receive the answer")]
    Receive(#[source] io::Error),
    /// The peer closed the connection instead of answering.
    #[error("the server closed the connection without an answer")]
    Closed,
    /// The peer closed the connection before the answer was complete.
    #[error("the answer ended {missing} bytes short")]
    Short {
        /// Bytes that never came.
        missing: usize,
    },
    /// The peer neither answered nor closed.
    #[error("no answer within {patience:?}")]
    Silent {
        /// How long it was waited for.
        patience: Duration,
    },
    /// The answer is not the right one.
    #[error("check the answer")]
    Wrong(#[source] Mismatch),
    /// Answers have no number, and one was lost.
    #[error(
        "an answer was lost, and a late one cannot be told from the next: these answers have no number"
    )]
    Unnumbered,
}

/// One exchange of a client with a server that reads the request completely before it answers.
///
/// `buffer` holds one byte more than the answer, so that an answer that is too long is seen as such.
#[inline]
pub fn exchange<K: Workload, W: Waiting>(
    wire: &impl Wire,
    workload: &mut K,
    buffer: &mut [u8],
) -> Result<(), ExchangeError> {
    send_all::<W>(wire, workload.request()).map_err(ExchangeError::Send)?;
    loop {
        let space = &mut buffer[..=workload.missing()];
        let count = receive::<W>(wire, space).map_err(ExchangeError::Receive)?;
        if is_whole(wire, workload, &buffer[..count])? {
            return Ok(());
        }
    }
}

/// Exchanges with somebody else's server, which may answer before it has read everything: sends and receives at the same
/// time, so that a request larger than all buffers between the two does not lock both up, and gives up when nothing
/// moves.
#[derive(Debug)]
pub struct Duplex<'a, C> {
    wire: &'a C,
    request: Vec<u8>,
    patience: Duration,
}

impl Duplex<'_, ()> {
    /// A request up to this many bytes fits the buffers of every connection, whoever reads when; only a larger one needs
    /// this loop.
    pub const ABOVE: usize = 4096;
}

impl<'a, C: Wire + AsFd> Duplex<'a, C> {
    /// Over a wire that is non-blocking.
    #[must_use]
    pub fn new(wire: &'a C, patience: Duration) -> Self {
        Self { wire, request: Vec::new(), patience }
    }

    /// One exchange.
    pub fn exchange<K: Workload>(
        &mut self,
        workload: &mut K,
        buffer: &mut [u8],
    ) -> Result<(), ExchangeError> {
        self.request.clear();
        self.request.extend_from_slice(workload.request());
        let mut sent = 0;
        loop {
            if sent < self.request.len() {
                let count = unless_would_block(self.wire.send(&self.request[sent..]));
                sent += count.map_err(ExchangeError::Send)?.unwrap_or(0);
            }
            let sending = sent < self.request.len();
            let space = &mut buffer[..=workload.missing()];
            let received = unless_would_block(self.wire.receive(space));
            let Some(count) = received.map_err(ExchangeError::Receive)? else {
                self.wait(sending)?;
                continue;
            };
            if is_whole(self.wire, workload, &buffer[..count])? && !sending {
                return Ok(());
            }
        }
    }

    /// Sleeps until there is something to receive, or to send if there is something left.
    fn wait(&self, sending: bool) -> Result<(), ExchangeError> {
        let interest = if sending { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let timeout = Timespec::try_from(self.patience).ok();
        self.wire.called();
        match poll(&mut [PollFd::new(self.wire, interest)], timeout.as_ref()) {
            Ok(0) => Err(ExchangeError::Silent { patience: self.patience }),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(ExchangeError::Receive(error.into())),
        }
    }
}

/// Answers requests of `inbox.len()` bytes until the client closes; the number of exchanges.
///
/// The engine only cuts the stream into requests; what to answer is the service's business.
#[inline]
pub fn answer<S: Service, W: Waiting>(
    wire: &impl Wire,
    service: &mut S,
    inbox: &mut [u8],
    space: &mut [u8],
) -> io::Result<u64> {
    let mut exchanges = 0;
    loop {
        let mut filled = 0;
        while filled < inbox.len() {
            let count = receive::<W>(wire, &mut inbox[filled..])?;
            if count == 0 {
                return if filled == 0 {
                    Ok(exchanges)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            filled += count;
        }
        let closes = reply(service, inbox, space, |bytes| send_all::<W>(wire, bytes))?;
        exchanges += 1;
        if closes {
            return Ok(exchanges);
        }
    }
}

/// One exchange with both ends in one thread; both descriptors are non-blocking. For a request that fits the buffers
/// this is four system calls: send, receive, send, receive.
#[inline]
pub fn exchange_solo<K: Workload, S: Service>(
    (client, server): (&impl Wire, &impl Wire),
    workload: &mut K,
    service: &mut S,
    (inbox, space, buffer): (&mut [u8], &mut [u8], &mut [u8]),
) -> Result<(), ExchangeError> {
    pump(client, server, workload.request(), inbox)?;
    let mut complete = false;
    let mut failed = None;
    let sent = reply(service, inbox, space, |bytes| {
        let mut sent = 0;
        while !complete {
            if sent < bytes.len() {
                sent += unless_would_block(server.send(&bytes[sent..]))?.unwrap_or(0);
            }
            let space = &mut buffer[..=workload.missing()];
            if let Some(count) = unless_would_block(client.receive(space))? {
                match take(workload, &buffer[..count]) {
                    Ok(progress) => complete = progress == Progress::Complete,
                    Err(error) => {
                        failed = Some(error);
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    });
    sent.map_err(ExchangeError::Receive)?;
    failed.map_or(Ok(()), Err)
}

/// Moves the whole request from the client's end to the server's inbox.
#[inline]
fn pump(
    client: &impl Wire,
    server: &impl Wire,
    request: &[u8],
    inbox: &mut [u8],
) -> Result<(), ExchangeError> {
    let (mut sent, mut filled) = (0, 0);
    while filled < request.len() {
        if sent < request.len() {
            let count =
                unless_would_block(client.send(&request[sent..])).map_err(ExchangeError::Send)?;
            sent += count.unwrap_or(0);
        }
        let count = unless_would_block(server.receive(&mut inbox[filled..]))
            .map_err(ExchangeError::Receive)?;
        filled += count.unwrap_or(0);
    }
    Ok(())
}

/// Asks the service and hands its answer to `send`; whether the service closes.
#[inline]
fn reply<S: Service>(
    service: &mut S,
    inbox: &[u8],
    space: &mut [u8],
    send: impl FnOnce(&[u8]) -> io::Result<()>,
) -> io::Result<bool> {
    let mut out = Out::new(space);
    let step = service.on_message(&"", inbox, Time::ORIGIN, &mut out);
    match out.answer() {
        Answer::Nothing => {}
        Answer::Copied(len) => send(&space[..len])?,
        Answer::Input(range) => send(&inbox[range])?,
    }
    Ok(matches!(step.next, Next::Close(_)))
}

/// Gives what was received to the workload; nothing received is the end of the connection.
#[inline]
fn take<K: Workload>(workload: &mut K, bytes: &[u8]) -> Result<Progress, ExchangeError> {
    if bytes.is_empty() {
        let missing = workload.missing();
        let nothing = missing == workload.answer_len();
        return Err(if nothing { ExchangeError::Closed } else { ExchangeError::Short { missing } });
    }
    workload.on_bytes(bytes).map_err(ExchangeError::Wrong)
}

/// The same; whether the answer is whole. Where boundaries are kept the rest of one cannot come in another message.
#[inline]
fn is_whole<K: Workload>(
    wire: &impl Wire,
    workload: &mut K,
    bytes: &[u8],
) -> Result<bool, ExchangeError> {
    match take(workload, bytes)? {
        Progress::Complete => Ok(true),
        Progress::Partial if wire.has_messages() => {
            Err(ExchangeError::Short { missing: workload.missing() })
        }
        Progress::Partial => Ok(false),
    }
}

#[inline]
fn send_all<W: Waiting>(wire: &impl Wire, bytes: &[u8]) -> io::Result<()> {
    let mut sent = 0;
    while sent < bytes.len() {
        match wire.send(&bytes[sent..]) {
            Ok(count) => sent += count,
            Err(error) if again::<W>(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[inline]
pub(crate) fn receive<W: Waiting>(wire: &impl Wire, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match wire.receive(buffer) {
            Err(error) if again::<W>(&error) => {}
            result => return result,
        }
    }
}

/// Whether the call is to be made again at once.
#[inline]
fn again<W: Waiting>(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::Interrupted => true,
        io::ErrorKind::WouldBlock if W::SPINS => {
            spin_loop();
            true
        }
        _ => false,
    }
}

/// `None` where the call would have had to wait.
#[inline]
pub(crate) fn unless_would_block(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
