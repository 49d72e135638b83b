//! `Source`: the server of a stream, which sends as fast as it goes until the client has enough.

use sockscope_proto::workload;

use super::{Answers, Side};
use crate::exchange::ExchangeError;

/// Always has the next write to send. That the client has closed it learns by an error of the socket.
#[derive(Debug)]
pub struct Source {
    machine: workload::Source,
    sent: usize,
}

impl Source {
    /// Writes of `size` bytes.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { machine: workload::Source::new(size), sent: 0 }
    }

    /// The same in so many pieces of memory that take turns, for a wire that goes on looking at what it has taken.
    #[must_use]
    pub fn in_turns(size: usize, count: usize) -> Self {
        Self { machine: workload::Source::in_turns(size, count), sent: 0 }
    }
}

impl Side for Source {
    type Ledger = Answers;

    #[inline]
    fn needs_clock(&self) -> bool {
        false
    }

    #[inline]
    fn pending(&self) -> &[u8] {
        &self.machine.write()[self.sent..]
    }

    #[inline]
    fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.sent == self.machine.write().len() {
            self.sent = 0;
            self.machine.next();
        }
    }

    /// Nothing is said to it.
    #[inline]
    fn wants_input(&self) -> bool {
        false
    }

    fn on_bytes(
        &mut self,
        input: &[u8],
        _now: u64,
        _ledger: &mut Answers,
    ) -> Result<usize, ExchangeError> {
        Ok(input.len())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Ok(())
    }

    fn is_over(&self) -> bool {
        false
    }
}
