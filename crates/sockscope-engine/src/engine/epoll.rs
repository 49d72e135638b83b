//! Epoll: non-blocking calls behind epoll(7), one set for all connections of a thread.
//!
//! Edge-triggered, for two reasons. A level-triggered entry is asked again by the kernel after every event whether it is
//! still ready, which costs each exchange a poll of its socket for nothing. And an entry whose side cannot take input has to
//! be quiet until it can, which an edge is by itself. The price is that an edge must be used up: a receive that did not fill
//! the inlet has emptied a stream (see epoll(7), questions and answers); a socket that keeps boundaries is read until it
//! would block, unless at most one message can be there.
//!
//! What can be sent is sent at once; only a socket that would block is watched for room, and only until it has some.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use super::watchdog::Watchdog;
use super::{Engine, Terms};
use crate::clock::now_ns;
use crate::exchange::ExchangeError;
use crate::side::{Ledger, Side};
use crate::view::Wait;
use crate::wire::Wire;

/// The most events of one wait.
const EVENTS_MAX: usize = 1024;

/// What every entry is watched for.
const READABLE: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);
/// And while its socket has no room.
const BLOCKED: EventFlags = READABLE.union(EventFlags::OUT);
/// What says that the peer has ended, one way or the other.
const ENDING: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

/// Stands for the watchdog among the numbers of the connections.
const WATCHDOG: u64 = u64::MAX;

/// Drives connections by readiness.
pub struct Epoll<W, S> {
    set: OwnedFd,
    ends: Box<[End<W, S>]>,
    /// How many of them are not closed.
    open: usize,
    watchdog: Option<Watchdog>,
    events: Box<[Event]>,
    scratch: Box<[u8]>,
    wait: Wait,
    many_messages: bool,
}

/// One connection.
struct End<W, S> {
    /// `None` once it is closed.
    wire: Option<W>,
    side: S,
    /// Whether there may be input that was not received, because the side could not take it.
    is_readable: bool,
    /// Whether the peer has ended, so that the end is still to be received.
    is_ending: bool,
    /// Whether it is watched for room.
    is_blocked: bool,
}

impl<W: Wire + AsFd, S: Side> Engine<W, S> for Epoll<W, S> {
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self> {
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, (wire, _)) in ends.iter().enumerate() {
            wire.set_nonblocking(true)?;
            epoll::add(&set, wire, EventData::new_u64(number as u64), READABLE)?;
        }
        let watchdog = terms.patience.map(Watchdog::new).transpose()?;
        if let Some(watchdog) = &watchdog {
            epoll::add(&set, watchdog, EventData::new_u64(WATCHDOG), EventFlags::IN)?;
        }
        let none = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        let end = |(wire, side)| End {
            wire: Some(wire),
            side,
            is_readable: false,
            is_ending: false,
            is_blocked: false,
        };
        Ok(Self {
            set,
            open: ends.len(),
            events: vec![none; (ends.len() + 1).min(EVENTS_MAX)].into_boxed_slice(),
            ends: ends.into_iter().map(end).collect(),
            watchdog,
            scratch: vec![0; terms.scratch].into_boxed_slice(),
            wait: terms.wait,
            many_messages: terms.many_messages,
        })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.moved();
        }
        for number in 0..self.ends.len() {
            self.start(number, ledger)?;
        }
        while self.open > 0 && !ledger.is_done() {
            for number in 0..self.wait()? {
                let Event { flags, data } = self.events[number];
                self.on_event(data.u64(), flags, ledger)?;
            }
        }
        Ok(())
    }
}

impl<W: Wire + AsFd, S: Side> Epoll<W, S> {
    /// Waits for events, as long as it takes, or only looks; how many there are.
    #[inline]
    fn wait(&mut self) -> Result<usize, ExchangeError> {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let timeout = (self.wait == Wait::Spin).then_some(&AT_ONCE);
        // All wires of a thread count their calls together.
        if let Some(wire) = self.ends.first().and_then(|end| end.wire.as_ref()) {
            wire.called();
        }
        match epoll::wait(&self.set, &mut self.events[..], timeout) {
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(error) => Err(ExchangeError::Receive(error.into())),
        }
    }

