//! Answering: the socket of a datagram server, which answers whoever asked last.
//!
//! It is not connected, and one for all clients, as a server's is.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use sockscope_net::{Listener, Sender};

use super::Wire;

/// A bound datagram socket and the sender of the last message.
#[derive(Debug)]
pub struct Answering<L> {
    listener: L,
    asker: RefCell<Option<Sender>>,
}

impl<L: Borrow<Listener>> Answering<L> {
    /// Over a listener of a datagram kind.
    #[must_use]
    pub fn new(listener: L) -> Self {
        Self { listener, asker: RefCell::new(None) }
    }
}

impl<L: Borrow<Listener>> Wire for Answering<L> {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.asker.borrow().as_ref() {
            Some(asker) => self.listener.borrow().reply(bytes, asker),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (count, asker) = self.listener.borrow().receive(buffer)?;
        self.asker.replace(Some(asker));
        Ok(count)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.listener.borrow().set_nonblocking(on)
    }

    fn has_messages(&self) -> bool {
        true
    }

    fn has_many_peers(&self) -> bool {
        true
    }
}

impl<L: Borrow<Listener>> AsFd for Answering<L> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.borrow().as_fd()
    }
}
