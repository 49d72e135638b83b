//! Transport: what sockscope starts servers of its own on, and the floors below them.

use crate::floor::Floor;

/// The transports for which sockscope starts servers of its own, and the floors: what a message costs without a socket's
/// address, or without a socket at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnTransport {
    /// Unix stream, by path.
    Unix,
    /// Unix stream, by abstract name.
    UnixAbstract,
    /// Unix datagram, by path.
    Unixgram,
    /// Unix datagram, by abstract name.
    UnixgramAbstract,
    /// Unix seqpacket, by path.
    Unixpacket,
    /// Unix seqpacket, by abstract name.
    UnixpacketAbstract,
    /// TCP over IPv4 loopback.
    Tcp,
    /// TCP over IPv6 loopback.
    Tcp6,
    /// UDP over IPv4 loopback.
    Udp,
    /// UDP over IPv6 loopback.
    Udp6,
    /// Multipath TCP over IPv4 loopback.
    Mptcp,
    /// VM sockets over the local CID.
    Vsock,
    /// Floor: a connected pair of Unix stream sockets without a name.
    Socketpair,
    /// Floor: two pipes.
    Pipe,
    /// Floor: two event counters, of 8 bytes each.
    Eventfd,
    /// Floor: two rings in shared memory, polled.
    ShmSpin,
    /// Floor: two rings in shared memory, with a futex to sleep on.
    ShmFutex,
}

impl OwnTransport {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Unix,
        Self::UnixAbstract,
        Self::Unixgram,
        Self::UnixgramAbstract,
        Self::Unixpacket,
        Self::UnixpacketAbstract,
        Self::Tcp,
        Self::Tcp6,
        Self::Udp,
        Self::Udp6,
        Self::Mptcp,
        Self::Vsock,
        Self::Socketpair,
        Self::Pipe,
        Self::Eventfd,
        Self::ShmSpin,
        Self::ShmFutex,
    ];

    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::UnixAbstract => "unix-abstract",
            Self::Unixgram => "unixgram",
            Self::UnixgramAbstract => "unixgram-abstract",
            Self::Unixpacket => "unixpacket",
            Self::UnixpacketAbstract => "unixpacket-abstract",
            Self::Tcp => "tcp",
            Self::Tcp6 => "tcp6",
            Self::Udp => "udp",
            Self::Udp6 => "udp6",
            Self::Mptcp => "mptcp",
            Self::Vsock => "vsock",
            Self::Socketpair => "socketpair",
            Self::Pipe => "pipe",
            Self::Eventfd => "eventfd",
            Self::ShmSpin => "shm-spin",
            Self::ShmFutex => "shm-futex",
        }
    }

    /// The transport of this name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let names: Vec<_> = Self::ALL.iter().map(|transport| transport.name()).collect();
        Self::ALL.into_iter().find(|transport| transport.name() == name).ok_or_else(|| {
            format!("no transport is called {name:?}; there are {}", names.join(", "))
        })
    }

    /// Where its servers bind on loopback, if it is a network.
    #[must_use]
    pub const fn loopback(self) -> Option<&'static str> {
        match self {
            Self::Tcp => Some("tcp:127.0.0.1:0"),
            Self::Tcp6 => Some("tcp:[::1]:0"),
            Self::Udp => Some("udp:127.0.0.1:0"),
            Self::Udp6 => Some("udp:[::1]:0"),
            Self::Mptcp => Some("mptcp:127.0.0.1:0"),
            // The port is `VMADDR_PORT_ANY`: one that is free.
            Self::Vsock => Some("vsock:local:4294967295"),
            _ => None,
        }
    }

    /// Which floor it is, if it is one: it has no address, its descriptors come from the coordinator.
    #[must_use]
    pub const fn floor(self) -> Option<Floor> {
        match self {
            Self::Socketpair => Some(Floor::Socketpair),
            Self::Pipe => Some(Floor::Pipe),
            Self::Eventfd => Some(Floor::Eventfd),
            Self::ShmSpin => Some(Floor::ShmSpin),
            Self::ShmFutex => Some(Floor::ShmFutex),
            _ => None,
        }
    }

    /// Whether it is a floor.
    #[must_use]
    pub const fn is_floor(self) -> bool {
        self.floor().is_some()
    }

    /// Whether it has no connections and may lose messages.
    #[must_use]
    pub const fn is_datagram(self) -> bool {
        matches!(self, Self::Unixgram | Self::UnixgramAbstract | Self::Udp | Self::Udp6)
    }

    /// Whether it is of the Unix family.
    #[must_use]
    pub const fn is_unix(self) -> bool {
        matches!(
            self,
            Self::Unix
                | Self::UnixAbstract
                | Self::Unixgram
                | Self::UnixgramAbstract
                | Self::Unixpacket
                | Self::UnixpacketAbstract
        )
    }

    /// Whether there is a Nagle algorithm to turn off.
    #[must_use]
    pub const fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Tcp6 | Self::Mptcp)
    }

    /// Whether its server makes a socket file.
    #[must_use]
    pub const fn has_path(self) -> bool {
        matches!(self, Self::Unix | Self::Unixgram | Self::Unixpacket)
    }
}

#[cfg(test)]
mod tests {
    use sockscope_net::Endpoint;

    use super::*;

    #[test]
    fn what_is_bound_on_loopback_is_an_endpoint_of_that_transport() {
        for transport in OwnTransport::ALL {
            let Some(address) = transport.loopback() else { continue };
            let endpoint = Endpoint::parse(address.as_ref()).expect(address);
            assert_eq!(endpoint.transport(), transport.name());
        }
    }
}
