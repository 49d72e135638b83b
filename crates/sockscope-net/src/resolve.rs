//! Resolution: from a host to the addresses to bind or to try, in order.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs as _};

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::endpoint::{Host, HostPort, Zone};

/// The addresses that a client of `at` tries.
pub(crate) fn to_connect(at: &HostPort) -> io::Result<Vec<SocketAddr>> {
    match &at.host {
        // Not through the resolver: it may know nothing of localhost, or only half of it.
        Host::Any => Ok(vec![
            SocketAddr::from((Ipv4Addr::LOCALHOST, at.port)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, at.port)),
        ]),
        _ => addresses(at),
    }
}

/// The addresses that a server at `at` binds. [`Host::Any`] has one, the IPv6 wildcard, which the
/// caller makes dual-stack.
pub(crate) fn to_bind(at: &HostPort) -> io::Result<Vec<SocketAddr>> {
    match &at.host {
        Host::Any => Ok(vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, at.port))]),
        _ => addresses(at),
    }
}

fn addresses(at: &HostPort) -> io::Result<Vec<SocketAddr>> {
    match &at.host {
        Host::Any => Ok(Vec::new()),
        Host::V4(address) => Ok(vec![SocketAddr::from((*address, at.port))]),
        Host::V6(address, zone) => {
            let scope = zone.as_ref().map_or(Ok(0), scope_id)?;
            Ok(vec![SocketAddr::V6(SocketAddrV6::new(*address, at.port, 0, scope))])
        }
        Host::Name(name) => {
            let mut unique = Vec::new();
            for address in (name.as_str(), at.port).to_socket_addrs()? {
                let address = canonical(address);
                if !unique.contains(&address) {
                    unique.push(address);
                }
            }
            Ok(unique)
        }
    }
}

/// An IPv4 address that came wrapped in IPv6, unwrapped.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::from((v4, address.port())),
        IpAddr::V6(_) => address,
    }
}

/// The index of an interface that is given by index or by name.
fn scope_id(zone: &Zone) -> io::Result<u32> {
    if let Ok(index) = zone.as_str().parse() {
        return Ok(index);
    }
    let any = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    Ok(rustix::net::netdevice::name_to_index(&any, zone.as_str())?)
}
