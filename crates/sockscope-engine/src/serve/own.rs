//! `OwnAddresses`: the addresses that a server itself answers datagrams from.
//!
//! The sender of a UDP datagram is whoever it says. If that is another socket of the server, or the
//! very one that it came to, an answer would be answered, and so on for ever.

use std::net::SocketAddr;

use sockscope_net::{Kind, Listener, Peer};

/// Where this server's own datagrams come from.
#[derive(Debug)]
pub(super) struct OwnAddresses {
    bound: Vec<SocketAddr>,
}

impl OwnAddresses {
    pub(super) fn of(listeners: &[Listener]) -> Self {
        let datagrams = listeners.iter().filter(|listener| listener.kind() == Kind::Datagram);
        let address =
            |listener| SocketAddr::try_from(rustix::net::getsockname(listener).ok()?).ok();
        Self { bound: datagrams.filter_map(address).map(canonical).collect() }
    }

    /// Whether a message from there may be one of our own. A socket on every address has them all,
    /// so that its port alone decides.
    pub(super) fn include(&self, peer: &Peer) -> bool {
        let Peer::Network(from) = peer else { return false };
        self.bound.iter().any(|own| {
            own.port() == from.port() && (own.ip().is_unspecified() || own.ip() == from.ip())
        })
    }
}

/// An IPv4 address as such where a socket of both families calls it an IPv6 one.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use sockscope_net::Peer;

    use super::OwnAddresses;

    #[test]
    fn only_addresses_that_the_server_has_are_its_own() {
        let own = |bound: &str| OwnAddresses { bound: vec![bound.parse().unwrap()] };
        for (bound, from, expected) in [
            ("127.0.0.1:7", "127.0.0.1:7", true),
            ("127.0.0.1:7", "127.0.0.1:8", false),
            ("127.0.0.1:7", "127.0.0.2:7", false),
            ("[::1]:7", "[::1]:7", true),
            ("0.0.0.0:7", "192.0.2.1:7", true),
            ("[::]:7", "192.0.2.1:7", true),
            ("[::]:7", "192.0.2.1:8", false),
        ] {
            let from = Peer::Network(from.parse().unwrap());
            assert_eq!(own(bound).include(&from), expected, "{from} at {bound}");
        }
        assert!(!own("0.0.0.0:7").include(&Peer::Unknown));
    }
}
