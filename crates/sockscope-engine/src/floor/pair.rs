//! Pair: one end of a socketpair, a stream without an address.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{RecvFlags, SendFlags, recv, send, sockopt};

use super::{End, only};
use crate::wire::Wire;

/// One end of a connected pair of Unix stream sockets.
#[derive(Debug)]
pub struct Pair(OwnedFd);

impl Wire for Pair {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(&self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(&self.0, buffer, RecvFlags::empty())?.0)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.0, on)?)
    }

    fn has_messages(&self) -> bool {
        false
    }
}

impl End for Pair {
    fn new(descriptors: Vec<OwnedFd>) -> io::Result<Self> {
        only(descriptors).map(Self)
    }

    fn buffers(&self) -> Option<(usize, usize)> {
        let send = sockopt::socket_send_buffer_size(&self.0).ok()?;
        Some((send, sockopt::socket_recv_buffer_size(&self.0).ok()?))
    }
}

/// Asks for these buffers, if any are asked for.
pub(super) fn set_buffers(socket: impl AsFd, bytes: Option<u32>) -> io::Result<()> {
    if let Some(bytes) = bytes {
        sockopt::set_socket_send_buffer_size(&socket, bytes as usize)?;
        sockopt::set_socket_recv_buffer_size(&socket, bytes as usize)?;
    }
    Ok(())
}
