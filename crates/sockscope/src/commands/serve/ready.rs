//! Ready: telling people and programs that the server listens, and where.

use std::fs::File;
use std::io::{self, Write};

use sockscope_net::Listener;
use sockscope_sys::{duplicate, take_inherited};

use crate::fault::CliError;

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

    /// Writes a line for each listener with the address really bound, and closes.
    pub(super) fn announce(mut self, listeners: &[Listener]) -> Result<(), CliError> {
        // One write, so that a reader never sees half of it.
        let lines: Vec<_> = listeners.iter().map(|listener| listener.local().to_string()).collect();
        let text = lines.join("\n") + "\n";
        self.file.write_all(text.as_bytes()).map_err(|error| {
            let operation = format!("cannot write to descriptor {}", self.number);
            CliError::environment(error).context(operation)
        })
    }
}
