//! Counted: a wire whose system calls are counted.
//!
//! A plain addition beside each call, in memory of the same thread: against a system call it costs nothing that can be
//! measured, so it is always done and the loops need to know nothing of it.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use super::Wire;

/// System calls on the wires of one thread.
#[derive(Debug, Default)]
pub struct Calls {
    made: Cell<u64>,
    /// How many there were when something was sent for the first and for the last time; of a server that is an answer.
    first_sent: Cell<Option<u64>>,
    last_sent: Cell<u64>,
    /// Whether one of the wires makes no system call for an attempt, so that the count means nothing.
    meaningless: Cell<bool>,
}

impl Calls {
    /// All so far; `None` where attempts are not system calls.
    #[must_use]
    pub fn made(&self) -> Option<u64> {
        (!self.meaningless.get()).then(|| self.made.get())
    }

    /// Those from the first answer to the last: not those that waited for the first request, and not those that found the
    /// end of the connection.
    #[must_use]
    pub fn between_answers(&self) -> Option<u64> {
        let made = self.last_sent.get() - self.first_sent.get()?;
        (!self.meaningless.get()).then_some(made)
    }

    /// One more.
    pub(crate) fn add(&self) {
        self.made.set(self.made.get() + 1);
    }

    fn sent(&self) {
        let made = self.made.get();
        self.last_sent.set(made);
        if self.first_sent.get().is_none() {
            self.first_sent.set(Some(made));
        }
    }
}

/// A wire, and where its calls are counted.
#[derive(Debug)]
pub struct Counted<W> {
    wire: W,
    calls: Rc<Calls>,
}

impl<W: Wire> Counted<W> {
    /// Counts the calls of `wire` from now on.
    #[must_use]
    pub fn new(wire: W, calls: &Rc<Calls>) -> Self {
        if !W::ATTEMPT_IS_CALL {
            calls.meaningless.set(true);
        }
        Self { wire, calls: Rc::clone(calls) }
    }

    /// The wire itself, for somebody whose calls cannot be counted: the count then means nothing.
    #[must_use]
    pub fn into_uncounted(self) -> W {
        self.calls.meaningless.set(true);
        self.wire
    }
}

impl<W: Wire> Wire for Counted<W> {
    const ATTEMPT_IS_CALL: bool = W::ATTEMPT_IS_CALL;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.add();
        let sent = self.wire.send(bytes)?;
        self.calls.sent();
        Ok(sent)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.calls.add();
        self.wire.receive(buffer)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.wire.set_nonblocking(on)
    }

    fn has_messages(&self) -> bool {
        self.wire.has_messages()
    }

    fn has_many_peers(&self) -> bool {
        self.wire.has_many_peers()
    }

    #[inline]
    fn called(&self) {
        self.calls.add();
    }

    #[inline]
    fn handed_over(&self) {
        self.calls.sent();
    }
}

impl<W: AsFd> AsFd for Counted<W> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wire.as_fd()
    }
}
