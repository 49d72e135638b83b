//! Log: what a server says on stderr, its events and its notes.
//!
//! A server must not stand still because nobody reads its log: a line that stderr does not take at
//! once is dropped, and the next one that goes through says how many were. Nor must it end because
//! its reader has ended: an error of stderr is nobody's business any more.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stderr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Where a server says what everyone wants to know: where it listens, and what it has done.
#[derive(Debug)]
pub(super) struct Log {
    lines: Arc<Lines>,
    quiet: bool,
}

impl Log {
    /// Sends every event up to `level` to stderr from now on; a quiet log drops notes.
    pub(super) fn start(level: LevelFilter, quiet: bool) -> Self {
        let lines = Arc::new(Lines::default());
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .with_ansi(false)
            .with_writer(Arc::clone(&lines))
            .init();
        Self { lines, quiet }
    }

    /// A line that is no event. What it names must be escaped already.
    pub(super) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.lines.take(format!("{text}\n").as_bytes());
        }
    }
}

/// Stderr, a whole line at a time.
#[derive(Debug, Default)]
struct Lines {
    lost: Mutex<u64>,
}

impl Lines {
    /// Takes one whole line, or drops it.
    fn take(&self, line: &[u8]) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if !takes_a_line() {
            *lost += 1;
            return;
        }
        let mut err = crate::printer::stderr().lock();
        if *lost > 0 {
            let _ = writeln!(err, "{lost} log lines were lost: nobody read them");
            *lost = 0;
            if !takes_a_line() {
                *lost = 1;
                return;
            }
        }
        let _ = err.write_all(line);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> &'a Lines {
        self
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.take(line);
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
