//! `Sink`: the client of a stream, which counts what it has read.

use sockscope_proto::workload;

use super::{Rounds, Side};
use crate::exchange::ExchangeError;

/// Receives and checks until the window is over. The last byte that counts is one that was read.
#[derive(Debug)]
pub struct Sink {
    machine: workload::Sink,
    has_messages: bool,
    /// Whether it has read all that it is to read in this drive.
    is_done: bool,
}

impl Sink {
    /// For writes of `size` bytes.
    #[must_use]
    pub fn new(size: usize, has_messages: bool) -> Self {
        Self { machine: workload::Sink::new(size), has_messages, is_done: true }
    }
}

impl Side for Sink {
    type Ledger = Rounds;

    #[inline]
    fn needs_clock(&self) -> bool {
        true
    }

    fn on_start(&mut self, _now: u64, ledger: &mut Rounds) {
        // The whole drive is one exchange under way.
        self.is_done = false;
        ledger.started(1);
    }

    fn pending(&self) -> &[u8] {
        &[]
    }

    fn sent(&mut self, _count: usize) {}

    #[inline]
    fn wants_input(&self) -> bool {
        !self.is_done
    }

    #[inline]
    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Rounds,
    ) -> Result<usize, ExchangeError> {
        if self.has_messages {
            ledger.lost += self.machine.on_message(input).map_err(ExchangeError::Wrong)?;
        } else {
            self.machine.on_bytes(input).map_err(ExchangeError::Wrong)?;
        }
        ledger.received(input.len(), now);
        if !self.is_done && !ledger.is_open_at(now) {
            self.is_done = true;
            ledger.stopped();
        }
        Ok(input.len())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Err(ExchangeError::Closed)
    }

    fn is_over(&self) -> bool {
        false
    }
}
