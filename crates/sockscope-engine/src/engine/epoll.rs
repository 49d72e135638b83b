//! Epoll: non-blocking calls behind epoll(7), one set for all connections of a thread.
//!
//! Edge-triggered, for two reasons. A level-triggered entry is asked again by the kernel after every event whether it is
//! still ready, which costs each exchange a poll of its socket for nothing. And an entry whose side cannot take input has to
//! be quiet until it can, which an edge is by itself. The price is that an edge must be used up: a receive that did not fill
//! the inlet has emptied a stream (see epoll(7), questions and answers); a socket that keeps boundaries is read until it
//! would block, unless at most one message can be there.
//!
//! What can be sent is sent at once; only a socket that would block is watched for room, and only until it has some.

mod end;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use self::end::{End, READABLE};
use super::watchdog::Alarm;
use super::{Engine, Terms};
use crate::clock::now_ns;
use crate::exchange::ExchangeError;
use crate::side::{Ledger, Side};
use crate::view::Wait;
use crate::wire::Wire;

/// The most events of one wait.
const EVENTS_MAX: usize = 1024;

/// Stands for the timer among the numbers of the connections.
const TIMER: u64 = u64::MAX;

/// Drives connections by readiness.
pub struct Epoll<W, S> {
    set: OwnedFd,
    ends: Box<[End<W, S>]>,
    /// How many of them are not closed.
    open: usize,
    alarm: Option<Alarm>,
    events: Box<[Event]>,
    scratch: Box<[u8]>,
    wait: Wait,
    many_messages: bool,
    /// Connections whose turn was over before they had to wait.
    busy: VecDeque<usize>,
}

impl<W: Wire + AsFd, S: Side> Engine<W, S> for Epoll<W, S> {
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self> {
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, (wire, _)) in ends.iter().enumerate() {
            wire.set_nonblocking(true)?;
            epoll::add(&set, wire, EventData::new_u64(number as u64), READABLE)?;
        }
        let alarm = Alarm::new(terms)?;
        if let Some(alarm) = &alarm {
            epoll::add(&set, alarm, EventData::new_u64(TIMER), EventFlags::IN)?;
        }
        let none = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Ok(Self {
            set,
            open: ends.len(),
            busy: VecDeque::with_capacity(ends.len()),
            events: vec![none; (ends.len() + 1).min(EVENTS_MAX)].into_boxed_slice(),
            ends: ends.into_iter().map(|(wire, side)| End::new(wire, side)).collect(),
            alarm,
            scratch: vec![0; terms.scratch].into_boxed_slice(),
            wait: terms.wait,
            many_messages: terms.many_messages,
        })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if let Some(alarm) = &mut self.alarm {
            alarm.moved();
        }
        for number in 0..self.ends.len() {
            self.start(number, ledger)?;
        }
        while self.open > 0 && !ledger.is_done() {
            for number in 0..self.wait()? {
                let Event { flags, data } = self.events[number];
                self.on_event(data.u64(), flags, ledger)?;
            }
            self.go_on(ledger)?;
        }
        Ok(())
    }
}

impl<W: Wire + AsFd, S: Side> Epoll<W, S> {
    /// Waits for events, as long as it takes, or only looks; how many there are.
    #[inline]
    fn wait(&mut self) -> Result<usize, ExchangeError> {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let at_once = self.wait == Wait::Spin || !self.busy.is_empty();
        let timeout = at_once.then_some(&AT_ONCE);
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
        ends[number].receive((set, number), scratch, *many_messages, ledger)?;
        self.settle(number);
        Ok(())
    }

    /// Gives every connection another turn whose last one was over too early.
    #[inline]
    fn go_on(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        for _ in 0..self.busy.len() {
            let Some(number) = self.busy.pop_front() else { break };
            let Self { set, ends, scratch, many_messages, .. } = self;
            let end = &mut ends[number];
            end.is_busy = false;
            end.flush(set, number)?;
            end.receive((set, number), scratch, *many_messages, ledger)?;
            self.settle(number);
        }
        Ok(())
    }

    /// What becomes of a connection after its turn.
    #[inline]
    fn settle(&mut self, number: usize) {
        let end = &mut self.ends[number];
        if end.has_ended() {
            self.open -= usize::from(end.wire.take().is_some());
        } else if !end.is_busy && end.could_go_on() {
            end.is_busy = true;
            self.busy.push_back(number);
        }
    }

    #[inline]
    fn on_event(
        &mut self,
        number: u64,
        flags: EventFlags,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        if number == TIMER {
            return self.on_timer(ledger);
        }
        if let Some(alarm) = &mut self.alarm {
            alarm.moved();
        }
        let Self { set, ends, scratch, many_messages, .. } = self;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(end) = ends.get_mut(number) else { return Ok(()) };
        if end.is_blocked() && flags.contains(EventFlags::OUT) {
            end.flush(set, number)?;
        }
        end.notice(flags);
        end.receive((set, number), scratch, *many_messages, ledger)?;
        self.settle(number);
        Ok(())
    }

    #[cold]
    fn on_timer(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let Some(alarm) = &mut self.alarm else { return Ok(()) };
        let Some(now) = alarm.rang()? else { return Ok(()) };
        for number in 0..self.ends.len() {
            let end = &mut self.ends[number];
            end.side.on_tick(now, ledger)?;
            end.flush(&self.set, number)?;
            self.settle(number);
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
