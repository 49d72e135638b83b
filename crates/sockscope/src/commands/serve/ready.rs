//! Ready: telling people and programs that the server listens, and where.

use std::fs::File;
use std::io::{self, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;
use sockscope_engine::serve::Shutdown;
use sockscope_sys::{duplicate, take_inherited};

use crate::fault::CliError;

/// What a pipe that can be written to takes without blocking: `PIPE_BUF`. Short announcements are
/// one piece, so that a reader never sees half of one.
const PIECE: usize = 4096;

/// The descriptor of `--ready-fd`, taken before anything is bound.
#[derive(Debug)]
pub(super) struct Ready {
    file: File,
    number: u32,
}

impl Ready {
    /// Takes the inherited descriptor over; standard output and error are shared with the rest of
    /// the program.
    pub(super) fn take(number: u32) -> Result<Self, CliError> {
        let taken = match i32::try_from(number) {
            Ok(standard @ 0..=2) => duplicate(standard),
            Ok(number) => take_inherited(number),
            Err(_) => Err(io::ErrorKind::InvalidInput.into()),
        };
        let file = taken.map_err(|error| {
            CliError::usage(error).context(format!("cannot use descriptor {number}")).hint(format!(
                "--ready-fd {number} needs a descriptor from the caller: {number}>FILE"
            ))
        })?;
        Ok(Self { file: file.into(), number })
    }

    /// Writes a line for each address and closes. A reader that does not read cannot hold up the
    /// end of the server: once that is asked for, nobody needs to know any more.
    pub(super) fn announce(
        mut self,
        addresses: &[String],
        shutdown: &Shutdown,
    ) -> Result<(), CliError> {
        let text = addresses.join("\n") + "\n";
        self.write(text.as_bytes(), shutdown).map_err(|error| {
            let operation = format!("cannot write to descriptor {}", self.number);
            CliError::environment(error).context(operation)
        })
    }

    fn write(&mut self, text: &[u8], shutdown: &Shutdown) -> io::Result<()> {
        for piece in text.chunks(PIECE) {
            if !self.has_room(shutdown)? {
                break;
            }
            self.file.write_all(piece)?;
        }
        Ok(())
    }

    /// Waits until a piece can be written; false when the server is to end before that.
    fn has_room(&self, shutdown: &Shutdown) -> io::Result<bool> {
        let mut fds =
            [PollFd::new(&self.file, PollFlags::OUT), PollFd::new(shutdown, PollFlags::IN)];
        retry_on_intr(|| poll(&mut fds, None))?;
        Ok(!fds[0].revents().is_empty())
    }
}
