//! Wire: anything that carries bytes both ways, seen from one end.
//!
//! A connected socket is one; so are the socket of a datagram server that answers whoever asked last, two pipes, and two
//! rings in shared memory. The measured loops are generic over it, so that one definition of an exchange holds for all.

mod answering;
mod counted;
mod either;
mod postbox;
mod zero_copy;

use std::io;

use sockscope_net::{Conn, Kind};

pub use answering::Answering;
pub use counted::{Calls, Counted};
pub use either::Either;
pub use postbox::Postbox;
pub use zero_copy::ZeroCopy;

/// What the loops need of one end.
pub trait Wire {
    /// Whether an attempt is exactly one system call, so that system calls can be counted as attempts.
    const ATTEMPT_IS_CALL: bool = true;

    /// Sends: one attempt, which may take only a part of a stream's bytes. `WouldBlock` where it would have to wait and may
    /// not.
    fn send(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Receives: one attempt. On connected kinds 0 is the end. A message that does not fit is an error, never cut.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Whether an attempt that has to wait returns at once.
    fn set_nonblocking(&self, on: bool) -> io::Result<()>;

    /// Whether the boundaries of messages are kept.
    fn has_messages(&self) -> bool;

    /// Whether it is one socket for many clients: what is sent goes to whoever sent the last message.
    fn has_many_peers(&self) -> bool {
        false
    }

    /// A loop made a system call on behalf of this wire that is not an attempt, such as to wait for it.
    fn called(&self) {}

    /// An engine sends something on this wire by a call of its own, which it counts with [`called`](Self::called).
    fn handed_over(&self) {}
}

impl Wire for Conn {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Conn::send(self, bytes)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Conn::receive(self, buffer)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        Conn::set_nonblocking(self, on)
    }

    fn has_messages(&self) -> bool {
        self.kind() != Kind::Stream
    }
}

/// Whoever borrows a wire can use it.
impl<W: Wire> Wire for &W {
    const ATTEMPT_IS_CALL: bool = W::ATTEMPT_IS_CALL;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        W::send(self, bytes)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        W::receive(self, buffer)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        W::set_nonblocking(self, on)
    }

    fn has_messages(&self) -> bool {
        W::has_messages(self)
    }

    fn has_many_peers(&self) -> bool {
        W::has_many_peers(self)
    }

    #[inline]
    fn called(&self) {
        W::called(self);
    }

    #[inline]
    fn handed_over(&self) {
        W::handed_over(self);
    }
}
