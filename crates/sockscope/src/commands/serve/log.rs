//! Log: the events of the server as lines on stderr.
//!
//! A server must not stand still because nobody reads its log: a line that stderr does not take at
//! once is dropped, and the next one that goes through says how many were.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stderr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Sends every event up to `level` to stderr from now on.
pub(super) fn start(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(false)
        .with_writer(Lines::default())
        .init();
}

/// Stderr, a whole line at a time.
#[derive(Debug, Default)]
struct Lines {
    lost: Mutex<u64>,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> &'a Lines {
        self
    }
}

impl Write for &Lines {
    /// Takes one whole line, or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if !takes_a_line() {
            *lost += 1;
            return Ok(line.len());
        }
        let mut err = crate::printer::stderr().lock();
        if *lost > 0 {
            writeln!(err, "{lost} log lines were lost: nobody read them")?;
            *lost = 0;
            if !takes_a_line() {
                *lost = 1;
                return Ok(line.len());
            }
        }
        err.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether stderr has room: a pipe that can be written to has room for a page, which is more than a
/// line.
fn takes_a_line() -> bool {
    let error = stderr();
    let mut fds = [PollFd::new(&error, PollFlags::OUT)];
    // A poll that fails says nothing about stderr; then the write decides.
    poll(&mut fds, Some(&Timespec::default())).map_or(true, |ready| ready > 0)
}
