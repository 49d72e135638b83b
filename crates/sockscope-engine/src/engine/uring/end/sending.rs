//! Sending: what a connection sends, one send at a time, at once or as there is room.

use std::io;

use sockscope_sys::uring::{Fixed, Uring as Ring};

use super::{End, Fate, Kind, Under};
use crate::exchange::ExchangeError;
use crate::side::Side;
use crate::wire::Wire;

impl<W: Wire, S: Side> End<W, S> {
    /// Queues what is pending, if nothing is under way.
    #[inline]
    pub(in super::super) fn flush(&mut self, under: &mut Under<'_>) -> Result<(), ExchangeError> {
        let pending = self.side.pending();
        if pending.is_empty() || self.is_waiting {
            return Ok(());
        }
        let Some(wire) = &self.wire else { return Ok(()) };
        let slot = self.next;
        let Some(room) = under.ring.slot_mut(slot) else {
            self.hold_up(under);
            return Ok(());
        };
        let count = pending.len().min(room.len());
        room[..count].copy_from_slice(&pending[..count]);
        under
            .ring
            .send_now(Fixed(self.number), slot, 0..count, self.number)
            .map_err(ExchangeError::Send)?;
        wire.handed_over();
        self.outbound = 0..count;
        self.side.sent(count);
        if !self.side.pending().is_empty() {
            self.hold_up(under);
        }
        Ok(())
    }

    /// A send fell short, or one that waited has ended.
    #[cold]
    pub(super) fn on_sent(
        &mut self,
        result: io::Result<usize>,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        self.is_waiting = false;
        if self.wire.is_none() || self.kind == Kind::ManyPeers {
            return Ok(Fate::Open);
        }
        match result {
            Ok(count) => self.outbound.start += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(ExchangeError::Send(error)),
        }
        if !self.outbound.is_empty() {
            self.await_room(under.ring).map_err(ExchangeError::Send)?;
            return Ok(Fate::Open);
        }
        self.flush(under)?;
        self.catch_up(under, ledger)
    }

    /// Has what is left sent as there is room. The kernel does that for streams; a message is sent anew.
    fn await_room(&mut self, ring: &mut Ring) -> io::Result<()> {
        self.is_waiting = true;
        let (place, token) = (Fixed(self.number), self.number);
        if self.kind == Kind::Messages {
            ring.poll_room(place, token)
        } else {
            ring.send_all(place, self.next, self.outbound.clone(), token)
        }
    }

    /// There is room for the message that found none.
    #[cold]
    pub(super) fn on_writable(
        &mut self,
        polled: io::Result<()>,
        under: &mut Under<'_>,
    ) -> Result<Fate, ExchangeError> {
        if self.wire.is_none() {
            return Ok(Fate::Open);
        }
        self.is_waiting = false;
        let (place, part) = (Fixed(self.number), self.outbound.clone());
        let sent = polled.and_then(|()| under.ring.send_now(place, self.next, part, self.number));
        sent.map_err(ExchangeError::Send)?;
        self.flush(under)?;
        self.fate(under)
    }
}
