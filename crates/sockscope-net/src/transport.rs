//! Transport: what a socket really is, under the name that results give it.

use std::os::fd::BorrowedFd;

use rustix::net::{AddressFamily, getsockname, ipproto, sockopt};

use crate::endpoint::{Endpoint, Host, HostPort, Kind, UnixName};

/// The transports that an endpoint can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Unix,
    UnixAbstract,
    Unixgram,
    Unixpacket,
    Tcp,
    Tcp6,
    Udp,
    Udp6,
    Mptcp,
    Vsock,
}

impl Transport {
    /// The name in results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::UnixAbstract => "unix-abstract",
            Self::Unixgram => "unixgram",
            Self::Unixpacket => "unixpacket",
            Self::Tcp => "tcp",
            Self::Tcp6 => "tcp6",
            Self::Udp => "udp",
            Self::Udp6 => "udp6",
            Self::Mptcp => "mptcp",
            Self::Vsock => "vsock",
        }
    }

    pub(crate) fn is_unix(self) -> bool {
        matches!(self, Self::Unix | Self::UnixAbstract | Self::Unixgram | Self::Unixpacket)
    }

    /// Whether its peers have addresses of IP.
    pub(crate) fn is_network(self) -> bool {
        !self.is_unix() && self != Self::Vsock
    }

    /// Whether there is a Nagle algorithm to turn off.
    pub(crate) fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Tcp6 | Self::Mptcp)
    }

    /// The same transport when the peer turns out to speak IPv4 through a dual-stack socket.
    pub(crate) fn over_ipv4(self) -> Self {
        match self {
            Self::Tcp6 => Self::Tcp,
            Self::Udp6 => Self::Udp,
            other => other,
        }
    }

    /// The transport of a connection that was made with this one: Multipath TCP may have fallen back to plain TCP. Where the
    /// kernel cannot tell, it is taken at its word.
    pub(crate) fn as_connected(self, fd: BorrowedFd<'_>, v6: bool) -> Self {
        match self {
            Self::Mptcp if matches!(sockscope_sys::is_multipath(fd), Ok(false)) => {
                if v6 {
                    Self::Tcp6
                } else {
                    Self::Tcp
                }
            }
            other => other,
        }
    }

    /// The transport of an endpoint that has been resolved; `None` for an inherited socket.
    pub(crate) fn of_endpoint(endpoint: &Endpoint) -> Option<Self> {
        let v6 = |at: &HostPort| matches!(at.host, Host::V6(..));
        Some(match endpoint {
            Endpoint::Tcp(at) if v6(at) => Self::Tcp6,
            Endpoint::Tcp(_) => Self::Tcp,
            Endpoint::Udp(at) if v6(at) => Self::Udp6,
            Endpoint::Udp(_) => Self::Udp,
            Endpoint::Mptcp(_) => Self::Mptcp,
            Endpoint::Unix(unix) => match (unix.kind(), unix.name()) {
                (Kind::Stream, UnixName::Path(_)) => Self::Unix,
                (Kind::Stream, UnixName::Abstract(_) | UnixName::Padded(_)) => Self::UnixAbstract,
                (Kind::Datagram, _) => Self::Unixgram,
                (Kind::SeqPacket, _) => Self::Unixpacket,
            },
            Endpoint::Vsock(_) => Self::Vsock,
            Endpoint::Fd(_) | Endpoint::SdListen(_) => return None,
        })
    }

    /// Looks at a bound socket; `None` for a family that no endpoint has.
    pub(crate) fn of(fd: BorrowedFd<'_>, kind: Kind) -> Option<Self> {
        let v6 = match sockopt::socket_domain(fd).ok()? {
            AddressFamily::UNIX => return Some(Self::of_unix(fd, kind)),
            AddressFamily::VSOCK => return Some(Self::Vsock),
            AddressFamily::INET => false,
            AddressFamily::INET6 => true,
            _ => return None,
        };
        match (kind, v6) {
            (Kind::Datagram, false) => Some(Self::Udp),
            (Kind::Datagram, true) => Some(Self::Udp6),
            (Kind::SeqPacket, _) => None,
            (Kind::Stream, _) if is_mptcp(fd) => Some(Self::Mptcp),
            (Kind::Stream, false) => Some(Self::Tcp),
            (Kind::Stream, true) => Some(Self::Tcp6),
        }
    }

    fn of_unix(fd: BorrowedFd<'_>, kind: Kind) -> Self {
        let is_abstract = || {
            getsockname(fd).is_ok_and(|address| {
                sockscope_sys::unix_name(&address).is_some_and(|name| name.starts_with(&[0]))
            })
        };
        match kind {
            Kind::Datagram => Self::Unixgram,
            Kind::SeqPacket => Self::Unixpacket,
            Kind::Stream if is_abstract() => Self::UnixAbstract,
            Kind::Stream => Self::Unix,
        }
    }
}

fn is_mptcp(fd: BorrowedFd<'_>) -> bool {
    sockopt::socket_protocol(fd).ok().flatten() == Some(ipproto::MPTCP)
}
