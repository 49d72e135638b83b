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
        for _ in 0..ROUNDS {
            if self.in_flight == 0 {
                return true;
            }
            if self.cancel_all().is_err() || self.wait(self.in_flight, Some(PATIENCE)).is_err() {
                return false;
            }
            while let Some(completion) = self.complete() {
                // A descriptor that was accepted meanwhile is closed here.
                drop(completion);
            }
        }
        self.in_flight == 0
    }
}
