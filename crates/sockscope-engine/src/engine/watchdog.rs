//! Watchdog: looks up now and then, and notices that nothing has moved for too long.
//!
//! To set a timeout for every wait would cost each of them the timer of the kernel, some per cent of a round trip. One
//! timer that ticks a few times a second costs nothing that can be measured.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::Terms;
use crate::clock::now_ns;
use crate::exchange::ExchangeError;

/// Looks in one patience: silence is noticed at most a quarter of it late.
const LOOKS: u32 = 4;

/// Counts the ticks in which nothing moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watchdog {
    interval: Duration,
    patience: Option<Duration>,
    /// Ticks since something moved.
    silent: u32,
}

impl Watchdog {
    /// For these terms; `None` if nobody needs to look.
    pub(super) fn new(terms: &Terms) -> Option<Self> {
        let of_patience = terms.patience.map(|patience| patience / LOOKS);
        let interval = match (of_patience, terms.tick) {
            (Some(one), Some(other)) => one.min(other),
            (one, other) => one.or(other)?,
        };
        let interval = interval.max(Duration::from_millis(1));
        Some(Self { interval, patience: terms.patience, silent: 0 })
    }

    /// How often it wants to be told of the time.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Something moved.
    #[inline]
    pub(super) fn moved(&mut self) {
        self.silent = 0;
    }

    /// One interval has passed.
    pub(super) fn ticked(&mut self) -> Result<(), ExchangeError> {
        self.silent = self.silent.saturating_add(1);
        match self.patience {
            // The first of them may have come right after something moved.
            Some(patience) if self.interval * (self.silent - 1) >= patience => {
                Err(ExchangeError::Silent { patience })
            }
            _ => Ok(()),
        }
    }
}

/// The ticks as a descriptor, for those that wait for events.
#[derive(Debug)]
pub(super) struct Timer(OwnedFd);

impl Timer {
    /// Ticks from now on.
    pub(super) fn every(interval: Duration) -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let tick = Timespec::try_from(interval).map_err(io::Error::other)?;
        let ticks = Itimerspec { it_interval: tick, it_value: tick };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &ticks)?;
        Ok(Self(timer))
    }

    /// Whether it ticked. It goes on only when the tick has been read.
    pub(super) fn read(&self) -> Result<bool, ExchangeError> {
        match rustix::io::read(&self.0, &mut [0; 8]) {
            Ok(_) => Ok(true),
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(ExchangeError::Receive(error.into())),
        }
    }
}

/// A watchdog with its timer, and whether sides are told of the time when it ticks.
#[derive(Debug)]
pub(super) struct Alarm {
    watchdog: Watchdog,
    timer: Timer,
    tells_time: bool,
}

impl Alarm {
    /// For these terms; `None` if nobody needs to look.
    pub(super) fn new(terms: &Terms) -> io::Result<Option<Self>> {
        let Some(watchdog) = Watchdog::new(terms) else { return Ok(None) };
        let timer = Timer::every(watchdog.interval())?;
        Ok(Some(Self { watchdog, timer, tells_time: terms.tick.is_some() }))
    }

    /// Something moved.
    #[inline]
    pub(super) fn moved(&mut self) {
        self.watchdog.moved();
    }

    /// The timer can be read; what time sides are to be told, if it really ticked and they are told at all.
    #[cold]
    pub(super) fn rang(&mut self) -> Result<Option<u64>, ExchangeError> {
        if !self.timer.read()? {
            return Ok(None);
        }
        self.watchdog.ticked()?;
        Ok(self.tells_time.then(now_ns))
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Wait;

    fn watchdog(patience: Option<u64>, tick: Option<u64>) -> Option<Watchdog> {
        let [patience, tick] = [patience, tick].map(|ms| ms.map(Duration::from_millis));
        Watchdog::new(&Terms { patience, tick, ..Terms::new(Wait::Block, 64) })
    }

    #[test]
    fn it_gives_up_when_nothing_moved_for_the_whole_patience_and_not_before() {
        for (patience, tick) in [(400, None), (400, Some(50)), (400, Some(3000)), (1, None)] {
            let mut watchdog = watchdog(Some(patience), tick).unwrap();
            for _ in 0..100 {
                watchdog.ticked().unwrap();
                watchdog.moved();
            }
            let mut ticks = 0;
            while watchdog.ticked().is_ok() {
                ticks += 1;
            }
            let waited = watchdog.interval() * ticks;
            let patience = Duration::from_millis(patience);
            assert!(waited >= patience, "{waited:?} of {patience:?}");
            assert!(waited <= patience + watchdog.interval(), "{waited:?} of {patience:?}");
        }
    }

    #[test]
    fn a_server_has_no_patience_to_lose() {
        assert!(watchdog(None, None).is_none());
        let mut watchdog = watchdog(None, Some(50)).unwrap();
        assert_eq!(watchdog.interval(), Duration::from_millis(50));
        for _ in 0..1000 {
            watchdog.ticked().unwrap();
        }
    }
}
