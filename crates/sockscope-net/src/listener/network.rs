//! Network binding: every address of a host, on one port.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt;

use super::bind::{finish, socket};
use super::{BindError, BindOptions, Listener};
use crate::address::{self, Address};
use crate::endpoint::{Endpoint, Host, HostPort, Kind};
use crate::owner::Owner;
use crate::resolve;

/// How many ports to try for one that is free on every address of a host.
const ATTEMPTS: usize = 16;

/// Binds every address of `at`. Port 0 is the same free port on all of them.
pub(super) fn bind(
    endpoint: &Endpoint,
    at: &HostPort,
    kind: Kind,
    options: &BindOptions,
) -> Result<Vec<Listener>, BindError> {
    let addresses = resolve::to_bind(at)
        .map_err(|source| BindError::Resolve { endpoint: endpoint.clone(), source })?;
    let chosen_by_us = at.port == 0 && addresses.len() > 1;
    let mut attempts = if chosen_by_us { ATTEMPTS } else { 1 };
    let bound = loop {
        attempts -= 1;
        match bind_all(endpoint, at, kind, &addresses) {
            Err(BindError::InUse { .. }) if attempts > 0 => {}
            result => break result?,
        }
    };
    let listener = |(fd, local)| finish(fd, local, kind, None, options);
    bound.into_iter().map(listener).collect()
}

/// Binds all the addresses on the port of the first.
fn bind_all(
    endpoint: &Endpoint,
    at: &HostPort,
    kind: Kind,
    addresses: &[SocketAddr],
) -> Result<Vec<(OwnedFd, Endpoint)>, BindError> {
    let mut port = at.port;
    let mut bound: Vec<(OwnedFd, Endpoint)> = Vec::with_capacity(addresses.len());
    let mut missing = None;
    for mut address in addresses.iter().copied() {
        address.set_port(port);
        let fd = match bind_one(endpoint, at, kind, address) {
            Ok(fd) => fd,
            // A name may have addresses of a family that this machine does not have.
            Err(error) if is_without_ipv6(&error, address) => {
                missing = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let local = address::local_endpoint(fd.as_fd(), kind).unwrap_or_else(|| endpoint.clone());
        port = local.port().unwrap_or(port);
        let local = match at.host {
            Host::Any => endpoint.clone().with_port(port),
            _ => local,
        };
        bound.push((fd, local));
    }
    match missing {
        Some(error) if bound.is_empty() => Err(error),
        _ => Ok(bound),
    }
}

fn bind_one(
    endpoint: &Endpoint,
    at: &HostPort,
    kind: Kind,
    address: SocketAddr,
) -> Result<OwnedFd, BindError> {
    let dual_stack = at.host == Host::Any;
    let target = Address::Inet(address);
    let fd = match socket(endpoint, &target, kind) {
        Err(error) if dual_stack && is_without_ipv6(&error, address) => {
            let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
            return bind_one(endpoint, at, kind, v4);
        }
        result => result?,
    };
    let bound = || -> Result<(), Errno> {
        if kind == Kind::Stream {
            // So that a restart binds again while old connections are in TIME_WAIT. Not for UDP,
            // where it would let two servers share a port.
            sockopt::set_socket_reuseaddr(&fd, true)?;
        }
        if address.is_ipv6() {
            // An address that is written down means itself; only :PORT means both families.
            sockopt::set_ipv6_v6only(&fd, !dual_stack)?;
        }
        target.bind(fd.as_fd())
    };
    match bound() {
        Ok(()) => Ok(fd),
        Err(Errno::ADDRINUSE) => {
            let owner = Owner::of_address(kind, address);
            Err(BindError::InUse { endpoint: endpoint.clone(), owner })
        }
        Err(source) => {
            let address = Some(address);
            Err(BindError::Bind { endpoint: endpoint.clone(), address, source })
        }
    }
}

/// Whether the error says that there is no IPv6 here: none in the kernel, or none on loopback.
fn is_without_ipv6(error: &BindError, address: SocketAddr) -> bool {
    match error.errno() {
        Some(Errno::AFNOSUPPORT) => address.is_ipv6(),
        Some(Errno::ADDRNOTAVAIL) => address.is_ipv6() && address.ip().is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_the_addresses_of_a_name_are_bound_on_one_port() {
        let endpoint: Endpoint = "tcp:name:0".parse().expect("an endpoint");
        let Endpoint::Tcp(at) = &endpoint else { panic!("not TCP") };
        let addresses =
            ["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"].map(|at| at.parse().expect("an address"));
        for kind in [Kind::Stream, Kind::Datagram] {
            let bound = bind_all(&endpoint, at, kind, &addresses).expect("bound");
            let ports: Vec<_> = bound.iter().map(|(_, local)| local.port()).collect();
            assert_eq!(ports.len(), 3);
            assert!(ports.iter().all(|port| *port == ports[0] && *port != Some(0)), "{ports:?}");
        }
    }

    #[test]
    fn one_address_that_is_taken_refuses_the_name() {
        let taken = std::net::TcpListener::bind("127.0.0.2:0").expect("bound");
        let port = taken.local_addr().expect("bound").port();
        let endpoint: Endpoint = format!("tcp:name:{port}").parse().expect("an endpoint");
        let Endpoint::Tcp(at) = &endpoint else { panic!("not TCP") };
        let addresses = [1, 2].map(|last| SocketAddr::from(([127, 0, 0, last], port)));
        let error = bind_all(&endpoint, at, Kind::Stream, &addresses).expect_err("refused");
        assert!(matches!(error, BindError::InUse { owner: Some(_), .. }), "{error}");
    }
}
