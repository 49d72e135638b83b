//! Wait: the coordinator asleep in poll(2) while a block runs.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long workers are waited for, and what ends the wait early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience<'a> {
    /// What anything may take beyond the time it should take.
    pub(super) limit: Duration,
    /// Becomes readable when the run is to end.
    pub(super) interrupt: Option<BorrowedFd<'a>>,
}

/// What ended a sleep; neither when the time was up.
#[derive(Debug, Clone, Copy)]
pub(super) struct News {
    /// The channel has something to read, or ended.
    pub(super) spoken: bool,
    /// The run is to end.
    pub(super) interrupted: bool,
}

impl Patience<'_> {
    /// Sleeps until there is news, or for `left`.
    pub(super) fn sleep(&self, channel: &impl AsFd, left: Duration) -> io::Result<News> {
        let mut fds = vec![PollFd::new(channel, PollFlags::IN)];
        if let Some(interrupt) = &self.interrupt {
            fds.push(PollFd::new(interrupt, PollFlags::IN));
        }
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let set = |index: usize| fds.get(index).is_some_and(|fd| !fd.revents().is_empty());
        Ok(News { spoken: set(0), interrupted: set(1) })
    }
}
