//! In turns: plain calls on ends that one thread owns, and nothing else that an engine may need a descriptor for.
//!
//! Each end has its turn: one attempt to send, one to receive. Of both ends of a connection neither ever sleeps, since there
//! is nobody else to wait for. One end alone may, in the call itself.

use std::hint::spin_loop;
use std::io;

use super::{Engine, Terms};
use crate::clock::now_ns;
use crate::exchange::{ExchangeError, unless_would_block};
use crate::side::{Ledger, Side};
use crate::view::Wait;
use crate::wire::Wire;

/// Drives all ends in turns.
#[derive(Debug)]
pub struct InTurns<W, S> {
    ends: Box<[(W, S)]>,
    scratch: Box<[u8]>,
}

impl<W: Wire, S: Side> Engine<W, S> for InTurns<W, S> {
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self> {
        let sleeps = terms.wait == Wait::Block && ends.len() == 1;
        for (wire, _) in &ends {
            wire.set_nonblocking(!sleeps)?;
        }
        Ok(Self { ends: ends.into(), scratch: vec![0; terms.scratch].into() })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        for (_, side) in &mut self.ends {
            let now = if side.needs_clock() { now_ns() } else { 0 };
            side.on_start(now, ledger);
        }
        while !ledger.is_done() {
            for (wire, side) in &mut self.ends {
                take_turn(wire, side, &mut self.scratch, ledger)?;
            }
        }
        Ok(())
    }
}

#[inline]
fn take_turn<W: Wire, S: Side>(
    wire: &W,
    side: &mut S,
    scratch: &mut [u8],
    ledger: &mut S::Ledger,
) -> Result<(), ExchangeError> {
    if !side.pending().is_empty() {
        let sent = unless_would_block(wire.send(side.pending())).map_err(ExchangeError::Send)?;
        side.sent(sent.unwrap_or(0));
    }
    if side.wants_input() {
        let received = unless_would_block(wire.receive(side.inlet(scratch)));
        match received.map_err(ExchangeError::Receive)? {
            None => spin_loop(),
            Some(0) => side.on_end()?,
            Some(count) => {
                let now = if side.needs_clock() { now_ns() } else { 0 };
                side.on_input(scratch, count, now, ledger)?;
            }
        }
    }
    Ok(())
}
