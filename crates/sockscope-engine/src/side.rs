//! Side: one end of a measured connection, without its socket.
//!
//! The contract between what is measured (round trips, an open loop, a stream, the answering server) and the engines that
//! move bytes by events (epoll, `io_uring`, tokio). An engine:
//!
//! - sends [`Side::pending`] as soon as it can, whole and in order, and tells what the kernel took by [`Side::sent`]; where
//!   boundaries are kept, one `pending` is one message;
//! - gives every byte that arrives to [`Side::on_bytes`], in order; where boundaries are kept, one call is one message;
//! - reads no more from a side whose [`Side::wants_input`] is false, until something was sent;
//! - calls [`Side::on_end`] when the peer has closed, and closes a side that [`is_over`](Side::is_over) once nothing is
//!   pending;
//! - passes the time of its last reading of the clock, taken after the bytes arrived; it reads the clock for sides that
//!   need it, and passes 0 to others.
//!
//! A side never blocks, never sees a descriptor, and does not allocate after it was made. What it measures goes into a
//! ledger, of which each thread of an engine has one for all its sides.

use crate::exchange::ExchangeError;

/// One end of a connection.
pub trait Side {
    /// Where what is measured goes.
    type Ledger;

    /// Whether the time matters; the clock is not read for a side that does not need it.
    const NEEDS_CLOCK: bool;

    /// What is to be sent now; empty when there is nothing.
    fn pending(&self) -> &[u8];

    /// The kernel took so many bytes of what was pending.
    fn sent(&mut self, count: usize);

    /// Whether what arrives can be taken now.
    fn wants_input(&self) -> bool {
        true
    }

    /// Bytes arrived.
    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Self::Ledger,
    ) -> Result<(), ExchangeError>;

    /// The peer will send no more.
    fn on_end(&mut self) -> Result<(), ExchangeError>;

    /// Whether there is nothing left to do: the connection is to be closed.
    fn is_over(&self) -> bool;
}
