//! Tests of plain calls: what a side is told while they never have to wait.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::*;

/// A wire that always has room, and always something to receive.
struct Busy(UnixStream);

impl AsFd for Busy {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Wire for Busy {
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn receive(&self, _buffer: &mut [u8]) -> io::Result<usize> {
        Ok(1)
    }

    fn set_nonblocking(&self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn has_messages(&self) -> bool {
        true
    }
}

/// Exchanges until it was told of the time often enough; fails if it never is.
struct Waits(Instant);

#[derive(Default)]
struct Told(u32);

impl Ledger for Told {
    fn is_done(&self) -> bool {
        self.0 >= 3
    }
}

impl Side for Waits {
    type Ledger = Told;

    fn needs_clock(&self) -> bool {
        true
    }

    fn pending(&self) -> &[u8] {
        &[]
    }

    fn sent(&mut self, _count: usize) {}

    fn on_bytes(
        &mut self,
        input: &[u8],
        _now: u64,
        _ledger: &mut Told,
    ) -> Result<usize, ExchangeError> {
        // Long enough for any machine; only a failure ever waits for it.
        if self.0.elapsed() > Duration::from_secs(10) {
            return Err(ExchangeError::Closed);
        }
        Ok(input.len())
    }

    fn on_tick(&mut self, _now: u64, ledger: &mut Told) -> Result<(), ExchangeError> {
        ledger.0 += 1;
        Ok(())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Err(ExchangeError::Closed)
    }

    fn is_over(&self) -> bool {
        false
    }
}

#[test]
fn a_side_is_told_of_the_time_also_while_no_call_has_to_wait() {
    for (wait, both_ways) in [(Wait::Spin, true), (Wait::Block, true), (Wait::Block, false)] {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let tick = Some(Duration::from_millis(1));
        let terms = Terms { tick, both_ways, scratch: 8, ..Terms::new(wait, 8) };
        let ends = vec![(Busy(socket), Waits(Instant::now()))];
        let mut engine = Blocking::new(ends, &terms).unwrap();
        engine.drive(&mut Told::default()).unwrap();
    }
}
