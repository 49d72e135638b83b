//! Interrupt: the signals that end a command, as a descriptor that becomes readable, and the death by them that follows.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::{emulate_default_handler, pipe};

/// Watches for the signals that end a command; the command stays in charge of when.
#[derive(Debug)]
pub(crate) struct Interrupt {
    reader: UnixStream,
    last: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on SIGINT and SIGTERM only make the descriptor readable.
    pub(crate) fn watch() -> io::Result<Self> {
        Self::watch_for(&[SIGINT, SIGTERM])
    }

    /// The same for just these signals.
    pub(crate) fn watch_for(signals: &[c_int]) -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        let last = Arc::new(AtomicUsize::new(0));
        let released = Arc::new(AtomicBool::new(false));
        for &signal in signals {
            let value = usize::try_from(signal).unwrap_or_default();
            flag::register_conditional_default(signal, Arc::clone(&released))?;
            flag::register_usize(signal, Arc::clone(&last), value)?;
            pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(Self { reader, last, released })
    }

    /// The same for the first of the signals; the second ends the process at once, wherever it is stuck.
    pub(crate) fn watch_first() -> io::Result<Self> {
        let first_came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down, and raises it.
            flag::register_conditional_default(signal, Arc::clone(&first_came))?;
            flag::register(signal, Arc::clone(&first_came))?;
        }
        Self::watch()
    }

    /// Gives the signals back: from now on they end the process at once, even one that is stuck in a write.
    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::Relaxed);
    }

    /// Sleeps until the next of the signals.
    pub(crate) fn wait(&self) -> io::Result<()> {
        rustix::io::retry_on_intr(|| rustix::io::read(&self.reader, &mut [0; 1]))?;
        Ok(())
    }

    /// Ends this process as the signal would have, so that whoever waits for us knows (a shell says 130 for SIGINT).
    pub(crate) fn reraise(&self) -> io::Result<()> {
        let last = c_int::try_from(self.last.load(Ordering::Relaxed)).unwrap_or_default();
        emulate_default_handler(if last == 0 { SIGINT } else { last })
    }
}

impl AsFd for Interrupt {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
