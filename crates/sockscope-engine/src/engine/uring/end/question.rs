//! Question: a message of one of many clients, answered to that one.

use sockscope_sys::uring::{Fixed, Received, Slot};

use super::{End, Under};
use crate::clock::now_ns;
use crate::exchange::ExchangeError;
use crate::side::Side;
use crate::wire::Wire;

impl<W: Wire, S: Side> End<W, S> {
    /// Gives the side a message and queues what it answers. An empty one is a goodbye. The next slot is idle.
    ///
    /// An answer for which there is no room when it is handed over is lost, as datagrams are: no event tells when one of
    /// many clients has room again. They may overtake each other, too, and so each has a slot of its own.
    #[inline]
    pub(super) fn take_question(
        &mut self,
        question: Received,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        let (slot, ring) = (self.next, &mut *under.ring);
        match ring.datagram(&question).map(|datagram| datagram.payload) {
            None => {}
            Some([]) => self.side.on_end()?,
            Some(payload) => {
                let now = if self.side.needs_clock() { now_ns() } else { 0 };
                self.side.on_bytes(payload, now, ledger)?;
            }
        }
        let pending = self.side.pending();
        if let (Some(room), false) = (ring.slot_mut(slot), pending.is_empty()) {
            let count = pending.len().min(room.len());
            room[..count].copy_from_slice(&pending[..count]);
            ring.answer_now(Fixed(self.number), &question, slot, 0..count, self.number)
                .map_err(ExchangeError::Send)?;
            if let Some(wire) = &self.wire {
                wire.handed_over();
            }
            self.side.sent(count);
            let following = slot.0 + 1;
            self.next = Slot(if following < self.slots.end { following } else { self.slots.start });
        }
        ring.recycle(question);
        Ok(())
    }
}
