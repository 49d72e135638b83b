//! Conn: a connected socket of any kind.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, Shutdown, sockopt};
use sockscope_sys::VsockAddress;

use crate::address;
use crate::buffers::{self, Buffers};
use crate::endpoint::{Endpoint, Kind, ObservedName, VsockEndpoint};
use crate::peer::{Peer, UnixPeer};
use crate::resolve::canonical;
use crate::transport::Transport;

/// A connected socket. On datagram kinds this is a client's socket, connected to one server.
///
/// It is kept small: a server holds ten thousand of them.
#[derive(Debug)]
pub struct Conn {
    fd: OwnedFd,
    kind: Kind,
    transport: Transport,
    /// The network address of the peer, which can no longer be asked for after a reset.
    network: Option<SocketAddr>,
    /// What was dialled; the kernel's answer for a path is relative to the server's directory.
    dialled: Option<Box<Endpoint>>,
}

impl Conn {
    pub(crate) fn accepted(
        fd: OwnedFd,
        kind: Kind,
        transport: Transport,
        from: Option<SocketAddr>,
    ) -> Self {
        let network = from.map(canonical);
        let transport = match network {
            Some(SocketAddr::V4(_)) => transport.over_ipv4(),
            _ => transport,
        };
        Self { fd, kind, transport, network, dialled: None }
    }

    pub(crate) fn dialled(
        fd: OwnedFd,
        kind: Kind,
        transport: Transport,
        network: Option<SocketAddr>,
        endpoint: Endpoint,
    ) -> Self {
        Self { fd, kind, transport, network, dialled: Some(Box::new(endpoint)) }
    }

    /// Stream, datagram or seqpacket.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The transport as really connected: `tcp` or `tcp6` whatever the name was, and also where Multipath TCP has fallen
    /// back to them.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        self.transport.name()
    }

    /// The address of the other end: for a client the one that was really used, for a server's
    /// connection `None` if the client has none, as most Unix clients.
    #[must_use]
    pub fn remote(&self) -> Option<Endpoint> {
        match &self.dialled {
            Some(endpoint) => Some(Endpoint::clone(endpoint)),
            None => address::remote_endpoint(self.fd.as_fd(), self.kind),
        }
    }

    /// The address of this end, if it has one.
    #[must_use]
    pub fn local(&self) -> Option<Endpoint> {
        address::local_endpoint(self.fd.as_fd(), self.kind)
    }

    /// `send(fd, bytes, MSG_NOSIGNAL)`: one system call, which may take only a part of a stream's
    /// bytes.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(net::send(&self.fd, bytes, SendFlags::NOSIGNAL)?)
    }

    /// `recv(fd, buffer)`: one system call. On streams 0 means that the peer has finished.
    ///
    /// On message kinds a message that does not fit into `buffer` is lost, with the error `EMSGSIZE`.
    /// There 0 can be an empty message; [`at_end`](Self::at_end) tells.
    #[inline]
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // MSG_TRUNC on a TCP stream would throw the bytes away instead of copying them.
        let flags = match self.kind {
            Kind::Stream => RecvFlags::empty(),
            Kind::Datagram | Kind::SeqPacket => RecvFlags::TRUNC,
        };
        let room = buffer.len();
        match net::recv(&self.fd, buffer, flags)? {
            (_, length) if length > room => Err(Errno::MSGSIZE.into()),
            (_, length) => Ok(length),
        }
    }

    /// Whether a [`receive`](Self::receive) of 0 bytes was the end of the connection.
    ///
    /// A stream has no other zero and a datagram socket has no end. A seqpacket connection has both:
    /// it is at its end when the peer will send no more and nothing more is waiting. (An empty
    /// message right before the end, with only another empty one behind it, cannot be told apart.)
    pub fn at_end(&self) -> io::Result<bool> {
        match self.kind {
            Kind::Stream => return Ok(true),
            Kind::Datagram => return Ok(false),
            Kind::SeqPacket => {}
        }
        let mut fds = [PollFd::new(&self.fd, PollFlags::RDHUP)];
        poll(&mut fds, Some(&Timespec::default()))?;
        if fds[0].revents().is_empty() {
            return Ok(false);
        }
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        match net::recv(&self.fd, &mut [0; 1][..], flags) {
            Ok((_, length)) => Ok(length == 0),
            Err(error) => Err(error.into()),
        }
    }

    /// Who is at the other end, asked now. Never fails: a peer that cannot be told is
    /// [`Peer::Unknown`].
    #[must_use]
    pub fn peer(&self) -> Peer {
        if let Some(address) = self.network {
            return Peer::Network(address);
        }
        if self.transport.is_unix() {
            return unix_peer(self.fd.as_fd()).map_or(Peer::Unknown, Peer::Unix);
        }
        let Ok(Some(address)) = net::getpeername(&self.fd) else { return Peer::Unknown };
        if let Some(address) = VsockAddress::from_any(&address) {
            return Peer::Vsock(VsockEndpoint::from(address));
        }
        SocketAddr::try_from(address).map_or(Peer::Unknown, |at| Peer::Network(canonical(at)))
    }

    /// `shutdown(fd, SHUT_WR)`: says that nothing more will be sent, and still receives.
    pub fn shutdown_write(&self) -> io::Result<()> {
        Ok(net::shutdown(&self.fd, Shutdown::Write)?)
    }

    /// Whether calls return at once or sleep until there is something to do.
    pub fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.fd, on)?)
    }

    /// Whether small writes leave at once (`TCP_NODELAY`). Nothing to do but on TCP.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        if self.transport.is_tcp() {
            sockopt::set_tcp_nodelay(&self.fd, on)?;
        }
        Ok(())
    }

    /// The buffer sizes that the kernel granted.
    pub fn buffers(&self) -> io::Result<Buffers> {
        Buffers::of(self.fd.as_fd())
    }

    /// Asks for so many bytes for each buffer; the kernel grants what it likes. TCP has settled the scale of its window by
    /// now: whoever wants more than the default asks before the connection is made.
    pub fn set_buffers(&self, bytes: u32) -> io::Result<()> {
        Ok(buffers::ask(self.fd.as_fd(), bytes)?)
    }
}

impl AsFd for Conn {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Conn {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl From<Conn> for OwnedFd {
    fn from(conn: Conn) -> Self {
        conn.fd
    }
}

/// The process at the other end of a connected Unix socket.
fn unix_peer(fd: BorrowedFd<'_>) -> Option<UnixPeer> {
    let ids = sockscope_sys::peer_credentials(fd).ok()??;
    let address = net::getpeername(fd).ok().flatten();
    let name = address.as_ref().and_then(sockscope_sys::unix_name).unwrap_or_default();
    let name = ObservedName::from_kernel(name);
    Some(UnixPeer { uid: ids.uid, gid: ids.gid, pid: ids.pid, name })
}
