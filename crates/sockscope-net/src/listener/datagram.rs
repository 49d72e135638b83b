//! Datagrams: receiving from anyone, and answering the one who sent.

use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, SocketAddrAny};
use sockscope_sys::Credentials;

use super::Listener;
use crate::endpoint::ObservedName;
use crate::peer::{Peer, UnixPeer};
use crate::resolve::canonical;
use crate::transport::Transport;

/// Where a datagram came from, to answer it.
#[derive(Clone, Debug)]
pub struct Sender {
    address: Option<SocketAddrAny>,
    credentials: Option<Credentials>,
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
        let (length, sender) = if self.transport == Transport::Unixgram {
            let received = sockscope_sys::receive_with_credentials(&self.fd, buffer)?;
            let sender = Sender { address: received.address, credentials: received.credentials };
            (received.length, sender)
        } else {
            let (_, length, address) = net::recvfrom(&self.fd, buffer, RecvFlags::TRUNC)?;
            (length, Sender { address, credentials: None })
        };
        if length > room {
            return Err(Errno::MSGSIZE.into());
        }
        Ok((length, sender))
    }

    /// Sends one message to the sender of another, on datagram kinds. A sender without an address,
    /// as an unbound Unix socket, cannot be answered: `EDESTADDRREQ`.
    ///
    /// A UDP listener on the wildcard answers from the address that the route back prefers.
    #[inline]
    pub fn reply(&self, message: &[u8], to: &Sender) -> io::Result<usize> {
        let Some(address) = &to.address else { return Err(Errno::DESTADDRREQ.into()) };
        Ok(net::sendto(&self.fd, message, SendFlags::NOSIGNAL, address)?)
    }
}
