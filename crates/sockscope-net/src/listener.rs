//! Listener: a bound socket that serves one endpoint.

mod adopt;
mod bind;
mod datagram;
mod error;
mod hint;
mod network;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{self, SocketFlags, sockopt};

pub use datagram::Sender;
pub use error::{BindError, FileStep};

use crate::buffers::Buffers;
use crate::conn::Conn;
use crate::endpoint::{Endpoint, Kind};
use crate::mode::Mode;
use crate::resolve::canonical;
use crate::socket_file::SocketFile;
use crate::transport::Transport;

/// A bound socket: listening on the connected kinds, merely bound on datagrams. Non-blocking, and
/// closed on exec.
///
/// A socket file that it made is removed on drop, if it is still the same file.
#[derive(Debug)]
pub struct Listener {
    /// Only held for its removal, which comes first: fields are dropped in this order.
    file: Option<SocketFile>,
    fd: OwnedFd,
    local: Endpoint,
    kind: Kind,
    transport: Transport,
    /// Whether its datagrams come with more than their sender's address.
    asks_for_more: bool,
}

/// Choices for [`Listener::bind`].
#[derive(Clone, Debug, Default)]
pub struct BindOptions {
    /// Access rights of a socket file; by default what the umask leaves of 0777.
    pub mode: Option<Mode>,
    /// User id that a socket file is given to; by default our own.
    pub owner: Option<u32>,
    /// Group id that a socket file is given to; by default our own, or the directory's.
    pub group: Option<u32>,
    /// How many connections may wait to be accepted; by default all that the system allows.
    pub backlog: Option<u32>,
    /// Whether the senders of Unix datagrams are not asked who they are, which makes every receive cheaper. They can be
    /// answered all the same.
    pub anonymous: bool,
    /// Bytes to ask for with `SO_SNDBUF` and `SO_RCVBUF`; by default what the kernel gives. TCP hands them down to every
    /// connection, with the window that goes with them; Unix streams have to be asked again,
    /// [`Conn::set_buffers`].
    pub buffers: Option<u32>,
    /// The sockets that systemd passed, for [`Endpoint::SdListen`].
    pub activated: Vec<Activated>,
}

/// A socket that was passed by systemd's protocol, as `LISTEN_FDS` and `LISTEN_FDNAMES` tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activated {
    /// Its name; `unknown` where none was given.
    pub name: String,
    /// Its descriptor number.
    pub number: u32,
}

impl Listener {
    /// Binds every address of an endpoint, and listens where its kind does.
    ///
    /// That is one listener but for a name that resolves to several addresses.
    pub fn bind(endpoint: &Endpoint, options: &BindOptions) -> Result<Vec<Self>, BindError> {
        bind::bind(endpoint, options)
    }

    /// The address that is really bound: port 0 is resolved.
    #[must_use]
    pub fn local(&self) -> &Endpoint {
        &self.local
    }

    /// Stream, datagram or seqpacket.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The transport as really bound.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        self.transport.name()
    }

    /// `accept4(fd, …, SOCK_CLOEXEC | SOCK_NONBLOCK)`, with `TCP_NODELAY` on TCP.
    pub fn accept(&self) -> io::Result<Conn> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        if !self.transport.is_network() {
            let fd = net::accept_with(&self.fd, flags)?;
            return Ok(Conn::accepted(fd, self.kind, self.transport, None));
        }
        let (fd, from) = net::acceptfrom_with(&self.fd, flags)?;
        let from = from.and_then(|address| SocketAddr::try_from(address).ok());
        // A connection that is already reset refuses the option; its reader will learn why.
        let _ = sockopt::set_tcp_nodelay(&fd, true);
        let v6 = from.is_some_and(|from| canonical(from).is_ipv6());
        let transport = self.transport.as_connected(fd.as_fd(), v6);
        Ok(Conn::accepted(fd, self.kind, transport, from))
    }

    /// `accept4(fd, …, SOCK_CLOEXEC)` and nothing else: what a plain server does. `nonblocking` adds `SOCK_NONBLOCK`.
    pub fn accept_plain(&self, nonblocking: bool) -> io::Result<Conn> {
        let mut flags = SocketFlags::CLOEXEC;
        flags.set(SocketFlags::NONBLOCK, nonblocking);
        let fd = net::accept_with(&self.fd, flags)?;
        Ok(Conn::accepted(fd, self.kind, self.transport, None))
    }

    /// Wakes whoever sleeps in accept, with an error, for good.
    pub fn shut_down(&self) -> io::Result<()> {
        Ok(net::shutdown(&self.fd, net::Shutdown::Both)?)
    }

    /// The buffer sizes that the kernel granted.
    pub fn buffers(&self) -> io::Result<Buffers> {
        Buffers::of(self.fd.as_fd())
    }

    /// Removes the socket file now, if there is one: who is connected stays connected, and nobody new
    /// finds the way.
    pub fn remove_file(&mut self) {
        self.file = None;
    }

    /// Whether calls return at once or sleep until there is something to do.
    pub fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.fd, on)?)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
