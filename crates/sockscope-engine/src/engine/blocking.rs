//! Blocking: plain calls that sleep, one connection for each thread.
//!
//! The limits on how long a call sleeps are the socket's own (`SO_RCVTIMEO`, `SO_SNDTIMEO`), which cost nothing where
//! nothing sleeps too long. Where both ends would lock up if neither read while it sends, the calls do not sleep and
//! poll(2) does.

use std::hint::spin_loop;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{self, Timeout};

use super::{Engine, Terms, unless_would_block};
use crate::clock::now_ns;
use crate::exchange::ExchangeError;
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
    patience: Option<Duration>,
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
        if rest == Rest::Call && terms.patience.is_some() {
            sockopt::set_socket_timeout(&wire, Timeout::Recv, terms.patience)?;
            sockopt::set_socket_timeout(&wire, Timeout::Send, terms.patience)?;
        }
        let scratch = vec![0; terms.scratch].into_boxed_slice();
        Ok(Self { wire, side, scratch, rest, patience: terms.patience })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
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
                    Err(error) => self.silent_or(error, ExchangeError::Send)?,
                }
            }
            if ledger.is_done() || self.side.is_over() {
                return Ok(());
            }
            match self.wire.receive(self.side.inlet(&mut self.scratch)) {
                Ok(count) => self.take(count, ledger)?,
                Err(error) => self.silent_or(error, ExchangeError::Receive)?,
            }
        }
    }

    /// Sends what there is room for, receives what there is, and waits when neither was possible.
    fn drive_both_ways(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let mut quiet = Quiet::default();
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
                quiet = Quiet::default();
            } else {
                self.rest(&mut quiet)?;
            }
        }
    }

    #[inline]
    fn take(&mut self, count: usize, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if count == 0 {
            return self.side.on_end();
        }
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.side.on_input(&self.scratch, count, now, ledger)
    }

    /// A call that slept for the whole patience says so as one that would block.
    fn silent_or(
        &self,
        error: io::Error,
        other: fn(io::Error) -> ExchangeError,
    ) -> Result<(), ExchangeError> {
        match (error.kind(), self.patience) {
            (io::ErrorKind::Interrupted, _) => Ok(()),
            (io::ErrorKind::WouldBlock, Some(patience)) => Err(ExchangeError::Silent { patience }),
            _ => Err(other(error)),
        }
    }

    /// Waits until something can be done, or asks again.
    fn rest(&self, quiet: &mut Quiet) -> Result<(), ExchangeError> {
        if self.rest == Rest::Never {
            spin_loop();
            return quiet.spun(self.patience);
        }
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::OUT, !self.side.pending().is_empty());
        interest.set(PollFlags::IN, self.side.wants_input());
        self.wire.called();
        let timeout = self.patience.and_then(|patience| Timespec::try_from(patience).ok());
        match (poll(&mut [PollFd::new(&self.wire, interest)], timeout.as_ref()), self.patience) {
            (Ok(0), Some(patience)) => Err(ExchangeError::Silent { patience }),
            (Ok(_) | Err(rustix::io::Errno::INTR), _) => Ok(()),
            (Err(error), _) => Err(ExchangeError::Receive(error.into())),
        }
    }
}

/// How long nothing has moved, for one that does not sleep.
#[derive(Debug, Default)]
struct Quiet {
    spins: u32,
    since_ns: Option<u64>,
}

impl Quiet {
    /// It asked once more in vain. The clock is read seldom.
    fn spun(&mut self, patience: Option<Duration>) -> Result<(), ExchangeError> {
        self.spins += 1;
        let Some(patience) = patience.filter(|_| self.spins.is_multiple_of(SPINS)) else {
            return Ok(());
        };
        let now = now_ns();
        let since = *self.since_ns.get_or_insert(now);
        if Duration::from_nanos(now - since) >= patience {
            return Err(ExchangeError::Silent { patience });
        }
        Ok(())
    }
}