    fn start(&mut self, number: usize, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let end = &mut self.ends[number];
        let now = if end.side.needs_clock() { now_ns() } else { 0 };
        end.side.on_start(now, ledger);
        end.flush(&self.set, number)?;
        // What a side did not take before has no other edge.
        let Self { set, ends, scratch, many_messages, .. } = self;
        if ends[number].receive((set, number), scratch, *many_messages, ledger)? == Fate::Over {
            ends[number].wire = None;
            self.open -= 1;
        }
        Ok(())
    }

    #[inline]
    fn on_event(
        &mut self,
        number: u64,
        flags: EventFlags,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        if let Some(watchdog) = &mut self.watchdog {
            if number == WATCHDOG {
                return watchdog.ticked();
            }
            watchdog.moved();
        }
        let Self { set, ends, scratch, many_messages, .. } = self;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(end) = ends.get_mut(number) else { return Ok(()) };
        if end.is_blocked && flags.contains(EventFlags::OUT) {
            end.flush(set, number)?;
        }
        end.is_ending |= flags.intersects(ENDING);
        end.is_readable |= flags.intersects(EventFlags::IN | ENDING);
        if end.receive((set, number), scratch, *many_messages, ledger)? == Fate::Over {
            end.wire = None;
            self.open -= 1;
        }
        Ok(())
    }
}

/// Whether a connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Over,
}

impl<W: Wire + AsFd, S: Side> End<W, S> {
    /// Receives what there is, as long as the side takes it, and sends what it answers.
    #[inline]
    fn receive(
        &mut self,
        (set, number): (&OwnedFd, usize),
        scratch: &mut [u8],
        many_messages: bool,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        while self.is_readable && self.side.wants_input() {
            let Some(wire) = &self.wire else { return Ok(Fate::Open) };
            let inlet = self.side.inlet(scratch);
            let room = inlet.len();
            let count = match wire.receive(inlet) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_readable = false;
                    break;
                }
                Err(error) => return Err(ExchangeError::Receive(error)),
            };
            if count == 0 {
                self.is_readable = false;
                self.side.on_end()?;
                break;
            }
            let emptied = if wire.has_messages() { !many_messages } else { count < room };
            self.is_readable = self.is_ending || !emptied;
            let now = if self.side.needs_clock() { now_ns() } else { 0 };
            self.side.on_input(scratch, count, now, ledger)?;
            self.flush(set, number)?;
        }
        let is_over = self.side.is_over() && self.side.pending().is_empty();
        Ok(if is_over { Fate::Over } else { Fate::Open })
    }

    /// Sends what is pending, as far as there is room.
    #[inline]
    fn flush(&mut self, set: &OwnedFd, number: usize) -> Result<(), ExchangeError> {
        let Some(wire) = &self.wire else { return Ok(()) };
        while !self.side.pending().is_empty() {
            match wire.send(self.side.pending()) {
                Ok(count) => self.side.sent(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.watch(set, number, true);
                }
                Err(error) => return Err(ExchangeError::Send(error)),
            }
        }
        if self.is_blocked { self.watch(set, number, false) } else { Ok(()) }
    }

    /// Is told when there is room, or no longer.
    #[cold]
    fn watch(
        &mut self,
        set: &OwnedFd,
        number: usize,
        is_blocked: bool,
    ) -> Result<(), ExchangeError> {
        let Some(wire) = &self.wire else { return Ok(()) };
        if is_blocked != self.is_blocked {
            let flags = if is_blocked { BLOCKED } else { READABLE };
            epoll::modify(set, wire, EventData::new_u64(number as u64), flags)
                .map_err(|error| ExchangeError::Send(error.into()))?;
            self.is_blocked = is_blocked;
        }
        Ok(())
    }
}

impl<W, S> fmt::Debug for Epoll<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoll")
            .field("ends", &self.ends.len())
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}
