//! Starved: how a connection receives while others hold all buffers.
//!
//! The buffers are one stock. Requests that are larger than it, of clients that send the next before the last is answered,
//! fill it with what their servers cannot take yet; and a server goes on only when its answer is received. Where both are on
//! one ring, nobody could: so whoever can take something receives it with a plain call into memory of its own.

use std::io;

use sockscope_sys::uring::{Fixed, Uring as Ring};

use super::{End, Fate, Kind, Peer, Receipt, Under};
use crate::clock::now_ns;
use crate::exchange::{ExchangeError, unless_would_block};
use crate::side::Side;
use crate::wire::Wire;

/// How often it receives before it is the turn of the others.
const TURN: u32 = 16;

impl<W: Wire, S: Side> End<W, S> {
    /// Has the ring say when there is something to receive, if the side could take it.
    pub(in super::super) fn await_input(&mut self, ring: &mut Ring) -> Result<(), ExchangeError> {
        // The next turn gives one with many peers its slots back, and with them the buffers that it holds.
        if self.kind == Kind::ManyPeers || !self.could_receive() {
            return Ok(());
        }
        if !self.queue.is_empty() || !self.side.wants_input() {
            return Ok(());
        }
        self.receipt = Receipt::Poll;
        ring.poll(Fixed(self.number), self.number).map_err(ExchangeError::Receive)
    }

    /// There is something to receive; if there are still no buffers, it is received into `scratch`.
    #[cold]
    pub(super) fn on_readable(
        &mut self,
        polled: io::Result<()>,
        scratch: &mut [u8],
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        self.receipt = Receipt::None;
        if self.wire.is_none() {
            return Ok(Fate::Open);
        }
        polled.map_err(ExchangeError::Receive)?;
        let mut turns = 0..TURN;
        while under.backlog.is_full() && self.side.wants_input() && turns.next().is_some() {
            let Some(wire) = &self.wire else { break };
            let received = unless_would_block(wire.receive(self.side.inlet(scratch)));
            match received.map_err(ExchangeError::Receive)? {
                None => break,
                Some(0) => {
                    self.peer = Peer::Ended;
                    break;
                }
                Some(count) => {
                    let now = if self.side.needs_clock() { now_ns() } else { 0 };
                    self.side.on_input(scratch, count, now, ledger)?;
                    self.flush(under)?;
                }
            }
        }
        self.fate(under)
    }
}
