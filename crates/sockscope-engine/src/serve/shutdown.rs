//! `Shutdown`: how the owner of a server asks it to end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// A handle to end servers: cheap to clone, usable from any thread.
///
/// It belongs to one call of [`serve`](super::serve); once asked, it stays asked.
#[derive(Debug, Clone)]
pub struct Shutdown {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    phase: AtomicU8,
    /// Becomes readable at each request; every worker watches it edge-triggered, nobody reads it.
    bell: OwnedFd,
}

/// How far a server has been asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Not at all.
    Running,
    /// Stop accepting, finish what was received, then end.
    Finishing,
    /// End without finishing anything.
    Aborting,
}

impl Shutdown {
    /// `eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)`: a handle that has not been used yet.
    pub fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { shared: Arc::new(Shared { phase: AtomicU8::new(0), bell }) })
    }

    /// Stop accepting, answer what was received, then end; within the grace of the server's
    /// options.
    pub fn finish(&self) {
        self.raise(Phase::Finishing);
    }

    /// End now; what was received and not answered is lost.
    pub fn abort(&self) {
        self.raise(Phase::Aborting);
    }

    /// Whether the end has been asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.phase() != Phase::Running
    }

    pub(super) fn phase(&self) -> Phase {
        match self.shared.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Finishing,
            _ => Phase::Aborting,
        }
    }

    fn raise(&self, phase: Phase) {
        self.shared.phase.fetch_max(phase as u8, Ordering::Release);
        // The counter would only be full after 2^64 - 2 requests, and it is then readable anyway.
        let _ = rustix::io::write(&self.shared.bell, &1_u64.to_ne_bytes());
    }
}

/// Readable once the end has been asked for; it is not to be read.
impl AsFd for Shutdown {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Shutdown};

    #[test]
    fn a_request_never_takes_an_earlier_one_back() {
        let shutdown = Shutdown::new().unwrap();
        assert_eq!((shutdown.phase(), shutdown.is_asked()), (Phase::Running, false));
        shutdown.clone().abort();
        shutdown.finish();
        assert!(shutdown.is_asked());
        assert_eq!(shutdown.phase(), Phase::Aborting);
    }
}
