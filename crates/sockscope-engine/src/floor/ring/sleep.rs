//! Sleep: waiting on a word of shared memory, and waking whoever does, only if somebody does.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

/// A word that is 1 while somebody sleeps there, or is about to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bed<'a>(pub(super) &'a AtomicU32);

impl Bed<'_> {
    /// Sleeps for as long as `is_idle`, which is asked after every wake-up.
    ///
    /// There is no limit: an end that goes, or is dropped while its thread unwinds, wakes the other, and a process that is
    /// killed takes the coordinator's attention, which ends the other, too. A limit would set a timer for every sleep.
    pub(super) fn sleep_while(
        self,
        mut is_idle: impl FnMut() -> io::Result<bool>,
    ) -> io::Result<()> {
        loop {
            self.0.store(1, Ordering::Relaxed);
            // Whoever changes what `is_idle` looks at does so before it looks here: one of the two sees the other.
            fence(Ordering::SeqCst);
            if !is_idle()? {
                self.0.store(0, Ordering::Relaxed);
                return Ok(());
            }
            match futex::wait(self.0, Flags::empty(), 1, None) {
                Ok(()) | Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Wakes whoever sleeps here, after what it waits for has been written.
    #[inline]
    pub(super) fn wake(self) {
        fence(Ordering::SeqCst);
        if self.0.load(Ordering::Relaxed) != 0 && self.0.swap(0, Ordering::Relaxed) != 0 {
            // Nobody to wake is no error, and there is no other.
            let _ = futex::wake(self.0, Flags::empty(), 1);
        }
    }
}
