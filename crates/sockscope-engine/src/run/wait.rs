//! Wait: the coordinator asleep in poll(2) while a block runs.

use std::io;
use std::os::fd::BorrowedFd;
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
    /// The channel of its peer has something to read, or ended.
    pub(super) peer: bool,
}

impl Patience<'_> {
    /// Sleeps until there is news, or for `left`.
    pub(super) fn sleep(
        &self,
        channel: BorrowedFd<'_>,
        peer: Option<BorrowedFd<'_>>,
        left: Duration,
    ) -> io::Result<News> {
        let mut fds = vec![PollFd::from_borrowed_fd(channel, PollFlags::IN)];
        let mut watch = |fd| {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
            fds.len() - 1
        };
        let (interrupt, peer) = (self.interrupt.map(&mut watch), peer.map(&mut watch));
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is_set = |at: Option<usize>| at.is_some_and(|index| !fds[index].revents().is_empty());
        Ok(News { spoken: is_set(Some(0)), interrupted: is_set(interrupt), peer: is_set(peer) })
    }
}
