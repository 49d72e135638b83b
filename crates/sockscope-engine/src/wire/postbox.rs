//! Postbox: the socket of a datagram server that must not wait for one of its clients.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use rustix::io::Errno;
use sockscope_net::Listener;

use super::{Answering, Wire};

/// A datagram socket for all clients. An answer that cannot be delivered at once is lost, as datagrams are: its client
/// counts it.
#[derive(Debug)]
pub struct Postbox(Answering<Listener>);

impl Postbox {
    /// Over a listener of a datagram kind.
    #[must_use]
    pub fn new(listener: Listener) -> Self {
        Self(Answering::new(listener))
    }
}

impl Wire for Postbox {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        // No event tells when one of many clients has room again, or that there is no such client any more.
        let _ = self.0.send(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.receive(buffer) {
                // None of ours is so long.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => {}
                received => return received,
            }
        }
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.0.set_nonblocking(on)
    }

    fn has_messages(&self) -> bool {
        true
    }

    fn has_many_peers(&self) -> bool {
        true
    }
}

impl AsFd for Postbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Postbox {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
