//! Answering: the socket of a datagram server, which answers whoever asked last.
//!
//! It is not connected, and one for all clients, as a server's is.

use std::cell::RefCell;
use std::io;

use sockscope_net::{Listener, Sender};

use super::Wire;

/// A bound datagram socket and the sender of the last message.
#[derive(Debug)]
pub struct Answering<'a> {
    listener: &'a Listener,
    asker: RefCell<Option<Sender>>,
}

impl<'a> Answering<'a> {
    /// Over a listener of a datagram kind.
    #[must_use]
    pub fn new(listener: &'a Listener) -> Self {
        Self { listener, asker: RefCell::new(None) }
    }
}

impl Wire for Answering<'_> {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.asker.borrow().as_ref() {
            Some(asker) => self.listener.reply(bytes, asker),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (count, asker) = self.listener.receive(buffer)?;
        self.asker.replace(Some(asker));
        Ok(count)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.listener.set_nonblocking(on)
    }

    fn has_messages(&self) -> bool {
        true
    }
}
