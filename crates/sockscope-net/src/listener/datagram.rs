//! Datagrams: receiving from anyone, and answering the one who sent.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, SocketAddrAny, sockopt};
use sockscope_sys::{Credentials, Received};

use super::Listener;
use crate::conn::Conn;
use crate::endpoint::ObservedName;
use crate::peer::{Peer, UnixPeer};
use crate::resolve::canonical;
use crate::transport::Transport;

/// Where a datagram came from, to answer it.
#[derive(Clone, Debug)]
pub struct Sender {
    address: Option<SocketAddrAny>,
    credentials: Option<Credentials>,
    /// Which of our addresses was asked, where we have several.
    asked: Option<IpAddr>,
}

impl Sender {
    /// Who sent: on `unixgram` the ids that the kernel attached to this very message.
    #[must_use]
    pub fn peer(&self) -> Peer {
        let Some(ids) = self.credentials else {
            let network = self.address.clone().and_then(|at| SocketAddr::try_from(at).ok());
            return network.map_or(Peer::Unknown, |at| Peer::Network(canonical(at)));
        };
        let name = self.address.as_ref().and_then(sockscope_sys::unix_name).unwrap_or_default();
        let name = ObservedName::from_kernel(name);
        Peer::Unix(UnixPeer { uid: ids.uid, gid: ids.gid, pid: ids.pid, name })
    }
}

impl Listener {
    /// Receives one message, on datagram kinds. A message that does not fit into `buffer` is lost,
    /// with the error `EMSGSIZE`.
    #[inline]
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Sender)> {
        let room = buffer.len();
        let (length, sender) = if self.asks_for_more {
            let received = sockscope_sys::receive_message(&self.fd, buffer)?;
            let Received { length, address, credentials, local: asked } = received;
            (length, Sender { address, credentials, asked })
        } else {
            let (_, length, address) = net::recvfrom(&self.fd, buffer, RecvFlags::TRUNC)?;
            (length, Sender { address, credentials: None, asked: None })
        };
        if length > room {
            return Err(Errno::MSGSIZE.into());
        }
        Ok((length, sender))
    }

    /// Sends one message to the sender of another, on datagram kinds: from the address that the
    /// other came to, or a client that expects it from there would not get it.
    ///
    /// A sender without an address, as an unbound Unix socket, cannot be answered: `EDESTADDRREQ`.
    #[inline]
    pub fn reply(&self, message: &[u8], to: &Sender) -> io::Result<usize> {
        let Some(address) = &to.address else { return Err(Errno::DESTADDRREQ.into()) };
        match to.asked {
            Some(asked) => sockscope_sys::send_from(&self.fd, message, address, asked),
            None => Ok(net::sendto(&self.fd, message, SendFlags::NOSIGNAL, address)?),
        }
    }

    /// `connect(fd, sender)`: from now on this socket has one peer, on datagram kinds. Its file, if it has one, is removed.
    ///
    /// A sender without an address, as an unbound Unix socket, cannot be connected to: `EDESTADDRREQ`.
    pub fn connect_to(self, to: &Sender) -> io::Result<Conn> {
        let Some(address) = &to.address else { return Err(Errno::DESTADDRREQ.into()) };
        net::connect(&self.fd, address)?;
        let from = SocketAddr::try_from(address.clone()).ok();
        Ok(Conn::accepted(self.fd, self.kind, self.transport, from))
    }
}

/// Has each datagram of a bound socket tell what its answer needs to know beyond the sender's
/// address; false if that is nothing.
pub(super) fn ask_for_more(
    fd: BorrowedFd<'_>,
    transport: Transport,
    anonymous: bool,
) -> io::Result<bool> {
    match transport {
        Transport::Unixgram if anonymous => Ok(false),
        Transport::Unixgram => {
            sockopt::set_socket_passcred(fd, true)?;
            Ok(true)
        }
        Transport::Udp | Transport::Udp6 if is_on_wildcard(fd)? => {
            sockscope_sys::receive_local_address(fd, transport == Transport::Udp6)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn is_on_wildcard(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let local = SocketAddr::try_from(net::getsockname(fd)?);
    Ok(local.is_ok_and(|local| local.ip().is_unspecified()))
}
