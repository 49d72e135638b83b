//! Buffers: how much of what is sent and not yet read the kernel keeps for a socket.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::{AddressFamily, sockopt};

/// What the kernel granted for the buffers of a socket, in bytes, its own overhead included: it doubles what is asked for
/// with `SO_SNDBUF` and `SO_RCVBUF`, up to twice `net.core.wmem_max` and `rmem_max`, see
/// [socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// `SO_SNDBUF`.
    pub send: usize,
    /// `SO_RCVBUF`. Unix sockets do not use it: there the sender's buffer limits both.
    pub receive: usize,
}

impl Buffers {
    pub(crate) fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        if is_vsock(fd)? {
            // One buffer, of what can be received, which the other end knows about.
            let bytes = sockscope_sys::vsock_buffer(fd)?;
            return Ok(Self { send: bytes, receive: bytes });
        }
        Ok(Self {
            send: sockopt::socket_send_buffer_size(fd)?,
            receive: sockopt::socket_recv_buffer_size(fd)?,
        })
    }
}

/// Asks for so many bytes for each buffer. More than the limits allow is cut without a word.
pub(crate) fn ask(fd: BorrowedFd<'_>, bytes: u32) -> Result<(), Errno> {
    if is_vsock(fd)? {
        let set = sockscope_sys::set_vsock_buffer(fd, u64::from(bytes));
        return set.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO));
    }
    sockopt::set_socket_send_buffer_size(fd, bytes as usize)?;
    sockopt::set_socket_recv_buffer_size(fd, bytes as usize)
}

fn is_vsock(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    Ok(sockopt::socket_domain(fd)? == AddressFamily::VSOCK)
}
