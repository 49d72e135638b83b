//! Blocking: plain calls that sleep, one connection for each thread.
//!
//! Nothing limits how long a call sleeps but [`Ticks`], which interrupt it now and then: a limit of the socket's own
//! (`SO_RCVTIMEO`) would cost every sleep a timer. Where both ends would lock up if neither read while it sends, the calls do
//! not sleep and poll(2) does.

use std::hint::spin_loop;
use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use sockscope_sys::Ticks;

use super::watchdog::Watchdog;
use super::{Engine, Terms};
use crate::clock::now_ns;
use crate::exchange::{ExchangeError, unless_would_block};
use crate::side::{Ledger, Side};
use crate::view::Wait;
use crate::wire::Wire;

/// Between two looks at the clock of one that waits without sleeping.
const SPINS: u32 = 4096;

/// Drives one connection with plain calls.
#[derive(Debug)]
pub struct Blocking<W, S> {
    wire: W,
    side: S,
    scratch: Box<[u8]>,
    rest: Rest,
    watchdog: Option<Watchdog>,
    /// How often the side is told of the time, if it is.
    tick_ns: Option<u64>,
    /// When it is told next, also while everything moves and no tick finds a sleep to interrupt.
    next_tick_ns: u64,
    /// Interrupts whatever call sleeps.
    _interrupter: Option<Ticks>,
}

/// How it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// In the call itself.
    Call,
    /// In poll(2), for both directions at once.
    Poll,
    /// It does not.
    Never,
}

impl<W: Wire + AsFd, S: Side> Engine<W, S> for Blocking<W, S> {
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self> {
        let [(wire, side)]: [_; 1] = ends.try_into().map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "a thread for each connection")
        })?;
        let rest = match (terms.wait, terms.both_ways) {
            (Wait::Spin, _) => Rest::Never,
            (Wait::Block, true) => Rest::Poll,
            (Wait::Block, false) => Rest::Call,
        };
        wire.set_nonblocking(rest != Rest::Call)?;
        let watchdog = Watchdog::new(terms);
        let sleeper = watchdog.as_ref().filter(|_| rest != Rest::Never);
        Ok(Self {
            wire,
            side,
            scratch: vec![0; terms.scratch].into_boxed_slice(),
            rest,
            _interrupter: sleeper.map(|dog| Ticks::every(dog.interval())).transpose()?,
            watchdog,
            tick_ns: terms.tick.map(|tick| u64::try_from(tick.as_nanos()).unwrap_or(u64::MAX)),
            next_tick_ns: 0,
        })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        self.moved();
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.next_tick_ns = now.saturating_add(self.tick_ns.unwrap_or(u64::MAX));
        self.side.on_start(now, ledger);
        if self.rest == Rest::Call {
            return self.drive_in_turns(ledger);
        }
        self.drive_both_ways(ledger)
    }
}

impl<W: Wire + AsFd, S: Side> Blocking<W, S> {
    /// Sends everything, then receives once, and so on.
    fn drive_in_turns(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        loop {
            while !self.side.pending().is_empty() {
                match self.wire.send(self.side.pending()) {
                    Ok(count) => self.side.sent(count),
                    Err(error) if is_tick(&error) => self.ticked(ledger)?,
                    Err(error) => return Err(ExchangeError::Send(error)),
                }
            }
            if ledger.is_done() || self.side.is_over() {
                return Ok(());
            }
            match self.wire.receive(self.side.inlet(&mut self.scratch)) {
                Ok(count) => self.take(count, ledger)?,
                Err(error) if is_tick(&error) => self.ticked(ledger)?,
                Err(error) => return Err(ExchangeError::Receive(error)),
            }
        }
    }

    /// Sends what there is room for, receives what there is, and waits when neither was possible.
    fn drive_both_ways(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let mut vain = Vain::default();
        loop {
            let sending = !self.side.pending().is_empty();
            if !sending && (ledger.is_done() || self.side.is_over()) {
                return Ok(());
            }
            let mut moved = false;
            if sending {
                let sent = unless_would_block(self.wire.send(self.side.pending()));
                if let Some(count) = sent.map_err(ExchangeError::Send)? {
                    self.side.sent(count);
                    moved = true;
                }
            }
            if self.side.wants_input() {
                let received =
                    unless_would_block(self.wire.receive(self.side.inlet(&mut self.scratch)));
                if let Some(count) = received.map_err(ExchangeError::Receive)? {
                    self.take(count, ledger)?;
                    moved = true;
                }
            }
            if moved {
                vain.attempts = 0;
            } else {
                self.rest(&mut vain, ledger)?;
            }
        }
    }

    #[inline]
    fn take(&mut self, count: usize, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        self.moved();
        if count == 0 {
            return self.side.on_end();
        }
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.side.on_input(&self.scratch, count, now, ledger)?;
        if now >= self.next_tick_ns {
            self.tell_time(now, ledger)?;
        }
        Ok(())
    }

    /// Waits until something can be done, or asks again.
    fn rest(&mut self, vain: &mut Vain, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if self.rest == Rest::Never {
            spin_loop();
            let interval = self.watchdog.as_ref().map(Watchdog::interval);
            return match interval {
                Some(interval) if vain.is_time(interval.as_nanos()) => self.ticked(ledger),
                _ => Ok(()),
            };
        }
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::OUT, !self.side.pending().is_empty());
        interest.set(PollFlags::IN, self.side.wants_input());
        self.wire.called();
        match poll(&mut [PollFd::new(&self.wire, interest)], None) {
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::INTR) => self.ticked(ledger),
            Err(error) => Err(ExchangeError::Receive(error.into())),
        }
    }

    #[inline]
    fn moved(&mut self) {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.moved();
        }
    }

    /// Something interrupted the sleep: most likely a tick.
    #[cold]
    fn ticked(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.ticked()?;
        }
        self.tell_time(now_ns(), ledger)
    }

    /// Tells the side what time it is, if it is to be told.
    #[cold]
    fn tell_time(&mut self, now: u64, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let Some(tick_ns) = self.tick_ns else { return Ok(()) };
        self.next_tick_ns = now.saturating_add(tick_ns);
        self.side.on_tick(now, ledger)
    }
}

fn is_tick(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
}

/// How often one that does not sleep has asked in vain.
#[derive(Debug, Default)]
struct Vain {
    attempts: u32,
    last_ns: u64,
}

impl Vain {
    /// It asked once more; whether an interval has passed. The clock is read seldom.
    fn is_time(&mut self, interval_ns: u128) -> bool {
        self.attempts = self.attempts.wrapping_add(1);
        if !self.attempts.is_multiple_of(SPINS) {
            return false;
        }
        let now = now_ns();
        if self.last_ns == 0 {
            self.last_ns = now;
        }
        let is_time = u128::from(now - self.last_ns) >= interval_ns;
        if is_time {
            self.last_ns = now;
        }
        is_time
    }
}

#[cfg(test)]
mod tests;
