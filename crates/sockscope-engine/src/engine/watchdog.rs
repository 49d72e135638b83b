//! Watchdog: notices that nothing has moved for too long, without a timeout on every wait.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::exchange::ExchangeError;

/// Ticks in one patience: silence is noticed at most a quarter of it late.
const TICKS: u32 = 4;

/// A timer that ticks a few times in one patience. To set the timer of every wait would cost each of them some hundred
/// nanoseconds; this costs a wake-up a second.
#[derive(Debug)]
pub(super) struct Watchdog {
    timer: OwnedFd,
    patience: Duration,
    /// Ticks since something moved.
    silent: u32,
}

impl Watchdog {
    /// A timer that ticks from now on.
    pub(super) fn new(patience: Duration) -> io::Result<Self> {
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        let interval = (patience / TICKS).max(Duration::from_nanos(1));
        let tick = Timespec::try_from(interval).map_err(io::Error::other)?;
        let ticks = Itimerspec { it_interval: tick, it_value: tick };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &ticks)?;
        Ok(Self { timer, patience, silent: 0 })
    }

    /// Something moved.
    #[inline]
    pub(super) fn moved(&mut self) {
        self.silent = 0;
    }

    /// The timer ticked; it goes on only when the tick has been read.
    pub(super) fn ticked(&mut self) -> Result<(), ExchangeError> {
        match rustix::io::read(&self.timer, &mut [0; 8]) {
            Ok(_) => {}
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(error) => return Err(ExchangeError::Receive(error.into())),
        }
        self.silent += 1;
        // The first tick may come right after something moved.
        if self.silent > TICKS {
            return Err(ExchangeError::Silent { patience: self.patience });
        }
        Ok(())
    }
}

impl AsRawFd for Watchdog {
    fn as_raw_fd(&self) -> RawFd {
        self.timer.as_raw_fd()
    }
}

impl AsFd for Watchdog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}
