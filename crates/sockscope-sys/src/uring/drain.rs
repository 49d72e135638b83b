//! Draining: how a ring ends.
//!
//! Closing a ring does not end its operations: the kernel cancels them some time later, and may write to their memory
//! until then. So they are cancelled while the ring is open, and their last completions are awaited: after its last
//! completion the kernel has no address of an operation. Only then is the ring closed and the memory unmapped. Should an
//! operation not end in time, the memory is left mapped for ever: lost, but never the wrong thing to write to.

use std::time::Duration;

use super::Uring;

/// How often everything is cancelled; more than once, since an operation may be about to start anew just then.
const ROUNDS: usize = 10;
/// How long a round lasts. Sockets end at once, so only a bug of the kernel waits for it.
const PATIENCE: Duration = Duration::from_millis(100);

impl Uring {
    /// Ends all operations; whether the kernel is done with all memory.
    pub(super) fn drain(&mut self) -> bool {
        // What was never handed over is, so that sends that end at once have.
        if self.in_flight > 0 && self.turn().is_err() {
            return false;
        }
        for _ in 0..ROUNDS {
            while let Some(completion) = self.complete() {
                // A descriptor that was accepted meanwhile is closed here.
                drop(completion);
            }
            if self.in_flight == 0 {
                return true;
            }
            if self.cancel_all().is_err() || self.enter(self.in_flight, Some(PATIENCE)).is_err() {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;

    use crate::uring::{Config, Fixed, Pool, Slot, Uring, probe};

    #[test]
    fn whatever_is_in_flight_has_ended_once_a_ring_is_drained() {
        if probe().is_err() {
            return;
        }
        let pool = |size| Pool { count: 2, size };
        let config = Config {
            submissions: 4,
            completions: 4,
            descriptors: 4,
            buffers: pool(64),
            slots: pool(1 << 20),
        };
        let mut ring = Uring::new(&config).unwrap();
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        ring.install(Fixed(0), &ours).unwrap();
        ring.install(Fixed(1), &listener).unwrap();
        let (other, _its_peer) = UnixStream::pair().unwrap();
        ring.install(Fixed(2), &other).unwrap();
        ring.receive(Fixed(0), 0).unwrap();
        ring.accept(Fixed(1), 0).unwrap();
        // More than the socket holds, so that it waits; and then more operations than there is room for completions.
        ring.send_all(Fixed(0), Slot(0), 0..1 << 20, 0).unwrap();
        for _ in 0..8 {
            ring.receive(Fixed(0), 0).unwrap();
        }
        ring.turn().unwrap();
        assert_eq!(ring.in_flight(), 11);
        // One that will have no completion, and was not handed over yet.
        ring.send_now(Fixed(2), Slot(1), 0..1, 0).unwrap();
        assert_eq!(ring.in_flight(), 12);
        assert!(ring.drain());
        assert_eq!(ring.in_flight(), 0);
        assert!(ring.slot_mut(Slot(0)).is_some() && ring.slot_mut(Slot(1)).is_some());
    }
}
