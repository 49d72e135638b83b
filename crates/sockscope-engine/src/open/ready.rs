//! Ready: which connection to look at next, without ever waiting.

use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::{array, fmt, io};

use rustix::event::{Timespec, epoll};

use crate::wire::Calls;

/// Finds connections on which answers may have arrived.
pub trait Ready {
    /// The connection to receive from now, if there is one; `expects` tells which ones have requests in flight.
    fn next(&mut self, expects: impl Fn(usize) -> bool) -> io::Result<Option<usize>>;
}

/// Asks each connection that has requests in flight, in turn: an attempt to receive is the question. With many
/// connections most attempts find nothing.
#[derive(Debug)]
pub struct InTurn {
    connections: usize,
    last: usize,
}

impl InTurn {
    /// Over so many connections.
    #[must_use]
    pub const fn new(connections: usize) -> Self {
        Self { connections, last: 0 }
    }
}

impl Ready for InTurn {
    #[inline]
    fn next(&mut self, expects: impl Fn(usize) -> bool) -> io::Result<Option<usize>> {
        for _ in 0..self.connections {
            self.last = if self.last + 1 < self.connections { self.last + 1 } else { 0 };
            if expects(self.last) {
                return Ok(Some(self.last));
            }
        }
        Ok(None)
    }
}

/// Asks `epoll_wait(…, 0)`, which does not sleep, and then only the connections that it names.
pub struct Epoll {
    set: OwnedFd,
    events: [epoll::Event; Self::AT_ONCE],
    /// Events of the last question that were not looked at yet.
    left: Range<usize>,
    /// Where the questions are counted.
    calls: Rc<Calls>,
}

impl Epoll {
    const AT_ONCE: usize = 64;

    /// Over these connections, numbered in their order; its system calls are counted in `calls`.
    pub fn new<'a, F: AsFd + 'a>(
        connections: impl Iterator<Item = &'a F>,
        calls: &Rc<Calls>,
    ) -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (index, connection) in connections.enumerate() {
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&set, connection, data, epoll::EventFlags::IN)?;
        }
        let none =
            epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) };
        Ok(Self { set, events: array::from_fn(|_| none), left: 0..0, calls: Rc::clone(calls) })
    }
}

impl fmt::Debug for Epoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoll").field("set", &self.set).finish_non_exhaustive()
    }
}

impl Ready for Epoll {
    #[inline]
    fn next(&mut self, _expects: impl Fn(usize) -> bool) -> io::Result<Option<usize>> {
        if self.left.is_empty() {
            self.calls.add();
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            let count = match epoll::wait(&self.set, &mut self.events, Some(&now)) {
                Ok(count) => count,
                Err(rustix::io::Errno::INTR) => 0,
                Err(error) => return Err(error.into()),
            };
            self.left = 0..count;
        }
        let index = self.left.next().and_then(|at| self.events.get(at));
        Ok(index.and_then(|event| usize::try_from(event.data.u64()).ok()))
    }
}
