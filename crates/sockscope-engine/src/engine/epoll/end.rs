//! End: one connection of an epoll set.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, EventData, EventFlags};

use crate::clock::now_ns;
use crate::exchange::ExchangeError;
use crate::side::Side;
use crate::wire::Wire;

/// How often a connection receives, or sends, before it is the turn of the others.
const TURN: u32 = 16;

/// What every entry is watched for.
pub(super) const READABLE: EventFlags =
    EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);
/// And while its socket has no room.
const BLOCKED: EventFlags = READABLE.union(EventFlags::OUT);
/// What says that the peer has ended, one way or the other.
const ENDING: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

/// One connection.
pub(super) struct End<W, S> {
    /// `None` once it is closed.
    pub(super) wire: Option<W>,
    pub(super) side: S,
    input: Input,
    /// Whether it is watched for room.
    is_blocked: bool,
    /// Whether it is among the busy ones.
    pub(super) is_busy: bool,
}

/// What is left of the last edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    /// Nothing: there will be another edge.
    None,
    /// There may be something that was not received.
    Some,
    /// That, and the end behind it.
    Last,
}

impl<W: Wire + AsFd, S: Side> End<W, S> {
    pub(super) fn new(wire: W, side: S) -> Self {
        Self { wire: Some(wire), side, input: Input::None, is_blocked: false, is_busy: false }
    }

    /// Whether it is watched for room.
    #[inline]
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Whether everything is done and sent.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.side.is_over() && self.side.pending().is_empty()
    }

    /// Whether there is something to do that no event will tell of.
    #[inline]
    pub(super) fn could_go_on(&self) -> bool {
        let could_send = !self.is_blocked && !self.side.pending().is_empty();
        could_send || (self.input != Input::None && self.side.wants_input())
    }

    /// An edge.
    #[inline]
    pub(super) fn notice(&mut self, flags: EventFlags) {
        if flags.intersects(ENDING) {
            self.input = Input::Last;
        } else if flags.contains(EventFlags::IN) && self.input == Input::None {
            self.input = Input::Some;
        }
    }

    /// Receives what there is, as long as the side takes it, and sends what it answers, until its turn is over.
    #[inline]
    pub(super) fn receive(
        &mut self,
        (set, number): (&OwnedFd, usize),
        scratch: &mut [u8],
        many_messages: bool,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        for _ in 0..TURN {
            if self.input == Input::None || !self.side.wants_input() {
                break;
            }
            let Some(wire) = &self.wire else { break };
            let inlet = self.side.inlet(scratch);
            let room = inlet.len();
            let count = match wire.receive(inlet) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.input = Input::None;
                    break;
                }
                Err(error) => return Err(ExchangeError::Receive(error)),
            };
            if count == 0 {
                // Behind an empty message there may be others; behind the end of a stream there is nothing to want.
                self.side.on_end()?;
                continue;
            }
            let emptied = if wire.has_messages() { !many_messages } else { count < room };
            if emptied && self.input == Input::Some {
                self.input = Input::None;
            }
            let now = if self.side.needs_clock() { now_ns() } else { 0 };
            self.side.on_input(scratch, count, now, ledger)?;
            self.flush(set, number)?;
        }
        Ok(())
    }

    /// Sends what is pending, as far as there is room, until its turn is over.
    #[inline]
    pub(super) fn flush(&mut self, set: &OwnedFd, number: usize) -> Result<(), ExchangeError> {
        let Some(wire) = &self.wire else { return Ok(()) };
        for _ in 0..TURN {
            if self.side.pending().is_empty() {
                break;
            }
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
