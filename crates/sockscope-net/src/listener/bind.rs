//! Binding: from an endpoint to listening sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{self, sockopt};

use super::{BindError, BindOptions, Listener, adopt};
use crate::address::{self, Address};
use crate::endpoint::{Endpoint, Host, HostPort, Kind, UnixEndpoint};
use crate::resolve;
use crate::socket_file::SocketFile;
use crate::transport::Transport;

/// What the kernel cuts to `net.core.somaxconn`.
const BACKLOG_OF_SYSTEM: i32 = i32::MAX;

pub(super) fn bind(endpoint: &Endpoint, options: &BindOptions) -> Result<Vec<Listener>, BindError> {
    match endpoint {
        Endpoint::Tcp(at) | Endpoint::Mptcp(at) => {
            bind_network(endpoint, at, Kind::Stream, options)
        }
        Endpoint::Udp(at) => bind_network(endpoint, at, Kind::Datagram, options),
        Endpoint::Unix(unix) => Ok(vec![bind_unix(endpoint, unix, options)?]),
        Endpoint::Fd(number) => Ok(vec![adopt::adopt_number(*number, endpoint)?]),
        Endpoint::Vsock(_) | Endpoint::SdListen(_) => {
            Err(BindError::NotSupported { endpoint: endpoint.clone() })
        }
    }
}

fn bind_unix(
    endpoint: &Endpoint,
    unix: &UnixEndpoint,
    options: &BindOptions,
) -> Result<Listener, BindError> {
    let failed = |source| BindError::Bind { endpoint: endpoint.clone(), address: None, source };
    let address = Address::unix(unix).map_err(failed)?;
    let fd = address
        .socket(endpoint, unix.kind())
        .map_err(|source| BindError::Socket { endpoint: endpoint.clone(), source })?;
    let file = match unix.path() {
        Some(path) => Some(SocketFile::bind(&fd, endpoint, &address, path, options)?),
        None => address.bind(fd.as_fd()).map(|()| None).map_err(failed)?,
    };
    if unix.kind() == Kind::Datagram {
        sockopt::set_socket_passcred(&fd, true).map_err(failed)?;
    }
    finish(fd, endpoint.clone(), unix.kind(), file, options)
}

fn bind_network(
    endpoint: &Endpoint,
    at: &HostPort,
    kind: Kind,
    options: &BindOptions,
) -> Result<Vec<Listener>, BindError> {
    let mut addresses = resolve::to_bind(at)
        .map_err(|source| BindError::Resolve { endpoint: endpoint.clone(), source })?;
    let mut listeners = Vec::with_capacity(addresses.len());
    for index in 0..addresses.len() {
        let fd = bind_address(endpoint, at, kind, addresses[index])?;
        let local = address::local_endpoint(fd.as_fd(), kind).unwrap_or_else(|| endpoint.clone());
        let port = port(&local).unwrap_or_default();
        for address in &mut addresses {
            address.set_port(port);
        }
        let local = if at.host == Host::Any { with_port(endpoint, port) } else { local };
        listeners.push(finish(fd, local, kind, None, options)?);
    }
    Ok(listeners)
}

fn bind_address(
    endpoint: &Endpoint,
    at: &HostPort,
    kind: Kind,
    address: SocketAddr,
) -> Result<OwnedFd, BindError> {
    let target = Address::Inet(address);
    let dual_stack = at.host == Host::Any;
    let fd = match target.socket(endpoint, kind) {
        Ok(fd) => fd,
        Err(Errno::AFNOSUPPORT) if dual_stack && address.is_ipv6() => {
            let v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
            return bind_address(endpoint, at, kind, v4);
        }
        Err(source) => return Err(BindError::Socket { endpoint: endpoint.clone(), source }),
    };
    let bound = || -> Result<(), Errno> {
        if kind == Kind::Stream {
            // So that a restart binds again while old connections are in TIME_WAIT. Not for UDP,
            // where it would let two servers share a port.
            sockopt::set_socket_reuseaddr(&fd, true)?;
        }
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(&fd, !dual_stack)?;
        }
        target.bind(fd.as_fd())
    };
    let address = Some(address);
    bound().map_err(|source| BindError::Bind { endpoint: endpoint.clone(), address, source })?;
    Ok(fd)
}

fn finish(
    fd: OwnedFd,
    local: Endpoint,
    kind: Kind,
    file: Option<SocketFile>,
    options: &BindOptions,
) -> Result<Listener, BindError> {
    if kind != Kind::Datagram {
        let backlog = options.backlog.and_then(|backlog| i32::try_from(backlog).ok());
        net::listen(&fd, backlog.unwrap_or(BACKLOG_OF_SYSTEM))
            .map_err(|source| BindError::Listen { endpoint: local.clone(), source })?;
    }
    let transport = Transport::of(fd.as_fd(), kind).unwrap_or(Transport::Unix);
    Ok(Listener { fd, local, kind, transport, _file: file })
}

fn port(endpoint: &Endpoint) -> Option<u16> {
    match endpoint {
        Endpoint::Tcp(at) | Endpoint::Mptcp(at) | Endpoint::Udp(at) => Some(at.port),
        _ => None,
    }
}

fn with_port(endpoint: &Endpoint, port: u16) -> Endpoint {
    let mut endpoint = endpoint.clone();
    if let Endpoint::Tcp(at) | Endpoint::Mptcp(at) | Endpoint::Udp(at) = &mut endpoint {
        at.port = port;
    }
    endpoint
}
