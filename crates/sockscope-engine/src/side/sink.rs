//! `Sink`: the client of a stream, which counts what it has read.

use sockscope_proto::workload::{self, Mismatch};

use super::{Rounds, Side};
use crate::exchange::ExchangeError;

/// Receives and checks until the window is over. The last byte that counts is one that was read.
#[derive(Debug)]
pub struct Sink {
    machine: workload::Sink,
    carrier: Carrier,
    /// Whether it has read all that it is to read in this drive.
    is_done: bool,
}

/// What carries the writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Bytes,
    Messages,
    Datagrams,
}

impl Sink {
    /// For writes of `size` bytes.
    #[must_use]
    pub fn new(size: usize, has_messages: bool) -> Self {
        let carrier = if has_messages { Carrier::Messages } else { Carrier::Bytes };
        Self::of(size, carrier)
    }

    /// For writes of `size` bytes, at least 8, of which some are lost and others come late.
    #[must_use]
    pub fn of_datagrams(size: usize) -> Self {
        Self::of(size, Carrier::Datagrams)
    }

    fn of(size: usize, carrier: Carrier) -> Self {
        Self { machine: workload::Sink::new(size), carrier, is_done: true }
    }

    /// How many before this input are lost; `None` of one that was counted as lost itself.
    #[inline]
    fn check(&mut self, input: &[u8]) -> Result<Option<u64>, Mismatch> {
        match self.carrier {
            Carrier::Bytes => self.machine.on_bytes(input).map(|()| Some(0)),
            Carrier::Messages => self.machine.on_message(input).map(Some),
            Carrier::Datagrams => self.machine.on_datagram(input),
        }
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
        if let Some(lost) = self.check(input).map_err(ExchangeError::Wrong)? {
            ledger.lost += lost;
            ledger.received(input.len(), now);
        }
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
