//! Dialer: connects to one address again and again, each step by itself, so that each can be timed.
//!
//! Whoever connects to a TCP server as fast as it goes leaves a connection in `TIME_WAIT` behind each time, which keeps its
//! pair of addresses and ports for a minute. On IPv4 loopback every address of 127.0.0.0/8 is ours, so the dialer takes
//! another source address each time; elsewhere there is only one, and the range of ports is the limit.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::io::{self, Errno};
use rustix::net::{self, SocketFlags, ipproto};

use super::Connector;
use crate::address::{Address, socket_type};
use crate::conn::Conn;
use crate::endpoint::{Endpoint, Kind};
use crate::transport::Transport;

/// Connects to the first address of an endpoint, as often as it is asked to. Nothing here allocates.
#[derive(Debug, Clone)]
pub struct Dialer {
    endpoint: Endpoint,
    address: Address,
    kind: Kind,
    transport: Transport,
    sources: Sources,
    sleeps: bool,
}

/// Source addresses.
#[derive(Debug, Clone, Copy)]
enum Sources {
    /// Whatever the kernel takes.
    Kernel,
    /// Those of IPv4 loopback, in turn.
    Loopback {
        /// The next one.
        next: u32,
    },
}

impl Connector {
    /// A dialer of the first address; `None` where there is none. `sleeps` says whether [`Dialer::connect`] may sleep.
    #[must_use]
    pub fn dialer(&self, sleeps: bool) -> Option<Dialer> {
        let address = self.addresses.first()?.clone();
        let on_loopback = matches!(
            (&address, self.kind),
            (Address::Inet(SocketAddr::V4(at)), Kind::Stream) if at.ip().is_loopback()
        );
        let endpoint = self.reached(&address);
        Some(Dialer {
            transport: Transport::of_endpoint(&endpoint)?,
            endpoint,
            address,
            kind: self.kind,
            sources: if on_loopback { Sources::Loopback { next: 0 } } else { Sources::Kernel },
            sleeps,
        })
    }
}

impl Dialer {
    /// How many source addresses are taken in turn on IPv4 loopback: times the range of ports that is more connections
    /// than any machine makes in the minute that one stays in `TIME_WAIT`.
    pub const LOOPBACK_SOURCES: u32 = 1024;

    /// How many source addresses it takes in turn.
    #[must_use]
    pub fn sources(&self) -> u32 {
        match self.sources {
            Sources::Kernel => 1,
            Sources::Loopback { .. } => Self::LOOPBACK_SOURCES,
        }
    }

    /// `socket(…)`: a new socket. A Unix one never sleeps in `connect`, so that a full backlog is seen.
    #[inline]
    pub fn socket(&self) -> io::Result<OwnedFd> {
        let family = self.address.family();
        let protocol = match self.endpoint {
            Endpoint::Mptcp(_) => Some(ipproto::MPTCP),
            _ => None,
        };
        let mut flags = SocketFlags::CLOEXEC;
        if !self.sleeps || self.transport.is_unix() {
            flags |= SocketFlags::NONBLOCK;
        }
        net::socket_with(family, socket_type(self.kind), flags, protocol)
    }

    /// Gives the socket the next source address, where several are taken in turn.
    pub fn bind(&mut self, fd: &OwnedFd) -> io::Result<()> {
        let Sources::Loopback { next } = &mut self.sources else { return Ok(()) };
        // 127.0.1.0 to 127.0.4.255: neither the address that most servers have nor the one of the whole network.
        let [.., high, low] = (256 + *next).to_be_bytes();
        *next = (*next + 1) % Self::LOOPBACK_SOURCES;
        sockscope_sys::bind_without_port(fd)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::INVAL))?;
        net::bind(fd, &SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, high, low)), 0))
    }

    /// `connect(fd, …)`, again until it has succeeded or failed where it does not sleep. `EAGAIN` is a full backlog.
    #[inline]
    pub fn connect(&self, fd: &OwnedFd) -> io::Result<()> {
        loop {
            match self.address.connect(std::os::fd::AsFd::as_fd(fd)) {
                Err(Errno::INPROGRESS | Errno::ALREADY | Errno::INTR) => std::hint::spin_loop(),
                Err(Errno::ISCONN) => return Ok(()),
                result => return result,
            }
        }
    }

    /// The connection. It sleeps if the dialer may.
    pub fn connected(&self, fd: OwnedFd) -> io::Result<Conn> {
        if self.sleeps && self.transport.is_unix() {
            io::ioctl_fionbio(&fd, false)?;
        }
        Ok(Conn::accepted(fd, self.kind, self.transport, None))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_dialer_takes_every_loopback_address_in_turn() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("tcp:{}", listener.local_addr().unwrap());
        let connector = Connector::new(&endpoint.parse().unwrap()).unwrap();
        let mut dialer = connector.dialer(true).unwrap();
        let mut seen = HashSet::new();
        for _ in 0..Dialer::LOOPBACK_SOURCES + 3 {
            let fd = dialer.socket().unwrap();
            dialer.bind(&fd).unwrap();
            dialer.connect(&fd).unwrap();
            let (accepted, from) = listener.accept().unwrap();
            seen.insert(from.ip());
            drop((accepted, dialer.connected(fd).unwrap()));
        }
        assert_eq!(seen.len(), Dialer::LOOPBACK_SOURCES as usize);
        assert_eq!(dialer.sources(), Dialer::LOOPBACK_SOURCES);
        assert!(seen.iter().all(IpAddr::is_loopback));
    }

    #[test]
    fn elsewhere_there_is_one_source_address() {
        for endpoint in ["tcp:[::1]:1", "unix:@x", "tcp:192.0.2.1:1", "udp:127.0.0.1:1"] {
            let connector = Connector::new(&endpoint.parse().unwrap()).unwrap();
            assert_eq!(
                connector.dialer(true).map(|dialer| dialer.sources()),
                Some(1),
                "{endpoint}"
            );
        }
    }
}
