//! Address: an endpoint in the form that the kernel takes, and the way back.

use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io;
use rustix::net::{self, AddressFamily, Protocol, SocketAddrAny, SocketAddrUnix, SocketFlags};
use rustix::net::{SocketType, ipproto};
use sockscope_sys::VsockAddress;

use crate::endpoint::{
    Endpoint, HostPort, Kind, NAME_MAX, ObservedName, UnixEndpoint, UnixName, VsockEndpoint,
};

/// An address to bind or to connect to.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Inet(SocketAddr),
    Unix(SocketAddrUnix),
    Vsock(VsockAddress),
}

impl Address {
    /// The address of a Unix endpoint.
    pub(crate) fn unix(endpoint: &UnixEndpoint) -> io::Result<Self> {
        match endpoint.name() {
            UnixName::Path(path) => SocketAddrUnix::new(path.as_path()),
            UnixName::Abstract(name) => SocketAddrUnix::new_abstract_name(name),
            UnixName::Padded(name) => {
                let mut padded = name.clone();
                padded.resize(NAME_MAX, 0);
                SocketAddrUnix::new_abstract_name(&padded)
            }
        }
        .map(Self::Unix)
    }

    /// `bind(fd, self)`.
    pub(crate) fn bind(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            Self::Inet(address) => net::bind(fd, address),
            Self::Unix(address) => net::bind(fd, address),
            Self::Vsock(address) => net::bind(fd, address),
        }
    }

    /// `connect(fd, self)`.
    pub(crate) fn connect(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            Self::Inet(address) => net::connect(fd, address),
            Self::Unix(address) => net::connect(fd, address),
            Self::Vsock(address) => net::connect(fd, address),
        }
    }

    pub(crate) fn family(&self) -> AddressFamily {
        match self {
            Self::Inet(SocketAddr::V4(_)) => AddressFamily::INET,
            Self::Inet(SocketAddr::V6(_)) => AddressFamily::INET6,
            Self::Unix(_) => AddressFamily::UNIX,
            Self::Vsock(_) => AddressFamily::VSOCK,
        }
    }

    /// A new non-blocking socket, closed on exec, that can have this address.
    pub(crate) fn socket(&self, endpoint: &Endpoint, kind: Kind) -> io::Result<OwnedFd> {
        let protocol = match endpoint {
            Endpoint::Mptcp(_) => Some(ipproto::MPTCP),
            _ => None,
        };
        socket(self.family(), kind, protocol)
    }
}

/// A new non-blocking socket that is closed on exec.
pub(crate) fn socket(
    family: AddressFamily,
    kind: Kind,
    protocol: Option<Protocol>,
) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    net::socket_with(family, socket_type(kind), flags, protocol)
}

/// The kernel's word for a kind.
pub(crate) fn socket_type(kind: Kind) -> SocketType {
    match kind {
        Kind::Stream => SocketType::STREAM,
        Kind::Datagram => SocketType::DGRAM,
        Kind::SeqPacket => SocketType::SEQPACKET,
    }
}

/// Our word for the kernel's socket type.
pub(crate) fn kind(socket_type: SocketType) -> Option<Kind> {
    match socket_type {
        SocketType::STREAM => Some(Kind::Stream),
        SocketType::DGRAM => Some(Kind::Datagram),
        SocketType::SEQPACKET => Some(Kind::SeqPacket),
        _ => None,
    }
}

/// An address of the kernel as an endpoint, if one can write it down.
pub(crate) fn endpoint(
    address: &SocketAddrAny,
    kind: Kind,
    protocol: Option<Protocol>,
) -> Option<Endpoint> {
    if let Some(name) = sockscope_sys::unix_name(address) {
        return ObservedName::from_kernel(name).endpoint(kind).map(Endpoint::Unix);
    }
    if let Some(address) = VsockAddress::from_any(address) {
        return Some(Endpoint::Vsock(VsockEndpoint::from(address)));
    }
    let at = HostPort::from(SocketAddr::try_from(address.clone()).ok()?);
    Some(match kind {
        Kind::Datagram => Endpoint::Udp(at),
        _ if protocol == Some(ipproto::MPTCP) => Endpoint::Mptcp(at),
        _ => Endpoint::Tcp(at),
    })
}

/// The same, for the address that a socket is bound to.
pub(crate) fn local_endpoint(fd: BorrowedFd<'_>, kind: Kind) -> Option<Endpoint> {
    let protocol = net::sockopt::socket_protocol(fd).ok().flatten();
    endpoint(&net::getsockname(fd).ok()?, kind, protocol)
}

/// The same, for the address that a socket is connected to.
pub(crate) fn remote_endpoint(fd: BorrowedFd<'_>, kind: Kind) -> Option<Endpoint> {
    let protocol = net::sockopt::socket_protocol(fd).ok().flatten();
    endpoint(&net::getpeername(fd).ok()??, kind, protocol)
}
