//! Engine: moves the bytes of many connections, each with its [`Side`].
//!
//! The contract that every engine keeps, so that a cell of one can be compared with a cell of another:
//!
//! 1. An engine is made of connected sockets, each with one side, and belongs to one thread. `--threads` is so many engines,
//!    which share nothing.
//! 2. [`Engine::drive`] first lets every side start, then moves bytes as [`crate::side`] says, and returns when the ledger
//!    is done (a client: the window is over and every request has been answered) or every connection has ended (a server).
//! 3. It can be called again and goes on with the same connections: once to warm up, once to measure. Between the two nothing
//!    is in flight, so that the meters of both ends are read outside the window and cost no exchange anything.
//! 4. It sends at once and waits for room only when there is none. It never waits for one connection while another could go
//!    on, nor stays with one for long while others are ready, and it never stops receiving because it cannot send: a request
//!    larger than all buffers locks nobody up.
//! 5. It waits as it was told: blocking, it sleeps in the kernel when there is nothing to do; spinning, it never does.
//! 6. When nothing at all has moved for as long as its patience, it gives up with [`ExchangeError::Silent`]. A server has no
//!    patience to lose: it waits for its clients. Where its terms say so it tells every side of the time, and sends what
//!    that made pending.
//! 7. The first error of any side or socket ends the drive; there is no result then.
//! 8. While it drives it does not allocate, lock, log or call through a pointer. (tokio is the exception: what its runtime
//!    does is what is measured.)
//!
//! | engine | when it sleeps | when it spins |
//! |---|---|---|
//! | [`Blocking`] | in `recv(2)`, a thread for each connection | `recv(2)` on a non-blocking socket, again and again |
//! | [`Epoll`] | in `epoll_wait(2)` without a timeout | `epoll_wait(2)` with a timeout of 0, again and again |
//! | [`InTurns`] | in the call itself, with one end; never with both ends of a connection | an attempt of each end in turn |
//! | [`Uring`] | in `io_uring_enter(2)` | on the ring's flags in shared memory, entering without sleeping when they say that there is something to do |
//! | `Tokio` | in its runtime, which is in `epoll_wait(2)` | never: it cannot be told not to sleep |

mod blocking;
mod epoll;
mod in_turns;
#[cfg(feature = "tokio")]
mod tokio;
mod uring;
mod watchdog;

use std::io;
use std::time::Duration;

#[cfg(feature = "tokio")]
pub(crate) use self::tokio::accept_until as accept_on_tokio;
#[cfg(feature = "tokio")]
pub use self::tokio::{AsyncWire, Tokio};
pub use blocking::Blocking;
pub use epoll::Epoll;
pub use in_turns::InTurns;
pub(crate) use uring::accept_until as accept_on_ring;
pub use uring::{Line, Lines, Uring};

use crate::exchange::ExchangeError;
use crate::side::Side;
use crate::view::Wait;

/// What a wire needs to wait for events; in a build without tokio nothing of its own.
#[cfg(not(feature = "tokio"))]
pub trait AsyncWire: crate::wire::Wire {}

#[cfg(not(feature = "tokio"))]
impl<W: crate::wire::Wire> AsyncWire for W {}

/// Moves the bytes of some connections; see the contract above.
pub trait Engine<W, S: Side>: Sized {
    /// Takes the connections over.
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self>;

    /// Drives them until the ledger is done or every connection has ended.
    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError>;
}

/// How an engine is to drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What to do while there is nothing to do.
    pub wait: Wait,
    /// How long nothing may move; `None` for ever.
    pub patience: Option<Duration>,
    /// How often sides are told of the time; `None` for never.
    pub tick: Option<Duration>,
    /// Bytes of the longest message, or of the longest request or answer on a stream.
    pub message: usize,
    /// Bytes of the buffer that sides share to receive into.
    pub scratch: usize,
    /// Whether more than one message can be waiting in a socket that keeps boundaries.
    pub many_messages: bool,
    /// Whether the peer may stop reading until its answers are read, so that plain calls that sleep would lock both up.
    pub both_ways: bool,
}

impl Terms {
    /// For ever, without a shared buffer, one message at a time, none longer than this: what a server of ours wants.
    #[must_use]
    pub const fn new(wait: Wait, message: usize) -> Self {
        Self {
            wait,
            patience: None,
            tick: None,
            message,
            scratch: 0,
            many_messages: false,
            both_ways: false,
        }
    }
}
