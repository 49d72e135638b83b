//! Waiting: the system calls of a running ring.
//!
//! There is one, `io_uring_enter(2)`: it hands over what is queued, runs what the kernel has put off until now, and sleeps
//! if asked to. Completions are then taken from the kernel all at once: among them are those of sends that fell short, and a
//! send that ends at once and has none is known to have succeeded.

use std::io;
use std::time::Duration;

use io_uring::EnterFlags;
use io_uring::types::{SubmitArgs, Timespec};

use super::completion::decode;
use super::tag::{Kind, Tag};
use super::{Completion, Uring};

impl Uring {
    /// Hands over what is queued and sleeps until there are `want` completions, a signal comes, or the time is up. Says
    /// how many completions can be taken now.
    #[doc(alias = "io_uring_enter")]
    pub fn wait(&mut self, want: u32, timeout: Option<Duration>) -> io::Result<usize> {
        // Those that were not taken yet count.
        let here = u32::try_from(self.arrived.len()).unwrap_or(u32::MAX);
        self.enter(want.saturating_sub(here), timeout)?;
        Ok(self.arrived.len())
    }

    /// Hands over what is queued and runs what was put off, without sleeping. Says how many completions can be taken now.
    pub fn turn(&mut self) -> io::Result<usize> {
        self.enter(0, None)?;
        Ok(self.arrived.len())
    }

    /// Completions that can be taken without a system call.
    #[inline]
    pub fn ready(&mut self) -> usize {
        if self.arrived.is_empty() {
            self.collect();
        }
        self.arrived.len()
    }

    /// Whether a turn would do anything: something is queued, or the kernel has work that it put off. Looks at shared
    /// memory only, without a system call.
    #[inline]
    #[doc(alias = "IORING_SQ_TASKRUN")]
    pub fn has_work(&mut self) -> bool {
        let queue = self.ring.submission();
        !queue.is_empty() || queue.taskrun() || queue.cq_overflow()
    }

    /// Takes the next completion, if there is one; makes no system call.
    #[inline]
    pub fn complete(&mut self) -> Option<Completion> {
        while self.ready() > 0 {
            let entry = self.arrived.pop_front()?;
            // There is no completion but of our own operations; any other would be skipped.
            let decoded = decode(&entry, &mut self.buffers, &mut self.slots);
            if let Some(decoded) = decoded {
                // A count that stopped at 0 would hide an operation that ended twice. This one is wrong for good then, so
                // that the memory is never unmapped.
                self.in_flight -= u32::from(decoded.ended);
                return Some(decoded.completion);
            }
        }
        None
    }

    /// The one system call. A signal or the end of the time is no error: the caller looks at what is there.
    #[inline]
    pub(super) fn enter(&mut self, want: u32, timeout: Option<Duration>) -> io::Result<()> {
        let queued = u32::try_from(self.ring.submission().len()).unwrap_or(u32::MAX);
        self.enters += 1;
        let submitter = self.ring.submitter();
        let flags = EnterFlags::GETEVENTS;
        let entered = if let Some(timeout) = timeout {
            let timeout = Timespec::from(timeout);
            let arguments = SubmitArgs::new().timespec(&timeout);
            let flags = (flags | EnterFlags::EXT_ARG).bits();
            // SAFETY: the argument is of the type that EXT_ARG announces, and lives during the call.
            unsafe { submitter.enter(queued, want, flags, Some(&arguments)) }
        } else {
            // SAFETY: without an argument there is nothing that could be wrong about it.
            unsafe { submitter.enter::<libc::sigset_t>(queued, want, flags.bits(), None) }
        };
        self.collect();
        match entered {
            Err(error) if !is_early_end(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes completions from the kernel, and notes which sends have ended without one.
    fn collect(&mut self) {
        let completions = self.ring.completion();
        // No more than there is room for: what is left stays where it is.
        let room = self.arrived.capacity() - self.arrived.len();
        let is_all = completions.len() <= room;
        for entry in completions.take(room) {
            if let Some(Tag { kind: Kind::SendNow, index, .. }) = Tag::unpack(entry.user_data()) {
                self.slots.spoke(super::Slot(index));
            }
            self.arrived.push_back(entry);
        }
        let queue = self.ring.submission();
        if is_all && queue.is_empty() && !queue.cq_overflow() {
            self.in_flight -= self.slots.settle();
        }
    }
}

/// Whether the call ended before there was enough: a signal, the end of the time, or completions that have to be taken
/// before the kernel takes more work.
fn is_early_end(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINTR | libc::ETIME | libc::EBUSY | libc::EAGAIN))
}
