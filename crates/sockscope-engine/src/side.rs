//! Side: one end of a measured connection, without its socket.
//!
//! The contract between what is measured (round trips, an open loop, a stream, the answering server) and the engines that
//! move bytes (see [`crate::engine`]). An engine:
//!
//! - calls [`Side::on_start`] once at the beginning of each drive;
//! - sends [`Side::pending`] as soon as it can, whole and in order, and tells what the kernel took by [`Side::sent`]; where
//!   boundaries are kept, one `pending` is one message;
//! - gives every byte that arrives to the side, in order; where boundaries are kept, one call is one message. It receives
//!   into [`Side::inlet`] and calls [`Side::on_input`], or, when the kernel chose the place, calls [`Side::on_bytes`];
//! - asks [`Side::wants_input`] before it receives, and receives nothing while that is false: it changes only when something
//!   was sent. What `on_bytes` did not take, because the side has no more room, is given again after that;
//! - calls [`Side::on_end`] when the peer has closed (or has sent an empty message), and closes a side that
//!   [`is_over`](Side::is_over) once nothing is pending;
//! - calls [`Side::on_tick`] now and then, as often as its terms say, and sends what that made pending;
//! - passes the time of its last reading of the clock, taken after the bytes arrived; it reads the clock for sides that
//!   need it, and passes 0 to others.
//!
//! A side never blocks, never sees a descriptor, and does not allocate after it was made. What it measures goes into a
//! ledger, of which each thread of an engine has one for all its sides.

mod both;
mod datagrams;
mod ledger;
mod pipeline;
mod responder;
mod sink;
mod source;

pub use both::Both;
pub use datagrams::Datagrams;
pub use ledger::{Answers, Ledger, Rounds};
pub use pipeline::Pipeline;
pub use responder::Responder;
pub use sink::Sink;
pub use source::Source;

use crate::exchange::ExchangeError;

/// One end of a connection.
pub trait Side {
    /// Where what is measured goes.
    type Ledger: Ledger;

    /// Whether the time matters; the clock is not read for a side that does not need it. It never changes.
    fn needs_clock(&self) -> bool;

    /// A drive begins: what this side does by itself is to be done from now on.
    fn on_start(&mut self, now: u64, ledger: &mut Self::Ledger) {
        let _ = (now, ledger);
    }

    /// What is to be sent now; empty when there is nothing.
    fn pending(&self) -> &[u8];

    /// The kernel took so many bytes of what was pending.
    fn sent(&mut self, count: usize);

    /// Whether what arrives can be taken now.
    fn wants_input(&self) -> bool {
        true
    }

    /// Where to receive next: `scratch`, which all sides of a thread share, for a side that looks at its input once; a place
    /// of its own for a side that has to keep it. It has room for one byte more than what is expected, so that a receive
    /// that does not fill it has emptied a stream.
    #[inline]
    fn inlet<'a>(&'a mut self, scratch: &'a mut [u8]) -> &'a mut [u8] {
        scratch
    }

    /// `count` bytes, not 0, were received into the [`inlet`](Self::inlet), which was over the same `scratch`.
    #[inline]
    fn on_input(
        &mut self,
        scratch: &[u8],
        count: usize,
        now: u64,
        ledger: &mut Self::Ledger,
    ) -> Result<(), ExchangeError> {
        self.on_bytes(&scratch[..count], now, ledger).map(|_| ())
    }

    /// Bytes arrived somewhere else; how many of them were taken. A side without an inlet of its own takes all.
    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Self::Ledger,
    ) -> Result<usize, ExchangeError>;

    /// Time has passed; `now` is read for every side.
    fn on_tick(&mut self, now: u64, ledger: &mut Self::Ledger) -> Result<(), ExchangeError> {
        let _ = (now, ledger);
        Ok(())
    }

    /// The peer will send no more, or has sent an empty message.
    fn on_end(&mut self) -> Result<(), ExchangeError>;

    /// Whether there is nothing left to do: the connection is to be closed.
    fn is_over(&self) -> bool;
}
