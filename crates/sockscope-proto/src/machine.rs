//! The contract between machines and engines.
//!
//! An *engine* moves bytes; a *machine* decides what they mean. An engine:
//!
//! - calls [`Service::on_open`] once, before anything else, on kinds that have connections (stream,
//!   seqpacket);
//! - on streams calls [`Service::on_bytes`] with at least one byte, and calls it again with the
//!   rest while [`Step::consumed`] is less than it gave and the machine still reads;
//! - on seqpacket and datagram sockets calls [`Service::on_message`] once for each message (which
//!   may be empty);
//! - calls [`Service::on_deadline`] not before the deadline of the last step that named one;
//! - calls [`Service::on_end`] when the peer has shut down its sending side and all that it sent
//!   was consumed;
//! - after each call sends what is in [`Out`], whole and in order, before it calls again; nothing
//!   is lost when the peer reads slowly, the engine then simply stops reading;
//! - closes when a step says [`Next::Close`], after the answer has been sent.
//!
//! A machine never blocks, never sees a descriptor, and answers at most [`Out::room`] bytes for a
//! call. An engine gives room for [`Out::MIN_SPACE`] bytes or more, so that every call can make
//! progress. Machines are generic parameters, never trait objects: nothing in a measured loop is a
//! dynamic call.

use std::fmt::{self, Display};
use std::ops::{Add, Range, Sub};
use std::time::Duration;

/// A point of the engine's monotonic clock, in nanoseconds since an origin that only the engine
/// knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

impl Time {
    /// The clock's origin; what engines pass to machines that do not need the time.
    pub const ORIGIN: Self = Self(0);

    /// The point `ns` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Why a machine closes its connection; the engine logs it with the peer's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The peer ended the conversation in an orderly way and was answered in full.
    PeerEnded,
    /// The peer ended the conversation in the middle of a request; what was whole before it was
    /// answered.
    CutShort,
    /// The service has said all it had to say.
    Done,
    /// The peer sent a byte that the service's protocol does not know; the byte and its offset in
    /// the stream.
    BadByte {
        /// The byte that was not expected.
        byte: u8,
        /// How many bytes of the connection came before it.
        offset: u64,
    },
}

impl Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerEnded => f.write_str("closed by peer"),
            Self::CutShort => f.write_str("closed by peer in the middle of a request"),
            Self::Done => f.write_str("service done"),
            Self::BadByte { byte, offset } => {
                write!(f, "unexpected byte 0x{byte:02x} at offset {offset}")
            }
        }
    }
}

/// What a machine wants after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// More input (and its deadline, if it named one).
    Read,
    /// Only its deadline: do not read before. The engine still notices that the peer has gone.
    Wait,
    /// Close in an orderly way once everything answered has been sent.
    Close(Close),
}

/// What one call to a machine did and what it wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that were used up; the engine gives the others again, first.
    pub consumed: usize,
    /// What the machine wants next.
    pub next: Next,
    /// When [`Service::on_deadline`] is to be called; `None` means never. It replaces the one of
    /// the step before.
    pub deadline: Option<Time>,
    /// Complete exchanges (request and answer) that this call finished, for the counters and the
    /// log. A service that cannot tell where a request ends counts its answers; a message that
    /// finishes none was not understood.
    pub exchanges: u32,
}

impl Step {
    /// `consumed` bytes used up; reads on, with no deadline.
    #[must_use]
    pub const fn read(consumed: usize) -> Self {
        Self { consumed, next: Next::Read, deadline: None, exchanges: 0 }
    }

    /// `consumed` bytes used up; closes once the answer has been sent.
    #[must_use]
    pub const fn close(consumed: usize, why: Close) -> Self {
        Self { consumed, next: Next::Close(why), deadline: None, exchanges: 0 }
    }

    /// The same step, having finished `exchanges` exchanges.
    #[must_use]
    pub const fn with_exchanges(mut self, exchanges: u32) -> Self {
        self.exchanges = exchanges;
        self
    }

    /// The same step, to be woken at `deadline`.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Time) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// Where a machine writes its answer: space that the engine owns and bounds.
///
/// An answer is either bytes copied in, or one range of the call's input, which the engine sends
/// from where it lies (a large echo is never copied). The first `echo` of a call decides; copying
/// after it is a bug of the machine.
#[derive(Debug)]
pub struct Out<'a> {
    space: &'a mut [u8],
    answer: Answer,
}

/// What a machine answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is to be sent.
    Nothing,
    /// The first so many bytes of the engine's space.
    Copied(usize),
    /// This range of the input.
    Input(Range<usize>),
}

impl<'a> Out<'a> {
    /// The least space that an engine gives: enough for one line about a peer, or any other single
    /// answer.
    pub const MIN_SPACE: usize = 1024;

    /// An empty answer over the engine's space.
    #[must_use]
    pub fn new(space: &'a mut [u8]) -> Self {
        Self { space, answer: Answer::Nothing }
    }

    /// How many bytes can still be copied in.
    #[must_use]
    pub fn room(&self) -> usize {
        self.space.len() - self.copied()
    }

    /// Appends `bytes`, all or nothing; false when there is no room.
    #[must_use]
    pub fn copy(&mut self, bytes: &[u8]) -> bool {
        debug_assert!(!matches!(self.answer, Answer::Input(_)), "an echo is the whole answer");
        let start = self.copied();
        let Some(target) = self.space.get_mut(start..start + bytes.len()) else { return false };
        target.copy_from_slice(bytes);
        self.answer = Answer::Copied(start + bytes.len());
        true
    }

    /// Answers with this range of the input, without copying; the whole answer of this call.
    pub fn echo(&mut self, range: Range<usize>) {
        debug_assert!(self.answer == Answer::Nothing, "an echo is the whole answer");
        self.answer = Answer::Input(range);
    }

    /// What was answered.
    #[must_use]
    pub fn answer(self) -> Answer {
        self.answer
    }

    fn copied(&self) -> usize {
        match self.answer {
            Answer::Copied(len) => len,
            _ => 0,
        }
    }
}

/// What a server says on one connection (or, on datagram sockets, to everyone).
pub trait Service {
    /// Whether `now` matters. Engines pass [`Time::ORIGIN`] to machines that do not need the clock
    /// and never read it for them.
    const NEEDS_CLOCK: bool = false;

    /// Whether the service can answer single datagrams; a service that speaks first cannot.
    const DATAGRAMS: bool = true;

    /// The connection has been accepted; `peer` is who is at the other end.
    fn on_open<P: Display>(&mut self, peer: &P, now: Time, out: &mut Out<'_>) -> Step {
        let _ = (peer, now, out);
        Step::read(0)
    }

    /// Bytes of a stream arrived.
    fn on_bytes(&mut self, input: &[u8], now: Time, out: &mut Out<'_>) -> Step;

    /// One message arrived. `consumed` of the step is not looked at: a message is taken whole. A
    /// message that the service does not know is left unanswered and finishes no exchange; the
    /// engine counts it as dropped. What a service takes without an answer, because that is its
    /// job, finishes one exchange.
    fn on_message<P: Display>(
        &mut self,
        peer: &P,
        input: &[u8],
        now: Time,
        out: &mut Out<'_>,
    ) -> Step;

    /// The deadline of the last step has passed.
    fn on_deadline(&mut self, now: Time, out: &mut Out<'_>) -> Step {
        let _ = (now, out);
        Step::read(0)
    }

    /// The peer has shut down its sending side.
    fn on_end(&mut self, now: Time, out: &mut Out<'_>) -> Step {
        let _ = (now, out);
        Step::close(0, Close::PeerEnded)
    }
}
