//! Limit: what ends one attempt: its time, or somebody who has lost patience.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{self, Errno};

/// The end of one attempt. Without a time it may take as long as the kernel tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit<'a> {
    end: Option<Instant>,
    /// Readable when the attempt is to end at once.
    stop: Option<BorrowedFd<'a>>,
}

/// How long a wait that cannot be interrupted may take, where somebody may interrupt it.
const SLICE: Duration = Duration::from_millis(50);

impl<'a> Limit<'a> {
    /// One equal share of the time until `deadline`, for the first of `attempts`.
    pub(super) fn share(
        deadline: Option<Instant>,
        attempts: usize,
        stop: Option<BorrowedFd<'a>>,
    ) -> Self {
        let attempts = u32::try_from(attempts.max(1)).unwrap_or(u32::MAX);
        let now = Instant::now();
        let end = deadline.map(|end| now + end.saturating_duration_since(now) / attempts);
        Self { end, stop }
    }

    /// What is left; `None` without a limit.
    fn remaining(self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// What is left for a wait that ends with nothing but its own time-out, the whole or a part of
    /// it. No more than nothing is `ETIMEDOUT`, and a stop is `ECANCELED`.
    pub(super) fn slice(self) -> io::Result<Option<Duration>> {
        if self.stop.is_some_and(is_readable) {
            return Err(Errno::CANCELED);
        }
        match (self.remaining(), self.stop) {
            (Some(Duration::ZERO), _) => Err(Errno::TIMEDOUT),
            (left, None) => Ok(left),
            (left, Some(_)) => Ok(Some(left.map_or(SLICE, |left| left.min(SLICE)))),
        }
    }

    /// Sleeps until a socket is writable. The end of the time is `ETIMEDOUT`, and a stop `ECANCELED`.
    pub(super) fn wait_writable(self, socket: impl AsFd) -> io::Result<()> {
        let writable = PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT);
        let stop = self.stop.map(|stop| PollFd::from_borrowed_fd(stop, PollFlags::IN));
        let watched = 1 + usize::from(stop.is_some());
        let mut fds = [writable.clone(), stop.unwrap_or(writable)];
        let fds = &mut fds[..watched];
        loop {
            // A duration of more than 2^63 seconds is as good as no limit.
            let left = self.remaining().and_then(|left| Timespec::try_from(left).ok());
            match poll(fds, left.as_ref()) {
                Ok(0) => return Err(Errno::TIMEDOUT),
                Ok(_) if fds.get(1).is_some_and(|stop| !stop.revents().is_empty()) => {
                    return Err(Errno::CANCELED);
                }
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}
