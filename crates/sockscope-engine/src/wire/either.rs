//! Either: one of two kinds of wire, where one thread drives both.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use super::Wire;

/// One wire or another.
#[derive(Debug)]
pub enum Either<A, B> {
    /// The one.
    One(A),
    /// The other.
    Other(B),
}

impl<A: Wire, B: Wire> Wire for Either<A, B> {
    const ATTEMPT_IS_CALL: bool = A::ATTEMPT_IS_CALL && B::ATTEMPT_IS_CALL;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::One(wire) => wire.send(bytes),
            Self::Other(wire) => wire.send(bytes),
        }
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::One(wire) => wire.receive(buffer),
            Self::Other(wire) => wire.receive(buffer),
        }
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        match self {
            Self::One(wire) => wire.set_nonblocking(on),
            Self::Other(wire) => wire.set_nonblocking(on),
        }
    }

    fn has_messages(&self) -> bool {
        match self {
            Self::One(wire) => wire.has_messages(),
            Self::Other(wire) => wire.has_messages(),
        }
    }

    fn has_many_peers(&self) -> bool {
        match self {
            Self::One(wire) => wire.has_many_peers(),
            Self::Other(wire) => wire.has_many_peers(),
        }
    }
}

impl<A: AsFd, B: AsFd> AsFd for Either<A, B> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::One(wire) => wire.as_fd(),
            Self::Other(wire) => wire.as_fd(),
        }
    }
}

impl<A: AsFd, B: AsFd> AsRawFd for Either<A, B> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
